"""The overview's aggregates on 1M responses x 20 questions, beside the same group-bys written by hand in polars.

python -m benchmarks.facts_overview [responses …]     (default 1000000; several sizes show how it grows)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date

import polars as pl

from benchmarks import facts_data as data
from benchmarks.floors import Measured, compare, heading, peak_mb, resident_mb, total, verdict
from cxdash.facts.answers import FrameFacts
from cxdash.facts.question import Filter

LIMIT = 2.0
LEAST_MS = 20.0  # a single aggregate that takes less by hand is judged as part of its page: setting up expressions costs about 2 ms
COLUMNS = [f"q{i}" for i in range(len(data.CODES))]
STAGE = [code for codes in data.STAGES.values() for code in codes]
FILTERS: dict[str, tuple[Filter, pl.Expr | None]] = {
    "everything": (Filter(), None),
    "one region, this year": (
        Filter({"지역": ("지역3", "지역4")}, since=date(2025, 1, 1)),
        pl.col("a2").is_in(["지역3", "지역4"]) & (pl.col("day") >= date(2025, 1, 1)),
    ),
    "two tiers": (Filter({"등급": ("등급1", "등급2")}), pl.col("a3").is_in(["등급1", "등급2"])),
}
KEYS: dict[str, tuple[list[str], list[str]]] = {
    "all questions": ([], []),
    "all questions by month": (["month"], ["month"]),
    "all questions by tier": (["등급"], ["a3"]),
    "all questions by branch": (["지점"], ["a5"]),
    "all questions by week": (["week"], ["week"]),
    "all questions by tier and month": (["등급", "month"], ["a3", "month"]),
}


def by_hand(
    frame: pl.DataFrame, where: pl.Expr | None, by: list[str], columns: list[str], weighted: bool = False
) -> list[pl.DataFrame]:
    """One group_by per question, all in one collect, the filter first: what one would write without cxdash."""
    lazy = (frame.filter(where) if where is not None else frame).lazy()
    sums = [pl.len().alias("n")]
    if weighted:
        lazy = lazy.filter(pl.col("weight") > 0).with_columns(w2=pl.col("weight") ** 2).collect().lazy()
        sums += [pl.col("weight").sum().alias("w"), pl.col("w2").sum()]
    return pl.collect_all([lazy.group_by([*by, column]).agg(sums) for column in columns])


def mean_by_hand(frame: pl.DataFrame, where: pl.Expr | None) -> pl.DataFrame:
    x = pl.col("loyalty")
    chosen = (frame.lazy().filter(where) if where is not None else frame.lazy()).filter(x.is_not_null())
    return chosen.select(pl.len(), x.sum(), (x * x).sum().alias("q")).collect()


def trend_by_hand(frame: pl.DataFrame, where: pl.Expr | None) -> pl.DataFrame:
    x = pl.col("loyalty")
    chosen = (frame.lazy().filter(where) if where is not None else frame.lazy()).filter(x.is_not_null())
    return chosen.group_by("month").agg(pl.len(), x.sum(), (x * x).sum().alias("q")).collect()


def cases(frame: pl.DataFrame, facts: FrameFacts) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
    made: list[tuple[str, Callable[[], object], Callable[[], object]]] = []
    for label, (where, hand) in FILTERS.items():
        for title, (by, columns) in KEYS.items():
            made.append(
                (
                    f"{title}, {label}",
                    lambda h=hand, c=columns: by_hand(frame, h, c, COLUMNS),
                    lambda w=where, b=by: facts.tally(w, b, data.CODES),
                )
            )
        stage = [COLUMNS[data.CODES.index(code)] for code in STAGE]
        made.append(
            (f"stage questions, {label}", lambda h=hand, s=stage: by_hand(frame, h, [], s), lambda w=where: facts.tally(w, [], STAGE))
        )
        made.append((f"loyalty, {label}", lambda h=hand: mean_by_hand(frame, h), lambda w=where: facts.moments(w, [], ["loyalty"])))
        made.append(
            (
                f"loyalty by month, {label}",
                lambda h=hand: trend_by_hand(frame, h),
                lambda w=where: facts.moments(w, ["month"], ["loyalty"]),
            )
        )
        for title in ("all questions", "all questions by month", "all questions by tier"):
            by, columns = KEYS[title]
            made.append(
                (
                    f"{title}, weighted, {label}",
                    lambda h=hand, c=columns: by_hand(frame, h, c, COLUMNS, weighted=True),
                    lambda w=where, b=by: facts.tally(w, b, data.CODES, weighted=True),
                )
            )
    return made


def check(frame: pl.DataFrame, facts: FrameFacts) -> None:
    """Both count the same, or the comparison means nothing."""
    own = facts.tally(Filter(), ["등급"], data.CODES)
    for code, counted in zip(data.CODES, by_hand(frame, None, ["a3"], COLUMNS), strict=True):
        mine = own.filter(pl.col("question") == code).select("등급", "point", pl.col("n").cast(pl.Int64)).rows()
        theirs = [(tier, point, n) for tier, point, n in counted.with_columns(pl.col("a3").cast(pl.String)).rows()]
        if sorted(mine, key=str) != sorted(theirs, key=str):
            raise SystemExit(f"counts differ for {code}")


def run(n: int) -> list[Measured]:
    before = resident_mb()
    frame = data.frame(n)
    facts = FrameFacts(frame, data.SCHEMA, 1)
    check(frame, facts)
    print(
        f"\n{n:,} responses x {len(COLUMNS)} questions, {len(data.ATTRIBUTES)} attributes: frame {frame.estimated_size() / 1e6:.0f} MB, "
        f"process {before:.0f} -> {resident_mb():.0f} MB",
        flush=True,
    )
    measured = [compare(name, floor, own) for name, floor, own in cases(frame, facts)]
    page = [m for m in measured if "weighted" not in m.name and "week" not in m.name and "and month" not in m.name]
    pages = [total(f"the overview, {label}", [m for m in page if label in m.name]) for label in FILTERS]
    for m in pages:
        print(f"{m.name}: {m.best:.0f} ms, by hand {m.floor:.0f} ms, ratio {m.ratio:.2f}")
    print(f"most memory so far {peak_mb():.0f} MB", flush=True)
    return pages + [m for m in measured if m.floor >= LEAST_MS]


if __name__ == "__main__":
    heading("facts: the overview's aggregates")
    sizes = [int(size) for size in sys.argv[1:]] or [1_000_000]
    raise SystemExit(verdict([m for size in sizes for m in run(size)], LIMIT))
