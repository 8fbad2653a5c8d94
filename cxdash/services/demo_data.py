"""The synthetic demo programme as data: read from data/demo and moved in time so that it always ends just before today.

Nothing here touches the database; services/programs.py stores what `load_demo` returns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from cxdash.errors import NotFound

FOLDER = Path(__file__).resolve().parents[2] / "data" / "demo"
WEEK = 7
AGAIN = 3  # one in so many customers answers again


@dataclass(frozen=True)
class DemoData:
    """The demo programme, ready to be stored.

    program: document of data/demo/program.json (slug, name, timezone, loyalty, primary, sources, stages > touchpoints > factors,
    questions, attributes, standards by stage) with `waves` that fit the moved dates: code, name by language, starts and ends (ISO
    dates), in order of time; and `benchmarks`, each with the ISO date it was measured.
    frame: one row per response, oldest first: row Int64, respondent Utf8, at Datetime(us, UTC), wave Utf8 (a wave code), source Utf8,
    weight Float64, attributes Utf8 (JSON object key -> text), answers Utf8 (JSON object code -> int | list[int] | text), problems Int32.
    """

    program: dict[str, Any]
    frame: pl.DataFrame


def load_demo(today: date, folder: Path = FOLDER) -> DemoData:
    """The demo with all dates moved by whole weeks (weekdays and hours stay) so that the last response falls on today − 7 … today − 1.

    `today` is the calendar day in the programme's time zone. Raises NotFound when the files of data/demo are missing.
    """
    try:
        program = json.loads((folder / "program.json").read_text(encoding="utf-8"))
        frame = pl.read_parquet(folder / "responses.parquet")
    except FileNotFoundError as error:
        raise NotFound(kind="demo", name=str(error.filename or folder)) from error
    zone = program["timezone"]
    last = frame["at"].dt.convert_time_zone(zone).dt.date().max()
    weeks = (today - timedelta(days=1) - last).days // WEEK
    frame = with_customers(with_waves(_shift(frame, weeks, zone), zone))
    last += timedelta(weeks=weeks)
    outside = [{**one, "measured": (last - timedelta(weeks=one["weeks"])).isoformat()} for one in program["benchmarks"]]
    return DemoData({**program, "waves": waves_of(frame["wave"].unique()), "benchmarks": outside}, frame)


def _shift(frame: pl.DataFrame, weeks: int, zone: str) -> pl.DataFrame:
    """Local wall-clock time moved by whole weeks, so that office hours stay office hours in zones with summer time too."""
    local = pl.col("at").dt.convert_time_zone(zone).dt.replace_time_zone(None) + timedelta(weeks=weeks)
    return frame.with_columns(at=local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC"))


def with_waves(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    """The frame with `wave` = the calendar quarter of `at` in `zone`, as "2026Q3"."""
    local = pl.col("at").dt.convert_time_zone(zone)
    return frame.with_columns(wave=pl.format("{}Q{}", local.dt.year(), local.dt.quarter()))


def with_customers(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with some customers answering again in the following wave: their later response has the key of the earlier one.

    A third of the existing customers of a wave, as far as the next one has any of the same gender, age and region; those who liked us
    about as much are taken for the same. Nothing else changes, so every figure of a wave stays what it is.
    """
    rows = [_person(*row) for row in frame.select("row", "respondent", "wave", "attributes", "answers").iter_rows()]
    keys = {row["row"]: row["respondent"] for row in rows}
    groups: dict[tuple[Any, ...], dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        if row["liking"] is not None:
            groups.setdefault(row["profile"], {}).setdefault(row["wave"], []).append(row)
    codes = sorted({row["wave"] for row in rows})
    for earlier, later in pairwise(codes):
        for of_wave in groups.values():
            before, after = (sorted(of_wave.get(code, ()), key=lambda row: (row["liking"], row["row"])) for code in (earlier, later))
            pairs = min(len(before), len(after))
            for i in range(1, pairs, AGAIN):
                again = after[i * len(after) // pairs]
                keys[again["row"]] = keys[before[i * len(before) // pairs]["row"]]
    return frame.with_columns(respondent=pl.Series([keys[row["row"]] for row in rows], dtype=pl.Utf8))


def _person(row: int, respondent: str, wave: str, attributes: str, answers: str) -> dict[str, Any]:
    """liking: how satisfied and willing to buy again, None where either was not answered (prospects are not asked)."""
    who, said = json.loads(attributes), json.loads(answers)
    both = None if {"overall", "repurchase"} - said.keys() else said["overall"] + said["repurchase"]
    profile = tuple(who.get(key) for key in ("gender", "age", "region"))
    return {"row": row, "respondent": respondent, "wave": wave, "profile": profile, "liking": both}


def waves_of(codes: Iterable[str]) -> list[dict[str, Any]]:
    """Quarterly waves for codes like "2026Q3", in order of time, with names in both languages and their first and last day (ISO text)."""
    return [_wave(int(code[:-2]), int(code[-1])) for code in sorted(codes)]


def _wave(year: int, quarter: int) -> dict[str, Any]:
    starts = date(year, 3 * quarter - 2, 1)
    following = date(year + quarter // 4, 3 * quarter % 12 + 1, 1)
    return {"code": f"{year}Q{quarter}", "name": {"ko": f"{year} {quarter}분기", "en": f"{year} Q{quarter}"},
            "starts": starts.isoformat(), "ends": (following - timedelta(days=1)).isoformat()}
