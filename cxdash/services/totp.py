"""One-time codes by the clock (RFC 6238, HMAC-SHA-1, six digits, 30 seconds): what every authenticator app makes."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

DIGITS, STEP = 6, 30
DRIFT = 1  # steps that a telephone's clock may be off
RECOVERY = 10


def new_secret() -> str:
    """160 bits in Base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of a step of time (RFC 4226, section 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(seconds: float) -> int:
    """The step of time of a moment in seconds since 1970."""
    return int(seconds) // STEP


def matching_step(secret: str, code: str, *, seconds: float, after: int = 0) -> int | None:
    """The step whose code this is, near that moment and newer than `after`; None when it is none of them."""
    given, now = code.encode("ascii", "replace"), step_of(seconds)
    fitting = [step for step in range(now - DRIFT, now + DRIFT + 1) if hmac.compare_digest(code_at(secret, step).encode(), given)]
    return next((step for step in fitting if step > after), None)


def address(secret: str, *, email: str, issuer: str) -> str:
    """What the QR code says to the app."""
    label = quote(f"{issuer}:{email}", safe="@:")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer, 'digits': DIGITS, 'period': STEP})}"


def new_codes() -> tuple[str, ...]:
    """Ten recovery codes of 80 bits: "abcd-efgh-ijkl-mnop"."""
    return tuple(_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY))


def plain_code(code: str) -> str:
    """A code as it was typed, in its one spelling: no spaces or dashes, small letters."""
    return "".join(c for c in code.casefold() if c.isalnum())


def _grouped(text: str) -> str:
    return "-".join(text[n : n + 4] for n in range(0, len(text), 4))
