"""A grid and a mapping become responses and problems: every kind of problem, and round trips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash import i18n
from cxdash.errors import FileMapping
from cxdash.ingest.coding import code
from cxdash.ingest.plan import Coded, Column, Grid, Layout, Mapping, Said
from cxdash.ingest.preview import preview
from cxdash.terms import Direction, Measure, Role, Scale

FIVE = Scale(1, 5)


def rating(index: int, code_: str = "Q1", **more: Any) -> Column:
    return Column(index, f"문항{index}", Role.RATING, code=code_, **{"measure": Measure.SATISFACTION, "scale": FIVE, **more})


def run(
    folder: Path,
    columns: list[Column],
    *cells: list[str | None],
    skipped: tuple[tuple[int, Said], ...] = (),
    rows: list[int] | None = None,
    **how: Any,
) -> Coded:
    grid = Grid(
        "s",
        pl.DataFrame({str(i): values for i, values in enumerate(cells)}, schema={str(i): pl.Utf8 for i in range(len(cells))}),
        first_row=2,
        rows=pl.Series(rows, dtype=pl.Int64) if rows else None,
    )
    return code(grid, Mapping(Layout("s", (1,), 2, 10**6, skipped=skipped), tuple(columns)), out=folder, **how)


def responses(coded: Coded) -> list[dict[str, Any]]:
    frame = pl.read_parquet(coded.responses)
    assert frame.schema == {
        "row": pl.Int64,
        "respondent": pl.Utf8,
        "at": pl.Datetime("us", "UTC"),
        "weight": pl.Float64,
        "attributes": pl.Utf8,
        "answers": pl.Utf8,
        "problems": pl.Int32,
    }
    return [{**row, "answers": json.loads(row["answers"]), "attributes": json.loads(row["attributes"])} for row in frame.to_dicts()]


def problems(coded: Coded) -> list[tuple[Any, ...]]:
    return [
        (row["row"], row["column"], row["value"], row["reason"].removeprefix("scale.problem."))
        for row in pl.read_parquet(coded.problems).to_dicts()
    ]


def test_ratings_with_every_kind_of_cell(tmp_path: Path) -> None:
    cells = [
        "5",
        "４",
        "4.0",
        "3점",
        "매우 만족(5)",
        "② 불만족",
        "99",
        "6",
        "2.5",
        "#N/A",
        "좋았어요",
        "",
        None,
        "N/A",
        "7 (모름)",
        "1e0",
        "+5",
    ]
    coded = run(tmp_path, [rating(0, missing=("99", "모름")), Column(1, "의견", Role.COMMENT, code="C")], cells, ["말"] * len(cells))
    assert [row["answers"].get("Q1") for row in responses(coded)] == [
        5,
        4,
        4,
        3,
        5,
        2,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        1,
        5,
    ]
    assert problems(coded) == [
        (9, "문항0", "6", "off_scale"),
        (10, "문항0", "2.5", "fraction"),
        (11, "문항0", "#N/A", "error_cell"),
        (12, "문항0", "좋았어요", "not_a_point"),
    ]
    assert coded.problem_cells == 4 and [row["problems"] for row in responses(coded)][7:11] == [1, 1, 1, 1]
    assert "1–5" in json.loads(pl.read_parquet(coded.problems)["params"][3])["accepted"]


def test_words_shifted_numbers_and_labels_the_mapping_fixes(tmp_path: Path) -> None:
    words = rating(0, codes={"매우 만족": 5, "만족": 4, "보통": 3, "불만족": 2})
    shifted = rating(1, "Q2", scale=Scale(0, 10), codes={str(i): i - 1 for i in range(1, 12)})
    coded = run(tmp_path, [words, shifted], ["매우만족", " 만족 ", "매우 불만족", "4", "글쎄요", None], ["1", "11", "11.0", "0", "12", "5"])
    assert [row["answers"] for row in responses(coded)] == [
        {"Q1": 5, "Q2": 0},
        {"Q1": 4, "Q2": 10},
        {"Q1": 1, "Q2": 10},
        {"Q1": 4},
        {"Q2": 4},
    ]
    assert problems(coded) == [
        (5, "문항1", "0", "off_scale"),
        (6, "문항0", "글쎄요", "not_a_point"),
        (6, "문항1", "12", "off_scale"),
        (6, "", "", "row_empty"),
    ]
    assert coded.rows_empty == 1


def test_remarks_are_no_points_though_they_praise(tmp_path: Path) -> None:
    column = rating(0, codes={"매우 만족": 5, "만족": 4, "불만족": 2})
    coded = run(tmp_path, [column], ["매우 만족", "매우 만족했고 다음에 또 오고 싶습니다", "매우 쉬움", "보통", "전혀 만족하지 않음"])
    assert [row["answers"] for row in responses(coded)] == [{"Q1": 5}, {"Q1": 3}, {"Q1": 1}]
    assert [p[:3] for p in problems(coded) if p[1]] == [(3, "문항0", "매우 만족했고 다음에 또 오고 싶습니다"), (4, "문항0", "매우 쉬움")]


def test_reversed_codes_are_stored_as_printed(tmp_path: Path) -> None:
    coded = run(tmp_path, [rating(0, scale=Scale(1, 5, Direction.LOW))], ["1", "5"])
    assert [row["answers"]["Q1"] for row in responses(coded)] == [1, 5]


def test_rows_that_drop_and_rows_that_stay(tmp_path: Path) -> None:
    columns = [rating(0), rating(1, "Q2")]
    cells = (["5", "bad", None, "3"], ["4", "4", None, "9"])
    kept, dropped = run(tmp_path / "a", columns, *cells), run(tmp_path / "b", columns, *cells, on_problem="drop")
    assert (kept.rows_read, kept.rows_usable, kept.rows_empty, kept.rows_rejected, kept.problem_cells) == (4, 3, 1, 0, 2)
    assert (dropped.rows_read, dropped.rows_usable, dropped.rows_empty, dropped.rows_rejected, dropped.problem_cells) == (4, 1, 1, 2, 2)
    assert [row["row"] for row in responses(dropped)] == [2]
    assert [p for p in problems(dropped) if p[3].startswith("row")] == [
        (3, "", "", "row_dropped"),
        (4, "", "", "row_empty"),
        (5, "", "", "row_dropped"),
    ]


def test_skipped_rows_and_row_numbers_of_the_file(tmp_path: Path) -> None:
    coded = run(tmp_path, [rating(0)], ["5", "x", "4", "합계"], rows=[3, 7, 8, 12], skipped=((12, Said("s")),))
    assert [row["row"] for row in responses(coded)] == [3, 8] and problems(coded)[0][0] == 7 and coded.rows_read == 3


def test_keys_dates_and_weights(tmp_path: Path) -> None:
    columns = [
        rating(0),
        Column(1, "ID", Role.RESPONDENT),
        Column(2, "일시", Role.DATE, date_format="ymd"),
        Column(3, "가중치", Role.WEIGHT),
    ]
    coded = run(
        tmp_path,
        columns,
        ["5", "4", "3", "2", "1", "1"],
        ["A1", " A1 ", "", "B", "N/A", "C"],
        ["2023-07-21 10:00", "2023-07-22", "soon", "1899-12-30", "1985-01-01", "2199-01-01"],
        ["1.5", "0,85", None, "-1", "abc", "0"],
    )
    rows = responses(coded)
    assert [row["row"] for row in rows] == [3, 4, 5, 6, 7] and [row["respondent"] for row in rows] == ["A1", None, "B", None, "C"]
    assert [row["at"] and row["at"].isoformat() for row in rows] == ["2023-07-21T15:00:00+00:00", None, None, None, None]
    assert [row["weight"] for row in rows] == [0.85, None, None, None, 0.0]
    found = {(p[0], p[3]) for p in problems(coded)}
    assert found == {
        (2, "key_again"),
        (4, "key_blank"),
        (4, "date_unreadable"),
        (4, "weight_blank"),
        (5, "date_placeholder"),
        (5, "weight_negative"),
        (6, "key_blank"),
        (6, "date_past"),
        (6, "weight_text"),
        (7, "date_future"),
    }
    kept = pl.read_parquet(coded.problems).filter(pl.col("reason") == "scale.problem.key_again").row(0, named=True)
    assert json.loads(kept["params"]) == {"kept": 3} and kept["whole_row"] and coded.rows_rejected == 1


def test_an_empty_or_dropped_row_never_replaces_an_earlier_one(tmp_path: Path) -> None:
    columns = [rating(0), Column(1, "ID", Role.RESPONDENT)]
    coded = run(tmp_path / "a", columns, ["5", None], ["A", "A"])
    assert [row["row"] for row in responses(coded)] == [2]
    coded = run(tmp_path / "b", columns, ["5", "bad"], ["A", "A"], on_problem="drop")
    assert [row["row"] for row in responses(coded)] == [2] and coded.rows_rejected == 1


def test_several_answers_from_one_cell_and_from_columns(tmp_path: Path) -> None:
    one = Column(0, "동기", Role.MULTI, code="M", separator=",", codes={"주문, 결제": 1, "대기": 2, "기타": 3}, missing=("무응답",))
    strict = Column(1, "채널", Role.MULTI, code="K", separator=";", codes={"웹": 1, "앱": 2})
    block = [Column(i, f"옵션{i}", Role.MULTI, code="B", group="2", codes={"1": i - 1, f"O{i}": i - 1}) for i in (2, 3)]
    coded = run(
        tmp_path,
        [one, strict, *block],
        ["대기, 주문, 결제", "주문, 결제", "대기, 심심해서, 그냥", "무응답", None],
        ["웹;앱;", "앱;전화", "", "전화", "웹"],
        ["1", "0", "O2", None, "아니오"],
        ["1.0", None, "0", "x", "1"],
    )
    assert [row["answers"] for row in responses(coded)] == [
        {"M": [1, 2], "K": [1, 2], "B": [1, 2]},
        {"M": [1], "K": [2]},
        {"M": [2, 3], "B": [1]},
        {"K": [1], "B": [2]},
    ]
    assert [p for p in problems(coded) if p[3] != "row_empty"] == [
        (3, "채널", "앱;전화", "not_an_option"),
        (5, "옵션3", "x", "not_an_option"),
        (5, "채널", "전화", "not_an_option"),
    ]


def test_attributes_keep_their_text_or_label(tmp_path: Path) -> None:
    columns = [
        rating(0),
        Column(1, "성별", Role.ATTRIBUTE, code="gender", codes={"1": "남", "2": "여"}, missing=("9",)),
        Column(2, "지역", Role.ATTRIBUTE, code="지역"),
    ]
    coded = run(tmp_path, columns, ["5"] * 4, ["1", "2", "9", "3"], ["서울\u00a0 강남", "#REF!", None, " "])
    assert [row["attributes"] for row in responses(coded)] == [{"gender": "남", "지역": "서울 강남"}, {"gender": "여"}, {}, {"gender": "3"}]
    assert problems(coded) == [(3, "지역", "#REF!", "error_cell")]


HOSTILE = [
    "=cmd|' /C calc'!A0",
    '"quoted" \\ back',
    "<script>alert(1)</script>",
    "line\nbreak\ttab",
    '{"Q1":5}',
    "👩\u200d👩\u200d👧",
    "a\u2028b\u2029c",
    "'; DROP TABLE x;--",
    "퀘벡\u0301",
    "%(x)s {y}",
    "-1+1",
    "@SUM(A1)",
]


def test_hostile_texts_survive_as_inert_text(tmp_path: Path) -> None:
    coded = run(
        tmp_path,
        [Column(0, "의견", Role.COMMENT, code='Q"\\x'), Column(1, "지점", Role.ATTRIBUTE, code="b"), Column(2, "전화", Role.PERSONAL)],
        HOSTILE,
        HOSTILE,
        ["010-1234-5678"] * len(HOSTILE),
    )
    rows = responses(coded)
    assert [row["answers"]['Q"\\x'] for row in rows] == HOSTILE
    assert all(row["attributes"]["b"] for row in rows) and rows[0]["attributes"]["b"] == HOSTILE[0]
    for file in (coded.responses, coded.problems):
        assert b"1234-5678" not in file.read_bytes() and "1234-5678" not in str(pl.read_parquet(file).to_dicts())


def test_comments_lose_control_characters_and_long_ones_are_listed(tmp_path: Path) -> None:
    coded = run(
        tmp_path,
        [Column(0, "의견", Role.COMMENT, code="C", missing=("없음",))],
        ["a\x00b_x000D_\r\nc", "없음", "가" * 10_001, "#N/A", "   "],
    )
    assert [row["answers"]["C"] for row in responses(coded)] == ["ab\nc", "가" * 10_000]
    assert [p[3] for p in problems(coded) if p[1]] == ["long_comment", "error_cell"] and coded.rows_empty == 3


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ([rating(7)], "scale.mapping.no_column"),
        ([rating(0, "")], "scale.mapping.no_code"),
        ([rating(0), rating(1)], "scale.mapping.same_code"),
        ([rating(0, scale=None)], "scale.mapping.no_scale"),
        ([Column(0, "a", Role.RESPONDENT)], "scale.mapping.no_question"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, columns: list[Column], key: str) -> None:
    with pytest.raises(FileMapping) as caught:
        run(tmp_path, columns, ["1"], ["2"])
    assert caught.value.key == key


def test_progress_runs_to_the_end_and_may_stop_the_work(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    run(tmp_path, [rating(0), rating(1, "Q2")], ["1"], ["2"], on_progress=lambda stage, share: seen.append((stage, share)))
    assert [share for _, share in seen] == sorted(share for _, share in seen) and seen[-1][1] == 1.0

    def stop(_stage: str, _share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "x", [rating(0)], ["1"], on_progress=stop)
    assert not (tmp_path / "x").exists()


def test_no_rows_and_no_problems_give_empty_tables(tmp_path: Path) -> None:
    coded = run(tmp_path, [rating(0)], [])
    assert responses(coded) == [] and problems(coded) == [] and coded.rows_read == 0


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_message_takes_its_parameters(tmp_path: Path, language: str) -> None:
    columns = [
        rating(0),
        Column(1, "ID", Role.RESPONDENT),
        Column(2, "일시", Role.DATE, date_format="mdy"),
        Column(3, "w", Role.WEIGHT),
        Column(4, "m", Role.MULTI, code="M", separator=",", codes={"A": 1}),
    ]
    coded = run(
        tmp_path,
        columns,
        ["6", "2.5", "x", "#N/A", "5", "5"],
        ["A", "A", "", "B", "B", "C"],
        ["x", "13/13/2023", "12/31/1899", "1/1/1970", "1/1/1950", "1/1/2199"],
        ["-1", "x", None, "1", "1", "1"],
        ["A", "Z", "A", "A", "A", "A"],
    )
    frame = pl.read_parquet(coded.problems)
    assert frame["reason"].n_unique() >= 11
    for row in frame.to_dicts():
        assert "{" not in i18n.text(row["reason"], language, **json.loads(row["params"]))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_scale_any_labels_any_missing_codes_come_back(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Random scale, random words for its points, random missing texts: coded == truth, and the preview counts the same."""
    lo = data.draw(st.integers(-5, 2))
    scale = Scale(lo, lo + data.draw(st.integers(1, 10)), data.draw(st.sampled_from(Direction)))
    words = data.draw(
        st.lists(
            st.text("ㄱㄴㄷㅋㅌqxz", min_size=1, max_size=5),
            min_size=len(scale.points) + 2,
            max_size=len(scale.points) + 2,
            unique_by=str.casefold,
        )
    )
    codes = dict(zip(words, scale.points)) if data.draw(st.booleans()) else {}
    gone = (words[-1], "777")
    shown = {
        point: [text for text, at in codes.items() if at == point] + [str(point), f"{point}.0", f" {point} "] for point in scale.points
    }
    truth = data.draw(st.lists(st.sampled_from([None, "wrong", *scale.points]), min_size=1, max_size=40))
    cells = [
        data.draw(st.sampled_from(shown[t]))
        if isinstance(t, int)
        else data.draw(st.sampled_from(["555", "0.5", words[-2]]))
        if t == "wrong"
        else data.draw(st.sampled_from([None, " ", *gone]))
        for t in truth
    ]
    column = rating(0, scale=scale, codes=codes, missing=gone)
    coded = run(tmp_path_factory.mktemp("c"), [column, Column(1, "c", Role.COMMENT, code="C")], cells, ["."] * len(cells))
    assert [row["answers"].get("Q1") for row in responses(coded)] == [t if isinstance(t, int) else None for t in truth]
    assert coded.problem_cells == truth.count("wrong")
    values = [(text, cells.count(text)) for text in dict.fromkeys(cells) if text is not None]
    seen = preview(rating(0, scale=scale, codes=codes, missing=gone, values=tuple(values), blank=cells.count(None), distinct=len(values)))
    numbers = [t for t in truth if isinstance(t, int)]
    assert seen.n == len(numbers) and seen.missing == truth.count(None) and sum(count for _, count in seen.problems) == truth.count("wrong")
    assert dict(zip(seen.points, seen.counts)) == {p: sum(scale.oriented(t) == p for t in numbers) for p in scale.points}


def test_a_row_of_attributes_alone_is_a_respondent(tmp_path: Path) -> None:
    columns = [Column(0, "지점", Role.ATTRIBUTE, code="지점"), rating(1, "만족도")]
    coded = run(tmp_path, columns, ["강남", "종로", None], ["5", None, None])
    assert (coded.rows_usable, coded.rows_empty) == (2, 1)
    assert [r["attributes"] for r in responses(coded)] == [{"지점": "강남"}, {"지점": "종로"}]
