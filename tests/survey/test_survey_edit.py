"""Edits: what they change, what they leave, and that they can be made again on somebody else's draft."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cxdash.errors import NotFound
from cxdash.survey import bank, document, edit, templates
from cxdash.survey.check import is_publishable
from cxdash.survey.flow import asked
from cxdash.survey.form import Form

CSM = templates.start("csm", {"ko": "조사", "en": "Survey"})


def codes(form: Form, stage: str | None = None) -> list[str]:
    return [q.code for q in asked(form) if q.stage == stage]


def test_names_come_one_per_line_from_the_keyboard_or_from_excel() -> None:
    assert edit.lines("구매 | Purchase\n\n  배달\tDelivery \n| Use\n") == [
        {"ko": "구매", "en": "Purchase"}, {"ko": "배달", "en": "Delivery"}, {"en": "Use"},
    ]  # fmt: skip


def test_new_stages_touchpoints_and_factors_bring_their_questions() -> None:
    form = edit.add_stages(CSM, [{"ko": "재구매", "en": "Repeat purchase"}, {"ko": "해지"}], after="BUY")
    assert [s.code for s in form.stages][:3] == ["BUY", "REPEAT_PURCHASE", "S1"]
    assert codes(form, "S1") == ["S1-.SAT", "S1-COMMENT"], "a stage without touchpoints is rated as a whole"
    form = edit.add_touchpoints(form, "S1", [{"ko": "상담", "en": "Call"}])
    form = edit.add_factors(form, "S1", "CALL", [{"ko": "대기 시간", "en": "Waiting time"}, {"ko": "친절"}])
    assert {"S1.WAITING_TIME", "S1.F1"} <= set(codes(form, "S1"))
    assert form.by_code["S1.F1"].touchpoint == "CALL" and "친절" in form.by_code["S1.F1"].wording["ko"]
    assert document.from_document(document.to_document(form)) == form and is_publishable(form)


def test_renaming_renews_the_banks_wording_and_keeps_ones_own() -> None:
    stage = CSM.stages[0]
    first, second = [f.code for t in stage.touchpoints for f in t.factors][:2]
    own = edit.change_question(CSM, f"{stage.code}.{first}", wording={"ko": "내 문항"})
    renamed = edit.change_factor(own, stage.code, first, name={"ko": "새 이름", "en": "New name"})
    renamed = edit.change_factor(renamed, stage.code, second, name={"ko": "둘째 이름", "en": "Second"})
    assert renamed.by_code[f"{stage.code}.{first}"].wording == {"ko": "내 문항"}
    assert "둘째 이름" in renamed.by_code[f"{stage.code}.{second}"].wording["ko"]


def test_questions_follow_the_order_of_factors_and_stages_their_journey() -> None:
    stage = next(s for s in CSM.stages if len(s.touchpoints[0].factors) > 1)
    a, b = (f.code for f in stage.touchpoints[0].factors[:2])
    form = edit.set_measure(CSM, "importance", True)
    form = edit.place_factor(form, stage.code, b, 0)
    here = codes(form, stage.code)
    for suffix in ("", ".IMP"):
        assert here.index(f"{stage.code}.{b}{suffix}") < here.index(f"{stage.code}.{a}{suffix}")
    assert here.index(f"{stage.code}.{a}") < here.index(f"{stage.code}.{b}.IMP"), "each measure keeps its own block"
    moved = edit.place_stage(form, CSM.stages[-1].code, 0)
    assert moved.stages[0].code == CSM.stages[-1].code
    staged = [q.stage for q in asked(moved) if q.stage]
    assert staged[0] == moved.stages[0].code


def test_a_factor_moves_with_its_questions() -> None:
    stage = next(s for s in CSM.stages if len(s.touchpoints) > 1)
    one, other = stage.touchpoints[:2]
    factor = one.factors[0].code
    form = edit.move_factor(CSM, stage.code, factor, other.code)
    found = {t.code: [f.code for f in t.factors] for t in form.stage_of[stage.code].touchpoints}
    assert factor not in found[one.code] and found[other.code][-1] == factor
    assert form.by_code[f"{stage.code}.{factor}"].touchpoint == other.code
    assert sorted(q.code for q in asked(form) if q.factor) == sorted(q.code for q in asked(CSM) if q.factor)


def test_a_touchpoint_moved_to_another_stage_starts_another_trend() -> None:
    a, b = CSM.stages[0], CSM.stages[1]
    touchpoint = a.touchpoints[0]
    own = bank.fresh(CSM, "rating", stage=a.code)
    form = edit.add_question(CSM, replace(own, touchpoint=touchpoint.code))
    moved = edit.move_touchpoint(form, a.code, touchpoint.code, b.code)
    made = moved.stage_of[b.code].touchpoints[-1]
    assert made.name == touchpoint.name and len(made.factors) == len(touchpoint.factors)
    assert not any(q.touchpoint == touchpoint.code for q in asked(moved) if q.stage == a.code)
    assert {f"{b.code}.{f.code}" for f in made.factors} <= set(codes(moved, b.code))
    assert moved.by_code[own.code].stage == b.code and moved.by_code[own.code].touchpoint == made.code
    assert is_publishable(moved)


def test_measures_are_switched_off_without_losing_what_was_worded_or_published() -> None:
    first, second = [q.code for q in CSM.questions if q.measure == "satisfaction"][:2]
    own = edit.change_question(CSM, first, wording={"ko": "고친 문항"})
    off = edit.set_measure(own, "satisfaction", False)
    assert "satisfaction" not in off.settings.measures
    assert off.by_code[first].retired and second not in off.by_code, "nobody worded the second"
    assert edit.set_measure(own, "satisfaction", False, kept=CSM).by_code[second].retired, "it has been published"
    on = edit.set_measure(off, "satisfaction", True)
    assert on.by_code[first].wording == {"ko": "고친 문항"} and set(codes(on)) == set(codes(CSM))
    assert {q.code for q in asked(on)} == {q.code for q in asked(CSM)}
    without = edit.set_measure(CSM, "recommend", False)
    assert "recommend" not in without.by_code
    assert edit.set_measure(without, "recommend", True).by_code["recommend"] == CSM.by_code["recommend"]


def test_the_customer_question_goes_and_comes_back() -> None:
    cem = templates.start("cem")
    assert asked(cem)[0].code == "customer"
    off = edit.set_customer(cem, False)
    assert all(q.code != "customer" for q in asked(off))
    assert asked(edit.set_customer(off, True))[0].code == "customer"
    kept = edit.set_customer(cem, False, kept=cem)
    assert kept.by_code["customer"].retired and not edit.set_customer(kept, True).by_code["customer"].retired


def test_questions_move_within_their_place() -> None:
    general = codes(CSM)
    moved = edit.place_question(CSM, "recommend", 0)
    assert codes(moved)[0] == "recommend" and sorted(codes(moved)) == sorted(general)
    last = edit.place_question(CSM, general[0], 99)
    assert codes(last)[-1] == general[0]
    stage = CSM.stages[0].code
    here = codes(CSM, stage)
    assert codes(edit.place_question(CSM, here[-1], 0), stage) == [here[-1], *here[:-1]]


def test_a_question_of_ones_own_stands_before_the_attributes() -> None:
    form = edit.add_question(CSM, bank.fresh(CSM, "text"))
    general = [q for q in form.questions if q.stage is None]
    new = next(i for i, q in enumerate(general) if q.code == "Q1")
    assert general[new + 1].measure == "attribute" and general[new - 1].measure != "attribute"


def test_tidying_removes_only_what_was_never_published() -> None:
    stage, other = CSM.stages[0].code, CSM.stages[1].code
    form = edit.add_stages(CSM, [{"ko": "새 단계"}])
    form = edit.add_question(form, replace(bank.fresh(form, "choice"), retired=True))
    for code in (stage, "S1"):
        form = edit.change_stage(form, code, retired=True)
    tidied = edit.tidy(form, kept=CSM)
    assert stage in tidied.stage_of and "S1" not in tidied.stage_of and "Q1" not in tidied.by_code
    assert all(q.stage != "S1" for q in tidied.questions) and {q.code for q in CSM.questions} <= set(tidied.by_code)
    assert stage not in edit.tidy(form).stage_of and other in edit.tidy(form).stage_of
    assert is_publishable(tidied)


def test_what_is_gone_is_said_by_its_code() -> None:
    for made in (
        lambda: edit.change_stage(CSM, "NIX", gate=True),
        lambda: edit.change_factor(CSM, "BUY", "NIX", retired=True),
        lambda: edit.move_touchpoint(CSM, "BUY", "NIX", "USE"),
        lambda: edit.change_question(CSM, "NIX", required=True),
    ):
        with pytest.raises(NotFound) as caught:
            made()
        assert (caught.value.key, caught.value.params) == ("design.gone", {"code": "NIX"})
