"""The questions of `Facts` answered the slow and plain way, from the documents, with pandas and Python only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from cxdash.facts.question import NONE, Filter
from cxdash.facts.schema import FactsSchema
from tests.facts.sample import Row

Cell = tuple[Any, ...]


def day_of(row: Row, schema: FactsSchema) -> date | None:
    return row["at"] and row["at"].astimezone(ZoneInfo(schema.timezone)).date()


STARTS: dict[str, Callable[[date], date]] = {
    "day": lambda d: d,
    "week": lambda d: date.fromisocalendar(*d.isocalendar()[:2], 1),
    "month": lambda d: d.replace(day=1),
    "quarter": lambda d: date(d.year, 3 * ((d.month - 1) // 3) + 1, 1),
    "year": lambda d: date(d.year, 1, 1),
}


def value(row: Row, name: str, schema: FactsSchema) -> Any:
    """A group value or a filter value."""
    if name.startswith("a:"):
        return row["attributes"].get(name[2:])
    if name in STARTS:
        day = day_of(row, schema)
        return day and STARTS[name](day)
    if name == "wave":
        return schema.waves.get(row["wave_id"])
    return row[name] if name in ("source", "import_id") else row["attributes"].get(name)


def chosen(rows: Sequence[Row], where: Filter, schema: FactsSchema, weighted: bool) -> list[Row]:
    def keeps(row: Row) -> bool:
        for key, values in where.equals.items():
            has = value(row, key, schema)
            if not (has in values or (has is None and NONE in values)):
                return False
        day = day_of(row, schema)
        if (where.since or where.until) and day is None:
            return False
        if (where.since and day < where.since) or (where.until and day > where.until):
            return False
        if (where.after is not None and row["ver"] <= where.after) or (where.beyond is not None and row["id"] <= where.beyond):
            return False
        return not weighted or bool(row["weight"] and row["weight"] > 0)

    return [row for row in rows if keeps(row)]


def point(row: Row, name: str, schema: FactsSchema) -> int | None:
    if name == "secure":
        return secure(row, schema)
    name = name.removeprefix("q:")
    if "#" in name and name.rsplit("#", 1)[0] in schema.multi:
        code, option = name.rsplit("#", 1)
        options = row["answers"].get(code)
        return None if options is None else int(int(option) in options)
    return row["answers"].get(name)


def secure(row: Row, schema: FactsSchema) -> int | None:
    scales = {q.code: q.scale for q in schema.questions}
    points = [(row["answers"].get(code), scales[code]) for code in schema.loyalty.items]
    if any(p is None for p, _ in points):
        return None
    return int(all(s.oriented(p) >= s.hi - 1 for p, s in points))


def score(row: Row, name: str, schema: FactsSchema) -> float | None:
    """0-100, favourable end high."""
    scales = {q.code: q.scale for q in schema.questions}
    if name.startswith(("low:", "high:")):
        end, _, behind = name.partition(":")
        at = score(row, behind, schema)
        return None if at is None else 100.0 * (at < 33.4 if end == "low" else at > 83.3)
    if name in schema.indices:
        have = [scales[c].score100(row["answers"][c]) for c in schema.indices[name] if row["answers"].get(c) is not None]
        return sum(have) / len(have) if have else None
    if name == "loyalty":
        items = {c: w for c, w in schema.loyalty.items.items() if row["answers"].get(c) is not None}
        if 2 * len(items) < len(schema.loyalty.items):
            return None
        return sum(w * scales[c].score100(row["answers"][c]) for c, w in items.items()) / sum(items.values())
    answer = point(row, name, schema)
    name = name.removeprefix("q:")
    if answer is None or name == "secure" or name not in scales:
        return None if answer is None else 100.0 * answer
    return scales[name].score100(answer)


def weight(row: Row, weighted: bool) -> float:
    return row["weight"] if weighted else 1.0


def tally(
    rows: Sequence[Row], schema: FactsSchema, where: Filter, by: Sequence[str], questions: Sequence[str], weighted: bool
) -> dict[Cell, Cell]:
    """(group…, question, point) -> (n, w, w2)."""
    long = [
        (*(value(r, k, schema) for k in by), q, point(r, q, schema), 1, weight(r, weighted), weight(r, weighted) ** 2)
        for r in chosen(rows, where, schema, weighted)
        for q in questions
    ]
    return _summed(long, len(by) + 2)


def count(rows: Sequence[Row], schema: FactsSchema, where: Filter, by: Sequence[str], weighted: bool) -> dict[Cell, Cell]:
    """(group…) -> (n, n_unweighted)."""
    kept = chosen(rows, where, schema, weighted)
    return _summed([(*(value(r, k, schema) for k in by), 1, int(not (r["weight"] and r["weight"] > 0))) for r in kept], len(by)) or (
        {} if by else {(): (0, 0)}
    )


def moments(
    rows: Sequence[Row],
    schema: FactsSchema,
    where: Filter,
    by: Sequence[str],
    columns: Sequence[str],
    weighted: bool,
    groups: int,
) -> dict[Cell, Cell]:
    """(group…[, random group]) -> n, w, w2, per column s, q, s2, q2, then pairs."""
    long = []
    for row in chosen(rows, where, schema, weighted):
        x = [score(row, c, schema) for c in columns]
        if None in x:
            continue
        w = weight(row, weighted)
        keys = [value(row, k, schema) for k in by] + ([seed(row["id"]) % groups] if groups else [])
        singles = [part for v in x for part in (w * v, w * v * v, w * w * v, w * w * v * v)]
        long.append((*keys, 1, w, w * w, *singles, *(w * a * b for a, b in combinations(x, 2))))
    width = 3 + 4 * len(columns) + len(columns) * (len(columns) - 1) // 2
    return _summed(long, len(by) + bool(groups)) or ({} if by or groups else {(): (0,) * width})


def joint(
    rows: Sequence[Row], schema: FactsSchema, where: Filter, by: Sequence[str], columns: Sequence[str], weighted: bool
) -> dict[Cell, Cell]:
    """(group…, value…) -> n, w, w2."""
    long = []
    for row in chosen(rows, where, schema, weighted):
        scores = [score(row, c, schema) for c in columns]
        w = weight(row, weighted)
        long.append((*(value(row, k, schema) for k in by), *(None if x is None else round(x, 6) for x in scores), 1, w, w * w))
    return _summed(long, len(by) + len(columns))


def paired(
    rows: Sequence[Row], schema: FactsSchema, first: Filter, second: Filter, columns: Sequence[str], weighted: bool
) -> dict[Cell, Cell]:
    """(value before…, value after…) -> n, w, w2, of customers in both selections: the latest response of each."""
    sides = []
    for where in (first, second):
        mine = [row for row in chosen(rows, where, schema, weighted) if row["person"] is not None]
        mine.sort(key=lambda row: (row["at"] is not None, row["at"] or 0, row["id"]))
        sides.append({row["person"]: row for row in mine})
    long = []
    for person, before in sides[0].items():
        if (after := sides[1].get(person)) is not None:
            scores = [score(row, c, schema) for row in (before, after) for c in columns]
            w = weight(after, weighted)
            long.append((*(None if x is None else round(x, 6) for x in scores), 1, w, w * w))
    return _summed(long, 2 * len(columns))


def rated(
    rows: Sequence[Row], schema: FactsSchema, where: Filter, columns: Sequence[str], also: Sequence[str], weighted: bool
) -> dict[Cell, Cell]:
    """(mask,) -> n, w, w2, flat."""
    long = []
    for row in chosen(rows, where, schema, weighted):
        have = {i: x for i, c in enumerate((*columns, *also)) if (x := score(row, c, schema)) is not None}
        own = [x for i, x in have.items() if i < len(columns)]
        w = weight(row, weighted)
        long.append((sum(2**i for i in have), 1, w, w * w, int(len(own) > 1 and max(own) - min(own) < 1e-6)))
    return _summed(long, 1)


def seed(number: int) -> int:
    """Steele, Lea & Flood 2014, SplitMix64: the finaliser of one step from state `number`."""
    mask = 2**64 - 1
    z = (number + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (z ^ (z >> 31)) % 2**31


def next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def _summed(long: list[tuple[Any, ...]], keys: int) -> dict[Cell, Cell]:
    if not long:
        return {}
    frame = pd.DataFrame(long, dtype=object)
    if keys == 0:
        return {(): tuple(frame[c].sum() for c in frame.columns)}
    sums = frame.astype(dict.fromkeys(frame.columns[keys:], float)).groupby(list(range(keys)), dropna=False).sum()
    told = {}
    for key, values in zip(sums.index, sums.itertuples(index=False), strict=True):
        key = key if isinstance(key, tuple) else (key,)
        told[tuple(None if pd.isna(k) else k for k in key)] = tuple(values)
    return told
