"""What several imports said about one response, and how it adds up.

The rule. Each import that speaks about a response leaves a layer: its values, and the codes it governed without having a
value (`cleared`). The response is the fold of its layers in the order they came:
  documents   what the layer governs is replaced (a value set, or cleared); every other key stays
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
from sqlalchemy import delete, select
from sqlmodel import Session, col

from cxdash.store import bulk
from cxdash.store.tables import Layer
from cxdash.store.text import dumps

_VALUES = ("import_id", "row", "at", "source", "weight", "attributes", "answers")
_KINDS = {
    "import_id": pl.Int64,
    "row": pl.Int64,
    "at": bulk.WHEN,
    "source": pl.String,
    "weight": pl.Float64,
    "attributes": pl.String,
    "answers": pl.String,
    "cleared": pl.String,
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
    cleared: frozenset[str] = frozenset()

    def then(self, later: Said) -> Said:
        """This, and what was said later about the same response. Associative, so a sum may be summed up further."""
        governed = later.cleared | later.attributes.keys() | later.answers.keys()
        attributes = {**{k: v for k, v in self.attributes.items() if k not in governed}, **later.attributes}
        answers = {**{k: v for k, v in self.answers.items() if k not in governed}, **later.answers}
        return replace(
            later,
            attributes=attributes,
            answers=answers,
            cleared=(self.cleared | later.cleared) - attributes.keys() - answers.keys(),
            at=self.at if later.at is None else later.at,
            weight=self.weight if later.weight is None else later.weight,
        )


def add(session: Session, rows: pl.DataFrame, *, import_id: int | None, source: str, ver: int, codes: Sequence[str]) -> None:
    """Rows about responses that exist already. Columns id, row, at, weight, attributes, answers; one row per id."""
    ids = rows["id"].to_list()
    current = {key: said for key, _, said in _read(session, "response", ids)}
    tops = {key: (layer, said) for key, layer, said in _read(session, "layer", ids)}  # ordered: the last one stays
    new_layers: list[tuple[int, Said]] = []
    changed_layers: list[tuple[int, Said]] = []
    states: list[tuple[int, Said]] = []
    for key, row, at, weight, attributes, answers in _plain(rows, ("id", "row", "at", "weight", "attributes", "answers")):
        said = _said(import_id, row, at, source, weight, attributes, answers, codes)
        was = current[key]
        if was.import_id != import_id:
            new_layers += [(key, said)] if key in tops else [(key, was), (key, said)]
        elif key in tops:
            layer, top = tops[key]
            changed_layers.append((layer, top.then(said)))
        states.append((key, was.then(said)))
    bulk.insert(session, "layer", _frame(new_layers, "response_id"))
    bulk.update(session, "layer", _frame(changed_layers, "id"))
    _save(session, states, ver)


def remove(session: Session, *, import_id: int, ver: int) -> int:
    """Takes an import's layers away and folds what remains. Returns how many responses changed."""
    affected = list(session.scalars(select(Layer.response_id).where(col(Layer.import_id) == import_id).order_by(Layer.response_id)))
    session.execute(delete(Layer).where(col(Layer.import_id) == import_id))
    for start in range(0, len(affected), bulk.SLICE):
        _refold(session, affected[start : start + bulk.SLICE], ver)
    return len(affected)


def _refold(session: Session, ids: list[int], ver: int) -> None:
    sums: dict[int, Said] = {}
    left: dict[int, int] = {}
    for key, _, said in _read(session, "layer", ids):
        sums[key] = sums[key].then(said) if key in sums else said
        left[key] = left.get(key, 0) + 1
    _save(session, list(sums.items()), ver)
    alone = [key for key, count in left.items() if count == 1]
    session.execute(
        delete(Layer).where(bulk.among(session, col(Layer.response_id), alone)), execution_options={"synchronize_session": False}
    )


def _save(session: Session, states: list[tuple[int, Said]], ver: int) -> None:
    bulk.update(session, "response", _frame(states, "id").drop("cleared").with_columns(pl.lit(ver).alias("ver")))


def _said(
    import_id: int | None,
    row: int | None,
    at: int | None,
    source: str,
    weight: float | None,
    attributes: str,
    answers: str,
    codes: Iterable[str],
) -> Said:
    of, said = json.loads(attributes), json.loads(answers)
    return Said(import_id, row, at, source, weight, of, said, frozenset(codes) - of.keys() - said.keys())


def _read(session: Session, name: str, ids: Sequence[int]) -> list[tuple[int, int, Said]]:
    """(response id, own id, what it says) of responses or layers, layers in their order."""
    of = bulk.table(name)
    owner = of.c.id if name == "response" else of.c.response_id
    cleared = [] if name == "response" else [of.c.cleared]
    query = (
        select(owner.label("key"), of.c.id, *(of.c[c] for c in _VALUES), *cleared)
        .where(bulk.among(session, owner, ids))
        .order_by(owner, of.c.id)
    )
    found = bulk.fetch(session, query)
    columns = ("key", "id", *_VALUES, *(c.name for c in cleared))
    return [(key, own, _said(*values, json.loads(rest[0]) if rest else ())) for key, own, *values, rest in _split(_plain(found, columns))]


def _split(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    width = 2 + len(_VALUES)
    return ((*row[:width], row[width:]) for row in rows)


def _plain(frame: pl.DataFrame, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return frame.select(columns).with_columns(pl.col("at").cast(pl.Int64)).iter_rows()


def _frame(said: list[tuple[int, Said]], key: str) -> pl.DataFrame:
    rows = [
        (i, s.import_id, s.row, s.at, s.source, s.weight, dumps(s.attributes), dumps(s.answers), dumps(sorted(s.cleared))) for i, s in said
    ]
    schema = {key: pl.Int64, **_KINDS, "at": pl.Int64}
    frame = pl.DataFrame(rows, schema={name: schema[name] for name in (key, *_KINDS)}, orient="row")
    return frame.with_columns(pl.col("at").cast(bulk.WHEN))
