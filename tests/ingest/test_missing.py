"""Words for "no answer", and the one spelling of cell texts."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash.ingest import clean, missing


@pytest.mark.parametrize(
    "text",
    [
        "N/A",
        "n.a.",
        "해당없음",
        "해당 없음",
        "해당사항 없음",
        "모름",
        "잘 모르겠다",
        "무응답",
        "-",
        "—",
        "Blank",
        "BLANK",
        "Blank/Multiple responses",
        "Don't know",
        "Don’t know",
        "Prefer not to say",
        "NULL",
        "nan",
        "  ",
        "응답 거절",
        "(결측)",
        "Refused",
        "Unfamiliar (N/A)",
        "평가 불가",
        "ＮＡ",
    ],
)
def test_words_without_information(text: str) -> None:
    assert missing.says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "이용 안 함",
        "사용한 적 없음",
        "이용 경험 없음",
        "미이용",
        "Never used",
        "Have not used",
        "Did not use",
        "이용하지 않음",
        "구매 경험 없음",
        "없음",
    ],
)
def test_experience_words_are_missing_for_ratings_only(text: str) -> None:
    assert missing.says_nothing(text, experience=True) and not missing.says_nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "매우 만족",
        "보통",
        "Neutral",
        "5",
        "0",
        "여성",
        "서울",
        "No",
        "Never",
        "무료",
        "만족도 모름지기",
        "내용 없이 좋음",
        "Nathan",
        "불만 사항 없음 그래서 만족",
    ],
)
def test_answers_are_not_missing(text: str) -> None:
    assert not missing.says_nothing(text, experience=True)


def test_texts_keeps_the_order_of_the_values() -> None:
    assert missing.texts([("5", 3), ("모름", 2), ("이용 안 함", 2), ("N/A", 1)]) == ("모름", "N/A")


NASTY = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("５ \u00a0\u200b\u3000\ufeff\x1c\x85\x00\t\r\n①ﾊﾝ각")), max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(NASTY, min_size=1, max_size=8))
def test_norm_and_its_expression_agree(texts: list[str]) -> None:
    column = pl.Series("v", texts, dtype=pl.Utf8)
    expected = [clean.norm(text) for text in texts]
    assert column.to_frame().select(clean.norm_expr(pl.col("v")))["v"].to_list() == expected
    assert clean.norm_series(column).to_list() == expected


def test_norm_is_settled_after_one_turn() -> None:
    for text in (" ５ 점\u200b ", "매우\u00a0\u00a0만족_x000D_\n", "①", "ｶﾞ"):
        assert clean.norm(clean.norm(text)) == clean.norm(text)
    assert clean.norm(" ５ 점\u200b ") == "5 점"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("４", 4.0),
        ("4.0", 4.0),
        ("1,234", 1234.0),
        ("−2", -2.0),
        ("'5", 5.0),
        ("1.2E+05", 120000.0),
        ("1,2", None),
        ("5점", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("0x10", None),
        ("1_000", None),
        (".5", 0.5),
        ("٤", None),
    ],
)
def test_numbers(text: str, value: float | None) -> None:
    assert clean.number(text) == value


def test_error_cells_are_told_from_texts() -> None:
    assert clean.is_error("#N/A") and clean.is_error("#DIV/0!") and not clean.is_error("#1 choice") and not clean.is_error("N/A")
