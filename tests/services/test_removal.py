"""Removing a programme leaves nothing of its responses behind, on disk neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxdash.errors import Conflict, NotFound
from cxdash.services import programs
from cxdash.services.actor import LOCAL
from cxdash.services.overview import overview
from cxdash.services.view import View
from tests import house


def test_a_removed_programme_leaves_no_copy(tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home", demo=True)
    assert overview(deps, LOCAL, view=View()).total == 5000
    facts = deps.facts(programs.catalog_of(deps, "demo").id)
    facts.save()  # type: ignore[attr-defined]
    assert list((tmp_path / "home").rglob("*.parquet*")) or list((tmp_path / "home" / "snapshots").iterdir())
    assert programs.remove_program(deps, LOCAL, program="demo", confirm="") == 5000
    left = [p for p in (tmp_path / "home").rglob("*") if p.is_file() and not p.name.startswith("cxdash.db")]
    assert left == []
    with pytest.raises(NotFound):
        overview(deps, LOCAL, view=View())
    house.close(deps)


def test_only_the_demo_goes_without_its_name(tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home")
    path = tmp_path / "a.csv"
    path.write_text("추천 의향(0~10점)\n" + "\n".join(str(i % 11) for i in range(40)), encoding="utf-8")
    house.bring(deps, path, program="우리 조사", wave="1")
    with pytest.raises(Conflict):
        programs.remove_program(deps, LOCAL, program="우리-조사", confirm="")
    assert programs.remove_program(deps, LOCAL, program="우리-조사", confirm="우리 조사") == 40
    house.close(deps)
