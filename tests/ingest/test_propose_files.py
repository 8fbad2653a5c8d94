"""Whole proposals: files like those of real tools, several sheets, known columns, codes, speed; and the shared survey files."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from cxdash.errors import FileAggregate, FileNoTable
from cxdash.ingest import naming
from cxdash.ingest.plan import Column, Grid, Known, Proposal
from cxdash.ingest.propose import propose
from cxdash.terms import Direction, Measure, Role
from tests.ingest.grids import LIKERT, N, Book, by_header, choice, grid, ids, proposal, rng, scores, stamps, table

SHARED = Path(os.environ.get("CXDASH_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "surveys"


def roles(found: Proposal) -> list[str]:
    return [c.role.value for c in found.mapping.columns]


def test_google_forms_in_korean() -> None:
    r = rng()
    when = [f"2025. 4. {1 + i % 30} 오후 {1 + i % 11}:12:{10 + i % 49}" for i in range(N)]
    kinds = [", ".join(r.sample(["ATM", "카페, 음식점 키오스크", "영화관 키오스크"], r.randint(1, 3))) for _ in range(N)]
    heads = [
        "타임스탬프",
        "이메일 주소",
        "귀하의 성별을 선택해주세요.",
        "사용한 종류를 모두 선택해 주세요. (중복가능)",
        "얼마나 만족하십니까? [직원 응대]",
        "얼마나 만족하십니까? [가격]",
        "전반적인 만족도",
        "추천 가능성(0~10)",
        "기타 의견",
    ]
    found = proposal(
        table(
            heads,
            when,
            [f"u{i}@ex.com" for i in range(N)],
            choice(["남", "여"]),
            kinds,
            choice(LIKERT),
            choice(LIKERT, seed=6),
            scores(1, 5),
            scores(0, 10),
            [None, "아주 좋습니다", "없음"] * (N // 3),
        )
    )
    assert roles(found) == ["date", "personal", "attribute", "multi", "rating", "rating", "rating", "rating", "comment"]
    columns = by_header(found)
    assert columns[heads[2]].code == "성별"
    assert columns[heads[4]].stage is None and columns[heads[4]].touchpoint == "직원"
    assert (columns[heads[6]].measure, columns[heads[7]].measure) == (Measure.OVERALL, Measure.RECOMMEND)
    assert set(columns[heads[3]].codes) == {"ATM", "카페, 음식점 키오스크", "영화관 키오스크"}


def test_surveymonkey_block_becomes_one_question() -> None:
    head = ["Respondent ID", "Which did you use?", None, None, "Rank the brands", None, None, "Gender"]
    options = [None, "Web", "Shop", "Phone", "A", "B", "C", "Response"]
    r = rng()
    ranks = [r.sample([1, 2, 3], 3) for _ in range(N)]
    marks = [choice([o, None], seed=k) for k, o in enumerate(["Web", "Shop", "Phone"])]
    body = [[10**9 + i, *(m[i] for m in marks), *ranks[i], g] for i, g in enumerate(choice(["Female", "Male"]))]
    found = proposal(grid([head, options, *body]))
    block = found.mapping.columns[1:4]
    assert [c.role for c in block] == [Role.MULTI] * 3
    assert {c.code for c in block} == {c.group for c in block} == {"Which_did_you_use"}
    assert [dict(c.codes) for c in block] == [{"Web": 1}, {"Shop": 2}, {"Phone": 3}]
    ranking = found.mapping.columns[4:7]
    assert all(
        c.measure is Measure.OTHER and c.scale.direction is Direction.LOW and c.reason.key == "ingest.reason.ranking" for c in ranking
    )


def test_option_columns_of_zeros_and_ones_and_slots() -> None:
    r = rng()
    picks = [r.sample(range(1, 8), 3) for _ in range(N)]
    used = [1 + i % 3 for i in range(N)]
    heads = ["이용매장[강남]", "이용매장[종로]", "이용매장[부산]", "이용이유_0", "이용이유_1", "이용이유_2", "Q1_1", "Q1_2", "Q1_3"]
    columns = (
        [choice([0, 1], seed=k) for k in range(3)]
        + [[p[k] if k < u else None for p, u in zip(picks, used, strict=True)] for k in range(3)]
        + [scores(1, 7, seed=k) for k in range(3)]
    )
    found = proposal(table(heads, *columns)).mapping.columns
    assert [c.group for c in found] == ["이용매장"] * 3 + ["이용이유"] * 3 + [None] * 3
    assert [dict(c.codes) for c in found[:3]] == [{"1": 1}, {"1": 2}, {"1": 3}]
    assert found[3].codes == {str(k): k for k in range(1, 8)}
    assert [c.role for c in found[6:]] == [Role.RATING] * 3, "a battery with the same suffixes is no choice"


def test_option_columns_headed_by_the_option_itself() -> None:
    heads = ["NPS", "Email newsletter", "Social media", "Friend", "Submit Date (UTC)"]
    marks = [choice([h, None], seed=k) for k, h in enumerate(heads[1:4])]
    found = proposal(table(heads, scores(0, 10), *marks, stamps()))
    assert roles(found) == ["rating", "multi", "multi", "multi", "date"]
    assert len({c.group for c in found.mapping.columns[1:4]}) == 1


def test_spss_labels_missing_codes_and_wordings() -> None:
    body = table(["SQ1", "Q1", "Q2"], choice([1, 2]), choice([1, 2, 3, 4, 5, 9]), scores(0, 10))
    labels = {str(k): t for k, t in enumerate(reversed(LIKERT), start=1)} | {"9": "모름"}
    told = replace(
        body,
        value_labels={0: {"1": "남자", "2": "여자"}, 1: labels},
        user_missing={1: ("9",)},
        wordings={0: "성별", 1: "직원 응대에 만족하십니까?", 2: "추천 의향"},
    )
    columns = by_header(proposal(told))
    assert columns["SQ1"].codes == {"1": "남자", "2": "여자"}
    assert columns["Q1"].scale.direction is Direction.LOW and columns["Q1"].measure is Measure.SATISFACTION
    assert columns["Q1"].missing_counts["9"] == columns["Q1"].values[[v for v, _ in columns["Q1"].values].index("9")][1]
    assert columns["Q1"].wording == "직원 응대에 만족하십니까?"
    assert columns["Q2"].measure is Measure.RECOMMEND


def _answers(n: int = N, seed: int = 1) -> Grid:
    return table(
        ["응답일시", "응답자번호", "성별", "전반적 만족도", "추천 의향"],
        stamps(n),
        ids(n),
        choice(["남", "여"], n),
        scores(1, 5, n, seed),
        scores(0, 10, n, seed),
    )


def test_the_sheet_of_respondents_is_proposed_and_the_others_explained() -> None:
    raw = replace(_answers(), sheet="설문지 응답 시트1")
    part = grid(
        [[None if c is None else c for c in row] for row in [["응답일시", "성별"], *raw.cells.select("0", "2").rows()[1:90]]], "일부"
    )
    summary = grid([["구분", "사례수", "평균"], ["남", 60, 3.71], ["여", 60, 3.9], ["합계", 120, 3.8]], "요약")
    codes = grid(
        [["변수명", "설명", None], ["Q1", "만족도", None], *([None, k, v] for k, v in enumerate(LIKERT, 1)), ["Q2", "추천", None]], "코드북"
    )
    other = replace(
        table(
            ["응답일시", "응답자번호", "성별", "전반적 만족도", "추천 의향"],
            [s.replace("2025", "2024") for s in stamps(60)],
            ids(60, "X_"),
            choice(["남", "여"], 60),
            scores(1, 5, 60),
            scores(0, 10, 60),
        ),
        sheet="2024년",
    )
    secret = replace(_answers(500), sheet="숨김")
    found = proposal(summary, codes, part, raw, other, secret, hidden=["숨김"])
    assert found.mapping.layout.sheet == "설문지 응답 시트1"
    assert {s.name: s.reason.key.rpartition(".")[2] for s in found.sheets} == {
        "요약": "aggregate",
        "코드북": "code_list",
        "일부": "copy",
        "설문지 응답 시트1": "best",
        "2024년": "other_rows",
        "숨김": "hidden",
    }
    assert [s.name for s in found.sheets if s.proposed] == ["설문지 응답 시트1"]
    assert proposal(summary, other, raw, sheet="2024년").mapping.layout.sheet == "2024년"


def test_hidden_sheet_only_when_nothing_else_and_errors_name_the_cause() -> None:
    summary = grid([["구분", "사례수", "평균"], ["남", 60, 3.71], ["여", 60, 3.9], ["합계", 120, 3.8]], "요약")
    found = proposal(summary, replace(_answers(), sheet="원자료"), hidden=["원자료"])
    assert found.mapping.layout.sheet == "원자료"
    with pytest.raises(FileAggregate):
        proposal(summary)
    with pytest.raises(FileNoTable) as caught:
        proposal(summary, sheet="없는 시트")
    assert "요약" in str(caught.value.params)


def _known(found: Proposal) -> list[Known]:
    return [Known(c.header, c.occurrence, replace(c, values=c.values)) for c in found.mapping.columns]


def test_known_columns_keep_their_meaning_and_differences_are_noted() -> None:
    first = proposal(_answers())
    known = [
        Known(k.header, k.occurrence, replace(k.column, measure=Measure.SATISFACTION, code="직원", stage="구매"))
        if k.header == "전반적 만족도"
        else k
        for k in _known(first)
    ]
    second = table(
        ["응답일시", "응답자번호 ", "성별(선택)", "전반적  만족도", "추천 의향", "거주지"],
        stamps(),
        ids(),
        choice(["남", "여"]),
        scores(1, 5, seed=2),
        scores(0, 10, seed=2),
        choice(["서울", "부산"]),
    )
    found = proposal(second, known=known)
    columns = by_header(found)
    kept = columns["전반적 만족도"]
    assert (kept.known, kept.measure, kept.code, kept.stage) == (True, Measure.SATISFACTION, "직원", "구매")
    assert kept.reason.key == "ingest.reason.known" and not kept.questions and kept.n == N
    assert {n.key: dict(n.params) for n in found.notes} == {
        "ingest.note.padded": {"header": "응답자번호"},
        "ingest.note.renamed": {"old": "성별", "new": "성별(선택)"},
        "ingest.note.column_new": {"header": "거주지"},
    }
    assert [c.role for c in found.mapping.columns if c.role is Role.DATE] == [Role.DATE]


def test_known_column_that_is_gone_is_noted_and_unknown_columns_get_free_codes() -> None:
    first = proposal(_answers())
    second = table(
        ["응답일시", "응답자번호", "성별", "추천 의향", "추천_의향"],
        stamps(),
        ids(),
        choice(["남", "여"]),
        scores(0, 10),
        scores(0, 10, seed=4),
    )
    found = proposal(second, known=_known(first))
    assert ("ingest.note.column_missing", "전반적 만족도") in [(n.key, n.params.get("header")) for n in found.notes]
    codes = [c.code for c in found.mapping.columns if c.code]
    assert len(codes) == len(set(codes))


def test_fingerprint_follows_headers_not_answers() -> None:
    one, same = proposal(_answers(seed=1)), proposal(_answers(seed=9))
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != proposal(table(["a", "만족도"], choice(["x", "y"]), scores(1, 5))).fingerprint


@pytest.mark.parametrize(
    ("header", "question", "code"),
    [
        ("NETPRO", True, "NETPRO"),
        ("성별", False, "성별"),
        ("고객 유형", False, "고객_유형"),
        ("15-1.거주지불만족이유", False, "거주지불만족이유"),
        ("15.거주지만족도", True, "15.거주지만족도"),
        ("4. 주변에 추천하고 싶다", True, "Q4"),
        ("Q3-2. 직원 응대 만족도", True, "Q3-2"),
        ("귀하의 연령대를 선택해 주세요.", False, "연령대"),
        ("What is your age group?", False, "age_group"),
        ("???", False, "C1"),
        ("아주 길고 긴 질문 문장이 끝도 없이 이어지는 경우의 코드", True, "아주_길고_긴_질문_문장이_끝도_없이"),
    ],
)
def test_codes(header: str, question: bool, code: str) -> None:
    from cxdash.ingest.headers import Header

    assert naming.base(Header(0, header, (header,) if header != "???" else (), header), question=question) == code
    assert len(code) <= naming.LONGEST


def test_codes_are_unique_and_never_reserved() -> None:
    assert naming.unique(["Q1", "q1", "Q1", "wave", "channel"]) == ["Q1", "q1_2", "Q1_3", "wave_2", "channel_2"]
    assert naming.unique(["channel"], ["channel"]) == ["channel_2"]


def test_counts_under_the_proposal_add_up() -> None:
    values = [*scores(1, 5), *["해당없음"] * 7, *[None] * 5, *["오타"] * 2]
    column = by_header(proposal(table(["성별", "직원 만족도"], choice(["남", "여"], len(values)), values)))["직원 만족도"]
    assert (column.n, column.blank, dict(column.missing_counts)) == (N, 5, {"해당없음": 7})
    assert column.n + column.blank + 7 + 2 == len(values)


def test_ninety_five_headers_alike() -> None:
    found = proposal(table(["1-1"] * 95, *(scores(1, 7, seed=k % 9) for k in range(95)))).mapping.columns
    assert [c.occurrence for c in found] == list(range(1, 96))
    assert len({c.code for c in found}) == 95


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_handful_of_respondents_is_still_a_survey(n: int) -> None:
    found = proposal(
        table(
            ["응답일시", "전반적 만족도", "추천 의향(0~10점)", "의견"],
            stamps(n),
            ["만족", "보통", "매우 만족", "불만족", "만족"][:n],
            [9, 7, 10, 3, 8][:n],
            ["친절했어요", None, "배송이 늦었습니다", None, "좋아요"][:n],
        )
    )
    assert found.rows == n
    assert roles(found)[0] == "date" and roles(found)[3] == "comment"


def test_proposal_is_the_same_every_time() -> None:
    body = _answers(400)
    assert proposal(body) == proposal(body)


def test_hundred_thousand_rows_take_little_time() -> None:
    rows, r = 100_000, rng()
    words = pl.Series([f"의견 {i}" for i in range(rows)])
    cells = {"0": pl.Series(["응답일시", *(f"2025-03-{1 + i % 28:02d} 10:{i % 60:02d}:{i % 59:02d}" for i in range(rows))])}
    cells |= {
        str(k): pl.Series([f"Q{k}", *(str(r.randint(1, 5)) for _ in range(1000)), *([str(1 + k % 5)] * (rows - 1000))])
        for k in range(1, 39)
    }
    cells["39"] = pl.concat([pl.Series(["의견"]), words])
    big = Grid("s", pl.DataFrame(cells))
    began = time.process_time()
    found = propose(Book(big), file="f", size=1, sha256="")
    assert found.rows == rows and found.mapping.columns[39].distinct == rows
    assert time.process_time() - began < 4.0  # a slow machine's allowance; about 0.7 s of one core


def _real(name: str) -> Proposal:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared survey file {name} is not here")
    from cxdash.ingest.read import open_file

    return propose(open_file(path), file=name, size=path.stat().st_size, sha256="")


def _brief(column: Column) -> tuple:
    return column.measure.value, column.scale.lo, column.scale.hi, column.scale.direction.value


def test_airport_survey() -> None:
    found = _real("sfo_2017.csv")
    columns = by_header(found)
    assert (found.rows, len(found.mapping.columns)) == (2831, 97)
    assert (
        _brief(columns["NETPRO"]) == ("recommend", 0, 10, "high")
        and columns["NETPRO"].missing_counts == {"11": 84}
        and columns["NETPRO"].n == 2746
    )
    assert _brief(columns["Q7ALL"]) == ("overall", 1, 5, "high") and columns["Q7ALL"].n == 2688
    assert columns["Q7RENTAL"].missing_counts == {"6": 1644, "0": 181} and columns["Q7RENTAL"].measure is Measure.SATISFACTION
    assert columns["Q7ALL"].certainty > columns["Q9ALL"].certainty, "the widest battery's overall item is the primary one"
    assert (columns["WEIGHT"].role, columns["RESPNUM"].role, columns["BAREA"].role) == (Role.WEIGHT, Role.RESPONDENT, Role.ATTRIBUTE)
    assert {columns[h].role for h in ("INTDATE", "FLIGHT", "Q17ZIP", "Hi", "HOWLONG")} == {Role.IGNORE}
    assert not [c for c in found.mapping.columns if c.measure is Measure.RECOMMEND and c.header != "NETPRO"]


def test_city_survey_directions_proved_by_skips() -> None:
    found = _real("suwon_social_survey_2017_cp949.csv")
    columns = by_header(found)
    assert found.rows == 3342
    for header in ("15.거주지만족도", "19-4.대중교통만족여부_버스", "22-1.여가생활만족도"):
        assert _brief(columns[header]) == ("satisfaction", 1, 5, "low")
        assert columns[header].reason.key.startswith("ingest.reason.direction_skip")
    assert columns["19-4.대중교통만족여부_버스"].missing_counts == {"6": 339}
    assert columns["가구원 가중치"].role is Role.WEIGHT and columns["15-1.거주지불만족이유"].role is not Role.RATING
    assert {c.group for h, c in columns.items() if h.startswith("16.필요공공시설")} == {"16.필요공공시설"}


def test_kiosk_workbook() -> None:
    found = _real("kiosk_servqual_2019_googleforms_REDACTED.xlsx")
    assert (found.mapping.layout.sheet, found.rows, len(found.mapping.columns)) == ("전체", 200, 156)
    columns = by_header(found)
    starts = {h[:2]: c for h, c in columns.items() if h[:2] in ("1.", "3.", "4.")}
    assert {k: c.measure.value for k, c in starts.items()} == {"1.": "overall", "3.": "repurchase", "4.": "recommend"}
    assert "ingest.note.recommend_not_nps" in [n.key for n in found.notes]
    assert (columns["이름"].role, columns["전화번호(-없이)"].role) == (Role.PERSONAL, Role.PERSONAL)


def test_two_and_three_header_rows() -> None:
    wars = _real("fte_star_wars_surveymonkey_2header.csv")
    assert (wars.mapping.layout.header_rows, wars.rows, len(wars.mapping.columns)) == ((1, 2), 1186, 38)
    assert {c.group for c in wars.mapping.columns[3:9]} == {wars.mapping.columns[3].code}
    small = _real("qualtrics_sample_3header.csv")
    assert (small.mapping.layout.header_rows, small.rows, len(small.mapping.columns)) == ((1, 2, 3), 1, 20)


def test_code_list_of_the_airport_is_refused() -> None:
    with pytest.raises(FileNoTable) as caught:
        _real("sfo_2018_data_dictionary.xlsx")
    assert caught.value.key == "ingest.error.code_list"


def test_importance_and_satisfaction_of_the_same_aspects() -> None:
    head = [["ID", "지점", "중요도", None, None, "만족도", None, None], [None, None, "가격", "품질", "배송", "가격", "품질", "배송"]]
    body = zip(ids(), choice(["강남", "종로"]), *(scores(1, 5, seed=k) for k in range(6)), strict=True)
    found = proposal(grid([*head, *body], merged=((0, 2, 0, 4), (0, 5, 0, 7)))).mapping.columns[2:]
    assert [c.measure.value for c in found] == ["importance"] * 3 + ["satisfaction"] * 3
    assert [c.code for c in found] == ["중요도_가격", "중요도_품질", "중요도_배송", "만족도_가격", "만족도_품질", "만족도_배송"]
    assert [c.stage for c in found] == [None, None, "배달"] * 2, "the name of a measure is no stage"


def test_aspects_of_a_service_without_a_question_are_taken_for_satisfaction_and_asked_about() -> None:
    heads = ["Seat comfort", "Food and drink", "Inflight service", "Cleanliness", "Leg room"]
    found = proposal(table(["id", *heads], ids(400), *(scores(1, 5, 400, k, 0.6) for k in range(5)))).mapping.columns[1:]
    assert all(
        c.measure is Measure.SATISFACTION and c.certainty < 0.7 and "ingest.ask.measure" in [q.key for q in c.questions] for c in found
    )
