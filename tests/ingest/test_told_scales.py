"""Scales that words outside the cells settle, and words of answers met in Korean tools."""

from __future__ import annotations

from collections import Counter

import pytest

from cxdash.ingest import anchors, labels, missing, scales
from cxdash.terms import Direction, Measure, Role
from tests.ingest.grids import by_header, choice, grid, proposal, scores, table

N = 60


@pytest.mark.parametrize(
    ("words", "points"),
    [
        ("전혀 없다|없다|보통이다|있다|매우 있다", (1, 2, 3, 4, 5)),
        ("전혀 없음|별로 없음|보통|약간 있음|매우 있음", (1, 2, 3, 4, 5)),
        ("절대 이용하지 않겠다|이용하지 않겠다|보통|이용하겠다|꼭 이용하겠다", (1, 2, 3, 4, 5)),
    ],
)
def test_how_much_there_is_of_an_intention_is_a_scale(words: str, points: tuple[int, ...]) -> None:
    texts = words.split("|")
    form = labels.place([(text, 20) for text in texts])
    assert form is not None and tuple(form.points[text] for text in texts) == points
    asked = "재방문 의향이 있으신가요?"
    column = by_header(proposal(table([asked, "지점"], choice(texts, N), choice("가나다", N))))[asked]
    assert (column.role, column.measure) == (Role.RATING, Measure.REPURCHASE)
    assert column.codes == dict(zip(texts, points, strict=True)) and column.missing == ()


def test_none_is_a_point_only_among_degrees() -> None:
    assert labels.place([("있다", 9), ("없다", 9)]).family == "yes_no"
    assert labels.place([("이용한 적 있다", 9), ("이용한 적 없다", 9), ("서울", 3)]) is None
    marks = choice(["매우 만족", "만족", "보통", "불만족", "없음"], N)
    column = by_header(proposal(table(["배송 만족도", "지점"], marks, choice("가나다", N))))["배송 만족도"]
    assert column.missing == ("없음",) and "없음" not in column.codes
    assert not missing.graded(["없음", "만족"]) and missing.graded(["전혀 없음", "있음"])


def test_eleven_without_a_nought_is_asked_about_even_where_the_header_says_0_to_10() -> None:
    """Tools that number the options store 0-10 as 1-11: taking the 11s for "no answer" would drop every promoter of 10."""
    stored = [point + 1 for point in scores(0, 10, 300, seed=3, mean=0.8)]
    guess = scales.guess(Counter(map(str, stored)).most_common(), "추천의향 (0점~10점)")
    assert guess is not None and (guess.scale.lo, guess.scale.hi, guess.missing) == (0, 10, ())
    assert [guess.codes[str(p)] for p in (1, 7, 11)] == [0, 6, 10]
    assert [q.key for q in guess.questions] == ["scale.ask.code"]
    printed = [11 if i % 20 == 0 else p for i, p in enumerate(scores(0, 10, 300, seed=3, mean=0.6))]
    guess = scales.guess(Counter(map(str, printed)).most_common(), "추천의향 (0점~10점)")
    assert guess is not None and guess.missing == ("11",) and not guess.codes and not guess.questions


def test_a_note_beside_the_table_says_which_end_is_good() -> None:
    body = [[i, *row] for i, row in enumerate(zip(scores(1, 5, N, mean=0.3), scores(1, 5, N, seed=2, mean=0.3), strict=True))]
    plain = [["번호", "전반적 만족도", "직원 친절"], *body]
    for cells in ([["※ 척도: 1=매우 만족 ~ 5=매우 불만족"], [""], *plain], [*plain, [""], ["※ 1=매우 만족, 5=매우 불만족"]]):
        column = by_header(proposal(grid(cells)))["전반적 만족도"]
        assert column.scale.direction is Direction.LOW and column.reason.key == "ingest.reason.legend" and not column.questions
    both = [["1=매우 만족 ~ 5=매우 불만족"], ["1=매우 불만족 ~ 5=매우 만족"], [""], *plain]
    assert "scale.ask.direction" in [q.key for q in by_header(proposal(grid(both)))["전반적 만족도"].questions]


