"""The trends page: one metric over time, as a line with control limits or split by an attribute, and what signals."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import limits, lines, trend
from cxdash.services.trends import Trends, longer
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, draw

_HEIGHT = 400
_GRAINS = {"week": "trends.grain.week", "month": "trends.grain.month", "quarter": "trends.grain.quarter", "wave": "trends.grain.wave"}
_METHODS = {"nps": "trends.method.nps", "p": "trends.method.p", "laney": "trends.method.laney", "xmr": "trends.method.xmr"}
_MOST = 12  # signals listed at once


def trend_card(result: Trends) -> None:
    """What chooses the chart, and the chart or why there is none."""
    with st.container(border=True, key="card-trends"):
        if result.metric is None:
            st.caption(state.md("trends.no_metric"))
            return
        title = state.md("trends.title", metric=names.metric(result.catalog, result.metric))
        if result.periods < 2:
            st.markdown(f"**{title}**")
            _choose(result)
            st.info(state.md(_why_not(result)), icon=":material/timeline:")
        elif result.by is None:
            _one(result, title)
        else:
            _several(result, title)


def _why_not(result: Trends) -> str:
    """Which sentence says why there is no line."""
    if not result.grains:
        return "trends.no_time"
    if result.grain == "wave":
        return "trends.one_wave" if len(result.catalog.waves) < 2 or result.bounds.first is None else "trends.one_wave_chosen"
    return "trends.one_period"


def _one(result: Trends, title: str) -> None:
    points, lang = result.series[0].points, state.language()
    metric = names.of_chart(result.catalog, result.metric or "")
    given = {"grain": result.grain, "lang": lang, "waves": result.catalog.waves}
    limited = bool(result.limits.at)
    draw(
        Drawing(
            "trends",
            title,
            limits.spec(lang, metric, height=_HEIGHT),
            limits.data(points, result.limits, metric=metric, **given),
            " ".join([trend.describe(points, metric=metric, **given), *limits.sentences(points, result.limits, **given)]),
            limits.table(points, result.limits, metric=metric, **given),
            state.say("trends.legend_limits" if limited else "trends.legend"),
        ),
        controls=lambda: _choose(result),
    )


def _several(result: Trends, title: str) -> None:
    lang, options = state.language(), cache.options(result.catalog)
    metric = names.of_chart(result.catalog, result.metric or "")
    attribute = result.catalog.attribute(result.by or "")
    key = result.catalog.name_of(attribute)
    called = {s.value: names.label(options, key, s.value) for s in result.series if s.value is not None}
    given = {"grain": result.grain, "metric": metric, "lang": lang, "names": called, "waves": result.catalog.waves}
    draw(
        Drawing(
            "trends",
            title,
            lines.spec(lang, metric, height=_HEIGHT),
            lines.data(result.series, height=_HEIGHT, **given),
            lines.describe(result.series, **given),
            lines.table(result.series, **given),
            state.say("trends.legend_lines"),
        ),
        controls=lambda: _choose(result),
        on_pick=lambda value: state.show(replace(state.view().filtered(key, value), by=None)),
    )
    if any(p.figure.n and p.figure.value is None for s in result.series for p in s.points):
        st.caption(state.md("trends.gaps"))
    if absent := [lines.called(s, called, lang) for s in result.series if all(p.figure.value is None for p in s.points)]:
        st.caption(state.md("trends.without_line", names=", ".join(absent)))
    if result.left_out:
        st.caption(state.md("trends.left_out", shown=len(result.series), n=result.left_out))


def _choose(result: Trends) -> None:
    """Metric, unit of time, attribute to split by."""
    options = cache.options(result.catalog)
    measured = names.metrics(result.catalog, result.metrics)
    keys = {a.key: names.title(options, result.catalog.name_of(a)) for a in result.catalog.attributes}
    grains = {g: state.say(_GRAINS[g]) for g in result.grains}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="trends-choice"):
        st.selectbox(
            state.say("trends.metric"),
            list(measured),
            key=state.give("w:metric", result.metric),
            format_func=measured.__getitem__,
            on_change=_pick,
            args=("metric",),
            width=260,
        )
        st.selectbox(
            state.say("trends.by"),
            list(keys),
            key=state.give("w:by", result.by),
            format_func=keys.__getitem__,
            on_change=_pick,
            args=("by",),
            width=180,
            index=None,
            placeholder=state.say("trends.whole"),
        )
        if len(grains) > 1:
            st.segmented_control(
                state.say("trends.grain"),
                list(grains),
                key=state.give("w:grain", result.grain),
                format_func=grains.__getitem__,
                on_change=_pick,
                args=("grain",),
                required=True,
            )


def _pick(field: str) -> None:
    state.show(replace(state.view(), **{field: state.given(f"w:{field}")}))


def signals_card(result: Trends) -> None:
    """The periods that are out of control as sentences, or why nothing is judged."""
    if result.metric is None or result.periods < 2:
        return
    with st.container(border=True, key="card-signals"):
        st.markdown(f"**{state.md('trends.signals')}**")
        if result.limits.absent:
            _unjudged(result)
            return
        given = {"grain": result.grain, "lang": state.language(), "waves": result.catalog.waves}
        told = limits.sentences(result.series[0].points, result.limits, **given)
        if not told:
            st.markdown(state.md("trends.in_control"))
        for sentence in told[:_MOST]:
            st.markdown(f"- {i18n.escape(sentence)}")
        if len(told) > _MOST:
            st.caption(state.md("trends.more_signals", n=len(told) - _MOST))
        st.caption(f"{state.md(_METHODS[result.limits.method])} {state.md('trends.baseline', n=result.limits.baseline)}")


def _unjudged(result: Trends) -> None:
    if result.limits.absent == "split":
        st.caption(state.md("trends.no_limits_split"))
        st.button(state.say("trends.unsplit"), key="trends-unsplit", on_click=state.show, args=(replace(state.view(), by=None),))
        return
    st.caption(state.md("trends.no_limits_few"))
    if (wider := longer(state.view(), result.bounds, result)) is not None:
        st.button(state.say("trends.longer"), key="trends-longer", icon=":material/date_range:", on_click=state.show, args=(wider,))
