"""가중치: population shares, what raking to them does to the figures, and what it costs."""

from cxdash.ui import cache
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin
from cxdash.ui.weights import columns, effect_card, outcome_card, shares_card

with guarded():
    row = begin("weights")
    base = cache.weights_of_screen()
    filter_bar(row, cache.options(base.catalog), base.scope, base.responses, base.total, compared=False)
    left, right = columns()
    with left:
        tried = shares_card(base)
    with right:
        outcome_card(tried)
        effect_card(tried)
