"""Tokens, keys and secrets: 128 random bits or more, and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets

BYTES = 16  # 128 bits, 22 characters in an address


def new_token() -> str:
    """A new token for an address or a cookie."""
    return secrets.token_urlsafe(BYTES)


def digest(token: str) -> str:
    """SHA-256 in hexadecimal: what the tables keep. Enough for random tokens: there is nothing to guess from it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
