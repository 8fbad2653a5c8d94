"""Surveys: drafts, published versions, and the round in which a survey collects in a wave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from cxdash.errors import Conflict, NotFound
from cxdash.store.collect_tables import Link, QuotaCount, Round, Survey, SurveyVersion, Visit
from cxdash.store.tables import Response, now
from cxdash.store.text import checked_code, clean, dumps, listed

DRAFT, PUBLISHED, CLOSED = "draft", "published", "closed"
_QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class Cell:
    """One cell of a quota: at most n responses with these attributes (none: everybody)."""

    attributes: Mapping[str, str]
    n: int

    @property
    def segment(self) -> str:
        """What its counter is called."""
        return dumps(dict(sorted(self.attributes.items())))

    def holds(self, attributes: Mapping[str, str]) -> bool:
        return all(attributes.get(key) == value for key, value in self.attributes.items())


def cells(quota: Iterable[Mapping[str, Any]]) -> tuple[Cell, ...]:
    """The quota of a round as it is stored, read."""
    return tuple(Cell(dict(one.get("attributes") or {}), int(one["n"])) for one in quota)


@dataclass(frozen=True)
class Head:
    """A survey without its documents, which are large. version: the newest published one, 0 before the first."""

    id: int
    code: str
    name: Mapping[str, str]
    state: str
    draft_rev: int
    updated_at: datetime
    updated_by: str
    version: int


def list_heads(session: Session, *, program_id: int) -> list[Head]:
    """In the order they were made."""
    newest = select(func.max(SurveyVersion.number)).where(col(SurveyVersion.survey_id) == col(Survey.id)).scalar_subquery()
    query = select(
        Survey.id, Survey.code, Survey.name, Survey.state, Survey.draft_rev, Survey.updated_at, Survey.updated_by, func.coalesce(newest, 0)
    )
    return [Head(*row) for row in session.execute(query.where(col(Survey.program_id) == program_id).order_by(col(Survey.id)))]


def list_surveys(session: Session, *, program_id: int) -> list[Survey]:
    """In the order they were made."""
    return list(session.scalars(select(Survey).where(col(Survey.program_id) == program_id).order_by(col(Survey.id))))


def find_survey(session: Session, *, program_id: int, code: str) -> Survey:
    """By code. NotFound lists the codes of the programme."""
    found = session.scalars(select(Survey).where(col(Survey.program_id) == program_id, col(Survey.code) == code)).first()
    if found is None:
        raise NotFound("store.survey.unknown", name=code, known=listed(s.code for s in list_surveys(session, program_id=program_id)))
    return found


def get_survey(session: Session, survey_id: int) -> Survey:
    """By id; NotFound when there is none."""
    found = session.get(Survey, survey_id)
    if found is None:
        raise NotFound("store.survey.unknown", name=str(survey_id), known=listed(()))
    return found


def add_survey(
    session: Session, *, program_id: int, code: str, name: Mapping[str, str], draft: Mapping[str, Any], by: str = ""
) -> Survey:
    """A new survey as a draft with draft_rev 1. Conflict when the programme has the code."""
    code = checked_code(code)
    if any(s.code == code for s in list_surveys(session, program_id=program_id)):
        raise Conflict("store.survey.exists", code=code)
    made = Survey(program_id=program_id, code=code, name=dict(name), draft=dict(draft), draft_rev=1, updated_by=clean(by))
    session.add(made)
    session.flush()
    return made


def save_draft(session: Session, *, survey_id: int, rev: int, draft: Mapping[str, Any], name: Mapping[str, str], by: str = "") -> int:
    """Replaces the draft when it still is revision `rev`; returns the new revision. Conflict when somebody saved meanwhile."""
    changed = session.scalar(
        update(Survey)
        .where(col(Survey.id) == survey_id, col(Survey.draft_rev) == rev)
        .values(draft=dict(draft), name=dict(name), draft_rev=rev + 1, updated_at=now(), updated_by=clean(by))
        .returning(Survey.draft_rev),
        execution_options=_QUIET,
    )
    if changed is None:
        found = get_survey(session, survey_id)
        session.refresh(found)
        raise Conflict("store.survey.changed", fix="store.survey.changed.fix", by=found.updated_by or "–", rev=found.draft_rev)
    return int(changed)


def set_state(session: Session, *, survey_id: int, state: str) -> None:
    """draft, published or closed."""
    found = get_survey(session, survey_id)
    found.state, found.updated_at = state, now()
    session.flush()


def delete_survey(session: Session, *, survey_id: int) -> None:
    """The survey with its versions, links and visits. Responses stay: they belong to the programme."""
    session.execute(delete(Visit).where(col(Visit.link_id).in_(select(Link.id).where(col(Link.survey_id) == survey_id))))
    session.delete(get_survey(session, survey_id))
    session.flush()


def add_version(
    session: Session,
    *,
    survey_id: int,
    document: Mapping[str, Any],
    coding: Mapping[str, Mapping[str, int]],
    breaks: Sequence[Any] = (),
    by: str = "",
) -> SurveyVersion:
    """The next version, and the survey is published. Collision (a database error) when two publish at once."""
    newest = newest_version(session, survey_id=survey_id)
    made = SurveyVersion(
        survey_id=survey_id,
        number=newest.number + 1 if newest else 1,
        document=dict(document),
        coding={code: dict(numbers) for code, numbers in coding.items()},
        breaks=list(breaks),
        published_by=clean(by),
    )
    session.add(made)
    set_state(session, survey_id=survey_id, state=PUBLISHED)
    return made


def newest_version(session: Session, *, survey_id: int) -> SurveyVersion | None:
    """The version that new visits get; None before the first was published."""
    query = select(SurveyVersion).where(col(SurveyVersion.survey_id) == survey_id).order_by(col(SurveyVersion.number).desc()).limit(1)
    return session.scalars(query).first()


def list_versions(session: Session, *, survey_id: int) -> list[SurveyVersion]:
    """Oldest first."""
    return list(
        session.scalars(select(SurveyVersion).where(col(SurveyVersion.survey_id) == survey_id).order_by(col(SurveyVersion.number)))
    )


def get_version(session: Session, version_id: int) -> SurveyVersion:
    """By id; NotFound when there is none."""
    found = session.get(SurveyVersion, version_id)
    if found is None:
        raise NotFound("store.survey.unknown", name=str(version_id), known=listed(()))
    return found


def ensure_round(session: Session, *, survey_id: int, wave_id: int) -> Round:
    """The survey's round in a wave, made open and without quota when there is none."""
    found = session.scalars(select(Round).where(col(Round.survey_id) == survey_id, col(Round.wave_id) == wave_id)).first()
    if found is None:
        found = Round(survey_id=survey_id, wave_id=wave_id)
        session.add(found)
        session.flush()
    return found


