"""The mapping screen: where the rows go, what each column means, and how the figures follow at once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.charts import distribution
from cxdash.ingest.plan import Column, Mapping, Proposal
from cxdash.services.imports import Inspection, Order
from cxdash.services.mapping import SCALES, Asked, Change, Preview, answered, changed, confirmed, double_codes, preview_of, scale_text, to_ask, untouched
from cxdash.terms import Direction, Measure, Role
from cxdash.ui import cache, imports, state

_MEASURES = [m for m in Measure if m not in (Measure.COMMENT, Measure.MULTI, Measure.ATTRIBUTE)]
_EDITED = ("role", "code", "measure", "scale", "direction", "stage")
_ROW, _HEAD, _MOST = 35, 40, 560  # height of the table in pixels


def mapping() -> None:
    """The whole step."""
    found: Inspection = state.remember("import:mapping", None)
    proposal = found.proposal
    _about(found)
    place = _destination(found)
    changes: dict[int, Change] = state.remember("import:changes", {})
    now = confirmed(proposal.mapping, changes)
    _notes(proposal, now, changes)
    _table(proposal, now, changes)
    _detail(now, changes)
    _actions(found, now, place)


def _about(found: Inspection) -> None:
    proposal, lang = found.proposal, state.language()
    layout = proposal.mapping.layout
    st.markdown("#### " + i18n.markdown("imports.map.title", lang, file=proposal.file))
    st.caption(i18n.markdown("imports.map.about", lang, rows=i18n.number(proposal.rows, lang), columns=len(proposal.mapping.columns),
                             header=", ".join(map(str, layout.header_rows)) or "–", first=layout.first_data_row,
                             encoding=layout.encoding or "–"))
    if len(proposal.sheets) > 1:
        _sheets(proposal)
    if found.same:
        same = found.same[0]
        st.warning(i18n.markdown("imports.map.same", lang, file=same.file_name, id=same.id, at=i18n.datetime(same.created_at, lang)), icon=":material/autorenew:")
    if found.mapping or any(c.known for c in proposal.mapping.columns):
        st.success(i18n.markdown("imports.map.known", lang, n=sum(c.known for c in proposal.mapping.columns)), icon=":material/check_circle:")


def _sheets(proposal: Proposal) -> None:
    lang = state.language()
    names = [s.name for s in proposal.sheets]
    by_name = {s.name: s for s in proposal.sheets}
    st.selectbox(state.say("imports.map.sheet"), names, key=state.give("w:sheet", proposal.mapping.layout.sheet), on_change=_other_sheet, width=420,
                 format_func=lambda n: i18n.text("imports.map.sheet_hidden" if by_name[n].hidden else "imports.map.sheet_name", lang, name=n,
                                                 rows=i18n.number(by_name[n].rows, lang)))
    chosen = by_name.get(proposal.mapping.layout.sheet)
    if chosen and chosen.reason:
        st.caption(i18n.said_markdown(chosen.reason, lang))


def _other_sheet() -> None:
    state.forget("import:changes")
    imports.inspect(sheet=state.given("w:sheet"))


def _destination(found: Inspection) -> tuple[str, str]:
    """Programme and wave: an existing one or a new name."""
    programs = {p.slug: state.local(p.name) or p.slug for p in cache.programs() if not p.demo}
    new, stem = "", imports.stem()
    with st.container(horizontal=True, vertical_alignment="bottom", key="destination"):
        chosen = st.selectbox(state.say("imports.map.program"), [*programs, new], key="import-program", width=260,
                              index=list(programs).index(found.program) if found.program in programs else len(programs),
                              format_func=lambda slug: programs.get(slug) or state.say("imports.map.new_program"))
        name = st.text_input(state.say("imports.map.program_name"), value=stem, key="import-program-name", width=260) if chosen == new else chosen
        wave = st.text_input(state.say("imports.map.wave"), value=_wave_name(stem), key="import-wave", width=200, help=state.md("imports.map.wave_help"))
    return (name or "").strip(), (wave or "").strip()


def _wave_name(stem: str) -> str:
    """A year in the file's name, else this month."""
    year = re.search(r"(?<!\d)(20\d\d|19\d\d)(?!\d)", stem)
    return year[0] if year else f"{date.today():%Y-%m}"


