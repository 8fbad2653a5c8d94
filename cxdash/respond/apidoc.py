"""The operations of the API, and their description as OpenAPI 3.1, made of the same table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cxdash import __version__
from cxdash.respond.apischema import PROBLEM, QUERY, SCHEMAS
from cxdash.respond.problems import NAMES
from cxdash.services.machines import METRICS, PROGRAMS, WRITE

ROOT = "/api/v1"
_KEYED = ("unauthorized", "forbidden", "rate", "failed", "unavailable")  # of every operation that asks for a key


@dataclass(frozen=True)
class Operation:
    """One line of the table. name: of the handler. scope: what the key must have, "" for everybody. answers: status -> schema.
    refusals: names of `problems.NAMES` it can answer with."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    answers: Mapping[int, str]
    refusals: tuple[str, ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = ()
    body: str = ""
    about: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Of the whole path."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.escape(ROOT + self.path).replace(r"\{", "{").replace(r"\}", "}")))


_CODE = {
    "name": "code", "in": "path", "required": True, "description": "The programme's code.", "schema": {"type": "string", "minLength": 1},
}  # fmt: skip
_WORD = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": "The same key with the same body gets the same answer and stores nothing twice; with another body it is refused.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}  # fmt: skip

OPERATIONS = (
    Operation(
        "send", "POST", "/responses", WRITE, "Send a response", {201: "Stored"},
        ("malformed", "conflict", "gone", "too-large", "media-type", "invalid"), (_WORD,), "Response",
        "Answered after the commit. A respondent that the wave knows already updates that response. Unknown fields and values out of "
        "range are refused, all at once; GET /programs/{code} lists the fields. A 503 may be repeated: with an Idempotency-Key it is "
        "stored once.",
    ),
    Operation("programs", "GET", "/programs", PROGRAMS, "The programmes the key opens", {200: "Programs"}, ("invalid",)),
    Operation(
        "program", "GET", "/programs/{code}", PROGRAMS, "A programme: journey, questions, attributes, waves, fields of a response",
        {200: "Program"}, ("invalid", "not-found"), (_CODE,),
    ),
    Operation(
        "metrics", "GET", "/metrics", METRICS, "The figures of the screens", {200: "Metrics"}, ("invalid", "not-found"), QUERY,
        about="Takes the parameters of a screen's address. A figure under the minimum base of 10 has no value and no interval; in a "
        "breakdown a second one is hidden with it where it would follow from the total.",
    ),
    Operation("describe", "GET", "/openapi.json", "", "This description", {200: "Description"}, ("invalid", "failed")),
)  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """The description, as plain data."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "cxdash", "version": __version__, "summary": "Responses in, figures out.",
                 "description": "Errors are application/problem+json (RFC 9457); `errors` lists everything that is wrong with a request."},
        "servers": [{"url": ROOT}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key made on the page Connections (연동)."}},
        },
    }  # fmt: skip


def _operation(operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {**{str(status): _answer(operation, schema) for status, schema in operation.answers.items()}, **_refusals(operation)},
        "security": [{"key": []}] if operation.scope else [],
    }
    if about := " ".join(part for part in (operation.about, f"Scope: {operation.scope}." if operation.scope else "") if part):
        made["description"] = about
    if operation.parameters:
        made["parameters"] = list(operation.parameters)
    if operation.body:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{operation.body}"}}}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _answer(operation: Operation, schema: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": operation.summary, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }  # fmt: skip
    if operation.name == "send":
        made["headers"] = {"Idempotency-Replayed": {"description": "true: it was stored before", "schema": {"const": "true"}}}
    return made


def _refusals(operation: Operation) -> dict[str, Any]:
    names = sorted({*operation.refusals, *(_KEYED if operation.scope else ())})
    by_status: dict[int, list[str]] = {}
    for name in names:
        by_status.setdefault(NAMES[name][0], []).append(name)
    return {
        str(status): {
            "description": " or ".join(same), "headers": dict(_HEADERS.get(status, {})),
            "content": {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}},
        }
        for status, same in sorted(by_status.items())
    }  # fmt: skip


_SECONDS = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}
_HEADERS: Mapping[int, Mapping[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
    429: {"Retry-After": _SECONDS},
    503: {"Retry-After": _SECONDS},
}
