"""Targets: what may be a goal, which one a card shows, and what an interval says of it; figures against pandas."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.services import targets as service
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from cxdash.services.targets import TargetInfo, against, target_of
from cxdash.services.view import Bounds, View, resolve
from cxdash.stats.figure import Figure
from cxdash.store import programs, questions
from cxdash.store.database import writing
from tests.services.making import HEADERS, bring, rows, write

DUE, TODAY = date(2026, 12, 31), date(2026, 11, 22)
FINITE = st.floats(-100, 100)


@pytest.fixture
def shop(lone: Deps, tmp_path: Path) -> Deps:
    bring(lone, write(tmp_path / "a.csv", rows(200)))
    return lone


def catalog(deps: Deps) -> Catalog:
    return catalog_of(deps, "가게")


def save(deps: Deps, metric: str = "nps", goal: float = 45, due: date = DUE, **segment: object) -> TargetInfo:
    return service.save_target(deps, LOCAL, catalog=catalog(deps), metric=metric, goal=goal, due=due, **segment)  # type: ignore[arg-type]


def figure(value: float, low: float, high: float, n: int = 400) -> Figure:
    return Figure(value, n, float(n), low, high, unit="points")


@given(FINITE, st.floats(0, 50), st.floats(0, 50), FINITE)
def test_the_interval_judges(value: float, below: float, above: float, goal: float) -> None:
    low, high = value - below, value + above
    said = against(figure(value, low, high), goal)
    assert (said == "met") == (low >= goal) and (said == "missed") == (high < goal)
    assert (said == "open") == (low < goal <= high)


def test_where_no_test_is_allowed_nothing_is_said() -> None:
    assert against(figure(90, 80, 99, n=29), 10) == "unknown" == against(Figure(50.0, 400, 400.0), 10)
    assert against(Figure(90.0, 400, 150.0, 80.0, 99.0), 10) == "unknown", "a design effect over 2"
    assert against(None, 1) == against(Figure(None, 3), 1) == "unknown"


def test_a_goal_is_kept_replaced_changed_and_deleted(shop: Deps) -> None:
    first = save(shop)
    assert save(shop, goal=50).id == first.id and len(service.list_targets(shop, LOCAL, catalog(shop))) == 1
    other = save(shop, goal=30, attribute="지점", value="강남")
    assert (other.attribute, other.value) == ("branch", "강남"), "an attribute is found by its header too"
    changed = save(shop, goal=55, due=date(2026, 6, 30), target_id=first.id)
    assert [(t.goal, t.due, t.attribute) for t in service.list_targets(shop, LOCAL, catalog(shop))] == [
        (55.0, date(2026, 6, 30), None),
        (30.0, DUE, "branch"),
    ]
    service.delete_target(shop, LOCAL, catalog=catalog(shop), target_id=changed.id)
    assert [t.id for t in service.list_targets(shop, LOCAL, catalog(shop))] == [other.id]
    for gone in (lambda: service.delete_target(shop, LOCAL, catalog=catalog(shop), target_id=changed.id), lambda: save(shop, target_id=99)):
        with pytest.raises(NotFound):
            gone()


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"goal": 100.5}, "targets.range"),
        ({"goal": -101}, "targets.range"),
        ({"goal": float("nan")}, "targets.range"),
        ({"goal": float("inf")}, "targets.range"),
        ({"metric": "csat", "goal": -1}, "targets.range"),
        ({"metric": "stage:배송", "goal": 101}, "targets.range"),
        ({"due": date(1999, 12, 31)}, "targets.date"),
        ({"due": date(2206, 1, 1)}, "targets.date"),
        ({"attribute": "branch"}, "targets.segment"),
        ({"attribute": "branch", "value": ""}, "targets.segment"),
        ({"value": "강남"}, "targets.segment"),
    ],
)
def test_what_is_no_goal_is_refused_in_one_sentence(shop: Deps, said: dict[str, object], key: str) -> None:
    with pytest.raises(Conflict) as caught:
        save(shop, **said)  # type: ignore[arg-type]
    assert caught.value.key == key and service.list_targets(shop, LOCAL, catalog(shop)) == ()


def test_what_does_not_exist_is_refused(shop: Deps) -> None:
    for unknown in ({"metric": "effort"}, {"metric": "stage:없음"}, {"attribute": "없는 속성", "value": "x"}):
        with pytest.raises(NotFound):
            save(shop, **unknown)
    assert save(shop, goal=-100).goal == -100.0 and save(shop, metric="csat", goal=0).goal == 0.0


def test_only_who_may_sets_goals(shop: Deps) -> None:
    viewer = Actor("x", RoleName.VIEWER)
    made = save(shop)
    with pytest.raises(Refused):
        service.save_target(shop, viewer, catalog=catalog(shop), metric="nps", goal=1, due=DUE)
    with pytest.raises(Refused):
        service.delete_target(shop, viewer, catalog=catalog(shop), target_id=made.id)
    assert service.list_targets(shop, viewer, catalog(shop)) == (made,)


def test_the_target_of_a_card(shop: Deps) -> None:
    near, far = save(shop, goal=40, due=date(2026, 6, 30)), save(shop, goal=50)
    branch, over = save(shop, goal=60, due=DUE, attribute="branch", value="강남"), save(shop, goal=10, due=date(2026, 1, 1))
    known, bounds = service.list_targets(shop, LOCAL, catalog(shop)), Bounds(date(2026, 1, 1), date(2026, 6, 28))

    def shown(metric: str = "nps", **view: object) -> TargetInfo | None:
        scope = resolve(View(program="가게", **{"period": "all", **view}), catalog(shop), bounds)  # type: ignore[arg-type]
        return target_of(known, metric, catalog=catalog(shop), scope=scope, bounds=bounds)

    assert shown() == near and shown("csat") is None
    assert shown(period="custom", since=date(2026, 1, 1), until=date(2026, 7, 1)) == far, "the nearest one not before the period's end"
    assert shown(period="custom", since=date(2025, 1, 1), until=date(2026, 1, 1)) == over
    assert shown(period="custom", since=date(2026, 1, 1), until=date(2027, 1, 1)) is None
    assert shown(equals={"branch": ("강남",)}) == branch and shown(equals={"branch": ("강남",), "wave": ("1차",)}) == branch
    assert shown(equals={"branch": ("강남", "부산")}) == near and shown(equals={"branch": ("부산",)}) == near
    assert shown(equals={"branch": ("강남",), "source": ("import",)}) == near


def test_every_target_with_its_figure_against_pandas(shop: Deps) -> None:
    data = pd.DataFrame(rows(200), columns=list(HEADERS))
    data["추천"], data["전반"] = pd.to_numeric(data["추천"]), pd.to_numeric(data["전반"])
    chosen = data[data["응답일"].between("2026-02-01", "2026-05-31")]
    here = chosen[chosen["지점"] == "강남"]
    save(shop, goal=-90)
    save(shop, "csat", 99, attribute="branch", value="강남")
    save(shop, goal=10, due=date(2026, 3, 1), attribute="branch", value="부산")
    save(shop, "stage:배송", 50, attribute="branch", value="없는 지점")
    found = service.targets(
        shop, LOCAL, view=View(program="가게", period="custom", since=date(2026, 2, 1), until=date(2026, 5, 31)), today=TODAY
    )
    assert (found.responses, found.total) == (len(chosen), 200)
    whole, csat, nobody, over = found.lines
    nps = 100 * float((chosen["추천"] >= 9).mean() - (chosen["추천"] <= 6).mean())
    top = 100 * float((here["전반"] <= 2).mean())  # 1 is the best
    assert whole.figure is not None and whole.figure.value == pytest.approx(nps) and whole.figure.n == len(chosen)
    assert (whole.verdict, whole.days, whole.gap) == ("met", 39, pytest.approx(nps + 90))
    assert csat.figure is not None and csat.figure.value == pytest.approx(top) and csat.figure.n == len(here) and csat.verdict == "missed"
    assert nobody.figure is not None and (nobody.figure.n, nobody.figure.value, nobody.verdict, nobody.gap) == (0, None, "unknown", None)
    assert over.target.value == "부산" and over.days == -266, "what is over stands last"
    assert over.figure is not None and over.figure.n == len(chosen) - len(here)


def test_the_views_filter_applies_to_targets_too(shop: Deps) -> None:
    save(shop, attribute="branch", value="강남")
    save(shop, attribute="branch", value="부산")
    save(shop)
    data = pd.DataFrame(rows(200), columns=list(HEADERS))
    inside = int((data["지점"] == "강남").sum())
    found = service.targets(shop, LOCAL, view=View(program="가게", period="all", equals={"branch": ("강남",)}), today=TODAY)
    assert {(x.target.value, x.figure and x.figure.n) for x in found.lines} == {("강남", inside), ("부산", 0), (None, inside)}


def test_a_small_segment_is_hidden_and_with_it_its_complement(lone: Deps, tmp_path: Path) -> None:
    data = rows(60)
    few = [[*row[:2], "제주", *row[3:]] for row in data[:7]]
    bring(
        lone,
        write(
            tmp_path / "a.csv",
            [*few, *[[*row[:2], "강남", *row[3:]] for row in data[7:30]], *[[*row[:2], "부산", *row[3:]] for row in data[30:]]],
        ),
    )
    for value in ("제주", "강남", "부산"):
        save(lone, attribute="branch", value=value)
    found = {x.target.value: x for x in service.targets(lone, LOCAL, view=View(program="가게", period="all"), today=TODAY).lines}
    assert found["제주"].figure is not None and found["제주"].figure.value is None and found["제주"].verdict == "unknown"
    hidden = [v for v in ("강남", "부산") if found[v].figure.value is None]  # type: ignore[union-attr]
    assert hidden == ["강남"] and found["강남"].verdict == "unknown", "from total and the rest the hidden one would follow"


def test_a_metric_or_attribute_that_is_gone(shop: Deps) -> None:
    save(shop, "stage:배송", 50)
    save(shop, attribute="branch", value="강남")
    program = catalog(shop).id
    with writing(shop.engine) as session:
        for question in questions.list_questions(session, program_id=program):
            if question.code == "branch":
                session.delete(question)
            elif question.code == "ship":
                question.measure = "other"
                session.add(question)
        programs.tick(session, program_id=program)
    found = service.targets(shop, LOCAL, view=View(program="가게", period="all"), today=TODAY)
    assert [(x.figure, x.gap, x.verdict) for x in found.lines] == [(None, None, "unknown")] * 2


def test_a_note_is_kept_changed_and_not_endless(shop: Deps) -> None:
    made = save(shop, note="  3월 경영회의에서 합의 ")
    assert made.note == "3월 경영회의에서 합의" == service.list_targets(shop, LOCAL, catalog(shop))[0].note
    assert save(shop, note="").note == "" and len(service.list_targets(shop, LOCAL, catalog(shop))) == 1
    with pytest.raises(Conflict) as refused:
        save(shop, note="가" * (service.NOTE_MAX + 1))
    assert refused.value.key == "targets.note_long"
