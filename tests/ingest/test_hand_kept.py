"""Tables as people keep them: several header lines, subtotals between groups, merged groups, a summary beside the answers."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cxdash.ingest.coding import code
from cxdash.ingest.plan import Grid
from tests.ingest.grids import by_header, grid, ids, proposal, scores, stamps

GROUPS = ("강남점", "서초점", "송파점")


def _grouped(total: str, *, merged: bool) -> Grid:
    """Three branches of 20 respondents, each branch named once, a line of means under each."""
    staff, places = scores(1, 5, 60, seed=1), scores(1, 5, 60, seed=2)
    rows: list[list[object]] = [["지점", "응답자번호", "직원 만족도", "시설 만족도"]]
    areas = []
    for at, name in enumerate(GROUPS):
        top = len(rows)
        mine = range(20 * at, 20 * at + 20)
        rows += [[name if i == mine[0] else "", 1000 + i, staff[i], places[i]] for i in mine]
        means = [sum(x[i] for i in mine) / 20 for x in (staff, places)]
        rows.append(["", total, *means] if merged else [f"{name} {total}", "", *means])
        areas.append((top, 0, top + 20, 0))
    return grid(rows, merged=tuple(areas) if merged else ())


def _coded(cells: Grid, out: Path) -> pl.DataFrame:
    return pl.read_parquet(code(cells, proposal(cells).mapping, out=out).responses)


def test_means_between_the_groups_are_no_respondents_and_the_rest_is_no_table_of_results() -> None:
    for cells in (_grouped("소계", merged=False), _grouped("평균", merged=True)):
        found = proposal(cells)
        assert found.rows == 60
        assert [(row, said.key) for row, said in found.mapping.layout.skipped] == [(r, "ingest.skip.total") for r in (22, 43, 64)]
        assert by_header(found)["응답자번호"].role.value == "respondent"
        told = next(note for note in found.notes if note.key == "ingest.note.skipped")
        assert told.params["rows"] == 3 and [int(place.split(" (")[0]) for place in told.params["places"].split(", ")] == [22, 43, 64]


def test_a_group_name_merged_over_rows_belongs_to_each_of_them(tmp_path: Path) -> None:
    merged = _coded(_grouped("소계", merged=True), tmp_path)
    assert merged["attributes"].to_list() == [f'{{"지점":"{name}"}}' for name in GROUPS for _ in range(20)]
    written_once = _coded(_grouped("소계", merged=False), tmp_path)
    assert written_once["attributes"].to_list().count("{}") == 57, "blank cells that nobody merged stay blank"


def test_a_number_merged_over_rows_is_one_figure_not_an_answer_of_each(tmp_path: Path) -> None:
    rows = [["고객ID", "직원 만족도", "시설 만족도"], *map(list, zip(ids(60), scores(1, 5, 60), scores(1, 5, 60, seed=2), strict=True))]
    rows[11][2] = ""
    coded = _coded(grid(rows, merged=((10, 2, 11, 2),)), tmp_path)
    assert "시설" in coded["answers"][9] and "시설" not in coded["answers"][10]


def test_a_summary_beside_the_answers_does_not_make_them_a_summary() -> None:
    summary = [["강남점", 4.2, 20], ["서초점", 3.9, 20], ["송파점", 4.0, 20]]
    answers = zip(range(1, 61), scores(1, 5, 60), scores(0, 10, 60, seed=2), strict=True)
    rows = [["번호", "만족도", "추천의향", "", "지점", "평균 만족도", "응답 수"]]
    rows += [[*row, "", *(summary[i] if i < 3 else ["", "", ""])] for i, row in enumerate(answers)]
    found = proposal(grid(rows))
    assert found.rows == 60 and by_header(found)["평균 만족도"].reason.key == "ingest.reason.beside"


def test_three_lines_of_merged_headers_are_one_header() -> None:
    head = [["응답자", "성별", "고객 경험 조사"], ["", "", "오프라인", "", "온라인", "", "추천 의향"], ["", "", "친절", "청결", "검색", "결제", ""]]
    body = zip(ids(60), ["남", "여"] * 30, *(scores(1, 5, 60, seed=k) for k in range(4)), scores(0, 10, 60), strict=True)
    merged = ((0, 0, 2, 0), (0, 1, 2, 1), (0, 2, 0, 6), (1, 2, 1, 3), (1, 4, 1, 5), (1, 6, 2, 6))
    found = proposal(grid([*head, *map(list, body)], merged=merged))
    assert found.mapping.layout.header_rows == (1, 2, 3) and found.rows == 60
    assert {"응답자", "성별", "고객 경험 조사 / 오프라인 / 친절", "고객 경험 조사 / 추천 의향"} <= set(by_header(found))


def test_a_narrow_line_of_options_and_response_under_the_questions_is_the_second_header() -> None:
    """SurveyMonkey leaves it blank under its own columns, of which some (names, e-mail addresses) may be empty throughout."""
    first = ["Respondent ID", "End Date", "Email Address", "First Name", "How satisfied are you with our store?", "What did you use?", ""]
    second = ["", "", "", "", "Response", "App", "Phone"]
    marks = ["Very satisfied", "Somewhat satisfied"] * 30
    body = [
        [key, at, "", "", mark, "App" if i % 2 else "", "Phone" if i % 3 else ""]
        for i, (key, at, mark) in enumerate(zip(ids(60, prefix="11"), stamps(60), marks, strict=True))
    ]
    found = proposal(grid([first, second, *body]))
    assert found.mapping.layout.header_rows == (1, 2) and found.rows == 60
    columns = by_header(found)
    assert columns["Respondent ID"].role.value == "respondent"
    assert {columns["What did you use? / App"].role.value, columns["What did you use? / Phone"].role.value} == {"multi"}
