"""Several answers in one cell, with separators inside the options."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cxdash.ingest import multi

MOTIVES = ["대기시간이 절약되어서", "주문, 결제시간이 절약되어서", "메뉴의 선택, 편집이 쉬워서", "이용시간이 자유로워서"]


def test_commas_inside_options_do_not_split_them() -> None:
    cells = [
        (", ".join(MOTIVES[i] for i in picks), count)
        for picks, count in (((0,), 9), ((1,), 7), ((0, 1), 12), ((0, 2), 5), ((1, 2, 3), 4), ((0, 1, 2, 3), 3), ((3,), 8))
    ]
    found = multi.guess(cells, "동기는 무엇입니까? (중복가능)")
    assert found is not None and found.separator == "," and set(found.options) == set(MOTIVES) and found.certainty >= 0.9
    tally: Counter[str] = Counter()
    for text, count in cells:
        picked, odd = multi.split(text, ",", found.options)
        assert odd == []
        tally.update({found.options[i]: count for i in picked})
    assert tally == {MOTIVES[0]: 29, MOTIVES[1]: 26, MOTIVES[2]: 12, MOTIVES[3]: 15}


def test_an_option_given_alone_stays_an_option() -> None:
    """B always follows A, but A was also given alone: two options."""
    found = multi.guess([("가격, 품질", 30), ("가격", 10), ("배송", 10), ("가격, 품질, 배송", 5)], "이유")
    assert found is not None and set(found.options) == {"가격", "품질", "배송"}


@pytest.mark.parametrize(("separator", "shown"), [(";", "A;B;"), ("|", "A|B"), ("\n", "A\nB"), ("/", "A / B"), (",", "A, B")])
def test_separators(separator: str, shown: str) -> None:
    found = multi.guess([(shown, 5), ("A", 5), (shown.replace("A", "C"), 4), ("B", 3)], "select all that apply")
    assert found is not None and found.separator == separator and set(found.options) == {"A", "B", "C"}


def test_numbers_in_a_cell_are_options() -> None:
    found = multi.guess([("1,2,3", 4), ("2,3", 3), ("1", 5), ("3", 2)], "복수응답")
    assert found is not None and set(found.options) == {"1", "2", "3"}


@pytest.mark.parametrize(
    "cells",
    [
        [
            ("Seoul, Korea", 3),
            ("Busan, Korea", 2),
            ("Tokyo, Japan", 2),
            ("Osaka, Japan", 2),
            ("Paris, France", 1),
            ("Lyon, France", 1),
            ("Rome, Italy", 1),
        ],
        [("좋아요, 다음에 또 올게요", 1), ("친절했다, 감사합니다", 1), ("별로였어요, 다신 안 옴", 1), ("그냥, 그래요", 1)],
        [("$50,000 - $99,999", 10), ("$0 - $24,999", 5), ("$25,000 - $49,999", 5)],
        [("매우 만족", 10), ("만족", 5)],
        [("1,234", 3), ("2,345", 2)],
        [("1/2/2023", 3), ("3/4/2023", 2), ("1/4/2023", 2)],
        [("A", 3)],
        [],
    ],
)
def test_what_is_no_multiple_choice(cells: list[tuple[str, int]]) -> None:
    assert multi.guess(cells, "항목") is None


def test_brackets_protect_separators_and_free_text_tails_are_one_text() -> None:
    assert multi.pieces("카드(신용, 체크), 현금", ",") == ["카드(신용, 체크)", "현금"]
    assert multi.pieces("웃음 :(, 현금", ",") == ["웃음 :(", "현금"]
    assert multi.split("가격, 기타: 그냥, 심심해서", ",", ("가격", "품질")) == ([0], ["기타: 그냥, 심심해서"])


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_whatever_was_picked_is_found_again(data: st.DataObject) -> None:
    """With the options known, a cell written in any order gives its options back, commas inside or not."""
    words = st.text(st.sampled_from("가나다라마바사abc "), min_size=1, max_size=6).map(str.strip).filter(bool)
    options = data.draw(st.lists(st.lists(words, min_size=1, max_size=3).map(", ".join), min_size=1, max_size=6, unique=True))
    runs = [tuple(multi.clean.key(piece) for piece in multi.pieces(option, ",")) for option in options]
    assume(len(set(runs)) == len(runs) and all(runs))
    pieces = [piece for run in runs for piece in run]
    assume(len(set(pieces)) == len(pieces))  # otherwise the cell itself is ambiguous
    picked = data.draw(st.lists(st.sampled_from(range(len(options))), min_size=1, unique=True))
    assert multi.split(", ".join(options[i] for i in picked), ",", tuple(options)) == (picked, [])
