"""A house with a published survey, keys to it, and its API without a network, for tests of the API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from cxdash.respond import api
from cxdash.services import machines
from cxdash.services.actor import LOCAL
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from tests import loops
from tests.services.answering import House, open_house

ANSWERS: Mapping[str, Any] = {"nps": 9, "all": 5, "staff": 6, "gate:ship": "no", "used": [1, 2], "age": "20s"}


@dataclass(frozen=True)
class Desk:
    """The API of a house. key: with every scope."""

    house: House
    app: Starlette
    key: str
    writer: Writer

    @property
    def deps(self) -> Deps:
        return self.house.deps

    def another(self, *scopes: str, program: str = "shop", rate: int = 600, name: str = "other") -> str:
        return machines.create_key(self.deps, LOCAL, program=program, name=name, scopes=scopes or machines.SCOPES, rate=rate)[1]

    def ask(self, method: str, path: str, key: str | None = None, **given: Any) -> httpx.Response:
        return self.all([(method, path, {"key": key, **given})])[0]

    def all(self, asked: Sequence[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """Several requests at once."""
        async def run() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
            async with httpx.AsyncClient(transport=transport, base_url="http://cx.test", timeout=60) as client:
                return list(await asyncio.gather(*(self._one(client, *one) for one in asked)))

        return loops.run(run())

    async def _one(self, client: httpx.AsyncClient, method: str, path: str, given: dict[str, Any]) -> httpx.Response:
        key = given.pop("key", None)
        key = self.key if key is None else key
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **given.pop("headers", {})}
        return await client.request(method, f"/api/v1{path}", headers=headers, **given)

    def send(self, word: str | None = None, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": word} if word else {}
        return self.ask("POST", "/responses", key, headers=headers, json={"answers": dict(ANSWERS), **body})


def open_desk(deps: Deps, house: House | None = None) -> Desk:
    house = house or open_house(deps)
    writer = Writer(deps.engine)
    key = machines.create_key(deps, LOCAL, program="shop", name="crm", scopes=machines.SCOPES)[1]
    return Desk(house, Starlette(routes=api.routes(lambda: deps, lambda: writer)), key, writer)
