"""An installation that was given no secret has one of its own: never the one that stands in the source."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxdash import i18n, ownsecret, runtime
from cxdash.config import DEVELOPMENT_SECRET, load_settings, settled
from cxdash.errors import ConfigError
from cxdash.store import vault


@pytest.fixture(autouse=True)
def as_before() -> object:
    """The vault goes on with what it had."""
    held = vault._settings
    yield
    vault._settings = held


def test_the_first_start_makes_it_and_every_later_one_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    env = {"CXDASH_HOME": str(home), "CXDASH_DEMO": "1"}
    assert load_settings(env).secret == DEVELOPMENT_SECRET and not home.exists()  # whoever only looks makes nothing
    first = settled(load_settings(env))
    assert len(first.secret) >= 64 and first.former == () and stat.S_IMODE((home / ownsecret.FILE).stat().st_mode) == 0o600
    assert load_settings(env).secret == settled(load_settings(env)).secret == first.secret
    assert first.secret in first.secrets and first.secret not in repr(first)
    assert [path.name for path in home.iterdir()] == [ownsecret.FILE]
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runtime, "_deps", None)
    deps = runtime.start(demo=False)
    assert deps.settings.secret == first.secret and vault.derived("sign-in forms") == vault.derived("sign-in forms", first.secret)
    assert vault.derived("sign-in forms") != vault.derived("sign-in forms", DEVELOPMENT_SECRET)
    deps.engine.dispose()


def test_many_processes_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as crowd:
        found = set(crowd.map(lambda _: settled(load_settings({"CXDASH_HOME": str(tmp_path)})).secret, range(64)))
    assert len(found) == 1 and [path.name for path in tmp_path.iterdir()] == [ownsecret.FILE]


def test_what_was_sealed_before_opens_and_what_is_sealed_now_is_not_public(tmp_path: Path) -> None:
    old = load_settings({"CXDASH_HOME": str(tmp_path)})
    vault.use(old)
    sealed = vault.seal("Kim")
    (tmp_path / "cxdash.db").touch()  # an installation of an earlier version
    new = settled(old)
    assert new.former == (DEVELOPMENT_SECRET,)
    vault.use(new)
    again = vault.seal("Kim")
    assert vault.unseal(sealed) == "Kim" and not vault.is_current(sealed) and vault.is_current(again)
    vault.use(old)
    with pytest.raises(ConfigError):
        vault.unseal(again)


def test_a_secret_that_is_given_leads_and_nothing_is_made(tmp_path: Path) -> None:
    given = settled(load_settings({"CXDASH_HOME": str(tmp_path), "CXDASH_SECRET": "of my own"}))
    assert given.secret == "of my own" and not list(tmp_path.iterdir())
    ownsecret.make(tmp_path)
    assert load_settings({"CXDASH_HOME": str(tmp_path), "CXDASH_SECRET": "of my own"}).secret == "of my own"


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe\x00"])
def test_a_damaged_file_is_never_replaced_or_repeated(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ownsecret.FILE).write_bytes(content)
    with pytest.raises(ConfigError) as told:
        settled(load_settings({"CXDASH_HOME": str(tmp_path)}))
    assert "secret.key" in i18n.said(told.value, "ko") and "short" not in i18n.said(told.value, "en")
    assert (tmp_path / ownsecret.FILE).read_bytes() == content


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as told:
        settled(load_settings({"CXDASH_HOME": str(tmp_path / "file" / "home")}))
    assert told.value.key == "service.home.unusable"
