"""Designing a questionnaire: drafts begun from a template, edits that survive somebody else's, what is said about a draft as it grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from cxdash.errors import Conflict
from cxdash.services import surveys
from cxdash.services.access import check_new, program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.register import ensure_program
from cxdash.services.surveys import SurveyInfo
from cxdash.store import waves
from cxdash.store import surveys as stored
from cxdash.store.database import reading, writing
from cxdash.survey import templates
from cxdash.survey.changes import Change, compare
from cxdash.survey.check import ERROR, Issue, check
from cxdash.survey.form import Form
from cxdash.survey.length import Length, longest, shortest

Edit = Callable[[Form], Form]
MOST_TRIES = 5  # times an edit is made again on what others have saved meanwhile


@dataclass(frozen=True)
class Template:
    """A journey to start from, by the size of what it proposes."""

    key: str
    name: Mapping[str, str]
    stages: int
    factors: int
    length: Length


@dataclass(frozen=True)
class Sketch:
    """A draft with everything that is said about it. info.rev goes back with the next edit."""

    program: str
    info: SurveyInfo
    form: Form

    @cached_property
    def issues(self) -> list[Issue]:
        return check(self.form)

    @property
    def errors(self) -> int:
        return sum(issue.level == ERROR for issue in self.issues)

    @cached_property
    def longest(self) -> Length:
        return longest(self.form)

    @cached_property
    def shortest(self) -> Length:
        return shortest(self.form)

    @property
    def is_long(self) -> bool:
        return self.longest.minutes > self.form.settings.minutes


@dataclass(frozen=True)
class Saved:
    """before: the form the edit was made on. merged_by: who had saved since the revision the user saw, or None."""

    sketch: Sketch
    before: Form
    merged_by: str | None = None


@lru_cache(maxsize=1)
def offered() -> tuple[Template, ...]:
    """Every template, in the order to offer them."""
    found = []
    for key, name in templates.names().items():
        form = templates.start(key)
        factors = sum(len(t.factors) for stage in form.stages for t in stage.touchpoints)
        found.append(Template(key, name, len(form.stages), factors, longest(form)))
    return tuple(found)


def begin(deps: Deps, actor: Actor, *, program: str | None, title: Mapping[str, str], template: str) -> tuple[str, str]:
    """A new survey from a template; returns (programme's slug, survey's code).

    program: the slug of the programme it belongs to, or None for a new one called like the survey. Conflict for the demo or an empty title.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    if program is None:
        check_new(actor)
    name = next((text.strip() for text in title.values() if text.strip()), "")
    if not name:
        raise Conflict("design.start.nameless")
    form = templates.start(template, {language: text.strip() for language, text in title.items() if text.strip()})
    with writing(deps.engine) as session:
        number = None if program else ensure_program(session, name, timezone=deps.settings.timezone)
        owner = program_of(session, actor, number or program or "")
        taken = {head.code for head in stored.list_heads(session, program_id=owner.id or 0)}
        slug = owner.slug
    free = (name for name in (template, *(f"{template}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)
    code = next(free)
    surveys.create(deps, actor, program=slug, code=code, form=form)
    return slug, code


def head(deps: Deps, actor: Actor, *, program: str, code: str) -> SurveyInfo | None:
    """The survey without its form: is what a screen holds still the newest? None when it is gone."""
    return next((info for info in surveys.list_surveys(deps, actor, program=program) if info.code == code), None)


def sketch(deps: Deps, actor: Actor, *, program: str, code: str) -> Sketch:
    """The draft as it was last saved."""
    found = surveys.draft(deps, actor, program=program, code=code)
    return Sketch(program, found.info, found.form)


def change(deps: Deps, actor: Actor, *, seen: Sketch, edit: Edit, alone: bool = False) -> Saved:
    """Saves `edit(seen.form)`. When somebody has saved since, the edit is made on theirs instead, so that neither is lost.

    alone: refuse with Conflict in that case (taking back a step would take theirs back too). NotFound when what is edited is gone.
    """
    merged: str | None = None
    for _attempt in range(MOST_TRIES):
        form = edit(seen.form)
        if form == seen.form:
            return Saved(seen, seen.form, merged)
        try:
            rev = surveys.save(deps, actor, program=seen.program, code=seen.info.code, rev=seen.info.rev, form=form)
        except Conflict as conflict:
            if alone or conflict.key != "store.survey.changed":
                raise
            seen = sketch(deps, actor, program=seen.program, code=seen.info.code)
            merged = seen.info.updated_by or "–"
            continue
        info = head(deps, actor, program=seen.program, code=seen.info.code)
        assert info is not None
        return Saved(Sketch(seen.program, replace(info, rev=rev), form), seen.form, merged)
    raise Conflict("store.survey.changed", fix="store.survey.changed.fix", by=merged or "–", rev=seen.info.rev)


@dataclass(frozen=True)
class Comparison:
    """The draft against the newest published form. published: None before the first publication."""

    published: Form | None
    changes: tuple[Change, ...]

    @property
    def breaking(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if not change.harmless)

    @property
    def harmless(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.harmless)


def compared(draft: Sketch, published: Form | None) -> Comparison:
    """What publishing would change; permission was asked for when both were read."""
    return Comparison(published, compare(published, draft.form) if published else ())


def waves_of(deps: Deps, actor: Actor, *, program: str) -> tuple[str, ...]:
    """Codes of the programme's waves, newest last."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        return tuple(wave.code for wave in waves.list_waves(session, program_id=owner.id or 0))
