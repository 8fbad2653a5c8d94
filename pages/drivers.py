"""로열티 동인: what explains loyalty, how surely, what goes with moving it, and whether the index holds together."""

import streamlit as st

from cxdash.ui import cache, driveralpha, driverdetail, drivers
from cxdash.ui.errors import guarded
from cxdash.ui.filters import filter_bar
from cxdash.ui.screen import begin, empty

with guarded():
    row = begin("drivers")
    result = cache.drivers_of_screen()
    filter_bar(row, cache.options(result.catalog), drivers.shown_scope(result), result.responses, result.total)
    if result.responses == 0:
        empty("drivers.empty")
    drivers.choices(result)
    if not drivers.nothing(result) and result.now is not None:
        opened = driverdetail.opened_driver(result, result.now)
        drivers.summary_card(result, result.now)
        left, right = st.columns(2, gap="small")
        with left:
            drivers.shares_card(result, result.now, opened)
            driverdetail.own_model(result, result.now, opened)
        with right:
            driverdetail.detail_card(result, result.now, opened)
        drivers.changes_card(result)
        left, right = st.columns(2, gap="small")
        with left:
            driverdetail.contrast_card(result, result.now, cache.driver_contrasts_of_screen())
        with right:
            driveralpha.reliability_card(result, cache.reliabilities_of_screen())
