"""The command line: the main job without a browser. stdout is data, stderr is words. docs/cli.md describes it.

Exit codes: 0 done · 2 wrong arguments · 3 the file cannot be read or its mapping does not fit · 4 it contradicts what is stored
(same file, other scale, unknown programme) · 5 settings that cannot work · 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from cxdash import i18n, runtime
from cxdash.cli_form import figures_json, import_json, inspection_json, lines_of_import, lines_of_inspection, lines_of_metrics, said
from cxdash.config import load_settings
from cxdash.errors import Cancelled, ConfigError, CxError, FileError, NotFound
from cxdash.ingest.json_form import mapping_from_json
from cxdash.ingest.plan import Mapping
from cxdash.services import imports, metrics, programs
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps

OK, USAGE, FILE, STATE, SETTINGS, STOPPED = 0, 2, 3, 4, 5, 130


def main(argv: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run one command; returns its exit code."""
    out, err = out or sys.stdout, err or sys.stderr
    args = _parser().parse_args(argv)
    try:
        language = args.language or load_settings().language
        args.run(args, _Words(language, out, err))
    except (CxError, KeyboardInterrupt) as error:
        return _failed(error, args.language or "ko", err)
    return OK


class _Words:
    """Where a command writes: data to out, words to err."""

    def __init__(self, language: str, out: TextIO, err: TextIO) -> None:
        self.language, self._out, self._err = language, out, err

    def data(self, document: Any) -> None:
        print(json.dumps(document, ensure_ascii=False, indent=1, default=str), file=self._out)

    def line(self, text: str) -> None:
        print(text, file=self._out)

    def say(self, key: str, **params: object) -> None:
        print(i18n.text(key, self.language, **params), file=self._err)


def _failed(error: BaseException, language: str, err: TextIO) -> int:
    if isinstance(error, KeyboardInterrupt):
        return STOPPED
    assert isinstance(error, CxError)
    print(said(error.key, error.params, language), file=err)
    if error.fix:
        print(said(error.fix, error.params, language), file=err)
    codes: list[tuple[type[CxError], int]] = [(FileError, FILE), (ConfigError, SETTINGS), (Cancelled, STOPPED)]
    return next((code for kind, code in codes if isinstance(error, kind)), STATE)


def _inspect(args: argparse.Namespace, words: _Words) -> None:
    found = imports.inspect(_deps(), LOCAL, _file(args.file), name=args.file.name, program=args.program, sheet=args.sheet)
    if args.json:
        words.data(inspection_json(found, words.language))
    else:
        for line in lines_of_inspection(found, words.language):
            words.line(line)


def _import(args: argparse.Namespace, words: _Words) -> None:
    deps, path = _deps(), _file(args.file)
    fingerprint = ""
    if args.mapping:
        mapping = _mapping(deps, args.mapping)
    else:
        found = imports.inspect(deps, LOCAL, path, name=path.name, program=args.program, sheet=args.sheet)
        mapping, fingerprint = found.proposal.mapping, found.proposal.fingerprint
        for column in mapping.columns:
            for question in column.questions:
                words.say("cli.unconfirmed", column=column.header, question=said(question.key, question.params, words.language))
    order = imports.Order(args.program, args.wave, mapping, on_problem=args.on_problem, save_as=args.save_mapping, force=args.force,
                          dry_run=args.dry_run)
    result = imports.commit(deps, LOCAL, path, name=path.name, order=order, fingerprint=fingerprint)
    if args.json:
        words.data(import_json(result, words.language, dry_run=args.dry_run))
    else:
        for line in lines_of_import(result, words.language, dry_run=args.dry_run):
            words.line(line)


def _metrics(args: argparse.Namespace, words: _Words) -> None:
    result = metrics.metrics(_deps(), LOCAL, program=args.program, by=args.by, filters=args.filter, since=args.since, until=args.until,
                             weighted=args.weighted)
    if args.json:
        words.data(figures_json(result, words.language))
    else:
        for line in lines_of_metrics(result, words.language):
            words.line(line)


