"""The mapping screen: where the rows go, what each column means, and how the figures follow at once."""

from __future__ import annotations

import re
from datetime import date

import streamlit as st

from cxdash import i18n
from cxdash.ingest.plan import Mapping, Proposal
from cxdash.services.imports import Inspection, Order
from cxdash.services.mapping import Asked, Change, answered, confirmed, double_codes, to_ask
from cxdash.terms import Direction, Role
from cxdash.ui import cache, imports, state
from cxdash.ui.mapcolumn import detail
from cxdash.ui.maptable import refresh, table

_NEW = ""  # the programme that does not exist yet
_STORED = (Role.RATING, Role.MULTI, Role.COMMENT, Role.ATTRIBUTE, Role.RESPONDENT)


def mapping() -> None:
    """The whole step."""
    found: Inspection = state.remember("import:mapping", None)
    proposal = found.proposal
    _about(found)
    place = _destination(found)
    changes: dict[int, Change] = state.remember("import:changes", {})
    now = confirmed(proposal.mapping, changes)
    _notes(proposal, now, changes)
    table(proposal, now, changes)
    detail(now, changes)
    _actions(found, now, place)


def _about(found: Inspection) -> None:
    proposal, lang = found.proposal, state.language()
    layout = proposal.mapping.layout
    st.markdown("#### " + i18n.markdown("imports.map.title", lang, file=proposal.file))
    about = i18n.markdown(
        "imports.map.about",
        lang,
        rows=i18n.number(proposal.rows, lang),
        columns=len(proposal.mapping.columns),
        header=", ".join(map(str, layout.header_rows)) or "–",
        first=layout.first_data_row,
    )
    st.caption(" · ".join([about, *([i18n.markdown("imports.map.encoding", lang, encoding=layout.encoding)] if layout.encoding else [])]))
    if found.same:
        same = found.same[0]
        st.warning(
            i18n.markdown("imports.map.same", lang, file=same.file_name, id=same.id, at=i18n.datetime(same.created_at, lang)),
            icon=":material/autorenew:",
        )
    if found.mapping or any(c.known for c in proposal.mapping.columns):
        st.success(
            i18n.markdown("imports.map.known", lang, n=sum(c.known for c in proposal.mapping.columns)), icon=":material/check_circle:"
        )


def _destination(found: Inspection) -> tuple[str, str]:
    """Sheet, programme and wave: an existing one or a new name."""
    programs = {p.slug: state.local(p.name) or p.slug for p in cache.programs() if not p.demo}
    stem = imports.stem()
    with st.container(horizontal=True, vertical_alignment="bottom", key="destination"):
        if len(found.proposal.sheets) > 1:
            _sheets(found.proposal)
        known = found.program if found.program in programs else _NEW
        chosen = st.selectbox(
            state.say("imports.map.program"),
            [*programs, _NEW],
            key=state.hold("import:program", known, [*programs, _NEW]),
            width=250,
            on_change=_other_program,
            format_func=lambda slug: programs.get(slug) or state.say("imports.map.new_program"),
        )
        name = chosen
        if chosen == _NEW:
            name = st.text_input(state.say("imports.map.program_name"), key=state.hold("import:name", stem), width=250)
        wave = st.text_input(
            state.say("imports.map.wave"),
            key=state.hold("import:wave", _wave_name(stem)),
            width=200,
            help=state.md("imports.map.wave_help"),
        )
    chosen_sheet = next((s for s in found.proposal.sheets if s.name == found.proposal.mapping.layout.sheet), None)
    if len(found.proposal.sheets) > 1 and chosen_sheet and chosen_sheet.reason:
        st.caption(i18n.said_markdown(chosen_sheet.reason, state.language()))
    return (name or "").strip(), (wave or "").strip()


