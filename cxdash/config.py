"""Settings: one frozen object, read once from CXDASH_* variables and the [cxdash] table of .streamlit/secrets.toml.

A variable wins over the file, the file over the default. Whatever cannot work is refused here, with one ConfigError that names
the variable, what it held and what it accepts; secret values never appear in it. docs/deployment.md lists every setting.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cxdash.errors import ConfigError

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
SECRET_MIN = 32
DEVELOPMENT_SECRET = "development-only-secret-not-for-production"  # noqa: S105 - refused in production
_DEPLOYMENTS = ("development", "production")
_MASKED = ("secret", "personal_key", "database_url", "smtp_user", "smtp_password", "metrics_token", "backup_passphrase", "oidc_client_secret")


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

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be read in a log, wherever it came from."""
        found = [_password(self.database_url), *(getattr(self, name) for name in _MASKED if name != "database_url")]
        return tuple(part.strip() for text in found for part in str(text).split(",") if part.strip())

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


class _Bad(ValueError):
    """A value that a reader refuses; its text is the key of what is accepted, with parameters."""

    def __init__(self, key: str, **params: object) -> None:
        self.key, self.params = key, params


def _path(text: str) -> Path:
    if "\0" in text:
        raise _Bad("common.config.accepts.path")
    return Path(text).expanduser().resolve()


def _database(text: str) -> str:
    scheme, colon, rest = text.partition("://")
    if scheme == "sqlite" and colon and rest.startswith("/"):
        return text
    if scheme in ("postgres", "postgresql", "postgresql+psycopg") and colon and rest.strip("/"):
        return f"postgresql+psycopg://{rest}"
    raise _Bad("common.config.accepts.database")


def _password(url: str) -> str:
    """That of a database's address, as it is written there."""
    return (found[1] if (found := re.search(r"://[^/@]*?:([^/]*)@", url)) else "")


def _facts(text: str) -> str:
    scheme, colon, _rest = text.partition("://")
    if colon and scheme in ("memory", "spark"):
        return text
    raise _Bad("common.config.accepts.facts")


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise _Bad("common.config.accepts.number", low=low, high=high)
        return int(text)
    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise _Bad("common.config.accepts.words", words=", ".join(words))
        return text.lower()
    return read


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, ValueError, LookupError) as error:  # unknown name, path tricks, folder of the database
        raise _Bad("common.config.accepts.timezone") from error


def _switch(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise _Bad("common.config.accepts.words", words="true, false")
    return words[text.lower()]


def _switch_or_none(text: str) -> bool | None:
    return _switch(text) if text else None


_ROLES = ("viewer", "marketer", "analyst", "admin")


def _group_roles(text: str) -> tuple[tuple[str, str], ...]:
    """ "staff=viewer; cx-admins=admin": what stands before the last = is the group."""
    pairs = [part.rpartition("=") for part in text.split(";") if part.strip()]
    found = tuple((group.strip(), role.strip().lower()) for group, _, role in pairs)
    if any(not group or role not in _ROLES for group, role in found):
        raise _Bad("common.config.accepts.group_roles", words=", ".join(_ROLES))
    return found


def _domains(text: str) -> tuple[str, ...]:
    found = tuple(part.strip().lower().lstrip("@") for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in found):
        raise _Bad("common.config.accepts.domains")
    return found


def _issuer(text: str) -> str:
    """HTTPS; plain HTTP to this machine only."""
    parts = urlsplit(text)
    local = parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS
    if not (parts.scheme == "https" or local) or not parts.hostname or parts.query or parts.fragment:
        raise _Bad("common.config.accepts.issuer")
    return text


_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]{2,45}\]?")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise _Bad("common.config.accepts.host")
    return text.strip("[]")


def _sender(text: str) -> str:
    """An address, or a name with an address in angle brackets."""
    name, address = parseaddr(text)
    plain = text.isprintable() and address.isascii() and re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+", address)
    if not plain or text.strip() not in (address, f"{name} <{address}>", f'"{name}" <{address}>'):
        raise _Bad("common.config.accepts.sender")
    return text


