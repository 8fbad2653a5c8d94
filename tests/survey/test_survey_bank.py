"""Templates and the wording bank: what a journey calls for is proposed once, in both languages, and never over the user's own words."""

from __future__ import annotations

import doctest
import importlib
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from cxdash.errors import NotFound
from cxdash.survey import bank, flow, templates
from cxdash.survey.check import check
from cxdash.survey.document import from_document, to_document
from cxdash.survey.form import FACTOR_MEASURES, GENERAL_MEASURES, KINDS, RATED, Condition, Form, FormSettings
from cxdash.terms import Scale
from tests.survey.forms import forms, rating, stage


def test_the_classic_journeys() -> None:
    ko = {key: [one.name["ko"] for one in templates.journey(key)] for key in templates.names()}
    assert ko["cem"] == ["인지", "탐색", "고려", "구매", "배달", "설치", "사용", "AS", "폐기"]
    assert ko["csm"] == ["구매", "설치", "사용", "AS"] and ko["blank"] == []
    with pytest.raises(NotFound):
        templates.journey("nope")


@pytest.mark.parametrize("key", list(templates.names()))
def test_every_text_is_there_in_both_languages(key: str) -> None:
    form = templates.start(key)
    assert from_document(to_document(form)) == form
    for question in form.questions:
        for texts in (question.wording, *(option.label for option in question.options)):
            assert re.search("[가-힣]", texts["ko"]) and texts["en"].isprintable() and not re.search("[가-힣{}]", texts["en"]), question.code
        if question.scale:
            assert all({question.scale.lo, question.scale.hi} <= set(question.labels[language]) for language in ("ko", "en"))


def test_what_a_journey_calls_for() -> None:
    one = replace(Form(), stages=(stage("S", 2, audience="existing"),), settings=FormSettings((*FACTOR_MEASURES, *GENERAL_MEASURES)))
    made = bank.propose(one)
    assert [q.code for q in made.questions] == [
        "customer", "S.F0", "S.F1", "S.F0.IMP", "S.F1.IMP", "S.F0.EXP", "S.F1.EXP", "S.F0.PERF", "S.F1.PERF", "S.F0.EMO", "S.F1.EMO",
        "S-COMMENT", "overall", "recommend", "repurchase", "switching", "effort", "competitor", "age", "gender", "region",
    ]
    by = made.by_code
    assert by["S.F0"].wording == {"ko": "[T] S0에 얼마나 만족하셨습니까?", "en": "T: how satisfied were you with the S0?"}
    assert (by["S.F0"].scale, by["recommend"].scale, by["effort"].scale) == (Scale(1, 5), Scale(0, 10), Scale(1, 7))
    assert by["recommend"].labels["ko"] == {0: "전혀 추천하지 않겠다", 10: "반드시 추천하겠다"}
    assert by["repurchase"].show_if == Condition("customer", "in", ("existing",)) and by["recommend"].required
    one = by["S.F1.EXP"]
    assert (one.stage, one.touchpoint, one.factor, one.measure) == ("S", "T", "F1", "expectation")
    assert [page.key for page in flow.whole(made)] == ["ask-1", "stage-S", "ask-2", "ask-3"]


def test_places_without_factors_are_asked_about_as_a_whole() -> None:
    bare = replace(stage("B"), touchpoints=())
    made = bank.propose(Form(stages=(stage("S"), bare), settings=FormSettings(("satisfaction",), False)))
    assert [(q.code, q.touchpoint, q.wording["ko"]) for q in made.questions] == [
        ("S-T.SAT", "T", "T에 전반적으로 얼마나 만족하셨습니까?"),
        ("B-.SAT", None, "B 단계에서 경험하신 것에 전반적으로 얼마나 만족하셨습니까?"),
    ]


