"""Entered benchmarks: a line each, the editor, and the way from a benchmark to a target."""

from __future__ import annotations

from datetime import date

import streamlit as st

from cxdash import i18n
from cxdash.charts import words
from cxdash.services import benchmarks as service
from cxdash.services.actor import Permission
from cxdash.services.benchmarks import BenchmarkInfo, Benchmarks, Line
from cxdash.services.targets import FIRST, span
from cxdash.stats.figure import Figure
from cxdash.ui import cache, names, state
from cxdash.ui.errors import guarded

_EDITED = "bench:edited"  # 0: a new one; the number of the one that is being changed; None: nothing
_FIELDS = ("metric", "name", "value", "n", "source", "measured")
_COLOURS = {"up": "green", "down": "red", "none": "gray", "untested": "gray"}


def may_edit() -> bool:
    return state.actor().may(Permission.MANAGE_PROGRAM)


def line_card(page: Benchmarks, line: Line, metric: str, lang: str) -> None:
    """Whose figure, its source and date, our distance; best of its metric: make it the target."""
    b, figure = line.benchmark, line.figure or Figure(None, 0, base="hidden")
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"card-bench-{b.id}"
    ):
        badge = f":{_COLOURS[line.verdict]}-badge[{i18n.escape(_verdict(line, lang))}]"
        best = f" :blue-badge[{state.md('bench.best')}]" if line.best else ""
        value = words.amount(b.value, figure, lang)
        n = state.md("bench.n", n=i18n.number(b.n, lang)) if b.n is not None else state.md("bench.n_unknown")
        about = " · ".join(filter(None, (n, i18n.escape(i18n.date(b.measured, lang)), i18n.escape(b.source))))
        st.markdown(f"**{i18n.escape(metric)}** · {i18n.escape(b.name)} **{i18n.escape(value)}** {badge}{best}  \n:small[:gray[{about}]]",
                    width="stretch")  # fmt: skip
        if may_edit():
            _buttons(line, metric)


def _verdict(line: Line, lang: str) -> str:
    if line.figure is None:
        return i18n.text("targets.verdict.gone", lang)
    if line.gap.value is None:
        return words.value(line.figure, lang)
    return words.against(line.gap, line.verdict, lang, i18n.text("bench.benchmark", lang))


def _buttons(line: Line, metric: str) -> None:
    b = line.benchmark
    told = f"{metric} · {b.name}"
    if line.best and line.figure is not None:
        st.button(state.say("bench.aim"), key=f"bench-aim-{b.id}", icon=":material/flag:", type="tertiary", on_click=_aim, args=(b,),
                  help=state.md("bench.aim_help", name=told))  # fmt: skip
    st.button(state.say("targets.change"), key=f"bench-edit-{b.id}", icon=":material/edit:", type="tertiary", on_click=_edit, args=(b,),
              help=state.md("targets.edit_of", name=told))  # fmt: skip
    drawer = st.popover(state.say("targets.delete"), icon=":material/delete:", key=f"bench-drop-{b.id}", type="tertiary",
                        on_change="rerun", help=state.md("targets.delete_of", name=told))  # fmt: skip
    if drawer.open:
        with drawer:
            st.caption(state.md("bench.delete_about"))
            st.button(state.say("targets.delete"), key=f"bench-delete-{b.id}", on_click=_delete, args=(b.id,))


def _aim(b: BenchmarkInfo) -> None:
    with guarded():
        note = i18n.text("bench.aim_note", state.language(), name=b.name)
        made = service.aim(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), benchmark_id=b.id, note=note)
        cache.targets_changed()
        st.toast(state.say("bench.aimed", due=i18n.date(made.due, state.language())), icon=":material/flag:")


def _edit(b: BenchmarkInfo | None) -> None:
    for field in _FIELDS:
        state.drop(f"bench:{field}")
        if b is not None:
            state.keep(f"bench:{field}", getattr(b, field))
    state.keep(_EDITED, 0 if b is None else b.id)


def editor(page: Benchmarks) -> None:
    """The way to a new one; the fields where it is open."""
    edited = state.remember(_EDITED, None)
    if edited is None:
        st.button(state.say("bench.add"), key="bench-add", icon=":material/add:", type="primary", on_click=_edit, args=(None,))
        return
    today = page.catalog.today()
    with st.container(border=True, key="card-bench-editor"):
        st.markdown(f"**{state.md('bench.edit' if edited else 'bench.add')}**")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            _what(page)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            _whence(today)
            st.button(state.say("targets.save"), key="bench-save", type="primary", on_click=_save, args=(edited,))
            st.button(state.say("targets.cancel"), key="bench-cancel", on_click=_close)


def _what(page: Benchmarks) -> None:
    said = {m: names.metric(page.catalog, m) for m in page.metrics}
    metric = st.selectbox(state.say("targets.metric"), list(said), key=state.hold("bench:metric", page.metrics[0], list(said)),
                          format_func=said.__getitem__, width=220)  # fmt: skip
    low, high = span(page.catalog, metric)
    st.text_input(state.say("bench.name"), key=state.hold("bench:name", ""), max_chars=service.NAME_MAX, width=220,
                  placeholder=state.say("bench.name_hint"))  # fmt: skip
    st.number_input(state.say("bench.value"), key=state.hold("bench:value", None), step=1.0, format="%.1f", width=150, min_value=low,
                    max_value=high, help=state.md("targets.goal_help", low=low, high=high))  # fmt: skip
    st.number_input(state.say("bench.n_field"), key=state.hold("bench:n", None), step=1, min_value=1, max_value=service.N_MAX, width=150,
                    help=state.md("bench.n_help"))  # fmt: skip


def _whence(today: date) -> None:
    st.text_input(state.say("bench.source"), key=state.hold("bench:source", ""), max_chars=service.SOURCE_MAX, width=380,
                  placeholder=state.say("bench.source_hint"))  # fmt: skip
    st.date_input(state.say("bench.measured"), key=state.hold("bench:measured", today), format="YYYY-MM-DD", min_value=FIRST,
                  max_value=today, width=150)  # fmt: skip


def _save(edited: int) -> None:
    with guarded():
        metric, name, value, n, source, measured = (state.given(f"w:bench:{field}") for field in _FIELDS)
        service.save_benchmark(
            state.deps(), state.actor(), catalog=cache.catalog(state.view().program), metric=metric, name=str(name or ""),
            value=float("nan") if value is None else float(value), n=None if n is None else int(n), source=str(source or ""),
            measured=measured, benchmark_id=edited or None,
        )  # fmt: skip
        _close()
        st.toast(state.say("bench.saved"), icon=":material/leaderboard:")


def _close() -> None:
    state.forget(_EDITED)
    for field in _FIELDS:
        state.drop(f"bench:{field}")


def _delete(benchmark_id: int) -> None:
    with guarded():
        _close()
        service.delete_benchmark(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), benchmark_id=benchmark_id)
