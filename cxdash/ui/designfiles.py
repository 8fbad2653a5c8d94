"""Questionnaires and programmes as files on the design page: the workbook out and in, XLSForms, a programme's definition."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.errors import CxError
from cxdash.export import faults as words_of
from cxdash.export.questionnaire import to_xlsx
from cxdash.export.tables import to_xlsx as table_xlsx
from cxdash.services import authoring, definition
from cxdash.services.authoring import Authored
from cxdash.services.designing import Sketch
from cxdash.survey import definition as shared
from cxdash.survey.cells import Fault
from cxdash.survey.form import Form
from cxdash.ui import cache, designdraft, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.designdraft import At
from cxdash.ui.errors import log, show_error

SHOWN, FEW = 200, 10  # faults on screen (the download has all); so many stand without a scroll bar of their own
_BOOK, _NEW, _PROGRAM = "design:files:book", "design:files:new", "design:files:program"
_GET = {"ko": "sheet.card.get_ko", "en": "sheet.card.get_en"}


@dataclass(frozen=True)
class _Given:
    """An uploaded file and what it is: found is what the service said, or its error."""

    of: tuple[object, ...]
    name: str
    found: Any


def files_card(sketch: Sketch) -> None:
    """Below the steps of an open survey: its workbook to download, and an edited one or an XLSForm to put in its place."""
    drawer = st.expander(state.say("sheet.card.title"), icon=":material/table_view:", key="design-files", on_change="rerun")
    if not drawer.open and state.remember(_BOOK, None) is None:
        return
    with drawer:
        if (done := state.remember("design:files:done", None)) is not None:
            st.success(state.md("sheet.card.done", name=done), icon=":material/check_circle:")
            state.forget("design:files:done")
        st.caption(state.md("sheet.card.about"))
        _downloads(sketch)
        given = _uploaded(_BOOK, (sketch.info.id, sketch.info.rev), lambda path, name: _read(path, name, sketch))
        if given is not None:
            _outcome(given, sketch)


def _downloads(sketch: Sketch) -> None:
    name = _file_name(sketch.info.code)
    with st.container(horizontal=True, key="design-files-get"):
        for language in LANGUAGES:
            st.download_button(
                state.say(_GET[language]), data=_book(sketch.form, language), file_name=f"{name}-{language}.xlsx", mime=XLSX,
                on_click="ignore", key=f"design-get-{language}", icon=":material/download:",
            )  # fmt: skip


def _book(form: Form, language: str) -> Any:
    return lambda: to_xlsx(form, language)


def _file_name(code: str) -> str:
    return re.sub(r"[^\w.-]+", "-", code).strip("-") or "survey"


def _uploaded(key: str, of: tuple[object, ...], read: Any) -> _Given | None:
    """The uploader, and what it holds as `read(path, name)` understood it; read once per file and `of`."""
    number = state.remember(f"{key}:round", 0)
    given = st.file_uploader(
        state.say("sheet.card.upload" if key != _PROGRAM else "sheet.program.upload"), key=f"w:{key}:{number}",
        max_upload_size=state.deps().settings.max_upload_mb,
    )  # fmt: skip
    if given is None:
        state.forget(key)
        return None
    of = (*of, given.file_id)
    held: _Given | None = state.remember(key, None)
    if held is None or held.of != of:
        with st.spinner(state.say("sheet.card.reading")):
            held = _Given(of, given.name, _attempt(given, read))
        state.keep(key, held)
    if isinstance(held.found, CxError):
        show_error(held.found)
        return None
    return held


def _attempt(given: Any, read: Any) -> Any:
    """What the file is, or the error it gave: kept, so that the next run does not read it again."""
    with tempfile.TemporaryDirectory(prefix="cxdash-form-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(given.getbuffer())
        try:
            return read(path, given.name)
        except CxError as error:
            return error
        except Exception:
            log.exception("a questionnaire could not be read")
            return CxError("error.unexpected")


def _read(path: Path, name: str, sketch: Sketch | None) -> Authored:
    published = designdraft.published(sketch) if sketch else None
    return authoring.read(state.deps(), state.actor(), path, name=name, draft=sketch.form if sketch else None, published=published)


def _outcome(given: _Given, sketch: Sketch) -> None:
    found: Authored = given.found
    _faults(found, given.name)
    if found.form is None:
        return
    with st.container(border=True, key="card-design-upload"):
        if found.form == sketch.form:
            st.markdown(state.md("sheet.card.same"))
        else:
            _changes(found, sketch.form)
            st.button(
                state.say("sheet.card.take"), key="design-files-take", type="primary", icon=":material/published_with_changes:",
                on_click=_take, args=(found.form, given.name),
            )  # fmt: skip
    _notes(found, given.name)


def _changes(found: Authored, draft: Form) -> None:
    """What taking the workbook would do to the draft, counted; what was published stays."""
    assert found.form is not None
    live = sum(found.form.is_live(question) for question in found.form.questions)
    stages = sum(not stage.retired for stage in found.form.stages)
    st.markdown(f"**{state.md('sheet.card.would', questions=live, stages=stages)}**")
    counts = Counter(change.kind for change in found.changes)
    gone = sum(question.code not in found.form.by_code for question in draft.questions)
    told = [f"{state.md(f'form.change.{kind}')} {i18n.number(n, state.language())}" for kind, n in counts.items()]
    if told:
        st.markdown(" · ".join(told))
    else:
        st.caption(state.md("sheet.card.words_only"))
    if gone:
        st.warning(state.md("sheet.card.gone", n=gone), icon=":material/delete:")
    if found.kept:
        st.info(state.md("sheet.card.kept", n=len(found.kept), codes=list(found.kept[:12])), icon=":material/inventory_2:")


def _faults(found: Authored, name: str) -> None:
    if found.reading.faults:
        st.error(state.md("sheet.card.faults", name=name, n=len(found.reading.faults)), icon=":material/error:")
        _listed(found.reading.faults, "faults")


def _notes(found: Authored, name: str) -> None:
    if found.reading.notes:
        key = "sheet.card.notes_xlsform" if found.reading.source == "xlsform" else "sheet.card.notes"
        st.markdown(f"**{state.md(key, n=len(found.reading.notes))}**")
        _listed(found.reading.notes, "notes")


def _listed(faults: Sequence[Fault], name: str) -> None:
    """Each fault with its place, and all of them as a file."""
    lang = state.language()
    lines = [f"- {_at(fault, lang)}{i18n.escape(words_of.sentence(fault, lang))}" for fault in faults[:SHOWN]]
    with st.container(border=True, height="content" if len(lines) <= FEW else 380, key=f"design-files-{name}"):
        st.markdown("\n".join(lines))
        if len(faults) > SHOWN:
            st.caption(state.md("sheet.card.more", n=len(faults) - SHOWN))
    st.download_button(
        state.say("sheet.card.get_list"), data=lambda: table_xlsx({name: words_of.table(faults, lang)}, lang=lang), mime=XLSX,
        file_name=f"{name}.xlsx", on_click="ignore", key=f"design-files-get-{name}", icon=":material/download:", type="tertiary",
    )  # fmt: skip


def _at(fault: Fault, lang: str) -> str:
    place = words_of.place(fault, lang)
    return f"**{i18n.escape(place)}** — " if place else ""


def _take(form: Form, name: str) -> None:
    if designdraft.take(form):
        _next(_BOOK)
        state.keep("design:files:done", name)


def _next(key: str) -> None:
    """The uploader empty again."""
    state.forget(key)
    state.keep(f"{key}:round", state.remember(f"{key}:round", 0) + 1)


# ---------------------------------------------------------------- on the list of surveys


def start_card(program: str | None, demo: bool) -> None:
    """Below the templates: a new survey from a workbook or an XLSForm, and the programme's definition as one file, out and in."""
    drawer = st.expander(state.say("sheet.start.title"), icon=":material/upload_file:", key="design-from-file", on_change="rerun")
    if not drawer.open and all(state.remember(key, None) is None for key in (_NEW, _PROGRAM)):
        return
    with drawer:
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown(f"**{state.md('sheet.start.survey')}**")
            if program is None or demo:
                st.caption(state.md("sheet.start.needs_program"))
            else:
                _new_survey(program)
        with right:
            st.markdown(f"**{state.md('sheet.program.title')}**")
            st.caption(state.md("sheet.program.about"))
            if program is not None:
                _get_program(program)
            _new_program()


