"""The wave on the publish page: opening and closing time, languages, and the texts around the questions; its quota is beside it."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import streamlit as st

from cxdash import i18n
from cxdash.services import publishing, surveys
from cxdash.services.publishing import MOST_TEXT, PARTS, Board, RoundInfo
from cxdash.ui import state
from cxdash.ui.errors import guarded
from cxdash.ui.publish import At
from cxdash.ui.publishquota import quota

_HEIGHTS = {"intro": 110, "consent": 140, "thanks": 90}


def round_section(at: At, board: Board) -> None:
    held = board.round
    if held is None:
        return
    left, right = st.columns(2, gap="small")
    with left:
        _times(at, board, held)
    with right:
        quota(at, board, held)
    _texts(at, board, held)
    _survey(at, board)


def _stamp(*values: object) -> str:
    """Part of a widget's key: when what is stored changes elsewhere, the widget shows that instead of what was typed before."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:8]


# ---------------------------------------------------------------- times and languages


def _times(at: At, board: Board, held: RoundInfo) -> None:
    zone = ZoneInfo(board.timezone)
    key = f"publish:{at.survey}:{at.wave}:" + _stamp(held.opens_at, held.closes_at, held.languages)
    with st.container(border=True, key="card-publish-times"):
        st.markdown(f"**{state.md('publish.round.title')}**")
        st.caption(state.md("publish.round.zone", zone=board.timezone))
        with st.form("publish-times", border=False):
            _moment(key, "opens", held.opens_at, zone, time(0, 0))
            _moment(key, "closes", held.closes_at, zone, time(23, 59))
            st.multiselect(state.say("publish.round.languages"), list(board.form.languages), select_all=False,
                           key=state.hold(f"{key}:languages", list(held.languages)),
                           format_func=lambda lang: i18n.text(f"common.language.{lang}", lang))  # fmt: skip
            st.form_submit_button(state.say("publish.round.save"), type="primary", key="publish-times-save", on_click=_save_times,
                                  args=(at, held, key, board.timezone))  # fmt: skip


def _moment(key: str, which: str, stored: datetime | None, zone: ZoneInfo, otherwise: time) -> None:
    local = stored.astimezone(zone) if stored else None
    title = state.say("publish.round.opens") if which == "opens" else state.say("publish.round.closes")
    clock = state.say("publish.round.opens_time") if which == "opens" else state.say("publish.round.closes_time")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.date_input(title, key=state.hold(f"{key}:{which}:day", local.date() if local else None), format="YYYY-MM-DD", width=190,
                      help=state.md("publish.round.empty"))  # fmt: skip
        st.time_input(clock, key=state.hold(f"{key}:{which}:time", local.time() if local else otherwise), width=130, step=60)


def _chosen(key: str, which: str, zone: ZoneInfo) -> datetime | None:
    day, clock = state.given(f"w:{key}:{which}:day"), state.given(f"w:{key}:{which}:time")
    if not isinstance(day, date):
        return None
    return datetime.combine(day, clock if isinstance(clock, time) else time(0, 0), zone)


def _save_times(at: At, held: RoundInfo, key: str, timezone: str) -> None:
    zone = ZoneInfo(timezone)
    with guarded():
        surveys.set_round(
            state.deps(), state.actor(), program=at.program, code=at.survey, wave=held.wave, opens_at=_chosen(key, "opens", zone),
            closes_at=_chosen(key, "closes", zone), quota=[q.cell for q in held.quota],
            languages=state.given(f"w:{key}:languages") or None,
        )  # fmt: skip
        st.toast(state.say("publish.round.saved"), icon=":material/event:")


# ---------------------------------------------------------------- texts


def _texts(at: At, board: Board, held: RoundInfo) -> None:
    form, lang, asked = board.form, state.language(), board.asked
    key = f"publish:{at.survey}:{at.wave}:" + _stamp(*(sorted(getattr(asked, part).items()) for part in PARTS))
    with st.container(border=True, key="card-publish-texts"):
        with st.container(horizontal=True, vertical_alignment="center", key="head-publish-texts"):
            badge = f" :blue-badge[{state.md('publish.texts.own')}]" if held.texts else ""
            st.markdown(f"**{state.md('publish.texts.title')}**{badge}", width="stretch")
            if held.texts:
                st.button(state.say("publish.texts.theirs"), key="publish-texts-theirs", type="tertiary", icon=":material/undo:",
                          on_click=_their_texts, args=(at, board))  # fmt: skip
        st.caption(state.md("publish.texts.about"))
        with st.form("publish-texts", border=False):
            for language, place in zip(form.languages, st.columns(len(form.languages), gap="medium"), strict=True):
                with place:
                    for part in PARTS:
                        title = i18n.text(f"publish.part.{part}", lang) + f" ({i18n.text(f'common.language.{language}', language)})"
                        st.text_area(title, key=state.hold(f"{key}:{part}:{language}", getattr(asked, part).get(language, "")),
                                     height=_HEIGHTS[part], max_chars=MOST_TEXT)  # fmt: skip
            st.form_submit_button(state.say("publish.texts.save"), type="primary", key="publish-texts-save", on_click=_save_texts,
                                  args=(at, board, key))  # fmt: skip


def _save_texts(at: At, board: Board, key: str) -> None:
    texts = {part: {lang: state.given(f"w:{key}:{part}:{lang}") or "" for lang in board.form.languages} for part in PARTS}
    with guarded():
        publishing.save_texts(state.deps(), state.actor(), program=at.program, code=at.survey, wave=at.wave or "", texts=texts)
        st.toast(state.say("publish.texts.saved"), icon=":material/edit_note:")


def _their_texts(at: At, board: Board) -> None:
    """The questionnaire's texts again."""
    with guarded():
        texts = {part: getattr(board.form, part) for part in PARTS}
        publishing.save_texts(state.deps(), state.actor(), program=at.program, code=at.survey, wave=at.wave or "", texts=texts)
        st.toast(state.say("publish.texts.back"), icon=":material/undo:")


def _survey(at: At, board: Board) -> None:
    """Ending the whole survey, and taking it up again."""
    closed = board.survey.state == "closed"
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="card-publish-end"):
        st.markdown(state.md("publish.end.closed") if closed else state.md("publish.end.about"), width="stretch")
        label = state.say("publish.end.reopen") if closed else state.say("publish.end.close")
        st.button(label, key="publish-end", on_click=_end, args=(at, closed), icon=":material/play_arrow:" if closed else ":material/stop:")


def _end(at: At, closed: bool) -> None:
    with guarded():
        change = surveys.reopen if closed else surveys.close
        change(state.deps(), state.actor(), program=at.program, code=at.survey)
