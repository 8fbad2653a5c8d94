"""A small programme in which everything is asked: importance, expectation, performance, emotion; with its answers as plain pandas."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from sqlmodel import Session

from cxdash.services.deps import Deps
from cxdash.store import journeys, programs, questions, responses, waves
from cxdash.store.database import writing
from cxdash.store.tables import Question

SLUG = "measured"
N = 900
FEW = 8  # answers of the stage that hardly anybody tried
JOURNEY = {
    "buy": {"store": ("people", "active", ("kind", "wait")), "notice": ("communication", "passive", ("clear",))},
    "use": {"product": ("product", "active", ("ease", "quality"))},
    "care": {"centre": ("people", "passive", ("fast",))},
    "trial": {},
}
NAMES = {
    "buy": "구매", "use": "사용", "care": "관리", "trial": "체험",
    "store": "매장", "notice": "안내", "product": "제품", "centre": "고객센터",
    "kind": "친절", "wait": "대기", "clear": "명확함", "ease": "편의", "quality": "품질", "fast": "신속",
}  # fmt: skip
FACTORS = tuple(f for touchpoints in JOURNEY.values() for *_, factors in touchpoints.values() for f in factors)
# code -> (measure, lo, hi, direction); the place follows from the code's first part
RATINGS: dict[str, tuple[str, int, int, str]] = {
    "recommend": ("recommend", 0, 10, "high"), "overall": ("overall", 1, 5, "high"), "repurchase": ("repurchase", 1, 5, "high"),
    **{f"{f}.SAT": ("satisfaction", 1, 5, "high") for f in FACTORS},
    "quality.PERF": ("performance", 1, 5, "high"),
    **{f"{f}.IMP": ("importance", 1, 7 if f == "fast" else 5, "high") for f in FACTORS if f != "clear"},
    **{f"{f}.EXP": ("expectation", 1, 7 if f == "kind" else 5, "high") for f in FACTORS if f != "clear"},
    "buy.EMO": ("emotion", -3, 3, "high"), "use.EMO": ("emotion", -3, 3, "high"), "care.EMO": ("emotion", 1, 5, "low"),
    "trial.SAT": ("satisfaction", 1, 5, "high"), "trial.EMO": ("emotion", -3, 3, "high"),
}  # fmt: skip
# planted: mean and spread of the scores on 0-100, before rounding
PLANTED = {
    "kind.SAT": 78, "wait.SAT": 48, "clear.SAT": 62, "ease.SAT": 74, "quality.SAT": 70, "fast.SAT": 66, "quality.PERF": 60,
    "kind.IMP": 60, "wait.IMP": 88, "ease.IMP": 84, "quality.IMP": 82, "fast.IMP": 58,
    "kind.EXP": 66, "wait.EXP": 72, "ease.EXP": 75, "quality.EXP": 76, "fast.EXP": 66,
    "buy.EMO": 45, "use.EMO": 72, "care.EMO": 64, "trial.SAT": 60, "trial.EMO": 55, "recommend": 68, "overall": 66, "repurchase": 64,
}  # fmt: skip


def place(code: str) -> tuple[str, ...]:
    """Stage, touchpoint, factor of a question."""
    about = code.partition(".")[0]
    if about in JOURNEY:
        return (about,)
    found = ((s, t, f) for s, ts in JOURNEY.items() for t, (*_, fs) in ts.items() for f in fs if f == about)
    return next(found, ())


def score(code: str, points: pd.Series) -> pd.Series:
    """On 0-100, favourable end high."""
    _, lo, hi, direction = RATINGS[code]
    up = points.astype(float) - lo if direction == "high" else hi - points.astype(float)
    return 100 * up / (hi - lo)


def answers(n: int = N, seed: int = 7) -> pd.DataFrame:
    """One row per response: points (NaN = not answered), region, wave (1 or 2), weight. The second wave waits less."""
    rng = np.random.default_rng(seed)
    mood = rng.normal(0, 1, n)
    wave = np.where(np.arange(n) < n // 2, 1, 2)
    made: dict[str, Any] = {"wave": wave, "weight": np.round(rng.lognormal(0, 0.35, n), 3)}
    made["region"] = np.where(np.arange(n) % 50 == 0, "세종", np.where(rng.random(n) < 0.6, "서울", "부산"))
    for code, (measure, lo, hi, direction) in RATINGS.items():
        halo = 4 if measure == "importance" else 12
        value = PLANTED[code] + halo * mood + rng.normal(0, 16, n) + (9 * (wave == 2) if code == "wait.SAT" else 0)
        if code == "recommend":
            value = value + 0.25 * (np.asarray(made["wait.SAT"]) if "wait.SAT" in made else 0)
        up = np.clip(np.round(value / 100 * (hi - lo)), 0, hi - lo)
        points = lo + up if direction == "high" else hi - up
        points[rng.random(n) < 0.06] = np.nan
        made[code] = points
    few = np.arange(n) % (n // FEW) != 0
    few[int(n // FEW) * FEW:] = True
    made["trial.SAT"][few] = made["trial.EMO"][few] = np.nan
    return pd.DataFrame(made)


def build(deps: Deps, table: pd.DataFrame | None = None, *, slug: str = SLUG, without: tuple[str, ...] = ()) -> pd.DataFrame:
    """Store the programme (without the questions of some measures) and return its answers."""
    rows = answers() if table is None else table
    asked = {code: said for code, said in RATINGS.items() if said[0] not in without}
    with writing(deps.engine) as session:
        row = programs.add_program(session, slug=slug, name={"ko": "측정", "en": "Measured"})
        assert row.id is not None
        ids = _journey(session, row.id)
        made = [_question(code, said, ids) for code, said in asked.items()]
        region = Question(program_id=0, code="region", measure="attribute", wording={"ko": "지역", "en": "Region"})
        questions.save_questions(session, program_id=row.id, questions=[*made, region])
        loyal = [code for code in ("recommend", "overall", "repurchase") if code in asked]
        programs.update_program(session, program_id=row.id, loyalty={code: 1 / len(loyal) for code in loyal})
        ver = programs.tick(session, program_id=row.id)
        for number, part in rows.groupby("wave"):
            wave = waves.ensure_wave(session, program_id=row.id, code=f"{number}차", name={"ko": f"{number}차", "en": f"Wave {number}"})
            responses.insert(session, program_id=row.id, wave_id=wave.id or 0, import_id=None, source="qr", ver=ver,
                             frame=_frame(part, list(asked), int(str(number))))  # fmt: skip
    return rows


def _journey(session: Session, program_id: int) -> dict[tuple[str, ...], int]:
    ids: dict[tuple[str, ...], int] = {}
    for stage, touchpoints in JOURNEY.items():
        ids[stage,] = journeys.add_stage(session, program_id=program_id, code=stage, name=_name(stage)).id or 0
        for code, (domain, initiative, factors) in touchpoints.items():
            ids[stage, code] = journeys.add_touchpoint(
                session, stage_id=ids[stage,], code=code, name=_name(code), domain=domain, initiative=initiative
            ).id or 0
            for factor in factors:
                made = journeys.add_factor(session, touchpoint_id=ids[stage, code], code=factor, name=_name(factor))
                ids[stage, code, factor] = made.id or 0
    return ids


def _name(code: str) -> dict[str, str]:
    return {"ko": NAMES[code], "en": code.capitalize()}


def _question(code: str, said: tuple[str, int, int, str], ids: dict[tuple[str, ...], int]) -> Question:
    measure, lo, hi, direction = said
    path = place(code)
    return Question(
        program_id=0, code=code, measure=measure, lo=lo, hi=hi, direction=direction, stage_id=ids.get(path[:1]),
        touchpoint_id=ids.get(path[:2]) if path[1:] else None, factor_id=ids.get(path) if path[2:] else None,
        wording={"ko": f"{code} 문항", "en": f"Question {code}"},
    )  # fmt: skip


def _frame(part: pd.DataFrame, codes: list[str], wave: int) -> pl.DataFrame:
    start = datetime(2026, 1 if wave == 1 else 7, 5, tzinfo=UTC)
    documents = [
        json.dumps({c: int(v) for c, v in zip(codes, values, strict=True) if not np.isnan(v)})
        for values in part[codes].to_numpy(dtype=float)
    ]
    return pl.DataFrame({
        "row": np.arange(1, len(part) + 1), "respondent": [f"W{wave}-{i}" for i in part.index],
        "at": [start + timedelta(hours=8 * i) for i in range(len(part))], "weight": part["weight"].to_numpy(),
        "attributes": [json.dumps({"region": r}, ensure_ascii=False) for r in part["region"]], "answers": documents,
        "problems": np.zeros(len(part), dtype=np.int32),
    }, schema_overrides={"at": pl.Datetime("us", "UTC"), "problems": pl.Int32})  # fmt: skip
