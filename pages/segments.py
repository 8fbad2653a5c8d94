"""세그먼트: who is different, on any metric, by one attribute or two crossed."""

from cxdash.ui import cache
from cxdash.ui.crosstab import table_card
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty
from cxdash.ui.segments import choices, nothing, ranking_card

with guarded():
    row = begin("segments")
    result = cache.segments_of_screen()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total, compared=False)
    if result.responses == 0:
        empty("segments.empty")
    choices(result)
    if not nothing(result):
        ranking_card(result)
        table_card(result)
