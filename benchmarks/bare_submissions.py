"""The floor of benchmarks/submissions.py: a bare Starlette route that validates ten answers and inserts them in groups, nothing else.

uvicorn benchmarks.bare_submissions:app, with BARE_DATABASE: the path of a SQLite file, or the URL of a PostgreSQL database.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import sqlite3
import threading
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qsl

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

GROUP = 200
_waiting: queue.Queue[tuple[str, Future[None]]] = queue.Queue()


def _connect() -> Any:
    url = os.environ["BARE_DATABASE"]
    if url.startswith("postgresql"):
        return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))
    made = sqlite3.connect(url, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        made.execute(f"PRAGMA {pragma}")
    return made


def _write() -> None:
    connection = _connect()
    is_sqlite = isinstance(connection, sqlite3.Connection)
    connection.execute("CREATE TABLE IF NOT EXISTS answer (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, document TEXT)"
                       if not is_sqlite else "CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, document TEXT)")
    if not is_sqlite:
        connection.commit()
    insert = f"INSERT INTO answer (document) VALUES ({'?' if is_sqlite else '%s'})"
    while True:
        group = [_waiting.get()]
        while len(group) < GROUP and not _waiting.empty():
            group.append(_waiting.get_nowait())
        if is_sqlite:
            connection.execute("BEGIN IMMEDIATE")
        connection.cursor().executemany(insert, [(document,) for document, _ in group])
        connection.commit()
        for _, future in group:
            future.set_result(None)


async def _answer(request: Request) -> Response:
    given = {name: int(value) for name, value in parse_qsl((await request.body()).decode()) if name.startswith("q")}
    if len(given) != 10 or not all(0 <= value <= 10 for value in given.values()):
        return Response(status_code=422)
    future: Future[None] = Future()
    _waiting.put((json.dumps(given), future))
    await asyncio.wrap_future(future)
    return Response(status_code=303, headers={"Location": "/done"})


async def _healthz(_request: Request) -> Response:
    return Response("ok")


app = Starlette(routes=[Route("/answer", _answer, methods=["POST"]), Route("/healthz", _healthz)])
threading.Thread(target=_write, daemon=True).start()
