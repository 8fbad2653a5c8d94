"""The sample planner on the publish page: per value of an attribute what is there, what is needed, what will be there at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.services import sampling as service
from cxdash.services.options import Options
from cxdash.services.publishing import QR_STAGE, Board
from cxdash.services.sampling import MARGIN, MOST, Goal, Line, Plan
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import downloads, thousands
from cxdash.ui.publish import At, go
from cxdash.ui.publishnames import stage_name

_MARKS = {"reached": "●", "coming": "◐", "short": "▼", "early": "○", "endless": "○"}
_NAMED = 8  # segments named in a sentence


def sample_section(at: At, board: Board) -> None:
    catalog = cache.catalog(state.view().program)
    options = cache.options(catalog)
    keys = [a.key for a in catalog.attributes if a.key not in ("duration", *options.too_many)]
    called = {"": state.say("publish.sample.everybody"), **{key: names.title(options, key) for key in keys}}
    linked = next((key for link in board.links for key in link.attributes if key in called), "")
    with st.container(border=True, key="card-publish-sample"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{state.md('publish.sample.title', margin=MARGIN)}**", width="content")
            key = st.selectbox(state.say("publish.sample.by"), list(called), key=state.hold("publish:sample", linked, list(called)),
                               format_func=called.__getitem__, width=220, label_visibility="collapsed")  # fmt: skip
        plan = service.sampling(
            state.deps(), state.actor(), program=at.program, code=at.survey, wave=at.wave or "", attribute=key or None
        )  # fmt: skip
        _said(plan, options)
        table = _table(plan, options, called[key] if key else state.say("publish.column.segment"))
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="publish-sample",
                     alt=state.say("publish.sample.title", margin=MARGIN), column_config=thousands(table))
        downloads("sample", table)
        if plan.total.remind:
            st.button(state.say("publish.sample.to_people", n=plan.total.remind), key="publish-remind", icon=":material/mail:",
                      on_click=go, args=(replace(at, section="people"),))  # fmt: skip
        st.caption(state.md("publish.sample.about", margin=MARGIN, days=service.WINDOW))


def _said(plan: Plan, options: Options) -> None:
    """What the table says, in sentences: the pace, then who falls short."""
    lang = state.language()
    if plan.left is None:
        st.caption(state.md("publish.sample.endless"))
    elif plan.left == 0:
        st.caption(state.md("publish.sample.over"))
    else:
        st.caption(state.md("publish.sample.left", days=i18n.number(plan.left, lang, 1), pace=i18n.number(plan.days, lang, 1)))
    if not plan.total.goals:
        st.info(state.md("publish.sample.no_goal"), icon=":material/info:")
    short = [_name(plan, line, options) for line in plan.lines if line.short]
    if short:
        listed = ", ".join(short[:_NAMED]) + (" …" if len(short) > _NAMED else "")
        st.warning(state.md("publish.sample.short", n=len(short), names=listed), icon=":material/trending_down:")
    elif plan.total.short:
        st.warning(state.md("publish.sample.short_total"), icon=":material/trending_down:")
    if plan.cut:
        st.caption(state.md("publish.sample.cut", most=MOST, n=plan.cut))


def _name(plan: Plan, line: Line, options: Options) -> str:
    if line.value is None or plan.attribute is None:
        return state.say("publish.sample.everybody")
    if plan.attribute.key == QR_STAGE and line.value:
        return stage_name(line.value)
    return names.label(options, options.catalog.name_of(plan.attribute), line.value or None)


def _table(plan: Plan, options: Options, first: str) -> pl.DataFrame:
    lines = [plan.total, *plan.lines]
    columns: dict[str, pl.Series] = {
        first: pl.Series([_name(plan, line, options) for line in lines], dtype=pl.String),
        state.say("publish.column.responses"): pl.Series([line.responses for line in lines], dtype=pl.Int64),
    }
    if "nps" in plan.total.goals:
        columns |= _columns("NPS", [line.goals["nps"] for line in lines])
    if "csat" in plan.total.goals:
        columns |= _columns(state.say("publish.sample.share"), [line.goals["csat"] for line in lines])
    if plan.total.remind:
        columns[state.say("publish.sample.remind")] = pl.Series([line.remind for line in lines], dtype=pl.Int64)
    return pl.DataFrame(columns)


def _columns(figure: str, goals: Sequence[Goal]) -> dict[str, pl.Series]:
    def named(key: str) -> str:
        return i18n.text(key, state.language(), figure=figure)

    columns = {
        named("publish.sample.n"): pl.Series([goal.n for goal in goals], dtype=pl.Int64),
        named("publish.sample.needed"): pl.Series([goal.needed for goal in goals], dtype=pl.Int64),
        named("publish.sample.expected"): pl.Series([goal.expected for goal in goals], dtype=pl.Int64),
        named("publish.sample.daily"): pl.Series([None if g.daily is None else round(g.daily, 1) for g in goals], dtype=pl.Float64),
        named("publish.sample.verdict"): pl.Series([_verdict(goal) for goal in goals], dtype=pl.String),
    }
    return {name: column for name, column in columns.items() if column.null_count() < len(column)}  # nothing is known without an end


def _verdict(goal: Goal) -> str:
    return f"{_MARKS[goal.verdict]} {i18n.text(f'publish.verdict.{goal.verdict}', state.language())}"
