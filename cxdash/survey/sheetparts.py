"""The parts of a questionnaire workbook: its journey, its questions with their answers, its settings. Faults go to their lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from cxdash.survey import sheetwords as words
from cxdash.survey.cells import Line
from cxdash.survey.form import (
    CODE,
    KINDS,
    LANGUAGES,
    PLACE,
    Condition,
    FormFactor,
    FormQuestion,
    FormSettings,
    FormStage,
    FormTouchpoint,
    Option,
    Texts,
)
from cxdash.survey.sheet import FORMAT, parted
from cxdash.terms import RATING_MAX, RATING_MIN, Direction, Scale

_WHOLE = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_OF_LEVEL = {"stage": ("audience", "gate", "shuffle"), "touchpoint": ("domain", "initiative"), "factor": ()}
OPTION_MAX = 100


def texts_of(line: Line, column: str) -> Texts:
    """The texts of a column by language, as they were written."""
    return {name.partition(":")[2]: text for name, text in line.texts.items() if name.startswith(f"{column}:")}


def chosen(line: Line, column: str, family: str, default: str | None = None) -> str | None:
    """The key of the cell's word; the default when the cell is blank. A fault names the words there are."""
    if not line[column]:
        return default
    key = words.key_of(family, line[column])
    if key is None:
        line.fault(column, "sheet.fault.word", found=line[column], known=", ".join(words.words(family, _spoken(line[column]))))
    return key or default


def flag(line: Line, column: str) -> bool:
    return chosen(line, column, "yes") == "yes"


def whole(line: Line, column: str, lo: int, hi: int, text: str | None = None) -> int | None:
    """The whole number of a cell; None when blank. A fault names the range."""
    text = line[column] if text is None else text
    if not text:
        return None
    if not _WHOLE.fullmatch(text) or not lo <= int(text) <= hi:
        line.fault(column, "sheet.fault.whole", found=text, lo=lo, hi=hi)
        return None
    return int(text)


def _spoken(text: str) -> str:
    return "en" if text.isascii() else "ko"


