"""The gallery behind the same ring as the real app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cxdash.edge import files, launch


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    files.install(launch._tabs.standing_of)
    yield


async def fail(_request: Request) -> Response:
    raise RuntimeError("a secret of the inside: /etc/passwd")


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


_settings = launch.prepare(str(launch.config.ROOT / "app.py"))
_routes = [*launch.routes(replace(_settings, respond=False)), Route("/fail", fail), Route("/s/{token}", echo, methods=["GET", "POST"])]
app = st.App(Path(__file__).with_name("gallery.py"), routes=_routes, middleware=launch.middleware(_settings, _routes),
             lifespan=lifespan, on_script_error=launch.script_error)
