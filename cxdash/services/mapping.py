"""Correcting a proposal: what the mapping screen changes about a column, and what the figures would then be."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cxdash.ingest import dates, multi, scales
from cxdash.ingest.plan import Column, Mapping, Said
from cxdash.ingest.preview import preview
from cxdash.services.figures import boxes, top
from cxdash.stats.bases import apply_base
from cxdash.stats.counts import Counts
from cxdash.stats.figure import Figure
from cxdash.stats.means import mean, score100
from cxdash.stats.nps import nps
from cxdash.terms import Direction, Measure, Role, Scale, plain

DIRECTION_KEYS = ("scale.ask.direction",)
SCALES = ("0–10", "1–10", "1–7", "1–5", "1–4", "1–3", "-3–3", "-2–2", "0–100")


@dataclass(frozen=True)
class Preview:
    """Figures of one rating under the mapping as it stands, from the counts of its cell texts."""

    n: int
    missing: int
    problems: int
    mean: Figure
    score100: Figure
    top_box: Figure
    top_points: int
    nps: Figure | None
    nps_refused: bool
    counts: MappingType[int, int]  # printed point -> answers


def preview_of(column: Column) -> Preview | None:
    """None for anything but a rating with a scale."""
    if column.role is not Role.RATING or column.scale is None:
        return None
    found, scale = preview(column), column.scale
    counts = Counts.from_tally(list(found.points), list(found.counts))  # from the unfavourable end already
    proper = column.measure is Measure.RECOMMEND and scale.is_nps
    return Preview(
        n=found.n, missing=found.missing, problems=sum(count for _, count in found.problems), mean=apply_base(mean(counts)),
        score100=apply_base(score100(counts, scale.lo, scale.hi)), top_box=apply_base(top(counts, scale)), top_points=boxes(scale),
        nps=apply_base(nps(counts)) if proper else None, nps_refused=column.measure is Measure.RECOMMEND and not proper,
        counts={int(scale.oriented(p)): n for p, n in zip(found.points, found.counts, strict=True)})


def scale_text(scale: Scale | None) -> str | None:
    """1–5, 0–10, -3–3."""
    return None if scale is None else f"{scale.lo}–{scale.hi}"


def scale_from(text: str | None, old: Scale | None) -> Scale | None:
    """The scale written as lo–hi (also with -, ~ or ..), keeping labels and direction where they still fit. ValueError otherwise.

    >>> scale_from("1-7", None).hi
    7
    """
    if not text:
        return None
    body = plain(text).replace("..", "–").replace("~", "–").replace("−", "-")
    cut = body.find("–") if "–" in body else body.find("-", 1)
    scale = Scale(int(body[:cut]), int(body[cut + 1:]))
    if old is None:
        return scale
    return replace(scale, direction=old.direction, labels={p: label for p, label in old.labels.items() if p in scale.points})


@dataclass(frozen=True)
class Change:
    """One row of the mapping screen as the user left it. scale is text; answered: keys of the questions that are settled."""

    role: Role
    code: str
    measure: Measure | None
    scale: str | None
    direction: Direction | None
    stage: str | None
    missing: tuple[str, ...] | None = None
    answered: frozenset[str] = frozenset()


def untouched(column: Column) -> Change:
    """The change that changes nothing."""
    return Change(
        column.role, column.code, column.measure, scale_text(column.scale), column.scale.direction if column.scale else None, column.stage
    )


def changed(column: Column, change: Change) -> Column:
    """The column after the user's corrections; what a new role needs (scale, date format, options) is proposed from its values.

    ValueError when the scale cannot be read.
    """
    role = change.role
    new = replace(
        column,
        role=role,
        code=change.code.strip() or column.code,
        stage=change.stage or None,
        questions=_settled(column, change),
        missing=column.missing if change.missing is None else change.missing,
    )
    if role is not column.role:
        new = _for_role(new, role)
    if role is not Role.RATING:
        return new
    text = change.scale if change.scale != scale_text(column.scale) or role is column.role else scale_text(new.scale)
    scale = scale_from(text, new.scale) or new.scale
    if scale is not None and change.direction is not None:
        scale = replace(scale, direction=change.direction)
    return replace(new, scale=scale, measure=change.measure or new.measure or Measure.OTHER)


def _settled(column: Column, change: Change) -> tuple[Said, ...]:
    """The questions still open: answered ones go, and all go once role, scale or measure were chosen by hand."""
    by_hand = (change.role, change.scale, change.measure) != (column.role, scale_text(column.scale), column.measure)
    return () if by_hand else tuple(q for q in column.questions if q.key not in change.answered)


def _for_role(column: Column, role: Role) -> Column:
    bare = replace(column, codes={}, separator=None, group=None, date_format=None, scale=None, measure=None)
    match role:
        case Role.RATING:
            guess = scales.guess(column.values, column.header)
            return replace(bare, scale=guess.scale, codes=guess.codes, missing=guess.missing, measure=Measure.OTHER) if guess else bare
        case Role.MULTI:
            found = multi.guess(column.values, column.header)
            options = found.options if found else tuple(text for text, _ in column.values)
            return replace(bare, separator=found.separator if found else ",", codes={o: i for i, o in enumerate(options, 1)})
        case Role.DATE:
            date = dates.guess(column.values, column.header)
            return replace(bare, date_format=date.format if date else "ymd")
        case _:
            return replace(bare, personal=column.personal if role is Role.PERSONAL else None)


def confirmed(mapping: Mapping, changes: MappingType[int, Change]) -> Mapping:
    """The mapping with the user's changes by column index; untouched columns stay as proposed."""
    return replace(mapping, columns=tuple(changed(c, changes[c.index]) if c.index in changes else c for c in mapping.columns))


