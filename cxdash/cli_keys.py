"""`cxdash key`: the keys of machines without a browser. docs/cli.md describes it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from cxdash import i18n, runtime
from cxdash.cli_form import Words
from cxdash.services import machines
from cxdash.services.actor import LOCAL
from cxdash.services.machines import RATE, SCOPES, KeyInfo

FORMAT = 1


def options(p: argparse.ArgumentParser, command: Callable[..., argparse.ArgumentParser]) -> None:
    """`key create`, `key list` and `key revoke`; command adds one of them to the subparsers of `p`."""
    actions = p.add_subparsers(required=True, metavar="ACTION")
    made = command("create", _create, "Make a key; it is printed once.", actions)
    made.add_argument("--program", required=True, help="slug or name of the programme it opens")
    made.add_argument("--name", required=True, help="what it is for")
    made.add_argument("--scope", required=True, action="append", choices=SCOPES, help="repeatable: what it may do")
    made.add_argument("--rate", type=int, default=RATE, metavar="N", help=f"requests a minute (default: {RATE})")
    made = command("list", _list, "List the keys of a programme.", actions)
    made.add_argument("--program", required=True, help="slug or name")
    made = command("revoke", _revoke, "Revoke a key: from the next request on it opens nothing.", actions)
    made.add_argument("id", type=int, help="number of the key (see list)")
    made.add_argument("--program", required=True, help="slug or name")


def _create(args: argparse.Namespace, words: Words) -> None:
    info, key = machines.create_key(
        runtime.start(demo=False), LOCAL, program=args.program, name=args.name, scopes=list(dict.fromkeys(args.scope)), rate=args.rate
    )
    words.say("api.cli.once")
    words.data(lambda: {"format": FORMAT, "program": args.program, **_json(info), "key": key}, lambda: [key])


def _list(args: argparse.Namespace, words: Words) -> None:
    with runtime.looking() as deps:
        found = machines.list_keys(deps, LOCAL, program=args.program)
    words.data(
        lambda: {"format": FORMAT, "program": args.program, "keys": [_json(info) for info in found]},
        lambda: (_line(info, words.language) for info in found),
    )


def _revoke(args: argparse.Namespace, words: Words) -> None:
    machines.revoke_key(runtime.start(demo=False), LOCAL, program=args.program, key_id=args.id)
    words.say("api.cli.revoked", id=str(args.id))
    words.data(lambda: {"format": FORMAT, "program": args.program, "id": args.id}, tuple)


def _json(info: KeyInfo) -> dict[str, Any]:
    return {
        "id": info.id, "name": info.name, "prefix": info.prefix, "scopes": list(info.scopes), "rate": info.rate,
        "created_at": info.created_at.isoformat(), "created_by": info.created_by,
        "last_used_at": info.last_used_at and info.last_used_at.isoformat(), "revoked_at": info.revoked_at and info.revoked_at.isoformat(),
    }  # fmt: skip


def _line(info: KeyInfo, language: str) -> str:
    used = f"{info.last_used_at:%Y-%m-%dT%H:%MZ}" if info.last_used_at else i18n.NOTHING
    state = i18n.text("api.cli.state_revoked" if info.revoked_at else "api.cli.state_valid", language)
    return "\t".join((str(info.id), info.name, f"{info.prefix}…", ",".join(info.scopes), str(info.rate), used, state))