def _new_survey(program: str) -> None:
    st.caption(state.md("sheet.start.about"))
    given = _uploaded(_NEW, (program,), lambda path, name: _read(path, name, None))
    if given is None:
        return
    found: Authored = given.found
    _faults(found, given.name)
    if found.form is not None:
        st.button(
            state.say("sheet.start.make", n=len(found.form.questions)), key="design-file-begin", type="primary", on_click=_begin,
            args=(program, found.form, given.name),
        )  # fmt: skip
    _notes(found, given.name)


def _begin(program: str, form: Form, name: str) -> None:
    try:
        code = authoring.begin(state.deps(), state.actor(), program=program, code=_file_name(Path(name).stem)[:60], form=form)
    except CxError as error:
        show_error(error)
        return
    _next(_NEW)
    cache.clear()
    designdraft.go(At(program, code))


def _get_program(program: str) -> None:
    deps, actor = state.deps(), state.actor()
    st.download_button(
        state.say("sheet.program.get"), data=lambda: shared.dumps(definition.export(deps, actor, program=program)).encode(),
        file_name=f"{_file_name(program)}.json", mime="application/json", on_click="ignore", key="design-get-program",
        icon=":material/download:",
    )  # fmt: skip


def _new_program() -> None:
    given = _uploaded(_PROGRAM, (), lambda path, _name: definition.load(state.actor(), path))
    if given is None:
        return
    found: shared.Definition = given.found
    st.markdown(
        state.md(
            "sheet.program.holds", stages=len(found.stages), questions=len(found.questions), surveys=len(found.surveys),
            waves=len(found.waves),
        )
    )  # fmt: skip
    free = definition.free_name(state.deps(), state.actor(), found)
    name = st.text_input(state.say("sheet.program.name"), key=state.hold(f"{_PROGRAM}:name:{given.of[-1]}", free), max_chars=120)
    st.button(
        state.say("sheet.program.bring"), key="design-program-bring", type="primary", on_click=_bring, args=(found, name),
        disabled=not name.strip(),
    )  # fmt: skip


def _bring(found: shared.Definition, name: str) -> None:
    try:
        made = definition.bring(state.deps(), state.actor(), found, name=name)
    except CxError as error:
        show_error(error)
        return
    _next(_PROGRAM)
    cache.clear()
    state.show(state.View(program=made.program))
