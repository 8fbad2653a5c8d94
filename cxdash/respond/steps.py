"""What was sent from a page: refused with the reason, kept as a draft, or finished. Nothing is acknowledged before its commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cxdash.errors import Conflict, CxError, Unavailable
from cxdash.respond.desk import Desk
from cxdash.respond.screen import Notice, Sent
from cxdash.respond.way import OVER, WELCOME, Way
from cxdash.services import collecting
from cxdash.services.actor import RESPONDENT
from cxdash.survey import answers as reading, flow
from cxdash.survey.answers import Problem
from cxdash.survey.flow import Page


@dataclass(frozen=True)
class Step:
    """Where it led. go: the path to go on with, below the link's ("" is the link itself). Else the page is shown again with `sent`.

    trial: the answers of a trial, for its cookie. status: of the page shown again.
    """

    go: str | None = None
    sent: Sent = field(default_factory=Sent)
    status: int = 422
    trial: Mapping[str, Any] | None = None


LIMITED = "respond.limited.text"


def refused(way: Way, key: str, status: int, **params: object) -> Step:
    """The page again with everything that was sent, and a sentence above it."""
    return Step(sent=Sent(raw=way.asked.raw, notice=Notice(key, "error", params)), status=status)


def objection(desk: Desk, way: Way, page: str) -> Step | datetime:
    """Why this form cannot be taken at all; else when it was made."""
    asked = way.asked
    visitor = "" if way.new else way.secret
    if not desk.limits.allow(asked.token, visitor, asked.address):
        return refused(way, LIMITED, 429)
    issued = way.issued or desk.signer.issued(asked.one("_stamp"), *way.about(page), now=datetime.now(UTC))
    if issued is None:  # forged, of another version, or without our cookie: it is signed anew, and a person presses once more
        return refused(way, "respond.cookies" if way.new else "respond.stale", 409)
    if asked.one("_homepage"):
        return refused(way, "respond.robot", 422)
    return issued


async def start(desk: Desk, way: Way) -> Step:
    """From the welcome page: the visit begins."""
    found = objection(desk, way, WELCOME)
    if isinstance(found, Step):
        return found
    first = way.pages[0] if way.pages else None
    if first is None:
        return Step(go="")
    way = way.started(datetime.now(UTC))
    if not way.is_trial and way.visitor is not None:
        try:
            way = replace(way, visitor=replace(way.visitor, consent=await desk.agreed(way.form, way.language)))
        except CxError as error:
            return _in_the_way(way, error)
    return await _save(desk, way, way.answers, first, reached="")


async def sent(desk: Desk, way: Way, page: Page) -> Step:
    """From a page of the questionnaire: on, back, or the same page in another language."""
    found = objection(desk, way, page.key)
    if isinstance(found, Step):
        return found
    way = way.started(found)
    got = reading.read(way.form, page, way.asked.raw, way.answers)
    answers = reading.merged(page, way.answers, got)
    if way.asked.one("_lang"):
        return await _turn(desk, way, page, answers)
    if way.asked.one("_go") == "back":
        return await _save(desk, way, answers, way.before(page.key) or page, reached=_reached(page))
    if got.errors:
        return Step(sent=Sent(raw=way.asked.raw, errors=got.errors))
    after = way.after_these(page.key, answers)
    if after is not None:
        return await _save(desk, way, answers, after, reached=_reached(page))
    return await _finish(desk, way, answers, page)


async def _turn(desk: Desk, way: Way, page: Page, answers: Mapping[str, Any]) -> Step:
    """Another language: what was answered is kept, and what could not be read yet stays on the screen."""
    saved = await _save(desk, way, answers, page, reached="")
    return replace(saved, go=None, sent=Sent(raw=way.asked.raw), status=200) if saved.go is not None else saved


async def _save(desk: Desk, way: Way, answers: Mapping[str, Any], to: Page, *, reached: str) -> Step:
    assert way.visitor is not None
    if way.is_trial:
        return Step(go=f"/p/{to.key}", trial=answers)
    try:
        done = await desk.committed(
            collecting.save_page(
                RESPONDENT, desk.taker, opened=way.opened, visitor=way.visitor, answers=answers, at_page=to.key, reached=reached
            )
        )
    except CxError as error:
        return _in_the_way(way, error)
    return Step(go="/done" if done.state == "finished" else f"/p/{to.key}")


async def _finish(desk: Desk, way: Way, answers: Mapping[str, Any], page: Page) -> Step:
    assert way.visitor is not None and way.version is not None
    missing = flow.unanswered(way.form, answers)
    if missing:  # another tab took an answer back, or an earlier page was skipped by its address
        held = next((one for one in way.with_answers(answers).pages if set(missing) & set(one.fields)), None)
        saved = await _save(desk, way, answers, held or page, reached=_reached(page))
        return replace(saved, go=f"{saved.go}?missing=1") if saved.go and saved.go != "/done" else saved
    try:
        future = collecting.finish(
            RESPONDENT, desk.taker, opened=way.opened, visitor=way.visitor, version=way.version, answers=answers, reached=_reached(page)
        )
        done = await desk.committed(future)
    except CxError as error:
        return not_taken(way, error)
    return Step(go="" if done.state == OVER else "/done", trial={} if way.is_trial else None)


def not_taken(way: Way, error: CxError) -> Step:
    """Why answers that were to be the last were not stored."""
    if error.key == LIMITED:
        return refused(way, LIMITED, 429)
    if isinstance(error, Conflict):
        return refused(way, "respond.empty" if error.key == "service.collect.empty" else "respond.stale", 422)
    return _in_the_way(way, error)


def _in_the_way(way: Way, error: CxError) -> Step:
    """Locked, full, gone, or something nobody thought of: nothing was stored, the answers stay on the screen."""
    return refused(way, "respond.not_saved", 503 if isinstance(error, Unavailable) else 500)


def missing_on(way: Way, page: Page) -> Sent:
    """The errors of a page that was passed by."""
    gaps = set(flow.unanswered(way.form, way.answers)) & set(page.fields)
    return Sent(errors={name: Problem("form.answer.required") for name in page.fields if name in gaps})


def _reached(page: Page) -> str:
    """The last question of a page, for where people stop."""
    return page.fields[-1] if page.fields else ""
