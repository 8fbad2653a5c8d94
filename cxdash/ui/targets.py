"""Targets on screen: goals against figures in charts and lines, the editor, and the words for a card of the overview."""

from __future__ import annotations

from datetime import date

import streamlit as st

from cxdash import i18n
from cxdash.charts import targets as chart
from cxdash.charts import words
from cxdash.charts.targets import Named
from cxdash.facts.question import NONE
from cxdash.services import targets as service
from cxdash.services.catalog import Catalog
from cxdash.services.metric import metric_of
from cxdash.services.targets import TargetInfo, Targets
from cxdash.services.view import View, resolve
from cxdash.stats.figure import Figure
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, downloads, draw
from cxdash.ui.errors import guarded

_COLOURS = {"met": "green", "missed": "red", "open": "gray", "unknown": "gray"}
_EDITED = "targets:edited"  # 0: a new one; the number of the target that is being changed; None: nothing
_FIELDS = ("metric", "goal", "due", "attribute", "value", "note")


def target_line(metric: str, figure: Figure | None, view: View) -> str:
    """The target of a card in a line of Markdown: "목표 45, 구간 안: 아직 판단할 수 없음"; "" where the metric has none.

    Which target that is: `cxdash.services.targets.target_of`. One for everybody is called so where the view is filtered.
    """
    catalog = cache.catalog(view.program)
    bounds = cache.bounds_of(catalog)
    scope = resolve(view, catalog, bounds)
    found = service.target_of(cache.targets_of(catalog), metric, catalog=catalog, scope=scope, bounds=bounds)
    if found is None:
        return ""
    lang, verdict = state.language(), service.against(figure, found.goal)
    goal = chart.goal_text(found.goal, figure, lang)
    filtered = found.attribute is None and bool(view.equals)
    aim = state.md("targets.aim_whole", goal=goal) if filtered else state.md("targets.aim", goal=goal)
    said = i18n.text("targets.line", lang, aim=aim, verdict=i18n.markdown(chart.VERDICTS[verdict], lang))
    return f":{_COLOURS[verdict]}[{said}]"


def named(found: Targets) -> tuple[Named, ...]:
    """The targets with their names on screen."""
    options = cache.options(found.catalog)

    def segment(target: TargetInfo) -> str:
        if target.attribute is None:
            return ""
        return names.label(options, _key(found.catalog, target.attribute), target.value)

    return tuple(Named(x, names.metric(found.catalog, x.target.metric), segment(x.target)) for x in found.lines)


def _key(catalog: Catalog, attribute: str) -> str:
    """What filters call the attribute; its own key where the programme has it no more."""
    return next((catalog.name_of(a) for a in catalog.attributes if a.key == attribute), attribute)


def charts(found: Targets) -> None:
    """NPS and what runs from 0 to 100, each on an axis of its own."""
    every, lang = named(found), state.language()
    signed = [n for n in every if (m := metric_of(found.catalog, n.line.target.metric)) is not None and m.signed]
    hundred = [n for n in every if n not in signed and n.line.figure is not None]
    both = (("targets-nps", "targets.chart_signed", signed, True), ("targets-scores", "targets.chart_hundred", hundred, False))
    for name, title, some, sign in both:
        if not some:
            continue
        data = chart.data(some, lang=lang, signed=sign)
        with st.container(border=True, key=f"card-{name}"):
            draw(
                Drawing(
                    name,
                    i18n.text(title, lang),
                    chart.spec(lang, height=chart.height(data)),
                    data,
                    chart.describe(some, lang=lang),
                    chart.table(some, lang=lang),
                    state.say("targets.key"),
                )
            )