def test_the_users_words_order_and_retirements_stay() -> None:
    form = templates.start("csm")
    edited = replace(form.by_code["BUY.PRICE"], wording={"ko": "내 문구", "en": "mine"}, scale=Scale(1, 7), retired=True)
    own = rating("MINE", stage="BUY")
    order = (own, *(edited if q.code == "BUY.PRICE" else q for q in reversed(form.questions) if q.code != "overall"))
    more = replace(form.settings, measures=("satisfaction", "importance", "overall"))
    again = bank.propose(replace(form, questions=order, settings=more))
    kept = [q for q in again.questions if q in order]
    assert kept == list(order)
    assert {q.code for q in again.questions} - {q.code for q in order} == {"overall"} | {
        q.code for q in again.questions if q.measure == "importance"}
    assert bank.propose(again) == again


def test_a_new_factor_comes_after_its_neighbour() -> None:
    form = templates.start("csm")
    first = form.stages[0]
    store = first.touchpoints[0]
    more = replace(store, factors=(*store.factors, replace(store.factors[0], code="PARK", name={"ko": "주차", "en": "Parking"})))
    made = bank.propose(replace(form, stages=(replace(first, touchpoints=(more, *first.touchpoints[1:])), *form.stages[1:])))
    codes = [q.code for q in made.questions]
    assert codes[codes.index("BUY.PROCESS") + 1] == "BUY.PARK"
    assert made.by_code["BUY.PARK"].wording == {
        "ko": "[매장·온라인몰] 주차에 얼마나 만족하셨습니까?", "en": "Store and online shop: how satisfied were you with the parking?"}


def test_renaming_rewords_only_what_the_bank_said() -> None:
    form = templates.start("csm")
    mine = replace(form.by_code["USE.EASE"], wording={"ko": "내 문구", "en": "mine"})
    form = replace(form, questions=tuple(mine if q.code == "USE.EASE" else q for q in form.questions))
    renamed = replace(form, stages=tuple(
        replace(s, touchpoints=tuple(replace(t, name={"ko": "기기", "en": "Device"}) for t in s.touchpoints)) if s.code == "USE" else s
        for s in form.stages))
    after = bank.reword(form, renamed).by_code
    assert after["USE.QUALITY"].wording["ko"] == "[기기] 품질에 얼마나 만족하셨습니까?"
    assert after["USE.EASE"].wording["ko"] == "내 문구" and after["BUY.PRICE"] == form.by_code["BUY.PRICE"]


def test_names_are_text_not_templates() -> None:
    odd = replace(stage("S"), name={"ko": "{factor} {} %s {0.__class__}", "en": "}{"})
    made = bank.propose(Form(stages=(odd,), settings=FormSettings(("comment",), False)))
    assert made.questions[0].wording["ko"].startswith("{factor} {} %s {0.__class__} 단계에서")
    assert made.questions[0].wording["en"].startswith("}{:")


@given(forms())
@settings(max_examples=60, deadline=None)
def test_proposing_adds_and_never_alters(form: Form) -> None:
    made = bank.propose(form)
    assert [q for q in made.questions if q.code in form.by_code] == list(form.questions)
    assert set(made.by_code) == set(form.by_code) | {q.code for q in bank.proposed(form)} and bank.propose(made) == made


def test_a_new_question_is_ready_to_be_worded() -> None:
    form = templates.start("csm")
    for kind in KINDS:
        question = bank.fresh(form, kind, stage="BUY")
        more = replace(form, questions=(*form.questions, question))
        assert question.code == "Q1" and not [issue for issue in check(more) if issue.level == "error"]
        assert bank.fresh(more, kind).code == "Q2"
    assert all(bank.standard(measure)[0].lo in bank.standard(measure)[1]["ko"] for measure in RATED)
    assert bank.gate_wording()["ko"] == "이 단계를 경험하셨나요?"


@pytest.mark.parametrize("count,factors", [(29, 4), (29, 117), (100, 1)])
def test_real_programmes_are_proposed_whole(count: int, factors: int) -> None:
    form = Form(stages=tuple(stage(f"S{i}", factors, gate=True) for i in range(count)))
    made = bank.propose(form)
    assert len(made.questions) == 1 + count * (factors + 1) + 9


@pytest.mark.parametrize("module", ["form", "bank", "templates", "changes", "answers"])
def test_examples_in_the_docstrings(module: str) -> None:
    result = doctest.testmod(importlib.import_module(f"cxdash.survey.{module}"))
    assert result.attempted and not result.failed
