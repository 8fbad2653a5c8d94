"""What a header tells of its column holds although some cells do not fit: times and their zone, weights."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from cxdash.ingest import clean
from cxdash.ingest.coding import code
from cxdash.terms import Role
from tests.ingest.grids import by_header, proposal, scores, table

N = 60


def _stored(cells, out: Path) -> tuple[pl.DataFrame, list[dict]]:
    coded = code(cells, proposal(cells).mapping, out=out)
    return pl.read_parquet(coded.responses), pl.read_parquet(coded.problems).to_dicts()


def test_the_zone_in_a_header_is_the_zone_of_its_times(tmp_path: Path) -> None:
    """Typeform writes "Submit Date (UTC)"; read as Seoul time every evening would fall on the day before."""
    at = [f"2026-03-{1 + i % 28:02d} 20:{i:02d}:00" for i in range(N)]
    for header, hour in (("Submit Date (UTC)", 20), ("응답 일시 (GMT+9)", 11), ("응답 일시(UTC-05:00)", 25), ("응답 일시", 11)):
        rows, problems = _stored(table([header, "만족도(5점)", "추천 의향"], at, scores(1, 5, N), scores(0, 10, N)), tmp_path)
        assert [(t.day - 1) * 24 + t.hour for t in rows["at"].head(3)] == [hour, 24 + hour, 48 + hour], header
        assert not problems


def test_days_under_a_word_for_a_duration_are_when_people_answered() -> None:
    at = [f"2026-03-{1 + i % 28:02d} {'AM' if i % 2 else 'PM'} {1 + i % 11}:{i % 60:02d}:00" for i in range(N)]
    took = [f"{40 + i}" for i in range(N)]
    column = by_header(proposal(table(["응답시간", "만족도", "추천 의향"], at, scores(1, 5, N), scores(0, 10, N))))["응답시간"]
    assert (column.role, column.date_format) == (Role.DATE, "ymd")
    column = by_header(proposal(table(["응답시간", "만족도", "추천 의향"], took, scores(1, 5, N), scores(0, 10, N))))["응답시간"]
    assert column.role is Role.IGNORE and column.reason.key == "ingest.reason.duration"


def test_a_weight_with_some_bad_cells_stays_a_weight_and_they_are_told(tmp_path: Path) -> None:
    weights: list[object] = [round(0.5 + i % 10 / 10, 1) for i in range(N)]
    weights[:5] = [-1, "", "abc", 0, "-0.5"]
    cells = table(["응답자 ID", "가중치", "만족도(5점)", "추천 의향"], [f"R{i:05d}" for i in range(N)], weights, scores(1, 5, N), scores(0, 10, N))
    rows, problems = _stored(cells, tmp_path)
    assert rows["weight"].to_list() == [None, None, None, 0.0, None, *weights[5:]]
    assert sorted((p["row"], p["value"], p["reason"].rpartition(".")[2]) for p in problems) == [
        (2, "-1", "weight_negative"), (3, "", "weight_blank"), (4, "abc", "weight_text"), (6, "-0.5", "weight_negative")]  # fmt: skip
    assert json.loads(rows["answers"][0])


def test_decimal_commas_of_a_weight_are_no_thousands(tmp_path: Path) -> None:
    written = [f"{(500 + 37 * i) // 1000},{(500 + 37 * i) % 1000:03d}" for i in range(N)]
    rows, problems = _stored(table(["Gewicht", "overall satisfaction", "recommend"], written, scores(1, 5, N), scores(0, 10, N)), tmp_path)
    assert rows["weight"].to_list() == [(500 + 37 * i) / 1000 for i in range(N)] and not problems
    thousands = ["1,234", "2,000", "950"]
    assert not clean.decimal_commas(thousands) and clean.number("1,234") == 1234
