"""Secrets stay where they belong: not in the repository, not in what is said when something goes wrong, not in addresses."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxdash import cli
from cxdash.config import ROOT, load_settings
from tests.serving import environment, free_port

MARKED = "Mark3d-s3cret-that-nobody-may-read"
SUFFIXES = {".py", ".md", ".toml", ".txt", ".in", ".po", ".json", ".yaml", ".yml", ".html", ".css", ".js", ".typ",
            ".example", ".service", ".timer", ""}
LOOKS_SECRET = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{20}"),
    "a cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a forge's token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40})"),
    "a chat's token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"),
    "a machine's path": re.compile(r"(?<![\w./])/(?:work|home|Users)/[a-z][a-z0-9_-]*/"),
}
SKIPPED = {".git", ".venv", "var", "artifacts", "__pycache__", ".pytest_cache", ".hypothesis", ".ruff_cache", "node_modules",
           ".import_linter_cache"}


def files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not SKIPPED & set(parts) and path.suffix in SUFFIXES and path.name != "compose-spec.json":
            yield path


def test_the_repository_holds_no_secret() -> None:
    found, seen = [], 0
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        seen += 1
        if path != Path(__file__):
            found += [(str(path.relative_to(ROOT)), what) for what, pattern in LOOKS_SECRET.items() if pattern.search(text)]
    assert seen > 500 and not found, found


def test_files_that_hold_secrets_are_never_tracked() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".streamlit/secrets.toml", "deploy/cxdash.env", "var/", "backups/"} <= set(ignored)


ALL = {
    "CXDASH_SECRET": MARKED + "1", "CXDASH_SMTP_HOST": "127.0.0.1", "CXDASH_SMTP_FROM": "a@b.example", "CXDASH_SMTP_USER": MARKED + "2",
    "CXDASH_SMTP_PASSWORD": MARKED + "3", "CXDASH_METRICS_TOKEN": MARKED + "4", "CXDASH_BACKUP_PASSPHRASE": MARKED + "5",
    "CXDASH_PERSONAL_KEY": MARKED + "6", "CXDASH_DATABASE_URL": f"postgresql://someone:{MARKED}7@127.0.0.1:1/nowhere",
}  # fmt: skip


def test_settings_show_none_of_them() -> None:
    settings = load_settings(ALL)
    assert MARKED not in repr(settings) and len([s for s in settings.secrets if MARKED in s]) == len(ALL) - 2


COMMANDS = [["check"], ["backup", "{tmp}/b"], ["restore", "{tmp}/none"], ["programs"], ["metrics", "--program", "x"]]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_that_is_away_is_told_without_its_password(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**ALL, "CXDASH_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    out, err = io.StringIO(), io.StringIO()
    code = cli.main([word.replace("{tmp}", str(tmp_path)) for word in words], out, err)
    assert code not in (0, cli.USAGE, cli.UNEXPECTED) and MARKED not in out.getvalue() + err.getvalue()


def test_a_server_that_cannot_start_tells_none_of_them(tmp_path: Path) -> None:
    env = environment(tmp_path, {**ALL, "CXDASH_OPEN": "", "CXDASH_DEMO": "0"})
    run = [sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT), "app:app", "--host", "127.0.0.1", "--port", str(free_port())]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=180, cwd=tmp_path, env=env)
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0 and "127.0.0.1" in said, said[-2000:]
    assert MARKED not in said


@pytest.mark.parametrize("name", sorted(name for name in ALL if name not in ("CXDASH_SMTP_HOST", "CXDASH_SMTP_FROM", "CXDASH_SMTP_USER")))
def test_a_setting_that_cannot_work_is_not_repeated(name: str) -> None:
    from cxdash import i18n
    from cxdash.errors import ConfigError

    bad = {"CXDASH_DATABASE_URL": f"mysql://u:{MARKED}@h/d"}.get(name, f"{MARKED} with a space\t" + "x" * 300)
    try:
        load_settings({"CXDASH_ENV": "production", "CXDASH_SECRET": MARKED + "abcdefgh", name: bad})
    except ConfigError as error:
        assert MARKED not in str(error) + i18n.said(error, "ko") + i18n.said(error, "en")
