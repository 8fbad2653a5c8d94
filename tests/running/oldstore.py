"""Databases as older versions of cxdash left them: tables of that version, rows put in by SQL, figures worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table

from cxdash.store import dump, schema
from cxdash.store.database import SCHEMA_WRITER

MONDAY = 1_772_409_600_123_456  # 2026-03-02 00:00:00.123456 UTC in microseconds
SCORES = [10] * 31 + [9] * 20 + [8] * 19 + [6] * 11 + [0] * 9  # 51 promoters, 20 detractors of 90
OVERALL = [1 + (i * 7) % 5 for i in range(len(SCORES))]
COMMENT = "배송이 \"느려요\", <b>정말</b>\n\t둘째 줄 \\N 😀"
NAME, EMAIL = "홍길동", "gildong@example.com"
LISTS = {"options", "headers", "codes", "quota", "scopes", "breaks", "grants"}  # documents that are lists


def expected() -> dict[str, float]:
    """What every version must say of these rows."""
    n = len(SCORES)
    promoters, detractors = sum(s >= 9 for s in SCORES), sum(s <= 6 for s in SCORES)
    return {"n": n, "nps": 100 * (promoters - detractors) / n, "csat": 100 * sum(v >= 4 for v in OVERALL) / n}


def _questions() -> list[dict[str, Any]]:
    common = {"program_id": 1, "labels": "{}", "options": "[]", "headers": "[]", "direction": "high"}
    asked = [("nps", "recommend", 0, 10), ("all", "overall", 1, 5), ("why", "comment", None, None), ("branch", "attribute", None, None)]
    return [
        {**common, "id": i, "position": i, "code": code, "measure": measure, "lo": lo, "hi": hi, "wording": json.dumps({"ko": code})}
        for i, (code, measure, lo, hi) in enumerate(asked, 1)
    ]


def _responses() -> list[dict[str, Any]]:
    return [
        {"id": i, "program_id": 1, "wave_id": 1, "import_id": 1, "row": i, "respondent": f"C{i}",
         "at": MONDAY + i * 1_000_000, "source": "import",
         "weight": None, "attributes": json.dumps({"branch": ("강남", "부산")[i % 2]}, ensure_ascii=False),
         "answers": json.dumps({"nps": score, "all": overall, **({"why": COMMENT} if i == 1 else {})}, ensure_ascii=False), "ver": 2}
        for i, (score, overall) in enumerate(zip(SCORES, OVERALL, strict=True), 1)
    ]  # fmt: skip


def rows() -> dict[str, list[dict[str, Any]]]:
    """The rows that matter, by table; plain, as they were before anything was sealed."""
    return {
        "program": [{"id": 1, "slug": "old", "name": '{"ko": "옛 프로그램"}', "timezone": "Asia/Seoul", "demo": False, "loyalty": "{}",
                     "primary": '{"nps": "nps", "csat": "all"}'}],
        "clock": [{"program_id": 1, "ver": 2}],
        "wave": [{"id": 1, "program_id": 1, "position": 1, "code": "2026-1", "name": "{}", "breaks": ""}],
        "question": _questions(),
        "response": _responses(),
        "import": [{"id": 1, "program_id": 1, "wave_id": 1, "state": "done", "sha256": "0" * 64, "codes": '["nps", "all", "why"]'}],
        "contact": [{"id": 1, "program_id": 1, "key": "K1", "name": NAME, "email": EMAIL, "language": "ko",
                     "attributes": '{"branch": "강남"}'}],
        "survey": [{"id": 1, "program_id": 1, "code": "s", "state": "draft", "draft": "{}", "name": '{"ko": "설문"}'}],
        "visit": [{"id": 1, "answers": '{"nps": 7}', "state": "started"}],
        "link": [{"id": 1, "kind": "public", "state": "open"}],
        "mail": [{"id": 1, "to": EMAIL, "subject": "초대", "body": "본문", "state": "sent"}],
    }  # fmt: skip


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str
    table: Table

    def value(self, given: Mapping[str, Any], number: int) -> Any:
        if self.name in given:
            return given[self.name]
        column = self.table.c[self.name]
        for key in column.foreign_keys:
            if not column.nullable:
                return "x1" if key.column.type.python_type is str else 1
        if column.nullable:
            return None
        made = {"int": number, "float": 1.5, "bool": False, "document": "[]" if self.name in LISTS else "{}", "time": MONDAY, "bytes": b"x"}
        return {**made, "day": "2026-03-02"}.get(self.kind, f"x{number}")


def fill(connection: Connection, *, everywhere: bool = True) -> None:
    """`rows`, and one made-up row in every other table (unless not everywhere), into empty tables of whatever version."""
    found = MetaData()
    found.reflect(connection)
    known = rows()
    for shape in dump.shapes(connection):
        if shape.name in (*dump._SEEDED, "audit") or (shape.name not in known and not everywhere):
            continue
        columns = [_Column(name, kind, found.tables[shape.name]) for name, kind in shape.columns]
        wanted = known.get(shape.name, [{}])
        dump.fill(connection, shape, [[column.value(row, number) for column in columns] for number, row in enumerate(wanted, 1)])
    dump.count_on(connection, {"response": 5_000})  # some were erased: their numbers never come again


def make(engine: Engine, version: str) -> None:
    with engine.execution_options(**SCHEMA_WRITER).begin() as connection:
        schema.rebuild(connection, version)
        fill(connection)
