"""Personal data at rest: sealed with AES-256-GCM under a key of the environment, found again by keyed hashes.

Sealed are the names and addresses of customers, mails on their way, drafts of answers, every free text in an answer, and the cells of files
that could not be used. The key comes from
CXDASH_PERSONAL_KEY, or from CXDASH_SECRET where that is not set. Several keys may be listed: the first seals, all of them open, and
`cxdash rotate-key` seals everything anew under the first. A sealed text names its key ("s1:key:bytes").

What must be found without being opened is kept as HMAC-SHA-256 under the index key: random, made once for a database, and kept in
it sealed, so that it outlives every rotation. A respondent's key that names a person by itself (an e-mail address, a telephone or resident
number) is kept only so ("p:…"): the same address still meets the same response. Other keys, and attributes that are personal, are sealed so
that they can be compared (cxdash.store.keyed).
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
import os
import re
import threading
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, Dialect, String, TypeDecorator, select
from sqlmodel import Session, col

from cxdash.config import Settings, load_settings
from cxdash.errors import ConfigError
from cxdash.store.text import clean, dumps

MARK = "s1:"
HASHED = "p:"
TEXT_IN_JSON = '"' + MARK  # how a sealed text begins in a document
_NONCE = 12  # bytes, random: a key may seal 2**32 texts
_lock = threading.Lock()
_settings: Settings | None = None


def use(settings: Settings) -> None:
    """Whose secrets this process uses; the composition root says it. Without it they are read from the environment at the first need."""
    global _settings
    with _lock:
        _settings = settings


def settings() -> Settings:
    global _settings
    with _lock:
        if _settings is None:
            _settings = load_settings()
        return _settings


def derived(purpose: str, secret: str | None = None) -> bytes:
    """32 bytes for one purpose, by HKDF-SHA-256 (RFC 5869) from CXDASH_SECRET unless another secret is given."""
    return _derived(purpose, settings().secret if secret is None else secret)


@lru_cache(maxsize=64)
def _derived(purpose: str, secret: str) -> bytes:
    from cryptography.hazmat.primitives import hashes  # not at the start: most requests need no key
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(hashes.SHA256(), 32, b"cxdash", purpose.encode()).derive(secret.encode())


# ---------------------------------------------------------------- sealing


def newest() -> str:
    """The name of the key that seals now."""
    return _ring(_secrets()).newest


def names() -> tuple[str, ...]:
    """The names of all keys at hand, the one that seals first."""
    return tuple(_ring(_secrets()).ciphers)


def seal(text: str) -> str:
    """The text as it is stored; an empty text stays empty."""
    if not text:
        return text
    ring = _ring(_secrets())
    nonce = os.urandom(_NONCE)
    sealed = ring.ciphers[ring.newest].encrypt(nonce, text.encode(), ring.newest.encode())
    return f"{MARK}{ring.newest}:{binascii.b2a_base64(nonce + sealed, newline=False).decode()}"


def unseal(stored: str) -> str:
    """The text of `seal`; a text that was never sealed is itself. ConfigError when it was sealed under a key that is not listed."""
    if not stored.startswith(MARK):
        return stored
    name, _, body = stored[len(MARK) :].partition(":")
    cipher = _ring(_secrets()).ciphers.get(name)
    if cipher is None:
        raise ConfigError("store.vault.unknown_key", fix="store.vault.unknown_key.fix", name=name[:16])
    try:
        raw = binascii.a2b_base64(body, strict_mode=True)
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
    except (binascii.Error, ValueError, _forged()) as error:
        raise ConfigError("store.vault.damaged", fix="store.vault.unknown_key.fix") from error


def is_current(stored: str) -> bool:
    """Whether it is sealed under the key that seals now (or empty)."""
    return not stored or stored.startswith(f"{MARK}{newest()}:")


def seal_texts(document: str) -> str:
    """A JSON object with every text in it sealed: of answers, the comments (ratings are numbers, choices are lists of numbers)."""
    return dumps({key: seal(value) if isinstance(value, str) else value for key, value in json.loads(document).items()})


def unseal_texts(document: str) -> str:
    return dumps({key: unseal(value) if isinstance(value, str) else value for key, value in json.loads(document).items()})


class Sealed(TypeDecorator[str]):
    """A text that is sealed in the database and plain in Python."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value and seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value and unseal(value)


