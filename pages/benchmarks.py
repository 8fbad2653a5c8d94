"""경쟁·벤치마크: where we stand beside others, beside our own branches, and beside what mystery shoppers saw."""

from cxdash.ui import cache
from cxdash.ui.benchmarks import branches_card, mystery_card, outside_card, rivals_card
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("benchmarks")
    page = cache.benchmarks_of_screen()
    filter_bar(row, cache.options(page.catalog), page.scope, page.responses, page.total, compared=False)
    if page.responses == 0 and page.total:
        empty("bench.empty")
    outside_card(page)
    rivals_card(page)
    branches_card(page)
    mystery_card(page)
