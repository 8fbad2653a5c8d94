"""The scale of a column whose answers are numbers, with or without labels beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cxdash.ingest import anchors as header_anchors
from cxdash.ingest import cells, clean, evidence, labels, missing, numeric
from cxdash.ingest.lexicon import sense
from cxdash.ingest.plan import Said
from cxdash.ingest.scaleparts import READABLE, Parts, ScaleGuess, Values
from cxdash.terms import RATING_MAX, RATING_MIN, Direction, Scale

_ELEVEN = ((0, 10), (1, 11))  # eleven points as they are printed, and as some tools store them


def numbered(
    parts: Parts,
    header: str,
    stated: header_anchors.Anchors,
    told: Mapping[int, str],
    strength: int,
    siblings: Sequence[tuple[str, Values]],
) -> ScaleGuess | None:
    """The scale of the numbers, or None when they are categories, counts or identifiers."""
    words = {
        **stated.labels,
        **parts.beside,
        **{point: label for point, label in told.items() if not missing.says_nothing(label, experience=not missing.graded(told.values()))},
    }
    sensed = {point: label for point, label in words.items() if sense(label) is not None}
    if (len(parts.beside) >= 2 or len(told) >= 2) and len(sensed) < 2:
        return None  # numbered categories: 1 남자, 2 여자
    if len(parts.numbers) > 40 and not (strength == 1 or stated.hi is not None):
        return None
    recommend = evidence.recommends(header)
    bounds = _label_bounds(told, parts.beside, sensed) or (stated.lo, stated.hi)
    counts = tuple(sorted(parts.numbers.items()))
    ranked = numeric.fits(counts, bounds, tuple(stated.missing), recommend)
    ranked = numeric.vote(ranked, [(_counts(values), evidence.kinship(header, other)) for other, values in siblings])
    if not ranked or ranked[0].score < -7.5:
        return None
    best = ranked[0]
    if sum(parts.numbers[value] for value in best.stray) > (1 - READABLE) * parts.n:
        return None
    sure = _certainty(parts, best, ranked, strength, bounds, sensed, recommend, siblings, header)
    if sure < 0.2:
        return None
    return _answer(parts, best, ranked, sure, bounds, words, sensed, header)


def _counts(values: Values) -> numeric.Counts:
    table: dict[int, int] = {}
    for text, count in values:
        number = cells.read(text).number
        if number is not None and number == int(number) and abs(number) < 1e6:
            table[int(number)] = table.get(int(number), 0) + count
    return tuple(sorted(table.items())) if len(table) <= 20 else ()


def _label_bounds(told: Mapping[int, str], beside: Mapping[int, str], sensed: Mapping[int, str]) -> tuple[int, int] | None:
    """The bounds that labels fix: all labelled points of a code list, or the form of the words beside the numbers."""
    experience = not missing.graded(told.values())
    listed = [point for point, label in told.items() if not missing.says_nothing(label, experience=experience)]
    if len(listed) >= 2 and any(point in sensed for point in listed):
        return min(listed), max(listed)
    pairs = {point: label for point, label in beside.items() if sense(label) is not None}
    form = labels.place([(label, 1000) for label in pairs.values()]) if len(pairs) >= 2 else None
    if form is None:
        return None
    for sign in (1, -1):
        offsets = {point - sign * form.points[clean.key(label)] for point, label in pairs.items()}
        if len(offsets) == 1:
            offset = offsets.pop()
            return (offset + 1, offset + form.size) if sign > 0 else (offset - form.size, offset - 1)
    return min(pairs), max(pairs)


def _certainty(
    parts: Parts,
    best: numeric.Fit,
    ranked: Sequence[numeric.Fit],
    strength: int,
    bounds: tuple[int | None, int | None],
    sensed: Mapping[int, str],
    recommend: bool,
    siblings: Sequence[tuple[str, Values]],
    header: str,
) -> float:
    size = best.hi - best.lo + 1
    used = sum(best.lo <= value <= best.hi for value in parts.numbers)
    sure = 0.45 + (0.25 if strength == 1 else -0.2 if strength == -1 else 0.0) + (0.1 if recommend else 0.0)
    sure += 0.4 if len(sensed) >= 2 else 0.3 if bounds[1] is not None and bounds[1] == best.hi else 0.0
    sure += 0.15 if size >= 10 and size <= 11 and used >= size - 2 else 0.0
    if size >= 5:
        sure += _battery(best, siblings, header) + (0.1 if strength != 1 and _shaped(parts.numbers, best) else 0.0)
    if len(ranked) > 1 and ranked[0].score - ranked[1].score < numeric.CLOSE:
        sure -= 0.1
    if strength != 1 and not sensed and bounds[1] is None:
        sure -= (0.2 if size <= 3 else 0.1 if size == 4 else 0.0) + (0.1 if _falls(parts.numbers) else 0.0)
    if parts.n < 5:
        sure -= 0.1
    return round(max(0.0, min(0.98, sure)), 2)


def _battery(best: numeric.Fit, siblings: Sequence[tuple[str, Values]], header: str) -> float:
    """What it adds that the columns of the same item number (or the same form of header) were answered on the same scale.

    At least one of them must use every point: a row of yes/no items is no battery of five points.
    """
    kin, full = [], False
    for other, values in siblings:
        counts = _counts(values)
        theirs = numeric.fits(counts)
        if theirs and theirs[0].bounds == best.bounds:
            kin.append(evidence.kinship(header, other))
            full = full or (kin[-1] > 1 and {value for value, _ in counts} >= set(range(best.lo, best.hi + 1)))
    if not full:
        return 0.0
    return 0.2 if sum(degree >= 2 for degree in kin) >= 2 or sum(degree > 1 for degree in kin) >= 4 else 0.05 if len(kin) >= 4 else 0.0


def _shaped(numbers: Mapping[int, int], best: numeric.Fit) -> bool:
    """One peak, away from the first code, and every point used: how people rate, seldom how categories are numbered."""
    row = [numbers.get(point, 0) for point in range(best.lo, best.hi + 1)]
    return min(row) > 0 and row.index(max(row)) > 0 and numeric.valley(row) < 0.02


def _falls(numbers: Mapping[int, int]) -> bool:
    """Counts that only fall with the code: how lists of categories are numbered, seldom how people rate."""
    row = [numbers[value] for value in sorted(numbers)]
    return len(row) >= 3 and all(a > b for a, b in pairwise(row))


def _answer(
    parts: Parts,
    best: numeric.Fit,
    ranked: Sequence[numeric.Fit],
    sure: float,
    bounds: tuple[int | None, int | None],
    words: Mapping[int, str],
    sensed: Mapping[int, str],
    header: str,
) -> ScaleGuess:
    shift = 1 if best.bounds == (1, 11) else 0
    lo, hi = best.lo - shift, best.hi - shift
    found = header_anchors.direction(sensed, lo, hi) if sensed else None
    direction = found or Direction.HIGH
    scale = Scale(
        max(lo, RATING_MIN), min(hi, RATING_MAX), direction, {point: label for point, label in words.items() if lo <= point <= hi}
    )
    codes = {
        text: point - shift
        for point, texts in parts.texts.items()
        for text in texts
        if best.lo <= point <= best.hi and (shift or clean.number(text) is None)
    }
    if shift:
        codes |= {str(point): point - 1 for point in range(1, 12)}
    gone = [*parts.missing, *(text for value in best.missing for text in parts.texts.get(value, ()))]
    questions = _questions(parts, best, ranked, found, header, bounds)
    reason = _reason(scale, best, bounds, sensed, found, shift, parts)
    return ScaleGuess(scale, codes, tuple(dict.fromkeys(gone)), sure, reason, questions)


def _questions(
    parts: Parts,
    best: numeric.Fit,
    ranked: Sequence[numeric.Fit],
    direction: Direction | None,
    header: str,
    bounds: tuple[int | None, int | None],
) -> tuple[Said, ...]:
    asked = []
    other = next((fit for fit in ranked[1:] if fit.bounds != best.bounds), None)
    zero_open = {best.bounds, other.bounds if other else ()} <= {(0, 10), (1, 10)} and bounds[0] is None
    if zero_open and 0 not in parts.numbers and (evidence.recommends(header) or parts.n < 30):
        asked.append(Said("scale.ask.zero", {"lo": best.lo, "hi": best.hi, "other": 1 - best.lo}))
    elif best.bounds in _ELEVEN and 11 in parts.numbers and 0 not in parts.numbers:  # no shape of the counts can tell these apart
        other_lo, other_hi = _ELEVEN[1 - _ELEVEN.index(best.bounds)]
        asked.append(Said("scale.ask.code", {"lo": best.lo, "hi": best.hi, "other_lo": other_lo, "other_hi": other_hi, "codes": "11"}))
    elif other is not None and best.score - other.score < numeric.CLOSE and bounds[1] is None:
        codes = ", ".join(str(value) for value in (*best.missing, *other.missing))
        params = {"lo": best.lo, "hi": best.hi, "other_lo": other.lo, "other_hi": other.hi}
        asked.append(
            Said("scale.ask.code", {**params, "codes": codes})
            if set(best.missing) ^ set(other.missing)
            else Said("scale.ask.bounds", params)
        )
    clear = best.hi - best.lo >= 9 or best.lo < 0 or evidence.scores(header)
    if direction is None and not clear:
        asked.append(Said("scale.ask.direction", {"lo": best.lo, "hi": best.hi}))
    return tuple(asked)


def _reason(
    scale: Scale,
    best: numeric.Fit,
    bounds: tuple[int | None, int | None],
    sensed: Mapping[int, str],
    direction: Direction | None,
    shift: int,
    parts: Parts,
) -> Said:
    span = {"lo": scale.lo, "hi": scale.hi}
    if shift:
        return Said("scale.reason.shifted", span)
    if direction is not None:
        key = "scale.reason.reversed" if direction is Direction.LOW else "scale.reason.anchored"
        return Said(key, {**span, "low": sensed[min(sensed)], "high": sensed[max(sensed)], "at_low": min(sensed), "at_high": max(sensed)})
    if bounds[1] is not None and bounds[1] == best.hi:
        return Said("scale.reason.stated", span)
    if best.missing:
        return Said("scale.reason.codes", {**span, "codes": ", ".join(str(value) for value in best.missing), "share": _share(parts, best)})
    return Said("scale.reason.number", span)


def _share(parts: Parts, best: numeric.Fit) -> int:
    return round(100 * sum(parts.numbers[value] for value in best.missing) / max(1, parts.n))
