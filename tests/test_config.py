"""Settings: what is accepted, what is refused and in which words; and that each is documented."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from cxdash import config, i18n
from cxdash.config import DEFAULTS, DEVELOPMENT_SECRET, ROOT, Settings, load_settings, variable
from cxdash.errors import ConfigError

OUR_HOME = DEFAULTS["home"]  # before the tests' own stands there
GOOD_SECRET = "kX3-9vQz_72LmPaTe0RwYbUo81HsDcFn"


@pytest.fixture(autouse=True)
def our_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEFAULTS, "home", OUR_HOME)  # type: ignore[arg-type]


def refused(env: dict[str, str], root: Path = ROOT) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_settings(env, root=root)
    for lang in ("ko", "en"):
        assert i18n.said(caught.value, lang)  # strict: every placeholder has its value
    return caught.value


def project(folder: Path, secrets: str | None = None) -> Path:
    (folder / "app.py").touch()
    (folder / ".streamlit").mkdir()
    if secrets is not None:
        (folder / ".streamlit" / "secrets.toml").write_text(secrets, encoding="utf-8")
    return folder


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings({}, root=project(tmp_path))
    assert settings == Settings(
        home=tmp_path / "var",
        database_url=f"sqlite:///{tmp_path / 'var'}/cxdash.db",
        facts_url="memory://",
        max_upload_mb=200,
        import_memory_mb=2048,
        import_seconds=300,
        timezone="Asia/Seoul",
        demo=False,
        env="development",
        language="ko",
        secret=DEVELOPMENT_SECRET,
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.env = "production"  # type: ignore[misc]


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    root = project(tmp_path, '[cxdash]\nmax_upload_mb = 50\nlanguage = "en"\ndemo = false\n[other]\nx = 1\n')
    settings = load_settings({"CXDASH_LANGUAGE": "ko", "CXDASH_IMPORT_SECONDS": ""}, root=root)
    assert (settings.max_upload_mb, settings.language, settings.demo, settings.import_seconds) == (50, "ko", False, 300)


def test_the_database_moves_with_the_home(tmp_path: Path) -> None:
    settings = load_settings({"CXDASH_HOME": str(tmp_path / "집")})
    assert settings.database_url == f"sqlite:///{tmp_path / '집'}/cxdash.db"


def test_an_installed_package_keeps_its_data_where_it_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}, root=tmp_path / "site-packages").home == tmp_path / "var"


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_postgresql_urls_name_our_driver(url: str) -> None:
    assert load_settings({"CXDASH_DATABASE_URL": url}).database_url == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "mysql://u:p@h/d"),
        ("database_url", "cxdash.db"),
        ("database_url", "postgresql://"),
        ("facts_url", "duckdb://x"),
        ("max_upload_mb", "0"),
        ("max_upload_mb", "-1"),
        ("max_upload_mb", "2e2"),
        ("max_upload_mb", "٢٠٠"),
        ("max_upload_mb", "99999999"),
        ("import_memory_mb", "12"),
        ("import_seconds", "1.5"),
        ("timezone", "Seoul"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Asia"),
        ("demo", "maybe"),
        ("env", "prod"),
        ("language", "jp"),
        ("home", "a\0b"),
    ],
)
def test_what_cannot_work_is_refused_with_its_name(name: str, value: str) -> None:
    error = refused({variable(name): value})
    assert error.key == "common.config.bad_value" and error.params["name"] == variable(name)
    assert variable(name) in i18n.said(error, "en") and "accepts" in i18n.said(error, "en")


def test_no_secret_is_ever_shown() -> None:
    error = refused({"CXDASH_DATABASE_URL": "mysql://root:hunter2@h/d"})
    assert "hunter2" not in str(error) and "hunter2" not in i18n.said(error, "ko")
    settings = load_settings({"CXDASH_DATABASE_URL": "postgresql://u:hunter2@h/d", "CXDASH_SECRET": GOOD_SECRET})
    assert "hunter2" not in repr(settings) and GOOD_SECRET not in repr(settings)


@pytest.mark.parametrize("secret", [None, DEVELOPMENT_SECRET, "short", "ab" * 40, " " * 40])
def test_production_refuses_a_weak_secret(secret: str | None) -> None:
    env = {"CXDASH_ENV": "production"} | ({"CXDASH_SECRET": secret} if secret is not None else {})
    assert refused(env).key == "common.config.weak_secret"


def test_production_takes_a_strong_secret() -> None:
    assert load_settings({"CXDASH_ENV": "production", "CXDASH_SECRET": GOOD_SECRET}).production


def test_a_misspelt_variable_is_not_ignored() -> None:
    assert refused({"CXDASH_DATABSE_URL": "sqlite:////x"}).params == {"name": "CXDASH_DATABSE_URL", "near": "CXDASH_DATABASE_URL"}
    load_settings({"CXDASH_SHARED_DATA": "/x", "CXDASH_REQUIRE_BROWSER": "1"})  # the tests' own


@pytest.mark.parametrize(
    ("secrets", "key"),
    [
        ("[cxdash]\ndatabase = 'x'\n", "common.config.unknown"),
        ("[cxdash\n", "common.config.bad_file"),
        ("cxdash = 3\n", "common.config.bad_file"),
        ("[cxdash]\nmax_upload_mb = 'many'\n", "common.config.bad_value"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, secrets: str, key: str) -> None:
    assert refused({}, project(tmp_path, secrets)).key == key


def test_the_three_tables_of_settings_agree() -> None:
    assert {field.name for field in dataclasses.fields(Settings)} - {"former"} == set(DEFAULTS) == set(config._READERS)


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(CXDASH_\w+)` \| (.+?) \|", (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8"), re.M))
    assert set(rows) == {variable(name) for name in DEFAULTS}
    for name, default in DEFAULTS.items():
        shown = f"`{default}`" if default else "none"
        assert rows[variable(name)] == ("made at the first start, kept in `secret.key`" if name == "secret" else shown)


MAIL = {"CXDASH_SMTP_HOST": "smtp.example.com", "CXDASH_SMTP_FROM": "고객경험팀 <survey@example.com>"}


def test_a_mail_server_needs_a_sender_and_a_password_needs_tls() -> None:
    assert not load_settings({}).mails and load_settings(MAIL).mails
    assert refused({"CXDASH_SMTP_HOST": "smtp.example.com"}).key == "common.config.no_sender"
    secret = {**MAIL, "CXDASH_SMTP_USER": "us3r", "CXDASH_SMTP_PASSWORD": "hunter2", "CXDASH_SMTP_STARTTLS": "0"}
    error = refused(secret)
    assert error.key == "common.config.plain_password" and "hunter2" not in str(error)
    for fine in ({"CXDASH_SMTP_STARTTLS": "1"}, {"CXDASH_SMTP_PORT": "465"}, {"CXDASH_SMTP_HOST": "127.0.0.1"}):
        settings = load_settings({**secret, **fine})
        assert settings.smtp_password == "hunter2" and "hunter2" not in repr(settings) and "us3r" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("smtp_host", "smtp.example.com/x"), ("smtp_host", "a b"), ("smtp_from", "survey"), ("smtp_from", "a@b.c, d@e.f"),
        ("smtp_from", "x\r\nBcc: y@z.w <a@b.c>"), ("public_url", "survey.example.com"), ("public_url", "https://h/path"),
        ("public_url", "javascript:alert(1)"),
    ],
)  # fmt: skip
def test_what_no_mail_can_use_is_refused(name: str, value: str) -> None:
    assert refused({**MAIL, variable(name): value}).key == "common.config.bad_value"
