"""Findings against pandas and SciPy: every significant difference is told once, nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog, StageInfo
from cxdash.services.deps import Deps
from cxdash.services.findings import MOST, findings, judged_stages
from cxdash.services.overview import Overview, overview
from cxdash.services.programs import catalog_of
from cxdash.services.stages import StageScore
from cxdash.services.view import View
from cxdash.stats.compare import verdict
from cxdash.stats.figure import Difference, Figure
from tests.services.byhand import holm

SURE = (0.02, 0.09)  # between them two good tests may differ


@pytest.fixture(scope="module")
def catalog(demo: Deps) -> Catalog:
    return catalog_of(demo, "demo")


@pytest.fixture(scope="module")
def answers(demo: Deps, catalog: Catalog) -> pd.DataFrame:
    from cxdash.store import responses
    from cxdash.store.database import reading

    with reading(demo.engine) as session:
        frame = pd.concat([part.to_pandas() for part in responses.pull(session, program_id=catalog.id)])
    table = pd.DataFrame([{**json.loads(a), **json.loads(q)} for a, q in zip(frame["attributes"], frame["answers"], strict=True)])
    return table.assign(day=pd.to_datetime(frame["at"], utc=True).dt.tz_convert(catalog.timezone).dt.date.to_list())


def seen(demo: Deps, **view: Any) -> Overview:
    return overview(demo, LOCAL, view=View(program="demo", **view))


def sides(table: pd.DataFrame, result: Overview) -> tuple[pd.DataFrame, pd.DataFrame]:
    def within(since: Any, until: Any) -> pd.DataFrame:
        return table[(table["day"] >= since) & (table["day"] <= until)]

    assert result.scope.before is not None
    return within(result.scope.since, result.scope.until), within(result.scope.before.since, result.scope.before.until)


def recommended(points: pd.Series) -> pd.Series:
    given = points.dropna().astype(float)
    return 100.0 * (given >= 9) - 100.0 * (given <= 6)


def told(result: Overview, kind: str) -> dict[str | None, str]:
    return {f.subject if kind == "segment" else f.metric: f.verdict for f in findings(result).found if f.kind == kind}


@pytest.mark.parametrize("equals", [{}, {"channel": ("store",)}, {"customer": ("prospect",)}])
def test_headline_findings_are_the_tests_that_scipy_makes(demo: Deps, answers: pd.DataFrame, catalog: Catalog,
                                                          equals: dict[str, tuple[str, ...]]) -> None:
    result = seen(demo, equals=equals)
    table = answers
    for key, values in equals.items():
        table = table[table[key].isin(values)]
    now, before = sides(table, result)
    code = catalog.behind("nps").code  # type: ignore[union-attr]
    a, b = recommended(now[code]), recommended(before[code])
    p = scipy_stats.ttest_ind(a, b, equal_var=False).pvalue
    gap = a.mean() - b.mean()
    card = next(c for c in result.cards if c.metric == "nps")
    assert card.change is not None and card.change.value == pytest.approx(gap)
    assert not SURE[0] < p < SURE[1], "choose another filter: this one is on the edge"
    found = told(result, "headline").get("nps")
    assert found == (None if p > 0.05 else "up" if gap > 0 else "down")


def test_stage_findings_are_adjusted_for_the_row(demo: Deps, answers: pd.DataFrame, catalog: Catalog) -> None:
    for view in ({}, {"period": "12m"}, {"equals": {"customer": ("existing",)}}):
        result = seen(demo, **view)
        table = answers
        for key, values in (view.get("equals") or {}).items():
            table = table[table[key].isin(values)]
        now, before = sides(table, result)
        p, gaps, names = [], [], []
        for score in result.stages:
            (item,) = catalog.stage_questions(score.stage.code)
            assert item.scale is not None
            low, high = item.scale.lo, item.scale.hi
            a, b = (100.0 * (t[item.code].dropna().astype(float) - low) / (high - low) for t in (now, before))
            p.append(float(scipy_stats.ttest_ind(a, b, equal_var=False).pvalue))
            gaps.append(a.mean() - b.mean())
            names.append(f"stage:{score.stage.code}")
            assert score.change is not None and score.change.value == pytest.approx(gaps[-1])
        found = told(result, "stage")
        for name, adjusted, gap in zip(names, holm(p), gaps, strict=True):
            if not SURE[0] < adjusted < SURE[1]:
                assert found.get(name) == (None if adjusted > 0.05 else "up" if gap > 0 else "down"), name


@pytest.mark.parametrize("by", ["channel", "region", "tier"])
def test_segment_findings_are_against_the_rest(demo: Deps, answers: pd.DataFrame, catalog: Catalog, by: str) -> None:
    result = seen(demo, period="all", by=by)
    code = catalog.behind("nps").code  # type: ignore[union-attr]
    table = answers[answers[code].notna()]
    shown = [s for s in result.segments if s.figure.value is not None]
    p, gaps = [], []
    for segment in shown:
        of = table[by].isna() if segment.value is None else table[by] == segment.value
        a, b = recommended(table[of][code]), recommended(table[~of][code])
        gaps.append(a.mean() - b.mean())
        p.append(float(scipy_stats.ttest_ind(a, b, equal_var=False).pvalue))
        assert segment.rest is not None and segment.rest.value == pytest.approx(gaps[-1])
    found = told(result, "segment")
    for segment, adjusted, gap in zip(shown, holm(p), gaps, strict=True):
        if not SURE[0] < adjusted < SURE[1]:
            assert found.get(segment.value) == (None if adjusted > 0.05 else "up" if gap > 0 else "down"), segment.value
    assert set(found) <= {s.value for s in shown}


def test_two_segments_are_one_test(demo: Deps) -> None:
    result = seen(demo, by="customer")
    assert len(result.segments) == 2 and {s.verdict for s in result.segments} == {"up", "down"}
    assert list(told(result, "segment").values()) == ["up"]


def test_headlines_first_then_by_size_and_never_more_than_fit() -> None:
    stages = tuple(StageScore(StageInfo(i, f"s{i}", {"ko": str(i)}), Figure(50.0, 900, 900.0, 48.0, 52.0, unit="score100"), 1,
                              Difference(float(gap), p=1e-9, tested=True, significant=True), "up" if gap > 0 else "down")
                   for i, gap in enumerate([2, -9, 5, 1, -3, 8, 4]))
    result = _made(stages=stages)
    found = findings(result)
    assert [f.kind for f in found.found[:2]] == ["headline", "stage"], "the headline leads, however small"
    sizes = [f.size for f in found.found[1:]]
    assert sizes == sorted(sizes, reverse=True) and [f.subject for f in found.found[1:4]] == ["s1", "s5", "s2"]
    assert (len(found.shown), found.left_out, found.tests) == (MOST, 2, 8)


def test_what_is_hidden_or_not_tested_is_not_told() -> None:
    up = Difference(20.0, p=1e-9, tested=True, significant=True)
    hidden = StageScore(StageInfo(1, "a", {}), Figure(None, 5, base="hidden", unit="score100"), 1, up, "up")
    untested = StageScore(StageInfo(2, "b", {}), Figure(50.0, 20, unit="score100"), 1, Difference(20.0, flags=("base_small",)), "untested")
    found = findings(_made(stages=(hidden, untested)))
    assert [f.kind for f in found.found] == ["headline"] and found.tests == 1


def test_a_row_of_chance_findings_is_not_told() -> None:
    """Twenty stages with p = 0.04 each: what one expects of chance alone."""
    chance = [StageScore(StageInfo(i, f"s{i}", {}), Figure(50.0, 900, unit="score100"), 1,
                         Difference(2.0, p=p, tested=True, significant=p < 0.05), "up" if p < 0.05 else "none")
              for i, p in enumerate([0.04, *np.linspace(0.1, 1, 19)])]
    assert chance[0].verdict == "up" and [s.verdict for s in judged_stages(chance)] == ["none"] * 20
    real = judged_stages([replace(chance[0], change=replace(chance[0].change, p=1e-6)), *chance[1:]])  # type: ignore[type-var]
    assert [s.verdict for s in real] == ["up"] + ["none"] * 19
    assert judged_stages(real) == real, "judged twice is judged once"


def _made(**parts: Any) -> Overview:
    """An overview of nothing but one headline that rose by one point, and what is given."""
    from cxdash.services.overview import Card

    change = Difference(1.0, p=1e-6, tested=True, significant=True)
    card = Card("nps", Figure(30.0, 900, 900.0, 28.0, 32.0, unit="points"), Figure(29.0, 900, unit="points"), change, verdict(change))
    given: dict[str, Any] = {"cards": (card,), "stages": (), "segments": (), "segments_left_out": 0, "metric": "nps", "by": None}
    made = object.__new__(Overview)
    for name, value in {**given, **parts}.items():
        object.__setattr__(made, name, value)
    return made
