"""The same real files through `python -m cxdash …` in processes of their own, as automation runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.checking import near
from tests.serving import ROOT

SUWON = "suwon_social_survey_2017_cp949.csv"
KIOSK = "kiosk_servqual_2019_googleforms_REDACTED.xlsx"


class Command:
    """`python -m cxdash` with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.env = {**os.environ, "CXDASH_HOME": str(home), "CXDASH_DEMO": "0", "PYTHONPATH": str(ROOT)}
        self.env.pop("CXDASH_DATABASE_URL", None)

    def run(self, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "cxdash", *map(str, words)],
            env=self.env,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    def json(self, *words: object) -> Any:
        return json.loads(self.run(*words, "--json").stdout)


@pytest.fixture(scope="module")
def cxdash(tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(tmp_path_factory.mktemp("command"))


def item(group: dict[str, Any], name: str) -> dict[str, Any]:
    found = [q for q in group["questions"] if q["code"] == name or any(h.startswith(name) for h in q["headers"])]
    assert len(found) == 1, f"{name}: {[q['code'] for q in found]}"
    return found[0]


def test_airport(cxdash: Command, surveys: Path, expected: dict[str, Any]) -> None:
    done = cxdash.json("import", surveys / "sfo_2017.csv", "--program", "SFO", "--wave", "2017")
    assert (done["rows_inserted"], done["rows_rejected"]) == (2831, 0)
    want = expected["sfo_2017"]["expect"]["2017"]
    nps = cxdash.json("metrics", "--program", "SFO")["total"]["nps"]
    assert (nps["n"], nps["value"], round(nps["value"], 2)) == (2746, near(want["nps"]["nps"]), 39.84)
    assert nps["ci_low"] < nps["value"] < nps["ci_high"]
    weighted = cxdash.json("metrics", "--program", "SFO", "--weighted")["total"]["nps"]
    assert round(weighted["value"], 2) == 40.40
    groups = {g["value"]: g for g in cxdash.json("metrics", "--program", "sfo", "--by", "BAREA", "--filter", "wave=2017")["groups"]}
    for value, cell in want["nps_by_terminal_area_BAREA"].items():
        assert groups[value]["nps"]["n"] == cell["n"]
        assert groups[value]["nps"]["value"] == (near(cell["nps"]) if cell["n"] >= 10 else None)


def test_kiosk(cxdash: Command, surveys: Path) -> None:
    cxdash.json("import", surveys / KIOSK, "--program", "키오스크", "--wave", "2019")
    total = cxdash.json("metrics", "--program", "키오스크")["total"]
    assert round(total["csat"]["value"], 2) == 76.53 and total["nps"] is None
    asked = item(total, "4. 키오스크를 통한")
    assert asked["nps"] is None and asked["nps_refused"] and asked["top_box"]["value"] == near(63.2653)


HAND = {
    "columns": [
        {
            "header": "19-4.대중교통만족여부_버스",
            "role": "rating",
            "code": "버스",
            "measure": "satisfaction",
            "scale": {"lo": 1, "hi": 5, "direction": "low"},
            "missing": ["6"],
        },
        {"header": "성별", "role": "attribute", "code": "성별"},
        {"header": "가구원 가중치", "role": "weight"},
    ]
}


def test_suwon_with_a_small_mapping_file(cxdash: Command, surveys: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "bus.json"
    mapping.write_text(json.dumps(HAND, ensure_ascii=False), encoding="utf-8")
    cxdash.json("import", surveys / SUWON, "--program", "수원시", "--wave", "2017", "--mapping", mapping)
    bus(cxdash, "수원시", "버스")


def test_suwon_with_an_edited_proposal(cxdash: Command, surveys: Path, tmp_path: Path) -> None:
    proposal = cxdash.json("inspect", surveys / SUWON)
    assert proposal["layout"]["encoding"] == "cp949" and proposal["layout"]["first_data_row"] == 2
    for column in proposal["columns"]:
        if column["header"].startswith("19-4.대중교통만족여부_버스"):
            column.update(role="rating", code="bus", measure="satisfaction", scale={"lo": 1, "hi": 5, "direction": "low"}, missing=["6"])
        elif column["role"] == "weight" and column["header"] != "가구원 가중치":
            column["role"] = "ignore"
        elif column["header"] == "가구원 가중치":
            column["role"] = "weight"
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(proposal, ensure_ascii=False), encoding="utf-8")
    cxdash.json("import", surveys / SUWON, "--program", "수원시 전체", "--wave", "2017", "--mapping", edited)
    bus(cxdash, "수원시 전체", "bus")


def bus(cxdash: Command, program: str, code: str) -> None:
    plain = item(cxdash.json("metrics", "--program", program)["total"], code)
    assert (plain["n"], plain["score100"]["value"]) == (3003, near(63.5947))
    weighted = item(cxdash.json("metrics", "--program", program, "--weighted")["total"], code)
    assert weighted["score100"]["value"] == near(63.362)


def test_star_wars(cxdash: Command, surveys: Path) -> None:
    found = cxdash.json("inspect", surveys / "fte_star_wars_surveymonkey_2header.csv")
    assert (found["rows"], len(found["columns"]), found["layout"]["header_rows"], found["layout"]["first_data_row"]) == (
        1186,
        38,
        [1, 2],
        3,
    )
    done = cxdash.json("import", surveys / "fte_star_wars_surveymonkey_2header.csv", "--program", "starwars", "--wave", "1")
    assert done["rows_read"] == 1186 == done["rows_inserted"] + done["rows_empty"] + done["rows_rejected"]
    total = cxdash.json("metrics", "--program", "starwars")["total"]
    films = next(m for m in total["multi"] if any("Which of the following Star Wars films" in h for h in m["headers"]))
    assert {o["option"].split("  ")[0]: o["count"] for o in films["options"]}["Star Wars: Episode V The Empire Strikes Back"] == 758