class SealedDocument(TypeDecorator[dict[str, Any]]):
    """A JSON object that is one sealed text in the database; an empty one stays an empty object."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> Any:
        return value and seal(dumps(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(unseal(value)) if isinstance(value, str) else value


def listed() -> tuple[str, ...]:
    """The secrets of CXDASH_PERSONAL_KEY, one by one, and those that our own secret came after."""
    held = settings()
    return (*(one.strip() for one in held.personal_key.split(",") if one.strip()), *held.former)


def _secrets() -> str:
    held = settings()
    return ",".join((held.personal_key or held.secret, *held.former))


class _Ring(NamedTuple):
    """newest: the name of the key that seals. ciphers: by name."""

    newest: str
    ciphers: Mapping[str, Any]


@lru_cache(maxsize=8)
def _ring(secrets: str) -> _Ring:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    listed = [one.strip() for one in secrets.split(",") if one.strip()]
    made = {derived("name of a key", one).hex()[:8]: AESGCM(derived("personal data", one)) for one in listed}
    return _Ring(next(iter(made)), made)


def _forged() -> type[Exception]:
    from cryptography.exceptions import InvalidTag

    return InvalidTag


# ---------------------------------------------------------------- finding

_identifies = re.compile(
    r"^\s*[^\s@]+@[^\s@]+\.[^\s@]+\s*$|^\s*(\+?82[-.\s]?|0)1[016789][-.\s]?\d{3,4}[-.\s]?\d{4}\s*$|^\s*\d{6}-[1-8]\d{6}\s*$"
)


def index_key(session: Session) -> bytes:
    """The key of hashes in this database."""
    from cxdash.store.people_tables import Keyring  # its table has columns of types from here

    sealed = session.scalar(select(Keyring.sealed).where(col(Keyring.name) == "index"))
    if sealed is None:
        raise ConfigError("store.vault.damaged", fix="store.vault.unknown_key.fix")
    return bytes.fromhex(unseal(sealed))


def hashed(key: bytes, kind: str, text: str) -> str:
    """What a name, an e-mail address or a telephone number is found by; "" for none. kind: name, email, phone, key."""
    plain = normal(kind, text)
    return hmac.new(key, f"{kind}\0{plain}".encode(), hashlib.sha256).hexdigest()[:40] if plain else ""


def normal(kind: str, text: str) -> str:
    """One spelling of what means the same person.

    >>> [normal("email", " Kim@Example.com"), normal("phone", "+82 10-1234-5678"), normal("name", "김 영희")]
    ['kim@example.com', '01012345678', '김영희']
    """
    plain = unicodedata.normalize("NFKC", clean(text)).strip().casefold()
    if kind == "phone":
        digits = re.sub(r"\D", "", plain)
        return "0" + digits[2:] if digits.startswith("82") else digits
    return re.sub(r"\s", "", plain) if kind in ("name", "email") else plain


def identifies(key: str) -> bool:
    """Whether a respondent's key names a person by itself.

    >>> [identifies(k) for k in ("C-10293", "kim@example.com", "010-1234-5678", "v-3f2a")]
    [False, True, True, False]
    """
    return _identifies.match(key) is not None


def pseudonym(index: bytes, key: str) -> str:
    """What is kept instead of a key that names a person."""
    kind = "email" if "@" in key else "phone" if re.fullmatch(r"\s*\+?[\d\s.-]+", key) and not re.match(r"\s*\d{6}-", key) else "key"
    return HASHED + hashed(index, kind, key)
