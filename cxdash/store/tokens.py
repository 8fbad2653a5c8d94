"""Tokens, keys and secrets: 128 random bits or more, and what is kept of them."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

BYTES = 16  # 128 bits, 22 characters in an address
_DATED = re.compile(r"[0-9a-f]{12}[A-Za-z0-9_-]{22}")


def new_token() -> str:
    """A new token for an address or a cookie."""
    return secrets.token_urlsafe(BYTES)


def digest(token: str) -> str:
    """SHA-256 in hexadecimal: what the tables keep. Enough for random tokens: there is nothing to guess from it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def dated_token(at: datetime) -> str:
    """A new token that begins with the millisecond it was made in, twelve hexadecimal digits, as a UUID of version 7 does (RFC 9562); the
    128 bits come after them."""
    return f"{int(at.timestamp() * 1000) & 0xFFFFFFFFFFFF:012x}{new_token()}"


def dated_digest(token: str, about: str = "") -> str:
    """As `digest`, of a dated token with its time in front (of another token as it is), so that what is made together stands together
    in an index: a group of new visits changes its last pages, and not a page each all over it. about: what the digest is for.
    """
    made = digest(about + token)
    return token[:12] + made[12:] if _DATED.fullmatch(token) else made
