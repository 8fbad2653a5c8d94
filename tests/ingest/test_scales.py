"""Scales from values, labels and headers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash.ingest import anchors, cells, labels, scales
from cxdash.terms import Direction

HIGH, LOW = Direction.HIGH, Direction.LOW
V = list[tuple[str, int]]


def numbers(**counts: int) -> V:
    """numbers(_1=5, m1=3) -> [("1", 5), ("-1", 3)]"""
    return [(("-" if name[0] == "m" else "") + name[1:], count) for name, count in counts.items()]


def bounds(found: scales.ScaleGuess | None) -> tuple[int, int, Direction] | None:
    return None if found is None else (found.scale.lo, found.scale.hi, found.scale.direction)


@pytest.mark.parametrize(
    ("text", "number", "label"),
    [
        ("5점", 5, ""),
        ("10점 (매우 추천)", 10, "매우 추천"),
        ("매우 만족(5)", 5, "매우 만족"),
        ("5. 매우 만족", 5, "매우 만족"),
        ("① 매우 만족", 1, "매우 만족"),
        ("⑤", 5, ""),
        ("5=Very satisfied", 5, "Very satisfied"),
        ("5 - Strongly agree", 5, "Strongly agree"),
        ("4.0", 4, ""),
        ("1 (매우 불만족)", 1, "매우 불만족"),
        ("５점", 5, ""),
        ("5 Very satisfied", 5, "Very satisfied"),
        ("매우 만족 5점", 5, "매우 만족"),
        ("[5] Good", 5, "Good"),
        ("★★★★☆", 4, ""),
        ("-3 매우 나쁨", -3, "매우 나쁨"),
        ("6. 이용 안 함", 6, "이용 안 함"),
        ("Extremely likely (10)", 10, "Extremely likely"),
        ("1매우 만족", 1, "매우 만족"),
        ("3 people", None, "3 people"),
        ("2~3회 이상", None, "2~3회 이상"),
        ("20대", None, "20대"),
        ("18-29", None, "18-29"),
        ("$150,000+", None, "$150,000+"),
    ],
)
def test_a_rating_cell_taken_apart(text: str, number: int | None, label: str) -> None:
    found = cells.read(text)
    assert (found.number, found.label) == (number, label)


@pytest.mark.parametrize(
    ("words", "size", "points"),
    [
        ("매우 만족|만족|보통|불만족|매우 불만족", 5, "54321"),
        ("매우 만족|만족|보통|불만족", 5, "5432"),
        ("만족|보통|불만족", 3, "321"),
        ("매우 만족|보통|매우 불만족", 5, "531"),
        ("매우 만족|만족|불만족|매우 불만족", 4, "4321"),
        ("전혀 그렇지 않다|그렇지 않다|보통이다|그렇다|매우 그렇다", 5, "12345"),
        ("전혀 그렇지 않다|그렇지 않은 편이다|그런 편이다|매우 그렇다", 4, "1234"),
        ("매우 그렇다|그렇다|그저 그렇다|아니다|전혀 아니다", 5, "54321"),
        ("매우 만족|만족|약간 만족|보통|약간 불만족|불만족|매우 불만족", 7, "7654321"),
        ("아주 만족한다|대체로 만족한다|그저 그렇다|별로 만족하지 않는다|전혀 만족하지 않는다", 5, "54321"),
        ("매우 만족|만족한 편|보통|불만족한 편|매우 불만족", 5, "54321"),
        ("매우 쉬움|쉬움|보통|어려움|매우 어려움", 5, "54321"),
        ("우수|보통|미흡", 3, "321"),
        ("기대보다 훨씬 좋음|기대보다 좋음|기대만큼|기대보다 나쁨|기대보다 훨씬 나쁨", 5, "54321"),
        ("Very favorably|Somewhat favorably|Neither favorably nor unfavorably (neutral)|Somewhat unfavorably|Very unfavorably", 5, "54321"),
        ("Strongly agree|Agree|Neutral|Disagree|Strongly disagree", 5, "54321"),
        ("Strongly agree|Agree|Somewhat agree|Neither agree nor disagree|Somewhat disagree|Disagree|Strongly disagree", 7, "7654321"),
        ("Excellent|Good|Fair|Poor", 4, "4321"),
        ("Excellent|Very good|Good|Fair|Poor", 5, "54321"),
        ("Very good|Good|Fair|Poor|Very poor", 5, "54321"),
        ("Extremely satisfied|Very satisfied|Somewhat satisfied|Not so satisfied|Not at all satisfied", 5, "54321"),
        ("Extremely likely|Very likely|Not at all likely", 5, "541"),
        ("Very important|Somewhat important|Not very important|Not at all important", 4, "4321"),
        ("Never|Rarely|Sometimes|Often|Always", 5, "12345"),
        ("Definitely would|Probably would|Might or might not|Probably would not|Definitely would not", 5, "54321"),
        ("Much better than expected|Better than expected|As expected|Worse than expected|Much worse than expected", 5, "54321"),
        ("매우 친절하다|친절한 편이다|보통이다|불친절한 편이다|매우 불친절하다", 5, "54321"),
        ("Completely agree|Mostly agree|Slightly agree|Slightly disagree|Mostly disagree|Completely disagree", 6, "654321"),
    ],
)
def test_label_sets(words: str, size: int, points: str) -> None:
    found = scales.guess([(word, 120) for word in words.split("|")], "항목")
    assert found is not None and bounds(found) == (1, size, HIGH)
    assert "".join(str(found.codes[word]) for word in words.split("|")) == points


@pytest.mark.parametrize(
    "words",
    [
        "남자|여자",
        "20대|30대|40대",
        "서울|부산|대구",
        "Male|Female",
        "Pacific|Mountain|New England",
        "High school degree|Bachelor degree|Graduate degree",
        "온라인|매장|콜센터",
        "Once a year or less|Never|Every day",
        "No, not rude at all|Yes, somewhat rude|Yes, very rude",
        "$0 - $24,999|$25,000 - $49,999",
    ],
)
def test_categories_are_no_scales(words: str) -> None:
    assert scales.guess([(word, 50) for word in words.split("|")], "항목") is None


def test_yes_and_no_are_two_points_with_little_certainty() -> None:
    for yes, no in (("Yes", "No"), ("예", "아니오"), ("네", "아니요")):
        found = scales.guess([(yes, 40), (no, 30)], "재방문 여부")
        assert found is not None and bounds(found) == (0, 1, HIGH) and found.codes == {yes: 1, no: 0} and found.certainty < 0.7


def test_missing_words_beside_labels_and_experience_words() -> None:
    found = scales.guess([("매우 만족", 30), ("만족", 20), ("보통", 9), ("이용 안 함", 12), ("N/A", 2), ("불만족", 1)], "주차 만족도")
    assert found is not None and found.missing == ("이용 안 함", "N/A") and bounds(found) == (1, 5, HIGH)


def test_an_option_nobody_chose_here_is_learnt_from_the_other_columns() -> None:
    alone: V = [("매우 만족", 8), ("만족", 6)]
    sibling = ("매장", [("매우 만족", 8), ("만족", 6), ("보통", 2), ("불만족", 1), ("매우 불만족", 1)])
    found = scales.guess(alone, "배송", siblings=[sibling])
    assert found is not None and bounds(found) == (1, 5, HIGH) and found.codes == {"매우 만족": 5, "만족": 4} and not found.questions


def test_few_answers_without_a_middle_are_asked_about() -> None:
    found = scales.guess([("매우 만족", 5), ("만족", 6), ("불만족", 2), ("매우 불만족", 1)], "만족도")
    assert found is not None and [q.key for q in found.questions] == ["scale.ask.middle"] and found.certainty < 0.7


@pytest.mark.parametrize(
    ("values", "expected", "direction"),
    [
        (["1. 매우 만족", "2. 만족", "3. 보통", "4. 불만족", "5. 매우 불만족"], (1, 5), LOW),
        (["매우 만족(5)", "만족(4)", "보통(3)"], (1, 5), HIGH),
        (["1 (매우 불만족)", "2", "3", "4", "5 (매우 만족)"], (1, 5), HIGH),
        (["0 - Not at all likely", "5", "7", "8", "9", "10 - Extremely likely"], (0, 10), HIGH),
        (["-3 매우 나쁨", "-1", "0", "2", "3 매우 좋음", "1", "-2"], (-3, 3), HIGH),
        (["① 매우 불만족", "② 불만족", "③ 보통", "④ 만족", "⑤ 매우 만족"], (1, 5), HIGH),
    ],
)
def test_numbers_with_labels(values: list[str], expected: tuple[int, int], direction: Direction) -> None:
    found = scales.guess([(text, 40) for text in values], "만족도")
    assert bounds(found) == (*expected, direction) and not [q for q in found.questions if q.key == "scale.ask.direction"]
    assert found.codes == {text: int(cells.read(text).number) for text in values if not text.lstrip("-").isdigit()}


@pytest.mark.parametrize(
    ("header", "lo", "hi", "direction"),
    [
        ("만족도 (1=매우 만족 ~ 5=매우 불만족)", 1, 5, LOW),
        ("1점 매우 불만족 – 5점 매우 만족", 1, 5, HIGH),
        ("전반 1(전혀 아니다)~7(매우 그렇다)", 1, 7, HIGH),
        ("Rate 1-5 where 1 is very poor and 5 is excellent", 1, 5, HIGH),
        ("from 1 (excellent) to 10 (poor)", 1, 10, LOW),
        ("매우 불만족(1) ~ 매우 만족(5)", 1, 5, HIGH),
        ("1점은 매우 만족, 5점은 매우 불만족입니다", 1, 5, LOW),
        ("추천(0~10점)", 0, 10, None),
        ("만족 5점 척도", 1, 5, None),
        ("On a scale of 0 to 10, how likely are you to recommend", 0, 10, None),
        ("Q7-2 만족도 7점척도", 1, 7, None),
        ("3-1 전반적 만족도", None, None, None),
        ("1. 키오스크를 통해 매우 만족한다.", None, None, None),
        ("1-1", None, None, None),
        ("2023-07 만족도", None, None, None),
        ("15-1.거주지불만족이유", None, None, None),
        ("11-point NPS item", 0, 10, None),
    ],
)
def test_what_a_header_says(header: str, lo: int | None, hi: int | None, direction: Direction | None) -> None:
    found = anchors.read(header)
    assert (found.lo, found.hi) == (lo, hi)
    assert (anchors.direction(found.labels, lo or 0, hi or 0) if found.labels else None) == direction


def test_a_header_fixes_bounds_nobody_reached_direction_and_missing_codes() -> None:
    found = scales.guess(numbers(_2=30, _3=40, _9=4), "직원 친절도 (1점: 매우 만족, 7점: 매우 불만족, 9: 해당없음)")
    assert found is not None and bounds(found) == (1, 7, LOW) and found.missing == ("9",) and not found.questions


@pytest.mark.parametrize(
    ("values", "header", "expected", "missing"),
    [
        (numbers(_0=40, _1=6, _2=8, _3=11, _4=15, _5=60, _6=70, _7=190, _8=300, _9=210, _10=260), "추천 의향", (0, 10), ()),
        (numbers(_0=27, _1=12, _2=13, _3=20, _4=24, _5=120, _6=126, _7=330, _8=638, _9=520, _10=916, _11=84), "NETPRO", (0, 10), ("11",)),
        (numbers(_0=40, _5=60, _6=70, _7=190, _8=300, _9=210, _10=260, _99=12), "recommend", (0, 10), ("99",)),
        (numbers(_0=40, _5=60, _6=70, _7=190, _8=300, _9=210, _10=260, m1=12), "NPS", (0, 10), ("-1",)),
        (numbers(_1=24, _2=56, _3=246, _4=408, _5=272, _6=1644, _0=181), "Q7 만족도", (1, 5), ("6", "0")),
        (numbers(_1=455, _2=1228, _3=904, _4=327, _5=89, _6=339), "버스 만족도", (1, 5), ("6",)),
        (numbers(_1=10, _2=20, _3=80, _4=130, _5=60, _9=14), "만족도", (1, 5), ("9",)),
        (numbers(_1=10, _2=20, _3=80, _4=130, _5=60, _8=14, _9=6), "만족도", (1, 5), ("8", "9")),
        (numbers(_1=10, _2=20, _3=80, _4=130, _5=60, _99=9, _98=3), "만족도", (1, 5), ("99", "98")),
        (numbers(_1=13, _2=30, _3=33, _4=46, _5=41, _6=19, _7=14), "만족도", (1, 7), ()),
        (numbers(_1=3, _2=9, _3=20, _4=46, _5=61, _6=70, _7=40, _9=11), "만족도", (1, 7), ("9",)),
        (numbers(m3=4, m2=9, m1=20, _0=60, _1=80, _2=40, _3=21), "감정", (-3, 3), ()),
        (numbers(m2=9, m1=20, _0=60, _1=80, _2=40), "emotion rating", (-2, 2), ()),
        (numbers(_1=102, _2=816, _3=1773, _4=449), "소속감 만족", (1, 4), ()),
        (numbers(_0=3, _50=40, _70=60, _80=80, _85=20, _90=70, _100=60, _65=12, _33=2), "점수", (0, 100), ()),
        (numbers(_1=5, _2=4, _3=9, _4=12, _5=60, _6=66, _7=90, _8=140, _9=60, _10=41), "만족도 점수", (1, 10), ()),
    ],
)
def test_unlabelled_numbers(values: V, header: str, expected: tuple[int, int], missing: tuple[str, ...]) -> None:
    found = scales.guess(values, header)
    assert bounds(found) == (*expected, HIGH) and set(found.missing) == set(missing) and found.certainty >= 0.5 and not found.codes


def test_0_to_10_stored_as_1_to_11_is_shifted() -> None:
    found = scales.guess(numbers(_1=27, _2=12, _3=13, _4=20, _5=24, _6=120, _7=126, _8=330, _9=638, _10=520, _11=716), "추천 의향")
    assert (
        bounds(found) == (0, 10, HIGH)
        and found.codes["1"] == 0
        and found.codes["11"] == 10
        and found.reason.key == "scale.reason.shifted"
        and found.missing == ()
    )


def test_a_stated_0_to_10_stored_as_1_to_11_is_shifted_too() -> None:
    found = scales.guess(numbers(_1=27, _2=12, _3=13, _4=20, _5=24, _6=120, _7=126, _8=330, _9=638, _10=520, _11=716), "추천 의향 (0~10점)")
    assert bounds(found) == (0, 10, HIGH) and found.codes["11"] == 10


def test_a_6_that_continues_the_run_is_asked_about_and_a_battery_settles_it() -> None:
    doubtful = numbers(_1=38, _2=217, _3=817, _4=915, _5=434, _6=341)
    alone = scales.guess(doubtful, "Q7FOOD")
    assert alone is not None and "scale.ask.code" in [q.key for q in alone.questions]
    clear = [
        (f"Q7{name}", numbers(_1=20, _2=60, _3=400, _4=900, _5=700, _6=count))
        for name, count in (("A", 30), ("B", 1600), ("C", 25), ("D", 2000))
    ]
    beside = scales.guess(doubtful, "Q7FOOD", siblings=clear)
    assert (
        bounds(beside) == (1, 5, HIGH)
        and beside.missing == ("6",)
        and "scale.ask.code" not in [q.key for q in beside.questions]
        and beside.certainty > alone.certainty
    )


def test_siblings_tell_a_seven_point_item_from_a_five_point_one() -> None:
    some = numbers(_3=20, _4=60, _5=11)
    seven = [(f"{i}-1", numbers(_1=3, _2=9, _3=20, _4=46, _5=61, _6=70, _7=40)) for i in range(2, 8)]
    five = [(f"{i}-1", numbers(_1=3, _2=9, _3=20, _4=46, _5=61)) for i in range(2, 8)]
    assert bounds(scales.guess(some, "1-1", siblings=seven)) == (1, 7, HIGH) and bounds(scales.guess(some, "1-1", siblings=five)) == (
        1,
        5,
        HIGH,
    )


def test_a_recommend_item_where_nobody_said_zero_is_asked_about() -> None:
    found = scales.guess(numbers(_3=1, _5=4, _6=5, _7=9, _8=14, _9=9, _10=12, _1=1, _2=1, _4=1), "추천 의향")
    assert found is not None and found.scale.hi == 10 and "scale.ask.zero" in [q.key for q in found.questions]
    stated = scales.guess(numbers(_5=4, _6=5, _7=9, _8=14, _9=9, _10=12), "추천 의향 (0~10점)")
    assert bounds(stated) == (0, 10, HIGH) and not stated.questions
    one = scales.guess(numbers(_5=4, _6=5, _7=9, _8=14, _9=9, _10=12), "추천 의향 (1~10점)")
    assert bounds(one) == (1, 10, HIGH) and not one.scale.is_nps


def test_the_direction_of_unlabelled_points_is_asked_but_not_of_scores() -> None:
    asked = scales.guess(numbers(_1=5, _2=9, _3=20, _4=40, _5=22), "매장 만족도")
    assert [q.key for q in asked.questions] == ["scale.ask.direction"]
    assert scales.guess(numbers(_1=5, _2=9, _3=20, _4=40, _5=22), "별점").questions == ()


@pytest.mark.parametrize(
    ("values", "header"),
    [
        (numbers(_1=500, _2=480), "성별"),
        ([(str(i), 9) for i in range(18, 80)], "나이"),
        ([(str(i), 1) for i in range(1, 200)], "RESPNUM"),
        ([(str(i), 20) for i in range(1, 32)], "방문일"),
        (numbers(_2017=50, _2018=60, _2019=40), "연도"),
        ([("6234", 3), ("6133", 4), ("6000", 2)], "우편번호"),
        (numbers(_4=91, _3=85, _6=64, _5=60, _7=43, _2=40, _1=28), "15-1.거주지불만족이유"),
        (numbers(_1=237, _6=168, _3=130, _4=129, _5=100, _2=71), "Please rank the films"),
        ([("4.5", 20), ("3.5", 10), ("4", 5)], "만족도"),
        ([("1. 남성", 20), ("2. 여성", 30), ("3. 기타", 3)], "선택"),
        ([("0", 50), ("1", 20), ("3", 9), ("12", 3), ("25", 1)], "구매 횟수"),
        ([("31012", 90), ("31014", 80)], "지역코드"),
        ([], "만족도"),
        ([("#N/A", 4)], "만족도"),
    ],
)
def test_what_is_no_rating(values: V, header: str) -> None:
    assert scales.guess(values, header) is None


def test_spss_labels_give_bounds_direction_and_missing_codes() -> None:
    codes = {"1": "매우 만족", "2": "만족", "3": "보통", "4": "불만족", "5": "매우 불만족", "9": "무응답", "6": "이용 안 함"}
    found = scales.guess(numbers(_1=40, _2=50, _3=9, _6=30, _9=2, _8=1), "만족", value_labels=codes, user_missing=("8",))
    assert bounds(found) == (1, 5, LOW) and set(found.missing) == {"6", "9", "8"} and not found.questions and found.certainty >= 0.9
    assert scales.guess(numbers(_1=40, _2=50), "q1", value_labels={"1": "남자", "2": "여자"}) is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_incomplete_label_set_keeps_its_points(data: st.DataObject) -> None:
    """Whatever part of a five-point set was used, each label keeps the point it has in the whole set."""
    sets = (
        ["매우 불만족", "불만족", "보통", "만족", "매우 만족"],
        ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"],
        ["전혀 그렇지 않다", "그렇지 않다", "보통이다", "그렇다", "매우 그렇다"],
    )
    whole = data.draw(st.sampled_from(sets))
    used = data.draw(st.lists(st.sampled_from(whole), min_size=3, unique=True))
    strong = {whole[0], whole[4]} & set(used)
    if not strong or "보통" not in "".join(used) + "보통이다" * (whole[2] in used) and whole[2] not in used:
        return  # without an extreme or the middle the words alone do not tell five points
    form = labels.place([(label, 200) for label in used])
    assert form is not None and form.size == 5
    assert {label: form.points[labels.clean.key(label)] for label in used} == {label: whole.index(label) + 1 for label in used}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.integers(1, 50)), max_size=30), st.text(max_size=60))
def test_no_text_breaks_the_guess(values: V, header: str) -> None:
    found = scales.guess(values, header, siblings=[(header, values)])
    assert found is None or found.scale.lo < found.scale.hi
