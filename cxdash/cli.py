"""The command line: the main job without a browser. stdout is data, stderr is words. docs/cli.md describes it.

Exit codes: 0 done · 1 unexpected error · 2 wrong arguments · 3 the file cannot be read or its mapping does not fit · 4 it contradicts what
is stored (same file, other scale, unknown programme) · 5 settings that cannot work · 6 `check` found something broken ·
130 stopped by the user.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from cxdash import cli_account, cli_care, cli_design, cli_keys, cli_people, i18n, runtime
from cxdash import cli_form as form
from cxdash.cli_form import Words
from cxdash.config import load_settings
from cxdash.errors import Cancelled, ConfigError, CxError, FileError
from cxdash.ingest.json_form import mapping_from_json
from cxdash.ingest.plan import Mapping
from cxdash.services import history, imports, metrics, postman, programs
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps

OK, UNEXPECTED, USAGE, FILE, STATE, SETTINGS, UNSOUND, STOPPED = 0, 1, 2, 3, 4, 5, 6, 130
_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (cli_care.Unsound, UNSOUND), (FileError, FILE), (ConfigError, SETTINGS), (Cancelled, STOPPED),
    (KeyboardInterrupt, STOPPED), (CxError, STATE))
log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Run one command; returns its exit code. Wrong arguments exit (SystemExit 2) with the usage on stderr."""
    out, err = out or _utf8(sys.stdout), err or _utf8(sys.stderr)
    args = _parser().parse_args(argv)
    language = getattr(args, "language", None)
    try:
        language = language or load_settings().language
        args.run(args, Words(language, out, err, bool(getattr(args, "json", False))))
        out.flush()
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (Exception, KeyboardInterrupt) as error:
        return _failed(error, language or "ko", err)
    return OK


