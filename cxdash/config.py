"""Settings: one frozen object, read once from CXDASH_* variables and the [cxdash] table of .streamlit/secrets.toml.

A variable wins over the file, the file over the default. Whatever cannot work is refused here, with one ConfigError that names
the variable, what it held and what it accepts; secret values never appear in it. docs/deployment.md lists every setting.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cxdash import ownsecret, values
from cxdash.errors import ConfigError
from cxdash.values import SECRET_MIN

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent  # the folder of app.py
PAGES = ROOT / "pages"
SHELL = PACKAGE / "shell.py"
LOCALES = PACKAGE / "locales"
STATIC = PACKAGE / "static"  # served by Streamlit under /app/static because it lies beside the shell
FONTS = PACKAGE / "fonts"  # TrueType files for images; family name FONT
FONT = "Pretendard"

LANGUAGES = ("ko", "en")
PREFIX = "CXDASH_"
DEVELOPMENT_SECRET = "development-only-secret-not-for-production"  # noqa: S105 - refused in production
_DEPLOYMENTS = ("development", "production")
_MASKED = (
    "secret", "personal_key", "database_url", "smtp_user", "smtp_password", "metrics_token", "backup_passphrase", "oidc_client_secret",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What an installation may decide. Field `max_upload_mb` is the variable CXDASH_MAX_UPLOAD_MB, and so on."""

    home: Path
    database_url: str = field(repr=False)
    facts_url: str
    max_upload_mb: int
    import_memory_mb: int
    import_seconds: int
    timezone: str
    demo: bool
    env: str
    language: str
    secret: str = field(repr=False)
    webhook_private: bool = False
    personal_key: str = field(default="", repr=False)  # keys that personal data are sealed under, the first seals; "": made of the secret

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)
    smtp_starttls: bool = True
    smtp_from: str = ""
    public_url: str = ""
    screens_url: str = ""  # where staff reach the screens; for links in mails and the company's sign-in
    open: bool | None = None  # no accounts, this machine only; None: as the demo
    session_idle_minutes: int = 60
    session_hours: int = 12
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""
    oidc_scopes: str = "openid email profile"
    oidc_groups_claim: str = "groups"
    oidc_roles: tuple[tuple[str, str], ...] = ()  # (group, role), the first that fits counts; "*" is anybody
    oidc_domains: tuple[str, ...] = ()
    respond: bool = True  # whether app.py serves respondents too
    respond_per_minute: int = 60_000  # submissions of one link, from everybody together
    trusted_proxies: str = "127.0.0.1, ::1"  # whose X-Forwarded-* is believed; "" for nobody's
    log_format: str = "text"
    access_log: bool = False  # a line per request
    metrics_token: str = field(default="", repr=False)
    backup_passphrase: str = field(default="", repr=False)
    former: tuple[str, ...] = field(default=(), repr=False)  # secrets that old data may be sealed under; not set, but kept with our own

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be read in a log, wherever it came from."""
        found = [values.password_of(self.database_url), *(getattr(self, name) for name in _MASKED if name != "database_url")]
        return tuple(part.strip() for text in (*found, *self.former) for part in str(text).split(",") if part.strip())

    @property
    def opens(self) -> bool:
        """Whether whoever sits at this machine needs no account. Never in production; never for other machines."""
        return (self.demo if self.open is None else self.open) and not self.production

    @property
    def oidc(self) -> bool:
        """Whether a company's sign-in is set."""
        return bool(self.oidc_issuer)

    @property
    def mails(self) -> bool:
        """Whether a mail server is set."""
        return bool(self.smtp_host)


_READERS: Mapping[str, Callable[[str], object]] = {
    "home": values.path,
    "database_url": values.database,
    "facts_url": values.facts,
    "max_upload_mb": values.between(1, 2048),
    "import_memory_mb": values.between(256, 262_144),
    "import_seconds": values.between(5, 86_400),
    "timezone": values.timezone,
    "demo": values.switch,
    "env": values.one_of(*_DEPLOYMENTS),
    "language": values.one_of(*LANGUAGES),
    "secret": str,
    "personal_key": values.key_list,
    "webhook_private": values.switch,
    "smtp_host": values.maybe(values.host_name),
    "smtp_port": values.between(1, 65_535),
    "smtp_user": str,
    "smtp_password": str,
    "smtp_starttls": values.switch,
    "smtp_from": values.maybe(values.sender),
    "public_url": values.maybe(values.origin),
    "screens_url": values.maybe(values.origin),
    "open": values.switch_or_none,
    "session_idle_minutes": values.between(5, 10_080),
    "session_hours": values.between(1, 720),
    "oidc_issuer": values.maybe(values.issuer),
    "oidc_client_id": str,
    "oidc_client_secret": str,
    "oidc_name": str,
    "oidc_scopes": str,
    "oidc_groups_claim": str,
    "oidc_roles": values.group_roles,
    "oidc_domains": values.domains,
    "respond": values.switch,
    "respond_per_minute": values.between(10, 10_000_000),
    "trusted_proxies": values.proxies,
    "log_format": values.one_of("text", "json"),
    "access_log": values.switch,
    "metrics_token": values.token,
    "backup_passphrase": values.token,
}

