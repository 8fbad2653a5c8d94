"""Headline cards: value, interval, base, change with its verdict. No arrow without a significant change."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cxdash import i18n
from cxdash.charts import spark
from cxdash.services.overview import Card, Overview
from cxdash.services.view import View
from cxdash.stats.figure import Difference, Figure
from cxdash.ui import state

_DIGITS = 1


def cards(result: Overview, *, corner: Callable[[str], None], goal: Callable[[str, Figure | None, View], str]) -> None:
    """The row of cards: every headline, then the number of responses.

    corner: draws what can be done with a metric; goal: its target against the figure in a line of Markdown, or "".
    """
    with st.grid(4, min_column_width=150, gap="small"):
        for card in result.cards:
            with st.container(border=True, height="stretch", key=f"card-{card.metric}"):
                _card(card, result.view, corner, goal)
        with st.container(border=True, height="stretch", key="card-responses"):
            _responses(result)


def _card(card: Card, view: View, corner: Callable[[str], None], goal: Callable[[str, Figure | None, View], str]) -> None:
    title = i18n.text(f"overview.metric.{card.metric}", state.language())
    if card.figure is None:
        st.markdown(f"**{title}**")
        st.caption(_absent(card))
        return
    if card.figure.base == "hidden":
        st.markdown(f"**{title}**")
        st.caption(state.md("overview.base_hidden", n=card.figure.n))
        return
    arrow = {"up": "up", "down": "down"}.get(card.verdict, "off")
    with st.container(horizontal=True, gap=None):
        st.metric(title, value_text(card.figure), delta=_change(card), delta_color="normal" if arrow != "off" else "off", delta_arrow=arrow,
                  help=i18n.text(f"overview.help.{card.metric}", state.language()))
        with st.container(width=spark.WIDTH, gap=None, horizontal_alignment="right"):
            if line := spark.html(card.spark, metric=card.metric, said=_said(card)):
                st.html(line, width="content")
            corner(card.metric)
    target = goal(card.metric, card.figure, view)
    st.caption(base_text(card.figure) + (f"  \n{target}" if target else ""))


def _said(card: Card) -> str:
    """The sparkline in words."""
    shown = [i18n.number(v, state.language(), _DIGITS) for v in card.spark if v is not None]
    return state.say("overview.spark", first=shown[0], last=shown[-1], n=len(shown)) if shown else ""


def value_text(figure: Figure) -> str:
    """The value in its unit: NPS points with sign left to the number, shares with %, 0-100 scores plain."""
    lang = state.language()
    return i18n.percent(figure.value, lang, _DIGITS) if figure.unit == "percent" else i18n.number(figure.value, lang, _DIGITS)


def with_interval(figure: Figure) -> str:
    """The value and its interval, for a cell of a table."""
    lang = state.language()
    if figure.value is None or figure.ci_low is None:
        return value_text(figure)
    low, high = (i18n.number(end, lang, _DIGITS) for end in (figure.ci_low, figure.ci_high))
    return state.say("overview.with_interval", value=value_text(figure), low=low, high=high)


def base_text(figure: Figure) -> str:
    """Interval and base in one line; a small base says so."""
    lang = state.language()
    if "zero_variance" in figure.flags or figure.ci_low is None:
        text = state.md("overview.base_only", n=i18n.number(figure.n, lang))
    else:
        text = state.md("overview.base", low=i18n.number(figure.ci_low, lang, _DIGITS), high=i18n.number(figure.ci_high, lang, _DIGITS),
                        n=i18n.number(figure.n, lang))
    warning = {"small": "overview.base_small", "caution": "overview.base_caution"}.get(figure.base)
    return text + (f" · :orange[{i18n.markdown(warning, lang)}]" if warning else "")


def _change(card: Card) -> str | None:
    if card.change is None:
        return None
    if card.verdict == "untested":
        return state.say("overview.change.untested")
    if card.verdict == "none":
        return state.say("overview.change.none", change=change_text(card.change, card.figure))
    return state.say("overview.change.significant", change=change_text(card.change, card.figure))


def change_text(change: Difference, figure: Figure | None) -> str:
    unit = "%p" if figure is not None and figure.unit == "percent" else ""
    return i18n.number(change.value, state.language(), _DIGITS, signed=True) + unit


def _absent(card: Card) -> str:
    lang = state.language()
    text = i18n.markdown(card.absent, lang, **dict(card.absent_params or {}))
    offered = [i18n.markdown(f"overview.instead.{kind}", lang, value=value_text(figure), n=i18n.number(figure.n, lang))
               for kind, figure in card.instead if figure.value is not None]
    return text + ("  \n" + " · ".join(offered) if offered else "")


def _responses(result: Overview) -> None:
    lang = state.language()
    st.metric(state.say("overview.metric.responses"), i18n.number(result.responses, lang))
    st.caption(state.md("overview.of_total", total=i18n.number(result.total, lang)))
    if result.view.weighted:
        st.caption(state.md("overview.weighted"))
