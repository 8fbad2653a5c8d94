"""The crosshair of the priorities: how its lines are drawn, keeping them with the programme, and saying so."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cxdash import i18n
from cxdash.charts import priorities as chart
from cxdash.services import yardsticks as service
from cxdash.services.actor import Permission
from cxdash.services.priorities import Priorities
from cxdash.ui import cache, state
from cxdash.ui.errors import guarded

_HOW = {"items": "priorities.cross.items", "middle": "priorities.cross.middle", "frozen": "priorities.cross.frozen"}
_FIELDS = ("importance", "performance")


def crosshair_menu(result: Priorities) -> None:
    """How the lines are drawn; who may change the programme can keep them, as they are or with numbers of their own."""
    drawer = st.popover(state.say("priorities.cross", how=state.say(_HOW[result.crosshair])), icon=":material/add:", key="crosshair",
                        on_change="rerun")  # fmt: skip
    if not drawer.open:
        return
    with drawer:
        offered = [how for how in _HOW if how != "frozen" or result.frozen is not None]
        said = {how: state.say(_HOW[how]) for how in offered}
        st.segmented_control(state.say("priorities.cross.how"), offered, key=state.give("w:crosshair", result.crosshair),
                             format_func=said.__getitem__, on_change=_choose, required=True)  # fmt: skip
        st.caption(state.md("priorities.cross.about"))
        if state.actor().may(Permission.MANAGE_PROGRAM):
            _editor(result)


def _choose() -> None:
    state.show(replace(state.view(), crosshair=state.given("w:crosshair")))


def _editor(result: Priorities) -> None:
    assert result.placement is not None
    lines = result.placement.crosshair
    key = f"{result.chart}:{lines.importance:.6f}:{lines.performance:.6f}"  # other lines on the chart: the fields begin with them
    titles = {
        "importance": "priorities.axis.derived" if result.importance == "derived" else "priorities.axis.stated",
        "performance": "priorities.axis.performance100",
    }  # fmt: skip
    for field in _FIELDS:
        st.number_input(state.say(titles[field]), min_value=0.0, max_value=100.0, step=0.5, format="%.1f",
                        key=state.hold(f"cross:{field}:{key}", round(getattr(lines, field), 1)))  # fmt: skip
    with st.container(horizontal=True):
        st.button(state.say("priorities.cross.freeze"), key="crosshair-freeze", type="primary", icon=":material/lock:", on_click=_freeze,
                  args=(result, key))  # fmt: skip
        if result.frozen is not None:
            st.button(state.say("priorities.cross.release"), key="crosshair-release", icon=":material/lock_open:", on_click=_release,
                      args=(result.chart,))  # fmt: skip


def _freeze(result: Priorities, key: str) -> None:
    """A field left as it was drawn keeps the line as it is, to the last digit."""
    assert result.placement is not None
    lines, given = result.placement.crosshair, {f: float(state.given(f"w:cross:{f}:{key}")) for f in _FIELDS}
    kept = {f: getattr(lines, f) if given[f] == round(getattr(lines, f), 1) else given[f] for f in _FIELDS}
    with guarded():
        service.freeze(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), chart=result.chart,
                       items=[p.item for p in result.placement.items], **kept)  # fmt: skip
        cache.yardsticks_changed()
        state.show(replace(state.view(), crosshair=None))
        st.toast(state.say("priorities.cross.kept"), icon=":material/lock:")


def _release(name: str) -> None:
    with guarded():
        service.release(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), chart=name)
        cache.yardsticks_changed()
        state.show(replace(state.view(), crosshair=None))


def crosshair_line(result: Priorities) -> str:
    """Where the lines are and why, in Markdown."""
    assert result.placement is not None
    lang, lines, percent = state.language(), result.placement.crosshair, result.importance == "derived"
    shown = {"importance": chart.score(lines.importance, lang, percent=percent), "performance": chart.score(lines.performance, lang)}
    told = [state.md("priorities.cross.line", **shown)]
    if result.crosshair == "frozen" and result.frozen is not None:
        by = result.frozen.by or i18n.NOTHING
        told.append(state.md("priorities.cross.said_frozen", date=i18n.date(result.frozen.at.date(), lang), by=by))
        if result.placement.moved:
            told.append(state.md("priorities.cross.moved", n=len(result.placement.moved)))
    else:
        equal = percent and result.crosshair == "items"
        items = "priorities.cross.said_equal" if equal else "priorities.cross.said_items"
        told.append(state.md(items if result.crosshair == "items" else "priorities.cross.said_middle"))
    return " ".join(told)
