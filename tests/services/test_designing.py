"""Designing: drafts begun from templates, and edits of two people that both survive."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.services import designing, surveys
from cxdash.services.actor import LOCAL, RESPONDENT, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.programs import add_demo, catalog_of, list_programs
from cxdash.survey import edit, templates
from cxdash.survey.form import Form

KIM, LEE = Actor("kim", RoleName.MARKETER), Actor("lee", RoleName.MARKETER)


def begun(deps: Deps, template: str = "csm") -> designing.Sketch:
    slug, code = designing.begin(deps, KIM, program=None, title={"ko": "가전 조사"}, template=template)
    return designing.sketch(deps, KIM, program=slug, code=code)


def renamed(stage: str, name: str) -> designing.Edit:
    return partial(edit.change_stage, code=stage, name={"ko": name, "en": name})


def test_six_templates_are_offered_with_their_size() -> None:
    offered = {t.key: t for t in designing.offered()}
    assert list(offered) == ["cem", "csm", "store", "online", "hotel", "blank"]
    assert (offered["cem"].stages, offered["csm"].stages, offered["blank"].stages) == (9, 4, 0)
    assert all(t.length.questions > t.factors for t in offered.values())


def test_a_survey_begins_in_a_programme_of_its_own_or_in_one_that_is_there(deps: Deps) -> None:
    first = begun(deps)
    assert (first.program, first.info.code, first.info.state, first.info.rev) == ("가전-조사", "csm", "draft", 1)
    assert first.form == templates.start("csm", {"ko": "가전 조사"})
    assert [p.slug for p in list_programs(deps, KIM)] == ["가전-조사"]
    again = [designing.begin(deps, KIM, program=first.program, title={"en": "B"}, template="csm") for _ in range(2)]
    assert again == [("가전-조사", "csm-2"), ("가전-조사", "csm-3")]
    assert [s.code for s in surveys.list_surveys(deps, KIM, program=first.program)] == ["csm", "csm-2", "csm-3"]
    with pytest.raises(Conflict) as caught:
        designing.begin(deps, KIM, program=None, title={"ko": "  "}, template="csm")
    assert caught.value.key == "design.start.nameless"
    with pytest.raises(Refused):
        designing.begin(deps, RESPONDENT, program=None, title={"ko": "A"}, template="csm")


def test_the_demo_takes_no_survey(lone: Deps) -> None:
    add_demo(lone, LOCAL)
    with pytest.raises(Conflict) as caught:
        designing.begin(lone, KIM, program="demo", title={"ko": "A"}, template="blank")
    assert caught.value.key == "service.import.demo" and not surveys.list_surveys(lone, KIM, program="demo")


def test_every_edit_is_saved_and_what_changes_nothing_is_not(deps: Deps) -> None:
    seen = begun(deps)
    done = designing.change(deps, KIM, seen=seen, edit=renamed("BUY", "계약"))
    assert (done.sketch.info.rev, done.before, done.merged_by) == (2, seen.form, None)
    assert designing.sketch(deps, KIM, program=seen.program, code="csm") == done.sketch
    same = designing.change(deps, KIM, seen=done.sketch, edit=renamed("BUY", "계약"))
    assert same.sketch is done.sketch and designing.head(deps, KIM, program=seen.program, code="csm").rev == 2
    assert designing.head(deps, KIM, program=seen.program, code="nix") is None


def test_two_windows_lose_nothing(deps: Deps) -> None:
    seen = begun(deps)
    designing.change(deps, LEE, seen=seen, edit=renamed("BUY", "계약"))
    mine = designing.change(deps, KIM, seen=seen, edit=renamed("USE", "이용"))
    names = {s.code: s.name["ko"] for s in mine.sketch.form.stages}
    assert (names["BUY"], names["USE"], mine.merged_by) == ("계약", "이용", "lee")
    assert mine.before.stage_of["BUY"].name["ko"] == "계약", "taking back goes to theirs, not behind it"
    with pytest.raises(Conflict) as caught:
        designing.change(deps, LEE, seen=seen, edit=lambda _form: seen.form.__class__(), alone=True)
    assert caught.value.key == "store.survey.changed"


def test_an_edit_of_what_another_window_deleted_is_refused(deps: Deps) -> None:
    seen = begun(deps)
    gone = designing.change(deps, LEE, seen=seen, edit=lambda f: edit.tidy(edit.change_stage(f, "BUY", retired=True)))
    with pytest.raises(NotFound) as caught:
        designing.change(deps, KIM, seen=seen, edit=renamed("BUY", "계약"))
    assert caught.value.key == "design.gone"
    assert designing.sketch(deps, KIM, program=seen.program, code="csm").form == gone.sketch.form


def test_many_at_once_all_arrive(deps: Deps) -> None:
    """Four windows, each adding a stage it alone knows, from the same first revision."""
    seen = begun(deps, "blank")
    failures: list[Exception] = []

    def add(number: int) -> None:
        try:
            designing.change(deps, KIM, seen=seen, edit=lambda f: edit.add_stages(f, [{"ko": f"단계 {number}", "en": f"Stage {number}"}]))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    after = designing.sketch(deps, KIM, program=seen.program, code="blank")
    assert sorted(s.code for s in after.form.stages) == [f"STAGE_{n}" for n in range(4)] and after.info.rev == 5


def test_length_and_issues_follow_the_draft(deps: Deps) -> None:
    seen = begun(deps, "cem")
    assert not seen.is_long and seen.errors == 0
    assert {i.key for i in seen.issues} == {"form.issue.title"}, "the title has no English yet"

    def everything(form: Form) -> Form:
        for measure in ("importance", "expectation", "performance", "emotion"):
            form = edit.set_measure(form, measure, True)
        return form

    long = designing.change(deps, KIM, seen=seen, edit=everything).sketch
    assert long.is_long and long.longest.questions > 2 * seen.longest.questions and long.longest.minutes > 7
    assert "form.issue.long" in {i.key for i in long.issues}


def test_a_draft_is_compared_with_what_is_published(deps: Deps) -> None:
    seen = begun(deps)
    assert designing.compared(seen, None) == designing.Comparison(None, ())
    surveys.publish(deps, KIM, program=seen.program, code="csm", rev=seen.info.rev)
    old = surveys.published(deps, KIM, program=seen.program, code="csm")
    draft = designing.sketch(deps, KIM, program=seen.program, code="csm")
    assert (draft.info.state, draft.info.version) == ("published", 1)
    wording = {"ko": "가격은 다른 회사보다 비쌌습니까?", "en": "Was the price higher than elsewhere?"}
    now = designing.change(deps, KIM, seen=draft, edit=lambda f: edit.change_question(
        edit.change_question(f, "overall", wording=wording), "recommend", required=False)).sketch  # fmt: skip
    found = designing.compared(now, old)
    assert {c.question for c in found.breaking} == {"overall"} and {c.question for c in found.harmless} == {"recommend"}
    assert designing.waves_of(deps, KIM, program=seen.program) == ()
    with pytest.raises(Conflict):
        surveys.publish(deps, KIM, program=seen.program, code="csm", rev=now.info.rev)
    done = surveys.publish(deps, KIM, program=seen.program, code="csm", rev=now.info.rev, wave="2027-1")
    assert done.version == 2 and designing.waves_of(deps, KIM, program=seen.program) == ("2027-1",)


def test_attributes_of_the_bank_have_short_names_in_the_programme(deps: Deps) -> None:
    """Filters say "성별", respondents read the whole sentence; an author's own wording stays."""
    slug, code = designing.begin(deps, LEE, program=None, title={"ko": "짧은 이름", "en": "Short names"}, template="csm")
    seen = designing.sketch(deps, LEE, program=slug, code=code)
    own = {"ko": "사시는 곳", "en": "Your place"}
    seen = designing.change(deps, LEE, seen=seen, edit=lambda f: edit.change_question(f, "region", wording=own)).sketch
    surveys.publish(deps, LEE, program=slug, code=code, rev=seen.info.rev)
    found = {a.key: dict(a.wording) for a in catalog_of(deps, slug).attributes}
    assert found["gender"] == {"ko": "성별", "en": "Gender"} and found["age"]["ko"] == "연령대" and found["region"] == own
    assert seen.form.by_code["gender"].wording["ko"] == "성별을 선택해 주십시오."
