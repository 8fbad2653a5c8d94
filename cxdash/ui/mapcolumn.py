"""One column of the mapping screen closely: its reason, its cells, its distribution, and which cells mean "no answer"."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.charts import distribution
from cxdash.ingest.plan import Column, Mapping
from cxdash.services.mapping import Change, preview_of, untouched
from cxdash.terms import Role
from cxdash.ui import state
from cxdash.ui.maptable import refresh


def detail(now: Mapping, changes: dict[int, Change]) -> None:
    """One column closely: its reason, the distribution of its cells, and which cells mean "no answer"."""
    lang = state.language()
    if not now.columns:
        return
    order = sorted(now.columns, key=lambda c: (not c.questions, c.role is not Role.RATING, c.index))
    with st.expander(state.say("imports.map.detail"), icon=":material/search:"):
        by_index = {c.index: c for c in order}
        chosen = st.selectbox(
            state.say("imports.map.column"),
            list(by_index),
            key=state.hold("import:column", order[0].index, list(by_index)),
            format_func=lambda index: f"{index + 1}. {by_index[index].header[:80]}",
        )
        column = by_index[chosen]
        if column.reason:
            st.markdown(i18n.said_markdown(column.reason, lang))
        for question in column.questions:
            st.markdown(f":material/help: {i18n.said_markdown(question, lang)}")
        left, right = st.columns(2)
        with left:
            _cells(column)
        with right:
            _figures(column)
            _missing(column, changes)


def _cells(column: Column) -> None:
    lang = state.language()
    printed = {str(point): str(point) for point in column.scale.points} if column.scale else {}
    codes = printed | {text: str(point) for text, point in column.codes.items()}
    frame = pl.DataFrame(
        {
            i18n.text("imports.cell.text", lang): [text for text, _ in column.values],
            i18n.text("imports.cell.count", lang): [count for _, count in column.values],
            i18n.text("imports.cell.point", lang): [
                i18n.text("imports.cell.missing", lang) if text in column.missing else codes.get(text, "") for text, _ in column.values
            ],
        }
    )
    st.dataframe(frame, hide_index=True, height=260, key="import-cells", alt=state.say("imports.cell.alt", column=column.header))
    if column.distinct > len(column.values):
        st.caption(i18n.markdown("imports.cell.more", lang, n=i18n.number(column.distinct - len(column.values), lang)))


def _figures(column: Column) -> None:
    shown, lang = preview_of(column), state.language()
    if shown is None or column.scale is None:
        return
    st.vega_lite_chart(
        distribution.data(column.scale, shown.counts, lang=lang),
        key="import-distribution",
        width="stretch",
        spec=distribution.spec(lang, in_rows=distribution.labelled(column.scale), height=130),
        alt=distribution.describe(column.scale, shown.counts, lang=lang),
    )
    st.caption(
        i18n.markdown(
            "imports.cell.figures",
            lang,
            n=i18n.number(shown.n, lang),
            missing=i18n.number(shown.missing, lang),
            problems=i18n.number(shown.problems, lang),
            mean=i18n.number(shown.mean.value, lang, 2),
            top=i18n.percent(shown.top_box.value, lang),
            k=shown.top_points,
        )
    )
    if shown.nps is not None:
        st.caption(i18n.markdown("imports.cell.nps", lang, nps=i18n.number(shown.nps.value, lang, 1)))
    if shown.nps_refused:
        st.warning(i18n.markdown("overview.nps_refused", lang, lo=column.scale.lo, hi=column.scale.hi), icon=":material/info:")


def _missing(column: Column, changes: dict[int, Change]) -> None:
    """Cells that mean "no answer"."""
    if column.role not in (Role.RATING, Role.ATTRIBUTE, Role.MULTI):
        return
    key = f"import-missing:{column.index}"
    state.give(key, [text for text in column.missing if text])
    options = list(dict.fromkeys([*(text for text, _ in column.values), *column.missing]))
    st.multiselect(
        state.say("imports.map.missing"),
        [o for o in options if o],
        key=key,
        on_change=_set_missing,
        args=(key, column, changes),
        placeholder=state.say("imports.map.no_missing"),
        select_all=False,
    )


def _set_missing(key: str, column: Column, changes: dict[int, Change]) -> None:
    old = changes.get(column.index) or untouched(column)
    state.keep("import:changes", {**changes, column.index: replace(old, missing=tuple(state.given(key)))})
    refresh()
