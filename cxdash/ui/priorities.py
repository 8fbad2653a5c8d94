"""The priorities page: what is shown, the quadrants, the reasons of one item, and the order of all with theirs."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.charts import priorities as chart, reasons
from cxdash.charts.priorities import Axes
from cxdash.charts.words import GLYPHS, base
from cxdash.services.catalog import Catalog
from cxdash.services.priorities import Derived, Point, Priorities
from cxdash.stats.importance import EXPLAINS
from cxdash.stats.ipa import Placed, Whisker
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, downloads, draw, legend
from cxdash.ui.crosshair import crosshair_line, crosshair_menu
from cxdash.ui.navigation import offered

_LEVELS = {"stage": "priorities.level.stage", "touchpoint": "priorities.level.touchpoint", "factor": "priorities.level.factor"}
_IMPORTANCES = {"stated": "priorities.importance.stated", "derived": "priorities.importance.derived"}
_REFUSED = {
    "few_answers": "priorities.refused.few_answers", "many_lost": "priorities.refused.many_lost",
    "outcome_constant": "priorities.refused.outcome_constant", "no_drivers": "priorities.refused.no_drivers",
}  # fmt: skip
_BADGES = {"concentrate_here": "orange", "keep_up": "green", "low_priority": "gray", "possible_overkill": "blue"}
_WIDTH = 220


def item_names(catalog: Catalog, items: tuple[str, ...]) -> dict[str, str]:
    """Item -> its name; those of one name with what they measure."""
    measured = {f"question:{q.code}": str(q.measure) for q in catalog.ratings}

    def measure(item: str) -> str:
        return i18n.text(f"common.measure.{measured[item]}", state.language()) if item in measured else item.partition(":")[2]

    return names.items(catalog, items, measure)


def choices(result: Priorities) -> None:
    """Level, importance, outcome, crosshair. A choice is put into the address."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="priority-choices"):
        if len(result.levels) > 1:
            _segmented("level", result.levels, result.level, _LEVELS)
        if len(result.importances) > 1:
            _segmented("importance", result.importances, result.importance, _IMPORTANCES)
        if result.importance == "derived" and len(result.outcomes) > 1:
            said = {outcome: names.metric(result.catalog, outcome) for outcome in result.outcomes}
            st.selectbox(state.say("priorities.outcome"), list(said), key=state.give("w:priorities:outcome", result.outcome),
                         format_func=said.__getitem__, on_change=_choose, args=("outcome",), width=_WIDTH)  # fmt: skip
        if result.placement is not None:
            crosshair_menu(result)


def _segmented(field: str, values: tuple[str, ...], current: str | None, keys: dict[str, str]) -> None:
    title = {"level": "priorities.level", "importance": "priorities.importance"}[field]
    said = {value: state.say(keys[value]) for value in values}
    st.segmented_control(state.say(title), values, key=state.give(f"w:priorities:{field}", current), format_func=said.__getitem__,
                         on_change=_choose, args=(field,), required=True)  # fmt: skip


def _choose(field: str) -> None:
    state.show(replace(state.view(), **{field: state.given(f"w:priorities:{field}")}), open=None)


def nothing(result: Priorities) -> bool:
    """Whether there is nothing to place; then the reason is told, with the way to ask what is missing."""
    key, params = _why(result)
    if key:
        with st.container(border=True, key="card-priorities-nothing"):
            st.markdown(f"#### {state.md('priorities.nothing')}")
            st.markdown(state.md(key, **params))
            if key in ("priorities.no_items", "priorities.no_importance"):
                to_design("priorities-design")
    return bool(key)


def _why(result: Priorities) -> tuple[str, dict[str, object]]:
    if result.level is None:
        return "priorities.no_items", {}
    if result.importance is None:
        return "priorities.no_importance", {}
    if result.placement is not None:
        return "", {}
    if result.importance == "derived" and result.derived is not None:
        return _refused(result.derived)
    return "priorities.all_small", {}


def _refused(derived: Derived) -> tuple[str, dict[str, object]]:
    lang, found = state.language(), derived.found
    if derived.too_many:
        return "priorities.refused.too_many", {"n": i18n.number(derived.too_many, lang)}
    if found is None:
        return "priorities.no_importance", {}
    if found.state != "refused":
        return "priorities.all_small", {}
    return _REFUSED[found.reason], {
        "n": i18n.number(found.n, lang), "need": i18n.number(found.need, lang), "lost": i18n.percent(100 * found.lost_share, lang, 0),
    }  # fmt: skip


def to_design(key: str) -> None:
    """The way to the questionnaire, for whoever may change it."""
    may = "design" in {item.name for item in offered()}
    if may and st.button(state.say("priorities.to_design"), key=key, icon=":material/edit_note:"):
        st.switch_page(cache.page("design"))


def axes(result: Priorities) -> Axes:
    percent = result.importance == "derived"
    key = "priorities.axis.derived" if percent else "priorities.axis.stated"
    return Axes(state.say("priorities.axis.performance100"), state.say(key), percent)


def quadrant_card(result: Priorities, opened: str | None) -> None:
    """The chart; a click opens the reasons of an item, a second one closes them."""
    lang, called = state.language(), item_names(result.catalog, tuple(p.name for p in result.points))
    shown = axes(result)
    data = chart.data(result, called, lang=lang, percent=shown.percent, opened=opened)
    said, table = chart.describe(result, called, lang=lang), _table(result, called, {})
    with st.container(border=True, key="card-priorities"):
        title = state.md("priorities.title", level=level_name(result))
        draw(Drawing("priorities", title, chart.spec(lang, shown), data, said, table, legend(result.view, state.md("priorities.key"))),
             on_pick=lambda item: state.show(state.view(), open=None if item == opened else item))  # fmt: skip
        st.caption(crosshair_line(result))
        for note in _notes(result, called):
            st.caption(note)


