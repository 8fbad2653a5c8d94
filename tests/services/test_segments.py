"""Ranked segments against plain pandas on the demo; the test against the rest against a hand calculation."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from cxdash.errors import Refused
from cxdash.services import crosstab, segments as service
from cxdash.services.actor import LOCAL, Actor
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from cxdash.services.segments import Segments, segments
from cxdash.services.view import View
from tests.services import making
from tests.services.byhand import holm
from tests.services.survey import FILTERS, answers_of, chosen, kish, respondent, same, valued, weights, within

METRICS = ("nps", "csat", "loyalty", "secure", "effort", "stage:use", "touchpoint:use/product", "question:f_on_time")


@pytest.fixture(scope="module")
def catalog(demo: Deps) -> Catalog:
    return catalog_of(demo, "demo")


@pytest.fixture(scope="module")
def answers(demo: Deps, catalog: Catalog) -> pd.DataFrame:
    return answers_of(demo, catalog)


def seen(demo: Deps, **view: Any) -> Segments:
    return segments(demo, LOCAL, view=View(program="demo", **view))


def selected(found: Segments, answers: pd.DataFrame, equals: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    return within(chosen(answers, equals), found.scope.since, found.scope.until)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", METRICS)
def test_every_segment_against_pandas(demo: Deps, catalog: Catalog, answers: pd.DataFrame, metric: str, weighted: bool) -> None:
    for by, equals in (("branch", {}), ("tier", FILTERS[1]), ("wave", FILTERS[2]), ("source", FILTERS[3]), ("age", FILTERS[4])):
        found = seen(demo, metric=metric, by=by, equals=equals, weighted=weighted, period="12m")
        rows = selected(found, answers, equals)
        w = weights(rows, weighted)
        assert found.metric == metric and found.by == by and found.total == len(answers)
        assert found.responses == int((w > 0).sum())
        values = respondent(metric, rows, catalog)
        same(found.average, valued(values, w))
        assert [s.value for s in found.segments if s.value is not None] and found.left_out == 0
        there = set(rows[w > 0][by].dropna()) | ({None} if rows[w > 0][by].isna().any() else set())
        assert {s.value for s in found.segments} == there
        for segment in found.segments:
            part = rows[by].isna() if segment.value is None else rows[by] == segment.value
            same(segment.figure, valued(values[part], w[part]))
            assert segment.figure.n_eff == pytest.approx(kish(values[part], w[part]))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("by", ["age", "branch"])
def test_each_value_is_tested_against_the_rest_by_hand(
    demo: Deps, catalog: Catalog, answers: pd.DataFrame, by: str, weighted: bool
) -> None:
    """adj3 z of NPS; age has six values (Holm), branch eleven (Benjamini-Hochberg)."""
    found = seen(demo, by=by, period="all", weighted=weighted)
    w, values = weights(answers, weighted), respondent("nps", answers, catalog)
    p: list[float | None] = []
    for s in found.segments:
        part = answers[by].isna() if s.value is None else answers[by] == s.value
        a, b = (_adjusted(values[side], w[side]) for side in (part, ~part))
        tested = s.figure.value is not None and min(a[2], b[2]) >= 30
        p.append(float(2 * ndtr(-abs(a[0] - b[0]) / math.hypot(a[1], b[1]))) if tested else None)
        if s.figure.value is not None:
            assert s.rest is not None
            assert s.rest.value == pytest.approx(valued(values[part], w[part])[1] - valued(values[~part], w[~part])[1])
    want = holm(p) if len(found.segments) <= 10 else bh(p)
    assert sum(x is not None for x in want) > 4
    for s, value in zip(found.segments, want, strict=True):
        assert s.rest is not None
        assert s.rest.p_adjusted == (None if value is None else pytest.approx(value, rel=1e-9))
        significant = value is not None and value < 0.05
        assert s.verdict == ("untested" if value is None else "none" if not significant else "up" if (s.rest.value or 0) > 0 else "down")


def _adjusted(values: pd.Series, w: pd.Series) -> tuple[float, float, float]:
    """Centre, standard error and size of the adjusted Wald sample (+3) on Kish's n."""
    use = values.notna() & (w > 0)
    x, w = values[use], w[use]
    n = float(w.sum() ** 2 / (w**2).sum())
    up, down = (float(w[x == end].sum() / w.sum()) for end in (100, -100))
    plus, minus, size = up * n + 0.75, down * n + 0.75, n + 3
    p, d = plus / size, minus / size
    return 100 * (p - d), 100 * math.sqrt((p + d - (p - d) ** 2) / size), n


def bh(p: list[float | None]) -> list[float | None]:
    order = sorted((x, i) for i, x in enumerate(p) if x is not None)
    out: list[float | None] = [None] * len(p)
    low = 1.0
    for rank, (x, i) in reversed(list(enumerate(order, 1))):
        low = min(low, x * len(order) / rank)
        out[i] = low
    return out


def test_adjustments_of_this_test_are_those_of_R() -> None:
    assert holm([0.01, 0.04, 0.03, None]) == [0.03, 0.06, 0.06, None]
    assert bh([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])


