"""The compare page: who stands on either side, every metric with its difference, and why it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import contributions, differences
from cxdash.facts.question import Filter
from cxdash.services.compare import Compared, Row, Why, offers
from cxdash.services.view import View
from cxdash.stats.adjust import method_of
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, draw

_OFFERS = {
    "previous": "compare.offer.previous",
    "period": "compare.offer.period",
    "rest": "compare.offer.rest",
    "segment": "compare.offer.segment",
}
_ABSENT = {"hidden": "compare.why.hidden", "attribute": "compare.why.no_attribute", "one": "compare.why.one"}
_ADJUSTED = {"holm": "compare.adjusted.holm", "bh": "compare.adjusted.bh"}
_SHORT = 60


def sides(result: Compared) -> None:
    """A and B: what they are and how many answered; without a B the ways to choose one."""
    if result.scope.before is None:
        _offer(result, "compare.nothing")
        return
    one, two = st.columns(2, gap="small")
    with one:
        _side("A", "side-a", _said(result, result.scope.now), result.responses)
    with two:
        rest = state.md("compare.rest") if result.scope.rest else _said(result, result.scope.before)
        _side("B", "side-b", rest, result.before_responses or 0)
    if not result.before_responses:
        _offer(result, "compare.empty_side")
    elif not result.scope.apart:
        st.warning(state.md("compare.overlap"), icon=":material/group:")


def _side(letter: str, key: str, said: str, n: int) -> None:
    with st.container(border=True, key=key):
        st.markdown(f"**{letter}** &nbsp; {said} &nbsp; :gray[{state.md('compare.n', n=i18n.number(n, state.language()))}]")


def _said(result: Compared, where: Filter) -> str:
    """A selection in words of Markdown: its days, then its filters."""
    lang, options = state.language(), cache.options(result.catalog)
    since, until = where.since or result.bounds.first, where.until or result.bounds.last
    parts = [state.md("filter.dates", since=i18n.date(since, lang), until=i18n.date(until, lang))] if since and until else []
    for key, values in where.equals.items():
        text = ", ".join(names.label(options, key, v) for v in values)
        parts.append(i18n.escape(names.short(f"{names.title(options, key)}: {text}", _SHORT)))
    return " · ".join(parts) or state.md("compare.everything")


def _offer(result: Compared, why: str) -> None:
    """The kinds of comparison that this programme has, one click away."""
    found = offers(state.view(), cache.options(result.catalog), result.bounds)
    with st.container(border=True, key="compare-offer"):
        st.markdown(f"#### {state.md(why)}")
        st.markdown(state.md("compare.choose" if found else "compare.nothing_possible"))
        with st.container(horizontal=True, gap="small"):
            for kind, view in found.items():
                st.button(state.say(_OFFERS[kind], what=_what(result, view)), key=f"offer-{kind}", on_click=state.show, args=(view,))


def _what(result: Compared, view: View) -> str:
    """The attribute values an offer would compare."""
    options = cache.options(result.catalog)
    key = next(iter(view.against), None) or next(iter(view.equals), None)
    if key is None:
        return ""
    one = ", ".join(names.label(options, key, v) for v in view.equals.get(key, ()))
    two = ", ".join(names.label(options, key, v) for v in view.against.get(key, ()))
    return i18n.escape(names.short(f"{one} ↔ {two}" if two else one, _SHORT))


def differences_card(result: Compared) -> None:
    """Every metric: the differences around zero."""
    if _comparable(result):
        with st.container(border=True, height="stretch", key="card-differences"):
            _chart(result, result.rows, "differences", state.md("compare.title"))


def values_card(result: Compared) -> None:
    """Every metric of both sides in words and numbers; in a drawer the touchpoints and single questions."""
    if not _comparable(result):
        return
    with st.container(border=True, key="card-values"):
        st.markdown(f"**{state.md('compare.values')}**")
        _table(result, result.rows, "values")
    if not result.details:
        return
    drawer = st.expander(state.say("compare.details", n=len(result.details)), key="compare-details", on_change="rerun")
    if drawer.open:
        with drawer:
            _chart(result, result.details, "details", state.md("compare.details_title"))
            _table(result, result.details, "details")


def _comparable(result: Compared) -> bool:
    return bool(result.rows and result.before_responses)


def _names(result: Compared) -> Callable[[str], str]:
    return names.metrics(result.catalog, result.metrics).__getitem__


def _chart(result: Compared, found: Sequence[Row], name: str, title: str) -> None:
    lang, called = state.language(), _names(result)
    frame = differences.data(found, lang=lang, name=called)
    draw(
        Drawing(
            name,
            title,
            differences.spec(lang, height=differences.height(frame)),
            frame,
            differences.describe(found, lang=lang, name=called),
            differences.table(found, lang=lang, name=called),
            state.say("compare.legend"),
        ),
        on_pick=lambda metric: state.show(replace(state.view(), metric=metric)),
    )
    st.caption(state.md("compare.units"))


def _table(result: Compared, found: Sequence[Row], name: str) -> None:
    table = differences.lines(found, lang=state.language(), name=_names(result))
    st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key=f"lines-{name}", height="content", alt=state.say("compare.values"))
    st.caption(state.md(_ADJUSTED[method_of(len(found))], n=len(found)))


def why_card(result: Compared) -> None:
    """왜 움직였나: the change of one metric, split into who answered and how each scored."""
    if result.why is None or not result.before_responses:
        return
    why, lang, options = result.why, state.language(), cache.options(result.catalog)
    metric = names.metric(result.catalog, why.metric)
    key = result.catalog.name_of(result.catalog.attribute(why.by)) if why.by else ""
    called = {c.value: names.label(options, key, c.value) for c in why.causes if c.value is not None}
    with st.container(border=True, height="stretch", key="card-why"):
        if why.found is None:
            st.markdown(f"**{state.md('compare.why.title')}**")
            _choose(result, why)
            st.info(state.md(_ABSENT[why.absent]), icon=":material/info:")
            return
        frame = contributions.data(why, lang=lang, names=called)
        said = contributions.sentence(why.found, lang=lang, metric=metric)
        st.markdown(f"**{state.md('compare.why.title')}**")
        _choose(result, why)
        st.markdown(f"##### {i18n.escape(said)}")
        draw(
            Drawing(
                "why",
                state.md("compare.why.chart", metric=metric, by=names.title(options, key)),
                contributions.spec(lang, height=contributions.height(frame)),
                frame,
                said,
                contributions.table(why, lang=lang, names=called),
                state.say("compare.why.legend"),
            ),
            on_pick=lambda value: state.show(state.view().filtered(key, value)),
        )
        st.caption(state.md("compare.why.explained") + (f" {state.md('compare.why.pooled', n=why.pooled)}" if why.pooled else ""))


def _choose(result: Compared, why: Why) -> None:
    """Which metric, and which attribute."""
    options = cache.options(result.catalog)
    measured = names.metrics(result.catalog, result.metrics)
    keys = {a.key: names.title(options, result.catalog.name_of(a)) for a in result.attributes}
    with st.container(horizontal=True, gap="small", key="why-choice"):
        st.selectbox(
            state.say("compare.metric"),
            list(measured),
            key=state.give("w:metric", why.metric),
            format_func=measured.__getitem__,
            on_change=_pick,
            args=("metric",),
            width=260,
        )
        if keys:
            st.selectbox(
                state.say("compare.by"),
                list(keys),
                key=state.give("w:by", why.by),
                format_func=keys.__getitem__,
                on_change=_pick,
                args=("by",),
                width=180,
            )


def _pick(field: str) -> None:
    state.show(replace(state.view(), **{field: state.given(f"w:{field}")}))