def _origin(text: str) -> str:
    """Scheme, host and port of an address."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?/?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?/?", text):
        raise _Bad("common.config.accepts.origin")
    return text.rstrip("/")


def _proxies(text: str) -> str:
    """Addresses and networks, or "none"."""
    if text.lower() == "none":
        return ""
    try:
        return ", ".join(str(ip_network(part.strip())) if "/" in part else str(ip_address(part.strip())) for part in text.split(","))
    except ValueError as error:
        raise _Bad("common.config.accepts.proxies") from error


def _token(text: str) -> str:
    if text and not re.fullmatch(r"[!-~]{16,200}", text):
        raise _Bad("common.config.accepts.token", shortest=16)
    return text


def _keys(text: str) -> str:
    """One or several secrets with commas between, each as long as a secret has to be."""
    if text and any(len(one.strip()) < SECRET_MIN for one in text.split(",")):
        raise _Bad("common.config.accepts.keys", length=SECRET_MIN)
    return text


def _maybe(read: Callable[[str], str]) -> Callable[[str], str]:
    """Or nothing at all."""
    return lambda text: read(text) if text else ""


_READERS: Mapping[str, Callable[[str], object]] = {
    "home": _path,
    "database_url": _database,
    "facts_url": _facts,
    "max_upload_mb": _between(1, 2048),
    "import_memory_mb": _between(256, 262_144),
    "import_seconds": _between(5, 86_400),
    "timezone": _timezone,
    "demo": _switch,
    "env": _one_of(*_DEPLOYMENTS),
    "language": _one_of(*LANGUAGES),
    "secret": str,
    "personal_key": _keys,
    "webhook_private": _switch,
    "smtp_host": _maybe(_host),
    "smtp_port": _between(1, 65_535),
    "smtp_user": str,
    "smtp_password": str,
    "smtp_starttls": _switch,
    "smtp_from": _maybe(_sender),
    "public_url": _maybe(_origin),
    "screens_url": _maybe(_origin),
    "open": _switch_or_none,
    "session_idle_minutes": _between(5, 10_080),
    "session_hours": _between(1, 720),
    "oidc_issuer": _maybe(_issuer),
    "oidc_client_id": str,
    "oidc_client_secret": str,
    "oidc_name": str,
    "oidc_scopes": str,
    "oidc_groups_claim": str,
    "oidc_roles": _group_roles,
    "oidc_domains": _domains,
    "respond": _switch,
    "respond_per_minute": _between(10, 10_000_000),
    "trusted_proxies": _proxies,
    "log_format": _one_of("text", "json"),
    "access_log": _switch,
    "metrics_token": _token,
    "backup_passphrase": _token,
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
    values = {name: _read(name, given[name]) for name in _READERS if name in given}
    # An installed package has no app.py beside it: then the data belong where the command is run, not in site-packages.
    base = root if (root / "app.py").exists() else Path.cwd()
    home = values.setdefault("home", (base / DEFAULTS["home"]).resolve())
    values.setdefault("database_url", f"sqlite:///{Path(str(home)).as_posix()}/cxdash.db")
    for name, text in DEFAULTS.items():
        values.setdefault(name, _read(name, text))
    settings = Settings(**values)  # type: ignore[arg-type]
    _check_secret(settings)
    _check_mail(settings)
    _check_oidc(settings)
    return settings


def _read(name: str, text: str) -> object:
    try:
        return _READERS[name](text)
    except _Bad as bad:
        shown = "***" if name in _MASKED else text[:100]
        raise ConfigError("common.config.bad_value", name=variable(name), value=shown, accepted=_accepted(bad)) from bad


def _accepted(bad: _Bad) -> dict[str, object]:
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
    plain = not settings.smtp_starttls and settings.smtp_port != 465 and settings.smtp_host not in _LOCAL_HOSTS
    if settings.smtp_password and plain:
        raise ConfigError("common.config.plain_password", name=variable("smtp_starttls"))


def _check_oidc(settings: Settings) -> None:
    """A company's sign-in needs our name there, and somebody whom it lets in."""
    if settings.oidc and not settings.oidc_client_id:
        raise ConfigError("common.config.oidc_client", name=variable("oidc_client_id"))
    if settings.oidc and not settings.oidc_roles:
        raise ConfigError("common.config.oidc_roles", name=variable("oidc_roles"))
