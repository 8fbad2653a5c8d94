"""Who sees no single answers learns of no fewer than ten people by taking figures off others: random programmes, all their filters."""

from __future__ import annotations

import random
from itertools import product

import polars as pl
import pytest

from cxdash.facts.fewpeople import siblings
from cxdash.facts.question import NONE, Filter
from cxdash.facts.scoped import GuardedFacts, RowFacts
from tests.facts.sample import Row, polars_facts, responses

LEAST = 10
SEXES, PLACES = ("남", "여"), ("서울", "부산", "제주", NONE)
QUESTIONS = ("NPS", "만족.도", "Q5#1")


def programme(seed: int) -> list[Row]:
    """Groups of all sizes, a place of a few, and a question that few were asked."""
    r = random.Random(seed)
    shares, rare = [r.random() ** 2 for _ in PLACES], r.choice((0.2, 0.4, 0.6))
    made = []
    for i, row in enumerate(responses(r.randint(60, 220), seed=seed)):
        place = r.choices(PLACES, shares)[0]
        attributes = {"성별": r.choices(SEXES, (9, 1 + seed % 4))[0]} | ({} if place == NONE else {"지 역": place})
        answers = {"NPS": i % 11} | ({"만족.도": 1 + i % 5} if r.random() < rare else {})
        made.append(row | {"attributes": attributes, "answers": answers, "weight": None})
    return made


def filters() -> list[Filter]:
    """Every choice of values of the two attributes."""
    def chosen(values: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [tuple(v for i, v in enumerate(values) if mask >> i & 1) for mask in range(1 << len(values))]

    return [Filter({k: v for k, v in (("성별", a), ("지 역", b)) if v}) for a, b in product(chosen(SEXES), chosen(PLACES))]


def answered(told: pl.DataFrame) -> dict[str, int]:
    there = told.filter(pl.col("point").is_not_null()).group_by("question").agg(pl.col("n").sum())
    return dict(there.iter_rows())


@pytest.mark.parametrize("seed", range(8))
def test_no_figure_less_another_is_of_a_few(seed: int) -> None:
    raw = polars_facts(programme(seed))
    guarded = GuardedFacts(raw, LEAST)
    every = raw.rows(Filter(), list(QUESTIONS[:2]), limit=10_000)
    who = {name: frozenset(every.filter(pl.col(name).is_not_null())["id"]) for name in QUESTIONS[:2]}
    told = []
    for where in filters():
        ids = frozenset(raw.rows(where, [], limit=10_000)["id"])
        shown = answered(guarded.tally(where, [], QUESTIONS[:2]))
        told += [(name, ids & who[name]) for name, n in shown.items() if n >= LEAST]
        assert all(n == len(ids & who[name]) for name, n in shown.items())  # what is told is true
    assert len(told) > 2 and len({name for name, _ in told}) == 2
    for name, a in told:
        for other, b in told:
            assert name != other or not a < b or len(b - a) >= LEAST


@pytest.mark.parametrize("seed", range(8))
def test_all_values_of_a_key_but_one_never_tell_of_it(seed: int) -> None:
    """One by one under the same other filters, and as groups of a breakdown: those that speak, taken off the total, leave enough."""
    raw = polars_facts(programme(seed))
    guarded = GuardedFacts(raw, LEAST)
    for rest in (Filter(), Filter({"성별": ("남",)}), Filter({"성별": ("여",)})):
        total = int(raw.count(rest)["n"].sum())
        if not guarded.apart(rest) or total < LEAST:
            continue
        alone = [Filter({**rest.equals, "지 역": (place,)}) for place in PLACES]
        speaking = [n for where in alone if (n := int(raw.count(where)["n"].sum())) >= LEAST and guarded.apart(where)]
        groups = guarded.count(rest, ["지 역"])
        silent = {g for (g,) in guarded.withheld(rest, ["지 역"])}
        shown = [n for g, n in groups.select("지 역", "n").iter_rows() if n >= LEAST and g not in silent]
        assert not 0 < total - sum(speaking) < LEAST and not 0 < total - sum(shown) < LEAST
    assert siblings({"a": 3, "b": 30, None: 50}, LEAST) == {"b"}


def test_a_question_that_a_few_more_were_asked_is_silent_there() -> None:
    rows = [row | {"attributes": {"성별": "남" if i < 60 else "여"}, "answers": {"NPS": 5} | ({"만족.도": 3} if i < 30 or i > 116 else {})}
            for i, row in enumerate(responses(120))]
    guarded = GuardedFacts(polars_facts(rows), LEAST)
    men = Filter({"성별": ("남",)})
    assert answered(guarded.tally(Filter(), [], ["NPS", "만족.도"])) == {"NPS": 120, "만족.도": 33}
    assert answered(guarded.tally(men, [], ["NPS", "만족.도"])) == {"NPS": 60}  # with everybody's 33 the three of 여 would follow
    sums = {row[0]: row[1] for row in guarded.sums(men, [], ["NPS", "만족.도"]).select("column", "n").iter_rows()}
    assert sums == {"NPS": 60, "만족.도": 0}
    assert guarded.joint(men, [], ["만족.도"]).is_empty() and int(guarded.moments(men, [], ["만족.도"])["n"].sum()) == 0
    told = guarded.tally(men, ["성별"], ["NPS", "만족.도"])
    assert answered(told) == {"NPS": 60} and told.filter(pl.col("question") == "만족.도")["n"].to_list() == [60]


def test_single_answers_and_rows_of_others_are_not_told() -> None:
    guarded = GuardedFacts(polars_facts(responses(60)), LEAST)
    assert guarded.rows(Filter(), [], limit=5).height == 5
    for columns, order in ((["NPS"], "-at"), (["at"], "id"), ([], "NPS")):
        assert guarded.rows(Filter(), columns, limit=5, order=order).is_empty()


def test_what_was_judged_is_of_these_rows_and_this_version() -> None:
    """Two scopes and two versions of the same programme share no judgement."""
    few = [row | {"attributes": {"성별": "여" if i < 3 else "남", "지 역": "서울" if i % 2 else "부산"}} for i, row in enumerate(responses(90))]
    facts, more = polars_facts(few), polars_facts([*few, *(r | {"id": 900 + i} for i, r in enumerate(few))])
    men = Filter({"성별": ("남",)})
    assert not GuardedFacts(facts, LEAST).apart(men) and not GuardedFacts(facts, LEAST).apart(men)
    assert GuardedFacts(RowFacts(facts, {"성별": ("남",)}), LEAST).apart(men) and not GuardedFacts(facts, LEAST).apart(men)
    assert GuardedFacts(facts, 2).apart(men) and not GuardedFacts(facts, LEAST).apart(men)
    assert not GuardedFacts(more, LEAST).apart(men)
