"""Where the table lies: titles above, totals and notes below, header rows of every kind."""

from __future__ import annotations

import polars as pl
import pytest

from cxdash.errors import FileAggregate, FileNoTable
from cxdash.ingest import aggregate, layout
from tests.ingest.grids import LIKERT, N, choice, grid, ids, scores, stamps

HEAD = ["응답일시", "성별", "전반적 만족도", "추천 의향", "의견"]


def _answers(n: int = N) -> list[list[object]]:
    comments = [None if i % 3 else f"배송이 빨라서 좋았습니다 {i}" for i in range(n)]
    return [list(row) for row in zip(stamps(n), choice(["남", "여"], n), scores(1, 5, n), scores(0, 10, n), comments, strict=True)]


def test_plain_table_begins_in_row_one() -> None:
    found = layout.find(grid([HEAD, *_answers()]))
    assert found.layout.header_rows == (1,)
    assert (found.layout.first_data_row, found.layout.last_data_row, found.rows.height) == (2, N + 1, N)
    assert [h.text for h in found.headers] == HEAD


def test_titles_above_and_totals_and_notes_below_are_not_answers() -> None:
    body = _answers()
    rows = [
        ["2025년 고객 만족도 조사"],
        ["조사기간: 2025.3.1~2025.3.31"],
        ["작성: 마케팅팀", "v1.2"],
        HEAD,
        *body,
        ["합계", None, sum(r[2] for r in body), sum(r[3] for r in body)],
        ["평균", None, 3.61, 6.8],
        ["※ 내부용"],
        ["출처: 자체 조사"],
    ]
    found = layout.find(grid(rows, first_row=3))
    assert found.layout.header_rows == (6,)
    assert (found.layout.first_data_row, found.layout.last_data_row) == (7, 6 + N)
    assert [row for row, _ in found.layout.skipped] == [7 + N, 8 + N, 9 + N, 10 + N]
    assert [said.key for _, said in found.layout.skipped] == [
        "ingest.skip.total",
        "ingest.skip.total",
        "ingest.skip.note",
        "ingest.skip.note",
    ]


def test_row_of_sums_without_a_word_is_left_out() -> None:
    body = [
        [i + 1, *row] for i, row in enumerate(zip(scores(1, 5), scores(1, 5, seed=2), scores(1, 5, seed=3), scores(0, 10), strict=True))
    ]
    total = [None, *(sum(r[k] for r in body) for k in (1, 2, 3, 4))]
    found = layout.find(grid([["ID", "Q1", "Q2", "Q3", "NPS"], *body, total]))
    assert found.rows.height == N
    assert found.layout.skipped[0][1].key == "ingest.skip.computed"


def test_last_respondent_is_never_mistaken_for_a_total() -> None:
    rows = [HEAD, *_answers()]
    rows[-1] = [rows[-1][0], None, None, None, None]  # broke off after the time stamp
    assert layout.find(grid(rows)).rows.height == N
    towns = [
        ["지점", "만족도", "추천"],
        *([t, s, r] for t, s, r in zip(choice(["계", "강남", "종로"]), scores(1, 5), scores(0, 10), strict=True)),
    ]
    assert layout.find(grid(towns)).rows.height == N, "a value that many respondents gave is no total"


def test_header_and_subtotals_repeated_inside_the_answers_are_listed() -> None:
    body = _answers()
    rows = [HEAD, *body[:40], HEAD, *body[40:80], [None, "소계", 140, 300, None], *body[80:]]
    found = layout.find(grid(rows))
    assert [(row, said.key) for row, said in found.layout.skipped] == [(42, "ingest.skip.header_again"), (83, "ingest.skip.total")]
    assert found.rows.height == N
    assert found.numbers.to_list()[40] == 43


def test_dropped_blank_rows_keep_their_file_numbers() -> None:
    numbers = pl.Series([2, 4, *range(6, 6 + N)])
    found = layout.find(grid([["제목"], HEAD, *_answers()], rows=numbers))
    assert (found.layout.header_rows, found.layout.first_data_row, found.layout.last_data_row) == ((4,), 6, 5 + N)