def level_name(result: Priorities) -> str:
    return state.say(_LEVELS[str(result.level)])


def _notes(result: Priorities, called: dict[str, str]) -> list[str]:
    """What a reader must know of this importance, and which items are not on the chart."""
    found, lang = result.derived.found if result.derived is not None else None, state.language()
    told = []
    if found is not None and found.r2 is not None:
        told.append(state.md("priorities.derived_about", outcome=names.metric(result.catalog, str(result.outcome)),
                             r2=i18n.percent(100 * found.r2, lang, 0), n=i18n.number(found.n, lang)))  # fmt: skip
        if found.state == "exploratory":
            told.append(state.md("priorities.exploratory"))
        if not found.explains:
            told.append(f":orange[{state.md('priorities.unexplained', least=i18n.number(EXPLAINS, lang, 2))}]")
    elif result.importance == "stated":
        told.append(state.md("priorities.stated_about"))
    for why, key in chart.UNPLACED.items():
        here = [called[p.name] for p in result.points if p.unplaced == why]
        if here:
            told.append(state.md("priorities.off", why=i18n.text(key, lang), names=", ".join(here)))
    return told


def item_card(result: Priorities, opened: str | None) -> None:
    """The reasons of one item, of the first by priority until another is chosen; the same choice for the keyboard."""
    items = [p.item for p in result.placement.items] if result.placement is not None else []
    called = item_names(result.catalog, tuple(p.name for p in result.points))
    with st.container(border=True, key="card-priority"):
        st.selectbox(state.say("priorities.choose"), items, index=None, key=state.give("w:priority", opened if opened in items else None),
                     format_func=lambda item: called.get(item, item), placeholder=state.say("priorities.choose_none"),
                     on_change=_opened)  # fmt: skip
        if result.placement is None:
            return
        placed = next((p for p in result.placement.items if p.item == opened), result.placement.items[0])
        _reasons(result, placed, next(p for p in result.points if p.name == placed.item), called[placed.item])
        if placed.item != opened:
            st.caption(state.md("priorities.click"))


def _opened() -> None:
    state.show(state.view(), open=state.given("w:priority"))


def _reasons(result: Priorities, placed: Placed, point: Point, name: str) -> None:
    lang, percent = state.language(), result.importance == "derived"
    badge = f":{_BADGES[placed.quadrant]}-badge[{chart.quadrant_name(placed.quadrant, lang)}]"
    border = f" :gray-badge[{state.say('priorities.borderline')}]" if placed.borderline else ""
    st.markdown(f"**{placed.priority}. {i18n.escape(name)}** {badge}{border}")
    lines = [i18n.escape(reasons.reason(placed, result, lang=lang, percent=percent))]
    lines.append(state.md("priorities.values", p=chart.score(placed.performance.value, lang), p_span=chart.span(placed.performance, lang),
                          n=i18n.number(point.performance.n, lang), i=chart.score(placed.importance.value, lang, percent=percent),
                          i_span=chart.span(placed.importance, lang, percent=percent)))  # fmt: skip
    if (note := base(point.performance, lang)) != "":
        lines.append(i18n.escape(note))
    if point.change is not None and point.change.value is not None:
        change = i18n.number(point.change.value, lang, 1, signed=True)
        glyph = GLYPHS.get(point.verdict, "")
        key = "priorities.change.moved" if glyph else "priorities.change.none" if point.verdict == "none" else "priorities.change.untested"
        lines.append(state.md(key, change=f"{glyph} {change}".strip()))
    if point.before is not None and point.before != placed.quadrant:
        lines.append(state.md("priorities.was", quadrant=chart.quadrant_name(point.before, lang)))
    st.markdown("\n".join(f"- {line}" for line in lines))


def table_card(result: Priorities, beside: dict[str, Whisker]) -> None:
    """Every item by priority with its reason; the other importance beside it where there is one."""
    called = item_names(result.catalog, tuple(p.name for p in result.points))
    table = _table(result, called, beside)
    with st.container(border=True, key="card-priority-table"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="priority-table-head"):
            st.markdown(f"**{state.md('priorities.table')}** :gray[:small[{state.md('priorities.table_key')}]]", width="stretch")
            drawer = st.popover(state.say("priorities.downloads"), icon=":material/download:", type="tertiary", key="priority-downloads",
                                on_change="rerun")  # fmt: skip
            if drawer.open:
                with drawer:
                    downloads("priorities-table", table)
        read = reasons.reasons(result, called, lang=state.language(), axes=axes(result), beside=beside)
        first, *_ = read.columns
        with st.container(key="priority-reasons"):
            st.table(read.with_columns(pl.exclude(first).map_elements(i18n.escape, return_dtype=pl.Utf8)).to_pandas().set_index(first),
                     border="horizontal", alt=chart.describe(result, called, lang=state.language()))  # fmt: skip


def _table(result: Priorities, called: dict[str, str], beside: dict[str, Whisker]) -> pl.DataFrame:
    other = "priorities.axis.stated" if result.importance == "derived" else "priorities.axis.derived"
    return reasons.table(result, called, lang=state.language(), axes=axes(result), beside=beside, beside_title=state.say(other))


def beside(result: Priorities) -> dict[str, Whisker]:
    """The other importance of every item: asked where the chart shows the derived one, derived where it shows the asked one."""
    if len(result.importances) < 2:
        return {}
    if result.importance == "derived":
        return {p.name: Whisker(p.stated.value, p.stated.ci_low, p.stated.ci_high) for p in result.points
                if p.stated is not None and p.stated.value is not None}  # fmt: skip
    return cache.derived_of_screen().shares
