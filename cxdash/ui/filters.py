"""The filter bar: programme and period in the open, attributes in a drawer, applied filters as chips that can be taken off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cxdash import i18n
from cxdash.facts.question import MYSTERY, SOURCE
from cxdash.services.options import Options
from cxdash.services.view import PRESETS, Scope, View
from cxdash.ui import names, state
from cxdash.ui.comparing import compare, said_comparison
from cxdash.ui.savedviews import saved_views

_CHIP = 40  # characters of a chip
_DRAWER = 320  # pixels: the drawer does not jump wider with every value
_DIRECT = 8  # filters in the drawer at once; further attributes are picked from a list


def _on(key: str, change: Callable[[View, Any], View]) -> Callable[[], None]:
    """A callback that puts a widget's new value into the address."""

    def changed() -> None:
        state.show(change(state.view(), state.given(key)))

    return changed


def filter_bar(row: DeltaGenerator, options: Options, scope: Scope, n: int, total: int, *, figures: bool = True,
               compared: bool = True) -> None:
    """Period, filters and weighting in the title's row, then the chips with the resulting number of responses.

    figures: False on pages of single answers, which are neither weighted nor compared. compared: False on pages that compare the
    selection's parts with each other, and not the selection with another.
    """
    view = state.view()
    with row:
        _period(options, scope)
        _drawer(options, view, figures=figures)
        if figures and compared:
            compare(options, view, scope)
        saved_views(view)
    _chips(options, view, scope if figures and compared else replace(scope, before=None), n, total, figures=figures)
    _bounded(options, scope)


def _bounded(options: Options, scope: Scope) -> None:
    """Whose responses these are for an account that sees some only, and why a selection says nothing."""
    known = {a.key: options.catalog.name_of(a) for a in options.catalog.attributes}
    own = [f"{names.title(options, known.get(key, key))}: " + ", ".join(names.label(options, known.get(key, key), v) for v in values)
           for key, values in state.actor().rows]
    if own:
        st.caption(state.md("filter.own_rows", rows=" · ".join(own)))
    if MYSTERY in options.values.get(SOURCE, ()) and scope.now.customers and SOURCE not in scope.now.equals:
        st.caption(state.md("filter.shoppers", attribute=names.title(options, SOURCE), value=names.label(options, SOURCE, MYSTERY)))
    if scope.withheld:
        st.info(state.md("filter.withheld"), icon=":material/visibility_off:")


def _period(options: Options, scope: Scope) -> None:
    presets = [p for p in PRESETS if (p != "wave" or len(options.catalog.waves) > 1) and (options.dated or p in ("all", "wave"))]
    if len(presets) < 2:
        return
    said = {p: i18n.text(f"filter.period.{p}", state.language()) for p in presets}
    st.selectbox(
        state.say("filter.period"),
        presets,
        key=state.give("w:period", scope.period if scope.period in presets else presets[0]),
        width=150,
        label_visibility="collapsed",
        format_func=said.__getitem__,
        on_change=_on("w:period", lambda v, p: _chosen(v, str(p), scope)),
    )
    if scope.period == "custom":
        st.date_input(
            state.say("filter.span"),
            key=state.give("w:span", tuple(d for d in (scope.since, scope.until) if d)),
            width=230,
            format="YYYY-MM-DD",
            label_visibility="collapsed",
            on_change=_on("w:span", _span),
        )


def _chosen(view: View, preset: str, scope: Scope) -> View:
    if preset != "custom":
        return replace(view, period=preset, since=None, until=None)
    return replace(view, period=preset, since=scope.since or date.today() - timedelta(days=90), until=scope.until or date.today())


def _span(view: View, days: object) -> View:
    chosen = tuple(days) if isinstance(days, (tuple, list)) else (days,)
    return replace(view, since=chosen[0], until=chosen[1]) if len(chosen) == 2 else view


