"""Personal texts that must stay comparable: the same text is always the same sealed text (AES-SIV, RFC 5297).

A respondent's or customer's key meets the same response in every import, and an attribute's value is found again, without anything being
opened. The cipher's key is made of the index key, which is random, made once for a database and kept in it sealed under the key of the
environment (cxdash.store.vault); a rotation seals that one anew. Equal texts can be told to be equal, nothing more.

Three kinds of keys are kept otherwise: those that name a person by themselves, only as a hash ("p:…"); random ones of ours (a visit's);
and what is sealed already.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import polars as pl
from sqlalchemy import Select, bindparam, select
from sqlmodel import Session

from cxdash.errors import ConfigError
from cxdash.masking import masked
from cxdash.store import bulk, direct, vault
from cxdash.store.text import clean_key, dumps

MARK = "k1:"
IN_JSON = '"' + MARK
SEALED = r"^k1:[A-Za-z0-9_-]{22,}$"  # pattern of what `Box.seal` makes, for polars too
Personal = tuple[tuple[str, str], ...]
"""(attribute key, pattern that its values have to match as a whole to be personal): what the registry calls personal in a programme."""

_PLAIN = re.compile(r"[avx]-[0-9a-f]{32}|p:[0-9a-f]{40}")
_AFTER_FIRST = ("-", ":", "1")  # second characters of such keys and of sealed texts: most keys need no closer look
_IS_SEALED = re.compile(SEALED)
_SHORT = 9  # a number of a person has more characters
# Every text that cxdash.masking hides something of, and some more; polars has no look-around.
MAYBE = (
    r"@|\d{6}[-\s]?[1-8]\d{6}|\d{4}[-\s]\d{4}[-\s]\d{4}|(\+?82[-.\s]?|0)1[016789][-.\s]?\d{3,4}[-.\s]?\d{4}"
    r"|0\d{1,2}[-)\s]\s?\d{3,4}[-\s]\d{4}|\+\d{1,3}[-\s]\d"
)


class Box:
    """Seals and opens under one database's key."""

    def __init__(self, index: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        self.index = index
        self._cipher = AESSIV(b"".join(vault.derived(f"comparable texts {half}", index.hex()) for half in (1, 2)))

    def seal(self, text: str) -> str:
        """The text as it is stored; an empty text stays empty."""
        return f"{MARK}{base64.urlsafe_b64encode(self._cipher.encrypt(text.encode(), None)).decode().rstrip('=')}" if text else text

    def open(self, stored: str) -> str:
        """The text of `seal`; any other text is itself."""
        found = self._opened(stored)
        return stored if found is None else found

    def is_sealed(self, stored: str) -> bool:
        return self._opened(stored) is not None

    def key(self, key: str) -> str:
        """A respondent's key, clean, as it is kept."""
        if key[1:2] in _AFTER_FIRST and (_PLAIN.fullmatch(key) or self.is_sealed(key)):
            return key
        telling = ("@" in key or len(key) >= _SHORT) and vault.identifies(key)
        return vault.pseudonym(self.index, key) if telling else self.seal(key)

    def attributes(self, given: Mapping[str, str], personal: Personal = ()) -> dict[str, str]:
        """Attributes with those values sealed that tell who somebody is: by the attribute's name, or by their own form."""
        named = dict(personal)
        return {key: self.seal(value) if self._tells(named, key, value) else value for key, value in given.items()}

    def opened(self, kept: Mapping[str, str]) -> dict[str, str]:
        """Attributes in clear."""
        return {key: self.open(value) if isinstance(value, str) else value for key, value in kept.items()}

    def _tells(self, named: Mapping[str, str], key: str, value: str) -> bool:
        if not isinstance(value, str) or not value:
            return False
        may_by_form = "@" in value or len(value) >= _SHORT
        if not (may_by_form or key in named) or self.is_sealed(value):
            return False
        by_name = key in named and re.fullmatch(named[key], value, re.IGNORECASE | re.DOTALL) is not None
        return by_name or (may_by_form and masked(value) != value)

    def _opened(self, stored: str) -> str | None:
        if not stored.startswith(MARK) or not _IS_SEALED.match(stored):
            return None
        from cryptography.exceptions import InvalidTag

        body = stored[len(MARK) :]
        try:
            return self._cipher.decrypt(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), None).decode()
        except (binascii.Error, InvalidTag, ValueError):
            return None


def box(session: Session) -> Box:
    """Of this database. ConfigError when its key cannot be opened."""
    found = direct.rows(session, *asked())
    if not found:
        raise ConfigError("store.vault.damaged", fix="store.vault.unknown_key.fix")
    return _box(found[0][0], vault.names())


def asked() -> direct.Asked:
    """What `box` asks."""
    return _of_index(), {"name": "index"}


@lru_cache(maxsize=16)
def _box(sealed: str, keys: tuple[str, ...]) -> Box:
    """keys: which the process has now."""
    return Box(bytes.fromhex(vault.unseal(sealed)))


@lru_cache
def _of_index() -> Select[tuple[str]]:
    ring = bulk.table("keyring")
    return select(ring.c.sealed).where(ring.c.name == bindparam("name"))


def looks_sealed(value: str) -> bool:
    return _IS_SEALED.match(value) is not None


def kept_keys(session: Session, keys: Sequence[str]) -> dict[str, str]:
    """Respondents' or customers' keys -> as they are kept; empty keys are left out."""
    cleaned = {key: made for key in dict.fromkeys(keys) if (made := clean_key(key))}
    if not cleaned:
        return {}
    mine = box(session)
    return {key: mine.key(made) for key, made in cleaned.items()}


def told(session: Session, keys: Iterable[str | None]) -> dict[str, str]:
    """Kept keys -> as they were given; a hash stays what it is."""
    wanted = {key for key in keys if key}
    mine = box(session) if wanted else None
    return {key: mine.open(key) for key in wanted} if mine else {}


def sealed_documents(session: Session, documents: pl.Series, personal: Personal) -> pl.Series:
    """Attribute documents (JSON texts) with personal values sealed. Most programmes have none, and nothing is parsed."""
    maybe = documents.str.contains(MAYBE)
    for key, _ in personal:
        maybe = maybe | documents.str.contains(dumps(key), literal=True)
    if not maybe.any():
        return documents
    mine = box(session)
    new = [dumps(mine.attributes(json.loads(one), personal)) if some else one for one, some in zip(documents, maybe, strict=True)]
    return pl.Series(documents.name, new, dtype=pl.String)


def opened_documents(session: Session, documents: pl.Series) -> pl.Series:
    """Attribute documents in clear."""
    if not documents.str.contains(IN_JSON, literal=True).any():
        return documents
    mine = box(session)
    new = [dumps(mine.opened(json.loads(one))) if IN_JSON in one else one for one in documents]
    return pl.Series(documents.name, new, dtype=pl.String)
