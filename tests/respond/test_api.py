"""The API over the real ASGI application: keys, what is stored, what is refused and in which words, idempotency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cxdash.respond import api
from cxdash.respond.problems import NAMES
from cxdash.respond.rate import Rate
from cxdash.services import machines, surveys
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.machines import METRICS, PROGRAMS, WRITE
from cxdash.store import keys, programs, responses
from cxdash.store.database import reading, writing
from cxdash.store.tokens import digest
from tests import house as houses
from tests.databases import database_url, migrated, postgres  # noqa: F401
from tests.respond.machines import ANSWERS, Desk, open_desk

REQUESTS = (("POST", "/responses", WRITE), ("GET", "/programs", PROGRAMS), ("GET", "/programs/shop", PROGRAMS), ("GET", "/metrics", METRICS))


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:  # noqa: F811
    """Once on SQLite, once on PostgreSQL."""
    deps = houses.build(tmp_path / "home", database=database_url)
    made = open_desk(deps)
    yield made
    made.writer.stop()
    houses.close(deps)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One house for all that stores nothing."""
    deps = houses.build(tmp_path_factory.mktemp("home"), demo=True)
    made = open_desk(deps)
    yield made
    made.writer.stop()
    houses.close(deps)


def stored(deps: Deps) -> list[dict[str, Any]]:
    with reading(deps.engine) as session:
        rows = session.execute(text("SELECT id, respondent, source, attributes, answers, at FROM response ORDER BY id")).mappings()
        return [dict(row) for row in rows]


def codes(answer: Any) -> dict[str, str]:
    return {error["at"]: error["code"] for error in answer.json()["errors"]}


# ---------------------------------------------------------------- storing


def test_a_response_is_stored_and_counted(desk: Desk) -> None:
    answer = desk.send(respondent="C-1", at="2026-05-01T12:00:00+09:00", attributes={"branch": "강남", "channel": "sms", "language": None})
    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert found == {"format": 1, "id": found["id"], "program": "shop", "wave": "2026-1", "respondent": "C-1"}
    with reading(desk.deps.engine) as session:
        frame = responses.documents(session, ids=[found["id"]])
    row = frame.row(0, named=True)
    assert row["source"] == "api" and row["at"].astimezone(UTC) == datetime(2026, 5, 1, 3, tzinfo=UTC)
    assert '"nps":9' in row["answers"] and '"used":[1,2]' in row["answers"] and "ship" not in row["answers"]
    assert '"branch":"강남"' in row["attributes"] and '"age":"20s"' in row["attributes"]
    told = desk.ask("GET", "/metrics?metric=nps").json()
    assert told["responses"] == 1 and told["metrics"][0]["figure"]["n"] == 1 and told["metrics"][0]["figure"]["value"] is None
