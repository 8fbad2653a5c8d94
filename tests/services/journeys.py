"""Programmes with a journey for tests: stages, touchpoints and factors on unlike scales, with what was answered as a plain table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pandas as pd
import polars as pl

from cxdash.services.deps import Deps
from cxdash.store import journeys, programs, questions, responses, tables, waves
from cxdash.store.database import writing

FIRST = datetime(2026, 1, 5, 3, tzinfo=UTC)
DAYS = 180


@dataclass(frozen=True)
class Item:
    """A question: where it belongs (stage, touchpoint, factor), its scale, the share of respondents who answer it."""

    code: str
    stage: str | None = None
    touchpoint: str | None = None
    factor: str | None = None
    lo: int = 1
    hi: int = 5
    direction: str = "high"
    measure: str = "satisfaction"
    answered: float = 0.8
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    wording: str = ""


# a stage of one item on 1-5; one of two items, 1-7 and a reversed 1-5, without an item about the whole; one on 0-10 with a touchpoint
# of two factors; one that five people answered; one that nobody was asked about
ITEMS = (
    Item("aware", "인지", labels={"ko": {"1": "매우 불만", "5": "매우 만족"}}),
    Item("buy_speed", "구매", "계산대", hi=7),
    Item("buy_price", "구매", "계산대", "가격", direction="low"),
    Item("ship", "배송", lo=0, hi=10, answered=0.5),
    Item("ship_time", "배송", "기사", "시간", hi=7, wording="약속한 <b>시간</b>에 *도착*했습니까?"),
    Item("ship_care", "배송", "기사", "취급", direction="low"),
    Item("ship_need", "배송", "기사", measure="importance"),
    Item("rare", "폐기", answered=0.0),
    Item("again", measure="repurchase"),
)
STAGES = ("인지", "구매", "배송", "폐기", "사용")


def add(deps: Deps, n: int = 600, *, slug: str = "journey", items: tuple[Item, ...] = ITEMS, stages: tuple[str, ...] = STAGES,
        groups: tuple[str, ...] = ("가", "나", "다", "라"), seed: int = 7) -> pd.DataFrame:
    """A programme with n responses; returns them, one row each: day, weight, group, size and the points of every question.

    The first group is happier and half of all, the last has six respondents; five people answered the items nobody else did.
    """
    chance = Random(seed)
    with writing(deps.engine) as session:
        program = programs.add_program(session, slug=slug, name={"ko": slug, "en": slug}, timezone="Asia/Seoul")
        assert program.id is not None
        ids = _journey(session, program.id, items, stages)
        asked = [_question(item, ids) for item in items]
        group = tables.Question(program_id=0, code="group", measure="attribute", wording={"ko": "집단", "en": "Group"})
        size = tables.Question(program_id=0, code="size", measure="attribute", wording={"ko": "규모", "en": "Size"})
        questions.save_questions(session, program_id=program.id, questions=[*asked, group, size])
        wave = waves.ensure_wave(session, program_id=program.id, code="w1", name={"ko": "1차"})
        rows = [_row(i, n, items, groups, chance) for i in range(n)]
        ver = programs.tick(session, program_id=program.id)
        responses.insert(session, program_id=program.id, wave_id=wave.id, import_id=None, source="import", ver=ver, frame=_frame(rows))
    table = pd.DataFrame([{**r["answers"], **r["attributes"], "weight": r["weight"], "at": r["at"]} for r in rows])
    table["day"] = pd.to_datetime(table["at"], utc=True).dt.tz_convert("Asia/Seoul").dt.date
    return table


def _journey(session: object, program_id: int, items: tuple[Item, ...], stages: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    ids: dict[tuple[str, ...], int] = {}
    for code in stages:
        ids[code,] = journeys.add_stage(session, program_id=program_id, code=code, name={"ko": code, "en": f"Stage {code}"}).id or 0
    for item in items:
        if item.stage and item.touchpoint and (item.stage, item.touchpoint) not in ids:
            ids[item.stage, item.touchpoint] = journeys.add_touchpoint(
                session, stage_id=ids[item.stage,], code=item.touchpoint, name={"ko": item.touchpoint}).id or 0
        if item.stage and item.touchpoint and item.factor:
            ids[item.stage, item.touchpoint, item.factor] = journeys.add_factor(
                session, touchpoint_id=ids[item.stage, item.touchpoint], code=item.factor, name={"ko": item.factor}).id or 0
    return ids


def _question(item: Item, ids: dict[tuple[str, ...], int]) -> tables.Question:
    path = tuple(p for p in (item.stage, item.touchpoint, item.factor) if p)
    return tables.Question(program_id=0, code=item.code, measure=item.measure, stage_id=ids.get(path[:1]),
                           touchpoint_id=ids.get(path[:2]) if path[1:] else None, factor_id=ids.get(path) if path[2:] else None,
                           lo=item.lo, hi=item.hi, direction=item.direction, labels=item.labels,
                           wording={"ko": item.wording or f"{item.code} 문항", "en": f"Question {item.code}"})


def _row(i: int, n: int, items: tuple[Item, ...], groups: tuple[str, ...], chance: Random) -> dict[str, object]:
    group = groups[-1] if i < 6 else groups[(0, 1, 0, 2, 0, 1, 0, 1, 0, 2)[i % 10] % max(1, len(groups) - 1)]
    given = {}
    for item in items:
        if chance.random() < item.answered or (item.answered == 0.0 and i < 5):
            mood = min(1.0, max(0.0, chance.gauss(0.75 if group == groups[0] else 0.55, 0.22)))
            point = item.lo + round(mood * (item.hi - item.lo))
            given[item.code] = point if item.direction == "high" else item.lo + item.hi - point
    return {"at": FIRST + timedelta(days=i * DAYS / n), "weight": round(chance.uniform(0.5, 1.6), 3), "answers": given,
            "attributes": {"group": group, "size": f"{i % 45:02}번"}}


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame({
        "row": list(range(1, len(rows) + 1)),
        "respondent": [f"r{i}" for i in range(len(rows))],
        "at": pl.Series([r["at"] for r in rows], dtype=pl.Datetime("us", "UTC")),
        "weight": [r["weight"] for r in rows],
        "attributes": [json.dumps(r["attributes"], ensure_ascii=False) for r in rows],
        "answers": [json.dumps(r["answers"]) for r in rows],
        "problems": pl.Series([0] * len(rows), dtype=pl.Int32),
    })
