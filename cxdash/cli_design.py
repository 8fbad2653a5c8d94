"""The commands about definitions: a programme's definition out and in, and a questionnaire as a workbook. docs/cli.md describes them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cxdash import runtime
from cxdash.cli_form import Words
from cxdash.errors import Conflict, FileError
from cxdash.export import faults as words_of
from cxdash.services import authoring, definition, designing, surveys
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.survey import definition as shared
from cxdash.survey.cells import Fault
from cxdash.survey.form import Form

FORMAT = 1


def options(p: argparse.ArgumentParser, command: Callable[..., argparse.ArgumentParser]) -> None:
    """`form export` and `form import`; command adds one of them to the subparsers of `p`."""
    actions = p.add_subparsers(required=True, metavar="ACTION")
    made = command("export", _export, "Write a programme's definition, or one questionnaire as a workbook.", actions)
    made.add_argument("--program", required=True, help="slug")
    made.add_argument("--survey", metavar="CODE", help="the questionnaire for a workbook (default: the only one)")
    made.add_argument("--out", type=Path, metavar="FILE", help=".json or .xlsx; default: the definition on stdout")
    made.add_argument("--force", action="store_true", help="write over a file that exists")
    made = command("import", _import, "Bring in a definition as a new programme, or a workbook as a draft.", actions)
    made.add_argument("file", type=Path)
    made.add_argument("--as", dest="name", default="", metavar="NAME", help="name of the new programme (default: as in the file)")
    made.add_argument("--program", help="programme that a workbook's questionnaire belongs to")
    made.add_argument("--survey", metavar="CODE", help="questionnaire whose draft a workbook replaces (default: a new one)")
    made.add_argument("--dry-run", action="store_true", help="read and check everything, store nothing")


def _export(args: argparse.Namespace, words: Words) -> None:
    out: Path | None = args.out
    if out is not None and out.exists() and not args.force:
        raise Conflict("sheet.cli.exists", file=str(out))
    with runtime.looking() as deps:
        if out is not None and out.suffix.lower() == ".xlsx":
            content = _workbook(deps, args.program, args.survey, words.language)
        else:
            found = definition.export(deps, LOCAL, program=args.program)
            if out is None:
                words.data(lambda: shared.to_json(found), lambda: [shared.dumps(found).rstrip("\n")])
                return
            content = shared.dumps(found).encode()
    try:
        out.write_bytes(content)
    except OSError as error:
        raise FileError("sheet.cli.unwritable", file=str(out)) from error
    words.say("sheet.cli.written", file=str(out))
    words.data(lambda: {"format": FORMAT, "program": args.program, "file": str(out), "bytes": len(content)}, tuple)


def _workbook(deps: Deps, program: str, code: str | None, language: str) -> bytes:
    from cxdash.export.questionnaire import to_xlsx

    known = [info.code for info in surveys.list_surveys(deps, LOCAL, program=program)]
    if code is None and len(known) != 1:
        raise Conflict("sheet.cli.which", known=", ".join(known) or "–")
    return to_xlsx(surveys.draft(deps, LOCAL, program=program, code=code or known[0]).form, language)


def _import(args: argparse.Namespace, words: Words) -> None:
    path = _readable(args.file)
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        _definition(args, words, path)
    elif args.program is None:
        raise Conflict("sheet.cli.program")
    else:
        _questionnaire(args, words, path)


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise FileError("service.file.folder" if path.is_dir() else "service.file.missing", file=str(path))
    return path


def _definition(args: argparse.Namespace, words: Words, path: Path) -> None:
    found = definition.load(LOCAL, path)
    if args.dry_run:
        made = definition.Brought(found.code, len(found.stages), len(found.questions), len(found.waves), len(found.surveys))
    else:
        made = definition.bring(runtime.start(demo=False), LOCAL, found, name=args.name)
    words.say("sheet.cli.checked" if args.dry_run else "sheet.cli.brought", program=made.program)
    words.data(lambda: {"format": FORMAT, "dry_run": args.dry_run, **vars(made)}, tuple)


def _questionnaire(args: argparse.Namespace, words: Words, path: Path) -> None:
    deps = runtime.start(demo=False)
    seen = designing.sketch(deps, LOCAL, program=args.program, code=args.survey) if args.survey else None
    published = surveys.published(deps, LOCAL, program=args.program, code=args.survey) if args.survey else None
    found = authoring.read(deps, LOCAL, path, name=path.name, draft=seen.form if seen else None, published=published)
    for fault in (*found.reading.faults, *found.reading.notes):
        words.say("sheet.cli.fault", place=words_of.place(fault, words.language), text=words_of.sentence(fault, words.language))
    if found.form is None:
        raise FileError("sheet.cli.faults", n=len(found.reading.faults))
    form, code = found.form, args.survey
    if not args.dry_run:
        if seen is not None:
            designing.change(deps, LOCAL, seen=seen, edit=lambda _form: form, alone=True)
        else:
            code = authoring.begin(deps, LOCAL, program=args.program, code=path.stem, form=form)
    words.say("sheet.cli.checked" if args.dry_run else "sheet.cli.drafted", program=args.program, survey=code or "–")
    words.data(lambda: _taken(args, words.language, code, form, found.kept, found.reading.notes), tuple)


def _taken(
    args: argparse.Namespace, language: str, code: str | None, form: Form, kept: Sequence[str], notes: Sequence[Fault]
) -> dict[str, Any]:
    return {
        "format": FORMAT, "dry_run": args.dry_run, "program": args.program, "survey": code, "stages": len(form.stages),
        "questions": len(form.questions), "kept": list(kept),
        "notes": [
            {"sheet": n.sheet, "row": n.row or None, "column": n.letter or None, "heading": n.heading or None, "key": n.key,
             "text": words_of.sentence(n, language)}
            for n in notes
        ],
    }  # fmt: skip