def test_items_under_stage_lines_are_of_the_battery_beside_them() -> None:
    head = [["지점", "구매 단계", "", "배송 단계", ""], ["", "상담 만족도", "가격 만족도", "배송 속도", "포장 상태"]]
    body = zip(choice("가나다", N), *(scores(1, 5, N, seed=k) for k in range(4)), strict=True)
    columns = by_header(proposal(grid([*head, *map(list, body)], merged=((0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 4)))))
    for header in ("배송 단계 / 배송 속도", "배송 단계 / 포장 상태"):
        assert columns[header].measure is Measure.SATISFACTION and columns[header].certainty < 0.7 and columns[header].questions


def test_option_codes_and_item_codes_of_limesurvey() -> None:
    marks = scores(1, 5, N)
    cells = table(
        ["G02Q02[SQ001]. How satisfied are you with: [Price]", "G02Q02[SQ002]. How satisfied are you with: [Staff]",
         "G03Q03[SQ001]. Channels used [Shop]", "G03Q03[SQ002]. Channels used [Web]", "Seat"],
        [f"AO0{m}" for m in marks], [f"A{m}" for m in scores(1, 5, N, seed=2)],
        ["Y" if i % 2 else "" for i in range(N)], ["Y" if i % 3 else "N/A" for i in range(N)], choice(["A1", "A2", "A3"], N))  # fmt: skip
    columns = list(by_header(proposal(cells)).values())
    assert columns[0].codes == {f"AO0{m}": m for m in range(1, 6)} and columns[0].scale.hi == 5
    assert "scale.ask.direction" in [q.key for q in columns[1].questions], "which option was the first is not told"
    assert [c.role for c in columns[2:]] == [Role.MULTI, Role.MULTI, Role.ATTRIBUTE] and columns[2].code == columns[3].code == "G03Q03"


def test_everybody_gave_the_same_point() -> None:
    columns = by_header(proposal(table(["지점", "전반적 만족도", "추천의향"], choice("가나", N), [5] * N, [10] * N)))
    assert (columns["전반적 만족도"].scale.lo, columns["전반적 만족도"].scale.hi) == (1, 5)
    assert columns["추천의향"].scale.is_nps and columns["추천의향"].questions
    assert by_header(proposal(table(["지점", "버전"], choice("가나", N), [5] * N)))["버전"].role is Role.IGNORE


def test_short_korean_sentences_are_comments() -> None:
    parts = zip(["직원이", "배송이", "가격은"] * 20, ["좋아요", "늦어요"] * 30, strict=True)
    said = [f"{word} {i}번 더 {end}" for i, (word, end) in enumerate(parts)]
    assert by_header(proposal(table(["비고", "만족도"], said, scores(1, 5, N))))["비고"].role is Role.COMMENT


@pytest.mark.parametrize(
    ("header", "lo", "hi", "good"),
    [
        ("만족도(매우불만족 1 - 매우만족 5)", 1, 5, Direction.HIGH),
        ("만족도 (매우 만족 1점 ~ 매우 불만족 5점)", 1, 5, Direction.LOW),
        ("만족도 1매우만족-5매우불만족", 1, 5, Direction.LOW),
        ("(매우불만족)1-2-3-4-5-6-7(매우만족)", 1, 7, Direction.HIGH),
        ("전반적으로 만족하십니까? 매우 만족 1 ~ 매우 불만족 7", 1, 7, Direction.LOW),
    ],
)
def test_ends_of_a_scale_without_a_sign_between_number_and_words(header: str, lo: int, hi: int, good: Direction) -> None:
    found = anchors.read(header)
    assert (found.lo, found.hi) == (lo, hi) and anchors.direction(found.labels, lo, hi) is good


@pytest.mark.parametrize("header", ["2025년 1분기 만족도 - 2차 불만족", "3. 만족 2 - 불만족 9월", "1-2 배송 만족도", "불만족 이유 1~3 만족"])
def test_numbers_of_other_things_are_no_ends_of_a_scale(header: str) -> None:
    assert anchors.read(header).labels == {}
