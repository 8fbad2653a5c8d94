"""What is written to the log, and what never is.

One line per event on stderr, as text or as JSON, with the id of the request it belongs to. Paths are written without what could open
something: personal links (/s/…) and every other long part of an address. Secrets of the settings that get into a line all the same are
struck out at the last moment, whoever wrote it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any, TextIO

request_id: ContextVar[str] = ContextVar("request_id", default="")
STRUCK = "***"
SHORTEST = 6  # characters of a secret that is struck out; a shorter one would strike out half of every line
_LONG = 16  # a part of a path of so many characters may be a token
_OPEN = ("static", "app", "_stcore")  # below these nothing is secret
_SECRETLY = ("s",)  # whatever follows is a token, however short
_FOREIGN = ("uvicorn", "streamlit", "websockets")
_TEXT = "%(asctime)s %(levelname)s %(name)s%(request)s %(message)s"
FIELDS = ("method", "path", "status", "ms", "kind")  # of a line about a request, as `extra`


def masked(path: str) -> str:
    """The path of an address, without its query, and without what could be a token.

    >>> masked("/s/Zk3vT9/p/q1?x=1"), masked("/account/reset/0123456789abcdef0123"), masked("/static/js/index.CbQFRkXy-0123456789.js")
    ('/s/-/p/q1', '/account/reset/-', '/static/js/index.CbQFRkXy-0123456789.js')
    """
    parts = path.partition("?")[0].split("/")
    if len(parts) > 1 and parts[1] in _OPEN:
        return "/".join(parts)
    return "/".join("-" if len(part) >= _LONG or (i and parts[i - 1] in _SECRETLY and i == 2) else part for i, part in enumerate(parts))


class _Masking(logging.Filter):
    """For the access log of the ASGI server, which writes who asked, and whole paths: client, method, path, version, status."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _client, method, path, *rest = record.args
            record.args = ("-", method, masked(str(path)), *rest)
        return True


class Lines(logging.Formatter):
    """One event, one line of text (tracebacks follow below it) or one JSON object. hidden: what is struck out."""

    def __init__(self, *, as_json: bool = False, hidden: Iterable[str] = ()) -> None:
        super().__init__(_TEXT)
        self.converter = time.gmtime
        self.default_time_format, self.default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"
        self._json = as_json
        found = sorted({text for text in hidden if len(text) >= SHORTEST}, key=len, reverse=True)
        self._hidden = re.compile("|".join(map(re.escape, found))) if found else None

    def format(self, record: logging.LogRecord) -> str:
        record.request = f" [{own}]" if (own := request_id.get()) else ""
        said = self._as_json(record) if self._json else super().format(record)
        return self._hidden.sub(STRUCK, said) if self._hidden else said

    def _as_json(self, record: logging.LogRecord) -> str:
        found: dict[str, Any] = {"at": self.formatTime(record), "level": record.levelname.lower(), "logger": record.name}
        if own := request_id.get():
            found["request"] = own
        found |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        found["message"] = record.getMessage()
        if record.exc_info:
            found["trace"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False, default=str)


def begin(*, as_json: bool, access: bool, hidden: Sequence[str] = (), stream: TextIO | None = None) -> logging.Handler:
    """Puts our lines in force for the process: warnings of everybody, and what cxdash has to tell. access: a line per request."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(as_json=as_json, hidden=hidden))
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, Lines)]:
        root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger("cxdash").setLevel(logging.INFO)
    logging.getLogger("cxdash.access").setLevel(logging.INFO if access else logging.WARNING)
    server = logging.getLogger("uvicorn.access")
    if not any(isinstance(f, _Masking) for f in server.filters):
        server.addFilter(_Masking())
    adopt()
    return handler


def adopt() -> None:
    """Loggers of the server and of Streamlit that bring a handler of their own write through ours: one form, and nothing unmasked. The
    server writes no line per request: ours says the same, or none is wanted. Called again when more of them have been imported, since
    Streamlit gives the server's loggers handlers and levels of its own."""
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    if not any(isinstance(handler.formatter, Lines) for handler in logging.getLogger().handlers):
        return
    for name, found in list(logging.root.manager.loggerDict.items()):
        if isinstance(found, logging.Logger) and name.split(".")[0] in _FOREIGN and found.handlers:
            found.handlers.clear()
            found.propagate = True
