"""Pins and what becomes of them: late responses, a re-import, an undo, an erasure, other rules; against pandas and exact counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.services import history, pins
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.ledger import Changes, Entry, entries
from cxdash.services.pins import PinInfo
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.services.weighting import Plan, save_weighting
from cxdash.store import programs, questions, responses
from cxdash.store.database import writing
from tests.services.making import HEADERS, bring, mapping, rows, write

ALL = View(program="가게", period="all")
GANGNAM = View(program="가게", period="all", equals={"branch": ("강남",)})


def table(data: list[list[str]]) -> pd.DataFrame:
    """The file as pandas sees it, one row per customer: the last one that came."""
    found = pd.DataFrame(data, columns=list(HEADERS)).drop_duplicates("고객번호", keep="last")
    return found.assign(추천=pd.to_numeric(found["추천"]), 가중=pd.to_numeric(found["가중"]))


def nps(found: pd.DataFrame) -> float:
    return 100 * float((found["추천"] >= 9).mean() - (found["추천"] <= 6).mean())


def said(deps: Deps, *pinned: PinInfo) -> tuple[Entry, ...]:
    return entries(deps, LOCAL, catalog=catalog_of(deps, "가게"), pins=pinned)


def pin(deps: Deps, view: View = ALL, metric: str = "nps", name: str = "보고") -> PinInfo:
    return pins.pin(deps, LOCAL, view=view, metric=metric, name=name)


def moved_to(data: list[list[str]], *customers: int, branch: str) -> list[list[str]]:
    """The rows of these customers with another branch."""
    return [[*row[:2], branch, *row[3:]] for row in data if row[0] in {f"C{i}" for i in customers}]


def test_a_pin_keeps_figure_filter_and_version(deps: Deps, tmp_path: Path) -> None:
    data = rows(120)
    bring(deps, write(tmp_path / "a.csv", data))
    view = View(program="가게", period="custom", since=date(2026, 2, 1), until=date(2026, 5, 31), equals={"branch": ("강남",)})
    made = pins.pin(deps, Actor("김", RoleName.ANALYST), view=view, metric="nps", name="  상반기  ", page="overview")
    found = table(data)
    inside = found[(found["지점"] == "강남") & found["응답일"].between("2026-02-01", "2026-05-31")]
    assert made.figure.value == pytest.approx(nps(inside)) and made.figure.n == len(inside) == made.responses
    assert (made.name, made.by, made.page, made.figure.unit) == ("상반기", "김", "overview", "points")
    assert made.figure.ci_low is not None and made.figure.ci_low < made.figure.value < (made.figure.ci_high or 0)
    kept, count = pins.list_pins(deps, LOCAL, catalog=catalog_of(deps, "가게"), limit=10)
    assert kept == (made,) and count == 1
    assert made.view("가게") == view
    (entry,) = said(deps, made)
    assert (entry.state, entry.difference, entry.changes, entry.causes) == ("same", 0.0, Changes(), ())


def test_a_moving_period_is_pinned_to_its_dates(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(120)))
    made = pin(lone, View(program="가게", period="90d"))
    assert made.where.until == date(2026, 6, 28) and made.where.since == date(2026, 3, 31)
    late = [[f"L{i}", "2026-09-01", *row[2:]] for i, row in enumerate(rows(20, seed=5))]
    bring(lone, write(tmp_path / "late.csv", late))
    (entry,) = said(lone, made)
    assert (entry.state, entry.changes) == ("same", Changes()), "what came after the pinned period does not move the figure"
    assert made.view("가게").period == "custom"


def test_what_came_and_what_was_updated_is_counted_apart(deps: Deps, tmp_path: Path) -> None:
    """37 new customers and 20 known ones in one file, half of them of another branch."""
    first, second = rows(60), rows(57, first=41, seed=9)
    bring(deps, write(tmp_path / "a.csv", first))
    made, here = pin(deps), pin(deps, GANGNAM)
    done = bring(deps, write(tmp_path / "b.csv", second))
    assert (done.rows_inserted, done.rows_updated) == (37, 20)
    whole, branch = said(deps, made, here)
    now = table([*first, *second])
    assert whole.now is not None and whole.now.value == pytest.approx(nps(now)) and whole.now.n == 97
    assert whole.difference == pytest.approx(nps(now) - nps(table(first))) and whole.state == "moved"
    assert whole.changes == Changes(added=37, updated=20)
    assert [(c.import_id, c.file_name, c.added, c.updated, c.undone) for c in whole.causes] == [(done.id, "b.csv", 37, 20, False)]
    old, new = table(first).set_index("고객번호")["지점"], table(second).set_index("고객번호")["지점"]
    known = [c for c in new.index if c in old.index]
    entered = sum(old[c] != "강남" and new[c] == "강남" for c in known)
    left = sum(old[c] == "강남" and new[c] != "강남" for c in known)
    assert entered and left
    net = left - entered
    want = Changes(
        added=sum(new[c] == "강남" for c in new.index if c not in old.index),
        updated=sum(new[c] == "강남" for c in known),
        left=max(net, 0),
        entered=max(-net, 0),
    )
    assert branch.changes == want and branch.now is not None
    assert branch.now.value == pytest.approx(nps(now[now["지점"] == "강남"]))


def test_an_undo_takes_away_and_brings_back(deps: Deps, tmp_path: Path) -> None:
    first, second = rows(60), rows(57, first=41, seed=9)
    bring(deps, write(tmp_path / "a.csv", first))
    done = bring(deps, write(tmp_path / "b.csv", second))
    made = pin(deps)
    history.undo(deps, LOCAL, import_id=done.id or 0)
    (entry,) = said(deps, made)
    assert entry.changes == Changes(updated=20, removed=37)
    assert entry.now is not None and entry.now.value == pytest.approx(nps(table(first)))
    assert [(c.import_id, c.file_name, c.undone) for c in entry.causes] == [(done.id, "b.csv", True)]
    assert entry.causes[0].at is not None and entry.causes[0].at >= made.at


def test_an_erasure_is_told_without_a_file(deps: Deps, tmp_path: Path) -> None:
    data = rows(60)
    bring(deps, write(tmp_path / "a.csv", data))
    made, here = pin(deps), pin(deps, GANGNAM)
    kept = deps.fixed(catalog_of(deps, "가게").id).rows(made.where, ["branch"], limit=100, order="id")
    gone = kept.filter(kept["branch"] == "강남")["id"].to_list()[:4] + kept.filter(kept["branch"] == "부산")["id"].to_list()[:3]
    with writing(deps.engine) as session:
        responses.erase(session, ids=gone, ver=programs.tick(session, program_id=catalog_of(deps, "가게").id))
    whole, branch = said(deps, made, here)
    assert (whole.changes, whole.causes) == (Changes(removed=7), ())
    assert (branch.changes, branch.causes) == (Changes(removed=4), ())


def test_removed_and_moved_out_are_not_told_apart_where_they_cannot_be(lone: Deps, tmp_path: Path) -> None:
    data = rows(60)
    bring(lone, write(tmp_path / "a.csv", data))
    here = [int(row[0][1:]) for row in data if row[2] == "강남"]
    made = pin(lone, GANGNAM)
    bring(lone, write(tmp_path / "moved.csv", moved_to(data, *here[:3], branch="부산")))
    (entry,) = said(lone, made)
    assert entry.changes == Changes(left=3)
    ids = lone.fixed(catalog_of(lone, "가게").id).rows(made.where, [], limit=2, order="id")["id"].to_list()
    with writing(lone.engine) as session:
        responses.erase(session, ids=ids, ver=programs.tick(session, program_id=catalog_of(lone, "가게").id))
    (entry,) = said(lone, made)
    assert entry.changes == Changes(gone=5)
    bring(
        lone, write(tmp_path / "back.csv", [*moved_to(data, *here[:3], branch="강남"), *moved_to(data, *_busan(data)[:9], branch="강남")])
    )
    (entry,) = said(lone, made)
    assert entry.changes == Changes(updated=12, entered=7), "nine came in, two were erased"


def _busan(data: list[list[str]]) -> list[int]:
    return [int(row[0][1:]) for row in data if row[2] == "부산"]


def test_an_unchanged_figure_stays_the_same_and_still_tells_what_came(lone: Deps, tmp_path: Path) -> None:
    data = rows(60)
    bring(lone, write(tmp_path / "a.csv", data))
    made = pin(lone)
    bring(lone, write(tmp_path / "again.csv", data[:10]))
    (entry,) = said(lone, made)
    assert (entry.state, entry.difference, entry.changes) == ("same", 0.0, Changes(updated=10))


def test_pins_of_the_present_version_ask_nothing_and_others_share_their_questions(
    lone: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = rows(60)
    bring(lone, write(tmp_path / "a.csv", data))
    many = [pin(lone, view, metric, f"{i}") for i in range(17) for view in (ALL, GANGNAM) for metric in ("nps", "csat", "question:ship")]
    facts = type(lone.fixed(1))
    asked: list[str] = []
    for name in ("tally", "moments", "count", "rows"):
        real = getattr(facts, name)
        monkeypatch.setattr(facts, name, lambda *a, _real=real, _name=name, **k: asked.append(_name) or _real(*a, **k))
    assert {e.state for e in said(lone, *many)} == {"same"} and not asked
    bring(lone, write(tmp_path / "b.csv", rows(30, first=200, seed=3)))
    asked.clear()
    told = said(lone, *many)
    assert len(told) == 102 and {e.changes.added for e in told if e.pin.where.equals == {}} == {30}
    assert len(asked) <= 2 * 5, f"102 pins of two filters asked {len(asked)} questions: {asked}"


def test_other_questions_scales_or_loyalty_items_are_said(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(60)))
    program = catalog_of(lone, "가게").id
    loyal, satisfied, shipped = pin(lone, metric="loyalty"), pin(lone, metric="csat"), pin(lone, metric="stage:배송")
    with writing(lone.engine) as session:
        programs.update_program(session, program_id=program, loyalty={"all": 1.0, "nps": 3.0})
    first, second, third = said(lone, loyal, satisfied, shipped)
    assert first.rules == ("definition",) and first.state == "moved" and first.changes == Changes()
    assert (second.state, second.rules, third.state, third.rules) == ("same", (), "same", ())
    with writing(lone.engine) as session:
        asked = next(q for q in questions.list_questions(session, program_id=program) if q.code == "ship")
        asked.measure = "other"
        session.add(asked)
        programs.tick(session, program_id=program)
    (third,) = said(lone, shipped)
    assert (third.state, third.rules, third.now) == ("impossible", ("definition",), None)


def test_a_filter_that_asks_for_what_is_gone_cannot_be_computed(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(60)))
    program = catalog_of(lone, "가게").id
    made = pin(lone, GANGNAM)
    with writing(lone.engine) as session:
        session.delete(next(q for q in questions.list_questions(session, program_id=program) if q.code == "branch"))
        programs.tick(session, program_id=program)
    (entry,) = said(lone, made)
    assert entry.state == "impossible"


def test_weighting_is_said_of_weighted_figures_only(lone: Deps, tmp_path: Path) -> None:
    data = rows(80)
    bring(lone, write(tmp_path / "a.csv", data))
    plain, weighted = pin(lone), pin(lone, View(program="가게", period="all", weighted=True))
    found = table(data)
    signs = (found["추천"] >= 9).astype(int) - (found["추천"] <= 6).astype(int)
    assert weighted.figure.value == pytest.approx(100 * float((signs * found["가중"]).sum() / found["가중"].sum()))
    save_weighting(lone, LOCAL, program="가게", plan=Plan({"branch": {"강남": 50.0, "부산": 50.0}}))
    first, second = said(lone, plain, weighted)
    assert (first.rules, first.state, second.rules) == ((), "same", ("weighting",))
    scaled = found["가중"] / found.groupby("지점")["가중"].transform("sum")  # each branch counts the same
    raked = 100 * float((signs * scaled).sum() / scaled.sum())
    assert second.now is not None and second.now.value == pytest.approx(raked) and second.changes == Changes()


def test_too_few_answers_left_are_hidden_not_shown(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(5)))
    late = bring(lone, write(tmp_path / "b.csv", rows(30, first=100)))
    made = pin(lone)
    history.undo(lone, LOCAL, import_id=late.id or 0)
    (entry,) = said(lone, made)
    assert entry.state == "hidden" and entry.now is not None and (entry.now.value, entry.now.n) == (None, 5)
    assert entry.difference is None and entry.changes == Changes(removed=30)


def test_what_cannot_be_pinned(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(9)))
    with pytest.raises(Conflict, match=r"ledger\.too_few"):
        pin(lone)
    with pytest.raises(NotFound, match=r"ledger\.no_metric"):
        pin(lone, metric="effort")
    bring(lone, write(tmp_path / "b.csv", rows(30, first=100)))
    with pytest.raises(Conflict, match=r"ledger\.name_missing"):
        pin(lone, name="  ")
    assert pins.list_pins(lone, LOCAL, catalog=catalog_of(lone, "가게"), limit=9) == ((), 0)


def test_pins_are_renamed_and_deleted(lone: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(30)))
    made, catalog = pin(lone), catalog_of(lone, "가게")
    pins.rename_pin(lone, LOCAL, catalog=catalog, pin_id=made.id, name="이사회 보고")
    assert [p.name for p in pins.list_pins(lone, LOCAL, catalog=catalog, limit=9)[0]] == ["이사회 보고"]
    nobody = Actor("x", RoleName.VIEWER)
    monkeypatch.setattr(Actor, "may", lambda self, permission: self is not nobody)
    for forbidden in (
        lambda: pins.pin(lone, nobody, view=ALL, metric="nps", name="x"),
        lambda: pins.rename_pin(lone, nobody, catalog=catalog, pin_id=made.id, name="x"),
        lambda: pins.delete_pin(lone, nobody, catalog=catalog, pin_id=made.id),
        lambda: pins.list_pins(lone, nobody, catalog=catalog, limit=1),
        lambda: entries(lone, nobody, catalog=catalog, pins=[made]),
    ):
        with pytest.raises(Refused):
            forbidden()
    pins.delete_pin(lone, LOCAL, catalog=catalog, pin_id=made.id)
    with pytest.raises(NotFound):
        pins.delete_pin(lone, LOCAL, catalog=catalog, pin_id=made.id)


def test_updated_rows_with_a_file_of_their_own_name_both_files(lone: Deps, tmp_path: Path) -> None:
    bring(lone, write(tmp_path / "a.csv", rows(40)))
    made = pin(lone)
    one = bring(lone, write(tmp_path / "b.csv", rows(10, seed=4)), chosen=mapping())
    two = bring(lone, write(tmp_path / "c.csv", rows(15, first=41, seed=5)))
    (entry,) = said(lone, made)
    assert entry.changes == Changes(added=15, updated=10)
    assert [(c.import_id, c.added, c.updated) for c in entry.causes] == [(two.id, 15, 0), (one.id, 0, 10)]
