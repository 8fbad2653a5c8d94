"""Tables that are read wrongly if taken as they lie, cells that somebody computed, and slips among answers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from cxdash.errors import FileAggregate, FileNoTable
from cxdash.ingest import cells, scales
from cxdash.ingest.coding import code
from cxdash.ingest.lexicon import sense
from cxdash.terms import Measure, Role
from tests.ingest.grids import by_header, choice, grid, ids, proposal, scores, table

N = 60


@pytest.mark.parametrize("heads", [("응답자ID", "문항", "응답"), ("respondent", "Question", "Answer")])
def test_one_answer_per_row_is_refused_with_how_to_turn_it(heads: tuple[str, ...]) -> None:
    asked = ["전반적 만족도", "추천의향", "배송 만족도"]
    rows = [[key, question, 1 + (i + k) % 5] for i, key in enumerate(ids(N)) for k, question in enumerate(asked)]
    with pytest.raises(FileNoTable) as caught:
        proposal(grid([list(heads), *rows]))
    assert (caught.value.key, caught.value.fix, caught.value.params["column"]) == ("ingest.error.long", "ingest.fix.long", heads[1])


def test_a_score_beside_a_kind_of_question_is_an_answer_all_the_same() -> None:
    found = proposal(table(["응답자ID", "항목", "점수", "추천의향"], ids(N), choice("가나다", N), scores(1, 5, N), scores(0, 10, N)))
    assert found.rows == N


def test_one_respondent_per_column_is_no_table_of_respondents() -> None:
    rows = [["문항", *(f"응답자{i}" for i in range(1, 31))], *([f"Q{k} 만족도", *scores(1, 5, 30, seed=k)] for k in range(1, 13))]
    with pytest.raises(FileAggregate) as caught:
        proposal(grid(rows))
    assert "응답자1, 응답자2, 응답자3" in caught.value.params["seen"]


def test_the_classes_of_nps_are_no_rating() -> None:
    points = scores(0, 10, N)
    classes = ["추천고객" if p > 8 else "중립고객" if p > 6 else "비추천고객" for p in points]
    columns = by_header(proposal(table(["추천 그룹", "NPS 점수"], classes, points)))
    assert columns["추천 그룹"].role is Role.ATTRIBUTE
    assert columns["NPS 점수"].measure is Measure.RECOMMEND and columns["NPS 점수"].scale.is_nps


def test_a_single_number_off_the_scale_is_told_with_its_row(tmp_path: Path) -> None:
    marks: list[object] = list(scores(1, 5, 200))
    marks[5], marks[9] = 7, 0
    coded_as = table(["응답자 ID", "지점", "전반 만족도(5점 척도)"], ids(200), choice("가나다", 200), marks)
    problems = pl.read_parquet(code(coded_as, proposal(coded_as).mapping, out=tmp_path).problems)
    assert problems.select("row", "value").rows() == [(7, "7"), (11, "0")]
    marks = [0 if i % 20 == 0 else m for i, m in enumerate(scores(1, 5, 200))]
    assert scales.guess(Counter(map(str, marks)).most_common(), "전반 만족도(5점 척도)").missing == ("0",)


def test_points_out_of_ten_and_faces_beside_words() -> None:
    assert [cells.read(text).number for text in ("7/10", "10 / 10", "12/10", "3/8")] == [7.0, 10.0, None, None]
    assert sense("😍 매우 만족") == sense("매우 만족") and sense("😐 보통") == sense("보통")
    points = scores(0, 10, N)
    column = by_header(proposal(table(["추천 점수", "지점"], [f"{p}/10" for p in points], choice("가나", N))))["추천 점수"]
    assert column.scale.is_nps and column.n == N


def test_a_group_line_of_a_measure_names_it_for_all_items_below() -> None:
    head = [["지점", "기대", "", "", "실제", "", ""], ["", "친절", "속도", "추천 의향", "친절", "속도", "가격"]]
    body = zip(choice("가나다", N), *(scores(1, 7, N, seed=k) for k in range(6)), strict=True)
    columns = by_header(proposal(grid([*head, *map(list, body)], merged=((0, 0, 1, 0), (0, 1, 0, 3), (0, 4, 0, 6)))))
    found = {header: c.measure for header, c in columns.items()}
    assert found["기대 / 친절"] is found["기대 / 속도"] is Measure.EXPECTATION
    assert found["실제 / 친절"] is found["실제 / 가격"] is Measure.PERFORMANCE
    assert found["기대 / 추천 의향"] is Measure.RECOMMEND