def _demo(args: argparse.Namespace, words: _Words) -> None:
    if args.action == "add":
        words.say("cli.demo.added", program=programs.add_demo(_deps(), LOCAL))
    else:
        words.say("cli.demo.removed", n=programs.remove_program(_deps(), LOCAL, program=programs.DEMO, confirm=""))


def _programs(args: argparse.Namespace, words: _Words) -> None:
    found = programs.list_programs(_deps(), LOCAL)
    if args.json:
        words.data({"programs": [{"program": p.slug, "name": p.name, "demo": p.demo, "responses": p.responses} for p in found]})
    else:
        for p in found:
            words.line(f"{p.slug}\t{p.name.get(words.language) or p.slug}\t{p.responses}")


def _history(args: argparse.Namespace, words: _Words) -> None:
    words.data({"imports": [vars(i) for i in imports.history(_deps(), LOCAL, program=args.program)]})


def _undo(args: argparse.Namespace, words: _Words) -> None:
    done = imports.undo(_deps(), LOCAL, import_id=args.id)
    words.say("cli.undone", id=args.id, deleted=done.deleted, restored=done.restored)


def _deps() -> Deps:
    return runtime.start()


def _file(path: Path) -> Path:
    if not path.is_file():
        raise FileError("service.file.missing", file=str(path))
    return path


def _mapping(deps: Deps, name: str) -> Mapping:
    """A JSON file when there is one of that name, else a mapping saved under it."""
    path = Path(name)
    if path.suffix.lower() == ".json" or path.is_file():
        return mapping_from_json(_document(_file(path)))
    return imports.saved_mapping(deps, LOCAL, name=name)


def _document(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileError("service.mapping.not_json", file=path.name, detail=str(error)) from error


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cxdash", description="Any spreadsheet of survey answers in, honest numbers out.")
    parser.add_argument("--language", choices=i18n.LANGUAGES, help="language of words (default: CXDASH_LANGUAGE)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace, _Words], None], about: str, *, json_option: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(run=run)
        if json_option:
            made.add_argument("--json", action="store_true", help="print JSON with named fields")
        return made

    p = command("inspect", _inspect, "Say what a file holds and what each column seems to be.")
    p.add_argument("file", type=Path)
    p.add_argument("--sheet", help="sheet to read instead of the proposed one")
    p.add_argument("--program", help="recognise columns this programme has met before")

    p = command("import", _import, "Store the responses of a file, all or nothing.")
    p.add_argument("file", type=Path)
    p.add_argument("--program", required=True, help="programme (made when it does not exist)")
    p.add_argument("--wave", required=True, help="wave (made when it does not exist)")
    p.add_argument("--mapping", help="saved mapping, or a JSON file such as `inspect --json` prints; default: the proposal")
    p.add_argument("--sheet", help="sheet to read instead of the proposed one")
    p.add_argument("--on-problem", choices=("missing", "drop"), default="missing", help="a problem cell becomes missing, or its row is left out")
    p.add_argument("--save-mapping", metavar="NAME", help="keep the mapping under this name")
    p.add_argument("--force", action="store_true", help="store a file again that is stored already")
    p.add_argument("--dry-run", action="store_true", help="read and check everything, store nothing")

    p = command("metrics", _metrics, "Print the figures of the screens with n and interval.")
    p.add_argument("--program", required=True)
    p.add_argument("--by", metavar="ATTRIBUTE", help="also per value of this attribute (key or header), wave or source")
    p.add_argument("--filter", metavar="KEY=VALUE", type=_pair, action="append", default=[], help="repeatable; same key: or, other keys: and")
    p.add_argument("--since", type=date.fromisoformat, help="first day, YYYY-MM-DD")
    p.add_argument("--until", type=date.fromisoformat, help="last day, YYYY-MM-DD")
    p.add_argument("--weighted", action="store_true", help="use the response weights")

    command("programs", _programs, "List the programmes.")
    p = command("demo", _demo, "Add or remove the sample programme.", json_option=False)
    p.add_argument("action", choices=("add", "remove"))
    p = command("history", _history, "Print the imports as JSON, newest first.", json_option=False)
    p.add_argument("--program")
    p = command("undo", _undo, "Take an import back whole.", json_option=False)
    p.add_argument("id", type=int, help="number of the import (see history)")
    return parser
