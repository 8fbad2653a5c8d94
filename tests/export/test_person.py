"""What is handed over to a person: every place, every value, and nothing in the workbook that runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from cxdash.export import person
from cxdash.services.people import Counts, Held, Who

AT = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
HELD = Held(
    Who(1, 7, "C1"), "shop",
    {
        "contact": ({"key": "C1", "name": "=HYPERLINK(\"http://x\")", "attributes": {"branch": "강남"}, "unsubscribed_at": None},),
        "responses": (
            {"id": 3, "at": AT, "answers": {"nps": 9, "used": [1, 2], "why": "좋아요"}, "attributes": {}},
            {"id": 4, "at": None, "answers": {"nps": 2}, "attributes": {"age": "20s"}},
        ),
    },
    None, Counts(1, 2),
)  # fmt: skip


def test_json_has_every_value_as_it_is() -> None:
    told = json.loads(person.to_json(HELD))
    assert told["program"] == "shop" and told["contact"][0]["name"].startswith("=HYPERLINK")
    assert told["responses"][0] == {"id": 3, "at": "2026-05-01T03:00:00+00:00", "answers": {"nps": 9, "used": [1, 2], "why": "좋아요"},
                                    "attributes": {}}  # fmt: skip


@pytest.mark.parametrize(("lang", "sheets"), [("ko", ["고객 정보", "응답"]), ("en", ["Customer record", "Responses"])])
def test_the_workbook_has_a_sheet_per_place_and_a_column_per_answer(lang: str, sheets: list[str]) -> None:
    book = load_workbook(BytesIO(person.to_workbook(HELD, lang)))
    assert book.sheetnames[:2] == sheets
    rows = [[cell.value for cell in row] for row in book[sheets[1]].iter_rows()]
    assert rows[0] == ["id", "at", "answers.nps", "answers.used", "answers.why", "attributes.age"]
    assert rows[1] == ["3", "2026-05-01 03:00:00+00:00", "9", "[1, 2]", "좋아요", None]
    assert rows[2] == ["4", None, "2", None, None, "20s"]
    name = next(cell for cell in book[sheets[0]][2] if str(cell.value).startswith("=HYPER"))
    assert name.data_type == "s" and name.quotePrefix
