"""목표: goals by a date, and what the figures of the view say of them."""

from cxdash.ui import cache
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin
from cxdash.ui.targets import charts, head, lines

with guarded():
    row = begin("targets")
    found = cache.targets_of_screen()
    filter_bar(row, cache.options(found.catalog), found.scope, found.responses, found.total, compared=False)
    head(found)
    charts(found)
    lines(found)
