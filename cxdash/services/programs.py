"""Programmes: which exist, what one consists of, the demo, and removing one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.facts.question import Facts
from cxdash.services import audit
from cxdash.services import access
from cxdash.services.access import extent
from cxdash.services.actor import LOCAL, Actor, Permission, require
from cxdash.services.catalog import Catalog, load_catalog
from cxdash.services.demo_data import DemoData, load_demo
from cxdash.services.deps import Deps
from cxdash.services.personal import registry
from cxdash.services.view import Bounds
from cxdash.services.yardsticks import STANDARD
from cxdash.store import benchmarks, journeys, programs, questions, responses, tables, waves, yardsticks
from cxdash.store.database import reading, writing

DEMO = "demo"


@dataclass(frozen=True)
class ProgramInfo:
    id: int
    slug: str
    name: dict[str, str]
    demo: bool


def list_programs(deps: Deps, actor: Actor) -> list[ProgramInfo]:
    """Every programme the actor may know of; the company's own before the demo, newest first."""
    require(actor, Permission.SEE_FIGURES)
    with reading(deps.engine) as session:
        infos = [ProgramInfo(r.id or 0, r.slug, r.name, r.demo) for r in access.programs_of(session, actor)]
    return sorted(infos, key=lambda p: (p.demo, -p.id))


def count_responses(deps: Deps, actor: Actor) -> dict[str, int]:
    """Responses by the programme's slug. Apart from the list, which every screen asks for: the store counts a million rows in 60 ms."""
    found = list_programs(deps, actor)
    if actor.rows:
        return {p.slug: extent(access.facts_of(deps, actor, access.catalog_of(deps, actor, p.slug))).responses for p in found}
    with reading(deps.engine) as session:
        return {p.slug: responses.count(session, program_id=p.id) for p in found}


def catalog_of(deps: Deps, program: str | None) -> Catalog:
    """As `access.catalog_of`, for the house itself: who asks on behalf of somebody asks there."""
    return access.catalog_of(deps, LOCAL, program, whole=True)


def bounds(facts: Facts) -> Bounds:
    """First and last local day with responses."""
    return extent(facts).bounds


def remove_program(deps: Deps, actor: Actor, *, program: str, confirm: str) -> int:
    """Delete a programme with all that belongs to it. `confirm` must be its name or slug, except for the demo.

    Returns the number of responses deleted.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        row = access.program_of(session, actor, program)
        if not row.demo and confirm.strip() not in {row.slug, *row.name.values()}:
            raise Conflict("service.confirm_name", name=row.slug)
        n = responses.count(session, program_id=row.id)
        programs.delete_program(session, program_id=row.id)
        audit.record(session, actor, "program.remove", f"program:{row.id}", before={"slug": row.slug, "responses": n})
    deps.forget(row.id or 0)
    return n


def add_demo(deps: Deps, actor: Actor, *, today: date | None = None) -> str:
    """Store the demo programme; returns its slug. Conflict when it is there already."""
    require(actor, Permission.MANAGE_PROGRAM)
    access.check_new(actor)
    demo = load_demo(today or datetime.now(ZoneInfo(deps.settings.timezone)).date())
    with writing(deps.engine) as session:
        if any(p.demo for p in programs.list_programs(session)):
            raise Conflict("service.demo_exists")
        _store_demo(session, demo)
        audit.record(session, actor, "program.add", f"program:{DEMO}", after={"demo": True})
    return DEMO


def _store_demo(session: Session, demo: DemoData) -> None:
    doc = demo.program
    row = programs.add_program(session, slug=DEMO, name=doc["name"], timezone=doc["timezone"], demo=True,
                               loyalty=doc["loyalty"], primary=doc["primary"])
    assert row.id is not None
    ids = _store_journey(session, row.id, doc["stages"])
    questions.save_questions(session, program_id=row.id, questions=[_question(q, ids) for q in [*doc["questions"], *doc["attributes"]]])
    made = {w["code"]: waves.ensure_wave(session, program_id=row.id, code=w["code"], name=w["name"], starts=date.fromisoformat(w["starts"]),
                                         ends=date.fromisoformat(w["ends"])).id for w in doc["waves"]}
    _store_others(session, row.id, doc)
    ver = programs.tick(session, program_id=row.id)
    told = registry(load_catalog(session, row.id))
    for (wave, source), part in demo.frame.partition_by(["wave", "source"], as_dict=True, maintain_order=True).items():
        responses.insert(session, program_id=row.id, wave_id=made[str(wave)], import_id=None, source=str(source), ver=ver, frame=part,
                         personal=told)  # fmt: skip


def _store_others(session: Session, program_id: int, doc: dict[str, Any]) -> None:
    """What the demo is held against: service standards, outside figures."""
    for stage, levels in doc["standards"].items():
        yardsticks.save(session, program_id=program_id, kind=STANDARD, name=stage, document=levels)
    for one in doc["benchmarks"]:
        benchmarks.save(session, program_id=program_id, metric=one["metric"], name=one["name"], value=one["value"], n=one["n"],
                        source=one["source"], measured=date.fromisoformat(one["measured"]))  # fmt: skip


def _store_journey(session: Session, program_id: int, stages: list[dict[str, Any]]) -> dict[tuple[str, ...], int]:
    """Ids of stages, touchpoints and factors by their path of codes."""
    ids: dict[tuple[str, ...], int] = {}
    for s in stages:
        ids[s["code"],] = journeys.add_stage(session, program_id=program_id, code=s["code"], name=s["name"]).id or 0
        for t in s["touchpoints"]:
            ids[s["code"], t["code"]] = journeys.add_touchpoint(session, stage_id=ids[s["code"],], code=t["code"], name=t["name"],
                                                                domain=t["domain"], initiative=t["initiative"]).id or 0
            for f in t["factors"]:
                path = (s["code"], t["code"], f["code"])
                ids[path] = journeys.add_factor(session, touchpoint_id=ids[path[:2]], code=f["code"], name=f["name"]).id or 0
    return ids


def _question(doc: dict[str, Any], ids: dict[tuple[str, ...], int]) -> tables.Question:
    path = tuple(doc[k] for k in ("stage", "touchpoint", "factor") if doc.get(k))
    return tables.Question(
        program_id=0,
        code=doc["code"],
        measure=doc["measure"],
        stage_id=ids.get(path[:1]),
        touchpoint_id=ids.get(path[:2]) if path[1:] else None,
        factor_id=ids.get(path) if path[2:] else None,
        lo=doc.get("lo"),
        hi=doc.get("hi"),
        direction=doc.get("direction", "high"),
        labels=doc.get("labels", {}),
        wording=doc["wording"],
        options=_options(doc),
        headers=doc.get("headers", []),
    )


def _options(doc: dict[str, Any]) -> list[str]:
    options = doc.get("options") or []
    return [o if isinstance(o, str) else str(o.get("ko") or o) for o in options]
