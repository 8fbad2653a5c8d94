"""비교: two selections side by side, every metric with its difference, and why it moved."""

import streamlit as st

from cxdash.ui import cache, state
from cxdash.ui.compare import differences_card, sides, values_card, why_card
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("compare")
    result = cache.compare_of(state.view())
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    if result.responses == 0:
        empty("compare.empty")
    sides(result)
    left, right = st.columns(2, gap="small")
    with left:
        differences_card(result)
    with right:
        why_card(result)
    values_card(result)