def _notes(proposal: Proposal, now: Mapping, changes: dict[int, Change]) -> None:
    """What was noticed, and what only the user knows: each question once, for all of its columns."""
    lang = state.language()
    if proposal.notes:
        st.info("\n".join(f"- {i18n.said_markdown(note, lang)}" for note in proposal.notes), icon=":material/info:")
    asked = to_ask(now)
    if not asked:
        return
    with st.container(border=True, key="import-asked"):
        st.markdown("**" + i18n.markdown("imports.map.ask", lang, n=len(asked)) + "**")
        for number, question in enumerate(asked):
            _ask(number, question, changes)


def _ask(number: int, asked: Asked, changes: dict[int, Change]) -> None:
    lang = state.language()
    names = ", ".join(c.header[:30] for c in asked.columns[:4]) + (" …" if len(asked.columns) > 4 else "")
    with st.container(horizontal=True, vertical_alignment="center", key=f"ask-{number}"):
        st.markdown(f"{i18n.said_markdown(asked.question, lang)}  \n:gray[:small[{i18n.markdown('imports.map.ask_columns', lang, n=len(asked.columns), names=names)}]]",
                    width="stretch")
        if asked.about_direction:
            for direction in Direction:
                st.button(i18n.text(f"common.direction.{direction}", lang), key=f"answer-{number}-{direction}", on_click=_answer,
                          args=(asked, changes, direction))
        else:
            st.button(state.say("imports.map.ask_keep"), key=f"answer-{number}", on_click=_answer, args=(asked, changes, None))


def _answer(asked: Asked, changes: dict[int, Change], direction: Direction | None) -> None:
    state.keep("import:changes", answered(asked, changes, direction))


def _rows(now: Mapping) -> pl.DataFrame:
    return pl.DataFrame([_row(c) for c in now.columns], infer_schema_length=None, schema_overrides={
        "mean": pl.Float64, "top": pl.Float64, "nps": pl.Float64, "spread": pl.List(pl.Int64), "measure": pl.Utf8, "scale": pl.Utf8, "direction": pl.Utf8, "stage": pl.Utf8})


def _row(column: Column) -> dict[str, Any]:
    shown = preview_of(column)
    return {
        "ask": "?" if column.questions else "", "header": column.header, "role": str(column.role), "code": column.code,
        "measure": str(column.measure) if column.measure and column.role is Role.RATING else None, "scale": scale_text(column.scale),
        "direction": str(column.scale.direction) if column.scale else None, "stage": column.stage,
        "n": shown.n if shown else column.n, "missing": shown.missing if shown else column.blank, "mean": shown.mean.value if shown else None,
        "top": shown.top_box.value if shown else None, "nps": shown.nps.value if shown and shown.nps else None, "spread": _spread(column, shown),
        "certainty": round(column.certainty * 100),
        "reason": i18n.said(column.reason, state.language()) if column.reason else "",
    }


def _spread(column: Column, shown: Preview | None) -> list[int]:
    """Answers per point; for other columns the counts of the most frequent texts."""
    return list(shown.counts.values()) if shown else [count for _, count in column.values[:12]]


def _table(proposal: Proposal, now: Mapping, changes: dict[int, Change]) -> None:
    """One row per column; what is edited counts at once."""
    frame = _rows(now)
    key = f"import-editor:{proposal.sha256[:12]}:{now.layout.sheet}"
    st.data_editor(frame, key=key, hide_index=True, num_rows="fixed", disabled=[c for c in frame.columns if c not in _EDITED], placeholder="",
                   column_config=_columns(now), height=min(_HEAD + _ROW * frame.height, _MOST), on_change=_edited, args=(key, now, changes))


