"""`cxdash account`: accounts without a browser, for an administrator who is locked out. docs/cli.md describes it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from cxdash import i18n, runtime
from cxdash.cli_form import Words
from cxdash.errors import NotFound
from cxdash.services import accounts, entry
from cxdash.services.accounts import ROLES, AccountInfo, Rights
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps

FORMAT = 1
_NOWHERE = "http://localhost:8501"


def options(p: argparse.ArgumentParser, command: Callable[..., argparse.ArgumentParser]) -> None:
    """`account add`, `reset`, `disable`, `enable` and `list`; command adds one of them to the subparsers of `p`."""
    actions = p.add_subparsers(required=True, metavar="ACTION")
    made = command("add", _add, "Invite somebody; prints the link that sets the password.", actions)
    made.add_argument("email")
    made.add_argument("--role", required=True, choices=[role.value for role in ROLES])
    made.add_argument("--name", default="", help="how the person is called on screen")
    made.add_argument("--program", action="append", metavar="SLUG", help="repeatable: only these programmes (default: all)")
    made = command("reset", _reset, "Take the password away and end all sessions; prints the link that sets a new one.", actions)
    made.add_argument("email")
    made.add_argument("--second", action="store_true", help="also turn the second factor off")
    command("disable", _disable, "Disable an account; its sessions end at once.", actions).add_argument("email")
    command("enable", _enable, "Enable a disabled account.", actions).add_argument("email")
    command("list", _list, "List the accounts.", actions)


def _add(args: argparse.Namespace, words: Words) -> None:
    deps = runtime.start(demo=False)
    rights = Rights(RoleName(args.role), None if args.program is None else tuple(args.program))
    info, token = accounts.invite(deps, LOCAL, email=args.email, name=args.name, rights=rights, language=words.language)
    _told_link(deps, words, info, token)


def _reset(args: argparse.Namespace, words: Words) -> None:
    deps = runtime.start(demo=False)
    info = _found(deps, args.email)
    token = accounts.reset(deps, LOCAL, account_id=info.id)
    if args.second:
        accounts.drop_second(deps, LOCAL, account_id=info.id)
    _told_link(deps, words, info, token)


def _disable(args: argparse.Namespace, words: Words) -> None:
    deps = runtime.start(demo=False)
    info = _found(deps, args.email)
    accounts.disable(deps, LOCAL, account_id=info.id)
    words.say("cli.account.disabled", email=info.email)
    words.data(lambda: {"format": FORMAT, "email": info.email, "state": "disabled"}, tuple)


def _enable(args: argparse.Namespace, words: Words) -> None:
    deps = runtime.start(demo=False)
    info = _found(deps, args.email)
    accounts.enable(deps, LOCAL, account_id=info.id)
    now = _found(deps, args.email)
    words.say("cli.account.enabled", email=info.email)
    words.data(lambda: {"format": FORMAT, "email": info.email, "state": now.state}, tuple)


def _list(_args: argparse.Namespace, words: Words) -> None:
    with runtime.looking() as deps:
        found = accounts.list_accounts(deps, LOCAL)
    words.data(lambda: {"format": FORMAT, "accounts": [_json(info) for info in found]}, lambda: map(_line, found))


def _found(deps: Deps, email: str) -> AccountInfo:
    wanted = email.strip().casefold()
    found = next((info for info in accounts.list_accounts(deps, LOCAL) if info.email == wanted), None)
    if found is None:
        raise NotFound("signin.unknown", name=email[:80])
    return found


def _told_link(deps: Deps, words: Words, info: AccountInfo, token: str) -> None:
    link = f"{deps.settings.screens_url or _NOWHERE}{entry.PATH}{token}"
    words.say("cli.account.link", email=info.email)
    words.data(lambda: {"format": FORMAT, "email": info.email, "link": link}, lambda: [link])


def _json(info: AccountInfo) -> dict[str, Any]:
    return {
        "email": info.email, "name": info.name, "role": info.rights.role.value, "state": info.state, "programs": info.rights.programs,
        "rows": dict(info.rights.rows or {}), "grants": sorted(grant.value for grant in info.rights.grants), "second": info.totp,
        "origin": info.origin, "sessions": info.sessions, "signed_in_at": info.signed_in_at and info.signed_in_at.isoformat(),
    }  # fmt: skip


def _line(info: AccountInfo) -> str:
    seen = f"{info.signed_in_at:%Y-%m-%dT%H:%MZ}" if info.signed_in_at else i18n.NOTHING
    programs = "*" if info.rights.programs is None else ",".join(info.rights.programs)
    return "\t".join((info.email, info.rights.role.value, info.state, programs, seen, info.name))