def _sheets(proposal: Proposal) -> None:
    lang = state.language()
    by_name = {s.name: s for s in proposal.sheets}
    st.selectbox(
        state.say("imports.map.sheet"),
        list(by_name),
        key=state.give("w:sheet", proposal.mapping.layout.sheet),
        on_change=_other_sheet,
        width=300,
        format_func=lambda n: i18n.text(
            "imports.map.sheet_hidden" if by_name[n].hidden else "imports.map.sheet_name",
            lang,
            name=n,
            rows=i18n.number(by_name[n].rows, lang),
        ),
    )


def _other_sheet() -> None:
    imports.inspect(sheet=state.given("w:sheet"), program=state.remember("import:program", _NEW) or None)


def _other_program() -> None:
    """Columns that the chosen programme has met are recognised."""
    found: Inspection = state.remember("import:mapping", None)
    imports.inspect(sheet=found.proposal.mapping.layout.sheet, program=state.given("w:import:program") or None)


def _wave_name(stem: str) -> str:
    """A year in the file's name, else this month."""
    year = re.search(r"(?<!\d)(20\d\d|19\d\d)(?!\d)", stem)
    return year[0] if year else f"{date.today():%Y-%m}"


def _notes(proposal: Proposal, now: Mapping, changes: dict[int, Change]) -> None:
    """What was noticed, and what only the user knows: each question once, for all of its columns."""
    lang = state.language()
    if proposal.notes:
        said = [i18n.said_markdown(note, lang) for note in proposal.notes]
        st.info(said[0] if len(said) == 1 else "\n".join(f"- {text}" for text in said), icon=":material/info:")
    kept = [
        c.header for was, c in zip(proposal.mapping.columns, now.columns, strict=True) if was.role is Role.PERSONAL and c.role in _STORED
    ]
    if kept:
        st.warning(i18n.markdown("imports.map.personal", lang, columns=", ".join(kept)), icon=":material/privacy_tip:")
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
        where = i18n.markdown("imports.map.ask_columns", lang, n=len(asked.columns), names=names)
        st.markdown(f"{i18n.said_markdown(asked.question, lang)}  \n:gray[:small[{where}]]", width="stretch")
        if asked.about_direction:
            for direction in Direction:
                st.button(
                    i18n.text(f"common.direction.{direction}", lang),
                    key=f"answer-{number}-{direction}",
                    on_click=_answer,
                    args=(asked, changes, direction),
                )
        else:
            st.button(state.say("imports.map.ask_keep"), key=f"answer-{number}", on_click=_answer, args=(asked, changes, None))


def _answer(asked: Asked, changes: dict[int, Change], direction: Direction | None) -> None:
    state.keep("import:changes", answered(asked, changes, direction))
    refresh()


def _actions(found: Inspection, now: Mapping, place: tuple[str, str]) -> None:
    """How problems are treated, the mapping's name, and the button that stores."""
    lang = state.language()
    program, wave = place
    with st.container(border=True, key="import-actions"):
        ways = ["missing", "drop"]
        with st.container(horizontal=True, gap="large", key="import-options"):
            how = st.radio(
                state.say("imports.map.problems"),
                ways,
                key=state.hold("import:problems", ways[0], ways),
                horizontal=True,
                width="content",
                format_func=lambda way: i18n.text(f"imports.map.problem.{way}", lang),
            )
            name = st.text_input(
                state.say("imports.map.save_as"),
                key=state.hold("import:save_as", ""),
                width=320,
                placeholder=state.say("imports.map.save_hint"),
            )
        force = bool(found.same) and st.checkbox(state.say("imports.map.force"), key=state.hold("import:force", False))
        wrong = _wrong(now, program, wave)
        for key, params in wrong:
            st.error(i18n.markdown(key, lang, **params), icon=":material/warning:")
        with st.container(horizontal=True):
            if st.button(
                state.say("imports.map.commit", n=i18n.number(found.proposal.rows, lang)),
                type="primary",
                key="import-commit",
                disabled=bool(wrong),
            ):
                order = Order(
                    program,
                    wave,
                    now,
                    on_problem="drop" if how == "drop" else "missing",
                    save_as=(name or "").strip() or None,
                    force=bool(force),
                )
                imports.commit(order, found.proposal.fingerprint)
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
