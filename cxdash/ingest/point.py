"""One cell text of a rating column -> its point, "no answer", or what is wrong with it. The only place that decides this."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.ingest import cells, clean, labels, missing
from cxdash.ingest.plan import Column, Said


@dataclass(frozen=True)
class Reading:
    """point: a scale point; None with problem None: no answer; else the problem."""

    point: int | None = None
    problem: Said | None = None


NOTHING = Reading()


class Gone:
    """The texts a mapping calls "no answer", compared after trimming and case folding, numbers as numbers ("6" also means "6.0")."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._keys = {clean.key(text) for text in texts}
        self._numbers = {number for text in texts if (number := clean.number(text)) is not None}

    def has(self, text: str) -> bool:
        key = clean.key(text)
        return not key or key in self._keys or (bool(self._numbers) and clean.number(text) in self._numbers)


class Rating:
    """Reads the cells of one rating column under a mapping.

    In this order: blank or listed as missing; listed in `codes`; a number on the scale, alone or with its label ("5점", "매우
    만족(5)"); a label that the listed ones fix (labels.Resolver); a word that never is an answer ("N/A", "모름"); else a problem.
    """

    def __init__(self, column: Column) -> None:
        if column.scale is None:
            raise ValueError(f"rating column {column.header!r} has no scale")
        self.scale = column.scale
        self._gone = Gone(column.missing)
        coded = {text: point for text, point in column.codes.items() if isinstance(point, int)}
        self._keys = {clean.key(text): point for text, point in coded.items()}
        numbers = {number: point for text, point in coded.items() if (number := clean.number(text)) is not None}
        self._shifted = any(number != point for number, point in numbers.items())
        self._numbers = numbers if self._shifted else {}
        self._words = {text: point for text, point in coded.items() if clean.number(text) is None}
        self._words |= {label: point for point, label in self.scale.labels.items() if clean.number(label) is None}
        self._shown = {clean.key(label): point for label, point in self._words.items()}
        self._resolver = labels.Resolver(self._words, self.scale.lo, self.scale.hi)

        self._no_point = Reading(problem=Said("scale.problem.not_a_point", {"accepted": self.accepted}))

    def read(self, text: str) -> Reading:
        if self._gone.has(text):
            return NOTHING
        if clean.is_error(text):
            return Reading(problem=Said("scale.problem.error_cell", {"value": clean.norm(text)}))
        point = self._keys.get(clean.key(text))
        if point is not None:
            return Reading(point) if self.scale.lo <= point <= self.scale.hi else self._off(point)
        return self._unlisted(text)

    def _unlisted(self, text: str) -> Reading:
        cell = cells.read(text)
        if cell.number is not None:
            return self._number(cell.number, text)
        word = self._shown.get(clean.key(text))
        word = self._resolver.point(text) if word is None else word
        if word is not None:
            return Reading(word)
        if missing.says_nothing(text):
            return NOTHING
        return self._no_point

    def _number(self, number: float, text: str) -> Reading:
        if self._shifted:
            point = self._numbers.get(number)
            return Reading(point) if point is not None else self._off(number)
        if number != int(number):
            return Reading(problem=Said("scale.problem.fraction", {"lo": self.scale.lo, "hi": self.scale.hi}))
        label = cells.read(text).label
        if label and self._gone.has(label):
            return NOTHING
        return Reading(int(number)) if self.scale.lo <= number <= self.scale.hi else self._off(number)

    def _off(self, number: float) -> Reading:
        accepted = list(self._numbers) if self._shifted else [self.scale.lo, self.scale.hi]
        return Reading(
            problem=Said("scale.problem.off_scale", {"lo": f"{min(accepted):g}", "hi": f"{max(accepted):g}", "number": f"{number:g}"})
        )

    @property
    def accepted(self) -> str:
        """What a cell may hold, for the message: the scale's range and the listed words."""
        words = sorted(self._words.items(), key=lambda item: (item[1], item[0]))
        bounds = f"{self.scale.lo}–{self.scale.hi}"
        return f"{bounds}, {' · '.join(text for text, _ in words[:12])}" if words else bounds
