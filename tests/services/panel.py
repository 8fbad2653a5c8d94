"""A small programme whose customers answer twice, rate a competitor, and are visited by mystery shoppers; with its answers in pandas."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from cxdash.services.deps import Deps
from cxdash.store import journeys, programs, questions, responses, waves
from cxdash.store.database import writing
from cxdash.store.tables import Question

SLUG = "panel"
WAVES = ("1차", "2차")
SHOPPERS = 45
# code -> (measure, lo, hi, direction, stage, wording)
RATINGS: dict[str, tuple[str, int, int, str, str | None, str]] = {
    "recommend": ("recommend", 0, 10, "high", None, "추천하시겠습니까?"),
    "overall": ("overall", 1, 5, "low", None, "전반적으로 얼마나 만족하십니까? (1이 가장 좋음)"),
    "again": ("repurchase", 1, 7, "high", None, "계속 이용하시겠습니까?"),
    "ship": ("satisfaction", 1, 7, "high", "ship", "배송에 얼마나 만족하십니까?"),
    "buy": ("satisfaction", 1, 5, "high", "buy", "구매에 얼마나 만족하십니까?"),
    "ship.A": ("competitor", 1, 5, "high", "ship", "경쟁사 A의 배송에 얼마나 만족하십니까?"),
    "versus": ("competitor", 1, 5, "high", None, "다른 회사와 비교하면 저희는 어떻습니까?"),
}


def answers(seed: int = 5) -> pd.DataFrame:
    """One row per response: person, wave, source, branch, at, weight, and the ratings (NaN = not answered)."""
    r = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for wave, people, lift in ((0, range(300), 0.0), (1, range(120, 420), 0.5)):
        for i in people:
            liking = np.random.default_rng(i).normal() + lift + 0.4 * r.normal()
            rows.append(_row(r, wave, f"C{i}", "web", ("강남", "부산", "대구")[i % 3] if i % 35 else "제주", liking))
    rows += [_row(r, 1, f"M{i}", "mystery", "강남", 0.6) for i in range(SHOPPERS)]
    frame = pd.DataFrame(rows)
    frame.loc[frame["source"] == "mystery", ["recommend", "overall", "again", "ship.A", "versus"]] = np.nan
    return frame


def _row(r: np.random.Generator, wave: int, person: str, source: str, branch: str, liking: float) -> dict[str, Any]:
    def point(lo: int, hi: int, centre: float) -> float:
        width = hi - lo
        return float(np.clip(round(lo + width * (centre + 0.16 * liking + 0.08 * r.normal())), lo, hi)) if r.random() > 0.08 else np.nan

    at = datetime(2025, 3 + 6 * wave, 1, tzinfo=UTC) + timedelta(hours=int(r.integers(0, 600)))
    return {
        "person": person, "wave": WAVES[wave], "source": source, "branch": branch, "at": at, "weight": float(r.choice([0.5, 1.0, 2.0])),
        "recommend": point(0, 10, 0.68), "overall": 6 - point(1, 5, 0.66), "again": point(1, 7, 0.64), "ship": point(1, 7, 0.6),
        "buy": point(1, 5, 0.7), "ship.A": point(1, 5, 0.68), "versus": point(1, 5, 0.55),
    }  # fmt: skip


def customers(frame: pd.DataFrame) -> pd.DataFrame:
    """Without mystery shoppers, who are none."""
    return frame[frame["source"] != "mystery"]


def scores(frame: pd.DataFrame, code: str) -> pd.Series:
    """A rating on 0-100, the favourable end high."""
    _, lo, hi, direction, _, _ = RATINGS[code]
    above = frame[code] - lo if direction == "high" else hi - frame[code]
    return above * 100.0 / (hi - lo)


CLASSES = ("truly_loyal", "accessible", "trapped", "high_risk")


def classes(frame: pd.DataFrame) -> pd.Series:
    """The class of each response, None where an answer is missing; plainly, from the definition."""
    satisfied, stays = scores(frame, "overall") >= 75, scores(frame, "again") >= 75
    names = pd.Series(np.select([satisfied & stays, satisfied, stays], CLASSES[:3], CLASSES[3]), index=frame.index, dtype=object)
    return names.where(frame["overall"].notna() & frame["again"].notna(), None)


def build(deps: Deps, frame: pd.DataFrame) -> str:
    """Stores it; returns the slug."""
    with writing(deps.engine) as session:
        program = programs.add_program(session, slug=SLUG, name={"ko": "패널", "en": "Panel"}).id or 0
        stages = {code: journeys.add_stage(session, program_id=program, code=code, name={"ko": name, "en": code}).id
                  for code, name in (("buy", "구매"), ("ship", "배송"))}  # fmt: skip
        asked = [Question(code=code, measure=measure, lo=lo, hi=hi, direction=direction, stage_id=stages.get(stage or ""),
                          wording={"ko": wording}) for code, (measure, lo, hi, direction, stage, wording) in RATINGS.items()]  # fmt: skip
        asked.append(Question(code="branch", measure="attribute", wording={"ko": "이용 지점", "en": "Branch"}))
        questions.save_questions(session, program_id=program, questions=asked)
        ver = programs.tick(session, program_id=program)
        for (wave, source), part in frame.groupby(["wave", "source"], sort=True):
            made = waves.ensure_wave(session, program_id=program, code=str(wave), name={"ko": str(wave)})
            responses.insert(session, program_id=program, wave_id=made.id or 0, import_id=None, source=str(source), ver=ver,
                             frame=_stored(part))  # fmt: skip
    return SLUG


def _stored(part: pd.DataFrame) -> pl.DataFrame:
    given = [{code: int(row[code]) for code in RATINGS if not np.isnan(row[code])} for row in part.to_dict("records")]
    return pl.DataFrame({
        "row": range(len(part)), "respondent": part["person"].tolist(), "at": part["at"].tolist(), "weight": part["weight"].tolist(),
        "attributes": [json.dumps({"branch": b}, ensure_ascii=False) for b in part["branch"]],
        "answers": [json.dumps(one) for one in given],
    })  # fmt: skip
