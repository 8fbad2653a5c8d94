"""One list of questions, asked of every engine and of the oracle."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from cxdash.facts.question import NONE, Facts, Filter
from cxdash.facts.schema import FactsSchema
from tests.facts import oracle
from tests.facts.sample import RATINGS, Row

FILTERS = {
    "everything": Filter(),
    "or within, and across": Filter({"성별": ("남",), "지 역": ("서울", "제주")}),
    "no value": Filter({"성별": (NONE,)}),
    "no value or one": Filter({"지 역": (NONE, "부산"), "source": ("form",)}),
    "wave": Filter({"wave": ("2025 상반기",)}),
    "no wave": Filter({"wave": (NONE, "2024 하반기")}),
    "attribute called wave": Filter({"a:wave": ("x",)}),
    "hostile value": Filter({"a.b": ('a"b', "$x")}),
    "value nobody has": Filter({"성별": ("기타",)}),
    "one value nobody has": Filter({"성별": ("기타", "여")}),
    "no values": Filter({"성별": ()}),
    "since": Filter(since=date(2025, 3, 3)),
    "until": Filter(until=date(2025, 3, 2)),
    "one local day": Filter(since=date(2024, 12, 30), until=date(2024, 12, 30)),
    "days and values": Filter({"A.b": ("p",)}, since=date(2024, 12, 1), until=date(2025, 6, 30)),
    "days without answers": Filter(since=date(1999, 1, 1), until=date(1999, 12, 31)),
    "changed after a version": Filter({"성별": ("남",)}, after=1),
    "nothing changed after it": Filter(after=99),
    "come later": Filter(beyond=120),
    "of those that came later, changed": Filter(after=1, beyond=40),
}
KEYS: tuple[tuple[str, ...], ...] = (
    (),
    ("성별",),
    ("wave",),
    ("a:wave",),
    ("source",),
    ("n",),
    ("point",),
    ("A.b",),
    ("비어 있음",),
    ("day",),
    ("week",),
    ("month",),
    ("quarter",),
    ("year",),
    ("성별", "지 역"),
    ("a.b", "A.b"),
    ("지 역", "month"),
    ("quarter", "wave"),
    ("week", "source"),
    ("import_id",),
    ("import_id", "성별"),
)
ALL = (*(f"q:{code}" for code in RATINGS), "secure", *(f"Q5#{i}" for i in (1, 2, 3)), "이유#12")
SOME = ("NPS", "Q5#2", "점수")
TALLIES = [
    *((where, (), ALL) for where in FILTERS),
    *(("everything", by, SOME) for by in KEYS),
    *(("since", by, ALL) for by in (("성별",), ("month", "a.b"))),
    ("one local day", ("week",), SOME),
    ("days without answers", ("month",), SOME),
    ("value nobody has", ("성별", "year"), SOME),
    ("or within, and across", ("quarter",), ("NPS",)),
    ("everything", ("성별",), ()),
]
MOMENTS = [
    *((where, (), ("NPS", "loyalty"), 0) for where in FILTERS),
    *(("everything", by, ("만족.도", 'q "거꾸로" #1'), 0) for by in KEYS),
    ("everything", (), ("NPS", "만족.도", 'q "거꾸로" #1', "week", "점수", "secure", "Q5#1", "loyalty", "q:loyalty"), 0),
    ("everything", ("성별",), ("NPS", "만족.도", "week", "loyalty"), 5),
    ("since", (), ("NPS", "만족.도", "week", "Loyal"), 7),
    ("everything", (), ("stage:구매",), 0),
    ("since", (), ("low:만족.도", "high:만족.도", "NPS"), 0),
    ("wave", (), ("stage:구매", "stage:설치", "만족.도"), 0),
    ("everything", ("month",), ("stage:설치", "stage:구매"), 0),
    ("everything", (), ("stage:없음",), 0),
    ("everything", ("year",), ("stage:없음", "NPS"), 0),
    ("wave", (), (), 0),
    ("everything", ("성별",), (), 4),
    ("everything", (), ("q:week", "weight"), 3),
    ("everything", (), ("NPS", "low:NPS", 'high:q "거꾸로" #1', "high:stage:구매", "low:stage:없음"), 0),
    ("everything", (), ("low:만족.도", "high:만족.도", "low:stage:구매", "high:loyalty"), 6),
    ("since", ("성별", "month"), ("NPS", "만족.도", 'q "거꾸로" #1', "stage:구매", "high:week", "Q5#1"), 3),
    ("everything", ("week", "지 역"), ("NPS", "만족.도", "week", "secure"), 0),
    ("or within, and across", (), ("low:만족.도", "high:만족.도", "NPS", "low:week", "high:week"), 3),
    ("days without answers", ("지 역",), ("NPS", "만족.도", "week", "secure"), 4),
    ("everything", ("quarter",), ("NPS", "만족.도", "week", "secure"), 2),
]
JOINTS = [
    *((where, (), ("NPS", "stage:구매")) for where in FILTERS),
    *(("everything", by, ("만족.도", 'q "거꾸로" #1')) for by in KEYS),
    ("everything", ("성별",), ("stage:구매", "Q5#1", "secure")),
    ("everything", (), ("loyalty", "high:NPS")),
    ("or within, and across", ("성별",), ("NPS", "NPS")),
    ("everything", ("wave",), ("stage:없음", "q:week")),
    ("everything", ("성별",), ()),
]
RATED = [
    *((where, ("NPS", "만족.도", "stage:구매", "stage:없음", "secure"), ()) for where in FILTERS),
    ("everything", tuple(RATINGS)[:6], ()),
    ("everything", ("만족.도", "loyal"), ("loyalty", "NPS")),
    ("since", ("만족.도", "Loyal", "week"), ("NPS",)),
    ("everything", ("q:weight", "q:loyalty"), ("stage:구매",)),
    ("everything", ("NPS",), ("loyal",)),
    ("everything", (), ()),
]
PAIRED = [
    ("wave", "no wave", ("만족.도", "NPS")),
    ("since", "until", ('q "거꾸로" #1', "secure")),
    ("until", "since", ("stage:구매",)),
    ("or within, and across", "everything", ("loyalty", "week")),
    ("everything", "wave", ("high:NPS",)),
    ("no value", "days and values", ("만족.도",)),
    ("wave", "value nobody has", ("NPS",)),
    ("wave", "no wave", ()),
]
SUMS = [
    *((where, (), ("NPS", "loyalty", "stage:구매")) for where in FILTERS),
    *(("everything", by, ("만족.도", "stage:설치")) for by in KEYS),
    ("or within, and across", (), ("loyalty", "stage:구매")),
    ("days without answers", (), ("loyalty", "stage:구매")),
    ("everything", (), ("stage:구매", "stage:설치", "stage:없음", "NPS", "secure", "Q5#1", "loyalty", "q:loyalty", "q:week")),
    ("since", ("성별", "month"), ("stage:구매", "loyalty")),
    ("everything", ("성별",), ()),
    ("wave", (), ()),
]
COUNTS = [*((where, ()) for where in FILTERS), *(("everything", by) for by in KEYS), ("wave", ("성별", "quarter"))]


def check_tally(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    where, by, questions = case
    answer = facts.tally(FILTERS[where], by, questions, weighted=weighted)
    assert answer.columns[len(by) :] == ["question", "point", "n", "w", "w2"]
    assert answer.schema["point"] == pl.Int16 and answer.schema["n"] == pl.Int64
    compared(answer, len(by) + 2, _known(oracle.tally, rows, schema, where, by, questions, weighted), exact=True)
    return answer


def check_count(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    where, by = case
    answer = facts.count(FILTERS[where], by, weighted=weighted)
    assert answer.columns[len(by) :] == ["n", "n_unweighted"]
    compared(answer, len(by), _known(oracle.count, rows, schema, where, by, weighted), exact=True)
    return answer


def check_moments(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    where, by, columns, groups = case
    answer = facts.moments(FILTERS[where], by, columns, weighted=weighted, groups=groups)
    compared(answer, len(by) + bool(groups), _known(oracle.moments, rows, schema, where, by, columns, weighted, groups), exact=False)
    return answer


def check_sums(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    """Every column by itself is what moments says of it alone."""
    where, by, columns = case
    answer = facts.sums(FILTERS[where], by, columns, weighted=weighted)
    assert answer.columns[len(by) :] == ["column", "n", "w", "w2", "s", "q", "s2", "q2"]
    for column in columns:
        told = answer.filter((pl.col("column") == column) & (pl.col("n") > 0 if by else True)).drop("column")
        names = {c: f"{c}:{column}" for c in ("s", "q", "s2", "q2")}
        compared(told.rename(names), len(by), _known(oracle.moments, rows, schema, where, by, (column,), weighted, 0), exact=False)
    assert not columns or set(answer["column"]) <= set(columns)
    return answer


def check_joint(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    where, by, columns = case
    answer = facts.joint(FILTERS[where], by, columns, weighted=weighted)
    values = [f"v{i}" for i in range(len(columns))]
    assert answer.columns[len(by) :] == [*values, "n", "w", "w2"] and all(answer.schema[v] == pl.Float64 for v in values)
    rounded = answer.with_columns(pl.col(values).round(6))
    compared(rounded, len(by) + len(columns), _known(oracle.joint, rows, schema, where, by, columns, weighted), exact=False)
    return answer


def check_paired(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    first, second, columns = case
    answer = facts.paired(FILTERS[first], FILTERS[second], columns, weighted=weighted)
    values = [f"{side}{i}" for side in "vu" for i in range(len(columns))]
    assert answer.columns == [*values, "n", "w", "w2"] and all(answer.schema[v] == pl.Float64 for v in values)
    expected = oracle.paired(rows, schema, FILTERS[first], FILTERS[second], columns, weighted)
    compared(answer.with_columns(pl.col(values).round(6)), 2 * len(columns), expected, exact=False)
    return answer


def check_rated(facts: Facts, rows: list[Row], schema: FactsSchema, case: tuple[Any, ...], weighted: bool) -> pl.DataFrame:
    where, columns, also = case
    answer = facts.rated(FILTERS[where], columns, also=also, weighted=weighted)
    assert answer.columns == ["mask", "n", "w", "w2", "flat"] and answer["mask"].is_sorted()
    compared(answer, 1, _known(oracle.rated, rows, schema, where, columns, also, weighted), exact=False)
    return answer


_answered: dict[Any, Any] = {}


def _known(ask: Any, rows: list[Row], schema: FactsSchema, where: str, *question: Any) -> Any:
    """The oracle is slow and asked the same for every engine."""
    key = (ask, id(rows), where, *question)
    if key not in _answered:
        _answered[key] = (rows, ask(rows, schema, FILTERS[where], *question))  # the rows stay, so that their id does
    return _answered[key][1]


def compared(answer: pl.DataFrame, keys: int, expected: dict[Any, Any], *, exact: bool) -> None:
    """Same groups, each once; same sums."""
    told = {row[:keys]: row[keys:] for row in answer.rows()}
    assert len(told) == answer.height, "a group came twice"
    assert told.keys() == expected.keys()
    for key, sums in expected.items():
        assert told[key] == (tuple(sums) if exact else pytest.approx(tuple(sums), rel=1e-12, abs=1e-9)), key
