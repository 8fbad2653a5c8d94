"""기대 격차와 경험: what was expected and experienced, promised and felt, and which kinds of touchpoints do it better."""

from cxdash.ui import cache, gaps
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("gaps")
    result = cache.gaps_of_screen()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    if result.responses == 0:
        empty("gaps.empty")
    gaps.expectation_card(result)
    gaps.experience_card(result)
    gaps.standards_card(result)
    gaps.kinds_card(result)
