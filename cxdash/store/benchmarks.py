"""Benchmarks: outside figures to hold a programme's own beside."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.benchmark_tables import Benchmark
from cxdash.store.tables import now
from cxdash.store.text import checked_code, clean


def save(session: Session, *, program_id: int, metric: str, name: str, value: float, n: int | None, source: str, measured: date,
         by: str = "") -> Benchmark:
    """One per metric and name: what is known of it is replaced. Conflict when the name is blank or too long."""
    name = checked_code(name)
    query = select(Benchmark).where(
        col(Benchmark.program_id) == program_id, col(Benchmark.metric) == metric, col(Benchmark.name) == name
    )
    found = session.scalars(query).first() or Benchmark(program_id=program_id, metric=metric, name=name, value=value, measured=measured)
    found.value, found.n, found.source, found.measured = value, n, clean(source), measured
    found.created_at, found.created_by = now(), clean(by)
    session.add(found)
    session.flush()
    return found


def list_benchmarks(session: Session, *, program_id: int) -> list[Benchmark]:
    """By metric, the highest value of a metric first."""
    query = select(Benchmark).where(col(Benchmark.program_id) == program_id)
    return list(session.scalars(query.order_by(col(Benchmark.metric), col(Benchmark.value).desc(), col(Benchmark.id))))


def get(session: Session, *, program_id: int, benchmark_id: int) -> Benchmark:
    """NotFound when the programme has no such benchmark."""
    found = session.get(Benchmark, benchmark_id)
    if found is None or found.program_id != program_id:
        raise NotFound("store.benchmark.unknown", name=str(benchmark_id))
    return found


def delete(session: Session, *, program_id: int, benchmark_id: int) -> None:
    """NotFound when the programme has no such benchmark."""
    session.delete(get(session, program_id=program_id, benchmark_id=benchmark_id))
    session.flush()
