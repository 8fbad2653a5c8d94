"""The loyalty page: the matrix, its classes by an attribute, and what became of the same customers."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import loyalty as chart
from cxdash.charts import loyaltybars as bars
from cxdash.charts import loyaltymoves as moved
from cxdash.facts.question import WAVE
from cxdash.services.loyalty import Loyalty, Moves, of_waves
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, draw, legend
from cxdash.ui.comparing import said_comparison

_WIDTH = 230


def nothing(result: Loyalty) -> bool:
    """Whether an axis is not asked for; then it is said what to ask in place of the figures."""
    missing = [state.md(key) for key, found in (("loyalty.ask.attitude", result.attitude), ("loyalty.ask.intention", result.intention))
               if found is None]  # fmt: skip
    if missing:
        with st.container(border=True, key="card-loyalty-nothing"):
            st.markdown(f"#### {state.md('loyalty.nothing')}")
            st.markdown(state.md("loyalty.ask") + "\n" + "".join(f"\n- {line}" for line in missing))
    return bool(missing)


def matrix_card(result: Loyalty) -> None:
    """The four shares with their change."""
    lang = state.language()
    said = chart.describe(result.shares, lang=lang)
    with st.container(border=True, key="card-loyalty"):
        drawing = Drawing("loyalty", state.md("loyalty.title"), chart.spec(lang), chart.data(result.shares, lang=lang), said,
                          chart.table(result.shares, lang=lang), _legend(result))  # fmt: skip
        draw(drawing)
        st.caption(i18n.escape(said))
        st.caption(_axes(result))


def _legend(result: Loyalty) -> str:
    compared = said_comparison(cache.options(result.catalog), result.scope) if result.scope.before is not None else ""
    return legend(result.view, state.md("loyalty.key", n=i18n.number(result.classified, state.language())), compared)


def _axes(result: Loyalty) -> str:
    """Which questions the axes are, where the cut lies, and who is not in the base."""
    wording = [names.short(state.local(q.wording) or q.code, 40) for q in (result.attitude, result.intention) if q is not None]
    about = state.md("loyalty.axes", attitude=wording[0], intention=wording[1])
    return f"{about} {state.md('loyalty.unclassified', n=result.unclassified)}" if result.unclassified else about


def by_card(result: Loyalty) -> None:
    """The classes by the values of an attribute; a click filters by the value."""
    if result.by is None:
        return
    lang, by, options = state.language(), result.by, cache.options(result.catalog)
    called = {g.value: names.label(options, by, g.value) for g in result.groups if g.value is not None}
    data = bars.data(result.groups, lang=lang, names=called)
    said, table = bars.describe(result.groups, lang=lang, names=called), bars.table(result.groups, lang=lang, names=called)
    title = state.md("loyalty.by_title", by=names.title(options, by))
    with st.container(border=True, key="card-loyalty-by"):
        drawing = Drawing("loyalty-by", title, bars.spec(lang, height=bars.height(data)), data, said, table, state.md("loyalty.by_key"))
        draw(drawing, controls=lambda: _by(result), on_pick=lambda value: state.show(state.view().filtered(by, value)))
        st.caption(i18n.escape(said))
        if result.left_out:
            st.caption(state.md("overview.segments_left_out", shown=len(result.groups), n=result.left_out))


def _by(result: Loyalty) -> None:
    options = cache.options(result.catalog)
    keys = {k: names.title(options, k) for k in result.keys}
    st.selectbox(state.say("segments.by"), list(keys), key=state.give("w:loyalty:by", result.by), format_func=keys.__getitem__,
                 on_change=_divide, width=_WIDTH)  # fmt: skip


def _divide() -> None:
    state.show(replace(state.view(), by=state.given("w:loyalty:by")))


# ---------------------------------------------------------------- the same customers


def moves_card(result: Loyalty) -> None:
    """What became of the customers who answered on both sides of the comparison, and the choice of two waves."""
    with st.container(border=True, key="card-loyalty-moves"):
        found = result.moves.movement
        if found is None:
            st.markdown(f"**{state.md('loyalty.moves.title')}**")
            _waves(result)
            st.markdown(_why(result.moves))
        else:
            _transition(result)
            _net(result)
            st.caption(state.md("loyalty.moves.about"))


def _transition(result: Loyalty) -> None:
    lang, moves = state.language(), result.moves
    assert moves.movement is not None
    said = moved.describe(moves.movement.moves, moves.movement.n, lang=lang)
    data = moved.data(moves.origins, lang=lang)
    legend = state.md("loyalty.moves.key", n=i18n.number(moves.movement.n, lang))
    drawing = Drawing("loyalty-moves", state.md("loyalty.moves.title"), moved.spec(lang, data), data, said,
                      moved.table(moves.origins, lang=lang), legend)  # fmt: skip
    draw(drawing, controls=lambda: _waves(result))
    st.caption(i18n.escape(said))
    if any(origin.n and origin.to[0].value is None for origin in moves.origins):
        st.caption(state.md("loyalty.moves.hidden"))
    if moves.paired > moves.movement.n:
        st.caption(state.md("loyalty.moves.unclassified", n=moves.paired - moves.movement.n, paired=moves.paired))


def _net(result: Loyalty) -> None:
    lang, moves = state.language(), result.moves.movement
    assert moves is not None
    data = moved.net_data(moves.moves, lang=lang)
    said = moved.describe(moves.moves, moves.n, lang=lang)
    draw(Drawing("loyalty-net", state.md("loyalty.moves.net"), moved.net_spec(lang, data), data, said,
                 moved.net_table(moves.moves, lang=lang), state.md("loyalty.moves.net_key")))  # fmt: skip


def _why(moves: Moves) -> str:
    match moves.why:
        case "comparison":
            return state.md("loyalty.moves.why.comparison")
        case "dates":
            return state.md("loyalty.moves.why.dates")
    return state.md("loyalty.moves.why.few") + "  \n" + state.md("loyalty.moves.why.keys")


def _waves(result: Loyalty) -> None:
    """Two waves of the programme, the earlier and the later; choosing makes them what the whole page compares."""
    options = cache.options(result.catalog)
    codes = [w.code for w in result.catalog.waves if w.code in options.values.get(WAVE, ())]
    if len(codes) < 2:
        return
    before, after = result.moves.waves or (None, None)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="loyalty-waves"):
        for key, title, current, offered in (("before", "loyalty.moves.from_wave", before, codes[:-1]),
                                             ("after", "loyalty.moves.to_wave", after, codes[1:])):  # fmt: skip
            st.selectbox(i18n.text(title, state.language()), offered, index=None, width=_WIDTH,
                         key=state.give(f"w:loyalty:{key}", current if current in offered else None),
                         format_func=lambda code: names.label(options, WAVE, code), placeholder=state.say("loyalty.moves.wave_pick"),
                         on_change=_compare_waves, args=(tuple(codes), key))  # fmt: skip


def _compare_waves(codes: tuple[str, ...], changed: str) -> None:
    """Where only one is chosen, or they are the wrong way round, the other becomes its neighbour."""
    before, after = state.given("w:loyalty:before"), state.given("w:loyalty:after")
    places = [None if code is None else codes.index(code) for code in (before, after)]
    if places[0] is None or places[1] is None or places[0] >= places[1]:
        at = places[0 if changed == "before" else 1]
        if at is None:
            return
        places = [at, at + 1] if changed == "before" else [at - 1, at]
    state.show(of_waves(state.view(), codes[places[0] or 0], codes[places[1] or 0]))
