"""Rows and programmes of an actor: the figures are those of a house that holds nothing else; few people stay unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cxdash.errors import NotFound, Refused
from cxdash.facts.question import Filter
from cxdash.facts.scoped import GuardedFacts
from cxdash.services import (
    access, compare, journey, ledger, metrics, overview, pins, programs, quality, readout, responses, segments, targets, trends, views,
)  # fmt: skip
from cxdash.services.actor import LOCAL, Actor, Permission, RoleName, rows_of
from cxdash.services.deps import Deps
from cxdash.services.options import options_of
from cxdash.services.view import View
from tests import house
from tests.services import making

SOUTH = rows_of({"branch": ("강남",)})
VIEW = View(program="가게", period="all")


def who(role: RoleName = RoleName.ANALYST, **scope: Any) -> Actor:
    return Actor(str(role), role, **scope)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deps, Deps]]:
    """The whole programme, and one that holds only the rows of 강남."""
    folder, made = tmp_path_factory.mktemp("access"), []
    data = making.rows(400)
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        for name, held in (("whole", data), ("south", [row for row in data if row[2] == "강남"])):
            deps = house.build(folder / name)
            making.bring(deps, making.write(folder / f"{name}.csv", held))
            made.append(deps)
    yield made[0], made[1]
    for deps in made:
        house.close(deps)


ASKED: Mapping[str, Any] = {
    "overview": lambda d, a, v: overview.overview(d, a, view=v),
    "journey": lambda d, a, v: journey.journey(d, a, view=v),
    "segments": lambda d, a, v: segments.segments(d, a, view=v),
    "trends": lambda d, a, v: trends.trends(d, a, view=v),
    "compare": lambda d, a, v: compare.compare(d, a, view=v),
    "quality": lambda d, a, v: replace(quality.quality(d, a, view=v), cells=()),
    "targets": lambda d, a, v: targets.targets(d, a, view=v, today=date(2026, 6, 1)),
    "draft": lambda d, a, v: ledger.draft(d, a, view=v),
    "metrics": lambda d, a, v: making.told(metrics.metrics(d, a, program="가게", by="branch")),
    "readout": lambda d, a, v: readout.readout(d, a, program="가게", query={"by": ["branch"], "grain": ["month"]}),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("view", [VIEW, replace(VIEW, by="branch", grain="month", period="custom", since=date(2026, 2, 1),
                                                until=date(2026, 4, 30))], ids=["all", "some months"])  # fmt: skip
def test_what_somebody_of_some_rows_is_told_is_what_a_house_of_these_rows_tells(houses: tuple[Deps, Deps], name: str, view: View) -> None:
    whole, south = houses
    told, alone = ASKED[name](whole, who(rows=SOUTH), view), ASKED[name](south, who(), view)
    assert told == alone
    assert ASKED[name](whole, who(), view) != alone  # the other rows would have been seen


def test_single_answers_options_and_totals_are_of_the_own_rows(houses: tuple[Deps, Deps]) -> None:
    whole, south = houses
    some = who(rows=SOUTH)
    page, all_of = responses.page(whole, some, view=VIEW, size=100), responses.page(south, who(), view=VIEW, size=100)
    assert (page.total, page.of) == (all_of.total, all_of.of) and {r.attributes["branch"] for r in page.rows} == {"강남"}
    assert responses.export_frame(whole, some, view=VIEW)[1]["branch"].unique().to_list() == ["강남"]
    catalog = access.catalog_of(whole, some, "가게")
    assert options_of(access.facts_of(whole, some, catalog), catalog, dated=True, weights=False).values["branch"] == ("강남",)
    assert programs.count_responses(whole, some) == programs.count_responses(south, LOCAL)


def test_a_link_that_asks_for_other_rows_shows_nothing_of_them(houses: tuple[Deps, Deps]) -> None:
    foreign = replace(VIEW, equals={"branch": ("부산",)})
    assert overview.overview(houses[0], who(rows=SOUTH), view=foreign).responses == 0
    both = replace(VIEW, equals={"branch": ("부산", "강남")})
    assert overview.overview(houses[0], who(rows=SOUTH), view=both).responses == overview.overview(houses[1], LOCAL, view=VIEW).responses


def test_a_programme_without_the_attribute_shows_nothing(houses: tuple[Deps, Deps]) -> None:
    assert overview.overview(houses[0], who(rows=rows_of({"region": ("서울",)})), view=VIEW).total == 0
    assert overview.overview(houses[0], who(rows=rows_of({"branch": ()})), view=VIEW).total == 0


def test_comments_and_keys_are_for_whom_they_were_given_to(houses: tuple[Deps, Deps]) -> None:
    plain, given = who(), who(grants=frozenset({Permission.SEE_COMMENTS, Permission.SEE_PERSONAL}))
    page = responses.page(houses[0], plain, view=VIEW, size=100)
    assert all(r.respondent is None and "why" not in r.answers for r in page.rows)
    frame = responses.export_frame(houses[0], plain, view=VIEW)[1]
    assert not {"why", "respondent"} & set(frame.columns) and "nps" in frame.columns
    assert all(m.respondent is None for m in quality.marked(houses[0], plain, view=VIEW).rows)
    seen = responses.page(houses[0], given, view=VIEW, size=100)
    assert all(r.respondent for r in seen.rows) and {r.answers.get("why") for r in seen.rows} >= {"좋아요", "느려요"}
    assert {"why", "respondent"} <= set(responses.export_frame(houses[0], given, view=VIEW)[1].columns)
    with pytest.raises(Refused):
        responses.page(houses[0], who(RoleName.MARKETER), view=VIEW)


def test_pins_and_views_of_other_rows_are_not_listed(houses: tuple[Deps, Deps]) -> None:
    whole, some = houses[0], who(rows=SOUTH)
    catalog = access.catalog_of(whole, LOCAL, "가게")
    everything = pins.pin(whole, LOCAL, view=VIEW, metric="nps", name="전체")
    own = pins.pin(whole, some, view=VIEW, metric="nps", name="내 범위")
    within = pins.pin(whole, LOCAL, view=replace(VIEW, equals={"branch": ("강남",)}), metric="nps", name="강남")
    listed, n = pins.list_pins(whole, some, catalog=catalog, limit=10)
    assert [p.id for p in listed] == [within.id, own.id] and n == 2 and own.figure == within.figure != everything.figure
    for reader in (some, LOCAL):  # counted again from the rows it was made of, whoever reads it
        found, _ = pins.list_pins(whole, reader, catalog=catalog, limit=10)
        assert {e.pin.id: e.state for e in ledger.entries(whole, reader, catalog=catalog, pins=found)}[own.id] == "same"
    assert ledger.entries(whole, some, catalog=catalog, pins=[everything]) == ()
    for act in (pins.delete_pin, lambda *a, **k: pins.rename_pin(*a, **k, name="x")):
        with pytest.raises(NotFound):
            act(whole, some, catalog=catalog, pin_id=everything.id)
    views.save_view(whole, LOCAL, catalog=catalog, name="부산만", page="overview", query={"f.branch": ["부산"]})
    views.save_view(whole, LOCAL, catalog=catalog, name="전체", page="overview", query={"period": ["all"]})
    assert [v.name for v in views.list_views(whole, some, catalog=catalog)] == ["전체"]
    for change in (lambda: views.delete_view(whole, some, catalog=catalog, name="부산만"),
                   lambda: views.save_view(whole, some, catalog=catalog, name="부산만", page="overview", query={})):  # fmt: skip
        with pytest.raises(NotFound):
            change()


# ---------------------------------------------------------------- few people

SMALL = 4  # responses of the branch nobody shall know


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """강남 80, 부산 60, 제주 4; three of 강남 say 느려요, everybody else 좋아요."""
    folder = tmp_path_factory.mktemp("few")
    data = making.rows(144)
    for i, row in enumerate(data):
        row[1] = f"2026-{1 + i % 6:02}-15"
        row[2] = "제주" if i < SMALL else "강남" if i < 84 else "부산"
        row[7] = "느려요" if i in (10, 11, 12) else "좋아요"
    columns = making.mapping({"header": "의견", "role": "attribute", "code": "mood"})
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        made = house.build(folder / "home")
        making.bring(made, making.write(folder / "a.csv", data), chosen=columns)
    yield made
    house.close(made)


def nps(deps: Deps, actor: Actor, **equals: tuple[str, ...]) -> float | None:
    found = metrics.metrics(deps, actor, program="가게", filters=[(k, v) for k, vs in equals.items() for v in vs]).total.nps
    assert found is not None
    return found.value


@pytest.mark.parametrize(
    ("equals", "shown"),
    [
        ({}, True),
        ({"branch": ("강남",)}, True),  # the others are 64
        ({"branch": ("강남", "부산")}, False),  # beside everybody it tells of the four
        ({"branch": ("강남", "제주")}, False),  # beside 강남 it tells of the four
        ({"branch": ("강남",), "mood": ("좋아요",)}, False),  # beside 강남 it tells of three
        ({"branch": ("부산",)}, False),  # with 강남 and everybody it tells of the four
        ({"branch": ("부산",), "mood": ("좋아요",)}, False),  # the same
        ({"mood": ("좋아요",)}, False),  # beside everybody it tells of three
    ],
    ids=str,
)
def test_what_would_follow_by_subtraction_is_not_told(few: Deps, equals: dict[str, tuple[str, ...]], shown: bool) -> None:
    viewer = who(RoleName.VIEWER)
    assert (nps(few, viewer, **equals) is not None) == shown
    assert nps(few, who(), **equals) is not None  # who sees single answers is told


def test_every_pair_of_nested_selections_that_speak_differs_by_ten_or_nobody(few: Deps) -> None:
    """Also through chains: all selections of the two attributes against each other."""
    catalog = access.catalog_of(few, LOCAL, "가게")
    facts = access.facts_of(few, who(RoleName.VIEWER), catalog)
    assert isinstance(facts, GuardedFacts)
    raw = few.fixed(catalog.id)
    branches = ["강남", "부산", "제주"]
    chosen = [tuple(b for i, b in enumerate(branches) if mask >> i & 1) for mask in range(8)]
    moods = [(), ("좋아요",), ("느려요",), ("좋아요", "느려요")]
    wheres = [Filter({k: v for k, v in (("branch", b), ("mood", m)) if v}) for b in chosen for m in moods]
    ids = {repr(w): frozenset(raw.rows(w, [], limit=1000)["id"]) for w in wheres}
    told = [ids[repr(w)] for w in wheres if facts.apart(w) and len(ids[repr(w)]) >= 10]
    assert len(told) >= 2
    assert all(not 0 < len(b - a) < 10 for a in told for b in told if a <= b)


def test_groups_of_a_breakdown_obey_the_rule_too(few: Deps) -> None:
    """강남 in the breakdown of {mood=좋아요} has 77, in the breakdown of everybody 80."""
    catalog = access.catalog_of(few, LOCAL, "가게")
    facts = access.facts_of(few, who(RoleName.VIEWER), catalog)
    assert isinstance(facts, GuardedFacts)
    assert facts.withheld(Filter({"mood": ("좋아요",)}), ["a:branch"]) == {("강남",), ("부산",)}
    assert facts.withheld(Filter(), ["a:branch"]) == {("부산",)}  # everybody and 강남 would tell of the four of 제주


def test_days_cannot_be_cut_out(few: Deps) -> None:
    """24 responses on the 15th of each month: a viewer's own dates are widened to months; the analyst's are not."""
    view = replace(VIEW, period="custom", since=date(2026, 2, 14), until=date(2026, 3, 14))
    seen, exact = (access.chosen(few, who(role), view).scope for role in (RoleName.VIEWER, RoleName.ANALYST))
    assert (seen.since, seen.until, seen.withheld) == (date(2026, 2, 1), date(2026, 3, 31), False)
    assert (exact.since, exact.until) == (view.since, view.until)


def test_a_page_of_a_selection_that_may_not_speak_says_so_and_counts(few: Deps) -> None:
    found = overview.overview(few, who(RoleName.VIEWER), view=replace(VIEW, equals={"branch": ("강남", "부산")}))
    assert found.scope.withheld and found.responses == 140
    assert all(card.figure is None or card.figure.value is None for card in found.cards)
    assert not any(s.figure.value is not None for s in (*found.segments, *found.stages)) and not found.trend
    quiet = overview.overview(few, who(RoleName.VIEWER), view=replace(VIEW, equals={"branch": ("강남",)}))
    assert not quiet.scope.withheld and quiet.cards[0].figure is not None and quiet.cards[0].figure.value is not None


# ---------------------------------------------------------------- what names a person


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """Every response names somebody: 좋아요 and 느려요 are called names here."""
    folder = tmp_path_factory.mktemp("named")
    with pytest.MonkeyPatch.context() as patch:
        house.parse_here(patch)
        made = house.build(folder / "home")
        columns = making.mapping({"header": "의견", "role": "attribute", "code": "고객 이름"})
        making.bring(made, making.write(folder / "a.csv", making.rows(60)), chosen=columns)
    yield made
    house.close(made)


@pytest.mark.parametrize("actor", [who(RoleName.VIEWER), who(), LOCAL], ids=str)
def test_nothing_is_sorted_by_who_somebody_is(named: Deps, actor: Actor) -> None:
    catalog = access.catalog_of(named, actor, "가게")
    assert catalog.hidden == ("고객 이름",) and "고객 이름" not in {a.key for a in catalog.attributes} and catalog.attributes
    offered = options_of(access.facts_of(named, actor, catalog), catalog, dated=True, weights=False)
    assert "고객 이름" not in offered.values and "branch" in offered.values
    for key in ("고객 이름", "a:고객 이름"):
        asked = replace(VIEW, equals={key: ("느려요",)}, by=key)
        assert overview.overview(named, actor, view=asked).responses == 60 and segments.segments(named, actor, view=asked).total == 60
        said = repr((overview.overview(named, actor, view=asked), segments.segments(named, actor, view=asked)))
        assert "느려요" not in said.replace(repr(asked), "")


def test_single_answers_hand_names_to_whom_they_were_given(named: Deps) -> None:
    plain, given = who(), who(grants=frozenset({Permission.SEE_PERSONAL}))
    shown = {actor: responses.page(named, actor, view=VIEW, size=100) for actor in (plain, given)}
    assert {r.attributes.get("고객 이름") for r in shown[plain].rows} - {None} == {"***"}
    assert {r.attributes.get("고객 이름") for r in shown[given].rows} - {None} == {"좋아요", "느려요"}
    assert set(responses.export_frame(named, plain, view=VIEW)[1]["고객 이름"]) - {None} == {"***"}
    aimed = replace(VIEW, equals={"고객 이름": ("느려요",)})
    assert responses.page(named, plain, view=aimed).total == 60  # a filter would have told whose answers these are


def test_rows_may_be_those_of_a_name(named: Deps) -> None:
    """An account can be bound to what it may not list."""
    some = who(rows=rows_of({"고객 이름": ("느려요",)}))
    assert overview.overview(named, some, view=VIEW).responses < 60  # nothing where the names are sealed; never everything
