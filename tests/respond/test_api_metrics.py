"""GET /metrics against pandas on the demo, against the screens' own services, and what it hides and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from cxdash.services import machines, programs
from cxdash.services.actor import LOCAL
from cxdash.services.demo_data import load_demo
from cxdash.services.overview import overview
from cxdash.services.segments import segments
from cxdash.services.view import View
from tests import house as houses
from tests.respond.machines import Desk, open_desk

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    deps = houses.build(tmp_path_factory.mktemp("home"))
    programs.add_demo(deps, LOCAL, today=TODAY)
    made = open_desk(deps)
    yield made
    made.writer.stop()
    houses.close(deps)


@pytest.fixture(scope="module")
def key(desk: Desk) -> str:
    return machines.create_key(desk.deps, LOCAL, program="demo", name="bi", scopes=machines.SCOPES, rate=60_000)[1]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    frame = load_demo(TODAY).frame.to_pandas()
    docs = [{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)]
    return pd.DataFrame(docs).assign(day=pd.to_datetime(frame["at"], utc=True).dt.tz_convert("Asia/Seoul").dt.date)


def ask(desk: Desk, key: str, query: str) -> dict[str, Any]:
    answer = desk.ask("GET", f"/metrics?{query}", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def nps(table: pd.DataFrame) -> float:
    given = table["recommend"].dropna()
    return 100 * float((given >= 9).mean() - (given <= 6).mean())


def test_nps_of_a_filter_and_a_period(desk: Desk, key: str, answers: pd.DataFrame) -> None:
    last = answers["day"].max()
    chosen = answers[(answers["channel"] == "store") & (answers["day"] > last - timedelta(days=90))]
    found = ask(desk, key, "metric=nps&period=90d&f.channel=store")
    figure = found["metrics"][0]["figure"]
    assert figure["value"] == pytest.approx(nps(chosen)) and figure["n"] == chosen["recommend"].notna().sum()
    assert figure["ci_low"] < figure["value"] < figure["ci_high"] and figure["unit"] == "points"
    assert (found["responses"], found["responses_of_program"], found["until"]) == (len(chosen), len(answers), last.isoformat())
    before = answers[(answers["channel"] == "store") & (answers["day"].between(last - timedelta(days=179), last - timedelta(days=90)))]
    assert found["compared_with"] == "previous_period" and found["metrics"][0]["before"]["value"] == pytest.approx(nps(before))
    assert found["metrics"][0]["change"]["value"] == pytest.approx(nps(chosen) - nps(before))


def test_groups_are_those_of_the_segments_page(desk: Desk, key: str, answers: pd.DataFrame) -> None:
    found = ask(desk, key, "metric=nps&metric=csat&period=all&by=channel")
    groups = {g["value"]: g for g in found["metrics"][0]["groups"]}
    wanted = answers.groupby("channel").apply(nps)
    assert {v: g["figure"]["value"] for v, g in groups.items()} == pytest.approx(wanted.to_dict())
    screen = segments(desk.deps, LOCAL, view=View(program="demo", period="all", by="channel"))
    assert [(s.value, s.figure.n, s.rest.p_adjusted) for s in screen.segments if s.rest] == [
        (v, g["figure"]["n"], g["against_rest"]["p_adjusted"]) for v, g in groups.items()]
    assert [m["metric"] for m in found["metrics"]] == ["nps", "csat"] and found["by"] == "channel"


def test_without_a_metric_headlines_and_stages_as_on_the_overview(desk: Desk, key: str) -> None:
    found = {m["metric"]: m["figure"] for m in ask(desk, key, "")["metrics"]}
    screen = overview(desk.deps, LOCAL, view=View(program="demo"))
    assert {c.metric: c.figure.value for c in screen.cards if c.figure} == {m: found[m]["value"] for m in ("nps", "csat", "loyalty")}
    told = {m: f["value"] for m, f in found.items() if m.startswith("stage:")}
    assert {f"stage:{s.stage.code}": s.figure.value for s in screen.stages} == told


def test_over_time(desk: Desk, key: str, answers: pd.DataFrame) -> None:
    trend = ask(desk, key, "metric=nps&period=all&grain=month")["metrics"][0]["trend"]
    months = answers.assign(month=[d.replace(day=1) for d in answers["day"]]).groupby("month").apply(nps)
    assert {p["start"]: p["figure"]["value"] for p in trend} == pytest.approx({m.isoformat(): v for m, v in months.items()})
    assert [p["figure"]["n"] for p in trend if p["partial"]] and ask(desk, key, "metric=nps")["metrics"][0]["trend"] == []


def test_a_small_base_is_hidden_and_what_it_follows_from_too(desk: Desk, key: str, answers: pd.DataFrame) -> None:
    last = answers["day"].max()
    for months in range(6):  # the first months (a key's own dates are widened to them) of which just one channel has too few answers
        since = (pd.Period(last, "M") - months).start_time.date().isoformat()
        rows = answers[answers["day"] >= date.fromisoformat(since)]
        sizes = rows.groupby("channel")["recommend"].count()
        if len(sizes) > 2 and (sizes < 10).sum() == 1 and rows["channel"].notna().all():
            break
    found = ask(desk, key, f"metric=nps&period=custom&since={since}&until={last}&by=channel&vs=none")["metrics"][0]
    groups = {g["value"]: g["figure"] for g in found["groups"]}
    assert {value: figure["n"] for value, figure in groups.items()} == sizes.to_dict() and found["figure"]["value"] is not None
    hidden = {value for value, figure in groups.items() if figure["value"] is None}
    assert len(hidden) == 2 and sizes[sizes < 10].index[0] in hidden, "the small one, and one from which it would follow"
    assert all(groups[v]["ci_low"] is None and groups[v]["base"] == "hidden" for v in hidden)
    assert ["hidden_complement" in groups[v]["flags"] for v in sorted(hidden, key=lambda v: sizes[v])] == [False, True]


@pytest.mark.parametrize(("query", "at", "code"), [
    ("metric=npss", "metric", "unknown_value"), ("period=yesterday", "period", "unknown_value"), ("since=2026-13-01", "since", "day"),
    ("since=20260101", "since", "day"), ("f.planet=mars", "f.planet", "unknown_parameter"), ("by=planet", "by", "unknown_value"),
    ("color=red", "color", "unknown_parameter"), ("across=channel", "across", "unknown_parameter"),
    ("weighted=yes", "weighted", "unknown_value"),
    ("period=all&period=30d", "period", "once"), ("f.channel=", "f.channel", "text"), ("by=" + "x" * 201, "by", "text"),
    ("&".join(f"metric=question:{i}" for i in range(51)), "metric", "many"), ("v.planet=x", "v.planet", "unknown_parameter"),
    ("&".join(f"f.channel={i}" for i in range(201)), "f.channel", "many"), ("program=demo&program=demo", "program", "once"),
])
def test_what_cannot_be_understood_is_refused(desk: Desk, key: str, query: str, at: str, code: str) -> None:
    answer = desk.ask("GET", f"/metrics?{query}", key)
    assert answer.status_code == 422 and [(e["at"], e["code"]) for e in answer.json()["errors"]] == [(at, code)]


def test_a_filter_that_nothing_fits_is_an_empty_answer(desk: Desk, key: str) -> None:
    found = ask(desk, key, "metric=nps&f.channel=moon&period=all")
    assert found["responses"] == 0 and found["metrics"][0]["figure"]["value"] is None and found["metrics"][0]["figure"]["n"] == 0


def test_a_programme_says_what_it_consists_of(desk: Desk, key: str) -> None:
    found = desk.ask("GET", "/programs/demo", key).json()
    assert {q["code"] for q in found["questions"]} >= {"recommend"} and "nps" in found["metrics"] and found["accepts"] == []
    shop = desk.ask("GET", "/programs/shop").json()["accepts"][0]
    fields = {f["name"]: f for f in shop["fields"]}
    assert (shop["survey"], shop["wave"], shop["version"]) == ("s", "2026-1", 1) and "branch" in shop["attributes"]
    assert (fields["nps"]["lo"], fields["nps"]["hi"], fields["nps"]["required"]) == (0, 10, True)
    assert fields["gate:ship"]["values"] == ["yes", "no"]
    assert fields["why"]["shown_if"] == {"field": "nps", "op": "at_most", "values": [6]} and fields["used"]["values"] == [1, 2]
