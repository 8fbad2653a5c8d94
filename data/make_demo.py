"""Writes data/demo/program.json and data/demo/responses.parquet. Deterministic: the same code writes the same content.

    python data/make_demo.py               write both files
    python data/make_demo.py --truth       print the planted effects: true size (400,000 simulated respondents) beside the file's own
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import demo_truth
from demo_comments import comment
from demo_model import SEED, STAGES, People, simulate
from demo_program import program

from cxdash.services.demo_data import waves_of, with_waves

RESPONSES = 5_000
ZONE = "Asia/Seoul"
TRUTH_N = 400_000


def build() -> tuple[dict[str, Any], pl.DataFrame]:
    """The programme document and the frame of responses, both as they are written."""
    frame = responses(simulate(RESPONSES))
    document = program()
    return document | {"waves": waves_of(frame["wave"].unique())}, frame


def responses(people: People) -> pl.DataFrame:
    """One row per person in the columns of cxdash.ingest.plan.Coded.responses, plus wave and source."""
    n = len(people.at)
    rng = np.random.default_rng(SEED + 1)
    attributes = [_json({key: values[i] for key, values in people.attributes.items() if values[i]}) for i in range(n)]
    frame = pl.DataFrame({
        "row": np.arange(1, n + 1), "respondent": [f"D{i:05d}" for i in range(1, n + 1)], "at": people.at,
        "source": people.source.astype(str), "weight": people.weight, "attributes": attributes,
        "answers": [_json(_answers(people, i, rng)) for i in range(n)], "problems": np.zeros(n, dtype=np.int32),
    })
    frame = frame.with_columns(at=pl.col("at").dt.replace_time_zone(ZONE).dt.convert_time_zone("UTC"))
    columns = ["row", "respondent", "at", "wave", "source", "weight", "attributes", "answers", "problems"]
    return with_waves(frame, ZONE).select(columns)


def _answers(people: People, i: int, rng: np.random.Generator) -> dict[str, Any]:
    out: dict[str, Any] = {code: int(values[i]) for code, values in people.ratings.items() if not np.isnan(values[i])}
    reasons = (np.flatnonzero(people.reasons[i]) + 1).tolist()
    if reasons:
        out["reasons"] = reasons
    text = _comment(out, rng)
    return out | {"comment": text} if text else out


def _comment(answers: dict[str, Any], rng: np.random.Generator) -> str:
    """Those at the ends of the scale write more often, and about the stage they rated worst or best."""
    stages = [(answers[f"s_{stage}"] + 0.5 * rng.random(), stage) for stage in STAGES if f"s_{stage}" in answers]
    if not stages:
        return ""
    lowest, highest = min(stages), max(stages)
    talkative = 0.24 + 0.18 * (lowest[0] < 3) + 0.10 * (highest[0] >= 5)
    if rng.random() >= talkative:
        return ""
    first, second = (lowest, highest) if rng.random() < (0.65 if lowest[0] < 3 else 0.30) else (highest, lowest)
    return comment(rng, (first[1], int(first[0])), (second[1], int(second[0])))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def write(folder: Path) -> None:
    """Both files into `folder`."""
    document, frame = build()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    frame.write_parquet(folder / "responses.parquet", compression="zstd", compression_level=19)


if __name__ == "__main__":
    if "--truth" in sys.argv[1:]:
        print(demo_truth.report(simulate(TRUTH_N, SEED + 2), simulate(RESPONSES)))
    else:
        write(HERE / "demo")
