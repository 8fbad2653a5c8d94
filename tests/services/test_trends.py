"""Trends against plain pandas: every point of every unit, under filters, weighted, split; limits by hand; what is hidden stays hidden."""

# ruff: noqa: F811  (fixtures of another module are parameters here)
from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxdash.services import access
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.trends import Series, Trends, longer, trends
from cxdash.services.view import View
from cxdash.stats.figure import Figure
from tests.services import making
from tests.services.test_figures import answers, average, catalog, chosen, same, score, wanted, weights, within  # noqa: F401

METRICS = ("nps", "csat", "loyalty", "stage:delivery", "touchpoint:delivery/delivery_visit", "question:overall")
FILTERS: list[dict[str, tuple[str, ...]]] = [{}, {"region": ("seoul", "gyeonggi")}, {"customer": ("existing",), "tier": ("vip", "gold")}]


def told(demo: Deps, **view: Any) -> Trends:
    return trends(demo, LOCAL, view=View(program="demo", **view))


def expected(metric: str, rows: pd.DataFrame, catalog: Catalog, weighted: bool) -> tuple[int, float]:
    what, _, code = metric.partition(":")
    if not code:
        return wanted(metric, rows, catalog, weighted)
    if what == "question":
        return average(score(rows, catalog.question(code)), weights(rows, weighted))
    asked = catalog.stage_questions(code) if what == "stage" else catalog.touchpoint_questions(code)
    return average(pd.DataFrame({q.code: score(rows, q) for q in asked}).mean(axis=1), weights(rows, weighted))


def period_of(rows: pd.DataFrame, grain: str) -> pd.Series:
    """First day of the ISO week, month or quarter in Seoul; the wave."""
    if grain == "wave":
        return rows["wave"]
    days = pd.to_datetime(rows["day"])
    if grain == "week":
        return days.dt.to_period("W-SUN").dt.start_time.dt.date  # Monday to Sunday
    return days.dt.to_period("M" if grain == "month" else "Q").dt.start_time.dt.date


def check(line: Series, rows: pd.DataFrame, grain: str, metric: str, catalog: Catalog, weighted: bool) -> int:
    keys = period_of(rows, grain)
    for point in line.points:
        same(point.figure, expected(metric, rows[keys == (point.start or point.wave)], catalog, weighted))
    return len(line.points)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("equals", FILTERS, ids=lambda e: "+".join(e) or "all")
@pytest.mark.parametrize("grain", ["week", "month", "quarter", "wave"])
def test_one_line_against_pandas(
    demo: Deps,
    catalog: Catalog,
    answers: pd.DataFrame,
    grain: str,
    equals: dict[str, tuple[str, ...]],
    weighted: bool,
) -> None:
    for metric in METRICS:
        for period in ("all", "12m"):
            found = told(demo, metric=metric, grain=grain, equals=equals, weighted=weighted, period=period)
            rows = within(chosen(answers, equals), found.scope.since, found.scope.until)
            assert (found.metric, found.grain, found.responses) == (metric, grain, len(rows))
            drawn = check(found.series[0], rows, grain, metric, catalog, weighted)
            counted = period_of(rows[rows["weight"] > 0] if weighted else rows, grain).nunique()
            assert drawn == found.periods == counted > 3


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("by", ["tier", "branch"])
def test_split_lines_against_pandas(demo: Deps, catalog: Catalog, answers: pd.DataFrame, by: str, weighted: bool) -> None:
    found = told(demo, by=by, grain="quarter", period="all", weighted=weighted, metric="csat")
    given = answers[answers["overall"].notna() & ((answers["weight"] > 0) | (not weighted))]
    sizes = given[by].fillna("(none)").value_counts()
    assert len(found.series) == min(6, len(sizes)) and found.left_out == len(sizes) - len(found.series)
    assert {s.value or "(none)": s.n for s in found.series} == sizes.head(6).to_dict()
    for line in found.series:
        rows = answers[answers[by].isna()] if line.value is None else answers[answers[by] == line.value]
        check(line, rows, "quarter", "csat", catalog, weighted)
    assert found.limits.absent == "split" and [s.place for s in found.series] == sorted(s.place for s in found.series)


def test_a_value_keeps_its_place_under_a_filter(demo: Deps) -> None:
    whole = {s.value: s.place for s in told(demo, by="tier", period="all").series}
    few = {s.value: s.place for s in told(demo, by="tier", period="all", equals={"tier": ("vip", "silver")}).series}
    assert len(few) == 2 and all(whole[v] == place for v, place in few.items())


@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
@pytest.mark.parametrize("by", ["branch", "region", "tier", "age"])
def test_hidden_values_do_not_follow_from_the_whole(demo: Deps, answers: pd.DataFrame, by: str, grain: str) -> None:
    found = told(demo, by=by, grain=grain, period="all")
    given = answers[answers["recommend"].notna()]
    sizes = given.groupby([period_of(given, grain), given[by].fillna("(none)")]).size()
    for start in {p.start for s in found.series for p in s.points}:
        shown = {s.value or "(none)" for s in found.series for p in s.points if p.start == start and p.figure.value is not None}
        hidden = {value: n for value, n in sizes[start].items() if value not in shown}
        assert not shown or not hidden or (len(hidden) > 1 and sum(hidden.values()) >= 10), (start, hidden)


