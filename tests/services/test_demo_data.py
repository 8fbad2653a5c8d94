"""The demo programme: reproducible, complete in both languages, and with the effects data/README.md promises."""

from __future__ import annotations

import importlib
import json
import re
import sys
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from cxdash.errors import NotFound
from cxdash.services.demo_data import FOLDER, load_demo, waves_of
from cxdash.terms import CUSTOMER, CUSTOMER_VALUES, Measure, Scale

DATA = FOLDER.parent
STAGES = ["awareness", "search", "consideration", "purchase", "delivery", "installation", "use", "service", "disposal"]
TODAY = date(2026, 7, 15)
README = (DATA / "README.md").read_text(encoding="utf-8")


def script(name: str) -> ModuleType:
    """A generator script of data/, imported without running it."""
    before = list(sys.path)
    sys.path.insert(0, str(DATA))
    try:
        return importlib.import_module(name)
    finally:
        sys.path[:] = before


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    return load_demo(TODAY).program


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    """One row per response: week 0..77, attributes and answers as columns."""
    frame = load_demo(TODAY).frame
    at = frame["at"].dt.convert_time_zone("Asia/Seoul").dt.replace_time_zone(None).to_pandas()
    monday = at.min().normalize()
    documents = [{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)]
    out = pd.DataFrame(documents)
    return out.assign(week=(at - monday).dt.days // 7, weight=frame["weight"].to_numpy())


def test_the_generator_writes_exactly_the_committed_files() -> None:
    document, frame = script("make_demo").build()
    assert json.loads((FOLDER / "program.json").read_text(encoding="utf-8")) == document
    stored = pl.read_parquet(FOLDER / "responses.parquet")
    assert stored.schema == frame.schema
    assert stored.equals(frame)


def test_another_seed_gives_other_respondents() -> None:
    model = script("demo_model")
    one, two = model.simulate(500, 1), model.simulate(500, 2)
    assert not np.array_equal(one.ratings["recommend"], two.ratings["recommend"], equal_nan=True)


def test_some_customers_answer_again_and_nothing_else_changes() -> None:
    """Twice the same day: the same keys. Once per wave at most, of one gender, age and region."""
    frame, again = load_demo(TODAY).frame, load_demo(TODAY).frame
    assert frame.equals(again)
    assert frame.group_by("wave", "respondent").len()["len"].max() == 1, "a key is unique in a wave"
    several = frame.filter(pl.col("respondent").is_duplicated())
    assert 400 < several["respondent"].n_unique() < 600
    who = several.select("respondent", pl.col("attributes").map_elements(_profile, return_dtype=pl.Utf8)).unique()
    assert who["respondent"].is_unique().all()
    stored = pl.read_parquet(FOLDER / "responses.parquet")
    same = ["row", "source", "weight", "attributes", "answers", "problems"]
    assert frame.select(same).equals(stored.select(same))


def _profile(attributes: str) -> str:
    who = json.loads(attributes)
    return " ".join(str(who.get(key)) for key in ("gender", "age", "region"))


def test_size_and_schema() -> None:
    assert (FOLDER / "responses.parquet").stat().st_size < 400_000
    frame = pl.read_parquet(FOLDER / "responses.parquet")
    assert frame.height == 5_000
    assert frame.schema == {"row": pl.Int64, "respondent": pl.Utf8, "at": pl.Datetime("us", "UTC"), "wave": pl.Utf8, "source": pl.Utf8,
                            "weight": pl.Float64, "attributes": pl.Utf8, "answers": pl.Utf8, "problems": pl.Int32}
    assert frame["respondent"].n_unique() == frame["row"].n_unique() == 5_000
    assert sum(frame.null_count().row(0)) == 0
    assert frame["at"].is_sorted()
    assert 0.6 <= frame["weight"].min() and frame["weight"].max() <= 1.6
    assert frame["weight"].mean() == pytest.approx(1, abs=0.01)


DAYS = [
    date(2026, 7, 13),
    date(2026, 7, 19),
    date(2024, 2, 29),
    date(2027, 1, 1),
    date(2020, 12, 31),
    date(2025, 12, 29),
    date(2031, 10, 4),
]


@pytest.mark.parametrize("today", DAYS)
def test_the_last_response_lies_in_the_week_before_today_and_weekdays_stay(today: date) -> None:
    stored = pl.read_parquet(FOLDER / "responses.parquet")["at"].dt.convert_time_zone("Asia/Seoul")
    moved = load_demo(today).frame["at"].dt.convert_time_zone("Asia/Seoul")
    assert 1 <= (today - moved.dt.date().max()).days <= 7
    assert (moved.dt.weekday() == stored.dt.weekday()).all()
    assert (moved.dt.time() == stored.dt.time()).all()
    assert (moved - stored).n_unique() == 1


@pytest.mark.parametrize("today", DAYS)
def test_every_response_lies_in_the_quarter_of_its_wave(today: date) -> None:
    demo = load_demo(today)
    waves = {wave["code"]: wave for wave in demo.program["waves"]}
    assert [w["starts"] for w in demo.program["waves"]] == sorted(w["starts"] for w in demo.program["waves"])
    local = demo.frame.select("wave", day=pl.col("at").dt.convert_time_zone("Asia/Seoul").dt.date())
    spans = local.group_by("wave").agg(first=pl.col("day").min(), last=pl.col("day").max())
    assert set(spans["wave"]) == set(waves)
    for code, first, last in spans.iter_rows():
        assert date.fromisoformat(waves[code]["starts"]) <= first <= last <= date.fromisoformat(waves[code]["ends"])


def test_waves_are_named_in_both_languages_and_end_with_their_quarter() -> None:
    third, fourth = waves_of(["2026Q4", "2026Q3"])
    assert third == {"code": "2026Q3", "name": {"ko": "2026 3분기", "en": "2026 Q3"}, "starts": "2026-07-01", "ends": "2026-09-30"}
    assert (fourth["starts"], fourth["ends"]) == ("2026-10-01", "2026-12-31")


def test_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_demo(TODAY, tmp_path)


def texts_by_language(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every object with a "ko" or "en" key, with its path."""
    if isinstance(node, list):
        return [hit for i, item in enumerate(node) for hit in texts_by_language(item, f"{path}[{i}]")]
    if not isinstance(node, dict):
        return []
    own = [(path, node)] if {"ko", "en"} & node.keys() else []
    return own + [hit for key, item in node.items() for hit in texts_by_language(item, f"{path}.{key}")]


def test_every_text_is_there_in_both_languages(program: dict[str, Any]) -> None:
    found = texts_by_language(program)
    assert len(found) > 80
    for path, text in found:
        assert set(text) == {"ko", "en"}, path
        if isinstance(text["ko"], dict):
            assert list(text["ko"]) == list(text["en"]), path
            assert all(text[lang][key].strip() for lang in text for key in text[lang]), path
        else:
            assert text["ko"].strip() and text["en"].strip() and not re.search("[가-힣]", text["en"]), path


def test_the_name_says_that_it_is_an_example(program: dict[str, Any]) -> None:
    assert program["synthetic"] is True
    assert program["name"]["ko"].startswith("예시 데이터") and program["name"]["en"].startswith("Sample data")


def test_the_journey_is_the_nine_stages_with_classified_touchpoints(program: dict[str, Any]) -> None:
    assert [stage["code"] for stage in program["stages"]] == STAGES
    assert [stage["name"]["ko"] for stage in program["stages"]] == ["인지", "탐색", "고려", "구매", "배달", "설치", "사용", "AS", "폐기"]
    for stage in program["stages"]:
        assert 2 <= len(stage["touchpoints"]) <= 3
        for touchpoint in stage["touchpoints"]:
            assert touchpoint["domain"] in {"product", "people", "communication"} and touchpoint["initiative"] in {"active", "passive"}
            assert touchpoint["factors"]


def test_questions_point_to_places_that_exist_and_have_sound_scales(program: dict[str, Any]) -> None:
    places = {(s["code"], t["code"], f["code"]) for s in program["stages"] for t in s["touchpoints"] for f in t["factors"]}
    codes = [q["code"] for q in (*program["questions"], *program["attributes"])]
    assert len(codes) == len(set(codes))
    for question in program["questions"]:
        Measure(question["measure"])
        if question["factor"]:
            assert (question["stage"], question["touchpoint"], question["factor"]) in places
        elif question["stage"]:
            assert question["stage"] in STAGES
        if question["lo"] is not None:
            scale = Scale(question["lo"], question["hi"])
            assert {int(point) for point in question["labels"]["ko"]} <= set(scale.points)
    recommend = next(q for q in program["questions"] if q["code"] == program["primary"]["nps"])
    assert Scale(recommend["lo"], recommend["hi"]).is_nps
    assert set(program["loyalty"]) <= set(codes) and sum(program["loyalty"].values()) == pytest.approx(1)


def test_answers_and_attributes_fit_the_questionnaire(program: dict[str, Any]) -> None:
    questions = {q["code"]: q for q in program["questions"]}
    attributes = {a["code"]: set(a["values"]) for a in program["attributes"]}
    assert attributes[CUSTOMER] == set(CUSTOMER_VALUES)
    frame = load_demo(TODAY).frame
    assert set(frame["source"]) <= set(program["sources"]["ko"])
    for own, answers in zip(frame["attributes"], frame["answers"], strict=True):
        for key, value in json.loads(own).items():
            assert value in attributes[key]
        for code, answer in json.loads(answers).items():
            question = questions[code]
            if question["measure"] == "comment":
                assert isinstance(answer, str) and answer.strip() and "{" not in answer
            elif question["measure"] == "multi":
                assert answer and answer == sorted(set(answer)) and set(answer) <= set(range(1, len(question["options"]) + 1))
            else:
                assert type(answer) is int and question["lo"] <= answer <= question["hi"]


def test_prospects_know_nothing_after_the_purchase(wide: pd.DataFrame) -> None:
    prospects = wide[wide["customer"] == "prospect"]
    later = [f"s_{stage}" for stage in STAGES[4:]]
    assert prospects[[*later, "repurchase", "effort", "tier", "reasons"]].notna().sum().sum() == 0
    assert 0.1 < prospects["s_purchase"].notna().mean() < 0.3 and prospects["s_search"].notna().mean() > 0.7


def true_sizes() -> dict[str, float]:
    """The table of data/README.md: key -> true size."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\| ([+−][\d.]+) \| [+−][\d.]+ \| [\d.]+ \|$", README, flags=re.MULTILINE)
    return {key: float(size.replace("−", "-")) for key, size in rows}


def nps(frame: pd.DataFrame) -> np.ndarray:
    score = frame["recommend"].dropna()
    return 100.0 * (score.ge(9).astype(int) - score.le(6).astype(int)).to_numpy()


def samples(wide: pd.DataFrame, key: str) -> tuple[np.ndarray, np.ndarray]:
    """The two groups whose means the effect compares."""
    week, branch = wide["week"], wide["branch"]
    dip, known = week.between(39, 56), wide["s_installation"].notna()
    install = wide["s_installation"]
    women, men = wide[wide["gender"] == "female"], wide[wide["gender"] == "male"]
    by_phone, service = wide["channel"] == "callcenter", wide["s_service"]
    return {
        "nps_prospect_minus_existing": lambda: (nps(wide[wide["customer"] == "prospect"]), nps(wide[wide["customer"] == "existing"])),
        "nps_vip_minus_general": lambda: (nps(wide[wide["tier"] == "vip"]), nps(wide[wide["tier"] == "general"])),
        "nps_rise_second_last_quarter": lambda: (nps(wide[week.between(52, 64)]), nps(wide[week.between(39, 51)])),
        "nps_rise_last_quarter": lambda: (nps(wide[week >= 65]), nps(wide[week.between(52, 64)])),
        "nps_rise_last_half_year": lambda: (nps(wide[week >= 52]), nps(wide[week < 52])),
        "install_dip": lambda: (
            install[known & dip & (branch == "incheon")].to_numpy(),
            install[known & dip & (branch != "incheon")].to_numpy(),
        ),
        "install_before_and_after": lambda: (
            install[known & ~dip & (branch == "incheon")].to_numpy(),
            install[known & ~dip & (branch != "incheon")].to_numpy(),
        ),
        "service_callcenter": lambda: (service[by_phone].dropna().to_numpy(), service[~by_phone].dropna().to_numpy()),
        "nps_gender": lambda: (nps(women), nps(men)),
        "overall_gender": lambda: (women["overall"].dropna().to_numpy(), men["overall"].dropna().to_numpy()),
    }[key]()


NONE = {"install_before_and_after", "nps_gender", "overall_gender"}
LEVELS = {"nps", "nps_existing"}


@pytest.mark.parametrize("key", sorted(true_sizes()))
def test_planted_effect_is_found_in_the_file_welch(wide: pd.DataFrame, key: str) -> None:
    true = true_sizes()[key]
    if key in LEVELS:
        values = nps(wide if key == "nps" else wide[wide["customer"] == "existing"])
        assert abs(values.mean() - true) < 3 * stats.sem(values)
        return
    a, b = samples(wide, key)
    se = np.hypot(stats.sem(a), stats.sem(b))
    assert abs(a.mean() - b.mean() - true) < 3 * se
    p = stats.ttest_ind(a, b, equal_var=False).pvalue
    assert p > 0.10 if key in NONE else p < 0.03
    assert (abs(true) < 0.3) if key in NONE else abs(true) > 0.5


def test_the_readme_lists_every_effect() -> None:
    assert set(true_sizes()) == set(script("demo_truth").effects(script("demo_model").simulate(2_000)))


def test_nps_is_in_the_promised_range_and_ratings_look_like_ratings(wide: pd.DataFrame) -> None:
    assert 25 < nps(wide).mean() < 40
    assert wide["recommend"].value_counts(normalize=True).max() < 0.35
    for stage in STAGES:
        share = wide[f"s_{stage}"].value_counts(normalize=True)
        assert share.get(4, 0) + share.get(5, 0) > 0.4 and share.max() < 0.6 and share.min() > 0.001


def test_alpha_of_the_loyalty_items_is_about_080(wide: pd.DataFrame) -> None:
    items = wide[["recommend", "overall", "repurchase"]].dropna().to_numpy() * [10, 25, 25]
    alpha = 1.5 * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))
    assert 0.77 < alpha < 0.84


