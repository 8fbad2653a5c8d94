"""What stands in the way of publishing: each fault once, at its place, in words of both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from cxdash import i18n
from cxdash.survey import templates
from cxdash.survey.check import check, is_publishable
from cxdash.survey.form import Condition, Form, FormQuestion, FormSettings, FormStage, Option
from cxdash.survey.length import Length, longest, minutes, shortest
from cxdash.terms import Scale
from tests.survey.forms import choice, comment, forms, multi, of_factors, rating, stage

OFF = FormSettings(customer=False)
NPS = replace(rating("nps"), measure="recommend", scale=Scale(0, 10))


def form(*questions: FormQuestion, stages: tuple[FormStage, ...] = ()) -> Form:
    return Form(title={"ko": "조사", "en": "Survey"}, stages=stages, questions=(NPS, *questions), settings=OFF)


def found(one: Form) -> set[tuple[str, str, str]]:
    issues = check(one)
    for issue in issues:
        for lang in ("ko", "en"):
            assert i18n.text(issue.key, lang, **issue.params)
    return {(issue.key.removeprefix("form.issue."), issue.where, issue.level) for issue in issues}


@pytest.mark.parametrize("key", list(templates.names()))
def test_templates_can_be_published_as_they_are(key: str) -> None:
    assert check(templates.start(key)) == []


@pytest.mark.parametrize(
    ("question", "issue", "level"),
    [
        (replace(rating("A"), scale=None), "no_scale", "error"),
        (replace(rating("A"), measure="comment"), "measure", "error"),
        (replace(rating("A"), wording={}), "wording", "error"),
        (replace(rating("A"), wording={"ko": "있음", "en": " "}), "wording", "warning"),
        (replace(rating("A"), labels={"ko": {6: "밖"}}), "label_outside", "error"),
        (replace(rating("A"), scale=Scale(0, 100)), "points", "warning"),
        (replace(rating("A"), measure="recommend"), "recommend", "warning"),
        (choice("A", "x"), "options", "error"),
        (choice("A", "x", " y"), "option_value", "error"),
        (choice("A", "x", "x"), "option_double", "error"),
        (replace(multi("A", 2), options=(Option(0, {"ko": "0", "en": "0"}), Option(1, {"ko": "1", "en": "1"}))), "option_number", "error"),
        (replace(choice("A", "x", "y"), options=(Option("x", {}), Option("y", {"ko": "y", "en": "y"}))), "option_label", "error"),
        (rating("A", touchpoint="T"), "place", "error"),
        (rating("A", stage="S", factor="F0"), "place", "error"),
        (rating("A", stage="S", touchpoint="T", factor="F9"), "place", "error"),
        (rating("A", show_if=Condition("gone", "answered")), "condition_unknown", "error"),
        (rating("A", show_if=Condition("A", "answered")), "condition_later", "error"),
        (rating("A", show_if=Condition("Z", "answered")), "condition_later", "error"),
        (rating("A", show_if=Condition("nps", "at_most", (11,))), "condition_values", "error"),
        (rating("A", show_if=Condition("nps", "in", ("x",))), "condition_values", "error"),
        (rating("A", show_if=Condition("nps", "in")), "condition_values", "error"),
        (choice("customer", "existing", "other"), "customer_options", "error"),
    ],
)
def test_one_fault_one_issue(question: FormQuestion, issue: str, level: str) -> None:
    one = form(question, rating("Z"), rating("S", stage="S"), stages=(stage("S", 1),))
    assert found(one) == {(issue, f"question:{question.code}", level)}
    assert is_publishable(one) == (level == "warning")


@pytest.mark.parametrize("code", ["", "한글", "1st", "a b", "a:b", "gate:S", "a/b", "a#1", "x" * 65, "_x"])
def test_codes_are_short_identifiers(code: str) -> None:
    assert ("code", f"question:{code}", "error") in found(form(rating(code)))
    assert ("code", f"stage:{code}", "error") in found(form(stages=(stage(code),)))


def test_codes_are_unique() -> None:
    assert ("double", "question:A", "error") in found(form(rating("A"), rating("A", retired=True)))
    assert ("double", "stage:S", "error") in found(form(stages=(stage("S"), stage("S"))))
    two = stage("S", 1).touchpoints[0]
    assert ("double", "factor:S/F0", "error") in found(form(stages=(replace(stage("S"), touchpoints=(two, replace(two, code="T2"))),)))


def test_the_whole() -> None:
    assert found(Form()) == {("title", "form", "error"), ("empty", "form", "error"), ("no_customer", "form", "error")}
    assert found(form(stages=(stage("S", audience="existing"),))) == {
        ("stage_empty", "stage:S", "warning"), ("audience_unknown", "form", "warning")}
    long = form(*(rating(f"Q{i}") for i in range(120)))
    assert found(long) == {("long", "form", "warning")} and is_publishable(long)
    assert found(replace(form(), questions=(rating("A"),))) == {("no_nps", "form", "warning")}
    assert found(replace(form(), languages=())) == {("languages", "form", "error")}


def test_a_retired_fault_is_no_fault() -> None:
    assert found(form(replace(rating("A", retired=True), scale=None, wording={}))) == set()


@given(forms())
@settings(max_examples=100, deadline=None)
def test_valid_forms_have_no_faults_of_structure(one: Form) -> None:
    texts = {"title", "name", "wording", "option_label", "no_customer", "empty"}
    assert not {issue for issue, _where, level in found(one) if level == "error"} - texts - {"condition_unknown"}


def test_length_follows_the_stated_rule() -> None:
    gated = stage("S", 2, gate=True, audience="existing")
    one = form(comment("T"), comment("R", required=True), multi("M", 3), choice("C", "a", "b"), *of_factors(gated),
               rating("X", show_if=Condition("nps", "at_most", (6,))), stages=(gated,))
    # nps 4, comments 6 + 20, multiple 10 | choice 5 | gate 3 | two factors 8 | one more rating 4; five pages
    assert longest(one) == Length(9, 4 + 6 + 20 + 10 + 5 + 3 + 8 + 4 + 2 * 5)
    assert shortest(one) == Length(5, 4 + 6 + 20 + 10 + 5 + 2 * 2)
    assert minutes(one) == longest(one).seconds / 60