def _utf8(stream: TextIO) -> TextIO:
    """Korean goes out whole whatever the machine's locale says."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return stream


def _failed(error: BaseException, language: str, err: TextIO) -> int:
    if isinstance(error, CxError):
        for key in (error.key, error.fix):
            if key:
                print(form.said(key, error.params, language), file=err)
    elif not isinstance(error, KeyboardInterrupt):
        log.debug("unexpected", exc_info=error)
        print(f"{i18n.text('error.unexpected', language)}\n{type(error).__name__}: {error}", file=err)
    return next((code for kind, code in _CODES if isinstance(error, kind)), UNEXPECTED)


def _inspect(args: argparse.Namespace, words: Words) -> None:
    path = _file(args.file)
    with runtime.looking() as deps:
        found = imports.inspect(deps, LOCAL, path, name=path.name, program=args.program, sheet=args.sheet)
    words.data(lambda: form.inspection_json(found, words.language), lambda: form.lines_of_inspection(found, words.language))


def _import(args: argparse.Namespace, words: Words) -> None:
    path = _file(args.file)
    with runtime.looking() if args.dry_run else nullcontext(runtime.start(demo=False)) as deps:
        mapping, fingerprint = _told(deps, args, path, words)
        order = imports.Order(args.program, args.wave, mapping, on_problem=args.on_problem, save_as=args.save_mapping, force=args.force,
                              dry_run=args.dry_run)
        result = imports.commit(deps, LOCAL, path, name=path.name, order=order, fingerprint=fingerprint)
    words.data(lambda: form.import_json(result, words.language, dry_run=args.dry_run),
               lambda: form.lines_of_import(result, words.language, dry_run=args.dry_run))


def _told(deps: Deps, args: argparse.Namespace, path: Path, words: Words) -> tuple[Mapping, str]:
    """The mapping and the fingerprint of its layout: the one asked for, else the proposal, whose open questions are said."""
    if args.mapping:
        return _mapping(deps, args.mapping, path)
    found = imports.inspect(deps, LOCAL, path, name=path.name, program=args.program, sheet=args.sheet)
    for note in found.proposal.notes:
        words.say(note.key, **note.params)
    for column in found.proposal.mapping.columns:
        for question in column.questions:
            words.say("cli.unconfirmed", column=column.header, question=form.said(question.key, question.params, words.language))
    return found.proposal.mapping, found.proposal.fingerprint


def _metrics(args: argparse.Namespace, words: Words) -> None:
    with runtime.looking() as deps:
        result = metrics.metrics(deps, LOCAL, program=args.program, by=args.by, filters=args.filter, since=args.since, until=args.until,
                                 weighted=args.weighted)
    for key, value in result.unmatched:
        words.say("cli.metrics.unmatched", key=key, value=value)
    words.data(lambda: form.figures_json(result, words.language), lambda: form.lines_of_metrics(result, words.language))


def _demo(args: argparse.Namespace, words: Words) -> None:
    deps = runtime.start(demo=False)
    if args.action == "add":
        slug = programs.add_demo(deps, LOCAL)
        words.say("cli.demo.added", program=slug)
        words.data(lambda: {"format": form.FORMAT, "program": slug, "action": "add"}, tuple)
        return
    n = programs.remove_program(deps, LOCAL, program=programs.DEMO, confirm="")
    words.say("cli.demo.removed", n=n)
    words.data(lambda: {"format": form.FORMAT, "program": programs.DEMO, "action": "remove", "deleted": n}, tuple)


def _programs(args: argparse.Namespace, words: Words) -> None:
    with runtime.looking() as deps:
        found, stored = programs.list_programs(deps, LOCAL), programs.count_responses(deps, LOCAL)
    words.data(
        lambda: form.programs_json(found, stored),
        lambda: (f"{p.slug}\t{p.name.get(words.language) or p.slug}\t{stored.get(p.slug, 0)}" for p in found),
    )


def _history(args: argparse.Namespace, words: Words) -> None:
    with runtime.looking() as deps:
        found = history.history(deps, LOCAL, program=args.program)
    words.data(lambda: form.history_json(found), lambda: form.lines_of_history(found, words.language))


def _send_mail(args: argparse.Namespace, words: Words) -> None:
    done = postman.deliver(runtime.start(demo=False), most=args.most)
    words.say("cli.mail.sent", sent=done.sent, later=done.later, failed=done.failed)
    words.data(lambda: {"format": form.FORMAT, "sent": done.sent, "later": done.later, "failed": done.failed}, tuple)
    if done.trouble is not None:
        raise done.trouble


def _undo(args: argparse.Namespace, words: Words) -> None:
    done = history.undo(runtime.start(demo=False), LOCAL, import_id=args.id)
    words.say("cli.undone", id=str(args.id), deleted=done.deleted, restored=done.restored)
    words.data(lambda: {"format": form.FORMAT, "id": args.id, "deleted": done.deleted, "restored": done.restored}, tuple)


def _serve_respond(args: argparse.Namespace, words: Words) -> None:
    from cxdash.edge import respondents  # the web server is nobody else's burden

    runtime.start(demo=False)  # a setting that cannot work is said here, once, instead of by every worker
    words.say("cli.serving", address=f"http://{args.host}:{args.port}", n=args.workers)
    respondents.serve(args.host, args.port, args.workers)


def _at_least_one(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 64")
    return int(text)


def _file(path: Path) -> Path:
    if path.is_dir():
        raise FileError("service.file.folder", file=str(path))
    if not path.is_file():
        raise FileError("service.file.missing", file=str(path))
    if not os.access(path, os.R_OK):
        raise FileError("service.file.unreadable", file=str(path))
    return path


def _mapping(deps: Deps, name: str, path: Path) -> tuple[Mapping, str]:
    """A JSON file when there is one of that name, else a saved mapping; with the fingerprint when it was made for this very file."""
    given = Path(name)
    if given.suffix.lower() != ".json" and not given.is_file():
        return imports.saved_mapping(deps, LOCAL, name=name), ""
    document = _document(_file(given))
    mapping = mapping_from_json(document)
    same = bool(mapping.sha256) and mapping.sha256 == imports.file_digest(path)
    return mapping, str(document.get("fingerprint") or "") if same else ""


def _document(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileError("service.mapping.not_json", file=path.name, detail=str(error)) from error


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value.strip()


def _parser() -> argparse.ArgumentParser:
    said = {"choices": i18n.LANGUAGES, "help": "language of words (default: CXDASH_LANGUAGE)"}
    parser = argparse.ArgumentParser(prog="cxdash", description="Any spreadsheet of survey answers in, honest numbers out.")
    parser.add_argument("--language", default=None, **said)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace, Words], None] | None, about: str, under: Any = commands
    ) -> argparse.ArgumentParser:
        made = under.add_parser(name, help=about, description=about)
        if run is None:  # it has commands of its own
            return made
        made.set_defaults(run=run)
        made.add_argument("--language", default=argparse.SUPPRESS, **said)
        made.add_argument("--json", action="store_true", help="print one JSON document with named fields")
        return made

    p = command("inspect", _inspect, "Say what a file holds and what each column seems to be.")
    p.add_argument("file", type=Path)
    p.add_argument("--sheet", help="sheet to read instead of the proposed one")
    p.add_argument("--program", help="recognise columns this programme has met before")
    _import_options(command("import", _import, "Store the responses of a file, all or nothing."))
    _metrics_options(command("metrics", _metrics, "Print the figures of the screens with n and interval."))
    command("programs", _programs, "List the programmes.")
    command("demo", _demo, "Add or remove the sample programme.").add_argument("action", choices=("add", "remove"))
    command("history", _history, "List the imports, newest first.").add_argument("--program", help="only of this programme")
    p = command("send-mail", _send_mail, "Send the mails that are due, for a cron job where the app does not send them.")
    p.add_argument("--most", type=int, metavar="N", help="at most so many mails")
    command("undo", _undo, "Take an import back whole.").add_argument("id", type=int, help="number of the import (see history)")
    cli_design.options(command("form", None, "Definitions of programmes and questionnaires: out and in."), command)
    cli_keys.options(command("key", None, "Keys of machines: make, list, revoke."), command)
    cli_account.options(command("account", None, "Accounts: invite, new password, disable, list."), command)
    cli_care.options(command)
    cli_people.options(command)
    p = command("serve-respond", _serve_respond, "Serve respondents and machines only, without the screens.")
    p.add_argument("--workers", type=_at_least_one, default=1, metavar="N", help="processes on the same database (default: 1)")
    p.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    p.add_argument("--port", type=int, default=8502, help="default: 8502")
    return parser


def _import_options(p: argparse.ArgumentParser) -> None:
    p.add_argument("file", type=Path)
    p.add_argument("--program", required=True, help="programme (made when it does not exist)")
    p.add_argument("--wave", required=True, help="wave (made when it does not exist)")
    p.add_argument(
        "--mapping", metavar="NAME|FILE", help="saved mapping, or a JSON file such as `inspect --json` prints; default: the proposal"
    )
    p.add_argument("--sheet", help="sheet to read instead of the proposed one (without --mapping)")
    p.add_argument(
        "--on-problem", choices=("missing", "drop"), default="missing", help="a problem cell becomes missing, or its row is left out"
    )
    p.add_argument("--save-mapping", metavar="NAME", help="keep the mapping under this name")
    p.add_argument("--force", action="store_true", help="store a file again that is stored already")
    p.add_argument("--dry-run", action="store_true", help="read and check everything, store nothing")


def _metrics_options(p: argparse.ArgumentParser) -> None:
    p.add_argument("--program", required=True, help="slug or name")
    p.add_argument(
        "--by", metavar="ATTRIBUTE", help="also per value of this attribute (key, wording or header), of wave, source or a period"
    )
    p.add_argument(
        "--filter", metavar="KEY=VALUE", type=_pair, action="append", default=[], help="repeatable; same key: or, other keys: and"
    )
    p.add_argument("--since", metavar="DATE", type=date.fromisoformat, help="first day, YYYY-MM-DD")
    p.add_argument("--until", metavar="DATE", type=date.fromisoformat, help="last day, YYYY-MM-DD")
    p.add_argument("--weighted", action="store_true", help="use the response weights")