def test_delivery_is_the_strongest_driver_least_squares(wide: pd.DataFrame) -> None:
    columns = [f"s_{stage}" for stage in STAGES]
    full = wide.dropna(subset=[*columns, "recommend", "overall", "repurchase"])
    assert len(full) >= 500  # rank claims need this many (methods: key drivers)
    z = stats.zscore(full[columns].to_numpy(dtype=float))
    y = stats.zscore((full["recommend"] / 10 + full["overall"] / 4 + full["repurchase"] / 4).to_numpy())
    beta = dict(zip(STAGES, np.linalg.lstsq(z, y, rcond=None)[0], strict=True))
    assert beta.pop("delivery") > max(beta.values()) + 0.10
    assert min(beta.values()) > -0.05


@pytest.mark.parametrize("code, size", [("on_time", -0.71), ("repair_fast", -0.77), ("install_tidy", 0.23), ("handling", -0.14)])
def test_expectations_are_as_far_from_experience_as_planted_paired_t(wide: pd.DataFrame, code: str, size: float) -> None:
    """size: what the README promises, in points of the 1-5 item."""
    assert f"{size:+.2f}".replace("-", "−") in README
    gap = (wide[f"f_{code}"] - wide[f"e_{code}"]).dropna()
    assert abs(gap.mean() - size) < 3 * stats.sem(gap) and stats.ttest_1samp(gap, 0).pvalue < 1e-6


