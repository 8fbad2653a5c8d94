"""A confirmed mapping meets its programme: programme, wave, stages and questions are found or made, options keep their numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlmodel import Session

from cxdash.errors import Conflict, FileMapping
from cxdash.ingest.plan import Column, Mapping
from cxdash.services.catalog import Catalog, load_catalog, plain
from cxdash.store import journeys, programs, questions, tables, waves
from cxdash.terms import Measure, Role, Scale

STORED = (Role.RATING, Role.MULTI, Role.COMMENT, Role.ATTRIBUTE)


@dataclass(frozen=True)
class Registered:
    """Where the rows of an import go. new: codes of questions the programme did not have before."""

    program_id: int
    slug: str
    wave_id: int
    wave: str
    new: tuple[str, ...]


def slug_of(name: str) -> str:
    """A short name for links and the command line; Korean letters stay.

    >>> slug_of(" 수원시 사회조사 2017 ")
    '수원시-사회조사-2017'
    """
    return re.sub(r"[^\w.]+", "-", plain(name)).strip("-")[:60] or "program"


def language_of(text: str) -> str:
    """The catalogue language a wording is filed under: Korean when it has Hangul, else English."""
    return "ko" if re.search(r"[가-힣]", text) else "en"


def find(session: Session, name: str) -> tables.Program | None:
    """The programme with this slug or name, or None."""
    wanted = plain(name)
    for row in programs.list_programs(session):
        if row.slug == name or wanted in {plain(row.slug), *(plain(text) for text in row.name.values())}:
            return row
    return None


def agree(catalog: Catalog | None, mapping: Mapping) -> Mapping:
    """The mapping with option numbers of multi-response questions as the programme stores them; new options come after.

    FileMapping when two stored columns share a code. Conflict when a rating's scale differs from the stored question's.
    """
    seen: dict[str, Column] = {}
    for column in mapping.columns:
        if column.role in STORED and column.group is None:
            if column.code in seen:
                raise FileMapping("service.mapping.double_code", code=column.code, first=seen[column.code].header, second=column.header)
            seen[column.code] = column
    if catalog is None:
        return mapping
    return replace(mapping, columns=tuple(_agreed(catalog, column) for column in mapping.columns))


def _agreed(catalog: Catalog, column: Column) -> Column:
    stored = next((q for q in catalog.questions if q.code == column.code), None)
    if stored is None or column.role not in STORED:
        return column
    if column.role is Role.RATING:
        _same_scale(stored.scale, column)
    if column.role is Role.MULTI and column.codes:
        numbers = {text: i for i, text in enumerate(stored.options, start=1)}
        for text in sorted(column.codes, key=lambda t: str(column.codes[t])):
            numbers.setdefault(text, len(numbers) + 1)
        return replace(column, codes={text: numbers[text] for text in column.codes})
    return column


def _same_scale(stored: Scale | None, column: Column) -> None:
    if stored is None or column.scale is None:
        raise Conflict("service.mapping.kind_differs", code=column.code, header=column.header)
    if (stored.lo, stored.hi, stored.direction) != (column.scale.lo, column.scale.hi, column.scale.direction):
        raise Conflict("service.mapping.scale_differs", fix="service.mapping.scale_differs.fix", code=column.code, header=column.header,
                       stored=f"{stored.lo}–{stored.hi}", found=f"{column.scale.lo}–{column.scale.hi}")


def register(session: Session, mapping: Mapping, *, program: str, wave: str, timezone: str) -> Registered:
    """Find or make the programme, the wave, the stages and the questions of a mapping, in the session's transaction."""
    row = find(session, program) or programs.add_program(session, slug=slug_of(program), name={"ko": program.strip(), "en": program.strip()},
                                                         timezone=timezone)
    assert row.id is not None
    made_wave = waves.ensure_wave(session, program_id=row.id, code=wave)
    before = {q.code for q in questions.list_questions(session, program_id=row.id)}
    stored = questions.save_questions(session, program_id=row.id, questions=_questions(session, row.id, mapping))
    _choose_figures(session, row.id, row.slug)
    assert made_wave.id is not None
    return Registered(row.id, row.slug, made_wave.id, made_wave.code, tuple(q.code for q in stored if q.code not in before))


def _questions(session: Session, program_id: int, mapping: Mapping) -> list[tables.Question]:
    stages: dict[str, int | None] = {}
    made: dict[str, tables.Question] = {}
    for column in mapping.columns:
        if column.role not in STORED or not column.code:
            continue
        if column.stage and column.stage not in stages:
            stages[column.stage] = journeys.ensure_stage(session, program_id=program_id, code=column.stage).id
        if column.code in made:  # the columns of one multi-response block share a code
            made[column.code].headers.append(column.header)
            _add_options(made[column.code], column)
        else:
            made[column.code] = _made(column, stages.get(column.stage or ""))
    return list(made.values())


def _made(column: Column, stage_id: int | None) -> tables.Question:
    text = column.wording or column.header or column.code
    question = tables.Question(
        program_id=0, code=column.code, measure=str(_measure(column)), stage_id=stage_id, wording={language_of(text): text},
        headers=[column.header], direction="high",
    )
    if column.role is Role.RATING:
        if column.scale is None:
            raise FileMapping("service.mapping.no_scale", header=column.header, code=column.code)
        question.lo, question.hi, question.direction = column.scale.lo, column.scale.hi, str(column.scale.direction)
        question.labels = {language_of(" ".join(column.scale.labels.values())): {str(k): v for k, v in column.scale.labels.items()}} \
            if column.scale.labels else {}
    elif column.role is Role.MULTI:
        _add_options(question, column)
    return question


def _measure(column: Column) -> Measure:
    fixed = {Role.MULTI: Measure.MULTI, Role.COMMENT: Measure.COMMENT, Role.ATTRIBUTE: Measure.ATTRIBUTE}
    return fixed.get(column.role) or column.measure or Measure.OTHER


def _add_options(question: tables.Question, column: Column) -> None:
    for option, number in sorted(column.codes.items(), key=lambda item: int(item[1])):
        while len(question.options) < int(number):
            question.options.append("")
        question.options[int(number) - 1] = str(option)


def _choose_figures(session: Session, program_id: int, slug: str) -> None:
    """Fix which questions stand behind NPS, CSAT, CES and the loyalty index, so that later waves do not silently change them."""
    catalog = load_catalog(session, slug)
    primary = dict(catalog.primary)
    for figure in ("nps", "csat", "effort"):
        question = catalog.behind(figure)
        if figure not in primary and question is not None:
            primary[figure] = question.code
    loyalty = dict(catalog.loyalty) or dict(catalog.loyalty_items)
    if primary != dict(catalog.primary) or loyalty != dict(catalog.loyalty):
        programs.update_program(session, program_id=program_id, primary=primary, loyalty=loyalty)
