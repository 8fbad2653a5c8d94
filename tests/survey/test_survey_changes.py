"""Harmless edits keep the trend, changes of meaning break it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from cxdash.survey import templates
from cxdash.survey.changes import KINDS, Change, breaks, compare, is_typo
from cxdash.survey.form import Condition, Form, FormQuestion, Option
from cxdash.terms import Direction, Scale
from tests.survey.forms import choice, comment, forms, multi, rating, stage

LABELS = {"ko": {1: "매우 불만족", 3: "보통", 5: "매우 만족"}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("직원 응대에 얼마나 만족하셧습니까?", "직원 응대에 얼마나 만족하셨습니까?"),
        ("직원응대에 얼마나 만족 하셨습니까", "직원 응대에 얼마나 만족하셨습니까?"),
        ("추천하실 의향은 어느 정도입니까?", "추천할 의향은 어느 정도입니까?"),
        ("How satisified were you with the store", "How satisfied were you with store?"),
        ("How easy was it…", "How easy was it?"),
        ("Ｈow easy WAS it?", "How easy was it?"),
    ],
)
def test_typos_are_harmless(before: str, after: str) -> None:
    assert is_typo(before, after) and is_typo(after, before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("가격에 얼마나 만족하셨습니까?", "품질에 얼마나 만족하셨습니까?"),
        ("배송에 얼마나 만족하셨습니까?", "배송에 얼마나 불만족하셨습니까?"),
        ("처리하기가 얼마나 쉬웠습니까?", "처리하기가 얼마나 어려웠습니까?"),
        ("지난 3개월 동안 이용하셨습니까?", "지난 6개월 동안 이용하셨습니까?"),
        ("배송에 만족하십니까?", "전반적으로 배송에 만족하십니까?"),
        ("추천하시겠습니까?", "추천하지 않으시겠습니까?"),
        ("How satisfied were you?", "How dissatisfied were you?"),
        ("Would you stay with us?", "Would you not stay with us?"),
        ("How easy was it to order?", "How hard was it to order?"),
        ("How fast was the delivery?", "How fast was the refund?"),
        ("가" * 500, "나" * 500),
    ],
)
def test_other_meanings_are_not(before: str, after: str) -> None:
    assert not is_typo(before, after) and not is_typo(after, before)


def one(before: FormQuestion, after: FormQuestion, **places: object) -> tuple[tuple[str, bool], ...]:
    changes = compare(Form(questions=(before,), **places), Form(questions=(after,), **places))
    assert all(change.question == after.code and change.kind in KINDS for change in changes)
    return tuple((change.kind, change.harmless) for change in changes)


A = replace(rating("A"), wording={"ko": "얼마나 만족하셨습니까?", "en": "How satisfied were you?"}, labels=LABELS)
C = choice("C", "a", "b", "c")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (A, A, ()),
        (A, replace(A, wording={**A.wording, "ko": "얼마나 만족 하셨습니까?"}), (("wording", True),)),
        (A, replace(A, wording={**A.wording, "ko": "얼마나 기쁘셨습니까?"}), (("wording", False),)),
        (A, replace(A, wording={"ko": A.wording["ko"]}), (("wording", True),)),
        (A, replace(A, scale=Scale(1, 7)), (("scale", False),)),
        (A, replace(A, scale=Scale(1, 5, Direction.LOW)), (("direction", False),)),
        (A, replace(A, labels={"ko": {**LABELS["ko"], 3: "그저 그렇다"}}), (("labels", True),)),
        (A, replace(A, labels={"ko": {1: "매우 만족", 3: "보통", 5: "매우 불만족"}}), (("labels", False),)),
        (A, replace(A, labels={"ko": {2: "매우 불만족", 3: "보통", 5: "매우 만족"}}), (("labels", False),)),
        (A, replace(A, measure="overall"), (("measure", False),)),
        (A, comment("A"), tuple((kind, kind == "labels") for kind in ("kind", "measure", "scale", "wording", "wording", "labels"))),
        (A, replace(A, required=True, help={"ko": "도움"}), (("required", True), ("help", True))),
        (A, replace(A, show_if=Condition("B", "answered")), (("condition", False),)),
        (A, replace(A, retired=True), (("retired", True),)),
        (replace(A, retired=True), A, (("restored", True),)),
        (C, choice("C", "a", "b", "c", "d"), (("option_added", True),)),
        (C, choice("C", "a", "b"), (("option_removed", False),)),
        (C, replace(C, options=C.options[::-1]), ()),
        (C, replace(C, options=(replace(C.options[0], label={"ko": "가나다", "en": "a"}), *C.options[1:])), (("option_label", True),)),
    ],
)
def test_what_breaks_the_trend(before: FormQuestion, after: FormQuestion, expected: tuple[tuple[str, bool], ...]) -> None:
    assert one(before, after) == expected


def test_renumbered_options_break() -> None:
    before = multi("M", 3)
    turned = replace(before, options=tuple(Option(4 - int(option.value), option.label) for option in before.options))
    assert set(one(before, turned)) == {("option_meaning", False)}


def test_the_people_asked_are_part_of_the_meaning() -> None:
    q = rating("S.F0", stage="S", touchpoint="T", factor="F0")
    old = Form(stages=(stage("S", 1),), questions=(q, comment("T")))
    gated = replace(old, stages=(stage("S", 1, gate=True),))
    assert compare(old, gated) == (Change("gate", "S.F0", False),) and breaks(compare(old, gated)) == ("S.F0",)
    assert [c.kind for c in compare(old, replace(old, stages=(stage("S", 1, audience="existing"),)))] == ["audience"]
    assert [c.kind for c in compare(old, replace(old, stages=(stage("S", 1, retired=True),)))] == ["retired"]
    elsewhere = replace(old, questions=(replace(q, stage=None), comment("T")))
    assert [(c.kind, c.harmless) for c in compare(old, elsewhere)] == [("place", False)]


def test_removed_is_retired_and_moved_is_named_once() -> None:
    questions = tuple(rating(f"Q{i}") for i in range(6))
    moved = (*questions[1:], questions[0])
    assert compare(Form(questions=questions), Form(questions=moved)) == (Change("order", "Q0", True),)
    changes = compare(Form(questions=questions), Form(questions=(*questions[2:], rating("N"))))
    assert [(c.kind, c.question, c.harmless) for c in changes] == [
        ("added", "N", True), ("retired", "Q0", True), ("retired", "Q1", True)]


@given(forms())
@settings(max_examples=50, deadline=None)
def test_a_form_is_like_itself(form: Form) -> None:
    assert compare(form, form) == ()
    assert all(change.kind == "retired" and change.harmless for change in compare(form, replace(form, questions=())))


def test_every_question_of_the_largest_form() -> None:
    big = Form(questions=tuple(replace(q, code=f"{q.code}.{i}") for i in range(25) for q in templates.start("cem").questions))
    edited = replace(big, questions=tuple(replace(q, wording={k: t + " 아" for k, t in q.wording.items()}) for q in big.questions))
    assert len(breaks(compare(big, edited))) > 1000
