"""Columns met before: the programme's or a saved mapping's answer replaces the guess, and every difference is pointed out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from cxdash.ingest import glance
from cxdash.ingest.headers import Header
from cxdash.ingest.plan import Column, Known, Said
from cxdash.terms import Role

NEAR_HEADER, NEAR_VALUES = 0.6, 0.6
_ABOUT_SCALE = re.compile(r"[(\[（]\s*(?:[\d~∼\-–점\s]|만점|척도|까지|에서|부터|필수|선택|points?|scale|to)*\s*[)\]）]")
_MARKS = re.compile(r"[^\w]|_")


def apply(columns: list[Column], headers: Sequence[Header], known: Sequence[Known]) -> tuple[list[Column], list[Said]]:
    """The columns with what is known put in, and notes on new, missing, renamed and blank-padded headers."""
    if not known:
        return columns, []
    book = {(_key(k.header), k.occurrence): k for k in known}
    out, used = [], set()
    for column in columns:
        met = book.get((_key(column.header), column.occurrence))
        if met is None:
            out.append(column)
            continue
        used.add((_key(met.header), met.occurrence))
        out.append(_recognised(column, met))
    missing = [k for key, k in book.items() if key not in used and k.column.role is not Role.IGNORE]
    fresh = [c for c in out if not c.known]
    remarks = _notes(out, headers, missing, fresh)
    respelt = {c.index: k for k in missing if (c := _respelt(k, fresh)) is not None}
    return [_recognised(c, respelt[c.index]) if c.index in respelt else c for c in out], remarks


def _respelt(gone: Known, fresh: list[Column]) -> Column | None:
    """The one new column whose header differs from a missing one's only in marks and in what it says of the scale: the same question."""
    plain = _plain(gone.header)
    twins = [c for c in fresh if plain and _plain(c.header) == plain and c.occurrence == gone.occurrence]
    return twins[0] if len(twins) == 1 and _agree(twins[0], gone.column) else None


def _plain(header: str) -> str:
    return _MARKS.sub("", _ABOUT_SCALE.sub("", _key(header)))


def _agree(new: Column, old: Column) -> bool:
    """The same role, and answers on the same points."""
    if new.role is not old.role or (new.scale is None) != (old.scale is None):
        return False
    return new.scale is None or old.scale is None or (new.scale.lo, new.scale.hi) == (old.scale.lo, old.scale.hi)


def _key(header: str) -> str:
    return glance.squeeze(header).casefold()


def _recognised(column: Column, met: Known) -> Column:
    """The known meaning over this file's distribution."""
    old = met.column
    return replace(
        old,
        index=column.index,
        header=column.header,
        occurrence=column.occurrence,
        reason=Said("ingest.reason.known"),
        certainty=0.98,
        questions=(),
        n=column.n,
        blank=column.blank,
        missing_counts={},
        values=column.values,
        distinct=column.distinct,
        known=True,
        wording=old.wording or column.wording,
        date_format=_format(column, old),
    )


def _format(column: Column, old: Column) -> str | None:
    """How dates are written is this file's affair, when it could be seen."""
    return column.date_format or old.date_format


def _notes(columns: list[Column], headers: Sequence[Header], missing: list[Known], fresh: list[Column]) -> list[Said]:
    if not any(c.known for c in columns):
        return []
    notes = [
        Said("ingest.note.padded", {"header": h.text}) for h in headers if h.padded and any(c.known and c.index == h.index for c in columns)
    ]
    left = list(fresh)
    for gone in missing:
        twin = _respelt(gone, left) or _twin(gone, left)
        if twin is None:
            notes.append(Said("ingest.note.column_missing", {"header": gone.header}))
        else:
            left.remove(twin)
            notes.append(Said("ingest.note.renamed", {"old": gone.header, "new": twin.header}))
    return [*notes, *(Said("ingest.note.column_new", {"header": c.header}) for c in left)]


def _twin(gone: Known, fresh: list[Column]) -> Column | None:
    """The new column that most resembles a missing one: by its header, or by its values when both have telling ones."""
    best, score = None, 0.0
    for column in fresh:
        header = SequenceMatcher(None, _key(gone.header), _key(column.header)).ratio()
        values = _alike(gone.column, column)
        value = max(header if header >= NEAR_HEADER else 0.0, 0.5 * header + 0.5 * values if values >= NEAR_VALUES else 0.0)
        if column.role is gone.column.role:
            value += 0.1
        if value > score and value >= 0.5:
            best, score = column, value
    return best


def _alike(old: Column, new: Column) -> float:
    """Jaccard similarity of the distinct texts; 0 for bare numbers, which all ratings share."""
    mine = {glance.squeeze(v).casefold() for v, _ in old.values} | {str(t).casefold() for t in old.codes}
    theirs = {glance.squeeze(v).casefold() for v, _ in new.values}
    worded = {v for v in mine & theirs if not v.replace(".", "").isdigit()}
    return len(worded) / len(mine | theirs) if worded else 0.0