@dataclass(frozen=True)
class Asked:
    """One question and all the columns it is open for, so that it is answered once."""

    question: Said
    columns: tuple[Column, ...]

    @property
    def about_direction(self) -> bool:
        return self.question.key in DIRECTION_KEYS


def to_ask(mapping: Mapping) -> list[Asked]:
    """What the user should confirm before storing, the question with the most columns first."""
    found: dict[str, tuple[Said, list[Column]]] = {}
    for column in mapping.columns:
        for question in column.questions:
            found.setdefault(f"{question.key} {sorted(question.params.items())}", (question, []))[1].append(column)
    return [Asked(q, tuple(columns)) for q, columns in sorted(found.values(), key=lambda item: -len(item[1]))]


def answered(asked: Asked, changes: MappingType[int, Change], direction: Direction | None = None) -> dict[int, Change]:
    """The changes after a question was answered for all of its columns; for a direction the favourable end is set."""
    new = dict(changes)
    for column in asked.columns:
        old = new.get(column.index) or untouched(column)
        new[column.index] = replace(old, answered=old.answered | {asked.question.key}, direction=direction or old.direction)
    return new


def double_codes(columns: Sequence[Column]) -> set[str]:
    """Codes that two stored columns share."""
    kept = [c.code for c in columns if c.role in (Role.RATING, Role.MULTI, Role.COMMENT, Role.ATTRIBUTE) and c.group is None]
    return {code for code in kept if kept.count(code) > 1}


def complete(mapping: Mapping) -> bool:
    """Whether every column says all that coding it needs; one written by hand may leave a scale, options or a date format out."""
    return not any(_wants(c) for c in mapping.columns)


def _wants(column: Column) -> bool:
    match column.role:
        case Role.RATING:
            return column.scale is None
        case Role.MULTI:
            return not column.codes
        case Role.DATE:
            return column.date_format is None
    return False


def completed(mapping: Mapping, proposed: Mapping) -> Mapping:
    """The mapping with what its columns leave out taken from the proposal for the same column (by header and occurrence, else by index)."""
    by_name = {(plain(c.header), c.occurrence): c for c in proposed.columns}
    by_index = {c.index: c for c in proposed.columns}
    return replace(
        mapping,
        columns=tuple(
            _filled(c, by_name.get((plain(c.header), c.occurrence)) if c.header else by_index.get(c.index)) if _wants(c) else c
            for c in mapping.columns
        ),
    )


def _filled(column: Column, proposed: Column | None) -> Column:
    if proposed is None:
        return column
    told = proposed if proposed.role is column.role else _for_role(proposed, column.role)
    return replace(
        column, index=column.index if column.index >= 0 else told.index, scale=column.scale or told.scale, codes=column.codes or told.codes,
        missing=column.missing or told.missing, measure=column.measure or told.measure, separator=column.separator or told.separator,
        group=column.group or told.group, date_format=column.date_format or told.date_format, wording=column.wording or told.wording,
        code=column.code or told.code)
