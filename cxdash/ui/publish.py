"""The publish page (배포): which survey in which wave, and what of it is open. The parts are in the modules beside this one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from cxdash import i18n
from cxdash.services import publishing, surveys
from cxdash.services.publishing import Board
from cxdash.store.text import CODE_MAX
from cxdash.ui import address, cache, state
from cxdash.ui.errors import guarded

SECTIONS = ("status", "links", "round", "sample", "people")
_AT = "publish:at"
_COLOURS = {"open": "green", "not_yet": "blue", "over": "gray", "off": "gray"}
_ICONS = {"status": ":material/monitoring:", "links": ":material/qr_code_2:", "round": ":material/event:", "sample": ":material/target:",
          "people": ":material/groups:"}  # fmt: skip


@dataclass(frozen=True)
class At:
    """What of the page is open. wave: None = the survey's newest."""

    program: str
    survey: str
    wave: str | None = None
    section: str = SECTIONS[0]


def here() -> At | None:
    """Where the address says the page is, else where this session was in the programme."""
    program = cache.catalog(state.view().program).slug
    last: At | None = state.remember(_AT, None)
    last = last if last is not None and last.program == program else None
    survey, section = state.parameter("survey"), state.parameter("section")
    if survey is None:
        return last
    kept = last if last is not None and last.survey == survey else At(program, survey)
    return replace(kept, wave=state.parameter("wave") or kept.wave, section=section if section in SECTIONS else kept.section)


def go(at: At) -> None:
    """Open something else; call from callbacks."""
    state.keep(_AT, at)
    state.show(state.view(), survey=at.survey, wave=at.wave, section=at.section)


def head() -> tuple[At, Board]:
    """The choice of survey and wave, then of the section. Ends the page with a sentence where nothing is published yet."""
    program = cache.catalog(state.view().program)
    found = publishing.published(state.deps(), state.actor(), program=program.slug)
    if not found:
        _nothing(program.demo)
    named = {info.code: state.local(info.name) or info.code for info in found}
    wanted = here()
    at = wanted if wanted is not None and wanted.survey in named else At(program.slug, found[0].code)
    board = publishing.board(state.deps(), state.actor(), program=program.slug, code=at.survey, wave=at.wave)
    at = replace(at, wave=board.wave, section=at.section)
    state.keep(_AT, at)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="publish-head"):
        _surveys(at, named)
        if board.waves or at.wave:
            _waves(at, board)
        _badge(board)
    if board.round is None:
        _begin(at, board)
    _sections(at)
    if address.is_local() and at.section == "links":
        st.warning(state.md("publish.local", address=address.base()), icon=":material/wifi_off:")
    return at, board


def _surveys(at: At, named: dict[str, str]) -> None:
    def picked() -> None:
        go(At(at.program, state.given("w:publish:survey"), None, at.section))

    st.selectbox(state.say("publish.survey"), list(named), key=state.give("w:publish:survey", at.survey), format_func=named.__getitem__,
                 on_change=picked, width=280)  # fmt: skip


def _waves(at: At, board: Board) -> None:
    known = {code: state.local(name) or code for code, name in board.waves.items()}
    if at.wave and at.wave not in known:
        known = {at.wave: at.wave, **known}

    def picked() -> None:
        go(replace(at, wave=(state.given("w:publish:wave") or "").strip()[:CODE_MAX] or None))

    st.selectbox(state.say("publish.wave"), list(known), key=state.give("w:publish:wave", at.wave), on_change=picked, width=220,
                 format_func=lambda code: known.get(code, code), accept_new_options=True, help=state.md("publish.wave_help"))  # fmt: skip


def _badge(board: Board) -> None:
    if board.round is None:
        return
    lang, held = state.language(), board.round
    word = i18n.markdown(f"publish.state.{held.state}", lang)
    when = {"not_yet": held.opens_at, "open": held.closes_at}.get(held.state)
    text = f":{_COLOURS[held.state]}-badge[{word}]"
    if when is not None:
        said = i18n.datetime(when, lang, board.timezone)
        text += " :small[" + (state.md("publish.opens", at=said) if held.state == "not_yet" else state.md("publish.closes", at=said)) + "]"
    elif held.state == "open":
        text += f" :small[{state.md('publish.endless')}]"
    st.markdown(text, width="content")


def _sections(at: At) -> None:
    lang = state.language()

    def picked() -> None:
        go(replace(at, section=state.given("w:publish:section")))

    st.segmented_control(
        state.say("publish.section"), SECTIONS, key=state.give("w:publish:section", at.section), on_change=picked, required=True,
        format_func=lambda name: f"{_ICONS[name]} {i18n.text(f'publish.section.{name}', lang)}", label_visibility="collapsed",
    )  # fmt: skip


def _begin(at: At, board: Board) -> None:
    """A wave in which the survey does not collect yet: the way to begin."""
    with st.container(border=True, key="publish-begin"):
        if at.wave:
            st.markdown("#### " + state.md("publish.begin", wave=at.wave))
        else:
            st.markdown("#### " + state.md("publish.begin_first"))
        st.caption(state.md("publish.begin_about"))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if not at.wave:
                st.text_input(state.say("publish.wave_name"), key="w:publish:new", placeholder=state.say("publish.wave_hint"), width=260,
                              max_chars=CODE_MAX)  # fmt: skip
            st.button(state.say("publish.begin_button"), key="publish-start", type="primary", icon=":material/rocket_launch:",
                      on_click=_start, args=(at,))  # fmt: skip
    st.stop()


def _start(at: At) -> None:
    with guarded():
        wave = at.wave or str(state.given("w:publish:new")).strip()
        surveys.set_round(state.deps(), state.actor(), program=at.program, code=at.survey, wave=wave)
        go(replace(at, wave=wave, section="links"))


def _nothing(demo: bool) -> None:
    """Nothing to publish: what to do first."""
    with st.container(border=True, key="publish-nothing"):
        st.markdown("#### " + state.md("publish.nothing"))
        st.caption(state.md("publish.nothing_demo") if demo else state.md("publish.nothing_about"))
        if cache.page("design").exists() and st.button(state.say("publish.to_design"), key="publish-design", type="primary"):
            state.carry(state.view())
            st.switch_page(cache.page("design"))
    st.stop()
