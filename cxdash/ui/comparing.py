"""What the selection is compared with: chosen in a drawer, said beside the number of responses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from cxdash import i18n
from cxdash.facts.question import STAGE, TOUCHPOINT, WAVE
from cxdash.services.options import Options
from cxdash.services.view import COMPARISONS, Scope, View
from cxdash.ui import names, state

_WIDTH, _MOST = 320, 60


def compare(options: Options, view: View, scope: Scope) -> None:
    """The drawer: the time before, another period, the rest, a segment, nothing."""
    said = {kind: i18n.text(f"filter.compare.{kind}", state.language()) for kind in COMPARISONS if kind != "period" or options.dated}
    kind = view.compare if view.compare in said else "previous"
    drawer = st.popover(
        state.say("filter.compare"),
        icon=":material/compare_arrows:",
        key="compare",
        on_change="rerun",
        help=state.md("filter.compare_help"),
    )
    if not drawer.open:
        return
    with drawer, st.container(width=_WIDTH):
        st.radio(
            state.say("filter.compare_with"),
            list(said),
            key=state.give("w:compare", kind),
            format_func=said.__getitem__,
            on_change=_change,
            args=("w:compare", _kind, scope),
        )
        if kind == "period":
            _period(view)
        if kind == "segment":
            _segment(options, view)
        if kind == "rest" and scope.before is None:
            st.caption(state.md("filter.compare_no_rest"))
        if scope.before is not None and not scope.apart:
            st.caption(":orange[" + state.md("filter.compare_overlap") + "]")


def _change(key: str, change: Any, *more: Any) -> None:
    state.show(change(state.view(), state.given(key), *more))


def _kind(view: View, kind: str, scope: Scope) -> View:
    """Another period begins with the one it was compared with before, so that a date is never asked out of the blue."""
    if kind == "period" and scope.before is not None and scope.before.since and scope.before.until:
        return replace(view, compare=kind, against_since=scope.before.since, against_until=scope.before.until)
    return replace(view, compare=kind)


def _period(view: View) -> None:
    chosen = tuple(d for d in (view.against_since, view.against_until) if d)
    st.date_input(
        state.say("filter.compare_span"),
        key=state.give("w:vs:span", chosen),
        format="YYYY-MM-DD",
        on_change=_change,
        args=("w:vs:span", _span),
    )


def _span(view: View, days: object) -> View:
    chosen = tuple(days) if isinstance(days, (tuple, list)) else (days,)
    return replace(view, against_since=chosen[0], against_until=chosen[1]) if len(chosen) == 2 else view


def _segment(options: Options, view: View) -> None:
    """One attribute and the values of the other side."""
    keys = [k for k, values in options.values.items() if len(values) > 1 and k not in (STAGE, TOUCHPOINT)]
    if not keys:
        st.caption(state.md("filter.compare_no_segment"))
        return
    chosen = next((k for k in view.against if k in keys), next((k for k in view.equals if k in keys), keys[0]))
    key = st.selectbox(
        state.say("filter.compare_key"),
        keys,
        key=state.hold("vs:key", chosen, keys),
        format_func={k: names.title(options, k) for k in keys}.__getitem__,
    )
    called = {v: names.label(options, key, v) for v in options.values[key]}
    held = [v for v in view.against.get(key, ()) if v in called]
    st.multiselect(
        state.say("filter.compare_values"),
        list(called),
        key=state.give(f"w:v:{key}", held),
        format_func=called.__getitem__,
        placeholder=state.say("filter.compare_pick"),
        select_all=False,
        on_change=_change,
        args=(f"w:v:{key}", _against, key),
    )


def _against(view: View, values: list[str], key: str) -> View:
    return replace(view, against={key: tuple(values)} if values else {})


def said_comparison(options: Options, scope: Scope) -> str:
    """What the numbers are compared with, in a few words of Markdown; "" for nothing."""
    if scope.before is None:
        return ""
    lang, before = state.language(), scope.before
    if scope.comparison == "previous_wave":
        return state.md("filter.previous_wave", wave=options.label(WAVE, before.equals[WAVE][0], lang))
    if scope.comparison == "rest":
        return state.md("filter.against_rest")
    if scope.comparison == "segment":
        other = [
            f"{names.title(options, k)}: {', '.join(names.label(options, k, v) for v in values)}"
            for k, values in before.equals.items()
            if scope.now.equals.get(k) != values
        ]
        return state.md("filter.against_segment", name=names.short(" · ".join(other), _MOST))
    return state.md("filter.previous_period", since=i18n.date(before.since, lang), until=i18n.date(before.until, lang))
