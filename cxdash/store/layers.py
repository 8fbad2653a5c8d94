"""What several imports said about one response, and how it adds up.

The rule. Each import that speaks about a response leaves a layer: its values, and the codes it governs (its mapping's
questions and attributes). The response is the fold of its layers in the order they came:
  documents   every governed key is taken out, the layer's keys are put in; keys that others govern stay
  at, weight  the layer's, or when it has none what was there
  row, source, import   the layer's
Undoing an import takes its layer away and folds the rest; with no layer left the response is deleted. So any order of undoing
ends in the state of never having imported. A response only one import spoke about keeps no layer: it is its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from sqlalchemy import JSON, ColumnElement, Integer, Table, delete, exists, func, insert, literal, null, select, update
from sqlmodel import Session

from cxdash.store import bulk
from cxdash.store.text import dumps

_SAID = ("row", "at", "source", "weight", "attributes", "answers")
_KINDS = {
    "import_id": pl.Int64,
    "row": pl.Int64,
    "at": pl.Int64,
    "source": pl.String,
    "weight": pl.Float64,
    "attributes": pl.String,
    "answers": pl.String,
}


@dataclass(frozen=True)
class Said:
    """One layer, or the sum of some. `at` in microseconds since 1970 UTC."""

    import_id: int | None
    row: int | None
    at: int | None
    source: str
    weight: float | None
    attributes: dict[str, str]
    answers: dict[str, Any]
    codes: frozenset[str] = frozenset()

    def then(self, later: Said) -> Said:
        """This, and what was said later about the same response. Associative."""
        return replace(
            later,
            attributes={**{k: v for k, v in self.attributes.items() if k not in later.codes}, **later.attributes},
            answers={**{k: v for k, v in self.answers.items() if k not in later.codes}, **later.answers},
            codes=self.codes | later.codes,
            at=self.at if later.at is None else later.at,
            weight=self.weight if later.weight is None else later.weight,
        )


def add(session: Session, rows: pl.DataFrame, *, import_id: int | None, source: str, ver: int, codes: Sequence[str]) -> None:
    """Rows about responses that exist already: columns id, row, at, weight, attributes, answers; one row per id.

    Whole sets at a time: the first layer of responses that had none, the new layer, the new sum.
    """
    response, layer = bulk.table("response"), bulk.table("layer")
    with bulk.staged(session, "response", rows.with_columns(pl.lit(source).alias("source"))) as new:
        here = response.c.id == new.c.id
        layered = exists().where(layer.c.response_id == response.c.id)
        own = (layer.c.response_id == new.c.id) & (layer.c.import_id == import_id)
        others = select(response.c.id, response.c.import_id, *(response.c[name] for name in _SAID)).where(
            here, response.c.import_id.is_distinct_from(import_id), ~layered
        )
        governed = literal(list(codes), JSON()) if import_id is None else null()
        said = select(new.c.id, literal(import_id, Integer()), *(new.c[name] for name in _SAID), governed).where(
            here, layered, ~exists().where(own)
        )
        connection = session.connection()
        connection.execute(insert(layer).from_select(["response_id", "import_id", *_SAID], others.order_by(response.c.id)))
        connection.execute(update(layer).where(own).values(_sum(session, layer, new, codes)))  # a later part of the same import
        connection.execute(insert(layer).from_select(["response_id", "import_id", *_SAID, "codes"], said.order_by(new.c.id)))
        state = {**_sum(session, response, new, codes), "import_id": import_id, "ver": ver}
        connection.execute(update(response).where(here).values(state))


def remove(session: Session, *, import_id: int, ver: int) -> int:
    """Takes an import's layers away and folds what remains. Returns how many responses changed."""
    layer, connection = bulk.table("layer"), session.connection()
    own = layer.c.import_id == import_id
    affected = list(connection.scalars(select(layer.c.response_id).where(own).order_by(layer.c.response_id)))
    connection.execute(delete(layer).where(own))
    for start in range(0, len(affected), bulk.SLICE):
        these = bulk.among(session, layer.c.response_id, affected[start : start + bulk.SLICE])
        left = connection.execute(select(layer.c.response_id, func.count()).where(these).group_by(layer.c.response_id)).all()
        _become_its_own(session, [key for key, layers in left if layers == 1], ver)
        _refold(session, [key for key, layers in left if layers > 1], ver)
    return len(affected)


def _sum(session: Session, old: Table, new: Table, codes: Sequence[str]) -> dict[str, ColumnElement[Any]]:
    """The rule, as expressions of the database. `Said.then` is the same rule in Python."""
    return {
        "row": new.c.row,
        "source": new.c.source,
        "at": func.coalesce(new.c.at, old.c.at),
        "weight": func.coalesce(new.c.weight, old.c.weight),
        **{name: bulk.merged(session, old.c[name], new.c[name], codes) for name in ("attributes", "answers")},
    }


def _become_its_own(session: Session, ids: list[int], ver: int) -> None:
    """Responses with one layer left are that layer, and need none."""
    response, layer, connection = bulk.table("response"), bulk.table("layer"), session.connection()
    state = {"import_id": layer.c.import_id, **{name: layer.c[name] for name in _SAID}, "ver": ver}
    of_these = bulk.among(session, layer.c.response_id, ids)
    connection.execute(update(response).where(response.c.id == layer.c.response_id, of_these).values(state))
    connection.execute(delete(layer).where(of_these))


def _refold(session: Session, ids: list[int], ver: int) -> None:
    sums: dict[int, Said] = {}
    for key, said in _read(session, ids):
        sums[key] = sums[key].then(said) if key in sums else said
    rows = [(key, s.import_id, s.row, s.at, s.source, s.weight, dumps(s.attributes), dumps(s.answers)) for key, s in sums.items()]
    frame = pl.DataFrame(rows, schema={"id": pl.Int64, **_KINDS}, orient="row")
    bulk.update(session, "response", frame.with_columns(pl.col("at").cast(bulk.WHEN), pl.lit(ver).alias("ver")))


def _read(session: Session, ids: Sequence[int]) -> Iterable[tuple[int, Said]]:
    """Layers of these responses, each response's in their order."""
    layer, imports = bulk.table("layer"), bulk.table("import")
    codes = func.coalesce(layer.c.codes, imports.c.codes, type_=JSON()).label("codes")
    query = select(layer.c.response_id, *(layer.c[name] for name in _KINDS), codes).outerjoin(imports, imports.c.id == layer.c.import_id)
    found = bulk.fetch(session, query.where(bulk.among(session, layer.c.response_id, ids)).order_by(layer.c.response_id, layer.c.id))
    for key, import_id, row, at, source, weight, of, said, governed in found.with_columns(pl.col("at").cast(pl.Int64)).iter_rows():
        yield key, Said(import_id, row, at, source, weight, json.loads(of), json.loads(said), frozenset(json.loads(governed or "[]")))
