"""Drafts, versions, waves: what publishing does to the programme, and what it never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.services import collecting, metrics, surveys
from cxdash.services.actor import LOCAL, RESPONDENT, Actor, RoleName
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of, remove_program
from cxdash.store import programs, responses
from cxdash.store import surveys as stored_surveys
from cxdash.store.database import reading, writing
from cxdash.survey.form import Form, FormStage, Option
from cxdash.terms import Scale
from tests.services.answering import ANSWERS, form, texts
from tests.services.making import stored

KIM = Actor("kim", RoleName.MARKETER)
HERE = {"program": "shop", "code": "s"}


@pytest.fixture
def shop(deps: Deps) -> Deps:
    with writing(deps.engine) as session:
        programs.add_program(session, slug="shop", name=texts("가게"))
    surveys.create(deps, KIM, form=form(), **HERE)
    return deps


@pytest.fixture
def writer(shop: Deps) -> Iterator[Writer]:
    made = Writer(shop.engine)
    yield made
    assert made.stop()


def changed(made: Form, code: str, **values: object) -> Form:
    return replace(made, questions=tuple(replace(q, **values) if q.code == code else q for q in made.questions))


def publish(deps: Deps, made: Form | None = None, **options: object) -> surveys.Published:
    rev = surveys.draft(deps, KIM, **HERE).info.rev
    if made is not None:
        rev = surveys.save(deps, KIM, rev=rev, form=made, **HERE)
    return surveys.publish(deps, KIM, rev=rev, **HERE, **options)


def respond(deps: Deps, writer: Writer, token: str, **answers: object) -> None:
    door = collecting.open_link(deps, RESPONDENT, token=token)
    who = collecting.start_visit(RESPONDENT, opened=door, secret=collecting.new_secret(), language="ko", device="phone")
    collecting.finish(RESPONDENT, writer, opened=door, visitor=who, version=door.version, answers={**ANSWERS, **answers}).result(30)


def test_a_draft_is_kept_and_never_overwritten_by_who_did_not_see_it(shop: Deps) -> None:
    first = surveys.draft(shop, KIM, **HERE)
    assert (first.form, first.info.state, first.info.rev, first.info.version) == (form(), "draft", 1, 0)
    mine = changed(first.form, "nps", required=False)
    assert surveys.save(shop, KIM, rev=1, form=mine, **HERE) == 2
    with pytest.raises(Conflict) as caught:
        surveys.save(shop, LOCAL, rev=1, form=first.form, **HERE)
    assert (caught.value.key, caught.value.params) == ("store.survey.changed", {"by": "kim", "rev": 2})
    assert surveys.draft(shop, KIM, **HERE).form == mine
    with pytest.raises(Conflict):
        surveys.create(shop, KIM, form=form(), **HERE)
    with pytest.raises(Refused):
        surveys.draft(shop, RESPONDENT, **HERE)
    with pytest.raises(NotFound):
        surveys.draft(shop, KIM, program="shop", code="t")


def test_publishing_makes_the_programme_know_the_journey_and_the_questions(shop: Deps) -> None:
    done = publish(shop, wave="2026-1")
    assert (done.version, done.wave, done.breaks, done.renamed) == (1, "2026-1", (), {})
    catalog = catalog_of(shop, "shop")
    assert [(s.code, s.name["ko"]) for s in catalog.stages] == [("buy", "구매"), ("ship", "배송")]
    assert [(t.key, t.domain, t.initiative) for t in catalog.touchpoints] == [("buy/store", "people", "active")]
    assert [q.code for q in catalog.questions] == ["nps", "all", "staff", "ship", "used", "why"]
    assert catalog.question("used").options == ("앱", "매장") and catalog.question("staff").factor_id == catalog.factors[0].id
    assert {a.key for a in catalog.attributes} == {"age", "channel", "language", "device", "duration"}
    assert catalog.attribute("age").labels["ko"] == {"20s": "20대", "30s": "30대"}
    assert catalog.primary["nps"] == "nps" and catalog.primary["csat"] == "all"
    [info] = surveys.list_surveys(shop, KIM, program="shop")
    assert (info.state, info.version) == ("published", 1)


def test_a_typo_keeps_the_trend(shop: Deps, writer: Writer) -> None:
    publish(shop, changed(form(), "staff", wording={"ko": "직원에 얼마나 만족하셨읍니까?"}), wave="2026-1")
    _, token = surveys.add_link(shop, KIM, wave="2026-1", kind="public", **HERE)
    respond(shop, writer, token)
    fixed = changed(surveys.draft(shop, KIM, **HERE).form, "staff", wording={"ko": "직원에 얼마나 만족하셨습니까?"})
    done = publish(shop, fixed)
    assert (done.version, done.breaks, done.renamed) == (2, (), {})
    assert catalog_of(shop, "shop").question("staff").wording["ko"].endswith("하셨습니까?")
    assert [w.breaks for w in catalog_of(shop, "shop").waves] == [""]
    respond(shop, writer, token, nps=10)
    with reading(shop.engine) as session:
        first, second = stored_surveys.list_versions(session, survey_id=1)
        assert first.document != second.document and (first.number, second.number) == (1, 2)
    assert metrics.metrics(shop, LOCAL, program="shop").total.responses == 2


def test_another_meaning_marks_the_next_wave(shop: Deps, writer: Writer) -> None:
    publish(shop, wave="2026-1")
    _, token = surveys.add_link(shop, KIM, wave="2026-1", kind="public", **HERE)
    respond(shop, writer, token)
    other = changed(surveys.draft(shop, KIM, **HERE).form, "all", wording={"ko": "가격이 얼마나 적당했습니까?"})
    for wave, key in ((None, "break_needs_wave"), ("2026-1", "break_in_wave")):
        with pytest.raises(Conflict) as caught:
            publish(shop, other, wave=wave)
        assert caught.value.key == f"service.survey.{key}"
    done = publish(shop, other, wave="2026-2")
    assert [c.question for c in done.breaks] == ["all"] and done.renamed == {}
    assert {w.code: w.breaks for w in catalog_of(shop, "shop").waves} == {"2026-1": "", "2026-2": "all"}


def test_another_scale_is_another_question_and_old_answers_keep_their_meaning(shop: Deps, writer: Writer) -> None:
    publish(shop, wave="2026-1")
    _, token = surveys.add_link(shop, KIM, wave="2026-1", kind="public", **HERE)
    respond(shop, writer, token, all=5)
    wider = changed(surveys.draft(shop, KIM, **HERE).form, "all", scale=Scale(1, 7))
    done = publish(shop, wider, wave="2026-2", reason="척도 변경")
    assert done.renamed == {"all": "all_v2"} and catalog_of(shop, "shop").waves[1].breaks == "척도 변경"
    catalog = catalog_of(shop, "shop")
    assert (catalog.question("all").scale.hi, catalog.question("all_v2").scale.hi) == (5, 7)
    assert catalog.primary["csat"] == "all_v2"
    assert surveys.draft(shop, KIM, **HERE).form == surveys.published(shop, KIM, **HERE)
    assert "all_v2" in surveys.draft(shop, KIM, **HERE).form.by_code and surveys.changes(shop, KIM, **HERE) == ()
    _, token = surveys.add_link(shop, KIM, wave="2026-2", kind="public", **HERE)
    respond(shop, writer, token, all_v2=7)
    with reading(shop.engine) as session:
        rows = [json.loads(t) for part in responses.pull(session, program_id=1) for t in part["answers"].to_list()]
    assert [(r.get("all"), r.get("all_v2")) for r in rows] == [(5, None), (None, 7)]


def test_options_keep_their_numbers_in_every_version(shop: Deps, writer: Writer) -> None:
    publish(shop, wave="2026-1")
    before = surveys.draft(shop, KIM, **HERE).form
    options = (Option(3, texts("전화")), Option(2, texts("매 장")), Option(1, texts("앱")))
    done = publish(shop, changed(before, "used", options=options))
    assert done.renamed == {} and catalog_of(shop, "shop").question("used").options == ("앱", "매 장", "전화")
    _, token = surveys.add_link(shop, KIM, wave="2026-1", kind="public", **HERE)
    respond(shop, writer, token, used=[3, 1])
    with reading(shop.engine) as session:
        [row] = [json.loads(t) for part in responses.pull(session, program_id=1) for t in part["answers"].to_list()]
    assert row["used"] == [1, 3]


def test_a_questionnaire_meets_questions_that_an_import_brought(shop: Deps) -> None:
    """The same code with other options, and another kind under the same code: imported answers keep their meaning."""
    from cxdash.store import questions
    from cxdash.store.tables import Question

    with writing(shop.engine) as session:
        questions.save_questions(session, program_id=1, questions=[
            Question(program_id=0, code="used", measure="multi", options=["매장", "우편"], headers=["이용"]),
            Question(program_id=0, code="why", measure="attribute", wording={"ko": "이유"}, headers=["이유"]),
        ])
    done = publish(shop, wave="2026-1")
    catalog = catalog_of(shop, "shop")
    assert catalog.question("used").options == ("매장", "우편", "앱") and done.renamed == {"why": "why_v1"}
    with reading(shop.engine) as session:
        assert stored_surveys.newest_version(session, survey_id=1).coding == {"used": {"1": 3, "2": 1}}


def test_a_retired_stage_is_hidden_and_its_answers_stay(shop: Deps) -> None:
    publish(shop, wave="2026-1")
    before = surveys.draft(shop, KIM, **HERE).form
    stages = (replace(before.stages[1], retired=True), FormStage("use", texts("사용")), before.stages[0])
    publish(shop, replace(before, stages=stages))
    assert [s.code for s in catalog_of(shop, "shop").stages] == ["use", "buy"]
    assert catalog_of(shop, "shop").question("ship").code == "ship"


def test_faulty_changed_and_demo_are_refused(shop: Deps) -> None:
    with pytest.raises(Conflict) as caught:
        publish(shop, replace(form(), questions=()))
    assert caught.value.key == "service.survey.faulty"
    with pytest.raises(Conflict) as caught:
        surveys.publish(shop, KIM, rev=1, **HERE)
    assert caught.value.key == "store.survey.changed"
    with pytest.raises(Conflict) as caught:
        surveys.reopen(shop, KIM, **HERE)
    assert caught.value.key == "service.survey.never_published"


def test_closed_and_reopened(shop: Deps) -> None:
    publish(shop, wave="2026-1")
    _, token = surveys.add_link(shop, KIM, wave="2026-1", kind="public", attributes={"branch": "강남"}, **HERE)
    assert "branch" in {a.key for a in catalog_of(shop, "shop").attributes}
    surveys.close(shop, KIM, **HERE)
    assert collecting.open_link(shop, RESPONDENT, token=token).state == "closed"
    surveys.reopen(shop, KIM, **HERE)
    assert collecting.open_link(shop, RESPONDENT, token=token).state == "open"


def test_removing_the_programme_or_the_survey_leaves_nothing_of_collecting(shop: Deps, writer: Writer, tmp_path: Path) -> None:
    empty = dict.fromkeys(stored(shop), 0)
    publish(shop, wave="2026-1")
    _, token = surveys.add_link(shop, KIM, wave="2026-1", kind="public", **HERE)
    respond(shop, writer, token)
    surveys.delete(shop, KIM, **HERE)
    left = stored(shop)
    assert (left["survey"], left["survey_version"], left["link"], left["visit"], left["round"], left["response"]) == (0, 0, 0, 0, 0, 1)
    surveys.create(shop, KIM, form=form(), **HERE)
    publish(shop, wave="2026-1")
    assert remove_program(shop, LOCAL, program="shop", confirm="shop") == 1
    assert stored(shop) == empty
