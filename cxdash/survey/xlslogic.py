"""The small part of XPath that questionnaires of an XLSForm mostly use: `relevant` as one condition, `constraint` as a range."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxdash.survey.form import Condition, FormQuestion

_QUOTES = str.maketrans("‘’“”", "''\"\"")
_NAME, _TEXT = r"\$\{\s*([^}\s]+)\s*\}", r"(?:'([^']*)'|\"([^\"]*)\")"
_COMPARED = re.compile(rf"{_NAME}\s*(<=|>=|!=|=|<|>)\s*(?:{_TEXT}|([+-]?\d{{1,9}}))")
_SELECTED = re.compile(rf"(not\s*\(\s*)?selected\s*\(\s*{_NAME}\s*,\s*{_TEXT}\s*\)(?(1)\s*\))")
_LOW, _HIGH = re.compile(r"\.\s*>=\s*([+-]?\d{1,4})"), re.compile(r"\.\s*<=\s*([+-]?\d{1,4})")
_YES, _NO = ("yes", "true", "true()", "1"), ("", "no", "false", "false()", "0")


@dataclass(frozen=True)
class Known:
    """A question that was taken, and what the names of its choices are stored as."""

    question: FormQuestion
    stored: dict[str, str | int]
    whole: bool = True  # a number without decimals


@dataclass(frozen=True)
class _Part:
    name: str
    op: str  # "=", "!=", "<=", ">=", "<", ">"
    value: str


def flag(text: str) -> bool | None:
    """`required` when it says so outright; None for an expression."""
    plain = text.strip().lower()
    return True if plain in _YES else False if plain in _NO else None


def within(constraint: str) -> tuple[int, int] | None:
    """(0, 10) of ". >= 0 and . <= 10", in either order; None for anything else."""
    parts = re.split(r"\s+and\s+", constraint.strip().strip("()"), flags=re.IGNORECASE)
    if len(parts) != 2:
        return None
    for low, high in (parts, parts[::-1]):
        found = _LOW.fullmatch(low.strip(" ()")), _HIGH.fullmatch(high.strip(" ()"))
        if found[0] and found[1]:
            return int(found[0][1]), int(found[1][1])
    return None


def condition(relevant: str, known: dict[str, Known]) -> Condition | None:
    """The condition that means the same; None when there is none, or it names a question that was not taken.

    One comparison with an earlier answer; several with "or" when each says "is this answer", with "and" when each says "is not".
    """
    text = _unwrapped(relevant.translate(_QUOTES).strip())
    ors, ands = re.split(r"\s+or\s+", text, flags=re.I), re.split(r"\s+and\s+", text, flags=re.I)
    parts = [_part(one) for one in (ors if len(ors) > 1 else ands)]
    first = parts[0]
    if first is None or first.name not in known or any(part is None or part.name != first.name for part in parts):
        return None
    ops = {part.op for part in parts if part}
    values = [part.value for part in parts if part]
    if len(parts) > 1 and ops != ({"="} if len(ors) > 1 else {"!="}):
        return None
    return _made(known[first.name], first.op, values)


def _unwrapped(text: str) -> str:
    """Without brackets around the whole."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for place, letter in enumerate(text):
            depth += (letter == "(") - (letter == ")")
            if depth == 0 and place < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _part(text: str) -> _Part | None:
    text = _unwrapped(text.strip())
    if found := _SELECTED.fullmatch(text):
        return _Part(found[2], "!=" if found[1] else "=", found[3] if found[3] is not None else found[4])
    if found := _COMPARED.fullmatch(text):
        return _Part(found[1], found[2], next(value for value in found.groups()[2:] if value is not None))
    return None


def _made(on: Known, op: str, values: list[str]) -> Condition | None:
    code, kind = on.question.code, on.question.kind
    if op == "!=" and values == [""]:
        return Condition(code, "answered")
    if op in ("=", "!="):
        stored = [on.stored.get(value) for value in values]
        return Condition(code, "in" if op == "=" else "not_in", tuple(stored)) if None not in stored else None  # type: ignore[arg-type]
    if kind not in ("rating", "number") or not re.fullmatch(r"[+-]?\d+", values[0]):
        return None
    if op in ("<", ">") and not on.whole:
        return None
    point = int(values[0]) + {"<": -1, ">": 1}.get(op, 0)
    if on.question.scale is not None and point not in on.question.scale.points:
        return None
    return Condition(code, "at_most" if op in ("<", "<=") else "at_least", (point,))
