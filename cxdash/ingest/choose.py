"""One date, one respondent key, one weight per file: which of the candidates, and why the others are left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cxdash.ingest import lexicon_roles as words
from cxdash.ingest.plan import Column, Said
from cxdash.terms import Role


def one_each(columns: list[Column]) -> list[Column]:
    """The columns with at most one date, key and weight; the rest of them ignored with the reason."""
    columns = _keep_best(columns, Role.DATE, _date_rank, "ingest.reason.other_date")
    columns = _keep_best(columns, Role.RESPONDENT, _key_rank, "ingest.reason.other_key")
    return _keep_best(columns, Role.WEIGHT, _weight_rank, "ingest.reason.other_weight")


def _keep_best(columns: list[Column], role: Role, rank: Callable[[Column], tuple], reason: str) -> list[Column]:
    found = [c for c in columns if c.role is role]
    if len(found) < 2:
        return columns
    best = max(found, key=lambda c: (rank(c), -c.index))
    asked = (Said("ingest.ask.weight", {"columns": ", ".join(c.header for c in found)}),) if role is Role.WEIGHT else ()
    out = []
    for column in columns:
        if column is best:
            sure = min(column.certainty, 0.68) if asked else column.certainty
            column = replace(column, questions=(*column.questions, *asked), certainty=sure)
        elif column.role is role:
            column = replace(
                column, role=Role.IGNORE, reason=Said(reason, {"chosen": best.header}), certainty=0.75, date_format=None, questions=()
            )
        out.append(column)
    return out


def _date_rank(column: Column) -> tuple[int, float, float]:
    """When the answer was given beats when it was begun, both beat the date of a visit or purchase; then the fuller column."""
    text = f"{column.header} {column.wording}"
    end, start, event = (bool(p.search(text)) for p in (words.END_TIME, words.START_TIME, words.EVENT_TIME))
    place = 3 if end and not event else 2 if not event and not start else 1 if start else 2 if end else 0
    return place, round(column.n / max(1, column.n + column.blank), 1), column.certainty


def _key_rank(column: Column) -> tuple[float, int]:
    return column.certainty, column.distinct


def _weight_rank(column: Column) -> tuple[bool, bool, int, float]:
    """A weight without blanks and zeros, of persons rather than of households."""
    text = f"{column.header} {column.wording}"
    zeros = sum(n for v, n in column.values if v.strip() in ("0", "0.0"))
    household = bool(words.HOUSEHOLD.search(text)) and not words.PERSON.search(text)
    return column.blank + zeros == 0, not household, -(column.blank + zeros), column.certainty


def displaced(column: Column, by: str) -> Column:
    """A guessed date, key or weight that gives way to a known one."""
    reason = {
        Role.DATE: Said("ingest.reason.other_date", {"chosen": by}),
        Role.RESPONDENT: Said("ingest.reason.other_key", {"chosen": by}),
        Role.WEIGHT: Said("ingest.reason.other_weight", {"chosen": by}),
    }[column.role]
    return replace(column, role=Role.IGNORE, reason=reason, date_format=None, questions=())