def head(found: Targets) -> None:
    """How many targets, their table, and the way to a new one; the editor below where it is open."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="targets-head"):
        st.markdown("#### " + state.md("targets.title", n=len(found.lines)), width="stretch")
        if found.lines:
            _downloads(found)
        if found.metrics:
            st.button(state.say("targets.add"), key="target-add", icon=":material/add:", type="primary", on_click=_edit, args=(None,))
    edited = state.remember(_EDITED, None)
    if edited is not None and found.metrics:
        _editor(found, edited)
    if not found.lines:
        st.caption(state.md("targets.none") if found.metrics else state.md("targets.no_metric"))
    elif edited is None:
        st.caption(state.md("targets.filtered"))


def lines(found: Targets) -> None:
    """One line per target: goal, figure, verdict, days left; change and delete."""
    for told in named(found):
        _line(told, found)


def _line(told: Named, found: Targets) -> None:
    line, lang, target = told.line, state.language(), told.line.target
    goal = chart.goal_text(target.goal, line.figure, lang)
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"card-target-{target.id}"
    ):
        due = state.md("targets.due_line", due=i18n.date(target.due, lang), days=chart.days_text(line, lang))
        badge = f":{_COLOURS[line.verdict]}-badge[{i18n.escape(chart.verdict_text(line, lang))}]"
        note = f"  \n:small[:gray[{i18n.escape(target.note)}]]" if target.note else ""
        st.markdown(
            f"**{i18n.escape(told.name)}** · {state.md('targets.aim', goal=goal)} {badge}  \n:small[{_actual(told)} :gray[· {due}]]{note}",
            width="stretch",
        )
        st.button(
            state.say("targets.change"),
            key=f"target-edit-{target.id}",
            icon=":material/edit:",
            type="tertiary",
            on_click=_edit,
            args=(target,),
            help=state.md("targets.edit_of", name=told.name),
        )
        drawer = st.popover(
            state.say("targets.delete"),
            icon=":material/delete:",
            key=f"target-drop-{target.id}",
            type="tertiary",
            on_change="rerun",
            help=state.md("targets.delete_of", name=told.name),
        )
        if drawer.open:
            with drawer:
                st.caption(state.md("targets.delete_about"))
                st.button(state.say("targets.delete"), key=f"target-delete-{target.id}", on_click=_delete, args=(target.id,))


def _actual(told: Named) -> str:
    figure, lang = told.figure, state.language()
    if figure.value is None:
        return state.md("targets.actual_hidden", value=words.value(figure, lang)) if told.line.figure else ""
    unit = "%p" if figure.unit == "percent" else ""
    return state.md(
        "targets.actual",
        value=words.value(figure, lang),
        interval=words.interval(figure, lang),
        n=words.count(figure.n, lang),
        gap=i18n.number(told.line.gap, lang, 1, signed=True) + unit,
    )


def _edit(target: TargetInfo | None) -> None:
    for field in _FIELDS:
        state.drop(f"target:{field}")
        if target is not None:
            state.keep(f"target:{field}", getattr(target, field) or "" if field == "attribute" else getattr(target, field))
    state.keep(_EDITED, 0 if target is None else target.id)


def _editor(found: Targets, edited: int) -> None:
    """Not a form: the values to choose from, and the range, depend on what was chosen before."""
    catalog, options = found.catalog, cache.options(found.catalog)
    attributes = [a.key for a in catalog.attributes if 0 < len(options.values.get(catalog.name_of(a), ()))]
    with st.container(border=True, key="card-target-editor"):
        st.markdown(f"**{state.md('targets.edit' if edited else 'targets.add')}**")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            said = {m: names.metric(catalog, m) for m in found.metrics}
            metric = st.selectbox(
                state.say("targets.metric"),
                list(said),
                key=state.hold("target:metric", found.metrics[0], list(said)),
                format_func=said.__getitem__,
                width=220,
            )
            low, high = service.span(catalog, metric)
            st.number_input(
                state.say("targets.goal"),
                key=state.hold("target:goal", 50.0),
                step=1.0,
                format="%.1f",
                width=150,
                help=state.md("targets.goal_help", low=low, high=high),
            )
            st.date_input(
                state.say("targets.due"),
                key=state.hold("target:due", date(found.today.year, 12, 31)),
                format="YYYY-MM-DD",
                min_value=service.FIRST,
                max_value=service.LAST,
                width=150,
            )
            called = {"": state.say("targets.everybody"), **{a: names.title(options, _key(catalog, a)) for a in attributes}}
            attribute = st.selectbox(
                state.say("targets.attribute"),
                list(called),
                format_func=called.__getitem__,
                width=170,
                key=state.hold("target:attribute", "", list(called)),
            )
            if attribute:
                _values(options.values[_key(catalog, attribute)], _key(catalog, attribute), catalog)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.text_input(
                state.say("targets.note"),
                key=state.hold("target:note", ""),
                max_chars=service.NOTE_MAX,
                placeholder=state.say("targets.note_hint"),
                width=520,
            )
            st.button(state.say("targets.save"), key="target-save", type="primary", on_click=_save, args=(edited,))
            st.button(state.say("targets.cancel"), key="target-cancel", on_click=_close)


def _values(values: tuple[str, ...], key: str, catalog: Catalog) -> None:
    options = cache.options(catalog)
    said = {v: names.label(options, key, v) for v in values if v != NONE}
    st.selectbox(
        state.say("targets.value"),
        list(said),
        key=state.hold("target:value", None, list(said)),
        format_func=said.__getitem__,
        placeholder=state.say("targets.value_pick"),
        width=170,
    )


def _save(edited: int) -> None:
    with guarded():
        metric, goal, due, attribute, note = (state.given(f"w:target:{field}") for field in (*_FIELDS[:4], "note"))
        value = state.remember("target:value", None) if attribute else None
        catalog = cache.catalog(state.view().program)
        service.save_target(
            state.deps(),
            state.actor(),
            catalog=catalog,
            metric=metric,
            goal=goal,
            due=due,
            attribute=attribute or None,
            value=value,
            note=str(note or ""),
            target_id=edited or None,
        )
        cache.targets_changed()
        _close()
        st.toast(state.say("targets.saved"), icon=":material/flag:")


def _close() -> None:
    state.forget(_EDITED)
    for field in _FIELDS:
        state.drop(f"target:{field}")


def _delete(target_id: int) -> None:
    with guarded():
        _close()
        service.delete_target(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), target_id=target_id)
        cache.targets_changed()


def _downloads(found: Targets) -> None:
    drawer = st.popover(state.say("targets.downloads"), icon=":material/download:", type="tertiary", key="targets-table", on_change="rerun")
    if not drawer.open:
        return
    every, lang = named(found), state.language()
    with drawer:
        table = chart.table(every, lang=lang)
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="targets-frame", alt=chart.describe(every, lang=lang))
        downloads("targets", table)
