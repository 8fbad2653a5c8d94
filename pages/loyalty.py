"""로열티 세그먼트: who is truly loyal, accessible, trapped or at risk, for whom that differs, and who moved."""

from cxdash.ui import cache
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.loyalty import by_card, matrix_card, moves_card, nothing
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("loyalty")
    result = cache.loyalty_of_screen()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    if result.responses == 0 and result.total:
        empty("loyalty.empty")
    if not nothing(result):
        matrix_card(result)
        by_card(result)
        moves_card(result)