def test_natural_order_is_that_of_the_questionnaire_and_waves_follow_time(demo: Deps, catalog: Catalog) -> None:
    found = seen(demo, by="tier", period="all")
    printed = list(next(iter(catalog.attribute("tier").labels.values())))
    assert [s.value for s in found.segments if s.value is not None] == printed
    assert found.segments[-1].value is None, "those without a value stand last"
    waves = [s.value for s in seen(demo, by="wave", period="all").segments]
    assert waves == [w.code for w in catalog.waves if w.code in waves]


def test_one_filtered_value_has_no_rest(demo: Deps) -> None:
    found = seen(demo, by="tier", period="all", equals={"tier": ("vip",)})
    [only] = found.segments
    assert only.figure.value is not None and only.verdict == "untested" and found.average == only.figure


def test_links_from_elsewhere_still_open(demo: Deps) -> None:
    found = seen(demo, by="no such", across="neither", metric="stage:nowhere")
    assert (found.metric, found.across) == ("nps", None) and found.by in found.keys
    assert seen(demo, by="tier", across="tier").across is None
    assert seen(demo, equals={"branch": ("nobody",)}, by="tier").segments == ()
    assert seen(demo, equals={"branch": ("nobody",)}, by="tier", across="age").table is None


def test_more_values_than_can_be_grouped_are_refused_by_name(demo: Deps) -> None:
    sizes = {"customer": 2, "branch": 301, "age": 6}
    found = segments(demo, LOCAL, view=View(program="demo", by="branch"), sizes=sizes)
    assert found.too_many == "branch" and found.by == "customer" and found.keys == ("customer", "age")
    assert segments(demo, LOCAL, view=View(program="demo", by="age", across="branch"), sizes=sizes).too_many == "branch"


def test_sizes_are_counted_when_the_caller_does_not_know_them(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    counted = service.value_counts(demo.facts(catalog.id), catalog)
    for key in ("customer", "branch", "tier", "wave", "source"):
        assert counted[key] == answers[key].nunique(dropna=False)


def test_only_the_largest_are_shown_and_the_rest_counted(demo: Deps, answers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SHOWN", 4)
    found = seen(demo, by="branch", period="all")
    sizes = answers["branch"].value_counts(dropna=False)
    assert len(found.segments) == 4 and found.left_out == len(sizes) - 4
    assert {s.value for s in found.segments} == {None if v is None or v != v else v for v in sizes.index[:4]}
    crossed = seen(demo, by="branch", across="customer", period="all")
    assert crossed.left_out == len(sizes) - 4 and [s.value for s in crossed.segments] == [s.value for s in found.segments]
    assert crossed.table is not None and crossed.table.rows[-1].others == len(sizes) - 4


def test_one_set_of_counts_answers_the_page(demo: Deps, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart, the profile, the totals and the number of responses come from one tally; so do both attributes crossed."""
    facts, asked = demo.fixed(catalog.id), []
    real = type(facts).tally
    monkeypatch.setattr(type(facts), "tally", lambda self, *a, **k: asked.append(a) or real(self, *a, **k))
    sizes = service.value_counts(facts, catalog)
    for view in (View(by="branch"), View(by="branch", across="age"), View(by="branch", across="age", metric="stage:use")):
        asked.clear()
        segments(demo, LOCAL, view=view, sizes=sizes)
        assert len(asked) == 1


def test_the_role_is_asked_first(demo: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxdash.services import actor

    monkeypatch.setitem(actor._ALLOWED, actor.RoleName.VIEWER, frozenset())
    with pytest.raises(Refused):
        segments(demo, Actor("v", actor.RoleName.VIEWER), view=View())


def test_a_programme_without_ratings_or_attributes(lone: Deps, tmp_path: Path) -> None:
    headers = ("고객번호", "응답일", "의견")
    rows = [[f"C{i}", "2026-01-02", "좋아요"] for i in range(12)]
    making.bring(lone, making.write(tmp_path / "말.csv", rows, headers), program="말", chosen=making.mapping(headers=headers))
    found = segments(lone, LOCAL, view=View(program="말"))
    assert found.metrics == () and found.metric is None and found.responses == 12 and found.segments == ()
    headers = ("고객번호", "응답일", "추천")
    rows = [[f"D{i}", "2026-01-02", "9"] for i in range(12)]
    making.bring(lone, making.write(tmp_path / "점.csv", rows, headers), program="점", chosen=making.mapping(headers=headers))
    found = segments(lone, LOCAL, view=View(program="점"))
    assert found.metric == "nps" and found.by == "wave", "wave and source are there in every programme"
    assert [s.figure.n for s in found.segments] == [12] and found.segments[0].verdict == "untested"


def test_an_attribute_spelled_like_a_word_of_ours(lone: Deps, tmp_path: Path) -> None:
    """An attribute called "week" or "wave" is divided by itself, not by the calendar or the waves."""
    columns = {"header": "지점", "role": "attribute", "code": "week"}
    making.bring(lone, making.write(tmp_path / "주.csv", making.rows(80)), program="주", chosen=making.mapping(columns))
    found = segments(lone, LOCAL, view=View(program="주", by="week"))
    assert found.by == "week" and {s.value for s in found.segments} == {"강남", "부산"}
    assert crosstab.grouping(found.catalog, "week") == "a:week" and np.isclose(sum(s.figure.n for s in found.segments), 80)
