"""The drivers page: how far the items of an index measure one thing."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.charts import words
from cxdash.services.drivers import DriversPage
from cxdash.stats.reliability import Alpha
from cxdash.ui import names, state
from cxdash.ui.chartcard import downloads, thousands

_BANDS = {
    "fine": "drivers.alpha.fine", "caution": "drivers.alpha.caution", "unusable": "drivers.alpha.unusable",
    "redundant": "drivers.alpha.redundant",
}  # fmt: skip


def reliability_card(result: DriversPage, found: Mapping[str, Alpha]) -> None:
    """Alpha of the loyalty index and of each stage's factors, with the word for it."""
    with st.container(border=True, key="card-reliability", height="stretch"):
        st.markdown(f"**{state.md('drivers.alpha.title')}** :gray[:small[{state.md('drivers.alpha.about')}]]")
        if not found:
            st.caption(state.md("drivers.alpha.none"))
            return
        called = {name: names.metric(result.catalog, name) for name in found}
        table = _table(found, called)
        digits = thousands(table) | {state.say("drivers.column.alpha"): st.column_config.NumberColumn(format="%.2f")}
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="driver-alpha", alt=_said(found, called), column_config=digits)
        downloads("reliability", table)
        if any("alpha_negative" in a.flags for a in found.values()):
            st.caption(f":orange[{state.md('drivers.alpha.negative_help')}]")


def _said(found: Mapping[str, Alpha], called: Mapping[str, str]) -> str:
    lang = state.language()
    return ", ".join(f"{called[name]} {i18n.number(a.value, lang, 2)} ({band(a)})" for name, a in found.items())


def _table(found: Mapping[str, Alpha], called: Mapping[str, str]) -> pl.DataFrame:
    return pl.DataFrame({
        state.say("drivers.column.index"): list(called.values()),
        state.say("drivers.column.alpha"): words.rounded([a.value for a in found.values()], 2),
        state.say("drivers.column.band"): [band(a) for a in found.values()],
        state.say("drivers.column.items"): [a.k for a in found.values()],
        state.say("chart.column.n"): [a.n for a in found.values()],
    })


def band(a: Alpha) -> str:
    """What the value allows, or why there is none."""
    if "alpha_negative" in a.flags:
        return state.say("drivers.alpha.negative")
    if a.value is not None:
        return state.say(_BANDS[a.band])
    return state.say("drivers.alpha.same" if "zero_variance" in a.flags else "drivers.alpha.few")
