"""`cxdash account`: for who is locked out; what is printed and what docs/cli.md says of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from cxdash import cli, runtime
from cxdash.services import entry, passwords, sessions, signin
from cxdash.services.sessions import Where
from tests.serving import ROOT

SECTION = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").split("## cxdash account")[1].split("\n## ")[0]
GOOD = "tiger lamp 42"


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXDASH_HOME", str(tmp_path))
    monkeypatch.setenv("CXDASH_SCREENS_URL", "https://cx.example.com")
    for name in ("CXDASH_DATABASE_URL", "CXDASH_OPEN", "CXDASH_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(runtime, "_deps", None)
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main([str(word) for word in words], out, err), out.getvalue(), err.getvalue()


def told(*words: object) -> dict[str, Any]:
    code, out, err = run("account", *words, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert not [name for name in (*found, *(found.get("accounts") or [{}])[0]) if f"`{name}`" not in SECTION]
    return found


def entered(link: str) -> str:
    outcome = entry.accept(runtime.start(), token=link.rpartition("/")[2], password=GOOD, where=Where())
    return outcome.secret


def test_locked_out_and_in_again() -> None:
    made = told("add", "Kim@example.com", "--role", "admin", "--name", "김관리")
    assert made["link"].startswith("https://cx.example.com/auth/link/") and made["email"] == "kim@example.com"
    secret = entered(made["link"])
    assert sessions.known(runtime.start(), secret) is not None
    again = told("reset", "kim@example.com", "--second")
    assert sessions.known(runtime.start(), secret) is None
    assert signin.sign_in(runtime.start(), email="kim@example.com", password=GOOD, where=Where()).state == "wrong"
    entered(again["link"])
    [listed] = told("list")["accounts"]
    assert (listed["role"], listed["state"], listed["programs"], listed["sessions"]) == ("admin", "active", None, 1)
    code, _, err = run("account", "disable", "kim@example.com")
    assert code == 4 and "관리자" in err  # the last one stays


def test_narrow_disabled_and_enabled() -> None:
    told("add", "kim@example.com", "--role", "admin")
    link = told("add", "lee@example.com", "--role", "viewer", "--program", "air")["link"]
    secret = entered(link)
    assert told("disable", "LEE@example.com")["state"] == "disabled" and sessions.known(runtime.start(), secret) is None
    assert told("enable", "lee@example.com")["state"] == "active"
    code, out, _ = run("account", "list")
    assert code == 0 and out.splitlines()[1].startswith("lee@example.com\tviewer\tactive\tair\t")


@pytest.mark.parametrize("words", [
    ("add", "no address", "--role", "viewer"), ("reset", "nobody@example.com"), ("disable", "nobody@example.com"),
])  # fmt: skip
def test_what_cannot_be_done(words: tuple[str, ...]) -> None:
    code, out, err = run("account", *words)
    assert (code, out) == (4, "") and err.strip() and "Traceback" not in err
