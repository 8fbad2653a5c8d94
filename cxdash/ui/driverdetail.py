"""One driver of the drivers page: what if its mean were another, what is known of it, and its own model where it needs one."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import contrasts as shapes, drivers as shares
from cxdash.services.drivers import DriversPage, Model, Side, moved
from cxdash.stats.contrast import Contrasts
from cxdash.stats.importance import Driver, Drivers
from cxdash.stats.whatif import WhatIf
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, draw
from cxdash.ui.drivers import draw_shares, level_name, open_driver, outcome_name, quoted, refusal

STEP, REACH = 5, 20  # points of 100: what is asked at first, and how far one may go


def opened_driver(result: DriversPage, side: Side) -> str:
    """The driver of the address; the strongest one where it names none that anybody rated."""
    wanted = state.opened()
    return wanted if wanted in result.candidates and side.paths.rated.get(wanted) else side.main.found.drivers[0].name


def step_of_screen() -> int:
    """How far the driver is moved, in points of 100, from the address."""
    text = (state.parameter(state.STEP) or "").removeprefix("-")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        return STEP
    return max(-REACH, min(REACH, int(state.parameter(state.STEP) or STEP)))


def detail_card(result: DriversPage, side: Side, opened: str) -> None:
    """The driver that is opened: chosen here or by a click on a chart."""
    with st.container(border=True, key="card-driver", height="stretch"):
        own = names.items(result.catalog, result.candidates)
        st.markdown(f"**{state.md('drivers.whatif.title')}** :gray[:small[{state.md('drivers.whatif.about')}]]")
        _chooser(result, side, opened)
        model = side.main if side.main.found.driver(opened) else cache.driver_model_of_screen(opened)
        if model is None or model.found.driver(opened) is None:
            st.caption(_silent(result, side, model, own[opened]))
            return
        _what_if(result, side, model, opened, own[opened])
        _facts(result, model.found, opened, own)


def _chooser(result: DriversPage, side: Side, opened: str) -> None:
    own = names.items(result.catalog, result.candidates)
    offered = [name for name in result.candidates if side.paths.rated.get(name)]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="driver-choose"):
        st.selectbox(state.say("drivers.driver"), offered, key=state.give("w:drivers:open", opened), format_func=own.__getitem__,
                     on_change=lambda: open_driver(str(state.given("w:drivers:open"))), width=230)  # fmt: skip
        st.slider(state.say("drivers.whatif.step"), -REACH, REACH, key=state.follow("w:drivers:step", step_of_screen()), step=1,
                  format="%+d", on_change=_stepped, width=230)  # fmt: skip


def _stepped() -> None:
    step = int(state.given("w:drivers:step"))
    state.show(state.view(), **{state.STEP: None if step == STEP else str(step)})


def _silent(result: DriversPage, side: Side, model: Model | None, name: str) -> str:
    """Why the driver has no number."""
    if model is None:
        return state.md("drivers.whatif.none", name=quoted(name))
    return refusal(result, model.found, side.asked) or state.md("drivers.whatif.none", name=quoted(name))


def _what_if(result: DriversPage, side: Side, model: Model, driver: str, name: str) -> None:
    """The outcome's mean as it is and as it goes with the driver's mean moved, in words that claim no effect."""
    told = moved(model, driver, float(step_of_screen()), asked=side.asked)
    if told is None:
        return
    lang, outcome = state.language(), outcome_name(result)
    step = i18n.number(told.steps[driver], lang, 0, signed=True)
    label = state.md("drivers.whatif.metric", outcome=outcome, name=name, step=step)
    st.metric(label, i18n.number(told.after, lang, 1), delta=i18n.number(told.change, lang, 1, signed=True), delta_color="off",
              delta_arrow="off")  # fmt: skip
    st.markdown(_association(told, outcome, name, step))
    lines = [state.md("drivers.whatif.before", before=i18n.number(told.before, lang, 1), n=told.n, outcome=outcome)]
    if told.alone is not None:
        lines.append(state.md("drivers.whatif.alone", change=_change(told.alone, told.alone_low, told.alone_high)))
    if told.overall is not None and told.n < side.asked:
        lines.append(state.md("drivers.whatif.overall", asked=side.asked, change=i18n.number(told.overall, lang, 1, signed=True)))
    st.caption(" ".join(lines))
    if told.beyond:
        st.caption(f":orange[{state.md('drivers.whatif.beyond', name=name)}]")


def _association(told: WhatIf, outcome: str, name: str, step: str) -> str:
    if not told.steps[next(iter(told.steps))]:
        return state.md("drivers.whatif.still")
    text = {"outcome": outcome, "name": name, "step": step, "change": _change(told.change, told.low, told.high)}
    return state.md("drivers.whatif.clear", **text) if told.clear else state.md("drivers.whatif.unclear", **text)


def _change(value: float, low: float | None, high: float | None) -> str:
    lang = state.language()
    shown = i18n.number(value, lang, 1, signed=True)
    if low is None or high is None:
        return shown
    ends = (i18n.number(x, lang, 1, signed=True) for x in (low, high))
    return state.say("drivers.whatif.change", change=shown, low=next(ends), high=next(ends))


def _facts(result: DriversPage, found: Drivers, driver: str, own: dict[str, str]) -> None:
    """Share, direction, coefficient, ties and warnings of the driver."""
    d, lang = found.driver(driver), state.language()
    if d is None:
        return
    parts = [state.md("drivers.fact.share", share=shares.share(d.share, lang), interval=shares.interval(d.share_low, d.share_high, lang)),
             _direction(d, outcome_name(result)),
             state.md("drivers.fact.beta", beta=i18n.number(d.beta, lang, 2), vif=i18n.number(d.vif, lang, 1)),
             state.md("drivers.fact.mean", mean=i18n.number(d.mean, lang, 1))]  # fmt: skip
    parts += [i18n.escape(note) for note in shares.notes(found, d, lang, own)]
    st.markdown("\n".join(f"- {part}" for part in parts))


def _direction(d: Driver, outcome: str) -> str:
    lang = state.language()
    given = {"outcome": outcome} | {key: i18n.number(x, lang, 2) for key, x in (("r", d.r), ("low", d.r_low), ("high", d.r_high))}
    match d.direction:
        case "up":
            return state.md("drivers.fact.up", **given)
        case "down":
            return state.md("drivers.fact.down", **given)
    return state.md("drivers.fact.unclear", **given)


def own_model(result: DriversPage, side: Side, driver: str) -> None:
    """The shares among those who rated the opened driver, where these are other people than those of the main model."""
    model = None if side.main.found.driver(driver) else cache.driver_model_of_screen(driver)
    if model is None or model.found.driver(driver) is None:
        return
    name = quoted(names.items(result.catalog, result.candidates)[driver])
    with st.container(border=True, key="card-driver-model"):
        draw_shares(result, model.found, state.md("drivers.own_title", name=name), "driver-model", driver)
        st.caption(state.md("drivers.own_model", name=name, n=model.found.n, people=model.path.people, level=level_name(result),
                            r2=i18n.percent(100 * (model.found.r2 or 0.0), state.language())))  # fmt: skip


def contrast_card(result: DriversPage, side: Side, found: Contrasts | None) -> None:
    """Basic, performance and excitement drivers in the order of the shares, only where the interval allows the word."""
    with st.container(border=True, key="card-contrasts", height="stretch"):
        title, lang = state.md("drivers.contrast.title"), state.language()
        if found is None or all(c.kind == "few_cases" for c in found.items):
            st.markdown(f"**{title}**")
            st.caption(state.md("drivers.contrast.refused"))
            return
        own, order = names.items(result.catalog, result.candidates), [d.name for d in side.main.found.drivers]
        found = replace(found, items=tuple(sorted((c for c in found.items if c.name in order), key=lambda c: order.index(c.name))))
        frame = shapes.data(found, lang=lang, names=own)
        said = shapes.describe(found, lang=lang, names=own, outcome=outcome_name(result))
        draw(Drawing("driver-contrasts", title, shapes.spec(lang, height=shapes.height(frame)), frame, said,
                     shapes.table(found, lang=lang, names=own), state.md("drivers.contrast.key")))  # fmt: skip
        st.caption(i18n.escape(said))
        st.caption(state.md("drivers.contrast.about"))
