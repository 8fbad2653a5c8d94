"""Which columns are ratings, and what they measure.

The scale comes from the answers (`scales.guess`); the header says what is measured (`wording`). A column whose answers fit a
scale while its header says nothing is a rating only when the answers alone make it likely, and its measure is asked for.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cxdash.ingest import clean, scales, wording
from cxdash.ingest.headers import JOIN
from cxdash.ingest.plan import Column, Said
from cxdash.ingest.view import View
from cxdash.terms import Direction, Measure, Role, Scale

ASK_DIRECTION = "scale.ask.direction"
ACCEPT = 0.55  # certainty of the scale alone from which a column without telling words is a rating
ACCEPT_GROUPED = 0.45  # the same under the name of a stage, or with the word of an aspect (staff, delivery …)
ACCEPT_TOLD = 0.3  # the same for a column whose header names a measure
FEW_SATISFIED = 2  # with more satisfaction items in the file each of them is about something particular
BATTERY = 12  # characters of wording that items under one question have in common
RUN = 4  # neighbouring ratings that make a battery
_CLASS = re.compile(r"(?:promoters?|passives?|detractors?|neutrals?|비?추천|중립)\s*(?:고객|자|층|그룹|군)?", re.IGNORECASE)
_WHOLE = (Measure.RECOMMEND, Measure.OVERALL, Measure.REPURCHASE, Measure.SWITCHING)
LEAST = 10  # answers without which numbers alone say nothing


def propose(view: View) -> Column | None:
    """The column as a rating, or None when it is none."""
    objection = wording.objection(view.text)
    if objection == "reason" or _classes(view):
        return None
    guess = scales.guess(
        view.counts.values, view.text, value_labels=view.labels or None, user_missing=view.user_missing, siblings=view.siblings
    )
    if guess is None or guess.scale.hi - guess.scale.lo < 2:
        return None
    cue = wording.measure(view.header.question, view.header.option) if view.header.block else wording.measure(view.header.wording)
    cue = cue or wording.measure(view.header.text)
    if cue is None or cue.measure not in _WHOLE:
        cue = wording.group(view.header.group) or cue
    by_label, frequency = wording.by_labels(list(guess.scale.labels.values()))
    if frequency and by_label is None:
        return None
    labelled = len(guess.scale.labels) >= 2
    if objection and cue is None and not labelled:
        return None
    if cue is None and not labelled and not _speaks(view, guess):
        return None
    if cue is not None and not labelled and guess.certainty < ACCEPT_TOLD:
        return None
    return _column(view, guess, cue, by_label, labelled)


def _classes(view: View) -> bool:
    """The cells name the classes of NPS: somebody has counted them from the points already."""
    return view.counts.distinct <= 4 and all(_CLASS.fullmatch(clean.key(v)) for v, _ in view.counts.values)


def _speaks(view: View, guess: scales.ScaleGuess) -> bool:
    """Whether numbers without any words are likely enough a rating: enough of them, over most of the scale, up to its favourable end."""
    scale = guess.scale
    used = {p for v, _ in view.counts.values if (p := _point(v, guess)) is not None}
    answers = view.counts.filled
    grouped = view.header.group is not None or wording.particular(view.header.wording)
    return (
        guess.certainty >= (ACCEPT_GROUPED if grouped else ACCEPT)
        and answers >= LEAST
        and len(used) > 0.6 * len(scale.points)
        and max(used) >= scale.hi - (scale.hi - scale.lo > 4)
    )


def _point(text: str, guess: scales.ScaleGuess) -> int | None:
    if text in guess.codes:
        return guess.codes[text]
    value = None if text in guess.missing else clean.whole(text)
    return value if value is not None and guess.scale.lo <= value <= guess.scale.hi else None


def _column(view: View, guess: scales.ScaleGuess, cue: wording.Cue | None, by_label: Measure | None, labelled: bool) -> Column:
    questions = list(guess.questions)
    if cue is not None:
        measure, sure = (
            cue.measure,
            min(0.98, 0.5 * (guess.certainty + cue.certainty)) if labelled else min(guess.certainty + 0.1, cue.certainty),
        )
        reason = Said("ingest.reason.rating_words", {"words": cue.words, "lo": guess.scale.lo, "hi": guess.scale.hi})
        if by_label is not None and measure in (Measure.SATISFACTION, Measure.PERFORMANCE, Measure.EMOTION) and by_label is not measure:
            measure = by_label
    elif by_label is not None:
        measure, sure = by_label, min(guess.certainty, 0.85)
        reason = Said("ingest.reason.rating_labels", {"lo": guess.scale.lo, "hi": guess.scale.hi, "example": _good(guess.scale)})
    else:
        measure, sure, reason = Measure.OTHER, min(guess.certainty, 0.75 if labelled else 0.6), guess.reason
        questions.append(Said("ingest.ask.measure"))
    scale = guess.scale
    if measure is Measure.RECOMMEND and scale.is_nps:
        questions = [q for q in questions if q.key != ASK_DIRECTION]
    return view.column(
        Role.RATING, reason, sure, measure=measure, scale=scale, codes=dict(guess.codes), missing=guess.missing, questions=tuple(questions)
    )


def _good(scale: Scale) -> str:
    return scale.labels.get(scale.hi if scale.direction is Direction.HIGH else scale.lo, "") or next(iter(scale.labels.values()), "")


def direction_open(column: Column) -> bool:
    return any(q.key == ASK_DIRECTION for q in column.questions)


def ranking(view: View, size: int, reason: Said) -> Column:
    """A rank given to one item of a ranking question: 1 is the best; no figure may use it."""
    return view.column(Role.RATING, reason, 0.8, measure=Measure.OTHER, scale=Scale(1, size, Direction.LOW))


def settle(columns: list[Column]) -> list[Column]:
    """What only the whole file can tell: unnamed batteries beside named ones, and which item is the overall one."""
    return _overall(_aspects(_batteries(columns)))


def _batteries(columns: list[Column]) -> list[Column]:
    """Ratings without telling words are satisfaction items where the same scale, missing codes included, carries such items.

    Only for headers that are bare variable names (a readable header that does not speak of satisfaction measures something else),
    and for items under group lines ("배송 단계 / 포장 상태") in a file that names the satisfaction of others under such lines.
    """
    told = {
        _signature(c)
        for c in columns
        if c.role is Role.RATING and c.measure in (Measure.SATISFACTION, Measure.OVERALL) and c.scale and not c.scale.labels
    }
    staged = any(c.measure is Measure.SATISFACTION and _under_line(c) for c in columns)
    out = []
    for column in columns:
        if (
            column.role is Role.RATING
            and column.measure is Measure.OTHER
            and (not _readable(column) or (staged and _under_line(column)))
            and _signature(column) in told
            and not _ranked(column)
        ):
            column = replace(
                column,
                measure=Measure.SATISFACTION,
                certainty=min(column.certainty, 0.6),
                reason=Said("ingest.reason.rating_battery", _bounds(column)),
            )
        out.append(column)
    return out


def _aspects(columns: list[Column]) -> list[Column]:
    """Runs of ratings without a measure, on one scale, many of which name an aspect of a service: satisfaction items, asked about."""
    out = list(columns)
    start = 0
    while start < len(out):
        end = start
        while end < len(out) and _open(out[end]) and _signature(out[end]) == _signature(out[start]):
            end += 1
        run = out[start:end]
        if len(run) >= RUN and sum(1 for c in run if wording.particular(c.wording)) >= 0.4 * len(run):
            out[start:end] = [
                replace(c, measure=Measure.SATISFACTION, reason=Said("ingest.reason.rating_aspects", {"count": len(run)})) for c in run
            ]
        start = max(end, start + 1)
    return out


def _under_line(column: Column) -> bool:
    return JOIN in column.header


def _open(column: Column) -> bool:
    return column.role is Role.RATING and column.measure is Measure.OTHER and not _ranked(column)


def _ranked(column: Column) -> bool:
    return column.reason is not None and column.reason.key == "ingest.reason.ranking"


def _bounds(column: Column) -> dict[str, int]:
    return {"lo": column.scale.lo, "hi": column.scale.hi} if column.scale else {}


def _signature(column: Column) -> tuple[int, int]:
    return (column.scale.lo, column.scale.hi) if column.scale else (0, 0)


def _readable(column: Column) -> bool:
    """The header is words rather than a variable name."""
    text = column.wording or column.header
    return not text.isascii() or " " in text.strip() or not any(ch.isalpha() for ch in text)


def _overall(columns: list[Column]) -> list[Column]:
    """Without an item that says "overall", the satisfaction statement that stands with the loyalty items is the overall one.

    With several overall items the widest battery's is the surest: the others lose certainty, all are kept.
    """
    ratings = [c for c in columns if c.role is Role.RATING]
    overall = [c for c in ratings if c.measure is Measure.OVERALL]
    if len(overall) > 1:
        ranked = sorted(overall, key=lambda c: (-c.certainty, -_family_size(c, ratings), c.index))
        lowered = {
            c.index: replace(
                c, certainty=round(max(0.5, c.certainty - 0.1 * (1 + k)), 2), questions=(*c.questions, Said("ingest.ask.overall"))
            )
            for k, c in enumerate(ranked[1:])
        }
        return [lowered.get(c.index, c) for c in columns]
    if overall:
        return columns
    pick = _beside_loyalty(columns)
    if pick is None:
        return columns
    said = Said("ingest.reason.overall_beside", {"words": pick.header[:40]})
    return [
        replace(c, measure=Measure.OVERALL, certainty=0.65, reason=said, questions=(*c.questions, Said("ingest.ask.overall")))
        if c is pick
        else c
        for c in columns
    ]


def _beside_loyalty(columns: list[Column]) -> Column | None:
    """The first satisfaction item at most three columns away from a recommend or repurchase item, in a file with few such items."""
    loyal = [(at, c) for at, c in enumerate(columns) if c.role is Role.RATING and c.measure in (Measure.RECOMMEND, Measure.REPURCHASE)]
    satisfied = [(at, c) for at, c in enumerate(columns) if c.role is Role.RATING and c.measure is Measure.SATISFACTION]
    near = [(at, c) for at, c in satisfied if any(abs(at - other) <= 3 for other, _ in loyal) and _alone(c, columns)]
    if not near or len(satisfied) > FEW_SATISFIED:
        return None
    return near[0][1]


def _alone(column: Column, columns: list[Column]) -> bool:
    """A statement about satisfaction itself: not one item of a battery under a common question, not about staff, price or delivery."""
    start = column.wording[:BATTERY]
    if not wording.says_satisfied(column.wording) or wording.particular(column.wording) or column.stage:
        return False
    return not any(c.wording[:BATTERY] == start for c in columns if c is not column and len(start) == BATTERY)


def _family_size(column: Column, ratings: list[Column]) -> int:
    """How many ratings share the item number in front of the header (Q7ALL: all of Q7…)."""
    stem = _stem(column.header)
    return sum(1 for c in ratings if stem and _stem(c.header) == stem)


def _stem(header: str) -> str:
    head = header.split(" ")[0]
    digits = next((i for i, ch in enumerate(head) if ch.isdigit()), None)
    if digits is None:
        return ""
    end = digits
    while end < len(head) and head[end].isdigit():
        end += 1
    return head[:end]
