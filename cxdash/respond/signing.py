"""Forms signed against forgery: a page can be sent only by whom it was given to, for the link and page it was made for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

VALID = timedelta(days=30)  # as long as the cookie: a page left open over a weekend is still good
COOKIE_MAX = 3_600  # bytes that fit a cookie beside its name and attributes
_TEXT_MAX = 100_000  # what a sealed cookie may unpack to


class Signer:
    """secret: of the installation. Its key is derived, so that nothing signed here is good for anything else."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.new(secret.encode(), b"respondent forms", hashlib.sha256).digest()

    def stamp(self, *about: str, at: datetime) -> str:
        """When a form was made, and a signature over that and what it is about."""
        issued = str(int(at.timestamp()))
        return f"{issued}.{self._sign('form', issued, *about)}"

    def issued(self, stamp: str, *about: str, now: datetime) -> datetime | None:
        """When the form of this stamp was made; None when it is not ours, about something else, or too old."""
        issued, _, signature = stamp.partition(".")
        if not (issued.isascii() and issued.isdigit() and len(issued) <= 12):
            return None
        if not hmac.compare_digest(signature.encode(), self._sign("form", issued, *about).encode()):
            return None
        at = datetime.fromtimestamp(int(issued), UTC)
        return at if now - VALID <= at <= now + timedelta(minutes=5) else None

    def secret_of(self, token: str) -> str:
        """The secret of a personal link's visit: the same on every device, and not to be had without the link and the key."""
        return self._sign("visit", token)

    def seal(self, answers: Mapping[str, Any]) -> str:
        """Answers for a cookie: those of a trial through a preview link, which no database keeps. Long texts are left out when need be."""
        short = {name: value for name, value in answers.items() if not isinstance(value, str) or len(value) <= 20}
        return next((text for text in map(self._sealed, (answers, short)) if len(text) <= COOKIE_MAX), "")

    def unseal(self, text: str) -> dict[str, Any]:
        """What `seal` made; nothing when it is not ours."""
        body, _, signature = text.partition(".")
        if not body or not hmac.compare_digest(signature.encode(), self._sign("trial", body).encode()):
            return {}
        try:
            found = json.loads(zlib.decompressobj().decompress(base64.urlsafe_b64decode(body), _TEXT_MAX))
        except (ValueError, zlib.error, binascii.Error):
            return {}
        return found if isinstance(found, dict) else {}

    def _sealed(self, answers: Mapping[str, Any]) -> str:
        packed = zlib.compress(json.dumps(dict(answers), ensure_ascii=False, separators=(",", ":")).encode(), 9)
        body = base64.urlsafe_b64encode(packed).decode()
        return f"{body}.{self._sign('trial', body)}"

    def _sign(self, *parts: str) -> str:
        """BLAKE2's own keyed mode: OpenSSL's HMAC lets go of the interpreter for every text, and beside busy threads gets it back
        five milliseconds later."""
        text = "\0".join(parts).encode("utf-8", "replace")
        return base64.urlsafe_b64encode(hashlib.blake2b(text, key=self._key, digest_size=18).digest()).decode()
