"""XLSForm: what maps is taken as it is meant, what does not is listed with its row and why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings, strategies as st

from cxdash import i18n
from cxdash.errors import FileNoTable
from cxdash.survey.authored import read
from cxdash.survey.cells import Cells, Reading
from cxdash.survey.check import check
from cxdash.survey.document import dumps, loads
from cxdash.survey.form import Condition, Form, FormQuestion, Option
from cxdash.survey.xlslogic import Known, condition, within
from cxdash.terms import Direction, Scale
from tests.survey.forms import choice, multi, number, rating

HEAD = ["type", "name", "label::Korean (ko)", "label::English (en)", "hint::Korean (ko)", "required", "relevant", "constraint",
        "appearance", "parameters"]  # fmt: skip
SATISFIED = [("매우 불만", "Very dissatisfied"), ("불만", "Dissatisfied"), ("보통", "Neutral"), ("만족", "Satisfied"), ("매우 만족", "Very satisfied")]
CHOICES = [["list_name", "name", "label::Korean (ko)", "label::English (en)"],
           *[["sat", str(i), ko, en] for i, (ko, en) in enumerate(SATISFIED, 1)],
           ["yn", "yes", "예", "Yes"], ["yn", "no", "아니요", "No"],
           ["news", "tv", "방송", "TV"], ["news", "web", "인터넷", "Internet"],
           ["gender", "1", "여성", "Female"], ["gender", "2", "남성", "Male"], ["gender", "3", "기타", "Other"],
           ["grade", "a", "그렇지 않다", "Disagree"], ["grade", "b", "보통", "So-so"], ["grade", "c", "그렇다", "Agree"],
           ["down", "1", "매우 만족", "Very satisfied"], ["down", "2", "만족", "Satisfied"], ["down", "3", "불만", "Dissatisfied"],
           ["down", "4", "매우 불만", "Very dissatisfied"]]  # fmt: skip


def row(kind: str, name: str = "", ko: str = "", en: str = "", **more: str) -> list[str]:
    named = {"hint": 4, "required": 5, "relevant": 6, "constraint": 7, "appearance": 8, "parameters": 9}
    made = [kind, name, ko, en, *[""] * 6]
    for key, text in more.items():
        made[named[key]] = text
    return made


def form_of(*rows: Sequence[str], head: Sequence[str] = HEAD, choices: Sequence[Sequence[str]] = CHOICES, **sheets: object) -> Reading:
    book = [Cells.of("survey", [list(head), *rows]), Cells.of("choices", choices)]
    return read([*book, *(Cells.of(name, table) for name, table in sheets.items())])  # type: ignore[arg-type]


def notes(found: Reading) -> set[tuple[str, int]]:
    for note in (*found.notes, *found.faults):
        for lang in ("ko", "en"):
            assert i18n.text(note.key, lang, **note.params) != note.key
    return {(note.key, note.row) for note in found.notes if not note.key.startswith("form.issue")}


def test_a_usual_form_becomes_a_questionnaire() -> None:
    found = form_of(
        row("start", "start"),  # row 2
        row("note", "hello", "안녕하세요", "Hello"),
        row("select_one yn", "bought", "구매하셨나요?", "Did you buy?", required="yes"),
        row("begin_group", "buy", "구매", "Buying"),  # 5
        row("select_one sat", "price", "가격에 만족하십니까?", "Satisfied with the price?", required="true()", hint="할인 포함"),
        row("begin group", "shop", "매장", "Shop"),
        row("select_multiple news", "heard", "어디서 보셨나요?", "Where from?", relevant="${price} <= 2"),  # 8
        row("end group"),
        row("text", "why", "이유를 적어 주세요", "Why?", relevant="selected(${heard}, 'web')"),
        row("end_group"),
        row("integer", "nps", "추천하시겠습니까?", "Would you recommend us?", constraint=". >= 0 and . <= 10", required="yes"),  # 12
        row("range", "ease", "이용이 쉬웠습니까?", "Was it easy?", parameters="start=1 end=7 step=1"),
        row("decimal", "spent", "쓰신 돈", "Spent", relevant="${bought} = 'yes'"),
        row("note", "bye", "감사합니다", "Thank you"),
        settings=[["form_title", "form_id", "default_language"], ["매장 조사", "shop", "Korean (ko)"]],
    )
    form = found.form
    assert form is not None and found.source == "xlsform"
    assert (form.title, form.intro, form.thanks) == ({"ko": "매장 조사"}, {"ko": "안녕하세요", "en": "Hello"},
                                                     {"ko": "감사합니다", "en": "Thank you"})
    [stage] = form.stages
    assert (stage.code, stage.name) == ("buy", {"ko": "구매", "en": "Buying"})
    assert [(t.code, t.name["ko"]) for t in stage.touchpoints] == [("shop", "매장")]
    asked = form.by_code
    assert [(q.code, q.kind, q.measure, q.stage, q.touchpoint, q.required) for q in form.questions] == [
        ("bought", "choice", "attribute", None, None, True), ("price", "rating", "satisfaction", "buy", None, True),
        ("heard", "multi", "multi", "buy", "shop", False), ("why", "text", "comment", "buy", None, False),
        ("nps", "rating", "recommend", None, None, True), ("ease", "rating", "effort", None, None, False),
        ("spent", "number", "attribute", None, None, False),
    ]  # fmt: skip
    assert asked["bought"].options == (Option("yes", {"ko": "예", "en": "Yes"}), Option("no", {"ko": "아니요", "en": "No"}))
    assert asked["price"].scale == Scale(1, 5) and asked["price"].labels["en"][5] == "Very satisfied"
    assert asked["price"].help == {"ko": "할인 포함"}
    assert asked["nps"].scale == Scale(0, 10) and asked["ease"].scale == Scale(1, 7)
    assert [option.value for option in asked["heard"].options] == [1, 2]
    assert asked["heard"].show_if == Condition("price", "at_most", (2,)) and asked["why"].show_if == Condition("heard", "in", (2,))
    assert asked["spent"].show_if == Condition("bought", "in", ("yes",))
    assert notes(found) == {("sheet.xls.recorded", 2), ("sheet.xls.numbered", 8), ("sheet.xls.rating", 12)}
    assert not [issue for issue in check(form) if issue.level == "error"] and loads(dumps(form)) == form


def test_what_does_not_map_is_listed_with_its_row() -> None:
    found = form_of(
        row("text", "a", "이름 ${b}", required="${x} = 1"),  # 2
        row("geopoint", "where", "위치"), row("calculate", "c"), row("date", "d", "날짜"), row("frobnicate", "e", "?"),  # 3-6
        row("select_one nothing", "f", "없는 목록"), row("select_one_from_file x.csv", "g", "파일"),  # 7, 8
        row("begin_repeat", "kids", "자녀"), row("integer", "age", "나이", constraint=". > 3"), row("end_repeat"),  # 9-11
        row("note", "n", "사이 안내"), row("select_one yn or_other", "h", "기타", relevant="${a} = 'x' or ${age} > 3"),  # 12, 13
        row("begin_group", "g1", "하나"), row("begin_group", "g2", "둘"), row("begin_group", "g3", "셋"), row("text", "i", "깊이"),  # 14-17
        row("end_group"), row("end_group"), row("end_group"), row("end_group"),  # 18-21
        row("", "j", "유형 없음"), row("text", "1 이름", "이름"), row("range", "r", "0–100", parameters="start=0 end=100"),  # 22-24
        row("select_one grade", "k", "어떻습니까", appearance="likert"), row("select_one down", "m", "만족도"),  # 25, 26
        row("select_one sat", "z", "뭔가"), row("begin_group", "open", "열림"),  # 27, 28
        external_choices=[["a"], ["b"]], settings=[["form_title", "style"], ["조사", "pages"]],
    )  # fmt: skip
    expected = {
        "required": 2, "piping": 2, "type": (3, 5), "computed": 4, "unknown_type": 6, "list": (7, 8), "repeat": 9, "constraint": 10,
        "note": 12, "or_other": 13, "relevant": 13, "nested": 16, "no_begin": 21, "no_type": 22, "renamed": 23, "range": 24,
        "numbered": 25, "low": 26, "not_closed": 28, "measure": (25, 27), "setting": 2,
    }  # fmt: skip
    wanted = {(f"sheet.xls.{key}", one) for key, rows in expected.items() for one in (rows if isinstance(rows, tuple) else (rows,))}
    assert notes(found) - {("sheet.xls.measure", 24)} == wanted | {("sheet.note.sheet", 0)}
    form = found.form
    assert form is not None
    assert {q.code for q in form.questions} == {"a", "age", "h", "i", "Q1", "r", "k", "m", "z"} - {"Q1"} | {
        q.code for q in form.questions if q.wording == {"ko": "이름"}}
    assert form.by_code["i"].touchpoint == "g2" and form.by_code["h"].show_if is None and not form.by_code["a"].required
    assert form.by_code["m"].scale == Scale(1, 4, Direction.LOW) and form.by_code["k"].scale == Scale(1, 3)


def test_codes_of_kinds_are_no_scale() -> None:
    found = form_of(row("select_one gender", "sex", "성별", "Gender"))
    assert found.form is not None and found.form.by_code["sex"].kind == "choice"


def test_a_group_condition_is_that_of_its_questions() -> None:
    found = form_of(
        row("select_one yn", "used", "써 보셨나요?", required="yes"), row("begin_group", "use", "사용", relevant="${used} = 'yes'"),
        row("text", "a", "하나"), row("text", "b", "둘", relevant="${a} != ''"), row("end_group"), row("text", "c", "끝"),
    )  # fmt: skip
    assert found.form is not None
    shown = {q.code: q.show_if for q in found.form.questions}
    assert shown == {"used": None, "a": Condition("used", "in", ("yes",)), "b": Condition("a", "answered"), "c": None}
    assert ("sheet.xls.two_conditions", 5) in notes(found)


@pytest.mark.parametrize(
    "head, wording, languages",
    [
        (["type", "name", "label"], {"ko": "안녕"}, ("ko",)),
        (["type", "name", "label::English"], {"en": "안녕"}, ("en",)),
        (["Type", "Name", "Label:Korean"], {"ko": "안녕"}, ("ko",)),
        (["type", "name", "label::French (fr)"], {"en": "안녕"}, ("en",)),
    ],
)
def test_headings_and_languages_in_their_spellings(head: list[str], wording: dict[str, str], languages: tuple[str, ...]) -> None:
    found = form_of(["text", "a", "안녕"], head=head, choices=())
    assert found.form is not None and found.form.questions[0].wording == wording and found.form.languages == languages
    assert (("sheet.xls.language_taken", 0) in notes(found)) == ("French" in head[2])


def test_a_third_language_is_left_out_and_told() -> None:
    found = form_of(["text", "a", "안녕", "Salut"], head=["type", "name", "label::ko", "label::fr"], choices=())
    assert found.form is not None and found.form.questions[0].wording == {"ko": "안녕"} and ("sheet.xls.language", 0) in notes(found)


def test_nothing_to_take_and_no_questionnaire_at_all() -> None:
    found = form_of(row("geopoint", "x", "어디"))
    assert found.form is None and [fault.key for fault in found.faults] == ["sheet.xls.nothing"] and len(found.notes) == 1
    with pytest.raises(FileNoTable):
        read([Cells.of("Sheet1", [["이름", "점수"], ["김", "3"]])])


KNOWN = {
    "q": Known(rating("q"), {str(n): n for n in range(1, 6)}), "v": Known(choice("v", "a", "b", "c"), {x: x for x in "abc"}),
    "m": Known(multi("m", 2), {"x": 1, "y": 2}), "n": Known(number("n"), {}), "d": Known(number("d"), {}, whole=False),
}  # fmt: skip


@pytest.mark.parametrize(
    "relevant, expected",
    [
        ("${q} <= 2", Condition("q", "at_most", (2,))),
        ("${q}<3", Condition("q", "at_most", (2,))),
        ("( ${q} > 3 )", Condition("q", "at_least", (4,))),
        ("${q} >= 5", Condition("q", "at_least", (5,))),
        ("${q} = 3 or ${q} = '4'", Condition("q", "in", (3, 4))),
        ("${v} = 'a' or (${v} = “b”)", Condition("v", "in", ("a", "b"))),
        ("${v} != 'a' and ${v} != 'b'", Condition("v", "not_in", ("a", "b"))),
        ("selected(${m}, 'y')", Condition("m", "in", (2,))),
        ("not(selected(${m}, 'y'))", Condition("m", "not_in", (2,))),
        ("not (selected( ${m} , \"x\" )) and not(selected(${m},'y'))", Condition("m", "not_in", (1, 2))),
        ("${v} != ''", Condition("v", "answered")),
        ("${n} >= 18", Condition("n", "at_least", (18,))),
        ("${n} > 17", Condition("n", "at_least", (18,))),
        ("${d} > 17", None), ("${d} >= 17", Condition("d", "at_least", (17,))),
        ("${q} < 1", None), ("${q} > 9", None), ("${v} = 'z'", None), ("${v} = ''", None), ("${x} = 1", None), ("${n} = 3", None),
        ("${q} = 1 or ${v} = 'a'", None), ("${q} = 1 and ${q} = 2", None), ("${q} != 1 or ${q} != 2", None),
        ("${q} >= 1 and ${q} <= 2", None),
        ("not(${q} = 1)", None), ("count-selected(${m}) > 1", None), ("if(${q} = 1, 1, 0)", None), ("", None), ("true()", None),
        ("selected(${m}, 'y'", None), ("(${q} = 1) or (${q} = 2)", Condition("q", "in", (1, 2))),
    ],
)  # fmt: skip
def test_conditions(relevant: str, expected: Condition | None) -> None:
    assert condition(relevant, KNOWN) == expected


def test_constraints() -> None:
    assert within(". >= 0 and . <= 10") == within(".<=10 and .>=0") == within("(. >= 0) and (. <= 10)") == (0, 10)
    assert within(". > 0 and . < 10") is within("regex(., 'x')") is within(". >= 0") is within("") is None


def test_what_no_database_keeps_is_left_out_or_refused() -> None:
    found = form_of(row("text", "a", "안\0녕\ud800"))
    assert found.form is not None and found.form.questions[0].wording == {"ko": "안녕"}
    long = [["list_name", "name", "label::ko"], ["l", "x" * 300, "가"], ["l", "y", "나"]]
    refused = form_of(row("select_one l", "a", "하나"), choices=long)
    assert refused.form is None and [fault.key for fault in refused.faults] == ["form.document.wrong"]


WORD = st.sampled_from(("text", "select_one sat", "select_multiple news", "begin_group", "end_group", "begin_repeat", "note", "integer",
                        "range", "rank sat", "x", "${a}", "${a} = 'yes'", "yes", "a", "b",
                        "start=0 end=3", ". >= 0 and . <= 5"))  # fmt: skip


@given(st.lists(st.lists(st.one_of(WORD, st.text(max_size=6)), min_size=10, max_size=10), min_size=1, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_survey_sheet_is_read_in_words(rows: list[list[str]]) -> None:
    found = form_of(*rows)
    notes(found)
    form: Form | None = found.form
    assert (form is None) == bool(found.faults)
    if form is not None:
        asked: list[FormQuestion] = list(form.questions)
        assert asked and len({q.code for q in asked}) == len(asked) and loads(dumps(form)) == form
