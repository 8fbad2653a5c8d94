"""The segments page: what is shown by what, the ranking, and the crosstab."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import segments as chart
from cxdash.services.metric import NAMED, metric_of
from cxdash.services.segments import Segments
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, draw, legend

_ORDERS = ("ranked", "natural")
_WIDTH, _LEAST = 230, 130


def choices(result: Segments) -> None:
    """Metric, attribute and second attribute. A choice is put into the address."""
    options = cache.options(result.catalog)
    measured = names.metrics(result.catalog, result.metrics)
    keys = {k: names.title(options, k) for k in result.keys}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="segment-choices"):
        _select("metric", list(measured), result.metric, measured)
        _select("by", list(keys), result.by, keys)
        _select("across", [k for k in keys if k != result.by], result.across, keys)
        if result.across is not None:
            st.button(state.say("segments.swap"), icon=":material/swap_horiz:", key="segment-swap", on_click=_swap,
                      args=(result.by, result.across), help=state.md("segments.swap_help"))
    if result.too_many is not None:
        st.caption(state.md("segments.too_many", name=names.title(options, result.too_many)))


def _select(field: str, offered: list[str], current: str | None, said: dict[str, str]) -> None:
    title = {"metric": "segments.metric", "by": "segments.by", "across": "segments.across"}[field]
    none = field == "across"  # a second attribute may be taken away again
    st.selectbox(i18n.text(title, state.language()), offered, index=None if none else 0, key=state.give(f"w:segments:{field}", current),
                 format_func=said.__getitem__, on_change=_choose, args=(field,), width=_WIDTH,
                 placeholder=state.say("segments.across_none") if none else None)


def _choose(field: str) -> None:
    state.show(replace(state.view(), **{field: state.given(f"w:segments:{field}")}))


def _swap(by: str | None, across: str | None) -> None:
    state.show(replace(state.view(), by=across, across=by))


def metric_title(result: Segments) -> str:
    """The metric shown, as a title says it: "구매 단계 점수"."""
    name, kind = names.metric(result.catalog, str(result.metric)), str(result.metric).partition(":")[0]
    if kind == "stage":
        return state.say("segments.named.stage", name=name)
    return state.say("segments.named.touchpoint", name=name) if kind == "touchpoint" else name


def nothing(result: Segments) -> bool:
    """Whether there is nothing to rank; then the reason is told in place of the figures."""
    why = _reason(result)
    if why:
        with st.container(border=True, key="card-segment-nothing"):
            st.markdown(f"#### {state.md('segments.nothing')}")
            st.markdown(why)
    return bool(why)


def _reason(result: Segments) -> str:
    if result.metric is None:
        return state.md("segments.no_metric")
    if result.by is None:
        return state.md("segments.no_attribute")
    return state.md("segments.all_hidden") if all(s.figure.value is None for s in result.segments) else ""


def ranking_card(result: Segments) -> None:
    """The metric by the values of the attribute, each against the rest; a click filters by the value."""
    lang, by, options = state.language(), str(result.by), cache.options(result.catalog)
    order = _ordered()
    called = {s.value: names.label(options, by, s.value) for s in result.segments if s.value is not None}
    called_metric = str(result.metric) if result.metric in NAMED else metric_title(result)
    given = {"metric": called_metric, "lang": lang, "names": called}
    data = chart.data(result.segments, average=result.average, order=order, **given)
    spec = chart.spec(lang, given["metric"], height=chart.height(data, at_least=_LEAST))
    said, table = chart.describe(result.segments, **given), chart.compared(result.segments, order=order, **given)
    title = state.md("segments.title", by=names.title(options, by), metric=metric_title(result))
    with st.container(border=True, key="card-segments"):
        draw(Drawing("segments", title, spec, data, said, table, _legend(result)), controls=_order if len(result.segments) > 2 else None,
             on_pick=lambda value: state.show(state.view().filtered(by, value)))
        st.caption(i18n.escape(said) if len(result.segments) > 1 else state.md("segments.one_value"))
        if result.left_out:
            st.caption(state.md("overview.segments_left_out", shown=len(result.segments), n=result.left_out))


def _ordered() -> str:
    wanted = state.parameter(state.ORDER)
    return wanted if wanted in _ORDERS else _ORDERS[0]


def _order() -> None:
    said = {"ranked": state.say("segments.order.ranked"), "natural": state.say("segments.order.natural")}
    st.segmented_control(state.say("segments.order"), _ORDERS, key=state.give("w:segments:order", _ordered()), on_change=_reorder,
                         format_func=said.__getitem__, label_visibility="collapsed", required=True)


def _reorder() -> None:
    order = state.given("w:segments:order")
    state.show(state.view(), order=None if order == _ORDERS[0] else order)


def _legend(result: Segments) -> str:
    """What the marks mean and, for scores, their scale; weighted figures say so."""
    metric = metric_of(result.catalog, str(result.metric))
    scored = metric is not None and metric.kind == "score"
    return legend(result.view, state.md("overview.segments_key"), state.md("segments.score100") if scored else "")
