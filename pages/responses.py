"""응답: single answers with comments, filtered, page by page, and their download."""

from cxdash.ui import cache, state
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.responses import downloads, pager, response_table
from cxdash.ui.screen import begin, empty, responses_of_screen

with guarded():
    row = begin("responses")
    found = responses_of_screen(state.page_number())
    filter_bar(row, cache.options(found.catalog), found.scope, found.total, found.of, figures=False)
    if found.total == 0:
        empty("responses.empty")
    downloads(found)
    response_table(found)
    pager(found)
