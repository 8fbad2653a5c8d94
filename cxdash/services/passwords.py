"""Passwords: what is good enough, and Argon2id (RFC 9106) over it.

After NIST SP 800-63B: long enough, not one that everybody tries, not the person's own name; no rules about kinds of characters.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from cxdash.errors import Conflict

SHORTEST, LONGEST = 10, 256
HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)  # RFC 9106, second recommended: 64 MiB
NOBODYS = "!"  # stored where a password was taken away: nothing fits it
_AT_ONCE = threading.BoundedSemaphore(4)  # 256 MiB at most, however many knock
_WORDS = Path(__file__).with_name("words") / "common_passwords.txt"
_KEYS = ("1234567890", "0987654321", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_LEET = str.maketrans("@4301$5!7", "aaeoissit")


def hashed(password: str) -> str:
    """What is stored."""
    with _AT_ONCE:
        return HASHER.hash(_plain(password))


def fits(stored: str | None, password: str) -> bool:
    """Whether the password is that of the stored hash; as long in coming when there is none."""
    with _AT_ONCE:
        try:
            real = stored is not None and stored != NOBODYS
            return HASHER.verify(stored if real else _nobodys(), _plain(password)) and real
        except (Argon2Error, InvalidHashError):
            return False


def is_dated(stored: str) -> bool:
    """Whether it was hashed with other parameters than those of today."""
    return stored != NOBODYS and HASHER.check_needs_rehash(stored)


def check(password: str, *, email: str, name: str = "") -> None:
    """Conflict when it is too short or long, one that everybody tries, or made of the person's own name or address."""
    text = _plain(password)
    if len(text) < SHORTEST:
        raise Conflict("signin.password.short", n=SHORTEST)
    if len(text) > LONGEST:
        raise Conflict("signin.password.long", n=LONGEST)
    if _is_common(text.casefold()):
        raise Conflict("signin.password.common")
    if _is_own(text.casefold(), email, name):
        raise Conflict("signin.password.own")


def _plain(password: str) -> str:
    """One spelling, however a keyboard composed it (Hangul may come in pieces)."""
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return HASHER.hash("the password of nobody")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(_WORDS.read_text(encoding="utf-8").split())


def _is_common(text: str) -> bool:
    """In the list as it is, with its trimmings taken off, or with letters instead of look-alikes; or no more than a pattern."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    spellings = {text, core, text.translate(_LEET), re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text.translate(_LEET))}
    if spellings & _common():
        return True
    return len(set(text)) <= 3 or _repeats(text) or any(text in keys * 4 or text in keys[::-1] * 4 for keys in _KEYS)


def _repeats(text: str) -> bool:
    """Whether it is one short piece, again and again."""
    return any(text == (text[:n] * (len(text) // n + 1))[: len(text)] for n in range(1, min(6, len(text) // 2) + 1))


def _is_own(text: str, email: str, name: str) -> bool:
    local, _, domain = email.casefold().partition("@")
    names = {local, email.casefold(), domain.partition(".")[0], *re.split(r"[\s._-]+", name.casefold()), "".join(name.casefold().split())}
    left = text
    for own in sorted((one for one in names if len(one) >= 2), key=len, reverse=True):
        left = left.replace(own, "")
    return left != text and len(re.sub(r"[\W\d_]", "", left)) < 4 and len(left) < SHORTEST
