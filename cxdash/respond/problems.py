"""What goes wrong at the API, as problem+json (RFC 9457): never a traceback, never a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from cxdash import i18n
from cxdash.services.intake import Fault

KIND = "urn:cxdash:problem:"
# Name of a problem -> status and the message that is its title.
NAMES: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "api.http.malformed"),
    "unauthorized": (401, "api.http.unauthorized"),
    "forbidden": (403, "api.http.forbidden"),
    "not-found": (404, "api.http.not_found"),
    "method": (405, "api.http.method"),
    "conflict": (409, "api.http.conflict"),
    "gone": (410, "api.http.gone"),
    "too-large": (413, "api.http.too_large"),
    "media-type": (415, "api.http.media_type"),
    "invalid": (422, "api.http.invalid"),
    "idempotency": (422, "api.http.idempotency"),
    "rate": (429, "api.http.rate"),
    "failed": (500, "api.http.failed"),
    "unavailable": (503, "api.http.unavailable"),
}


class Problem(Exception):
    """Raised by a handler, answered by `response`. name: of NAMES. detail: key of a sentence. faults: what is wrong, one by one."""

    def __init__(
        self, name: str, detail: str = "", params: Mapping[str, object] | None = None, faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, detail)
        self.name, self.detail, self.params, self.faults, self.headers = name, detail, params or {}, faults, headers or {}

    @property
    def status(self) -> int:
        return NAMES[self.name][0]


def response(problem: Problem, language: str) -> Response:
    """The answer in a language."""
    body: dict[str, Any] = {
        "type": KIND + problem.name,
        "title": i18n.text(NAMES[problem.name][1], language),
        "status": problem.status,
    }
    if problem.detail:
        body["detail"] = _said(problem.detail, problem.params, language)
    if problem.faults:
        body["errors"] = [_fault(fault, language) for fault in problem.faults]
    return answer(body, problem.status, {"Content-Language": language, **problem.headers}, kind="application/problem+json")


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, kind: str = "application/json") -> Response:
    """A JSON answer that nobody keeps."""
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "replace"), status, {"Cache-Control": "no-store", **(headers or {})}, media_type=kind)


def _fault(fault: Fault, language: str) -> dict[str, Any]:
    return {
        "at": fault.at,
        "code": fault.key.rsplit(".", 1)[-1],
        "params": {name: value if isinstance(value, int | float | str) else str(value) for name, value in fault.params.items()},
        "detail": _said(fault.key, fault.params, language),
    }


def _said(key: str, params: Mapping[str, object], language: str) -> str:
    return i18n.text(key, language, **{str(name): value for name, value in params.items()})