class _Seen:
    """Codes with the row they were first met in."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], int] = {}

    def once(self, line: Line, column: str, *path: str) -> bool:
        first = self._rows.setdefault(path, line.number)
        if first != line.number:
            line.fault(column, "sheet.fault.double", found=path[-1], row=first)
        return first == line.number


class Journey:
    """The rows of the journey sheet. rows: (stage, touchpoint, factor codes) -> its line."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.rows: dict[tuple[str, ...], Line] = {}
        self._under: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        seen = _Seen()
        for line in lines:
            if (path := self._path(line)) and seen.once(line, ("stage", "touchpoint", "factor")[len(path) - 1], *path):
                self.rows[path] = line
                self._under.setdefault(path[:-1], []).append(path)
                self._cells(line, len(path))
        for path, line in self.rows.items():
            if len(path) > 1 and path[:-1] not in self.rows:
                column = ("stage", "touchpoint")[len(path) - 2]
                line.fault(column, "sheet.fault.no_parent", found=path[-2])
        self._factors_once()

    def _path(self, line: Line) -> tuple[str, ...]:
        codes = [line["stage"], line["touchpoint"], line["factor"]]
        depth = max((place for place, code in enumerate(codes, 1) if code), default=0)
        for column, code in zip(("stage", "touchpoint", "factor")[: depth or 1], codes, strict=False):
            if not code:
                line.fault(column, "sheet.fault.blank")
                return ()
            if not PLACE.fullmatch(code):
                line.fault(column, "sheet.fault.place_code", found=code)
                return ()
        return tuple(codes[:depth])

    def _cells(self, line: Line, depth: int) -> None:
        level = ("stage", "touchpoint", "factor")[depth - 1]
        for other, columns in _OF_LEVEL.items():
            for column in columns:
                if other != level and line[column]:
                    line.fault(column, "sheet.fault.not_of_row")
        for column, family in words.CHOSEN["journey"].items():
            chosen(line, column, family)

    def _factors_once(self) -> None:
        """A factor's code is unique within its stage: questions name it without the touchpoint."""
        seen = _Seen()
        for path, line in self.rows.items():
            if len(path) == 3:
                seen.once(line, "factor", path[0], path[2])

    def under(self, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The paths one level below, in the order of their rows; of () the stages."""
        return self._under.get(path, [])

    def stages(self) -> tuple[FormStage, ...]:
        """Call only when there are no faults."""
        return tuple(self._stage(path) for path in self.under(()))

    def _stage(self, path: tuple[str, ...]) -> FormStage:
        line = self.rows[path]
        audience = words.key_of("audience", line["audience"]) or "all"
        gate, shuffle, retired = (_on(line[column]) for column in ("gate", "shuffle", "retired"))
        return FormStage(
            path[-1], texts_of(line, "name"), audience, gate, shuffle, retired, tuple(self._touchpoint(one) for one in self.under(path)))

    def _touchpoint(self, path: tuple[str, ...]) -> FormTouchpoint:
        line = self.rows[path]
        factors = tuple(
            FormFactor(one[-1], texts_of(self.rows[one], "name"), _on(self.rows[one]["retired"])) for one in self.under(path))
        domain, initiative = words.key_of("domain", line["domain"]), words.key_of("initiative", line["initiative"])
        return FormTouchpoint(path[-1], texts_of(line, "name"), domain, initiative, factors, _on(line["retired"]))


def _on(text: str) -> bool:
    return words.key_of("yes", text) == "yes"


class Questions:
    """The rows of the questions sheet with those of the answers sheet. rows: code -> its line; given: code -> its answers' lines."""

    def __init__(self, lines: Iterable[Line], answers: Iterable[Line], journey: Journey) -> None:
        self.rows: dict[str, Line] = {}
        self.given: dict[str, list[Line]] = {}
        self._journey = journey
        seen = _Seen()
        for line in lines:
            code = line["code"]
            if not code:
                line.fault("code", "sheet.fault.no_code")
            elif not CODE.fullmatch(code):
                line.fault("code", "sheet.fault.code", found=code)
            elif seen.once(line, "code", code):
                self.rows[code] = line
        for line in answers:
            if line["question"] in self.rows:
                self.given.setdefault(line["question"], []).append(line)
            else:
                line.fault("question", "sheet.fault.unknown_question" if line["question"] else "sheet.fault.blank", found=line["question"])
        self._made = [self._question(code, line) for code, line in self.rows.items()]

    def questions(self) -> tuple[FormQuestion, ...]:
        """Call only when there are no faults."""
        return tuple(question for question in self._made if question is not None)

    def _question(self, code: str, line: Line) -> FormQuestion | None:
        kind, measure = self._kind(line)
        stage, touchpoint, factor = self._place(line)
        scale = _scale(line)
        required, retired = flag(line, "required"), flag(line, "retired")
        condition = self._condition(line)
        options = self._options(code, kind)
        labels = self._labels(code, kind, scale)
        if kind is None or measure is None:
            return None
        return FormQuestion(
            code, kind, measure, texts_of(line, "wording"), texts_of(line, "help"), scale, labels, options, required, stage, touchpoint,
            factor, condition, retired)

    def _kind(self, line: Line) -> tuple[str | None, str | None]:
        kind, measure = chosen(line, "kind", "kind"), chosen(line, "measure", "measure")
        if not line["kind"]:
            line.fault("kind", "sheet.fault.choose", known=", ".join(words.words("kind", "ko" if _korean(line) else "en")))
        if kind is None:
            return None, None
        if not line["measure"] and len(KINDS[kind]) == 1:
            return kind, KINDS[kind][0]
        if line["measure"] and measure is None:  # said already
            return kind, None
        if measure not in KINDS[kind]:
            language = "ko" if _korean(line) else "en"
            fitting = ", ".join(words.word("measure", one, language) for one in KINDS[kind])
            line.fault("measure", "sheet.fault.measure", kind=words.word("kind", kind, language), known=fitting)
            return kind, None
        return kind, measure

    def _place(self, line: Line) -> tuple[str | None, str | None, str | None]:
        stage, touchpoint, factor = (line[column] or None for column in ("stage", "touchpoint", "factor"))
        rows = self._journey.rows
        if stage is None:
            for column in ("touchpoint", "factor"):
                if line[column]:
                    line.fault(column, "sheet.fault.no_stage")
        elif (stage,) not in rows:
            line.fault("stage", "sheet.fault.unknown_place", found=stage, known=_listed(path[0] for path in rows if len(path) == 1))
        elif touchpoint is None:
            if factor is not None:
                line.fault("factor", "sheet.fault.no_touchpoint")
        elif (stage, touchpoint) not in rows:
            known = _listed(path[1] for path in self._journey.under((stage,)))
            line.fault("touchpoint", "sheet.fault.unknown_place", found=touchpoint, known=known)
        elif factor is not None and (stage, touchpoint, factor) not in rows:
            known = _listed(path[2] for path in self._journey.under((stage, touchpoint)))
            line.fault("factor", "sheet.fault.unknown_place", found=factor, known=known)
        return stage, touchpoint, factor

    def _condition(self, line: Line) -> Condition | None:
        on, op, values = line["if_question"], chosen(line, "if_op", "op"), parted(line["if_values"])
        if not on:
            for column in ("if_op", "if_values"):
                if line[column]:
                    line.fault(column, "sheet.fault.condition_question")
            return None
        if on not in self.rows:
            line.fault("if_question", "sheet.fault.unknown_question", found=on)
            return None
        if op is None:
            if not line["if_op"]:
                line.fault("if_op", "sheet.fault.choose", known=", ".join(words.words("op", "ko" if _korean(line) else "en")))
            return None
        kind = words.key_of("kind", self.rows[on]["kind"])
        numbers = kind in ("rating", "multi", "number")
        return Condition(on, op, tuple(int(v) if numbers and _WHOLE.fullmatch(v) else v for v in values))

    def _options(self, code: str, kind: str | None) -> tuple[Option, ...]:
        lines = self.given.get(code, [])
        if kind in ("text", "number"):
            for line in lines:
                line.fault("question", "sheet.fault.no_answers", found=code)
        if kind not in ("choice", "multi"):
            return ()
        options, seen = [], _Seen()
        for line in lines:
            value: str | int | None = line["value"]
            if not value:
                line.fault("value", "sheet.fault.blank")
            elif kind == "multi":
                value = whole(line, "value", 1, OPTION_MAX)
            elif not line["value"].isprintable():
                line.fault("value", "sheet.fault.unprintable")
            if value and seen.once(line, "value", str(value)):
                options.append(Option(value, texts_of(line, "label")))
        return tuple(options)

    def _labels(self, code: str, kind: str | None, scale: Scale | None) -> dict[str, dict[int, str]]:
        labels: dict[str, dict[int, str]] = {}
        seen = _Seen()
        for line in self.given.get(code, []) if kind == "rating" else []:
            if not line["value"]:
                line.fault("value", "sheet.fault.blank")
            lo, hi = (scale.lo, scale.hi) if scale else (RATING_MIN, RATING_MAX)
            point = whole(line, "value", lo, hi)
            if point is not None and seen.once(line, "value", str(point)):
                for language, label in texts_of(line, "label").items():
                    labels.setdefault(language, {})[point] = label
        return labels


def _scale(line: Line) -> Scale | None:
    lo, hi = whole(line, "lo", RATING_MIN, RATING_MAX), whole(line, "hi", RATING_MIN, RATING_MAX)
    direction = chosen(line, "direction", "direction", "high")
    if lo is None or hi is None:
        for one, other in (("lo", "hi"), ("hi", "lo")):
            if line[other] and not line[one]:
                line.fault(one, "sheet.fault.scale_end")
        return None
    if lo >= hi:
        line.fault("hi", "sheet.fault.scale_order", lo=lo)
        return None
    return Scale(lo, hi, Direction(direction))


def _korean(line: Line) -> bool:
    return not line.sheet.isascii()


def _listed(codes: Iterable[str], most: int = 12) -> str:
    known = list(codes)
    return ", ".join(known[:most]) + (" …" if len(known) > most else "") or "–"


class Settings:
    """The rows of the settings sheet by key."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.rows: dict[str, Line] = {}
        seen = _Seen()
        for line in lines:
            key = words.key_of("settings", line["item"])
            if not line["item"]:
                line.fault("item", "sheet.fault.blank")
            elif key is None:
                known = ", ".join(words.item(one, _spoken(line["item"])) for one in words.texts()["settings"])
                line.fault("item", "sheet.fault.word", found=line["item"], known=known)
            elif seen.once(line, "item", line["item"]):
                self.rows[key] = line
        self._parts = self._read()

    def parts(self) -> dict[str, Any]:
        """Arguments of Form: texts, languages, settings. What the sheet does not say is as in a new form."""
        return self._parts

    def _read(self) -> dict[str, Any]:
        rows, standard = self.rows, FormSettings()
        if (line := rows.get("format")) is not None and whole(line, "value", 1, 10**6) not in (None, FORMAT):
            line.fault("value", "sheet.fault.format", known=FORMAT)
        parts: dict[str, Any] = {key: texts_of(rows[key], "text") for key in ("title", "intro", "consent", "thanks") if key in rows}
        if (line := rows.get("languages")) is not None:
            parts["languages"] = self._languages(line)
        measures = standard.measures if "measures" not in rows else self._measures(rows["measures"])
        customer = standard.customer if "customer" not in rows else flag(rows["customer"], "value")
        minutes = whole(rows["minutes"], "value", 1, 600) if "minutes" in rows else None
        return parts | {"settings": FormSettings(measures, customer, minutes or standard.minutes)}

    def _languages(self, line: Line) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(words.language_of(one) for part in parted(line["value"]) for one in part.split(",")))
        unknown = [one for one in found if one not in LANGUAGES]
        if unknown or not found:
            line.fault("value", "sheet.fault.languages", found=", ".join(unknown) or "–", known="; ".join(LANGUAGES))
        return found

    def _measures(self, line: Line) -> tuple[str, ...]:
        measures = []
        for part in parted(line["value"]):
            key = words.key_of("measure", part)
            if key is None:
                line.fault("value", "sheet.fault.word", found=part, known="; ".join(words.words("measure", _spoken(part))))
            else:
                measures.append(key)
        return tuple(measures)