def _columns(now: Mapping) -> dict[str, Any]:
    lang, config = state.language(), st.column_config
    scales = sorted({*SCALES, *(text for c in now.columns if (text := scale_text(c.scale)))}, key=str)
    percent, number = config.NumberColumn(format="%.1f%%"), config.NumberColumn(format="%.1f")

    def named(kind: str, column: Any = None, **options: Any) -> Any:
        made = column or config.TextColumn()
        return {**made, "label": i18n.text(f"imports.column.{kind}", lang), **options}

    return {
        "ask": named("ask", width=34), "header": named("header", width=190),
        "role": named("role", config.SelectboxColumn(options=[str(r) for r in Role], required=True, width=92,
                                                     format_func=lambda r: i18n.text(f"common.role.{r}", lang))),
        "code": named("code", width=96),
        "measure": named("measure", config.SelectboxColumn(options=[str(m) for m in _MEASURES], width=92,
                                                           format_func=lambda m: i18n.text(f"common.measure.{m}", lang))),
        "scale": named("scale", config.SelectboxColumn(options=scales), width=62),
        "direction": named("direction", config.SelectboxColumn(options=[str(d) for d in Direction], width=96,
                                                               format_func=lambda d: i18n.text(f"common.direction.{d}", lang))),
        "stage": named("stage", width=72), "n": named("n", config.NumberColumn(), width=58),
        "missing": named("missing", config.NumberColumn(), width=58),
        "mean": named("mean", config.NumberColumn(format="%.2f"), width=54), "top": named("top", percent, width=64),
        "nps": named("nps", number, width=54), "spread": named("spread", config.BarChartColumn(), width=84),
        "certainty": named("certainty", config.ProgressColumn(min_value=0, max_value=100, format="%d%%"), width=90),
        "reason": named("reason", width=420),
    }


def _edited(key: str, now: Mapping, changes: dict[int, Change]) -> None:
    """Take over what the user edited; a scale that cannot be read is left as it was and said."""
    for row, edit in state.given(key)["edited_rows"].items():
        column = now.columns[int(row)]
        value = {**_row(column), **edit}
        old = changes.get(column.index) or untouched(column)
        change = replace(old, role=Role(value["role"]), code=str(value["code"] or ""), scale=value["scale"], stage=value["stage"],
                         measure=Measure(value["measure"]) if value["measure"] else None,
                         direction=Direction(value["direction"]) if value["direction"] else None)
        try:
            changed(column, change)
        except ValueError:
            state.keep("import:notice", "imports.map.bad_scale")
        else:
            changes[column.index] = change
    state.keep("import:changes", changes)


def _detail(now: Mapping, changes: dict[int, Change]) -> None:
    """One column closely: its reason, the distribution of its cells, and which cells mean "no answer"."""
    lang = state.language()
    order = sorted(now.columns, key=lambda c: (not c.questions, c.role is not Role.RATING, c.index))
    with st.expander(state.say("imports.map.detail"), icon=":material/search:"):
        column = st.selectbox(state.say("imports.map.column"), order, format_func=lambda c: f"{c.index + 1}. {c.header[:80]}", key="import-detail")
        if column is None:
            return
        if column.reason:
            st.markdown(i18n.said_markdown(column.reason, lang))
        for question in column.questions:
            st.markdown(f":material/help: {i18n.said_markdown(question, lang)}")
        left, right = st.columns(2)
        with left:
            _cells(column)
        with right:
            _figures(column)
            _missing(column, changes)


def _cells(column: Column) -> None:
    lang = state.language()
    codes = {text: str(point) for text, point in column.codes.items()}
    frame = pl.DataFrame({
        i18n.text("imports.cell.text", lang): [text for text, _ in column.values],
        i18n.text("imports.cell.count", lang): [count for _, count in column.values],
        i18n.text("imports.cell.point", lang): [i18n.text("imports.cell.missing", lang) if text in column.missing else codes.get(text, "")
                                                for text, _ in column.values],
    })
    st.dataframe(frame, hide_index=True, height=260, key="import-cells", alt=state.say("imports.cell.alt", column=column.header))
    if column.distinct > len(column.values):
        st.caption(i18n.markdown("imports.cell.more", lang, n=i18n.number(column.distinct - len(column.values), lang)))


