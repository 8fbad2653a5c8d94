"""Data quality on both databases: counts against pandas, the switch, rules, the list, unusable cells, rights."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cxdash.errors import Refused
from cxdash.services import metrics, quality
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.view import View
from tests.services import making

HEADERS = ("고객", "일시", "지점", "소요시간", "추천", "전반", "a", "b", "c", "d", "e")
VIEWER = Actor("v", RoleName.VIEWER)


def _mapping() -> object:
    from cxdash.ingest.json_form import mapping_from_json

    rating = {"role": "rating", "scale": {"lo": 1, "hi": 5}}
    return mapping_from_json({"columns": [
        {"header": "고객", "role": "respondent"},
        {"header": "일시", "role": "date", "date_format": "ymd"},
        {"header": "지점", "role": "attribute", "code": "branch"},
        {"header": "소요시간", "role": "attribute", "code": "소요시간"},
        {"header": "추천", "role": "rating", "code": "nps", "measure": "recommend", "scale": {"lo": 0, "hi": 10}},
        {"header": "전반", "code": "all", "measure": "overall", **rating},
        *({"header": h, "code": h, "measure": "satisfaction", "stage": h, **rating} for h in "abcde"),
    ]})


def _rows() -> list[list[str]]:
    """60 sound answers, then 8 straight ones, 4 speeders, 3 empty ones, 2 copies of the first, and 2 cells off the scale."""
    rows = [[f"C{i}", f"2026-03-{1 + i % 28:02} 10:{i % 60:02}:07", "강남부산"[2 * (i % 2) : 2 * (i % 2) + 2], "300", str((7 * i) % 11),
             *(str(1 + (i * k + k * k) % 5) for k in (1, 2, 3, 4, 6, 7))] for i in range(60)]
    rows += [[f"S{i}", f"2026-03-05 11:{i:02}:00", "강남", "290", "10", *["5"] * 6] for i in range(8)]
    rows += [[f"F{i}", f"2026-03-06 12:{i:02}:00", "부산", "20", "0", "1", "2", "3", "4", "5", "1"] for i in range(4)]
    rows += [[f"E{i}", f"2026-03-07 12:{i:02}:00", "부산", "310", *[""] * 7] for i in range(3)]
    rows += [[f"D{i}", *rows[0][1:]] for i in range(2)]
    rows += [["X1", "2026-03-08 12:00:00", "강남", "300", "99", "9", "1", "2", "3", "4", "5"]]
    return rows


@pytest.fixture
def shop(deps: Deps, tmp_path: Path) -> Deps:
    path = making.write(tmp_path / "answers.csv", _rows(), HEADERS)
    making.bring(deps, path, chosen=_mapping())
    return deps


def _nps(rows: list[list[str]]) -> float:
    points = pd.to_numeric(pd.DataFrame(rows)[4], errors="coerce").where(lambda p: p <= 10).dropna()
    return 100 * ((points >= 9).mean() - (points <= 6).mean())


def test_counts_effect_and_cells_against_pandas(shop: Deps) -> None:
    rows = _rows()
    found = quality.quality(shop, LOCAL, view=View(program="가게", period="all"))
    counts = {k.kind: k.n for k in found.kinds}
    assert counts == {"duplicate": 2, "straight": 8, "speeder": 4, "empty": 3}
    assert all(k.known for k in found.kinds) and found.median == 300
    kept = [r for r in rows if r[0][0] in "CX"]
    [nps] = [e for e in found.effects if e.metric == "nps"]
    assert nps.every.value == pytest.approx(_nps(rows)) and nps.clean.value == pytest.approx(_nps(kept))
    assert nps.moved == pytest.approx(_nps(kept) - _nps(rows))
    cells = {c.column: (c.n, c.beyond) for c in found.cells}
    assert cells == {"추천": (1, 1), "전반": (1, 1)}
    assert found.shown == found.responses
    clean = quality.quality(shop, LOCAL, view=View(program="가게", period="all", clean=True))
    assert clean.shown == clean.responses - clean.careless == len(kept)


def test_the_switch_moves_every_page_and_the_command_counts_all(shop: Deps) -> None:
    kept = [r for r in _rows() if r[0][0] in "CX"]
    told = overview(shop, LOCAL, view=View(program="가게", period="all", clean=True))
    [card] = [c for c in told.cards if c.metric == "nps"]
    assert card.figure is not None and card.figure.value == pytest.approx(_nps(kept)) and told.responses == len(kept)
    assert metrics.metrics(shop, LOCAL, program="가게").total is not None


def test_rules_decide_what_the_switch_leaves_out(shop: Deps) -> None:
    view = View(program="가게", period="all", clean=True)
    before = shop.fixed(1).version()
    assert quality.save_rules(shop, LOCAL, program="가게", on=("straight",), least={"straight": 99}, speed=0.0)
    assert shop.fixed(1).version() == before + 1
    found = quality.quality(shop, LOCAL, view=view)
    assert found.rules.least["straight"] == quality.LEAST[1] and found.rules.speed == quality.SPEED[0]
    assert found.careless == 0 and [k.kind for k in found.kinds if k.on] == ["straight"]
    assert quality.save_rules(shop, LOCAL, program="가게", on=("straight", "speeder"), least={"straight": 5}, speed=0.5)
    assert quality.quality(shop, LOCAL, view=view).careless == 12
    assert not quality.save_rules(shop, LOCAL, program="가게", on=("speeder", "straight"), least={"straight": 5}, speed=0.5)
    assert shop.fixed(1).version() == before + 2


def test_the_list_names_each_response_its_file_and_row(shop: Deps) -> None:
    rows = _rows()
    page = quality.marked(shop, LOCAL, view=View(program="가게", period="all"), kind="duplicate")
    assert {r.respondent for r in page.rows} == {"D0", "D1"} and page.total == 2
    for row in page.rows:
        assert row.file_name == "answers.csv" and rows[(row.row or 0) - 2][0] == row.respondent and row.kinds == ("duplicate",)
    every = quality.marked(shop, LOCAL, view=View(program="가게", period="all"), number=99)
    assert every.number == every.pages and every.total == 17
    assert len(quality.marked(shop, LOCAL, view=View(program="가게", period="all"), size=quality.EXPORT_MAX).rows) == 17
    only = quality.marked(shop, LOCAL, view=View(program="가게", period="all", equals={"branch": ("부산",)}), kind="speeder")
    assert {r.respondent for r in only.rows} == {f"F{i}" for i in range(4)}


def test_rights(shop: Deps) -> None:
    view = View(program="가게")
    assert quality.quality(shop, VIEWER, view=view).total
    with pytest.raises(Refused):
        quality.marked(shop, VIEWER, view=view)
    with pytest.raises(Refused):
        quality.save_rules(shop, VIEWER, program="가게", on=(), least={}, speed=0.3)
