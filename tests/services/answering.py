"""A published survey, its links, and respondents who answer it, for tests of collecting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cxdash.services import collecting, questionnaire
from cxdash.services.actor import RESPONDENT
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.submissions import Outcome
from cxdash.store import contacts, links, programs, surveys, waves
from cxdash.store.database import writing
from cxdash.store.surveys import Cell
from cxdash.survey import document
from cxdash.survey.form import Condition, Form, FormFactor, FormQuestion, FormSettings, FormStage, FormTouchpoint, Option
from cxdash.terms import Scale

NOON = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
STEP = 30  # seconds


def texts(word: str) -> dict[str, str]:
    return {"ko": word, "en": f"{word} (en)"}


def form() -> Form:
    """NPS, satisfaction with two stages (delivery only for those who experienced it), multiple choice, a comment, a branch."""
    store = FormTouchpoint("store", texts("매장"), "people", "active", (FormFactor("staff", texts("직원")),))
    stages = (
        FormStage("buy", texts("구매"), touchpoints=(store,)),
        FormStage("ship", texts("배송"), gate=True),
    )
    asked = (
        FormQuestion("nps", "rating", "recommend", texts("추천"), scale=Scale(0, 10), required=True),
        FormQuestion("all", "rating", "overall", texts("전반"), scale=Scale(1, 5)),
        FormQuestion("staff", "rating", "satisfaction", texts("직원 만족"), scale=Scale(1, 7), stage="buy", touchpoint="store", factor="staff"),
        FormQuestion("ship", "rating", "satisfaction", texts("배송 만족"), scale=Scale(1, 7), stage="ship", required=True),
        FormQuestion("used", "multi", "multi", texts("이용"), options=(Option(1, texts("앱")), Option(2, texts("매장")))),
        FormQuestion("why", "text", "comment", texts("의견"), show_if=Condition("nps", "at_most", (6,))),
        FormQuestion("age", "choice", "attribute", texts("나이"), options=(Option("20s", texts("20대")), Option("30s", texts("30대")))),
    )
    return Form(texts("만족도 조사"), stages=stages, questions=asked, thanks=texts("감사합니다"), settings=FormSettings(customer=False))


ANSWERS: Mapping[str, Any] = {"nps": 9, "all": 5, "staff": 6, "gate:ship": "no", "used": [1, 2], "age": "20s"}


@dataclass(frozen=True)
class House:
    """A programme with a published survey and a public link."""

    deps: Deps
    program_id: int
    survey_id: int
    wave_id: int
    token: str


def open_house(deps: Deps, slug: str = "shop", *, quota: tuple[Cell, ...] = ()) -> House:
    with writing(deps.engine) as session:
        program = programs.add_program(session, slug=slug, name=texts("가게"))
        wave = waves.ensure_wave(session, program_id=program.id, code="2026-1")
        programs.tick(session, program_id=program.id)
        made = form()
        survey = surveys.add_survey(session, program_id=program.id, code="s", name=made.title, draft=document.to_document(made))
        coding = questionnaire.register(session, program_id=program.id, form=made, renamed={}, before={})
        questionnaire.ensure_attributes(session, program_id=program.id, keys=["branch"])
        surveys.add_version(session, survey_id=survey.id, document=document.to_document(made), coding=coding)
        surveys.save_round(session, survey_id=survey.id, wave_id=wave.id, quota=quota)
        link = links.add_link(session, survey_id=survey.id, wave_id=wave.id, kind="public", attributes={"branch": "강남"}, channel="qr")
    return House(deps, program.id, survey.id, wave.id, link.token)


def add_link(house: House, kind: str, **values: Any) -> str:
    with writing(house.deps.engine) as session:
        return links.add_link(session, survey_id=house.survey_id, wave_id=house.wave_id, kind=kind, **values).token


def invite(house: House, *keys: str, language: str | None = None) -> dict[str, str]:
    """Contact's key -> personal token."""
    with writing(house.deps.engine) as session:
        link = links.add_link(session, survey_id=house.survey_id, wave_id=house.wave_id, kind="personal")
        rows = [{"key": key, "language": language, "attributes": {"branch": "부산"}} for key in keys]
        ids = contacts.save_contacts(session, program_id=house.program_id, rows=rows)
        invited = contacts.invite(session, link_id=link.id, contact_ids=list(ids.values()))
        tokens = contacts.issue(session, invitation_ids=list(invited.values()))
        return {key: tokens[invited[ids[key]]] for key in keys}


def opened(house: House, token: str | None = None, now: datetime = NOON) -> collecting.Opened:
    return collecting.open_link(house.deps, RESPONDENT, token=house.token if token is None else token, now=now)


def visitor(door: collecting.Opened, secret: str | None = None, now: datetime = NOON, **values: Any) -> Any:
    given = {"language": "ko", "device": "phone", **values}
    return collecting.start_visit(RESPONDENT, opened=door, secret=secret or collecting.new_secret(), now=now, **given)


def answer(
    house: House, writer: Writer, *, token: str | None = None, secret: str | None = None, now: datetime = NOON, **answers: Any
) -> Outcome:
    """One respondent sends everything at once."""
    door = opened(house, token, now)
    who = visitor(door, secret, now)
    sent = collecting.finish(
        RESPONDENT, writer, opened=door, visitor=who, version=door.version, answers={**ANSWERS, **answers}, now=now
    )
    return sent.result(30)
