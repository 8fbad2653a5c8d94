"""Evidence in the answers for which end of an unlabelled scale is the good one.

Two kinds. *Skip logic*: a question for the reason of dissatisfaction that was answered by exactly the respondents at one end
of a rating proves that this end is bad (and a reason of satisfaction that it is good). *Correlation*: a rating that runs
against one whose direction is known (0-10 recommendation, labelled scales) is probably reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan

import polars as pl

from cxdash.ingest import clean, wording
from cxdash.ingest.plan import Column, Said
from cxdash.terms import Direction

LOOK_BACK = 12  # a reason question stands at most this many columns behind its rating
ANSWERED, SKIPPED = 0.9, 0.05  # share of the reason's answers within and outside the proving codes
LEAST = 5  # respondents on either side of a proof
PAIRS, AGAINST, ALONG = 50, -0.3, 0.3


@dataclass(frozen=True)
class Proof:
    """Direction of a rating with its reason; `sure` is 0..1."""

    direction: Direction
    reason: Said
    sure: float


def by_skips(columns: list[Column], rows: pl.DataFrame) -> dict[int, Proof]:
    """Ratings whose direction the reason questions behind them prove, by grid column."""
    out: dict[int, Proof] = {}
    for at, column in enumerate(columns):
        valence = wording.valence(column.header)
        if not valence:
            continue
        for rating in reversed(columns[max(0, at - LOOK_BACK) : at]):
            if rating.scale is None or rating.index in out or rating.scale.labels:
                continue
            proof = _skip(rating, column, valence, rows)
            if proof is not None:
                out[rating.index] = proof
                break
    return out


def _skip(rating: Column, reason: Column, valence: int, rows: pl.DataFrame) -> Proof | None:
    shares = _answered(rating, reason, rows)
    scale = rating.scale
    if scale is None or len(shares) < 3:
        return None
    points = sorted(shares)
    middle = (scale.lo + scale.hi) / 2
    for end in ([p for p in points if p < middle], [p for p in points if p > middle]):
        for take in range(1, len(end) + 1):
            chosen = end[:take] if end and end[0] == points[0] else end[-take:]
            if _separates(shares, chosen):
                low_end = chosen[0] < middle
                low_good = low_end == (valence > 0)
                direction = Direction.LOW if low_good else Direction.HIGH
                said = Said(
                    "ingest.reason.direction_skip_bad" if valence < 0 else "ingest.reason.direction_skip_good",
                    {"column": reason.header, "codes": ", ".join(map(str, chosen))},
                )
                return Proof(direction, said, 0.95)
    return None


def _answered(rating: Column, reason: Column, rows: pl.DataFrame) -> dict[int, tuple[int, int]]:
    """Per point of the rating: respondents, and those of them who answered the reason."""
    table = (
        rows.select(v=pl.col(str(rating.index)).str.strip_chars(), r=pl.col(str(reason.index)).is_not_null())
        .group_by("v")
        .agg(n=pl.len(), r=pl.col("r").sum())
    )
    missing = {m.casefold() for m in rating.missing}
    out: dict[int, tuple[int, int]] = {}
    for value, n, r in table.rows():
        point = point_of(rating, value, missing)
        if point is not None:
            before = out.get(point, (0, 0))
            out[point] = (before[0] + n, before[1] + r)
    return out


def point_of(rating: Column, value: str | None, missing: set[str]) -> int | None:
    """The scale point of a cell text under a proposed rating, None for a missing or odd one."""
    if value is None or rating.scale is None or value.casefold() in missing:
        return None
    coded = rating.codes.get(value)
    if isinstance(coded, int):
        return coded
    number = clean.whole(value)
    return number if number is not None and rating.scale.lo <= number <= rating.scale.hi else None


def _separates(shares: Mapping[int, tuple[int, int]], chosen: list[int]) -> bool:
    inside = [shares[p] for p in chosen]
    outside = [v for p, v in shares.items() if p not in chosen]
    n, r = sum(a for a, _ in inside), sum(b for _, b in inside)
    m, s = sum(a for a, _ in outside), sum(b for _, b in outside)
    if n < LEAST or m < LEAST:
        return False
    return r >= ANSWERED * n and s <= SKIPPED * m and all(b >= 0.75 * a for a, b in inside if a >= LEAST)


def by_correlation(columns: list[Column], rows: pl.DataFrame, known: Callable[[Column], bool]) -> dict[int, Proof]:
    """Ratings of unknown direction that clearly run with or against the ratings whose direction is known."""
    sure = [c for c in columns if c.scale is not None and known(c)][:8]
    open_ = [c for c in columns if c.scale is not None and not known(c)]
    if not sure or not open_:
        return {}
    sample = rows if rows.height <= 5000 else rows[:: rows.height // 5000]
    points = pl.DataFrame({str(c.index): _points(c, sample) for c in [*sure, *open_]})
    table = _correlations(points, open_, sure)
    out: dict[int, Proof] = {}
    for column in open_:
        told = [
            (r if s.scale and s.scale.direction is Direction.HIGH else -r, s)
            for s in sure
            if (r := table[column.index, s.index]) is not None
        ]
        if not told:
            continue
        r, other = max(told, key=lambda pair: abs(pair[0]))
        if r <= AGAINST:
            out[column.index] = Proof(
                Direction.LOW, Said("ingest.reason.direction_against", {"column": other.header, "r": round(r, 2)}), 0.65
            )
        elif r >= ALONG:
            out[column.index] = Proof(
                Direction.HIGH, Said("ingest.reason.direction_along", {"column": other.header, "r": round(r, 2)}), 0.85
            )
    return out


def _correlations(points: pl.DataFrame, open_: list[Column], sure: list[Column]) -> dict[tuple[int, int], float | None]:
    """Pearson's r of each open rating with each sure one, None under PAIRS common answers or without variance."""
    wanted = [(o.index, s.index) for o in open_ for s in sure]
    found = points.select(
        *(pl.corr(str(a), str(b)).alias(f"r{a}:{b}") for a, b in wanted),
        *((pl.col(str(a)).is_not_null() & pl.col(str(b)).is_not_null()).sum().alias(f"n{a}:{b}") for a, b in wanted),
    ).row(0, named=True)
    good = {pair: found[f"r{pair[0]}:{pair[1]}"] for pair in wanted if found[f"n{pair[0]}:{pair[1]}"] >= PAIRS}
    return {pair: None if (r := good.get(pair)) is None or isnan(r) else r for pair in wanted}


def _points(column: Column, rows: pl.DataFrame) -> pl.Series:
    missing = {m.casefold() for m in column.missing}
    text = rows.get_column(str(column.index)).str.strip_chars()
    values = {v: point_of(column, v, missing) for v in text.unique().to_list() if v is not None}
    return text.replace_strict(values, default=None, return_dtype=pl.Float64)
