"""A questionnaire as tables and back: nothing lost, every mistake once, with its place and in words of both languages."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from cxdash import i18n
from cxdash.survey import sheet, sheetwords
from cxdash.survey.cells import Cells, Fault, Reading
from cxdash.survey.form import Condition, Form, FormSettings
from cxdash.survey.sheetread import read
from tests.survey.forms import CUSTOMER, comment, forms, multi, of_factors, rating, stage
from tests.survey.sheets import Grids, grids, plainly, reading

BUY = stage("BUY", 2)
FORM = Form(
    title={"ko": "조사", "en": "Survey"}, stages=(BUY, stage("USE")), settings=FormSettings(("satisfaction", "comment"), True, 9),
    questions=(CUSTOMER, *of_factors(BUY), multi("M", 2, stage="USE"), comment("C", stage="USE", show_if=Condition("M", "in", (1, 2)))),
)  # fmt: skip
WORD = st.sampled_from(("1", "예", "BUY", "M", "평가", "answered", "{x}"))
BLANK = st.sampled_from(("ko", "en"))


@pytest.mark.parametrize("module", [sheet, sheetwords])
def test_examples(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


@given(forms(), BLANK)
@settings(max_examples=150, deadline=None)
def test_round_trip(form: Form, lang: str) -> None:
    found = reading(grids(form, lang))
    assert not found.faults and found.form == plainly(form)


@given(forms(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_columns_may_change_places_and_factors_be_sorted_away_from_their_touchpoints(form: Form, chance: Any) -> None:
    """Only the order among stages, among touchpoints of a stage, and so on counts."""
    shuffled: Grids = {}
    for name, grid in grids(form).items():
        order = list(range(len(grid[0])))
        chance.shuffle(order)
        shuffled[name] = [[row[place] for place in order] for row in grid]
    levels = shuffled["여정"]
    depth = {name: levels[0].index(name) for name in ("접점 코드", "경험요소 코드")}
    shuffled["여정"] = [levels[0], *sorted(levels[1:], key=lambda row: -sum(bool(row[place]) for place in depth.values()))]
    assert reading(shuffled).form == plainly(form)


def test_the_words_are_those_of_the_screens() -> None:
    for family, prefix in (("kind", "form.kind"), ("measure", "common.measure"), ("direction", "common.direction")):
        for key, entry in sheetwords.texts()["words"][family].items():
            assert entry == {lang: i18n.text(f"{prefix}.{key}", lang) for lang in ("ko", "en")}


def test_no_word_means_two_things() -> None:
    """Neither within a list of words nor within the headings of a sheet, over both languages."""
    texts = sheetwords.texts()
    for entries in [*texts["words"].values(), *texts["columns"].values(), texts["settings"], texts["sheets"]]:
        seen: dict[str, str] = {}
        for key, entry in entries.items():
            for word in entry.values():
                assert seen.setdefault(word.casefold(), key) == key, word


# ---------------------------------------------------------------- mistakes

Edit = Callable[[Grids], None]


def cell(name: str, row: int, heading: str, text: str) -> Edit:
    """Write into a cell; the row as Excel numbers it."""

    def make(given: Grids) -> None:
        while len(given[name]) < row:
            given[name].append([""] * len(given[name][0]))
        given[name][row - 1][given[name][0].index(heading)] = text

    return make


def without(name: str, heading: str) -> Edit:
    def make(given: Grids) -> None:
        place = given[name][0].index(heading)
        given[name] = [row[:place] + row[place + 1 :] for row in given[name]]

    return make


def told(fault: Fault, lang: str) -> str:
    text = i18n.text(fault.key, lang, **fault.params)
    assert "{" not in text and text != fault.key
    return text


MISTAKES: list[tuple[Edit, str, tuple[str, int, str], str]] = [
    (cell("문항", 3, "유형", "별점"), "sheet.fault.word", ("문항", 3, "유형"), "평가, 단일 선택"),
    (cell("문항", 3, "유형", ""), "sheet.fault.choose", ("문항", 3, "유형"), "평가, 단일 선택"),
    (cell("문항", 3, "측정 항목", "의견"), "sheet.fault.measure", ("문항", 3, "측정 항목"), "추천 의향"),
    (cell("문항", 3, "문항 코드", ""), "sheet.fault.no_code", ("문항", 3, "문항 코드"), "Q12"),
    (cell("문항", 3, "문항 코드", "만족"), "sheet.fault.code", ("문항", 3, "문항 코드"), "만족"),
    (cell("문항", 4, "문항 코드", "BUY.F0"), "sheet.fault.double", ("문항", 4, "문항 코드"), "3행"),
    (cell("문항", 3, "단계 코드", "BUYS"), "sheet.fault.unknown_place", ("문항", 3, "단계 코드"), "BUY, USE"),
    (cell("문항", 3, "접점 코드", "X"), "sheet.fault.unknown_place", ("문항", 3, "접점 코드"), "X"),
    (cell("문항", 3, "경험요소 코드", "F9"), "sheet.fault.unknown_place", ("문항", 3, "경험요소 코드"), "F0, F1"),
    (cell("문항", 3, "접점 코드", ""), "sheet.fault.no_touchpoint", ("문항", 3, "경험요소 코드"), "접점 코드"),
    (cell("문항", 2, "접점 코드", "T"), "sheet.fault.no_stage", ("문항", 2, "접점 코드"), "단계 코드"),
    (cell("문항", 3, "척도 최고점", "열"), "sheet.fault.whole", ("문항", 3, "척도 최고점"), "-128"),
    (cell("문항", 3, "척도 최고점", "1"), "sheet.fault.scale_order", ("문항", 3, "척도 최고점"), "1점"),
    (cell("문항", 3, "척도 최저점", ""), "sheet.fault.scale_end", ("문항", 3, "척도 최저점"), "함께"),
    (cell("문항", 3, "필수", "아마도"), "sheet.fault.word", ("문항", 3, "필수"), "예, 아니요"),
    (cell("문항", 6, "표시 조건: 문항 코드", "N"), "sheet.fault.unknown_question", ("문항", 6, "표시 조건: 문항 코드"), "N"),
    (cell("문항", 6, "표시 조건: 비교", ""), "sheet.fault.choose", ("문항", 6, "표시 조건: 비교"), "다음 중 하나"),
    (cell("문항", 6, "표시 조건: 값", "1; 3"), "sheet.fault.condition_values", ("문항", 6, "표시 조건: 값"), "1; 2"),
    (cell("문항", 3, "표시 조건: 비교", "답함"), "sheet.fault.condition_question", ("문항", 3, "표시 조건: 비교"), "조건"),
    (cell("여정", 2, "단계 코드", "구매"), "sheet.fault.place_code", ("여정", 2, "단계 코드"), "구매"),
    (cell("여정", 6, "단계 코드", "BUY"), "sheet.fault.double", ("여정", 6, "단계 코드"), "2행"),
    (cell("여정", 4, "접점 코드", ""), "sheet.fault.blank", ("여정", 4, "접점 코드"), "비어"),
    (cell("여정", 4, "접점 코드", "Z"), "sheet.fault.no_parent", ("여정", 4, "접점 코드"), "Z"),
    (cell("여정", 3, "경험 여부 먼저 묻기", "예"), "sheet.fault.not_of_row", ("여정", 3, "경험 여부 먼저 묻기"), "단계 행"),
    (cell("여정", 2, "접점 영역", "제품·서비스"), "sheet.fault.not_of_row", ("여정", 2, "접점 영역"), "접점 행"),
    (cell("선택지·척도", 2, "값", ""), "sheet.fault.blank", ("선택지·척도", 2, "값"), "비어"),
    (cell("선택지·척도", 3, "값", "existing"), "sheet.fault.double", ("선택지·척도", 3, "값"), "2행"),
    (cell("선택지·척도", 4, "값", "하나"), "sheet.fault.whole", ("선택지·척도", 4, "값"), "100"),
    (cell("선택지·척도", 4, "문항 코드", "Z"), "sheet.fault.unknown_question", ("선택지·척도", 4, "문항 코드"), "Z"),
    (cell("선택지·척도", 6, "문항 코드", "C"), "sheet.fault.no_answers", ("선택지·척도", 6, "문항 코드"), "C"),
    (cell("설정", 2, "값", "9"), "sheet.fault.format", ("설정", 2, "값"), "1"),
    (cell("설정", 7, "값", "ko; jp"), "sheet.fault.languages", ("설정", 7, "값"), "jp"),
    (cell("설정", 8, "값", "만족도; 행복"), "sheet.fault.word", ("설정", 8, "값"), "행복"),
    (cell("설정", 10, "값", "0"), "sheet.fault.whole", ("설정", 10, "값"), "600"),
    (cell("설정", 3, "항목", "제목"), "sheet.fault.word", ("설정", 3, "항목"), "설문 제목"),
    (cell("문항", 3, "도움말 (영어)", "x" * 10_001), "sheet.fault.long", ("문항", 3, "도움말 (영어)"), "10,000"),
    (without("문항", "필수"), "sheet.fault.no_heading", ("문항", 1, ""), "필수"),
    (cell("문항", 1, "필수", "유형"), "sheet.fault.double_heading", ("문항", 1, ""), "유형"),
    (lambda given: given.pop("설정"), "sheet.fault.no_sheet", ("설정", 0, ""), "시트"),
]  # fmt: skip


@pytest.mark.parametrize("edit, key, where, said", MISTAKES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_mistake_is_one_sentence_at_its_place(edit: Edit, key: str, where: tuple[str, int, str], said: str) -> None:
    given = grids(FORM)
    edit(given)
    found = reading(given)
    assert found.form is None
    fault = next(fault for fault in found.faults if fault.key == key and (fault.sheet, fault.row, fault.heading) == where)
    assert said in told(fault, "ko") and told(fault, "en")
    if fault.heading:
        row = given[where[0]][0]
        assert fault.letter == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[row.index(where[2])]
    beside = [f for f in found.faults if f is not fault and (f.sheet, f.row) == (fault.sheet, fault.row)]
    assert len(beside) <= 1, beside


def test_all_mistakes_at_once_and_nothing_taken() -> None:
    given = grids(FORM)
    edits = [edit for edit, key, where, _said in MISTAKES if key in ("sheet.fault.whole", "sheet.fault.not_of_row")]
    for edit in edits:
        edit(given)
    found = reading(given)
    assert found.form is None and len(found.faults) == len(edits)
    places = [(["여정", "문항", "선택지·척도", "설정"].index(f.sheet), f.row, f.column) for f in found.faults]
    assert places == sorted(places)


def test_a_label_must_stand_on_the_scale() -> None:
    form = replace(FORM, questions=(CUSTOMER, rating("A", labels={"ko": {1: "나쁨", 5: "좋음"}})))
    given = grids(form)
    cell("선택지·척도", 5, "값", "6")(given)
    [fault] = reading(given).faults
    assert (fault.key, fault.row, fault.params) == ("sheet.fault.whole", 5, {"found": "6", "lo": 1, "hi": 5})


def test_work_still_to_do_is_taken_and_said_with_its_place() -> None:
    """A draft may be unfinished: missing words and answers are notes, at the row they belong to."""
    given = grids(FORM)
    cell("문항", 3, "문항 내용 (영어)", "")(given)
    cell("여정", 2, "이름 (한국어)", " ")(given)
    given["선택지·척도"] = [given["선택지·척도"][0], *given["선택지·척도"][3:]]
    found = reading(given)
    assert found.form is not None and not found.faults
    notes = {(note.key, note.sheet, note.row, note.heading) for note in found.notes}
    assert {
        ("form.issue.wording", "문항", 3, "문항 내용 (영어)"), ("form.issue.name", "여정", 2, "이름 (한국어)"),
        ("form.issue.options", "문항", 2, "문항 코드"),
    } <= notes  # fmt: skip


def test_foreign_columns_and_sheets_are_told_and_left_alone() -> None:
    given = grids(FORM)
    for row, text in zip(given["문항"], ["담당자", *["김"] * 20], strict=False):
        row.append(text)
    given["메모"] = [["회의", "내용"]]
    found = reading(given)
    assert found.form == FORM
    assert {(note.key, note.sheet) for note in found.notes} >= {("sheet.note.column", "문항"), ("sheet.note.sheet", "메모")}


def test_only_the_texts_of_one_language() -> None:
    given = grids(FORM)
    for name, column in (("여정", "이름"), ("문항", "문항 내용"), ("문항", "도움말"), ("선택지·척도", "이름"), ("설정", "글")):
        without(name, f"{column} (영어)")(given)
    cell("설정", 7, "값", "ko")(given)
    found = reading(given)
    assert found.form is not None and not found.notes[2:]
    assert found.form.languages == ("ko",) and all(set(q.wording) == {"ko"} for q in found.form.questions)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_text_in_any_cell_is_read_or_refused_in_words(data: st.DataObject) -> None:
    given = grids(FORM)
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(given)))
        row = data.draw(st.integers(0, len(given[name]) - 1))
        column = data.draw(st.integers(0, len(given[name][0]) - 1))
        given[name][row][column] = data.draw(st.one_of(st.text(max_size=8), WORD))
    found: Reading = reading(given)
    for fault in (*found.faults, *found.notes):
        for lang in ("ko", "en"):
            i18n.text(fault.key, lang, **fault.params)
    assert (found.form is None) == bool(found.faults)
    if found.form is not None:
        assert reading(grids(found.form)).form is not None


def test_too_many_rows_are_refused_at_once() -> None:
    rows = tuple((n, {1: f"S{n}"}) for n in range(2, 200_002))
    book = [Cells(name, (Cells.of(name, grid).rows[0], *(rows if name == "여정" else ()))) for name, grid in grids(FORM).items()]
    [fault] = read(book).faults
    assert (fault.key, fault.sheet, fault.params["n"]) == ("sheet.fault.rows", "여정", 200_000) and "5,000" in told(fault, "ko")
