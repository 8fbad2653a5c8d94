"""What the text of a setting may be: readers that give the value or refuse with the key of what is accepted. `cxdash.config` uses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

SECRET_MIN = 32


class Bad(ValueError):
    """A value that a reader refuses; its text is the key of what is accepted, with parameters."""

    def __init__(self, key: str, **params: object) -> None:
        self.key, self.params = key, params


def path(text: str) -> Path:
    if "\0" in text:
        raise Bad("common.config.accepts.path")
    return Path(text).expanduser().resolve()


def database(text: str) -> str:
    scheme, colon, rest = text.partition("://")
    if scheme == "sqlite" and colon and rest.startswith("/"):
        return text
    if scheme in ("postgres", "postgresql", "postgresql+psycopg") and colon and rest.strip("/"):
        return f"postgresql+psycopg://{rest}"
    raise Bad("common.config.accepts.database")


def password_of(url: str) -> str:
    """That of a database's address, as it is written there."""
    return (found[1] if (found := re.search(r"://[^/@]*?:([^/]*)@", url)) else "")


def facts(text: str) -> str:
    scheme, colon, _rest = text.partition("://")
    if colon and scheme in ("memory", "spark"):
        return text
    raise Bad("common.config.accepts.facts")


def between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise Bad("common.config.accepts.number", low=low, high=high)
        return int(text)
    return read


def one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise Bad("common.config.accepts.words", words=", ".join(words))
        return text.lower()
    return read


def timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (OSError, ValueError, LookupError) as error:  # unknown name, path tricks, folder of the database
        raise Bad("common.config.accepts.timezone") from error


def switch(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise Bad("common.config.accepts.words", words="true, false")
    return words[text.lower()]


def switch_or_none(text: str) -> bool | None:
    return switch(text) if text else None


_ROLES = ("viewer", "marketer", "analyst", "admin")


def group_roles(text: str) -> tuple[tuple[str, str], ...]:
    """ "staff=viewer; cx-admins=admin": what stands before the last = is the group."""
    pairs = [part.rpartition("=") for part in text.split(";") if part.strip()]
    found = tuple((group.strip(), role.strip().lower()) for group, _, role in pairs)
    if any(not group or role not in _ROLES for group, role in found):
        raise Bad("common.config.accepts.group_roles", words=", ".join(_ROLES))
    return found


def domains(text: str) -> tuple[str, ...]:
    found = tuple(part.strip().lower().lstrip("@") for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in found):
        raise Bad("common.config.accepts.domains")
    return found


def issuer(text: str) -> str:
    """HTTPS; plain HTTP to this machine only."""
    parts = urlsplit(text)
    local = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    if not (parts.scheme == "https" or local) or not parts.hostname or parts.query or parts.fragment:
        raise Bad("common.config.accepts.issuer")
    return text


_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[?[0-9A-Fa-f:]{2,45}\]?")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def host_name(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise Bad("common.config.accepts.host")
    return text.strip("[]")


def sender(text: str) -> str:
    """An address, or a name with an address in angle brackets."""
    name, address = parseaddr(text)
    plain = text.isprintable() and address.isascii() and re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+", address)
    if not plain or text.strip() not in (address, f"{name} <{address}>", f'"{name}" <{address}>'):
        raise Bad("common.config.accepts.sender")
    return text


def origin(text: str) -> str:
    """Scheme, host and port of an address."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?/?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?/?", text):
        raise Bad("common.config.accepts.origin")
    return text.rstrip("/")


def proxies(text: str) -> str:
    """Addresses and networks, or "none"."""
    if text.lower() == "none":
        return ""
    try:
        return ", ".join(str(ip_network(part.strip())) if "/" in part else str(ip_address(part.strip())) for part in text.split(","))
    except ValueError as error:
        raise Bad("common.config.accepts.proxies") from error


def token(text: str) -> str:
    if text and not re.fullmatch(r"[!-~]{16,200}", text):
        raise Bad("common.config.accepts.token", shortest=16)
    return text


def key_list(text: str) -> str:
    """One or several secrets with commas between, each as long as a secret has to be."""
    if text and any(len(one.strip()) < SECRET_MIN for one in text.split(",")):
        raise Bad("common.config.accepts.keys", length=SECRET_MIN)
    return text


def maybe(read: Callable[[str], str]) -> Callable[[str], str]:
    """Or nothing at all."""
    return lambda text: read(text) if text else ""
