"""What the store does to text: JSON in one spelling, and no NUL characters.

PostgreSQL can store neither a NUL in a text nor "\\u0000" in a JSON value; no survey means one (it comes from damaged
files), so it is dropped on the way in, on both databases alike. Lone surrogates cannot be written as UTF-8: they become U+FFFD.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson

from cxdash.errors import Conflict

CODE_MAX = 200  # characters; also keeps every index entry below PostgreSQL's limit of 2,704 bytes
KEY_MAX = 300
_NUL_ESCAPE = "\\u0000"
_EXACTLY = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def clean(text: str) -> str:
    """The text as both databases can store it."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def dumps(value: Any) -> str:
    """JSON with Korean as it is read. NaN and infinity are refused (ValueError): they are not JSON."""
    text = _quick(value) or _json(value)
    if _NUL_ESCAPE in text:
        text = json.dumps(_without_nul(value), ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else clean(text)


def _quick(value: Any) -> str:
    """The same text a good deal sooner, where both ways spell it alike; else nothing: keys that are no texts, numbers beyond 64 bits or
    very small, lone surrogates, and a null, which NaN would become too."""
    try:
        text = orjson.dumps(value, option=_EXACTLY).decode()
    except TypeError:
        return ""
    return "" if "null" in text or "e-" in text else text


def clean_document(document: str) -> str:
    """A JSON text written anew: without NULs, and with every surrogate escape resolved."""
    return dumps(json.loads(document))


def clean_key(key: str) -> str | None:
    """A respondent's key as stored: no NUL, None for an empty one, the digest of one too long for an index."""
    key = clean(key)
    return (key if len(key) <= KEY_MAX else "sha256:" + hashlib.sha256(key.encode()).hexdigest()) or None


def listed(names: Iterable[str], most: int = 40) -> str:
    """Names for an error that says what exists: "a, b, c"; a dash when there is none."""
    first = list(islice(names, most + 1))
    return ", ".join(first[:most]) + (" …" if len(first) > most else "") or "–"


def checked_code(code: str) -> str:
    """A code or name that identifies something. Conflict when it is blank or longer than 200 characters."""
    code = clean(code).strip()
    if not code or len(code) > CODE_MAX:
        raise Conflict("store.code.invalid", code=code[:40], longest=CODE_MAX)
    return code


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {str(k).replace("\0", ""): _without_nul(v) for k, v in value.items()}
    return [_without_nul(v) for v in value] if isinstance(value, (list, tuple)) else value
