"""A response sent by a machine: checked as strictly as a respondent's page, coded, and handed to the writer.

The questions are those of a published survey; a programme without one takes answers to its own questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict, NotFound
from cxdash.services.access import catalog_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.collecting import Version, version_of
from cxdash.services.deps import Deps
from cxdash.services.machines import Machine
from cxdash.services.personal import registry
from cxdash.services.questionnaire import coded, governed
from cxdash.services.submissions import Post, Said
from cxdash.store import keys, responses, surveys
from cxdash.store.collect_tables import Survey
from cxdash.store.database import reading
from cxdash.store.text import CODE_MAX
from cxdash.store.tokens import new_token
from cxdash.survey import flow
from cxdash.survey.answers import clean, read_all
from cxdash.survey.form import Form, FormQuestion, Option
from cxdash.terms import Measure

SOURCE = "api"
FIELDS = ("program", "survey", "wave", "respondent", "at", "attributes", "answers", "partial")
RESPONDENT_MAX = 200
FIRST = datetime(1990, 1, 1, tzinfo=UTC)  # of a response's time
AHEAD = timedelta(days=1)  # clocks differ, and so do time zones


@dataclass(frozen=True)
class Fault:
    """Why something was not taken. at: JSON pointer into the body, or the name of a parameter. key, params: the reason."""

    at: str
    key: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """An idempotency key with the hash of the body it came with."""

    word: str
    body_hash: str


@dataclass(frozen=True)
class Stored:
    """A response that is stored. respondent: the caller's, or one made for it."""

    id: int
    wave: str
    respondent: str


@dataclass(frozen=True)
class Prepared:
    """What the writer takes; `stored(id)` is the answer then."""

    item: Post
    wave: str

    def stored(self, response_id: int) -> Stored:
        return Stored(response_id, self.wave, self.item.said.respondent or "")


@dataclass(frozen=True)
class Target:
    """What a machine may answer. survey: code, None for the programme's own questions. extra: attributes beside the form's questions."""

    catalog: Catalog
    survey: str | None
    version: Version
    wave_id: int | None  # where answers go that do not say
    extra: frozenset[str]

    @property
    def form(self) -> Form:
        return self.version.form


def body_hash(body: bytes) -> str:
    return sha256(body).hexdigest()


def earlier(deps: Deps, actor: Actor, *, machine: Machine, request: Request) -> Stored | None:
    """What the same idempotency key led to before; None when it is new.

    Conflict: "service.collect.other_body"; NotFound "api.problem.erased" when the response was erased since.
    """
    require(actor, Permission.RESPOND)
    with reading(deps.engine) as session:
        pair = (machine.key_id, request.word)
        before = keys.earlier(session, requests=[pair]).get(pair)
        if before is None:
            return None
        if before.body_hash != request.body_hash:
            raise Conflict("service.collect.other_body", name=request.word)
        found = responses.documents(session, ids=[before.response_id or 0], program_id=machine.program_id)
    if found.is_empty():
        raise NotFound("api.problem.erased")
    row = found.row(0, named=True)
    waves = {wave.id: wave.code for wave in catalog_of(deps, actor, machine.program).waves}
    return Stored(row["id"], waves.get(row["wave_id"], ""), row["respondent"] or "")


def targets(deps: Deps, actor: Actor, *, machine: Machine) -> tuple[Target, ...]:
    """What the key may send answers to: every published survey; the programme's own questions where there is none."""
    require(actor, Permission.SEE_FIGURES)
    return _targets(deps, actor, machine)


