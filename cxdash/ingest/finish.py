"""The last touches on proposed columns: direction, groups, stages, codes, and the counts as they are under the proposal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxdash.ingest import anchors, direction, glance, naming, ratings, stages
from cxdash.ingest.blocks import Part
from cxdash.ingest.direction import Proof
from cxdash.ingest.headers import Header
from cxdash.ingest.plan import Column, Said
from cxdash.terms import CHANNEL, CUSTOMER, Direction, Measure, Role, Scale

SATISFIED = frozenset(
    {Measure.SATISFACTION, Measure.OVERALL, Measure.OTHER, Measure.REPURCHASE, Measure.PERFORMANCE, Measure.COMPETITOR, Measure.RECOMMEND}
)

STORED = frozenset({Role.ATTRIBUTE, Role.RATING, Role.MULTI, Role.COMMENT})  # roles whose code is a name in the answers


def directions(columns: list[Column], rows: pl.DataFrame, notes: Sequence[str] = ()) -> list[Column]:
    """Ratings with the direction that a note beside the table states, or the answers prove or suggest; where nothing tells, the
    question stays open."""
    columns = _legends(columns, notes)
    proven = direction.by_skips(columns, rows)
    columns = [_prove(c, proven[c.index], ask=False) if c.index in proven else c for c in columns]
    columns = _carry(columns, proven)
    found = direction.by_correlation(columns, rows, lambda c: not ratings.direction_open(c))
    return [_prove(c, found[c.index], ask=found[c.index].direction is Direction.LOW) if c.index in found else c for c in columns]


def _legends(columns: list[Column], notes: Sequence[str]) -> list[Column]:
    """Ratings without words on the scale that a note explains ("1=매우 만족 ~ 5=매우 불만족"); nothing where notes contradict each other."""
    told: dict[tuple[int | None, int | None], dict[Direction, str]] = {}
    for note in notes:
        stated = anchors.read(note)
        if stated.lo is not None and stated.hi is not None and len(stated.labels) >= 2:
            found = anchors.direction(stated.labels, stated.lo, stated.hi)
            if found is not None:
                told.setdefault((stated.lo, stated.hi), {})[found] = note
    out = []
    for column in columns:
        ways = told.get((column.scale.lo, column.scale.hi), {}) if column.scale and ratings.direction_open(column) else {}
        if len(ways) == 1:
            to, note = next(iter(ways.items()))
            column = _prove(column, Proof(to, Said("ingest.reason.legend", {"note": note[:60]}), 0.9), ask=False)
        out.append(column)
    return out


def _prove(column: Column, proof: Proof, *, ask: bool) -> Column:
    assert_scale = column.scale
    if assert_scale is None:
        return column
    questions = tuple(q for q in column.questions if ask or q.key != ratings.ASK_DIRECTION)
    sure = min(column.certainty, proof.sure) if ask else column.certainty
    return replace(column, scale=_turned(assert_scale, proof.direction), reason=proof.reason, questions=questions, certainty=round(sure, 2))


def _turned(scale: Scale, to: Direction) -> Scale:
    return Scale(scale.lo, scale.hi, to, dict(scale.labels))


def _carry(columns: list[Column], proven: Mapping[int, Proof]) -> list[Column]:
    """A proven direction for the other unlabelled ratings on the same scale, less sure and asked about; nothing when proofs disagree."""
    by_scale: dict[tuple[int, int], set[Direction]] = {}
    names: dict[tuple[int, int], str] = {}
    for column in columns:
        if column.index in proven and column.scale is not None:
            key = (column.scale.lo, column.scale.hi)
            by_scale.setdefault(key, set()).add(proven[column.index].direction)
            names.setdefault(key, column.header)
    out = []
    for column in columns:
        scale = column.scale
        told = by_scale.get((scale.lo, scale.hi), set()) if scale is not None else set()
        if scale is None or column.index in proven or not ratings.direction_open(column) or len(told) != 1:
            out.append(column)
            continue
        reason = Said("ingest.reason.direction_carried", {"column": names[scale.lo, scale.hi]})
        sure = min(column.certainty, 0.65 if column.measure in SATISFIED else 0.55)
        out.append(replace(column, scale=_turned(scale, next(iter(told))), reason=reason, certainty=round(sure, 2)))
    return out


def staged(columns: list[Column], headers: Mapping[int, Header]) -> list[Column]:
    """Stage and touchpoint of ratings and comments from their wording."""
    prefixes = stages.shared(list(headers.values()))
    out = []
    for column in columns:
        if column.role in (Role.RATING, Role.COMMENT):
            head = headers[column.index]
            stage = stages.stage(head, column.measure, prefixes)
            point = None if column.measure in stages.NO_STAGE or column.measure is Measure.OTHER else stages.touchpoint(head.wording)
            column = replace(column, stage=stage, touchpoint=point)
        out.append(column)
    return out


def coded(columns: list[Column], headers: Mapping[int, Header], parts: Mapping[int, Part]) -> list[Column]:
    """Codes for all columns that do not have one; the columns of a multiple-choice block share one, which is also their group."""
    taken = [c.code for c in columns if c.code and c.known]
    special = _special_once(columns)
    wanted = []
    for column in special:
        part = parts.get(column.index)
        if column.role not in STORED or (part is not None and column.role is Role.MULTI):
            wanted.append("")
            continue
        wanted.append(
            column.code if column.known else column.code or naming.base(headers[column.index], question=column.role is not Role.ATTRIBUTE)
        )
    wanted = _apart(wanted, special, headers)
    groups = _groups(special, headers, parts)
    open_ = [i for i, c in enumerate(special) if not c.known and not c.code]
    group_code, names = _named(groups, [wanted[i] for i in open_ if wanted[i]], [*taken, *(c.code for c in special if c.code)])
    rest = iter(names)
    out = []
    for i, column in enumerate(special):
        if i in open_ and wanted[i]:
            column = replace(column, code=next(rest))
        elif column.role not in STORED and not column.known:
            column = replace(column, code="")
        if column.role is Role.MULTI and column.group is not None and not column.known:
            column = _grouped(column, group_code[column.group], parts.get(column.index))
        out.append(column)
    return out


def _apart(wanted: list[str], columns: list[Column], headers: Mapping[int, Header]) -> list[str]:
    """Items of the same name under different group lines ("중요도 / 가격", "만족도 / 가격") are named with their group."""
    times = Counter(w.casefold() for w in wanted if w)
    out = []
    for code, column in zip(wanted, columns, strict=True):
        group = headers[column.index].group
        longer = naming.compact(f"{group}_{code}") if group and code and times[code.casefold()] > 1 else ""
        out.append(longer if 0 < len(longer) <= naming.LONGEST else code)
    return out


def _named(groups: Mapping[str, str], wanted: list[str], taken: list[str]) -> tuple[dict[str, str], list[str]]:
    names = naming.unique([*groups.values(), *wanted], taken)
    return dict(zip(groups, names[: len(groups)], strict=True)), names[len(groups) :]


def _special_once(columns: list[Column]) -> list[Column]:
    """Only one column may be the channel, only one the customer type."""
    seen = {c.code for c in columns if c.known}
    out = []
    for column in columns:
        if not column.known and column.code in (CHANNEL, CUSTOMER):
            if column.code in seen:
                column = replace(column, code="", codes={} if column.code == CUSTOMER else column.codes)
            seen.add(column.code)
        out.append(column)
    return out


def _groups(columns: list[Column], headers: Mapping[int, Header], parts: Mapping[int, Part]) -> dict[str, str]:
    """Wanted question code per block, in order of appearance."""
    out: dict[str, str] = {}
    for column in columns:
        if column.role is Role.MULTI and column.group is not None and column.group not in out and not column.known:
            question = parts[column.index].question or headers[column.index].text
            out[column.group] = naming.question_code(question)
    return out


def _grouped(column: Column, group: str, part: Part | None) -> Column:
    if part is None:
        return column
    return replace(column, group=group, code=group, wording=part.option if part.kind == "options" else part.question)


def counted(column: Column) -> Column:
    """The column with the counts of its missing texts and of its answers under the proposal (from the distinct texts kept)."""
    if column.role is Role.PERSONAL:
        return replace(column, values=_masked(column.values))
    if column.role is Role.IGNORE or not column.values:
        return column
    gone = {m.casefold() for m in column.missing}
    lost = {v: n for v, n in column.values if v.casefold() in gone}
    left = sum(lost.values())
    total = sum(n for _, n in column.values) if column.distinct <= len(column.values) else 0
    if column.role is Role.RATING and total:
        good = sum(n for v, n in column.values if direction.point_of(column, glance.squeeze(v), gone) is not None)
        return replace(column, n=good, missing_counts=lost)
    return replace(column, n=column.n - left, missing_counts=lost)


def _masked(values: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Personal values by their first character only: a proposal may be shown, printed and kept."""
    out: dict[str, int] = {}
    for text, n in values:
        short = f"{text[:1]}***"
        out[short] = out.get(short, 0) + n
    return tuple(sorted(out.items(), key=lambda pair: (-pair[1], pair[0])))
