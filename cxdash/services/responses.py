"""The responses page: single answers, page by page, and their download."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from cxdash.facts.question import Filter
from cxdash.services import audit
from cxdash.services.access import catalog_of, chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.deps import Deps
from cxdash.services.personal import personal_attributes, shown_answers, shown_attributes
from cxdash.services.view import Scope, View
from cxdash.store import responses as store
from cxdash.store.database import reading

PAGE_SIZES = (25, 50, 100)
EXPORT_MAX = 1_000_000  # rows of one worksheet, less the header


@dataclass(frozen=True)
class ResponseRow:
    """One response as its reader may see it. answers: question code -> point, option numbers or text.

    respondent: None too for who may not see personal data; texts in respondents' own words are left out for who may not see comments.
    """

    id: int
    row: int | None
    respondent: str | None
    at: datetime | None
    wave: str
    source: str
    weight: float | None
    attributes: Mapping[str, str]
    answers: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    catalog: Catalog
    scope: Scope
    rows: tuple[ResponseRow, ...]
    total: int  # responses under the filter
    of: int  # responses of the programme
    number: int  # from 1
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def page(deps: Deps, actor: Actor, *, view: View, number: int = 1, size: int = 50) -> Page:
    """Page `number` of the responses under the view, newest first. The last page is shown for a number beyond it."""
    require(actor, Permission.SEE_RESPONSES)
    _, facts, _, scope = chosen(deps, actor, view)
    scope = scope.everybody
    catalog = catalog_of(deps, actor, view.program, whole=True)  # single answers have every column; some of them are masked
    total = _count(facts.count(scope.now))
    size = size if size in PAGE_SIZES else PAGE_SIZES[1]
    number = min(max(1, number), max(1, -(-total // size)))
    ids = facts.rows(scope.now, [], limit=size, offset=(number - 1) * size)["id"].to_list()
    return Page(catalog, scope, tuple(_read(deps, actor, catalog, ids)), total, _count(facts.count(Filter())), number, size)


def _count(frame: pl.DataFrame) -> int:
    return int(frame["n"].sum())


def _read(deps: Deps, actor: Actor, catalog: Catalog, ids: list[int]) -> list[ResponseRow]:
    waves = {w.id: w.code for w in catalog.waves}
    with reading(deps.engine) as session:
        frame = store.documents(session, ids=ids, program_id=catalog.id)
    by_id = {r["id"]: r for r in frame.iter_rows(named=True)}
    hidden = frozenset() if actor.may(Permission.SEE_PERSONAL) else personal_attributes(catalog)
    return [_shown(actor, catalog, _row(by_id[i], waves), hidden) for i in ids if i in by_id]


def questions_of(actor: Actor, catalog: Catalog) -> tuple[QuestionInfo, ...]:
    """The questions whose answers the actor may read one by one: free texts only with the permission for comments."""
    return tuple(q for q in catalog.questions if q.scale is not None or q.options or actor.may(Permission.SEE_COMMENTS))


def _shown(actor: Actor, catalog: Catalog, row: ResponseRow, hidden: frozenset[str]) -> ResponseRow:
    """hidden: attributes that are personal by their name; what has the form of an address or a number is hidden wherever it stands."""
    if not actor.may(Permission.SEE_PERSONAL):
        row = replace(row, respondent=None, attributes=shown_attributes(row.attributes, hidden), answers=shown_answers(row.answers))
    if actor.may(Permission.SEE_COMMENTS):
        return row
    told = {q.code for q in questions_of(actor, catalog)}
    return replace(row, answers={code: given for code, given in row.answers.items() if code in told and not isinstance(given, str)})


def _row(record: Mapping[str, Any], waves: Mapping[int, str]) -> ResponseRow:
    return ResponseRow(
        id=record["id"],
        row=record["row"],
        respondent=record["respondent"],
        at=record["at"],
        wave=waves.get(record["wave_id"], ""),
        source=record["source"],
        weight=record["weight"],
        attributes=json.loads(record["attributes"]),
        answers=json.loads(record["answers"]),
    )


def export_frame(deps: Deps, actor: Actor, *, view: View, batch: int = 20_000) -> tuple[Catalog, pl.DataFrame]:
    """All responses under the view as one typed table for a download, newest first. The audit log notes it.

    Columns: id, at, wave, source, respondent, weight, every attribute, every question (ratings as integers, options and comments as text).
    """
    require(actor, Permission.SEE_RESPONSES)
    _, facts, _, scope = chosen(deps, actor, view)
    catalog = catalog_of(deps, actor, view.program, whole=True)
    ids = facts.rows(scope.everybody.now, [], limit=EXPORT_MAX)["id"].to_list()
    asked = questions_of(actor, catalog)
    parts = [_export_part(_read(deps, actor, catalog, ids[i : i + batch]), catalog, asked) for i in range(0, len(ids), batch)]
    made = pl.concat(parts) if parts else _export_part([], catalog, asked)
    audit.exported(deps, actor, what="responses", about=f"program:{catalog.slug}", rows=made.height)
    return catalog, made if actor.may(Permission.SEE_PERSONAL) else made.drop("respondent")


def _export_part(rows: list[ResponseRow], catalog: Catalog, asked: Sequence[QuestionInfo]) -> pl.DataFrame:
    fixed: dict[str, Any] = {
        "id": pl.Series([r.id for r in rows], dtype=pl.Int64),
        "at": pl.Series([r.at for r in rows], dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(catalog.timezone),
        "wave": pl.Series([r.wave for r in rows], dtype=pl.Utf8), "source": pl.Series([r.source for r in rows], dtype=pl.Utf8),
        "respondent": pl.Series([r.respondent for r in rows], dtype=pl.Utf8),
        "weight": pl.Series([r.weight for r in rows], dtype=pl.Float64),
    }
    columns = dict(fixed)
    for attribute in catalog.attributes:
        columns[_free(attribute.key, columns)] = pl.Series([r.attributes.get(attribute.key) for r in rows], dtype=pl.Utf8)
    for question in asked:
        columns[_free(question.code, columns)] = _answers(rows, question)
    return pl.DataFrame(columns)


def _free(name: str, taken: Mapping[str, object]) -> str:
    """A column name that does not collide with those before it."""
    return next(n for n in (name, *(f"{name} ({i})" for i in range(2, len(taken) + 3))) if n not in taken)


def _answers(rows: list[ResponseRow], question: QuestionInfo) -> pl.Series:
    given = [r.answers.get(question.code) for r in rows]
    if question.scale is not None:
        return pl.Series([g if isinstance(g, int) else None for g in given], dtype=pl.Int16)
    if question.options:
        return pl.Series([_options(g, question) for g in given], dtype=pl.Utf8)
    return pl.Series([None if g is None else str(g) for g in given], dtype=pl.Utf8)


def _options(given: object, question: QuestionInfo) -> str | None:
    if not isinstance(given, list):
        return None
    return "; ".join(question.options[i - 1] for i in given if 1 <= i <= len(question.options))