def prepare(
    deps: Deps, actor: Actor, *, machine: Machine, body: Mapping[str, Any], request: Request | None = None, now: datetime | None = None
) -> Prepared | tuple[Fault, ...]:
    """The item for the writer, or everything that is wrong with the body at once.

    body: program, survey, wave, respondent, at, attributes, answers, partial; all but answers may be left out. Conflict when nothing
    may be sent to the programme now: it is the demo, or its surveys are closed.
    """
    require(actor, Permission.RESPOND)
    at = now or datetime.now(UTC)
    faults = _shape(body, at)
    found = _targets(deps, actor, machine)
    target = _target(found, body.get("survey"), faults)
    if target is None:
        return tuple(faults)
    wave_id, wave = _wave(target, body.get("wave"), faults)
    raw, extra, partial = _sorted(target, body, faults)
    got = read_all(target.form, raw, partial=partial)
    faults += [Fault(_pointer(body, name), problem.key, problem.params) for name, problem in got.errors.items()]
    if faults:
        return tuple(faults)
    attributes, answers = coded(target.form, flow.kept(target.form, got.values), target.version.coding)
    if not answers and not attributes:
        return (Fault("/answers", "service.collect.empty"),)
    whole = target.survey is not None and not partial
    codes = governed(target.form, extra) if whole else tuple(sorted({*raw, *extra}))
    said = Said(
        machine.program_id, wave_id, SOURCE, {**extra, **attributes}, answers, codes, _moment(body.get("at")) or at,
        _respondent(machine, body, request), registry(target.catalog),
    )  # fmt: skip
    return Prepared(Post(said, (machine.key_id, request.word, request.body_hash) if request else None), wave)


# ---------------------------------------------------------------- where answers go


def _targets(deps: Deps, actor: Actor, machine: Machine) -> tuple[Target, ...]:
    catalog = catalog_of(deps, actor, machine.program, whole=True)
    if catalog.demo:
        raise Conflict("service.import.demo")
    with reading(deps.engine) as session:
        rows = surveys.list_surveys(session, program_id=catalog.id)
        found = tuple(made for row in rows if row.state == surveys.PUBLISHED and (made := _of_survey(deps, session, catalog, row)))
    if found:
        return found
    if any(row.state == surveys.CLOSED for row in rows):
        raise Conflict("api.problem.closed")
    own = _own_form(catalog)
    newest = catalog.waves[-1].id if catalog.waves else None
    return (Target(catalog, None, Version(None, 0, own), newest, frozenset()),)


def _of_survey(deps: Deps, session: Session, catalog: Catalog, row: Survey) -> Target | None:
    newest = surveys.newest_version(session, survey_id=row.id or 0)
    if newest is None:
        return None
    version = version_of(deps.engine, session, newest.id or 0)
    rounds = surveys.list_rounds(session, survey_id=row.id or 0)
    wave_id = rounds[-1].wave_id if rounds else catalog.waves[-1].id if catalog.waves else None
    asked = {q.code for q in version.form.questions}
    return Target(catalog, row.code, version, wave_id, frozenset(a.key for a in catalog.attributes if a.key not in asked))


def _own_form(catalog: Catalog) -> Form:
    """The programme's own questions as a form without pages or conditions, so that one reader checks both."""
    asked = [_own(question) for question in catalog.questions if question.scale or question.options or question.measure is Measure.COMMENT]
    attributes = [FormQuestion(a.key, "text", Measure.ATTRIBUTE.value, a.wording) for a in catalog.attributes]
    return Form(catalog.name, questions=(*asked, *attributes))


def _own(question: QuestionInfo) -> FormQuestion:
    kind = "rating" if question.scale else "multi" if question.options else "text"
    options = tuple(Option(number, {"ko": text}) for number, text in enumerate(question.options, 1) if text)
    return FormQuestion(question.code, kind, question.measure.value, question.wording, scale=question.scale, options=options)


def _target(found: tuple[Target, ...], named: object, faults: list[Fault]) -> Target | None:
    if named is None:
        if len(found) == 1:
            return found[0]
        faults.append(Fault("/survey", "api.problem.which", {"known": ", ".join(str(t.survey) for t in found)}))
        return None
    match = next((t for t in found if t.survey is not None and t.survey == named), None)
    if match is None and isinstance(named, str):
        known = ", ".join(t.survey for t in found if t.survey) or "–"
        faults.append(Fault("/survey", "api.problem.unknown_value", {"known": known}))
    return match


def _wave(target: Target, named: object, faults: list[Fault]) -> tuple[int, str]:
    """Id and code. A wave is never made here: a misspelt one would split the figures."""
    known = {wave.code: wave.id for wave in target.catalog.waves}
    if named is None:
        code = next((code for code, number in known.items() if number == target.wave_id), None)
        if code is not None:
            return known[code], code
        faults.append(Fault("/wave", "api.problem.required"))
    elif isinstance(named, str):
        if named in known:
            return known[named], named
        faults.append(Fault("/wave", "api.problem.unknown_value", {"known": ", ".join(known) or "–"}))
    return 0, ""


