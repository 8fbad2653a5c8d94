"""경영진 요약: are we better, where, for whom, is it real."""

import streamlit as st

from cxdash.ui import cache
from cxdash.ui.cards import cards
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.ledger import pin_button
from cxdash.ui.overview import mix_card, segments_card, stages_card, trend_card
from cxdash.ui.screen import begin, empty, overview_of_screen
from cxdash.ui.shares import share_button
from cxdash.ui.targets import target_line

with guarded():
    row = begin("overview")
    result = overview_of_screen()
    filter_bar(row, cache.options(result.catalog), result.scope, result.responses, result.total)
    share_button(row, result)
    if result.responses == 0:
        empty("overview.empty")
    cards(result, corner=pin_button, goal=target_line)
    left, right = st.columns([3, 2], gap="small")
    with left:
        trend_card(result)
        stages_card(result)
    with right:
        mix_card(result)
        segments_card(result)
