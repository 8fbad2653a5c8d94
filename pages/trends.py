"""추이: any metric over time, whether it is in control, split by an attribute."""

from cxdash.ui import cache, state
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty
from cxdash.ui.trends import signals_card, trend_card

with guarded():
    row = begin("trends")
    result = cache.trends_of(state.view())
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    if result.responses == 0:
        empty("trends.empty")
    trend_card(result)
    signals_card(result)
