"""What figures of a programme are judged against: the frozen crosshair of each chart of priorities, the service standard of each stage.

A crosshair that is computed anew from every selection moves with it, so that a wave, or a segment, is never better than another one: once
frozen it stays. A standard says from which score on an answer is what the company promises, and from which on more than that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cxdash.errors import Conflict, NotFound
from cxdash.services import audit
from cxdash.services.access import check
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.stats.ipa import Crosshair
from cxdash.store import yardsticks as store
from cxdash.store.database import reading, writing
from cxdash.store.tables import Yardstick
from cxdash.store.text import CODE_MAX

CROSSHAIR, STANDARD = "crosshair", "standard"
MOST_ITEMS = 200  # of a chart, kept with its crosshair
Importance = Literal["stated", "derived"]


@dataclass(frozen=True)
class Frozen:
    """lines: importance (0-100; percent where it is derived), performance (0-100), and the items of the chart it was frozen on."""

    lines: Crosshair
    at: datetime
    by: str


@dataclass(frozen=True)
class Standard:
    """Scores on 0-100 of one answer: from `expected` on as promised, from `beyond` on better than that, below negative."""

    stage: str
    expected: float
    beyond: float
    at: datetime
    by: str


@dataclass(frozen=True)
class Yardsticks:
    """crosshairs: by `chart_name`; standards: by code of the stage."""

    crosshairs: Mapping[str, Frozen] = field(default_factory=dict)
    standards: Mapping[str, Standard] = field(default_factory=dict)


def chart_name(level: str, importance: Importance, outcome: str | None) -> str:
    """Which chart a crosshair belongs to. Derived importance is about an outcome, the stated one about none.

    >>> chart_name("stage", "stated", "loyalty"), chart_name("stage", "derived", "loyalty")
    ('stage:stated', 'stage:derived:loyalty')
    """
    return (f"{level}:{importance}" + (f":{outcome}" if importance == "derived" else ""))[:CODE_MAX]


def list_yardsticks(deps: Deps, actor: Actor, catalog: Catalog) -> Yardsticks:
    """All that were set for the programme. They hold no figure of anybody's answers but the crosshair's own two."""
    require(actor, Permission.SEE_FIGURES)
    check(actor, catalog)
    with reading(deps.engine) as session:
        rows = store.listed(session, program_id=catalog.id)
        crosshairs = {row.name: _frozen(row) for row in rows if row.kind == CROSSHAIR}
        standards = {row.name: _standard(row) for row in rows if row.kind == STANDARD}
    return Yardsticks(crosshairs, standards)


def freeze(
    deps: Deps, actor: Actor, *, catalog: Catalog, chart: str, importance: float, performance: float, items: Sequence[str],
) -> Frozen:
    """Keep the crosshair of a chart; the one it had is replaced. Conflict for lines outside 0..100."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    if not all(math.isfinite(x) and 0 <= x <= 100 for x in (importance, performance)):
        raise Conflict("priorities.lines_range")
    lines = {"importance": float(importance), "performance": float(performance)}
    document = {**lines, "items": list(items)[:MOST_ITEMS]}
    with writing(deps.engine) as session:
        row = store.save(session, program_id=catalog.id, kind=CROSSHAIR, name=chart, document=document, by=actor.name)
        audit.record(session, actor, "crosshair.freeze", f"program:{catalog.id}", after={"chart": row.name, **lines})
        return _frozen(row)


def release(deps: Deps, actor: Actor, *, catalog: Catalog, chart: str) -> None:
    """Let go of a frozen crosshair. NotFound when somebody else did."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    with writing(deps.engine) as session:
        if not store.delete(session, program_id=catalog.id, kind=CROSSHAIR, name=chart):
            raise NotFound("priorities.not_frozen")
        audit.record(session, actor, "crosshair.release", f"program:{catalog.id}", before={"chart": chart})


def save_standard(deps: Deps, actor: Actor, *, catalog: Catalog, stage: str, expected: float, beyond: float) -> Standard:
    """Set a stage's standard. Conflict unless 0 < expected < beyond <= 100; NotFound for a stage that nobody is asked about."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    if not catalog.stage_questions(stage):
        raise NotFound("gaps.no_stage")
    if not (math.isfinite(expected) and math.isfinite(beyond) and 0 < expected < beyond <= 100):
        raise Conflict("gaps.standard_range")
    document = {"expected": float(expected), "beyond": float(beyond)}
    with writing(deps.engine) as session:
        row = store.save(session, program_id=catalog.id, kind=STANDARD, name=stage, document=document, by=actor.name)
        audit.record(session, actor, "standard.save", f"program:{catalog.id}", after={"stage": stage, **document})
        return _standard(row)


def drop_standard(deps: Deps, actor: Actor, *, catalog: Catalog, stage: str) -> None:
    """NotFound when there is none."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    with writing(deps.engine) as session:
        if not store.delete(session, program_id=catalog.id, kind=STANDARD, name=stage):
            raise NotFound("gaps.no_standard")
        audit.record(session, actor, "standard.drop", f"program:{catalog.id}", before={"stage": stage})


def _frozen(row: Yardstick) -> Frozen:
    lines = Crosshair(float(row.document["importance"]), float(row.document["performance"]), tuple(row.document["items"]))
    return Frozen(lines, row.created_at, row.created_by)


def _standard(row: Yardstick) -> Standard:
    return Standard(row.name, float(row.document["expected"]), float(row.document["beyond"]), row.created_at, row.created_by)