# The defaults as a person would write them; docs/deployment.md repeats them.
DEFAULTS: Mapping[str, str] = {
    "home": "var",
    "database_url": "sqlite:///<home>/cxdash.db",
    "facts_url": "memory://",
    "max_upload_mb": "200",
    "import_memory_mb": "2048",
    "import_seconds": "300",
    "timezone": "Asia/Seoul",
    "demo": "false",
    "env": "development",
    "language": "ko",
    "secret": DEVELOPMENT_SECRET,
    "personal_key": "",
    "webhook_private": "false",
    "smtp_host": "",
    "smtp_port": "587",
    "smtp_user": "",
    "smtp_password": "",
    "smtp_starttls": "true",
    "smtp_from": "",
    "public_url": "",
    "screens_url": "",
    "open": "",
    "session_idle_minutes": "60",
    "session_hours": "12",
    "oidc_issuer": "",
    "oidc_client_id": "",
    "oidc_client_secret": "",
    "oidc_name": "",
    "oidc_scopes": "openid email profile",
    "oidc_groups_claim": "groups",
    "oidc_roles": "",
    "oidc_domains": "",
    "respond": "true",
    "respond_per_minute": "60000",
    "trusted_proxies": "127.0.0.1, ::1",
    "log_format": "text",
    "access_log": "false",
    "metrics_token": "",
    "backup_passphrase": "",
}


def variable(name: str) -> str:
    """The environment variable of a setting: max_upload_mb -> CXDASH_MAX_UPLOAD_MB."""
    return PREFIX + name.upper()


def load_settings(env: Mapping[str, str] | None = None, *, root: Path = ROOT) -> Settings:
    """Read and check the settings. Raises ConfigError (keys common.config.*; parameters name, value, accepted)."""
    environ = os.environ if env is None else env
    _refuse_misspelt(environ)
    given = _from_file(root / ".streamlit" / "secrets.toml")
    given |= {name: environ[variable(name)].strip() for name in _READERS if environ.get(variable(name), "").strip()}
    read = {name: _read(name, given[name]) for name in _READERS if name in given}
    # An installed package has no app.py beside it: then the data belong where the command is run, not in site-packages.
    base = root if (root / "app.py").exists() else Path.cwd()
    home = read.setdefault("home", (base / DEFAULTS["home"]).resolve())
    read.setdefault("database_url", f"sqlite:///{Path(str(home)).as_posix()}/cxdash.db")
    for name, text in DEFAULTS.items():
        read.setdefault(name, _read(name, text))
    settings = Settings(**read)  # type: ignore[arg-type]
    _check_secret(settings)
    _check_mail(settings)
    _check_oidc(settings)
    return _with_own_secret(settings)


def settled(settings: Settings) -> Settings:
    """For what begins to serve or store: where no secret was given it makes one of its own and keeps it (`cxdash.ownsecret`). A database
    that was there before may hold what was sealed under the public one."""
    if settings.secret != DEVELOPMENT_SECRET:
        return settings
    file = settings.database_url.removeprefix("sqlite:///")
    new = file != settings.database_url and not Path(file).exists()
    ownsecret.make(settings.home, () if new else (DEVELOPMENT_SECRET,))
    return _with_own_secret(settings)


def _with_own_secret(settings: Settings) -> Settings:
    found = ownsecret.kept(settings.home) if settings.secret == DEVELOPMENT_SECRET else ()
    return replace(settings, secret=found[0], former=found[1:]) if found else settings


def _read(name: str, text: str) -> object:
    try:
        return _READERS[name](text)
    except values.Bad as bad:
        shown = "***" if name in _MASKED else text[:100]
        raise ConfigError("common.config.bad_value", name=variable(name), value=shown, accepted=_accepted(bad)) from bad


def _accepted(bad: values.Bad) -> dict[str, object]:
    return {"key": bad.key, "params": bad.params}


def _from_file(path: Path) -> dict[str, str]:
    """The [cxdash] table of a secrets file as texts; a missing file or table is empty."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("cxdash", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # not readable, not UTF-8, not TOML; the parser's text could quote a secret
        raise ConfigError("common.config.bad_file", path=".streamlit/secrets.toml") from error
    if not isinstance(table, dict):
        raise ConfigError("common.config.bad_file", path=".streamlit/secrets.toml")
    for name in table:
        if name not in _READERS:
            raise ConfigError("common.config.unknown", name=f"[cxdash] {name}", known=", ".join(_READERS))
    return {name: str(value) for name, value in table.items()}


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """A misspelt variable would be ignored in silence and, say, store the answers in another database."""
    known = {variable(name) for name in _READERS}
    for name in environ:
        if name.startswith(PREFIX) and name not in known and (near := difflib.get_close_matches(name, known, 1, 0.88)):
            raise ConfigError("common.config.misspelt", name=name, near=near[0])


def _check_secret(settings: Settings) -> None:
    """Outside development the secret must be somebody's own: long, and not a repeated pattern."""
    if settings.production and (
        settings.secret == DEVELOPMENT_SECRET or len(settings.secret) < SECRET_MIN or len(set(settings.secret)) < 10
    ):
        raise ConfigError("common.config.weak_secret", name=variable("secret"), length=SECRET_MIN)


def _check_mail(settings: Settings) -> None:
    """A mail server needs a sender, and a password goes only over TLS (port 465, or STARTTLS) or to this very machine."""
    if not settings.smtp_host:
        return
    if not settings.smtp_from:
        raise ConfigError("common.config.no_sender", name=variable("smtp_from"))
    plain = not settings.smtp_starttls and settings.smtp_port != 465 and settings.smtp_host not in values.LOCAL_HOSTS
    if settings.smtp_password and plain:
        raise ConfigError("common.config.plain_password", name=variable("smtp_starttls"))


def _check_oidc(settings: Settings) -> None:
    """A company's sign-in needs our name there, and somebody whom it lets in."""
    if settings.oidc and not settings.oidc_client_id:
        raise ConfigError("common.config.oidc_client", name=variable("oidc_client_id"))
    if settings.oidc and not settings.oidc_roles:
        raise ConfigError("common.config.oidc_roles", name=variable("oidc_roles"))