def test_surveymonkey_second_row_carries_options() -> None:
    head = ["Respondent ID", "Start Date", "How satisfied are you?", "Which did you use?", None, None, "Gender"]
    options = [None, None, "Response", "Web", "Shop", "Other (please specify)", "Response"]
    body = [
        [10**10 + i, s, liked, w, h, o, g]
        for i, (s, liked, w, h, o, g) in enumerate(
            zip(
                stamps(),
                choice(["Very satisfied", "Satisfied", "Neither"]),
                choice(["Web", None]),
                choice(["Shop", None], seed=8),
                choice([None, None, "fax", "mail"], seed=9),
                choice(["Female", "Male"]),
                strict=True,
            )
        )
    ]
    found = layout.find(grid([head, options, *body]))
    assert found.layout.header_rows == (1, 2)
    assert found.headers[4].text == "Which did you use? / Shop"
    assert found.headers[4].wording == "Which did you use? – Shop"
    assert found.headers[2].wording == "How satisfied are you?"
    assert {h.block for h in found.headers[3:6]} == {found.headers[3].block}
    assert found.headers[6].block is None


def test_qualtrics_import_ids_make_three_header_rows_even_with_one_respondent() -> None:
    rows = [
        ["StartDate", "Q1", "Q2"],
        ["Start Date", "How likely are you to recommend us?", "Why?"],
        ['{"ImportId":"startDate"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2_TEXT"}'],
        ["2025-01-02 10:00:00", "9", "Nice"],
    ]
    found = layout.find(grid(rows))
    assert found.layout.header_rows == (1, 2, 3)
    assert found.headers[1].text == "Q1 / How likely are you to recommend us?"
    assert found.headers[1].wording == "How likely are you to recommend us?"


@pytest.mark.parametrize("merged", [((0, 1, 0, 2), (0, 3, 0, 4)), ()], ids=["merged", "csv"])
def test_group_line_above_the_headers(merged: tuple) -> None:
    rows = [["응답자번호", "구매", None, "배송", None], [None, "상담 만족도", "결제 만족도", "속도 만족도", "포장 만족도"]]
    body = list(zip(ids(), scores(1, 5), scores(1, 5, seed=2), scores(1, 5, seed=3), scores(1, 5, seed=4), strict=True))
    found = layout.find(grid([*rows, *body], merged=merged))
    assert found.layout.header_rows == (1, 2)
    assert [h.text for h in found.headers] == [
        "응답자번호",
        "구매 / 상담 만족도",
        "구매 / 결제 만족도",
        "배송 / 속도 만족도",
        "배송 / 포장 만족도",
    ]
    assert [h.group for h in found.headers] == [None, "구매", "구매", "배송", "배송"]


def test_merged_title_over_the_whole_table_is_no_header() -> None:
    found = layout.find(grid([["조사 결과", None, None, None, None], HEAD, *_answers()], merged=((0, 0, 0, 4),)))
    assert found.layout.header_rows == (2,)


def test_notes_in_many_cells_above_the_header_are_not_a_second_header_row() -> None:
    rows = [
        ["Lots of people"],
        ["cannot resist writing", None, None, None, "notes"],
        ["at", "the", "top", None, "of"],
        ["or", "merging", None, None, "cells"],
        HEAD,
        *_answers(),
    ]
    assert layout.find(grid(rows, merged=((3, 1, 3, 3),))).layout.header_rows == (5,)


def test_item_numbers_as_headers() -> None:
    body = list(zip(*(scores(1, 5, seed=k) for k in range(12)), strict=True))
    found = layout.find(grid([[str(k) for k in range(1, 13)], *body]))
    assert found.layout.header_rows == (1,)
    assert found.headers[6].text == "7"


def test_file_without_a_header_is_named_by_letters() -> None:
    body = list(zip(stamps(), choice(["남", "여"]), scores(1, 5), scores(0, 10), strict=True))
    found = layout.find(grid(body, first_column=2))
    assert (found.layout.header_rows, found.layout.first_data_row, found.headless) == ((), 1, True)
    assert [h.text for h in found.headers] == ["B", "C", "D", "E"]


def test_duplicate_unnamed_and_padded_headers() -> None:
    body = list(zip(range(N), scores(1, 5), scores(1, 5, seed=2), scores(1, 5, seed=3), strict=True))
    found = layout.find(grid([[None, "1-1 ", "1-1", "1-1"], *body]))
    assert [(h.text, h.occurrence) for h in found.headers] == [("A", 1), ("1-1", 1), ("1-1", 2), ("1-1", 3)]
    assert [h.padded for h in found.headers] == [False, True, False, False]
    assert found.headers[0].unnamed