def _drawer(options: Options, view: View, *, figures: bool) -> None:
    usable = {key: values for key, values in options.values.items() if len(values) > 1 or view.equals.get(key) or MYSTERY in values}
    first = list(usable)[:_DIRECT]
    more = [key for key in usable if key not in first]
    applied = sum(map(len, view.equals.values()))
    name = state.say("filter.open_n", n=applied) if applied else state.say("filter.open")
    drawer = st.popover(name, icon=":material/filter_alt:", key="filters", on_change="rerun")
    if not drawer.open:  # its lists are a tenth of a rerun
        return
    with drawer, st.container(width=_DRAWER):
        for key in (*first, *(k for k in more if view.equals.get(k))):
            _values(options, view, key, list(usable[key]))
        if rest := [k for k in more if not view.equals.get(k)]:
            chosen = st.selectbox(
                state.say("filter.more"),
                rest,
                index=None,
                key=state.hold("filter:more", None, rest),
                placeholder=state.say("filter.more_hint"),
                format_func={k: names.title(options, k) for k in rest}.__getitem__,
            )
            if chosen is not None:
                _values(options, view, chosen, list(usable[chosen]))
        if figures:
            _switches(options, view)


def _switches(options: Options, view: View) -> None:
    """What changes every number without choosing by an attribute."""
    if options.weights:
        st.toggle(
            state.say("filter.weighted"),
            key=state.give("w:weighted", view.weighted),
            help=state.md("filter.weighted_help"),
            on_change=_on("w:weighted", lambda v, on: replace(v, weighted=bool(on))),
        )
    st.toggle(
        state.say("filter.clean"),
        key=state.give("w:clean", view.clean),
        help=state.md("filter.clean_help"),
        on_change=_on("w:clean", lambda v, on: replace(v, clean=bool(on))),
    )


def _values(options: Options, view: View, key: str, values: list[str]) -> None:
    chosen = list(view.equals.get(key, ()))
    said = {v: names.label(options, key, v) for v in (*values, *chosen)}
    st.multiselect(
        names.title(options, key),
        list(said),
        key=state.give(f"w:f:{key}", chosen),
        format_func=said.__getitem__,
        placeholder=state.say("filter.all"),
        select_all=False,
        on_change=_on(f"w:f:{key}", lambda v, picked: v.filtered(key, *picked)),
    )


def _chips(options: Options, view: View, scope: Scope, n: int, total: int, *, figures: bool) -> None:
    lang = state.language()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chips"):
        counted = state.md("filter.count", n=i18n.number(n, lang), total=i18n.number(total, lang))
        span = _said_span(options, scope)
        st.markdown(f"**{counted}**" + (f" :gray[· {span}]" if span else ""), width="content")
        applied = {key: values for key, values in view.equals.items() if key in scope.now.equals}  # not those of another programme
        for key, values in applied.items():
            for value in values:
                name = f"{names.title(options, key)}: {names.label(options, key, value)}"
                st.button(
                    f"{i18n.escape(names.short(name, _CHIP))} ✕",
                    key=f"chip:{key}:{value}",
                    type="tertiary",
                    help=state.md("filter.remove", name=name),
                    on_click=state.show,
                    args=(view.without(key, value),),
                )
        _switched(view, figures=figures)
        if applied:
            st.button(state.say("filter.clear"), key="chip:all", type="tertiary", on_click=state.show, args=(replace(view, equals={}),))


def _switched(view: View, *, figures: bool) -> None:
    """What is switched on for every number of the page, to be taken off here."""
    for on, key, off in ((view.weighted and figures, "filter.weighted", replace(view, weighted=False)),
                         (view.clean, "filter.clean", replace(view, clean=False))):
        if on:
            name = state.say(key)
            st.button(f"{i18n.escape(name)} ✕", key=f"chip:{key}", type="tertiary", help=state.md("filter.remove", name=name),
                      on_click=state.show, args=(off,))


def _said_span(options: Options, scope: Scope) -> str:
    lang = state.language()
    said = []
    if scope.since is not None or scope.until is not None:
        said.append(state.md("filter.dates", since=i18n.date(scope.since, lang), until=i18n.date(scope.until, lang)))
    if against := said_comparison(options, scope):
        said.append(against)
    return " · ".join(said)
