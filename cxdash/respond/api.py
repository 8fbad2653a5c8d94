"""The API for machines, /api/v1: one table of operations, from which requests are dispatched and the OpenAPI description is made.

A request passes: path (404) → method (405) → key (401) → scope (403) → rate (429) → type and size of the body (415, 413) → its form (400) →
its content (422). No cookies are read or set, and no other origin is let in by CORS.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from cxdash import i18n
from cxdash.errors import Conflict, CxError, NotFound, Refused, Unavailable
from cxdash.respond import apidoc, apiform
from cxdash.respond.apidoc import ROOT, Operation
from cxdash.respond.problems import Problem, answer, response
from cxdash.respond.rate import Rate
from cxdash.services import intake, machines
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.intake import Fault
from cxdash.services.machines import Machine, acting
from cxdash.services.programs import catalog_of
from cxdash.services.readout import readout
from cxdash.services.submissions import Outcome

log = logging.getLogger(__name__)
BODY_MAX = 128 * 1024
PATIENCE = 30.0  # seconds until a response must be committed; then the sender is asked to try again
RETRY = "5"
NOTED_EVERY = 60.0  # seconds between two notes that a key was used
WORD = re.compile(r"[\x21-\x7e]{1,128}")  # an idempotency key
Handler = Callable[[Request, Machine | None, Mapping[str, str]], Awaitable[Response]]


def routes(deps: Callable[[], Deps], writer: Callable[[], Writer]) -> list[BaseRoute]:
    """Everything under /api/. What is not in the table is answered here too, as problem+json."""
    return [Route("/api/{rest:path}", Api(deps, writer))]


class Api:
    """The ASGI application behind the route. deps, writer: asked at the first request, when the store is open."""

    def __init__(self, deps: Callable[[], Deps], writer: Callable[[], Writer], *, patience: float = PATIENCE) -> None:
        self._deps, self._writer, self._patience = deps, writer, patience
        self._rate = Rate()
        self._noted: dict[int, float] = {}
        self._handlers: Mapping[str, Handler] = {
            "describe": self._describe, "send": self._send, "programs": self._programs, "program": self._program, "metrics": self._metrics,
        }  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            made = await self._answer(request)
        except ClientDisconnect:
            return
        except Problem as problem:
            made = response(problem, self._language(request))
        except CxError as error:
            made = response(_problem(error), self._language(request))
        except Exception as error:
            if type(error).__module__.startswith("cxdash.edge"):  # the ring's own: it answers
                raise
            log.exception("the API failed at %s", scope["path"])
            made = response(Problem("failed"), self._language(request))
        await made(scope, receive, send)

    def _language(self, request: Request) -> str:
        return i18n.language(request.headers.get("accept-language"), "en")

    async def _answer(self, request: Request) -> Response:
        operation, path = _found(request.scope["path"], request.method)
        machine = None
        if operation.scope:
            machine = await self._machine(request)
            acting(machine, operation.scope)
            if wait := self._rate.take(machine.key_id, machine.rate):
                raise Problem("rate", "api.problem.rate", {"n": machine.rate}, headers={"Retry-After": str(max(1, -int(-wait // 1)))})
        return await self._handlers[operation.name](request, machine, path)

    async def _machine(self, request: Request) -> Machine:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        found = await to_thread.run_sync(self._known, key.strip()) if kind.lower() == "bearer" else None
        if found is None:
            raise Problem("unauthorized", "api.problem.key", headers={"WWW-Authenticate": 'Bearer realm="cxdash"'})
        return found

    def _known(self, key: str) -> Machine | None:
        deps = self._deps()
        machine = machines.machine_of(deps, key=key)
        if machine is not None and time.monotonic() - self._noted.get(machine.key_id, float("-inf")) >= NOTED_EVERY:
            self._noted[machine.key_id] = time.monotonic()
            try:
                machines.note_use(deps, machine)
            except Unavailable:
                self._noted.pop(machine.key_id, None)
        return machine

    # ------------------------------------------------------------ operations

    async def _describe(self, request: Request, _machine: Machine | None, _path: Mapping[str, str]) -> Response:
        _no_query(request)
        return answer(apidoc.document())

    async def _programs(self, request: Request, machine: Machine | None, _path: Mapping[str, str]) -> Response:
        assert machine is not None
        _no_query(request)
        catalog = await to_thread.run_sync(catalog_of, self._deps(), machine.program)
        return answer(apiform.programs_json([catalog]))

    async def _program(self, request: Request, machine: Machine | None, path: Mapping[str, str]) -> Response:
        assert machine is not None
        _no_query(request)
        _own(machine, path["code"])

        def read() -> dict[str, Any]:
            deps, actor = self._deps(), acting(machine, machines.PROGRAMS)
            try:
                targets = intake.targets(deps, actor, machine=machine)
            except Conflict:  # the demo, or closed: it takes nothing
                targets = ()
            return apiform.program_json(catalog_of(deps, machine.program), targets)

        return answer(await to_thread.run_sync(read))

    async def _metrics(self, request: Request, machine: Machine | None, _path: Mapping[str, str]) -> Response:
        assert machine is not None
        query = {name: request.query_params.getlist(name) for name in request.query_params}
        if len(query.get("program", ())) == 1:
            _own(machine, query["program"][0])

        def read() -> dict[str, Any]:
            found = readout(self._deps(), acting(machine, machines.METRICS), program=machine.program, query=query)
            if isinstance(found, tuple):
                raise Problem("invalid", "api.problem.parameters", {"n": len(found)}, found)
            return apiform.readout_json(found)

        return answer(await to_thread.run_sync(read))

    async def _send(self, request: Request, machine: Machine | None, _path: Mapping[str, str]) -> Response:
        assert machine is not None
        _no_query(request)
        body = await _body(request)
        asked = _idempotency(request, body)

        def prepare() -> intake.Stored | intake.Prepared:
            deps, actor = self._deps(), acting(machine, machines.WRITE)
            if asked and (before := intake.earlier(deps, actor, machine=machine, request=asked)):
                return before
            found = apiform.read_body(body)
            if isinstance(found.get("program"), str):
                _own(machine, found["program"])
            made = intake.prepare(deps, actor, machine=machine, body=found, request=asked)
            if isinstance(made, tuple):
                raise Problem("invalid", "api.problem.fields", {"n": len(made)}, made)
            return made

        made = await to_thread.run_sync(prepare)
        if isinstance(made, intake.Stored):
            return _created(made, machine, repeated=True)
        outcome = await self._committed(self._writer().submit(made.item))
        if outcome.response_id is None:
            raise Problem("gone", "api.problem.erased")
        return _created(made.stored(outcome.response_id), machine, repeated=outcome.repeated)

    async def _committed(self, future: Future[Outcome]) -> Outcome:
        """Nothing is acknowledged before its commit. Whoever is told to try again may: with an idempotency key it is stored once."""
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), self._patience)
        except TimeoutError:
            raise Unavailable("store.unavailable.busy", fix="store.busy.fix") from None


def _found(path: str, method: str) -> tuple[Operation, Mapping[str, str]]:
    fits = [(operation, match) for operation in apidoc.OPERATIONS if (match := operation.pattern.fullmatch(path))]
    if not fits:
        raise Problem("not-found", "api.problem.path", {"root": ROOT})
    method = "GET" if method == "HEAD" else method
    found = next(((operation, match.groupdict()) for operation, match in fits if operation.method == method), None)
    if found is None:
        allowed = sorted({operation.method for operation, _ in fits})
        allow = ", ".join((*allowed, *(["HEAD"] if "GET" in allowed else [])))
        raise Problem("method", "api.problem.method", {"allowed": allow}, headers={"Allow": allow})
    return found


def _own(machine: Machine, program: str) -> None:
    """Another programme is refused in the same words whether it exists or not."""
    if program != machine.program:
        raise Problem("forbidden", "api.problem.other_program")


def _no_query(request: Request) -> None:
    if names := list(request.query_params):
        faults = tuple(Fault(name[:80], "api.problem.unknown_parameter", {"known": "–"}) for name in dict.fromkeys(names))
        raise Problem("invalid", "api.problem.parameters", {"n": len(faults)}, faults)


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("media-type", "api.problem.media_type", headers={"Accept": "application/json"})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem("media-type", "api.problem.encoding")
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > BODY_MAX:
            raise Problem("too-large", "api.problem.too_large", {"most": BODY_MAX // 1024}, headers={"Connection": "close"})
    return bytes(read)


def _idempotency(request: Request, body: bytes) -> intake.Request | None:
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not WORD.fullmatch(given[0]):
        raise Problem("malformed", "api.problem.idempotency_key", {"most": 128})
    return intake.Request(given[0], intake.body_hash(body))


def _created(stored: intake.Stored, machine: Machine, *, repeated: bool) -> Response:
    headers = {"Idempotency-Replayed": "true"} if repeated else {}
    return answer(apiform.stored_json(stored, machine.program), 201, headers)


def _problem(error: CxError) -> Problem:
    """An error of the services as an answer."""
    if error.key == "service.collect.other_body":
        return Problem("idempotency", error.key, error.params)
    if error.key == "api.problem.erased":
        return Problem("gone", error.key)
    if isinstance(error, Unavailable) or error.key == "store.busy":
        return Problem("unavailable", error.key, error.params, headers={"Retry-After": RETRY})
    for kind, name in ((Refused, "forbidden"), (NotFound, "not-found"), (Conflict, "conflict")):
        if isinstance(error, kind):
            return Problem(name, error.key, error.params)
    log.error("the API met an error it does not know", exc_info=error)
    return Problem("failed")
