"""`cxdash key`: make, list, revoke; what is printed and what docs/cli.md says of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cxdash import cli, runtime
from cxdash.services import machines
from tests.respond.machines import open_desk
from tests.serving import ROOT

SECTION = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").split("## cxdash key")[1].split("\n## ")[0]


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXDASH_HOME", str(tmp_path))
    monkeypatch.setenv("CXDASH_DEMO", "0")
    monkeypatch.delenv("CXDASH_DATABASE_URL", raising=False)
    monkeypatch.setattr(runtime, "_deps", None)
    open_desk(runtime.start())


def run(*words: object) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return cli.main([str(word) for word in words], out, err), out.getvalue(), err.getvalue()


def told(*words: object) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert not [name for name in found if f"`{name}`" not in SECTION]
    return found


def test_made_listed_revoked() -> None:
    made = told("key", "create", "--program", "shop", "--name", "BI", "--scope", "metrics:read", "--rate", "60")
    assert machines.machine_of(runtime.start(), key=made["key"]).scopes == {"metrics:read"}  # type: ignore[union-attr]
    listed = told("key", "list", "--program", "shop")["keys"]
    assert [(k["name"], k["scopes"], k["rate"], k["revoked_at"]) for k in listed][1:] == [("BI", ["metrics:read"], 60, None)]
    assert not [name for name in listed[0] if f"`{name}`" not in SECTION] and made["key"] not in json.dumps(listed)
    assert told("key", "revoke", made["id"], "--program", "shop") == {"format": 1, "program": "shop", "id": made["id"]}
    assert machines.machine_of(runtime.start(), key=made["key"]) is None
    assert "폐기됨" in run("key", "list", "--program", "shop", "--language", "ko")[1]


def test_lines_and_words() -> None:
    code, out, err = run("key", "create", "--program", "shop", "--name", "CRM 연동", "--scope", "responses:write", "--language", "en")
    assert code == 0 and out.startswith("cx_") and out.count("\n") == 1 and "shown only now" in err
    assert "CRM 연동" in run("key", "list", "--program", "shop")[1]


@pytest.mark.parametrize(("words", "expected"), [
    (("create", "--program", "nowhere", "--name", "x", "--scope", "metrics:read"), 4),
    (("create", "--program", "shop", "--name", " ", "--scope", "metrics:read"), 4),
    (("create", "--program", "shop", "--name", "x", "--scope", "metrics:read", "--rate", "0"), 4),
    (("revoke", "999", "--program", "shop"), 4),
    (("list", "--program", "nowhere"), 4),
])
def test_what_cannot_be_done(words: tuple[str, ...], expected: int) -> None:
    code, out, err = run("key", *words)
    assert (code, out) == (expected, "") and err.strip() and "Traceback" not in err


def test_a_scope_is_one_of_three() -> None:
    with pytest.raises(SystemExit) as stopped:
        run("key", "create", "--program", "shop", "--name", "x", "--scope", "everything")
    assert stopped.value.code == 2