def _figures(column: Column) -> None:
    shown, lang = preview_of(column), state.language()
    if shown is None or column.scale is None:
        return
    st.vega_lite_chart(distribution.data(column.scale, shown.counts, lang=lang), key="import-distribution", width="stretch",
                       spec=distribution.spec(lang, in_rows=distribution.labelled(column.scale), height=130),
                       alt=distribution.describe(column.scale, shown.counts, lang=lang))
    st.caption(i18n.markdown("imports.cell.figures", lang, n=i18n.number(shown.n, lang), missing=i18n.number(shown.missing, lang),
                             problems=i18n.number(shown.problems, lang), mean=i18n.number(shown.mean.value, lang, 2),
                             top=i18n.percent(shown.top_box.value, lang), k=shown.top_points))
    if shown.nps is not None:
        st.caption(i18n.markdown("imports.cell.nps", lang, nps=i18n.number(shown.nps.value, lang, 1)))
    if shown.nps_refused:
        st.warning(i18n.markdown("overview.nps_refused", lang, lo=column.scale.lo, hi=column.scale.hi), icon=":material/info:")


def _missing(column: Column, changes: dict[int, Change]) -> None:
    """Cells that mean "no answer"."""
    if column.role not in (Role.RATING, Role.ATTRIBUTE, Role.MULTI):
        return
    key = f"import-missing:{column.index}"
    state.give(key, [text for text in column.missing if text])
    options = list(dict.fromkeys([*(text for text, _ in column.values), *column.missing]))
    st.multiselect(state.say("imports.map.missing"), [o for o in options if o], key=key, on_change=_set_missing, args=(key, column, changes),
                   placeholder=state.say("imports.map.no_missing"))


def _set_missing(key: str, column: Column, changes: dict[int, Change]) -> None:
    changes[column.index] = replace(changes.get(column.index) or untouched(column), missing=tuple(state.given(key)))
    state.keep("import:changes", changes)


def _actions(found: Inspection, now: Mapping, place: tuple[str, str]) -> None:
    """How problems are treated, the mapping's name, and the button that stores."""
    lang = state.language()
    program, wave = place
    with st.container(border=True, key="import-actions"):
        how = st.radio(state.say("imports.map.problems"), ["missing", "drop"], key="import-problems", horizontal=True,
                       format_func=lambda way: i18n.text(f"imports.map.problem.{way}", lang))
        name = st.text_input(state.say("imports.map.save_as"), key="import-save-as", placeholder=state.say("imports.map.save_hint"), width=320)
        force = bool(found.same) and st.checkbox(state.say("imports.map.force"), key="import-force")
        wrong = _wrong(now, program, wave)
        for key, params in wrong:
            st.error(i18n.markdown(key, lang, **params), icon=":material/warning:")
        with st.container(horizontal=True):
            if st.button(state.say("imports.map.commit", n=i18n.number(found.proposal.rows, lang)), type="primary", key="import-commit", disabled=bool(wrong)):
                imports.commit(Order(program, wave, now, on_problem=how, save_as=name.strip() or None, force=bool(force)), found.proposal.fingerprint)
                st.rerun()
            st.button(state.say("imports.map.back"), key="import-back", on_click=imports.reset)


def _wrong(now: Mapping, program: str, wave: str) -> list[tuple[str, dict[str, object]]]:
    """What stands in the way of storing."""
    wrong: list[tuple[str, dict[str, object]]] = []
    if not program or not wave:
        wrong.append(("imports.map.no_place", {}))
    if doubles := double_codes(now.columns):
        wrong.append(("imports.map.double", {"codes": ", ".join(sorted(doubles))}))
    bare = [c.header for c in now.columns if c.role is Role.RATING and c.scale is None]
    if bare:
        wrong.append(("imports.map.bare", {"columns": ", ".join(bare[:5])}))
    return wrong
