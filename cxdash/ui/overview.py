"""The cards of the overview below its headlines: trend, stages, promoters and detractors, segments."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import mix, segments, stages, trend
from cxdash.facts.question import STAGE
from cxdash.services.overview import Overview
from cxdash.stats.figure import Figure
from cxdash.ui import cache, names, state
from cxdash.ui.cards import value_text
from cxdash.ui.chartcard import Drawing, draw

_TREND, _STAGES, _MIX = 200, 290, 64  # pixels: with its headlines the page fills 1440x900 and no more
_SEGMENTS, _ROW, _LEAST = 374, 80, 150


def _height(rows: int, most: int) -> int:
    """A chart of few rows does not stretch them over its whole card."""
    return min(max(_LEAST, 70 + _ROW * rows), most)


def _metric_name(metric: str) -> str:
    return i18n.text(f"overview.metric.{metric}", state.language())


def trend_card(result: Overview) -> None:
    """The chosen metric over time with its 95 % band."""
    with st.container(border=True, key="card-trend"):
        title = state.say("overview.trend", metric=_metric_name(result.metric))
        if len(result.trend) < 2:
            _nothing(title, "overview.no_trend")
            return
        lang, given = state.language(), {"grain": result.grain, "metric": result.metric, "waves": result.catalog.waves}
        draw(
            Drawing(
                "trend",
                title,
                trend.spec(lang, result.metric, height=_TREND),
                trend.data(result.trend, lang=lang, **given),
                trend.describe(result.trend, lang=lang, **given),
                trend.table(result.trend, lang=lang, **given),
            )
        )


def stages_card(result: Overview) -> None:
    """Satisfaction along the journey, in journey order."""
    with st.container(border=True, height="stretch", key="card-stages"):
        title, lang = state.say("overview.stages"), state.language()
        if not result.stages:
            _nothing(title, "overview.no_stages")
            return
        draw(
            Drawing(
                "stages",
                title,
                stages.spec(lang, height=_height(len(result.stages), _STAGES)),
                stages.data(result.stages, lang=lang),
                stages.describe(result.stages, lang=lang),
                stages.table(result.stages, lang=lang),
                state.say("overview.stages_key") if result.scope.before else "",
            ),
            on_pick=lambda stage: state.show(state.view().filtered(STAGE, stage)),
        )
        called = {s.stage.code: state.local(s.stage.name) or s.stage.code for s in result.stages}
        rows = [(called[s.stage.code], s.figure, s.stands_out) for s in result.stages]
        _extremes(rows, "overview.stages_extremes", "overview.stages_alike")


def mix_card(result: Overview) -> None:
    """Promoters, passives, detractors as one bar."""
    with st.container(border=True, key="card-mix"):
        title, lang = state.say("overview.mix"), state.language()
        if result.mix is None:
            _nothing(title, "overview.mix_hidden" if "nps" in result.metrics else "overview.no_mix")
            return
        draw(
            Drawing(
                "mix",
                title,
                mix.spec(lang, height=_MIX),
                mix.data(result.mix, lang=lang),
                mix.describe(result.mix, lang=lang),
                mix.table(result.mix, lang=lang),
            )
        )


def segments_card(result: Overview) -> None:
    """The chosen metric by the values of one attribute, each against the rest."""
    with st.container(border=True, height="stretch", key="card-segments"):
        title, lang = state.say("overview.segments", metric=_metric_name(result.metric)), state.language()
        if result.by is None or not result.metrics:
            _nothing(title, "overview.no_segments")
            return
        options, by = cache.options(result.catalog), result.catalog.name_of(result.catalog.attribute(result.by))
        called = {s.value: names.label(options, result.by, s.value) for s in result.segments if s.value is not None}
        average = next((c.figure for c in result.cards if c.metric == result.metric), None)
        given = {"metric": result.metric, "lang": lang, "names": called}
        draw(
            Drawing(
                "segments",
                title,
                segments.spec(lang, result.metric, height=_height(len(called), _SEGMENTS)),
                segments.data(result.segments, average=average, **given),
                segments.describe(result.segments, **given),
                segments.table(result.segments, **given),
                state.say("overview.segments_key"),
            ),
            controls=lambda: _choose(result),
            on_pick=lambda value: state.show(state.view().filtered(by, value)),
        )
        _extremes([(called[s.value], s.figure, s.verdict) for s in result.segments if s.value is not None], "overview.segments_extremes",
                  "overview.segments_alike")
        if result.segments_left_out:
            st.caption(state.md("overview.segments_left_out", shown=len(result.segments), n=result.segments_left_out))


def _extremes(rows: list[tuple[str, Figure, str]], key: str, alike: str) -> None:
    """The best and the worst of those that really differ, in one line; that there are none where they could be tested."""
    lang = state.language()
    best = max((r for r in rows if r[2] == "up"), key=_value, default=None)
    worst = min((r for r in rows if r[2] == "down"), key=_value, default=None)
    said = [i18n.markdown(f"{key}.{word}", lang, name=end[0], value=value_text(end[1]))
            for word, end in (("best", best), ("worst", worst)) if end is not None]
    if said:
        st.caption(" · ".join(said))
    elif sum(r[2] == "none" for r in rows) > 1:
        st.caption(state.md(alike))


def _value(row: tuple[str, Figure, str]) -> float:
    return row[1].value or 0.0


def _choose(result: Overview) -> None:
    """Which metric (also of the trend) and which attribute."""
    options = cache.options(result.catalog)
    measured = {m: _metric_name(m) for m in result.metrics}
    keys = {a.key: names.title(options, a.key) for a in result.catalog.attributes}
    with st.container(horizontal=True, gap="small"):
        st.selectbox(
            state.say("overview.metric_choice"),
            list(measured),
            key=state.give("w:metric", result.metric),
            format_func=measured.__getitem__,
            on_change=_pick,
            args=("metric",),
            label_visibility="collapsed",
            width=150,
        )
        st.selectbox(
            state.say("overview.by"),
            list(keys),
            key=state.give("w:by", result.by),
            format_func=keys.__getitem__,
            on_change=_pick,
            args=("by",),
            label_visibility="collapsed",
            width=150,
        )


def _pick(field: str) -> None:
    state.show(replace(state.view(), **{field: state.given(f"w:{field}")}))


def _nothing(title: str, key: str) -> None:
    st.markdown(f"**{title}**")
    st.caption(state.md(key))
