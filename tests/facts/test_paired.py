"""The same customers in two selections: against an oracle in plain Python, through scopes, and from a store to the frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cxdash.facts import paired
from cxdash.facts.answers import FrameFacts
from cxdash.facts.question import Filter
from cxdash.facts.scoped import GuardedFacts, RowFacts
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import load_catalog
from cxdash.services.people import erase, find
from cxdash.store.database import reading
from tests import house
from tests.facts import asked
from tests.facts.sample import SCHEMA, Row, polars_facts, response, responses
from tests.services import making

@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return responses(400)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("case", asked.PAIRED, ids=str)
def test_pairs_against_python(rows: list[Row], case: Any, weighted: bool) -> None:
    facts = polars_facts([row | {"ver": 1} for row in rows])
    quick = asked.check_paired(facts, rows, SCHEMA, case, weighted)
    slow = paired.paired(facts.frame, SCHEMA, asked.FILTERS[case[0]], asked.FILTERS[case[1]], case[2], weighted)
    order = quick.columns[:-3] or quick.columns
    told = quick.sort(order, nulls_last=True), slow.sort(order, nulls_last=True)
    assert told[0].height == told[1].height and all(told[0][c].round(6).equals(told[1][c].round(6)) for c in quick.columns)


def test_the_latest_response_of_a_side_counts(rows: list[Row]) -> None:
    """Whatever the order in which the responses came into the frame."""
    mine = sorted(rows, key=lambda row: -row["id"])
    case = ("since", "until", ("NPS", "만족.도"))
    asked.check_paired(polars_facts(mine), mine, SCHEMA, case, False)


def _panel(*kinds: tuple[str, int]) -> FrameFacts:
    """Customers who answered in both waves: `n` of each value of the attribute 성별."""
    found: list[Row] = []
    for place, (kind, n) in enumerate(kinds):
        for i in range(n):
            person = 1000 * place + i
            found += [
                response(2 * person + wave + 1) | {"person": person, "wave_id": number, "attributes": {"성별": kind}}
                for wave, number in enumerate((3, 7))
            ]
    return polars_facts(found)


FIRST, SECOND = Filter({"wave": (SCHEMA.waves[3],)}), Filter({"wave": (SCHEMA.waves[7],)})


def _of(where: Filter, kind: str) -> Filter:
    return Filter({**where.equals, "성별": (kind,)})


def test_a_scope_narrows_both_sides() -> None:
    facts = _panel(("남", 20), ("여", 30))
    part = RowFacts(facts, {"성별": ("여",)})
    assert part.paired(FIRST, SECOND, ())["n"].to_list() == [30] and facts.paired(FIRST, SECOND, ())["n"].to_list() == [50]
    assert part.paired(_of(FIRST, "남"), _of(SECOND, "남"), ()).is_empty()


def test_who_sees_no_single_answers_is_not_told_of_a_few_customers() -> None:
    few = GuardedFacts(_panel(("남", 40), ("여", 4)), 10)
    assert few.paired(FIRST, SECOND, ())["n"].to_list() == [44]
    assert few.paired(_of(FIRST, "남"), _of(SECOND, "남"), ()).is_empty(), "the other four would follow"
    enough = GuardedFacts(_panel(("남", 40), ("여", 14)), 10)
    assert enough.paired(_of(FIRST, "남"), _of(SECOND, "남"), ())["n"].to_list() == [40]


def test_few_pairs_among_many_responses_are_guarded_too() -> None:
    """Each side alone is large enough; of those who answered in both there are few in the other value."""
    single = [response(9000 + i) | {"person": None, "wave_id": w, "attributes": {"성별": "여"}} for i, w in enumerate([3, 7] * 20)]
    panel: list[Row] = []
    for i in range(44):
        kind = "남" if i < 40 else "여"
        panel += [response(2 * i + w + 1) | {"person": i, "wave_id": number, "attributes": {"성별": kind}} for w, number in enumerate((3, 7))]
    guarded = GuardedFacts(polars_facts([*panel, *single]), 10)
    assert guarded.apart(_of(FIRST, "남")) and guarded.apart(_of(SECOND, "남"))
    assert guarded.paired(_of(FIRST, "남"), _of(SECOND, "남"), ()).is_empty()


def test_pairs_of_periods_say_nothing_to_who_sees_no_single_answers(rows: list[Row]) -> None:
    facts = polars_facts(rows)
    first, second = asked.FILTERS["until"], asked.FILTERS["since"]
    assert facts.paired(first, second, ())["n"][0] >= 10
    assert GuardedFacts(facts, 10).paired(first, second, ()).is_empty()


def test_a_key_of_the_store_becomes_a_number_and_goes_with_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house.parse_here(monkeypatch)
    deps = house.build(tmp_path / "home")
    try:
        for wave, rows in (("1차", making.rows(20)), ("2차", making.rows(25, first=6))):
            making.bring(deps, making.write(tmp_path / f"{wave}.csv", rows), wave=wave)
        with reading(deps.engine) as session:
            catalog = load_catalog(session, "가게")
        facts = deps.facts(catalog.id)
        frame = facts.current().frame.to_native()
        assert frame["person"].dtype == pl.Int64 and frame["person"].n_unique() == 30 and "respondent" not in frame.columns
        sides = [Filter({"wave": (w.code,)}) for w in catalog.waves]
        assert facts.paired(sides[0], sides[1], ())["n"].to_list() == [15]
        [one] = find(deps, LOCAL, wanted="C17")
        erase(deps, LOCAL, who=one.who, keep=True)  # made anonymous: the scores stay
        assert facts.count(Filter())["n"][0] == 45 and facts.paired(sides[0], sides[1], ())["n"].to_list() == [14]
    finally:
        house.close(deps)
