"""Real survey files through the service: proposal as it is, then the figures of expected.json."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cxdash.ingest.plan import Mapping
from cxdash.services import imports, metrics
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.terms import Direction, Measure, Role
from tests import house
from tests.acceptance.checking import near, question, same_nps, same_rating


def figures(deps: Deps, program: str, **options: Any) -> metrics.Metrics:
    return metrics.metrics(deps, LOCAL, program=program, **options)


class TestAirport:
    @pytest.fixture(scope="class")
    @classmethod
    def program(cls, deps: Deps, surveys: Path) -> str:
        house.bring(deps, surveys / "sfo_2017.csv", program="SFO", wave="2017")
        return "SFO"

    def test_nps_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any]) -> None:
        want = expected["sfo_2017"]["expect"]["2017"]["nps"]
        total = figures(deps, program).total
        assert total.nps is not None and total.responses == 2831
        assert (total.nps.n, total.nps.value, total.nps.n_missing) == (2746, near(want["nps"]), 85)

    def test_weighted_nps_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any]) -> None:
        want = expected["sfo_2017"]["expect"]["2017"]["nps_weighted"]
        total = figures(deps, program, weighted=True).total
        assert total.nps is not None and total.nps.value == near(want["nps"]) and total.nps.n == want["n"]

    @pytest.mark.parametrize(
        ("code", "key"),
        [
            ("Q7ALL", "csat_overall_Q7ALL"),
            ("Q9ALL", "cleanliness_Q9ALL"),
            ("Q10SAFE", "safety_Q10SAFE"),
            ("Q13GETRATE", "getting_there_Q13GETRATE"),
        ],
    )
    def test_ratings_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any], code: str, key: str) -> None:
        same_rating(question(figures(deps, program).total, code), expected["sfo_2017"]["expect"]["2017"][key])

    def test_all_items_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any]) -> None:
        total = figures(deps, program).total
        for code, want in expected["sfo_2017"]["expect"]["2017"]["journey_items_Q7"].items():
            same_rating(question(total, code), want)

    @pytest.mark.parametrize(
        ("by", "key"), [("BAREA", "nps_by_terminal_area_BAREA"), ("STRATA", "nps_by_strata"), ("Q20GENDER", "nps_by_gender_code")]
    )
    def test_segments_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any], by: str, key: str) -> None:
        want = expected["sfo_2017"]["expect"]["2017"][key]
        groups = {g.value: g for g in figures(deps, program, by=by).groups if question(g, "NETPRO").n}
        assert set(groups) == set(want)
        for value, cell in want.items():
            same_nps(question(groups[value], "NETPRO"), cell)

    def test_filter_gives_the_segment(self, deps: Deps, program: str, expected: dict[str, Any]) -> None:
        want = expected["sfo_2017"]["expect"]["2017"]["nps_by_terminal_area_BAREA"]["G"]
        same_nps(question(figures(deps, program, filters=[("BAREA", "G")]).total, "NETPRO"), want)


class TestKiosk:
    FILE = "kiosk_servqual_2019_googleforms_REDACTED.xlsx"

    @pytest.fixture(scope="class")
    @classmethod
    def program(cls, deps: Deps, surveys: Path) -> str:
        house.bring(deps, surveys / cls.FILE, program="키오스크", wave="2019")
        return "키오스크"

    def test_satisfaction_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any]) -> None:
        want = expected["kiosk_servqual"]["expect"]
        total = figures(deps, program).total
        assert total.responses == want["rows"]
        same_rating(question(total, "1. 키오스크를 통해"), want["satisfaction"])
        assert total.csat is not None and total.csat.value == near(76.5306)
        same_rating(question(total, "3. 키오스크를 통한"), want["continued_use"])

    def test_nps_is_refused_for_five_points(self, deps: Deps, program: str, expected: dict[str, Any]) -> None:
        total = figures(deps, program).total
        asked = question(total, "4. 키오스크를 통한")
        assert total.nps is None and asked.nps is None and asked.nps_refused
        same_rating(asked, expected["kiosk_servqual"]["expect"]["recommend_5pt"])

    @pytest.mark.parametrize(("by", "item", "key"), [
        ("귀하의 성별을 선택해주세요.", "1. 키오스크를 통해", "satisfaction_by_gender"), ("귀하의 성별을 선택해주세요.", "4. 키오스크를 통한", "recommend_by_gender"),
        ("거래형 키오스크를 얼마나 자주 사용하십니까?", "1. 키오스크를 통해", "satisfaction_by_frequency")])
    def test_segments_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any], by: str, item: str, key: str) -> None:
        groups = {g.value: g for g in figures(deps, program, by=by).groups}
        for value, want in expected["kiosk_servqual"]["expect"][key].items():
            same_rating(question(groups[value], item), want)

    @pytest.mark.parametrize(
        ("header", "key"),
        [("거래형 키오스크 중 사용 경험이", "multi_response_kiosk_types"), ("키오스크를 이용하게 된 동기", "multi_response_motives")],
    )
    def test_options_with_commas_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any], header: str, key: str) -> None:
        found = next(m for m in figures(deps, program).total.multi if any(h.startswith(header) for h in m.question.headers))
        got = {text: n for text, n, _ in found.options if n}
        want = expected["kiosk_servqual"]["expect"][key]
        assert {text: got.get(text) for text in want} == want

    def test_names_and_phones_are_left_out(self, deps: Deps, surveys: Path) -> None:
        found = imports.inspect(deps, LOCAL, surveys / self.FILE, name=self.FILE)
        assert {c.header: c.role for c in found.proposal.mapping.columns if c.header.startswith(("이름", "전화번호"))} == {
            "이름": Role.PERSONAL, "전화번호(-없이)": Role.PERSONAL}


class TestSuwon:
    @pytest.fixture(scope="class")
    @classmethod
    def program(cls, deps: Deps, surveys: Path, expected: dict[str, Any]) -> str:
        for year in ("2017", "2019"):
            cls.bring(deps, surveys / f"suwon_social_survey_{year}_cp949.csv", year, expected["suwon"]["expect"][year]["columns_used"])
        return "수원시 사회조사"

    @staticmethod
    def bring(deps: Deps, path: Path, year: str, used: dict[str, str]) -> None:
        """As an analyst would: the same question of both years under one name, the direction the questionnaire has."""
        mapping = imports.inspect(deps, LOCAL, path, name=path.name).proposal.mapping
        names = {header: name for name, header in used.items() if name not in ("w", "sex")}
        columns = []
        for c in mapping.columns:
            if c.header in names:
                assert c.role is Role.RATING and c.scale is not None, c
                c = replace(c, code=names[c.header], scale=replace(c.scale, direction=Direction.LOW), measure=Measure.SATISFACTION)
            elif c.header == used["sex"]:
                c = replace(c, role=Role.ATTRIBUTE, code="성별", scale=None)
            elif c.role not in (Role.WEIGHT, Role.ATTRIBUTE):
                c = replace(c, role=Role.IGNORE)
            columns.append(c)
        order = imports.Order("수원시 사회조사", year, Mapping(mapping.layout, tuple(columns)))
        imports.commit(deps, LOCAL, path, name=path.name, order=order)

    @pytest.mark.parametrize("year", ["2017", "2019"])
    @pytest.mark.parametrize("item", ["거주지", "여가", "버스", "지하철", "택시", "기차", "도서관", "소비", "주택", "삶"])
    def test_reversed_items_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any], year: str, item: str) -> None:
        want = expected["suwon"]["expect"][year]["items"][item]
        plain = question(figures(deps, program, filters=[("wave", year)]).total, item)
        assert (plain.n, plain.mean.value) == (want["n"], near(want["mean_reversed"]))
        assert (plain.score100.value, plain.top_box.value) == (near(want["score100"]), near(want["satisfied_pct"]))
        weighted = question(figures(deps, program, filters=[("wave", year)], weighted=True).total, item)
        assert (weighted.score100.value, weighted.top_box.value) == (near(want["score100_weighted"]), near(want["satisfied_pct_weighted"]))

    @pytest.mark.parametrize("year", ["2017", "2019"])
    def test_bus_by_sex_against_pandas(self, deps: Deps, program: str, expected: dict[str, Any], year: str) -> None:
        groups = {g.value: g for g in figures(deps, program, by="성별", filters=[("wave", year)], weighted=True).groups}
        for value, want in expected["suwon"]["expect"][year]["bus_by_sex"].items():
            assert question(groups[value], "버스").score100.value == near(want["score100_weighted"])

    @pytest.mark.parametrize("item", ["15.거주지만족도", "22-1.여가생활만족도", "19-4.대중교통만족여부_버스", "19-1.대중교통만족여부_지하철", "42-2.도서관만족도"])
    def test_direction_is_proposed_from_who_was_asked_why(self, deps: Deps, surveys: Path, item: str) -> None:
        path = surveys / "suwon_social_survey_2017_cp949.csv"
        column = next(c for c in imports.inspect(deps, LOCAL, path, name=path.name).proposal.mapping.columns if c.header == item)
        assert column.scale is not None and column.scale.direction is Direction.LOW


def test_two_header_rows(deps: Deps, surveys: Path, expected: dict[str, Any]) -> None:
    want, name = expected["star_wars_two_row_header"]["expect"], "fte_star_wars_surveymonkey_2header.csv"
    proposal = imports.inspect(deps, LOCAL, surveys / name, name=name).proposal
    assert (proposal.rows, len(proposal.mapping.columns), len(proposal.mapping.layout.header_rows)) == (
        want["respondents"],
        want["columns"],
        2,
    )
    assert proposal.mapping.layout.encoding not in ("cp949", "euc-kr", "utf-8")
    result = house.bring(deps, surveys / name, program="starwars", wave="1")
    assert (result.rows_inserted, result.rows_empty, result.rows_rejected) == (want["respondents"], 0, 0)
    seen = next(
        g for g in figures(deps, "starwars", by="Have you seen any of the 6 films in the Star Wars franchise?").groups if g.value == "Yes"
    )
    assert seen.responses == want["seen_any_film_yes"]


def test_three_header_rows(deps: Deps, surveys: Path, expected: dict[str, Any]) -> None:
    want, name = expected["qualtrics_three_row_header"]["expect"], "qualtrics_sample_3header.csv"
    proposal = imports.inspect(deps, LOCAL, surveys / name, name=name).proposal
    assert (proposal.rows, len(proposal.mapping.columns), len(proposal.mapping.layout.header_rows)) == (
        want["respondents"],
        want["columns"],
        3,
    )
