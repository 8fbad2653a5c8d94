"""The drivers page: outcome and level, what may be said in plain words, shares of drivers, another selection beside them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import drivers as shares, sharechanges
from cxdash.services.drivers import AGAINST, MOST, DriversPage, Side
from cxdash.services.view import Scope
from cxdash.stats.importance import Driver, Drivers
from cxdash.ui import names, state
from cxdash.ui.chartcard import Drawing, draw, legend

_LEVELS = {"stage": "drivers.level.stage", "touchpoint": "drivers.level.touchpoint", "factor": "drivers.level.factor"}
_DROPPED = {
    "missing": "drivers.dropped.missing", "constant": "drivers.dropped.constant", "duplicate": "drivers.dropped.duplicate",
    "aliased": "drivers.dropped.aliased",
}  # fmt: skip
_WIDTH, _NEXT = 260, 3


def shown_scope(result: DriversPage) -> Scope:
    """What this page compares with: a segment or another period that was chosen; the time before makes no second model by itself."""
    return result.scope if result.view.compare in AGAINST else replace(result.scope, before=None, comparison="")


def quoted(name: str) -> str:
    """The name set off in a sentence; a particle still fits its last sound."""
    return f"‘{name}’"


def outcome_name(result: DriversPage) -> str:
    return names.metric(result.catalog, str(result.outcome))


def level_name(result: DriversPage) -> str:
    return state.say(_LEVELS[str(result.level)])


def choices(result: DriversPage) -> None:
    """Outcome and level. A choice is put into the address."""
    offered = {o: names.metric(result.catalog, o) for o in result.outcomes}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="driver-choices"):
        if offered:
            st.selectbox(state.say("drivers.outcome"), list(offered), key=state.give("w:drivers:outcome", result.outcome),
                         format_func=offered.__getitem__, on_change=_choose, args=("outcome",), width=_WIDTH)  # fmt: skip
        if len(result.levels) > 1:
            said = {level: state.say(_LEVELS[level]).capitalize() for level in result.levels}
            st.segmented_control(state.say("drivers.level"), result.levels, key=state.give("w:drivers:level", result.level),
                                 format_func=said.__getitem__, on_change=_choose, args=("level",), required=True)  # fmt: skip


def _choose(field: str) -> None:
    chosen = state.given(f"w:drivers:{field}")
    first = chosen == "stage" if field == "level" else chosen == "loyalty"
    state.show(replace(state.view(), **{field: None if first else chosen}), open=None)


def nothing(result: DriversPage) -> bool:
    """Whether there is nothing to analyse or the answers do not carry it; then one sentence says why."""
    why = _refused(result)
    if why:
        with st.container(border=True, key="card-driver-refused"):
            st.markdown(f"#### {state.md('drivers.refused')}")
            st.markdown(why)
            if result.now is not None:
                _dropped(result, result.now.main.found)
    return bool(why)


def _refused(result: DriversPage) -> str:
    if result.outcome is None:
        return state.md("drivers.no_outcome")
    if result.level is None:
        return state.md("drivers.no_level", outcome=outcome_name(result))
    if result.now is None:
        return state.md("drivers.too_many", n=result.too_many, most=MOST, level=level_name(result))
    return state.md("filter.withheld") if result.scope.withheld else refusal(result, result.now.main.found, result.now.asked)


def refusal(result: DriversPage, found: Drivers, asked: int) -> str:
    """Why a model says nothing; "" when it speaks."""
    lang, given = state.language(), {"outcome": outcome_name(result), "level": level_name(result)}
    if found.reason == "few_answers" and found.n >= found.need:
        return state.md("drivers.refused.n_eff", n=found.n, n_eff=i18n.number(found.n_eff, lang, 0), need=found.need)
    match found.reason:
        case "few_answers":
            return state.md("drivers.refused.few_answers", asked=asked, n=found.n, need=found.need, **given)
        case "many_lost":
            return state.md("drivers.refused.many_lost", share=i18n.percent(100 * found.lost_share, lang, 0), lost=found.lost, **given)
        case "outcome_constant":
            return state.md("drivers.refused.outcome_constant", **given)
        case "no_drivers":
            return state.md("drivers.refused.no_drivers", **given)
    return ""


def summary_card(result: DriversPage, side: Side) -> None:
    """What an executive reads: what explains the outcome best, as far as it may be said, how much is explained, on what base."""
    found, lang = side.main.found, state.language()
    with st.container(border=True, key="card-driver-summary"):
        words, numbers = st.columns((3, 1), gap="medium")
        with words:
            st.markdown(" ".join(_headline(result, found)))
            st.caption(_base(result, side))
            _dropped(result, found)
        with numbers:
            low, high = (i18n.percent(100 * end, lang) if end is not None else i18n.NOTHING for end in (found.r2_low, found.r2_high))
            st.metric(state.say("drivers.r2"), i18n.percent(100 * (found.r2 or 0.0), lang), help=state.md("drivers.r2_help"))
            st.caption(state.md("drivers.r2_interval", low=low, high=high, n=found.n))


def _headline(result: DriversPage, found: Drivers) -> list[str]:
    lang, count = state.language(), len(found.drivers)
    given = {"outcome": outcome_name(result), "level": level_name(result), "r2": i18n.percent(100 * (found.r2 or 0.0), lang)}
    if not found.explains:
        return [state.md("drivers.head.unexplained", **given)]
    explained = state.md("drivers.head.explained", count=count, **given)
    base = int(min(found.n, found.n_eff))
    if found.state == "exploratory":
        return [f":orange-badge[{state.md('drivers.exploratory')}]", state.md("drivers.head.exploratory", n=base), explained]
    first = [d for d in found.drivers if d.rank == 1]
    if found.state != "ranked" or not first:
        return [state.md("drivers.head.unranked", n=base), explained]
    return [*_first(result, found, first), explained]


def _first(result: DriversPage, found: Drivers, first: list[Driver]) -> list[str]:
    lang, own = state.language(), names.items(result.catalog, tuple(d.name for d in found.drivers))
    top, outcome = first[0], outcome_name(result)
    if len(found.drivers) == 1:
        return [state.md("drivers.head.only", outcome=outcome, name=quoted(own[top.name]))]
    if len(first) == len(found.drivers):
        return [state.md("drivers.head.all_tied", outcome=outcome, level=level_name(result))]
    if len(first) > 1:
        told = [state.md("drivers.head.several", outcome=outcome, names=", ".join(quoted(own[d.name]) for d in first))]
    else:
        around = shares.interval(top.share_low, top.share_high, lang)
        told = [state.md("drivers.head.one", outcome=outcome, name=quoted(own[top.name])),
                state.md("drivers.head.share", share=shares.share(top.share, lang), interval=around, mean=i18n.number(top.mean, lang, 1))]
    others = [d for d in found.drivers if d.rank != 1]
    least = min((d.rank for d in others if d.rank is not None), default=None)
    following = [own[d.name] for d in others if d.rank == least]
    return [*told, *([state.md("drivers.head.next", names=", ".join(following[:_NEXT]))] if following else [])]


def _base(result: DriversPage, side: Side) -> str:
    found, lang = side.main.found, state.language()
    told = [state.md("drivers.base", n=found.n, asked=side.asked, outcome=outcome_name(result), level=level_name(result))]
    if found.lost:
        told.append(state.md("drivers.base.lost", lost=found.lost, share=i18n.percent(100 * found.lost_share, lang)))
    if result.view.weighted:
        told.append(state.md("drivers.base.weighted", n_eff=i18n.number(found.n_eff, lang, 0)))
    if side.flat:
        told.append(state.md("drivers.base.flat", share=i18n.percent(100 * side.flat, lang)))
    return " ".join([*told, state.md("drivers.association")])


def _dropped(result: DriversPage, found: Drivers) -> None:
    """Candidates that cannot be drivers, each with its reason."""
    if not found.dropped:
        return
    own = names.items(result.catalog, result.candidates)
    said = [state.md(_DROPPED[d.reason], name=quoted(own.get(d.name, d.name)), of=quoted(own.get(d.of or "", ""))) for d in found.dropped]
    st.caption(state.md("drivers.dropped") + " " + " ".join(said))


def shares_card(result: DriversPage, side: Side, opened: str) -> None:
    """Every driver with its share; a click opens it. Below, the drivers that have a model of their own."""
    with st.container(border=True, key="card-drivers"):
        draw_shares(result, side.main.found, state.md("drivers.title", outcome=outcome_name(result), level=level_name(result)), "drivers",
                    opened)
        _twins(result, side.main.found)
        _apart(result, side)


def draw_shares(result: DriversPage, found: Drivers, title: str, name: str, opened: str | None = None) -> None:
    lang, own = state.language(), names.items(result.catalog, result.candidates)
    frame = shares.data(found, lang=lang, names=own, opened=opened)
    said = shares.describe(found, lang=lang, names=own, outcome=outcome_name(result))
    method = state.say("drivers.method.lmg" if found.method == "lmg" else "drivers.method.johnson")
    notes = [(state.say("drivers.notes.method"), method), (state.say("drivers.notes.reading"), state.say("drivers.association"))]
    draw(Drawing(name, title, shares.spec(lang, height=shares.height(frame)), frame, said, shares.table(found, lang=lang, names=own),
                 legend(result.view, state.md("drivers.key")), notes=notes), on_pick=open_driver)  # fmt: skip
    st.caption(i18n.escape(method))


def open_driver(name: str) -> None:
    """Show a driver; a callback."""
    state.show(state.view(), open=name)


def _twins(result: DriversPage, found: Drivers) -> None:
    own = names.items(result.catalog, result.candidates)
    pairs = {tuple(sorted((d.name, twin))) for d in found.drivers for twin in d.twins}
    if pairs:
        said = ", ".join(f"{own[a]} – {own[b]}" for a, b in sorted(pairs))
        st.caption(f":orange[{state.md('drivers.twins', pairs=said)}]")


def _apart(result: DriversPage, side: Side) -> None:
    """Those that not everybody experienced: each can be opened in its own model."""
    inside = {*side.main.path.drivers, *(d.name for d in side.main.found.dropped)}
    left = [name for name in result.candidates if side.paths.rated.get(name) and name not in inside]
    if not left:
        return
    own, lang = names.items(result.catalog, result.candidates), state.language()
    st.caption(state.md("drivers.apart", level=level_name(result)))
    with st.container(horizontal=True, gap="small", key="drivers-apart"):
        for name in left:
            label = state.md("drivers.apart.one", name=own[name], n=i18n.number(side.paths.rated[name], lang))
            st.button(label, key=f"apart:{name}", on_click=open_driver, args=(name,))


def changes_card(result: DriversPage) -> None:
    """Shares here against those of the segment or period compared with; where they may not be compared, why."""
    if result.now is None or result.view.compare not in (*AGAINST, "rest"):
        return
    with st.container(border=True, key="card-driver-changes"):
        title = state.md("drivers.change.title")
        if not result.changes or result.other is None:
            st.markdown(f"**{title}**")
            st.caption(_incomparable(result))
            return
        lang, own = state.language(), names.items(result.catalog, result.candidates)
        now, other = result.now.main.found, result.other.main.found
        frame = sharechanges.data(result.changes, now, other, lang=lang, names=own)
        said = sharechanges.describe(result.changes, lang=lang, names=own)
        draw(Drawing("driver-changes", title, sharechanges.spec(lang, height=sharechanges.height(frame)), frame, said,
                     sharechanges.table(result.changes, now, other, lang=lang, names=own), state.md("drivers.change.key")),
             on_pick=open_driver)  # fmt: skip
        st.caption(i18n.escape(said))


def _incomparable(result: DriversPage) -> str:
    if result.other is None:
        return state.md("drivers.change.rest" if result.view.compare == "rest" else "drivers.change.nothing")
    if not result.scope.apart:
        return state.md("drivers.change.overlap")
    return refusal(result, result.other.main.found, result.other.asked) or state.md("drivers.change.other_drivers")
