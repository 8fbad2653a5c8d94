"""The data quality page: kinds of careless responses, the switch with its effect, the list, and cells that could not be used."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.facts.question import SOURCE, WAVE
from cxdash.facts.specs import DUPLICATE, KINDS, STRAIGHT
from cxdash.services.actor import Permission
from cxdash.services.quality import LEAST, SPEED, Effect, Kind, Marked, MarkedPage, Quality, export_marked, save_rules
from cxdash.ui import cache, names, state
from cxdash.ui.cards import with_interval
from cxdash.ui.chartcard import downloads
from cxdash.ui.errors import guarded

_ROW, _TALLEST = 33, 420  # pixels of the list


def _share(n: int, of: int) -> str:
    return i18n.percent(100.0 * n / of if of else None, state.language())


def kinds_cards(result: Quality) -> None:
    """One card per kind: what it is, how many, whether the switch leaves it out."""
    with st.grid(4, min_column_width=220, gap="small"):
        for kind in result.kinds:
            with st.container(border=True, height="stretch", key=f"card-quality-{kind.kind}"):
                _kind(result, kind)


def _kind(result: Quality, kind: Kind) -> None:
    lang = state.language()
    title = i18n.text(f"quality.kind.{kind.kind}", lang)
    if kind.known:
        st.metric(title, state.say("quality.count", n=i18n.number(kind.n, lang)))
        badge = "quality.on" if kind.on else "quality.off"
        st.caption(state.md("quality.share", share=_share(kind.n, result.responses)) + f" · {state.md(badge)}")
    else:
        st.markdown(f"**{title}**")
        st.caption(state.md("quality.no_times"))
    st.caption(i18n.markdown(f"quality.about.{kind.kind}", lang, least=result.rules.least.get(kind.kind, 0),
                             share=i18n.percent(100 * result.rules.speed, lang, 0)))


def effect_card(result: Quality) -> None:
    """The one switch, and every headline with and without what it leaves out."""
    with st.container(border=True, key="card-quality-effect"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="quality-switch"):
            st.markdown("**" + state.md("quality.effect") + "**", width="content")
            st.toggle(state.say("filter.clean"), key=state.give("w:clean:page", state.view().clean), on_change=_switch)
            _rules(result)
        lang = state.language()
        said = {"careless": i18n.number(result.careless, lang), "share": _share(result.careless, result.responses)}
        st.caption(state.md("quality.effect_about", **said))
        if result.effects:
            table = _effects(result.effects)
            st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="quality-effects", alt=state.say("quality.effect_alt"))
            downloads("quality-effects", table)
            st.caption(state.md("quality.effect_note"))


def _switch() -> None:
    state.show(replace(state.view(), clean=bool(state.given("w:clean:page"))))


def _effects(effects: tuple[Effect, ...]) -> pl.DataFrame:
    lang = state.language()
    return pl.DataFrame({
        state.say("quality.column.metric"): [i18n.text(f"overview.metric.{e.metric}", lang) for e in effects],
        state.say("quality.column.every"): [with_interval(e.every) for e in effects],
        state.say("quality.column.every_n"): [i18n.number(e.every.n, lang) for e in effects],
        state.say("quality.column.clean"): [with_interval(e.clean) for e in effects],
        state.say("quality.column.clean_n"): [i18n.number(e.clean.n, lang) for e in effects],
        state.say("quality.column.moved"): [_moved(e) for e in effects],
    })


def _moved(effect: Effect) -> str:
    unit = "%p" if effect.every.unit == "percent" and effect.moved is not None else ""
    return i18n.number(effect.moved, state.language(), 1, signed=True) + unit


def _rules(result: Quality) -> None:
    """Which kinds are left out, and from where on they begin: for those who manage the programme."""
    if not state.actor().may(Permission.MANAGE_PROGRAM):
        return
    drawer = st.popover(state.say("quality.rules"), icon=":material/tune:", key="quality-rules", on_change="rerun")
    if not drawer.open:
        return
    lang, rules = state.language(), result.rules
    with drawer, st.form("quality-form", border=False):
        for kind in KINDS:
            st.checkbox(i18n.text(f"quality.kind.{kind}", lang), value=kind in rules.on, key=f"w:quality:on:{kind}")
        for kind, label in ((DUPLICATE, "quality.rules.duplicate"), (STRAIGHT, "quality.rules.straight")):
            st.number_input(state.say(label), *LEAST, value=rules.least[kind], step=1, key=f"w:quality:least:{kind}")
        st.number_input(state.say("quality.rules.speed"), *(round(100 * s) for s in SPEED), value=round(100 * rules.speed), step=1,
                        key="w:quality:speed", help=state.md("quality.rules.speed_help"))
        st.form_submit_button(state.say("quality.rules.save"), on_click=_save, args=(rules.speed,))


def _save(speed: float) -> None:
    with guarded():
        asked = int(state.given("w:quality:speed"))
        save_rules(
            state.deps(), state.actor(), program=state.view().program,
            on=tuple(kind for kind in KINDS if state.given(f"w:quality:on:{kind}")),
            least={kind: int(state.given(f"w:quality:least:{kind}")) for kind in (DUPLICATE, STRAIGHT)},
            speed=speed if asked == round(100 * speed) else asked / 100,  # a third stays a third
        )
        cache.clear()
        st.toast(state.say("quality.rules.saved"))


def list_card(result: Quality) -> None:
    """The careless responses themselves, page by page, for those who may see single answers."""
    if not state.actor().may(Permission.SEE_RESPONSES):
        return
    with st.container(border=True, key="card-quality-list"):
        st.markdown("**" + state.md("quality.list") + "**")
        found = [k.kind for k in result.kinds if k.n]
        if not found:
            st.caption(state.md("quality.list_none"))
            return
        lang = state.language()
        said = {"": state.say("quality.list_all"), **{k.kind: i18n.text(f"quality.kind.{k.kind}", lang) for k in result.kinds}}
        kind = st.segmented_control(
            state.say("quality.list_kind"), ["", *found], key=state.hold("quality:kind", "", ["", *found]), required=True,
            format_func=said.__getitem__, label_visibility="collapsed",
        )
        _table(result, cache.marked_of_screen(kind or None, state.page_number()))
        _downloads(result, kind or None)


def _table(result: Quality, page: MarkedPage) -> None:
    frame = pl.DataFrame({name: values for name, values in _columns(result, page.rows).items() if any(v not in (None, "") for v in values)},
                         strict=False)
    st.dataframe(frame, hide_index=True, key="quality-list", row_height=_ROW, height=min(_TALLEST, _ROW * (frame.height + 1) + 3),
                 placeholder="", alt=state.say("quality.list_alt", n=len(page.rows), total=page.total))
    if page.pages > 1:
        key = f"w:page:{page.number}"  # the address leads; see the responses page
        st.pagination(page.pages, key=key, default=page.number, on_change=_turn, args=(key,))


def _downloads(result: Quality, kind: str | None) -> None:
    """The whole list. Words are taken now: when a file is made the run is over, and the language cannot be asked any more."""
    deps, actor, view, lang, zone = state.deps(), state.actor(), state.view(), state.language(), ZoneInfo(result.catalog.timezone)
    heads = [state.say(key) for key in _HEADS]
    words = {k: i18n.text(f"quality.kind.{k}", lang) for k in KINDS}

    def table() -> pl.DataFrame:
        rows = export_marked(deps, actor, view=view, kind=kind)
        values = [
            [r.id for r in rows], [", ".join(words[k] for k in r.kinds) for r in rows], [r.at and r.at.astimezone(zone) for r in rows],
            [r.wave for r in rows], [r.source for r in rows], [r.respondent for r in rows], [r.file_name for r in rows],
            [r.row for r in rows],
        ]
        return pl.DataFrame(dict(zip(heads, values, strict=True)), strict=False)

    with st.container(key="quality-downloads"):
        downloads(f"{result.catalog.slug}-quality", table)


_HEADS = ("quality.column.id", "quality.column.why", "responses.at", "responses.wave", "responses.source", "responses.respondent",
          "quality.column.file", "quality.column.row")


def _turn(key: str) -> None:
    number = int(state.given(key))
    state.show(state.view(), page=str(number) if number > 1 else None)


def _columns(result: Quality, rows: tuple[Marked, ...]) -> dict[str, list[object]]:
    lang, options = state.language(), cache.options(result.catalog)
    return {
        state.say("quality.column.id"): [r.id for r in rows],
        state.say("quality.column.why"): [", ".join(i18n.text(f"quality.kind.{k}", lang) for k in r.kinds) for r in rows],
        state.say("responses.at"): [i18n.datetime(r.at, lang, result.catalog.timezone) if r.at else "" for r in rows],
        state.say("responses.wave"): [options.label(WAVE, r.wave, lang) for r in rows],
        state.say("responses.source"): [names.label(options, SOURCE, r.source) for r in rows],
        state.say("responses.respondent"): [r.respondent for r in rows],
        state.say("quality.column.file"): [r.file_name for r in rows],
        state.say("quality.column.row"): [r.row for r in rows],
    }


def cells_card(result: Quality) -> None:
    """Cells of the files that could not be used: missing values already, so the switch does not touch them."""
    with st.container(border=True, key="card-quality-cells"):
        lang = state.language()
        st.markdown("**" + state.md("quality.cells") + "**")
        if not result.cells:
            st.caption(state.md("quality.cells_none"))
            return
        said = {"n": i18n.number(sum(c.n for c in result.cells), lang), "beyond": i18n.number(sum(c.beyond for c in result.cells), lang)}
        st.caption(state.md("quality.cells_about", **said))
        st.dataframe(
            pl.DataFrame({
                state.say("quality.column.import"): [f"#{c.import_id}" for c in result.cells],
                state.say("quality.column.file"): [c.file_name for c in result.cells],
                state.say("quality.column.question"): [c.column for c in result.cells],
                state.say("quality.column.beyond"): [c.beyond for c in result.cells],
                state.say("quality.column.cells"): [c.n for c in result.cells],
            }),
            hide_index=True, placeholder=i18n.NOTHING, key="quality-cells", row_height=_ROW,
            height=min(_TALLEST, _ROW * (len(result.cells) + 1) + 3),
            alt=state.say("quality.cells_alt"),
        )
        st.page_link(cache.page("imports"), label=state.say("quality.cells_link"), icon=":material/upload_file:")