# ---------------------------------------------------------------- what was sent


def _shape(body: Mapping[str, Any], now: datetime) -> list[Fault]:
    """Faults of the body's own members."""
    known = {"known": ", ".join(FIELDS)}
    faults = [Fault(f"/{escaped(name[:80])}", "api.problem.unknown_member", known) for name in body if name not in FIELDS]
    for name in ("program", "survey", "wave", "respondent", "at"):
        value = body.get(name)
        if name in body and (not isinstance(value, str) or not value.strip() or clean(value) != value):
            faults.append(Fault(f"/{name}", "api.problem.text"))
        elif isinstance(value, str) and len(value) > RESPONDENT_MAX:
            faults.append(Fault(f"/{name}", "api.problem.long", {"most": RESPONDENT_MAX}))
    if isinstance(body.get("at"), str):
        moment = _moment(body["at"])
        if moment is None:
            faults.append(Fault("/at", "api.problem.moment"))
        elif not FIRST <= moment <= now + AHEAD:
            faults.append(Fault("/at", "api.problem.moment_range"))
    for name in ("answers", "attributes"):
        if not isinstance(body.get(name, {}), Mapping):
            faults.append(Fault(f"/{name}", "api.problem.object"))
    if "answers" not in body:
        faults.append(Fault("/answers", "api.problem.required"))
    if not isinstance(body.get("partial", False), bool):
        faults.append(Fault("/partial", "api.problem.switch"))
    return faults


def _sorted(target: Target, body: Mapping[str, Any], faults: list[Fault]) -> tuple[dict[str, Any], dict[str, str], bool]:
    """(answers to the form, attributes beside it, partial). An attribute the form asks for may come under either name."""
    answers, attributes = (body.get(name) if isinstance(body.get(name), Mapping) else {} for name in ("answers", "attributes"))
    asked = target.form.by_code
    raw: dict[str, Any] = {}
    extra: dict[str, str] = {}
    for name, value in attributes.items():
        if name in answers:
            faults.append(Fault(_pointer(body, name), "api.problem.twice"))
        elif name in asked and asked[name].measure == Measure.ATTRIBUTE:
            raw[name] = value
        elif name in target.extra:
            _attribute(body, name, value, extra, faults)
        else:
            faults.append(Fault(_pointer(body, name), "form.answer.unknown", {"field": clean(name[:80])}))
    for name, value in answers.items():
        if name.startswith("_") and name not in asked:  # the reader passes over them: pages have names of their own
            faults.append(Fault(_pointer(body, name), "form.answer.unknown", {"field": clean(name[:80])}))
        elif name in target.extra:
            _attribute(body, name, value, extra, faults)
        else:
            raw[name] = value
    return raw, extra, body.get("partial") is True


def _attribute(body: Mapping[str, Any], name: str, value: object, extra: dict[str, str], faults: list[Fault]) -> None:
    if value is None:
        return
    text = clean(value) if isinstance(value, str) else str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    if not text:
        faults.append(Fault(_pointer(body, name), "api.problem.text"))
    elif len(text) > CODE_MAX:
        faults.append(Fault(_pointer(body, name), "api.problem.long", {"most": CODE_MAX}))
    else:
        extra[name] = text


def _pointer(body: Mapping[str, Any], name: str) -> str:
    attributes = body.get("attributes")
    under = "attributes" if isinstance(attributes, Mapping) and name in attributes else "answers"
    return f"/{under}/{escaped(name[:80])}"


def escaped(name: str) -> str:
    """A name as part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _moment(text: object) -> datetime | None:
    """RFC 3339 with its offset; None when it is not."""
    if not isinstance(text, str) or len(text) < 19:
        return None
    try:
        read = datetime.fromisoformat(text.upper())
        return read.astimezone(UTC) if read.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _respondent(machine: Machine, body: Mapping[str, Any], request: Request | None) -> str:
    """The caller's; else one that the same request always gets; else a random one."""
    named = body.get("respondent")
    if isinstance(named, str):
        return named
    return "a-" + (sha256(f"{machine.key_id} {request.word}".encode()).hexdigest()[:32] if request else new_token())
