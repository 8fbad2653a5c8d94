"""Small programmes and frames for the store's tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import Engine
from sqlmodel import Session

from cxdash.store import imports, programs, responses, waves
from cxdash.store.database import reading, writing
from cxdash.store.responses import Stored, Undone

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
SCHEMA = {
    "row": pl.Int64,
    "respondent": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "weight": pl.Float64,
    "attributes": pl.String,
    "answers": pl.String,
    "problems": pl.Int32,
}


def row(
    number: int,
    respondent: str | None = None,
    answers: Mapping[str, Any] | None = None,
    attributes: Mapping[str, str] | None = None,
    at: datetime | None = AT,
    weight: float | None = None,
) -> tuple[Any, ...]:
    texts = (json.dumps(attributes or {}, ensure_ascii=False), json.dumps(answers or {}, ensure_ascii=False))
    return (number, respondent, at, weight, *texts, 0)


def frame(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """As plan.Coded.responses is."""
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def a_program(engine: Engine, slug: str = "air") -> tuple[int, int]:
    """(program id, wave id) of a new programme with one wave."""
    with writing(engine) as session:
        program = programs.add_program(session, slug=slug, name={"ko": "항공", "en": "Air"})
        wave = waves.ensure_wave(session, program_id=program.id, code="2026-1")
        return program.id, wave.id


def an_import(session: Session, program_id: int, wave_id: int, name: str = "답변.xlsx", **values: Any) -> int:
    return imports.add(session, program_id=program_id, wave_id=wave_id, file_name=name, sha256=f"{name:0>64}"[-64:], size=1, **values).id


def load(engine: Engine, program_id: int, wave_id: int, rows: pl.DataFrame, codes: Sequence[str] = (), **values: Any) -> tuple[int, Stored]:
    """Imports a frame in one transaction, as the service does: (import id, what was stored)."""
    with writing(engine) as session:
        import_id = an_import(session, program_id, wave_id)
        ver = programs.tick(session, program_id=program_id)
        return import_id, responses.insert(
            session,
            program_id=program_id,
            wave_id=wave_id,
            import_id=import_id,
            source="import",
            ver=ver,
            frame=rows,
            codes=codes,
            **values,
        )


def take_back(engine: Engine, program_id: int, import_id: int) -> Undone:
    with writing(engine) as session:
        imports.mark_undone(session, import_id=import_id)
        return responses.undo(session, import_id=import_id, ver=programs.tick(session, program_id=program_id))


def all_of(engine: Engine, program_id: int, since: int = 0) -> pl.DataFrame:
    """Everything pulled, with respondent and row beside."""
    with reading(engine) as session:
        parts = list(responses.pull(session, program_id=program_id, since=since))
        ids = [i for part in parts for i in part["id"].to_list()]
        return responses.documents(session, ids=ids, program_id=program_id)


def answers_of(engine: Engine, program_id: int) -> dict[str, dict[str, Any]]:
    """respondent (or "#row") -> answers"""
    rows = all_of(engine, program_id).select("respondent", "row", "answers").iter_rows()
    return {who or f"#{number}": json.loads(text) for who, number, text in rows}
