"""The wave on the publish page: opening and closing time, languages, quota, and the texts around the questions."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import streamlit as st

from cxdash import i18n
from cxdash.errors import Conflict
from cxdash.services import publishing, surveys
from cxdash.services.publishing import MOST_TEXT, PARTS, Board, Quota, RoundInfo
from cxdash.store.surveys import Cell
from cxdash.ui import cache, names, state
from cxdash.ui.errors import guarded
from cxdash.ui.publish import At

_MOST_QUOTA = 1_000_000
_HEIGHTS = {"intro": 110, "consent": 140, "thanks": 90}


def round_section(at: At, board: Board) -> None:
    held = board.round
    if held is None:
        return
    left, right = st.columns(2, gap="small")
    with left:
        _times(at, board, held)
    with right:
        _quota(at, held)
    _texts(at, board)
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


# ---------------------------------------------------------------- quota


def _quota(at: At, held: RoundInfo) -> None:
    catalog = cache.catalog(state.view().program)
    options = cache.options(catalog)
    keys = [a.key for a in catalog.attributes if a.key not in ("duration", "device", "language")]
    with st.container(border=True, key="card-publish-quota"):
        st.markdown(f"**{state.md('publish.quota.title')}**")
        st.caption(state.md("publish.quota.about"))
        for number, one in enumerate(held.quota):
            _cell(at, held, one, number)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            called = {"": state.say("publish.quota.everybody"), **{key: names.title(options, key) for key in keys}}
            key = st.selectbox(state.say("publish.quota.attribute"), list(called), key=state.hold("publish:quota:key", "", list(called)),
                               format_func=called.__getitem__, width=170)  # fmt: skip
            if key:
                values = [v for v in options.values.get(key, ()) if v != "(none)"]
                st.selectbox(state.say("publish.quota.value"), values, key=state.hold(f"publish:quota:value:{key}", None), index=None,
                             format_func=lambda v: names.label(options, key, v), accept_new_options=True, width=180,
                             placeholder=state.say("publish.links.value_hint"))  # fmt: skip
            st.number_input(state.say("publish.quota.most"), min_value=1, max_value=_MOST_QUOTA, step=10, width=140,
                            key=state.hold("publish:quota:n", 100))  # fmt: skip
            st.button(state.say("publish.quota.add"), key="publish-quota-add", icon=":material/add:", on_click=_add_cell,
                      args=(at, held, key))  # fmt: skip


def _cell(at: At, held: RoundInfo, one: Quota, number: int) -> None:
    options, lang = cache.options(cache.catalog(state.view().program)), state.language()
    named = " · ".join(f"{names.title(options, k)}: {names.label(options, k, v)}" for k, v in one.cell.attributes.items())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"publish-cell-{number}"):
        text = i18n.text("publish.quota.line", lang, n=i18n.number(one.so_far, lang), most=i18n.number(one.cell.n, lang))
        st.progress(min(1.0, one.so_far / one.cell.n), text=f"{i18n.escape(named or state.say('publish.quota.everybody'))} · {text}")
        if one.full:
            st.markdown(f":orange-badge[{state.md('publish.quota.full')}]", width="content")
        st.button(state.say("publish.quota.drop"), key=f"publish-quota-drop-{number}", type="tertiary", icon=":material/close:",
                  on_click=_keep_cells, args=(at, held, [q.cell for q in held.quota if q is not one]))  # fmt: skip


def _add_cell(at: At, held: RoundInfo, key: str) -> None:
    value = str(state.given(f"w:publish:quota:value:{key}") or "").strip() if key else ""
    with guarded():
        if key and not value:
            raise Conflict("publish.word_empty")
        cell = Cell({key: value} if key else {}, int(state.given("w:publish:quota:n")))
        _save_cells(at, held, [*(q.cell for q in held.quota if q.cell.segment != cell.segment), cell])


def _keep_cells(at: At, held: RoundInfo, kept: list[Cell]) -> None:
    with guarded():
        _save_cells(at, held, kept)


def _save_cells(at: At, held: RoundInfo, cells: list[Cell]) -> None:
    surveys.set_round(
        state.deps(), state.actor(), program=at.program, code=at.survey, wave=held.wave, opens_at=held.opens_at, closes_at=held.closes_at,
        quota=cells, languages=held.languages,
    )  # fmt: skip


# ---------------------------------------------------------------- texts


def _texts(at: At, board: Board) -> None:
    form, lang = board.form, state.language()
    stamp = _stamp(*(sorted(getattr(form, part).items()) for part in PARTS))
    key = f"publish:{at.survey}:{stamp}"
    with st.container(border=True, key="card-publish-texts"):
        st.markdown(f"**{state.md('publish.texts.title')}**")
        st.caption(state.md("publish.texts.about", n=board.survey.version))
        with st.form("publish-texts", border=False):
            for language, place in zip(form.languages, st.columns(len(form.languages), gap="medium"), strict=True):
                with place:
                    for part in PARTS:
                        title = i18n.text(f"publish.part.{part}", lang) + f" ({i18n.text(f'common.language.{language}', language)})"
                        st.text_area(title, key=state.hold(f"{key}:{part}:{language}", getattr(form, part).get(language, "")),
                                     height=_HEIGHTS[part], max_chars=MOST_TEXT)  # fmt: skip
            st.form_submit_button(state.say("publish.texts.save"), type="primary", key="publish-texts-save", on_click=_save_texts,
                                  args=(at, board, key))  # fmt: skip


def _save_texts(at: At, board: Board, key: str) -> None:
    texts = {part: {lang: state.given(f"w:{key}:{part}:{lang}") or "" for lang in board.form.languages} for part in PARTS}
    with guarded():
        number = publishing.save_texts(state.deps(), state.actor(), program=at.program, code=at.survey, texts=texts)
        st.toast(state.say("publish.texts.saved", n=number), icon=":material/edit_note:")


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