def test_limits_of_nps_by_hand(demo: Deps, answers: pd.DataFrame) -> None:
    found = told(demo, grain="month", period="all")
    rows = answers[answers["recommend"].notna()]
    table = rows.groupby(period_of(rows, "month"))["recommend"].agg(n="count", p=lambda x: (x >= 9).sum(), d=lambda x: (x <= 6).sum())
    judged = [i for i, p in enumerate(found.series[0].points) if not p.partial and p.figure.n >= 30]
    assert len(judged) >= 12 and found.limits.baseline == max(8, min(20, len(judged) // 2)) and found.limits.method == "nps"
    base = table.loc[[found.series[0].points[i].start for i in judged[: found.limits.baseline]]].sum()
    plus, minus = base["p"] / base["n"], base["d"] / base["n"]
    outside = []
    for i, point in enumerate(found.series[0].points):
        limit = found.limits.at[i]
        assert (limit is not None) == (i in judged)
        if limit is None:
            continue
        half = 300 * np.sqrt((plus + minus - (plus - minus) ** 2) / table.loc[point.start, "n"])
        centre = 100 * (plus - minus)
        assert (limit.centre, limit.lower, limit.upper) == pytest.approx((centre, max(-100, centre - half), min(100, centre + half)))
        if abs(point.figure.value - centre) > half:  # type: ignore[operator]
            outside.append((i, "above" if point.figure.value > centre else "below"))  # type: ignore[operator]
    assert [(s.first, s.kind) for s in found.limits.signals if s.kind in ("above", "below")] == outside


def test_limits_of_a_share_and_of_a_mean(demo: Deps, answers: pd.DataFrame, catalog: Catalog) -> None:
    share = told(demo, metric="csat", grain="month", period="all")
    assert share.limits.method == "p"
    used = [p.figure for p, limit in zip(share.series[0].points, share.limits.at, strict=True) if limit][: share.limits.baseline]
    centre = sum(f.value * f.n for f in used) / sum(f.n for f in used)  # type: ignore[operator, misc]
    assert next(limit for limit in share.limits.at if limit).centre == pytest.approx(centre)
    mean = told(demo, metric="stage:delivery", grain="month", period="all")
    values = [p.figure.value for p, limit in zip(mean.series[0].points, mean.limits.at, strict=True) if limit]
    first = np.array(values[: mean.limits.baseline])
    limit = next(limit for limit in mean.limits.at if limit)
    half = 2.66 * np.abs(np.diff(first)).mean()
    assert mean.limits.method == "xmr" and (limit.centre, limit.upper) == pytest.approx((first.mean(), first.mean() + half))


def test_a_run_is_told_once_from_its_first_period(demo: Deps) -> None:
    found = told(demo, grain="week", period="all")
    runs = [s for s in found.limits.signals if s.kind.startswith("run")]
    assert runs, "the demo's last months are better than its first"
    for run in runs:
        limit = found.limits.at[run.first]
        assert limit is not None and run.length >= 8
        inside = [i for i in range(run.first, run.last + 1) if found.limits.at[i]]
        values = [found.series[0].points[i].figure.value for i in inside]
        assert len(inside) == run.length and all((v > limit.centre) == (run.kind == "run_above") for v in values)  # type: ignore[operator]


def test_too_few_periods_say_so_and_offer_more(demo: Deps) -> None:
    found = told(demo)
    assert found.limits.absent == "few" and not found.limits.at
    wider = longer(found.view, found.bounds, found)
    assert wider is not None and trends(demo, LOCAL, view=wider).limits.at
    assert longer(wider, found.bounds, trends(demo, LOCAL, view=wider)) is None


def test_a_change_of_method_ends_the_baseline_and_is_marked(demo: Deps, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    code = catalog.waves[3].code
    changed = replace(catalog, waves=tuple(replace(w, breaks="척도 변경") if w.code == code else w for w in catalog.waves))
    monkeypatch.setattr(access, "catalog_of", lambda deps, actor, program: changed)
    waves = told(demo, grain="wave", period="all")
    assert [p.breaks for p in waves.series[0].points] == ["", "", "", "척도 변경", *[""] * (len(catalog.waves) - 4)]
    found = told(demo, grain="month", period="all")
    marked = [i for i, p in enumerate(found.series[0].points) if p.breaks]
    assert len(marked) == 1 and 0 < marked[0]
    judged = [i for i, limit in enumerate(found.limits.at) if limit]
    assert not judged or judged[0] >= marked[0]
    later = told(demo, grain="month", equals={"wave": (code,)}, period="all")
    assert not [p for p in later.series[0].points if p.breaks], "no mark where the selection begins"


def test_partial_periods_are_not_judged(demo: Deps) -> None:
    found = told(demo, grain="month", period="12m")
    for point, limit in zip(found.series[0].points, found.limits.at or [None] * found.periods, strict=True):
        assert not (point.partial and limit)
    assert found.series[0].points[0].partial == (found.scope.since is not None and found.scope.since.day > 1)


def test_without_dates_waves_are_the_only_unit(lone: Deps, tmp_path: Any) -> None:
    headers = [h for h in making.HEADERS if h not in ("응답일", "가중")]
    rows = [[c for h, c in zip(making.HEADERS, row, strict=True) if h in headers] for row in making.rows(60)]
    for wave, part in (("1차", rows[:30]), ("2차", rows[30:])):
        path = making.write(tmp_path / f"{wave}.csv", part, headers)
        making.bring(lone, path, wave=wave, chosen=making.mapping(headers=headers))
        found = trends(lone, LOCAL, view=View(program="가게", period="all"))
        assert (found.grain, found.grains) == ("wave", ("wave",)) and found.periods == (1 if wave == "1차" else 2)
    assert found.limits.absent == "few" and longer(found.view, found.bounds, found) is None


def test_unknown_metric_grain_and_attribute_fall_back(demo: Deps) -> None:
    found = told(demo, metric="question:nobody", by="nobody")
    assert (found.metric, found.by) == ("nps", None) and isinstance(found.series[0].points[0].figure, Figure)
    assert isinstance(found.series[0].points[0].start, date)