def test_feelings_and_the_competitor_stand_where_they_were_planted(wide: pd.DataFrame) -> None:
    apart = {stage: (wide[f"m_{stage}"] - wide[f"s_{stage}"]).dropna() for stage in ("delivery", "service", "use")}
    assert [np.sign(d.mean()) for d in apart.values()] == [-1, -1, 1]
    assert all(stats.ttest_1samp(d, 0).pvalue < 1e-6 for d in apart.values())
    rival = {code: (wide[ours] - wide[code]).dropna() for code, ours in (("c_delivery", "s_delivery"), ("c_service", "s_service"))}
    assert rival["c_delivery"].mean() < -0.15 and rival["c_service"].mean() > 0.1
    assert wide.loc[wide["customer"] == "prospect", ["c_overall", "m_delivery", "e_on_time"]].notna().sum().sum() == 0


@pytest.mark.parametrize("today", DAYS)
def test_outside_figures_are_of_before_today_and_of_what_is_measured(today: date) -> None:
    document = load_demo(today).program
    assert all(today - timedelta(days=366) < date.fromisoformat(one["measured"]) < today for one in document["benchmarks"])
    assert {one["metric"] for one in document["benchmarks"]} <= {"nps", "csat", *(f"stage:{stage}" for stage in STAGES)}
    assert all("sample" in one["source"] and "예시" in one["source"] for one in document["benchmarks"])
    assert all(0 < level["expected"] < level["beyond"] <= 100 for level in document["standards"].values())


def test_base_rules_have_something_to_show(wide: pd.DataFrame) -> None:
    branches = wide["branch"].value_counts()
    assert (branches["sejong"], branches["jeju"]) == (7, 22)
    assert branches.drop(["sejong", "jeju"]).min() >= 100 and len(branches) == 10


def test_comments_follow_the_scores_and_some_say_nothing(wide: pd.DataFrame) -> None:
    comments = wide["comment"].dropna()
    assert 0.30 < len(comments) / len(wide) < 0.40
    assert 0.08 < comments.str.fullmatch(r"(특별히 |해당 )?없(음|습니다)\.?|특이사항 없음|딱히 없어요").mean() < 0.18
    late = wide["comment"].str.contains("설치 기사님이 약속보다|설치하면서|설치 후 쓰레기|설치 예약이", na=False)
    assert wide.loc[late, "s_installation"].mean() < 3 < wide.loc[~late, "s_installation"].mean()
    rest, dip = wide[~wide["week"].between(39, 56)], wide[wide["week"].between(39, 56) & (wide["branch"] == "incheon")]
    assert late[dip.index].mean() > 3 * late[rest.index].mean()