def list_rounds(session: Session, *, survey_id: int) -> list[Round]:
    """In the order they were made."""
    return list(session.scalars(select(Round).where(col(Round.survey_id) == survey_id).order_by(col(Round.id))))


def save_round(
    session: Session,
    *,
    survey_id: int,
    wave_id: int,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    quota: Iterable[Cell] = (),
    languages: Sequence[str] | None = None,
) -> Round:
    """Sets times, quota and languages. The quota's counters are counted anew from what the round has collected."""
    found = ensure_round(session, survey_id=survey_id, wave_id=wave_id)
    wanted = {cell.segment: cell for cell in quota}
    found.opens_at, found.closes_at = opens_at, closes_at
    found.quota = [{"attributes": dict(cell.attributes), "n": cell.n} for cell in wanted.values()]
    found.languages = list(languages) if languages else None
    session.flush()
    recount(session, found)
    return found


def save_round_texts(session: Session, round_: Round, *, texts: Mapping[str, Mapping[str, str]], by: str = "") -> bool:
    """From now on the round says this instead of what the form says; what it said before is kept. False when it says so already."""
    wanted, said = {part: dict(words) for part, words in texts.items() if words}, dict(round_.texts or {})
    if wanted == said:
        return False
    round_.texts_before = [*(round_.texts_before or ()), {"until": now().isoformat(), "by": clean(by), "texts": said}]
    round_.texts = wanted or None
    session.flush()
    return True


def recount(session: Session, round_: Round) -> None:
    """Counts the responses of a round into the counters of its quota. Call behind the programme's clock (`programs.tick`)."""
    session.execute(delete(QuotaCount).where(col(QuotaCount.round_id) == round_.id), execution_options=_QUIET)
    wanted = cells(round_.quota)
    if not wanted:
        return
    visited = (
        select(Visit.response_id)
        .join(Link, col(Link.id) == col(Visit.link_id))
        .where(col(Link.survey_id) == round_.survey_id, col(Link.wave_id) == round_.wave_id, col(Visit.response_id).is_not(None))
    )
    found = list(session.scalars(select(Response.attributes).where(col(Response.id).in_(visited))))
    for cell in wanted:
        session.add(QuotaCount(round_id=round_.id or 0, segment=cell.segment, n=sum(cell.holds(attributes) for attributes in found)))
    session.flush()


def counted(session: Session, *, round_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Round -> segment -> responses so far."""
    found: dict[int, dict[str, int]] = {key: {} for key in round_ids}
    query = select(QuotaCount.round_id, QuotaCount.segment, QuotaCount.n).where(col(QuotaCount.round_id).in_(list(round_ids)))
    for round_id, segment, n in session.execute(query):
        found[round_id][segment] = n
    return found


def bump(session: Session, *, round_id: int, segments: Mapping[str, int]) -> None:
    """Adds to the counters. Call behind the programme's clock: two processes must not both take the last place."""
    for segment, more in segments.items():
        query = update(QuotaCount).where(col(QuotaCount.round_id) == round_id, col(QuotaCount.segment) == segment)
        session.execute(query.values(n=QuotaCount.n + more), execution_options=_QUIET)


def responses_of(session: Session, *, survey_id: int, wave_id: int) -> int:
    """Finished visits of the survey in a wave."""
    query = select(func.count()).select_from(Visit).join(Link, col(Link.id) == col(Visit.link_id))
    here = (col(Link.survey_id) == survey_id, col(Link.wave_id) == wave_id, col(Visit.state) == "finished")
    return int(session.scalar(query.where(*here)) or 0)
