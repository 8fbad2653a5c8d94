"""The commands of whoever looks after a server: back up, restore, check. docs/cli.md describes them."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cxdash import i18n, runtime
from cxdash.cli_form import Words
from cxdash.errors import ConfigError, Conflict, CxError, FileError
from cxdash.services import backup, checkup
from cxdash.services.actor import LOCAL

FORMAT = 1


class Unsound(CxError):
    """What was found stands on stdout; the exit code says that it is bad."""


def options(command: Callable[..., argparse.ArgumentParser]) -> None:
    made = command("backup", _backup, "Write the whole store into one file, while it is in use.")
    made.add_argument("file", type=Path, help="such as cxdash-2026-11-22.backup")
    made.add_argument("--encrypt", action="store_true", help="under a passphrase")
    made.add_argument("--force", action="store_true", help="write over a file that exists")
    _passphrase_option(made)
    made = command("restore", _restore, "Bring a backup back into an empty database.")
    made.add_argument("file", type=Path)
    _passphrase_option(made)
    command("check", _check, "Look whether the store is whole and the installation sane; changes nothing.")


def _passphrase_option(made: argparse.ArgumentParser) -> None:
    made.add_argument("--passphrase-file", type=Path, metavar="FILE",
                      help="its first line (default: CXDASH_BACKUP_PASSPHRASE, else asked for)")


def _backup(args: argparse.Namespace, words: Words) -> None:
    with runtime.as_it_is() as deps:
        passphrase = _passphrase(args, deps.settings.backup_passphrase, words, twice=True) if args.encrypt else ""
        made = backup.back_up(deps, LOCAL, args.file, passphrase=passphrase, force=args.force)
    words.say("care.made", file=str(made.path), rows=made.rows, mb=f"{made.size / 1e6:,.1f}")
    words.data(lambda: {"format": FORMAT, **asdict(made), "path": str(made.path)}, tuple)


def _restore(args: argparse.Namespace, words: Words) -> None:
    if not args.file.is_file():
        raise FileError("service.file.missing", file=str(args.file))
    with runtime.as_it_is(new=True) as deps:
        sealed = _needs_passphrase(args.file)
        passphrase = _passphrase(args, deps.settings.backup_passphrase, words, twice=False) if sealed else ""
        done = backup.restore(deps, LOCAL, args.file, passphrase=passphrase)
    words.say("care.restored", made=done.made_at, rows=done.rows)
    words.data(lambda: {"format": FORMAT, **asdict(done)}, tuple)


def _needs_passphrase(path: Path) -> bool:
    with path.open("rb") as file:
        return backup.is_sealed(file)


def _check(args: argparse.Namespace, words: Words) -> None:
    with runtime.as_it_is() as deps:
        found = checkup.check(deps, LOCAL)
    lines = [(f.level, i18n.text(f.key, words.language, **f.params)) for f in found.findings]
    words.data(lambda: _document(found, words.language),
               lambda: (f"{i18n.text(_LEVELS[level], words.language)}\t{said}" for level, said in lines))
    if not found.sound:
        raise Unsound("care.check.unsound")
    words.say("care.check.sound")


_LEVELS = {checkup.GOOD: "care.level.good", checkup.NOTE: "care.level.note", checkup.BAD: "care.level.bad"}


def _document(found: checkup.Checkup, language: str) -> dict[str, Any]:
    return {
        "format": FORMAT, "sound": found.sound,
        "findings": [
            {"level": f.level, "key": f.key, "params": f.params, "text": i18n.text(f.key, language, **f.params)} for f in found.findings
        ],
    }  # fmt: skip


def _passphrase(args: argparse.Namespace, setting: str, words: Words, *, twice: bool) -> str:
    """From the file, else the setting, else typed (twice where a slip would lock the backup for ever)."""
    if args.passphrase_file is not None:
        try:
            return args.passphrase_file.read_text(encoding="utf-8").split("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError("service.file.unreadable", file=str(args.passphrase_file)) from error
    if setting:
        return setting
    if not sys.stdin.isatty():
        raise ConfigError("care.no_passphrase", fix="care.no_passphrase.fix", name="CXDASH_BACKUP_PASSPHRASE")
    given = getpass.getpass(i18n.text("care.ask", words.language) + " ")
    if twice and getpass.getpass(i18n.text("care.ask_again", words.language) + " ") != given:
        raise Conflict("care.not_the_same")
    return given
