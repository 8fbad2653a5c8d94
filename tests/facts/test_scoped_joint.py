"""Joint counts and masks through facts of which somebody sees a part: a second filter, and nothing about a handful of people."""

from __future__ import annotations

from cxdash.facts.question import Filter
from cxdash.facts.scoped import GuardedFacts, RowFacts
from tests.facts.sample import polars_facts, responses

COLUMNS = ("NPS", "만족.도")
MEN = {"성별": ("남",)}


def test_rows_of_a_scope_are_those_of_the_filter() -> None:
    facts = polars_facts(responses(200))
    part = RowFacts(facts, MEN)
    assert part.joint(Filter(), ["지 역"], COLUMNS).equals(facts.joint(Filter(MEN), ["지 역"], COLUMNS))
    assert part.rated(Filter(), COLUMNS, also=["week"]).equals(facts.rated(Filter(MEN), COLUMNS, also=["week"]))
    assert part.rated(Filter({"성별": ("여",)}), COLUMNS).is_empty()


def test_a_selection_that_may_not_speak_has_no_joint_counts() -> None:
    rows = [row | {"attributes": {"성별": "여" if i < 3 else "남"}} for i, row in enumerate(responses(60))]
    guarded = GuardedFacts(polars_facts(rows), 10)
    assert guarded.joint(Filter(), [], COLUMNS)["n"].sum() == guarded.rated(Filter(), COLUMNS)["n"].sum() == 60
    assert guarded.joint(Filter(MEN), [], COLUMNS).is_empty() and guarded.rated(Filter(MEN), COLUMNS).is_empty()
