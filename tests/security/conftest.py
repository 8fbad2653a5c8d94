"""app.py's routes and ring in process, with a published survey behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from cxdash.auth.front import Front
from cxdash.edge import launch
from cxdash.respond.desk import Desk
from tests import house
from tests.services.answering import House, open_house
from tests.signing import closed

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    deps = house.build(tmp_path_factory.mktemp("home"))
    yield open_house(closed(deps))
    house.close(deps)


@pytest.fixture(scope="module")
def site(shop: House) -> Iterator[Starlette]:
    """app.py's routes and ring, with something harmless where Streamlit would be."""
    deps, patch = shop.deps, pytest.MonkeyPatch()
    patch.setattr(launch, "_started", lambda: deps)
    patch.setattr(launch, "_desk", Desk(lambda: deps))
    patch.setattr(launch, "_front", Front(lambda: deps))

    async def streamlit(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("the screens", headers={"Access-Control-Allow-Origin": "*"})

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    own = launch.routes(deps.settings)
    rest = [Route("/{rest:path}", streamlit, methods=list(METHODS)), WebSocketRoute("/{rest:path}", stream)]
    yield Starlette(routes=[*own, *rest], middleware=launch.middleware(deps.settings, own))
    launch._desk.end()
    patch.undo()
