"""Uploaded questionnaires: read in the parsing process, compared with the draft, and never against what was published."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from cxdash.errors import FileError, FileNoTable, FileTooLarge, Refused
from cxdash.export.questionnaire import to_xlsx
from cxdash.ingest import textcells
from cxdash.services import authoring, surveys
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.deps import Deps
from cxdash.store import programs
from cxdash.store.database import writing
from cxdash.survey.form import Form
from tests.services.answering import form, texts


def upload(deps: Deps, content: bytes, folder: Path, **against: Form | None) -> authoring.Authored:
    path = folder / "upload"
    path.write_bytes(content)
    return authoring.read(deps, LOCAL, path, name="조사.xlsx", **against)


def without(content: bytes, sheet: str, *rows: int) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in sorted(rows, reverse=True):
        book[sheet].delete_rows(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_would_change_is_told_and_nothing_stored(lone: Deps, tmp_path: Path) -> None:
    before = form()
    after = replace(before, questions=tuple(replace(q, required=True) if q.code == "all" else q for q in before.questions))
    found = upload(lone, to_xlsx(after, "ko"), tmp_path, draft=before)
    assert found.form == after and [(c.kind, c.question) for c in found.changes] == [("required", "all")]
    assert not found.kept and upload(lone, to_xlsx(before, "en"), tmp_path, draft=before).changes == ()
    with pytest.raises(Refused):
        authoring.read(lone, RESPONDENT, tmp_path / "upload", name="x")


def test_what_was_published_stays_retired(lone: Deps, tmp_path: Path) -> None:
    """Rows somebody deleted: a question, the factor `staff` with its touchpoint, and the stage `ship`, with what stood on them."""
    before = form()
    content = to_xlsx(before, "ko")
    codes = [question.code for question in before.questions]
    content = without(content, "문항", *(codes.index(code) + 2 for code in ("staff", "ship", "used")))
    content = without(content, "여정", 3, 4, 5)
    answers = [row[0].value for row in openpyxl.load_workbook(io.BytesIO(content))["선택지·척도"].iter_rows()]
    content = without(content, "선택지·척도", *(n for n, code in enumerate(answers, 1) if code == "used"))
    found = upload(lone, content, tmp_path, draft=before, published=before)
    assert not found.reading.faults and found.form is not None
    assert found.kept == ("staff", "ship", "used")
    assert [q.code for q in found.form.questions if q.retired] == ["staff", "ship", "used"]
    buy, ship = found.form.stages
    assert ship.retired and not buy.retired and [t.retired for t in buy.touchpoints] == [True]
    assert [f.code for f in buy.touchpoints[0].factors] == ["staff"]
    again = replace(before, stages=(replace(before.stages[0], touchpoints=(replace(before.stages[0].touchpoints[0], retired=True),)),
                                    replace(before.stages[1], retired=True)))  # fmt: skip
    assert found.form.stages == again.stages
    assert {c.question for c in found.changes if c.kind == "retired"} == {"staff", "ship", "used"}
    alone = upload(lone, content, tmp_path, draft=before)
    assert alone.form is not None and {q.code for q in alone.form.questions} == {"nps", "all", "why", "age"}


def test_an_xlsform_leaves_titles_and_settings_as_they_are(lone: Deps, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (["type", "name", "label::Korean (ko)"], ["text", "why", "왜요?"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    draft = replace(form(), settings=replace(form().settings, minutes=3))
    found = upload(lone, out.getvalue(), tmp_path, draft=draft)
    assert found.reading.source == "xlsform" and found.form is not None
    assert (found.form.title, found.form.thanks, found.form.settings.minutes) == (draft.title, draft.thanks, 3)


def test_a_new_survey_gets_a_free_code(lone: Deps) -> None:
    with writing(lone.engine) as session:
        programs.add_program(session, slug="shop", name=texts("가게"))
    codes = [authoring.begin(lone, LOCAL, program="shop", code="조사", form=form()) for _ in range(3)]
    assert codes == ["조사", "조사-2", "조사-3"] and surveys.draft(lone, LOCAL, program="shop", code="조사-3").form == form()


def hostile() -> dict[str, bytes]:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/workbook.xml", b" " * (100 << 20))
    entity = io.BytesIO()
    good = to_xlsx(form(), "ko")
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(entity, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("workbook.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content[content.index(b"<workbook") :]
            target.writestr(name, content)
    return {"bomb": bomb.getvalue(), "entity": entity.getvalue(), "cut": good[: len(good) // 2], "empty": b"", "text": b"a,b\n1,2\n",
            "picture": b"\x89PNG\r\n\x1a\n" + bytes(100), "json": b"{}"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(hostile()))
def test_files_that_are_no_questionnaire_are_refused_in_words(lone: Deps, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError) as caught:
        upload(lone, hostile()[name], tmp_path)
    assert caught.value.key != "error.unexpected"
    if name == "text":
        assert isinstance(caught.value, FileNoTable) and caught.value.key == "sheet.error.foreign"


def test_too_many_cells(lone: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textcells, "CELLS_MAX", 50)
    with pytest.raises(FileTooLarge) as caught:
        upload(lone, to_xlsx(form(), "ko"), tmp_path)
    assert caught.value.key == "sheet.error.cells"
