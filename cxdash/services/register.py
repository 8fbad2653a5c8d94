"""A confirmed mapping meets its programme: programme, wave, stages and questions are found or made, options keep their numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlmodel import Session

from cxdash.errors import Conflict, FileMapping
from cxdash.ingest.dateread import FORMATS
from cxdash.ingest.plan import Column, Mapping
from cxdash.services import multiple
from cxdash.services.catalog import Catalog, find, load_catalog
from cxdash.store import journeys, programs, questions, tables, waves
from cxdash.store.text import CODE_MAX
from cxdash.terms import Measure, Role, Scale, plain

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


def agree(catalog: Catalog | None, mapping: Mapping) -> Mapping:
    """The mapping as its programme stores it: every stored column has a code, options of multi-response questions have their final numbers.

    FileMapping when two stored columns share a code, a column has none, or a date format is unknown. Conflict when a rating's scale, or
    the kind of a question, differs from what is stored.
    """
    columns = [_coded(column) for column in mapping.columns]
    _distinct(columns)
    for column in columns:
        if column.role is Role.DATE and column.date_format not in (None, *FORMATS):
            raise FileMapping("service.mapping.date_format", header=column.header, found=column.date_format, known=", ".join(FORMATS))
    for column in columns:
        if catalog is not None and column.role in STORED:
            _fits(catalog, column)
    stored = {q.code: q.options for q in catalog.questions} if catalog else {}
    final = {code: iter(multiple.renumbered(block, stored.get(code, ()))) for code, block in multiple.blocks(columns).items()}
    return replace(mapping, columns=tuple(next(final[c.code]) if c.role is Role.MULTI else c for c in columns))


def _coded(column: Column) -> Column:
    """A stored column of a mapping written by hand may leave its code out: it is then the header."""
    if column.role not in STORED or column.code:
        return column
    if not column.header:
        raise FileMapping("service.mapping.no_code", index=column.index + 1)
    return replace(column, code=(column.header if column.occurrence == 1 else f"{column.header}#{column.occurrence}")[:CODE_MAX])


def _distinct(columns: list[Column]) -> None:
    seen: dict[str, Column] = {}
    for column in columns:
        if column.role not in STORED:
            continue
        first = seen.setdefault(column.code, column)
        block = column.role is first.role is Role.MULTI and column.group is not None and column.group == first.group
        if first is not column and not block:
            raise FileMapping("service.mapping.double_code", code=column.code, first=first.header, second=column.header)


def _fits(catalog: Catalog, column: Column) -> None:
    """The column is of the kind, and on the scale, that the programme stores under its code."""
    question = next((q for q in catalog.questions if q.code == column.code), None)
    attribute = any(a.key == column.code for a in catalog.attributes)
    if question is None and not attribute:
        return
    kind = Role.ATTRIBUTE if question is None else _ROLES.get(question.measure, Role.RATING)
    if kind is not column.role:
        raise Conflict("service.mapping.kind_differs", code=column.code, header=column.header)
    if question is not None and kind is Role.RATING:
        _same_scale(question.scale, column)


_ROLES = {Measure.MULTI: Role.MULTI, Measure.COMMENT: Role.COMMENT}


def _same_scale(stored: Scale | None, column: Column) -> None:
    if column.scale is None:
        raise FileMapping("service.mapping.no_scale", header=column.header, code=column.code)
    if stored is None:
        return
    if stored.direction is not column.scale.direction and (stored.lo, stored.hi) == (column.scale.lo, column.scale.hi):
        raise Conflict("service.mapping.direction_differs", fix="service.mapping.scale_differs.fix", code=column.code, header=column.header,
                       stored=stored.direction, found=column.scale.direction)
    if (stored.lo, stored.hi) != (column.scale.lo, column.scale.hi):
        raise Conflict("service.mapping.scale_differs", fix="service.mapping.scale_differs.fix", code=column.code, header=column.header,
                       stored=f"{stored.lo}–{stored.hi}", found=f"{column.scale.lo}–{column.scale.hi}")


def ensure_program(session: Session, name: str, *, timezone: str) -> int:
    """The id of the programme with this slug or name, which is made when there is none."""
    row = find(session, name) or programs.add_program(
        session, slug=slug_of(name), name={"ko": name.strip(), "en": name.strip()}, timezone=timezone
    )
    assert row.id is not None
    return row.id


def register(session: Session, mapping: Mapping, *, program_id: int, wave: str) -> Registered:
    """Find or make the wave, the stages and the questions of an agreed mapping, in the session's transaction."""
    made_wave = waves.ensure_wave(session, program_id=program_id, code=wave)
    before = {q.code for q in questions.list_questions(session, program_id=program_id)}
    stored = questions.save_questions(session, program_id=program_id, questions=_questions(session, program_id, mapping))
    choose_figures(session, program_id)
    assert made_wave.id is not None
    slug = programs.find_program(session, slug_or_id=program_id).slug
    return Registered(program_id, slug, made_wave.id, made_wave.code, tuple(q.code for q in stored if q.code not in before))


def _questions(session: Session, program_id: int, mapping: Mapping) -> list[tables.Question]:
    stages: dict[str, int | None] = {}
    made: dict[str, tables.Question] = {}
    blocks = multiple.blocks(mapping.columns)
    for column in mapping.columns:
        if column.role not in STORED or column.code in made:
            continue
        if column.stage and column.stage not in stages:
            stages[column.stage] = journeys.ensure_stage(session, program_id=program_id, code=column.stage).id
        made[column.code] = _made(column, blocks.get(column.code, []), stages.get(column.stage or ""))
    return list(made.values())


def _made(column: Column, block: list[Column], stage_id: int | None) -> tables.Question:
    text = multiple.wording(block) if block else column.wording or column.header or column.code
    question = tables.Question(
        program_id=0, code=column.code, measure=str(_measure(column)), stage_id=stage_id, wording={language_of(text): text},
        headers=[c.header for c in block] or [column.header], direction="high",
    )
    if column.role is Role.RATING:
        if column.scale is None:
            raise FileMapping("service.mapping.no_scale", header=column.header, code=column.code)
        question.lo, question.hi, question.direction = column.scale.lo, column.scale.hi, str(column.scale.direction)
        question.labels = _labels(column.scale)
    elif column.role is Role.MULTI:
        texts = multiple.options(block)
        question.options = [texts.get(number, "") for number in range(1, max(texts, default=0) + 1)]
    return question


def _labels(scale: Scale) -> dict[str, dict[str, str]]:
    if not scale.labels:
        return {}
    return {language_of(" ".join(scale.labels.values())): {str(point): label for point, label in scale.labels.items()}}


def _measure(column: Column) -> Measure:
    fixed = {Role.MULTI: Measure.MULTI, Role.COMMENT: Measure.COMMENT, Role.ATTRIBUTE: Measure.ATTRIBUTE}
    return fixed.get(column.role) or column.measure or Measure.OTHER


def choose_figures(session: Session, program_id: int) -> None:
    """Fix which questions stand behind NPS, CSAT, CES and the loyalty index, so that later waves do not silently change them."""
    catalog = load_catalog(session, program_id)
    primary = dict(catalog.primary)
    for figure in ("nps", "csat", "effort"):
        question = catalog.behind(figure)
        if figure not in primary and question is not None:
            primary[figure] = question.code
    loyalty = dict(catalog.loyalty) or dict(catalog.loyalty_items)
    if primary != dict(catalog.primary) or loyalty != dict(catalog.loyalty):
        programs.update_program(session, program_id=program_id, primary=primary, loyalty=loyalty)
