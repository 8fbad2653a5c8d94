"""What browsers send: typed, or refused with a reason; hostile input never raises and never comes through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from cxdash import i18n
from cxdash.survey import flow
from cxdash.survey.answers import clean, merged, read, read_all
from cxdash.survey.form import Condition, Form
from cxdash.terms import Scale
from tests.survey.forms import choice, comment, forms, multi, number, rating

FORM = Form(
    questions=(
        rating("R", required=True), choice("C", "a", "b"), multi("M", 3), comment("T"), number("N"), number("L", scale=Scale(0, 100)),
        comment("H", required=True, show_if=Condition("R", "at_most", (2,))),
    )
)
PAGES = flow.pages(FORM, {})


def sent(**raw: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and the last word of each error, from all pages at once."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for page in PAGES:
        got = read(FORM, page, {name: value for name, value in ({"R": ["3"]} | raw).items() if name in page.fields})
        values |= got.values
        errors |= {name: problem.key.rsplit(".")[-1] for name, problem in got.errors.items()}
    return values, errors


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        ("R", ["5"], 5), ("R", [" 1 "], 1), ("C", ["b"], "b"), ("M", ["3", "1", "3"], [1, 3]), ("T", [" 가\r\n나 "], "가\n나"),
        ("N", ["1,234.5"], 1234.5), ("N", ["４２"], 42), ("N", ["-7"], -7), ("L", ["100"], 100), ("T", ["\u1100\u1161"], "가"),
        ("T", ["가" * 2000], "가" * 2000),
    ],
)
def test_answers_get_their_type(field: str, raw: list[str], value: object) -> None:
    values, errors = sent(**{field: raw})
    assert values[field] == value and type(values[field]) is type(value) and field not in errors


@pytest.mark.parametrize(
    ("field", "raw", "reason"),
    [
        ("R", ["6"], "range"), ("R", ["0"], "range"), ("R", ["3.0"], "range"), ("R", ["٣"], "range"), ("R", ["3", "4"], "one"),
        ("R", ["1" * 5000], "range"), ("R", [""], "required"), ("R", [], "required"), ("C", ["c"], "option"), ("C", ["a", "b"], "one"),
        ("M", ["4"], "option"), ("M", ["1", "x"], "option"), ("T", ["가" * 2001], "too_long"), ("T", ["가" * 20_001], "too_long"),
        ("N", ["nan"], "number"), ("N", ["1e5"], "number"), ("N", ["1,23"], "number"), ("N", ["9" * 13], "number"), ("L", ["101"], "range"),
        ("R", [b"3"], "form"), ("R", 3, "form"), ("M", ["1"] * 501, "form"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(field: str, raw: Any, reason: str) -> None:
    values, errors = sent(**{field: raw})
    assert errors[field] == reason and field not in values


def test_fields_the_page_does_not_have_are_refused() -> None:
    page = PAGES[0]
    got = read(FORM, page, {"R": ["3"], "Z": ["1"], "C": ["a"], "gate:S": ["yes"], "_token": ["x"]})
    assert "C" not in page.fields and set(got.errors) == {"Z", "C", "gate:S"} and got.values == {"R": 3}
    crowd = read(FORM, page, {"R": ["3"], **{f"x{i}": ["1"] for i in range(1000)}})
    assert len(crowd.errors) == 20


def test_text_keeps_words_and_loses_what_cannot_be_seen() -> None:
    assert clean("a\x00b\x1b[31m\u202ec\u2066\ufeff\ud800") == "ab[31mc"
    assert clean("👨‍👩‍👧 ❤️\t끝") == "👨‍👩‍👧 ❤️\t끝"


def test_an_answer_taken_back_is_gone() -> None:
    form = Form(questions=(rating("R"), comment("T")))
    (page,) = flow.pages(form, {})
    assert merged(page, {"R": 2, "T": "옛말", "elsewhere": 1}, read(form, page, {"R": ["3"], "T": [""]})) == {"R": 3, "elsewhere": 1}


def test_a_machine_sends_everything_at_once() -> None:
    got = read_all(FORM, {"R": 2, "C": "a", "M": [2, 1], "T": "좋음", "N": 3.5, "L": 7.0, "H": "느림"})
    assert got.ok and got.values == {"R": 2, "C": "a", "M": [1, 2], "T": "좋음", "N": 3.5, "L": 7, "H": "느림"}
    assert read_all(FORM, {"R": 4, "H": "숨은 값"}).values == {"R": 4}
    assert set(read_all(FORM, {"C": "a"}).errors) == {"R"} and read_all(FORM, {"C": "a"}, partial=True).ok
    wrong = read_all(FORM, {"R": True, "M": [{}], "N": float("nan"), "T": ["a", "b"], "Q": None, "X": 1})
    assert {name: problem.key.rsplit(".")[-1] for name, problem in wrong.errors.items()} == {
        "R": "range", "M": "option", "N": "number", "T": "one", "X": "unknown"}


JUNK = st.one_of(st.text(max_size=8), st.lists(st.one_of(st.text(max_size=8), st.none(), st.integers(), st.binary(max_size=3)), max_size=4),
                 st.none(), st.integers(), st.dictionaries(st.text(max_size=2), st.integers(), max_size=1))


@given(forms(), st.data())
@settings(max_examples=200, deadline=None)
def test_hostile_input_never_raises_and_never_comes_through(form: Form, data: st.DataObject) -> None:
    known = [q.code for q in form.questions] + [f"gate:{s.code}" for s in form.stages]
    raw = data.draw(st.dictionaries(st.one_of(st.sampled_from(known or ["x"]), st.text(max_size=5)), JUNK, max_size=8))
    results = [read(form, page, raw) for page in flow.whole(form)] + [read_all(form, raw), read_all(form, raw, partial=True)]
    for got in results:
        assert not set(got.values) & set(got.errors)
        for name, value in got.values.items():
            assert fits(form, name, value), (name, value)
        for problem in got.errors.values():
            assert i18n.text(problem.key, "ko", **problem.params) and i18n.text(problem.key, "en", **problem.params)


def fits(form: Form, name: str, value: object) -> bool:
    if name.startswith("gate:"):
        return value in ("yes", "no")
    question = form.by_code[name]
    if question.kind == "rating":
        return type(value) is int and question.scale is not None and value in question.scale.points
    if question.kind == "multi":
        return isinstance(value, list) and value == sorted(set(value)) and all(str(v) in question.values for v in value)
    if question.kind == "choice":
        return value in question.values
    return 0 < len(value) <= 2000 if isinstance(value, str) else isinstance(value, int | float)