def test_small_table_beside_the_answers_does_not_belong_to_it() -> None:
    rows = [[*HEAD, None, "요약", "값"], *([*r, None, None, None] for r in _answers())]
    rows[1][6:], rows[2][6:] = ["응답 수", 120], ["평균", 3.7]
    found = layout.find(grid(rows))
    assert found.beside == {6, 7}
    assert found.rows.height == N


def test_all_texts_header_is_told_by_what_repeats_below() -> None:
    body = list(zip(choice(["서울", "부산"]), choice(LIKERT), choice(["예", "아니오"]), strict=True))
    found = layout.find(grid([["거주지", "만족도", "재방문"], *body]))
    assert found.layout.header_rows == (1,)


@pytest.mark.parametrize("rows", [[HEAD], [["제목"], HEAD], [[None, None]]], ids=["header", "title and header", "blank"])
def test_no_answers_is_said(rows: list) -> None:
    with pytest.raises(FileNoTable) as caught:
        layout.find(grid(rows))
    assert caught.value.key in ("ingest.error.header_only", "ingest.error.empty")


CROSSTABS = {
    "percent": [
        ["구분", "사례수", "매우 불만족", "불만족", "보통", "만족", "매우 만족"],
        ["전체", 1000, 2.1, 5.2, 30.1, 42.3, 20.3],
        ["남성", 480, 1.9, 6.1, 29.0, 41.0, 22.0],
        ["여성", 520, 2.3, 4.4, 31.1, 43.5, 18.7],
        ["20대", 210, 2.0, 5.0, 33.0, 41.0, 19.0],
    ],
    "percent signs": [["항목", "2023", "2024"], ["가격", "42.1%", "45.0%"], ["품질", "61.3%", "60.2%"], ["배송", "70.0%", "72.8%"]],
    "counts": [
        ["지점", "남", "여", "합계"],
        ["강남점", 31, 40, 71],
        ["종로점", 22, 35, 57],
        ["부산점", 18, 21, 39],
        ["대구점", 10, 30, 40],
        ["합계", 81, 126, 207],
    ],
    "pivot": [
        ["행 레이블", "개수 : 응답", "평균 : 만족도"],
        ["서울", 210, 3.92],
        ["경기", 180, 4.01],
        ["부산", 90, 3.77],
        ["총합계", 480, 3.92],
    ],
    "means": [
        ["Item", "N", "Mean", "Std. Dev."],
        ["Speed", 812, 4.12, 0.81],
        ["Price", 799, 3.44, 0.99],
        ["Staff", 820, 4.51, 0.62],
        ["Overall", 830, 4.2, 0.7],
    ],
}


@pytest.mark.parametrize("rows", CROSSTABS.values(), ids=CROSSTABS)
def test_results_that_were_counted_already_are_refused_with_what_was_seen(rows: list) -> None:
    with pytest.raises(FileAggregate) as caught:
        aggregate.refuse(layout.find(grid(rows)))
    assert caught.value.params["seen"]


def test_few_respondents_are_not_an_aggregate() -> None:
    names = ["가영", "나영", "다영", "라영", "마영", "바영"]
    rows = [
        ["이름", "만족도", "추천", "재구매"],
        *([n, s, r, b] for n, s, r, b in zip(names, [5, 4, 3, 5, 2, 4], [9, 8, 5, 10, 3, 7], [5, 4, 3, 4, 2, 4], strict=True)),
    ]
    aggregate.refuse(layout.find(grid(rows)))
    split = [["ID", "가격 비중", "품질 비중", "배송 비중"], *([f"P{i}", 20 + i, 50 - i, 30] for i in range(30))]
    aggregate.refuse(layout.find(grid(split)))


def test_codebook_and_notes_are_not_answers() -> None:
    book = [
        ["변수명", "설명", None],
        ["RESPNUM", "응답자 번호", None],
        ["Q1", "전반적 만족도", None],
        *([None, k, v] for k, v in enumerate(LIKERT, start=1)),
        ["Q2", "성별", None],
        [None, 1, "남"],
        [None, 2, "여"],
        ["WT", "가중치", None],
    ]
    with pytest.raises(FileNoTable) as caught:
        aggregate.refuse(layout.find(grid(book)))
    assert caught.value.key == "ingest.error.code_list"
    notes = [["회의록"], ["참석자는 마케팅팀 전원"], ["다음 주까지 설문 확정"], ["예산은 별도 협의"], ["배포는 문자로 한다"]]
    with pytest.raises(FileNoTable):
        aggregate.refuse(layout.find(grid(notes)))
