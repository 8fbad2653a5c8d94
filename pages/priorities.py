"""중요도–만족도: how important each part of the journey is, how well it does, and what to look at first."""

import streamlit as st

from cxdash.ui import cache, priorities, state
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("priorities")
    result = cache.priorities_of_screen()
    opened = state.opened()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    if result.responses == 0:
        empty("priorities.empty")
    priorities.choices(result)
    if not priorities.nothing(result):
        left, right = st.columns([2, 1], gap="small")
        with left:
            priorities.quadrant_card(result, opened)
        with right:
            priorities.item_card(result, opened)
        priorities.table_card(result, priorities.beside(result))
