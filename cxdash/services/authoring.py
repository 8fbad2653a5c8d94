"""Questionnaires written in Excel: an uploaded workbook becomes a form, read in a process with limits, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cxdash import ingest
from cxdash.ingest.limits import MB, Limits
from cxdash.services import surveys
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.survey import authored
from cxdash.survey.cells import Cells, Reading
from cxdash.survey.changes import Change, compare
from cxdash.survey.form import Form


@dataclass(frozen=True)
class Authored:
    """What an uploaded workbook is. reading.form is None when faults stand in the way; else `form` is what the draft would become.

    changes: against the draft. kept: codes of published questions that the workbook has no more; they stay, retired.
    """

    reading: Reading
    form: Form | None
    changes: tuple[Change, ...] = ()
    kept: tuple[str, ...] = ()


def limits(deps: Deps) -> Limits:
    """Narrower than those of imports: a questionnaire of a thousand questions is a tenth of a megabyte."""
    s = deps.settings
    return Limits(
        max_bytes=s.max_upload_mb * MB, max_unpacked=200 * MB, max_cells=4_000_000, max_columns=2_000,
        memory_mb=min(1024, s.import_memory_mb), seconds=min(60.0, s.import_seconds),
    )  # fmt: skip


def read(deps: Deps, actor: Actor, path: Path, *, name: str, draft: Form | None = None, published: Form | None = None) -> Authored:
    """The form of a workbook: our own sheets or an XLSForm. Nothing is stored.

    draft: what it would replace. published: the newest published form, whose questions and places are retired instead of removed.
    FileError subclasses say why a file cannot be read at all; what is wrong in its cells is in `reading.faults`.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    sheets = ingest.texts(path, name=name, limits=limits(deps))
    book = [Cells(s["name"], tuple((number, {int(c): text for c, text in row.items()}) for number, row in s["rows"])) for s in sheets]
    reading = authored.read(book)
    if reading.form is None:
        return Authored(reading, None)
    form, kept = authored.retained(reading.form, published) if published is not None else (reading.form, ())
    if draft is not None and reading.source == "xlsform":
        form = _beside(form, draft)
    return Authored(reading, form, compare(draft, form) if draft is not None else (), kept)


def _beside(form: Form, draft: Form) -> Form:
    """An XLSForm has no word on what it leaves out: title, texts and settings stay those of the draft."""
    settings = replace(form.settings, measures=draft.settings.measures, minutes=draft.settings.minutes)
    texts = {name: getattr(form, name) or getattr(draft, name) for name in ("title", "intro", "thanks", "consent")}
    return replace(form, settings=settings, **texts)


def begin(deps: Deps, actor: Actor, *, program: str, code: str, form: Form) -> str:
    """A new survey whose draft is the form; returns its code, which gets a number when it is taken."""
    require(actor, Permission.MANAGE_PROGRAM)
    taken = {info.code for info in surveys.list_surveys(deps, actor, program=program)}
    free = code if code not in taken else next(f"{code}-{n}" for n in range(2, len(taken) + 3) if f"{code}-{n}" not in taken)
    return surveys.create(deps, actor, program=program, code=free, form=form).code
