"""One row of an XLSForm as a question: which types map, and why the others do not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cxdash.survey.cells import Line
from cxdash.survey.form import FormQuestion, Option
from cxdash.survey.xlscolumns import Speech
from cxdash.survey.xlslogic import within
from cxdash.survey.xlsscales import Choice, measure, rated
from cxdash.terms import RATING_MAX, RATING_MIN, Scale

OPTIONS_MAX = 100
_SELECT = re.compile(r"select[ _]?(one|1|multiple)[ _]?(from[ _]file)?\s+(\S+)(\s+or[ _]other)?", re.I)
_RECORDED = frozenset({
    "start", "end", "today", "deviceid", "device_id", "username", "email", "phonenumber", "simserial", "subscriberid", "audit",
    "start-geopoint", "background-audio",
})  # fmt: skip
_COMPUTED = frozenset({"calculate", "hidden", "csv-external", "xml-external"})
_OTHER = frozenset({
    "geopoint", "geotrace", "geoshape", "image", "photo", "audio", "video", "file", "barcode", "date", "time", "datetime", "rank",
    "acknowledge", "trigger",
})  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """A question without code and place. stored: name of a choice -> what is stored. constrained: its constraint became its scale."""

    question: FormQuestion
    stored: dict[str, str | int] = field(default_factory=dict)
    constrained: bool = False
    whole: bool = True


def lists(lines: Iterable[Line], speech: Speech) -> dict[str, list[Choice]]:
    """The lists of the sheet "choices" by name; a choice without a name is noted and left out."""
    found: dict[str, list[Choice]] = {}
    for line in lines:
        choices = found.setdefault(line["list_name"], [])
        name = line["name"]
        if not name or not name.isprintable() or name in {choice.name for choice in choices}:
            line.note("name", "sheet.xls.choice_name", found=name or "–")
        else:
            choices.append(Choice(name, dict(speech.texts(line, "label")) or {speech.fallback: name}))
    found.pop("", None)
    return found


def question(line: Line, kind: str, choices: dict[str, list[Choice]], speech: Speech, *, staged: bool) -> Taken | None:
    """The question of a row, or None with a note that says why not."""
    wording = dict(speech.texts(line, "label"))
    name, _, rest = kind.partition(" ")
    if select := _SELECT.fullmatch(kind):
        return _select(line, select, choices, wording, staged)
    if name.lower() in ("integer", "int", "range"):
        return _number(line, name.lower(), wording, staged)
    if name.lower() == "decimal":
        return Taken(FormQuestion("", "number", "attribute", wording), whole=False)
    if name.lower() in ("text", "string"):
        return Taken(FormQuestion("", "text", "comment", wording))
    _left_out(line, kind)
    return None


def _left_out(line: Line, kind: str) -> None:
    name = kind.partition(" ")[0].lower()
    if name in _RECORDED:
        line.note("type", "sheet.xls.recorded", type=kind)
    elif name in _COMPUTED:
        line.note("type", "sheet.xls.computed", type=kind)
    elif name in _OTHER:
        line.note("type", "sheet.xls.type", type=kind)
    else:
        line.note("type", "sheet.xls.unknown_type", type=kind[:60])


def _select(line: Line, select: re.Match[str], choices: dict[str, list[Choice]], wording: dict[str, str], staged: bool) -> Taken | None:
    several, from_file, name, other = select[1].lower() == "multiple", select[2], select[3], select[4]
    given = choices.get(name, [])
    if from_file or not given or len(given) > OPTIONS_MAX:
        line.note("type", "sheet.xls.list", list=name, most=OPTIONS_MAX)
        return None
    if other:
        line.note("type", "sheet.xls.or_other")
    if several:
        return _several(line, given, wording)
    scale = rated(given, likert="likert" in line["appearance"].lower())
    if scale is None:
        options = tuple(Option(choice.name, choice.label) for choice in given)
        return Taken(FormQuestion("", "choice", "attribute", wording, options=options), {c.name: c.name for c in given})
    if scale.numbered:
        line.note("type", "sheet.xls.numbered", n=len(given))
    if scale.scale.direction == "low":
        line.note("type", "sheet.xls.low")
    return _rating(line, scale.scale, wording, staged, {k: dict(v) for k, v in scale.labels.items()}, scale.stored)


def _several(line: Line, given: list[Choice], wording: dict[str, str]) -> Taken:
    """Options keep numbers from 1 to 100 as their names are, else they are numbered in order."""
    whole = all(re.fullmatch(r"[1-9]\d?|100", choice.name, re.ASCII) for choice in given)
    numbers = [int(choice.name) if whole else place for place, choice in enumerate(given, 1)]
    if not whole:
        line.note("type", "sheet.xls.numbered", n=len(given))
    options = tuple(Option(number, choice.label) for number, choice in zip(numbers, given, strict=True))
    stored: dict[str, str | int] = {choice.name: number for choice, number in zip(given, numbers, strict=True)}
    return Taken(FormQuestion("", "multi", "multi", wording, options=options), stored)


def _number(line: Line, kind: str, wording: dict[str, str], staged: bool) -> Taken:
    """Whole numbers within at most 11 points are a rating."""
    ends = _range(line["parameters"]) if kind == "range" else within(line["constraint"])
    if ends is not None and 2 <= ends[1] - ends[0] <= 10 and RATING_MIN <= ends[0] and ends[1] <= RATING_MAX:
        if kind != "range":
            line.note("type", "sheet.xls.rating", lo=ends[0], hi=ends[1])
        scale = Scale(*ends)
        return _rating(line, scale, wording, staged, {}, {str(point): point for point in scale.points}, constrained=kind != "range")
    if kind == "range":
        line.note("parameters", "sheet.xls.range")
    return Taken(FormQuestion("", "number", "attribute", wording), whole=kind != "range")


def _range(parameters: str) -> tuple[int, int] | None:
    """(start, end) of "start=0 end=10 step=1", whose defaults are 1, 10 and 1; None unless all are whole and the step is 1."""
    given = {key.lower(): value for key, value in re.findall(r"(\w+)\s*=\s*([^\s;,]+)", parameters)}
    ends = given.get("start", "1"), given.get("end", "10")
    if _decimal(given.get("step", "1")) != 1 or not all(re.fullmatch(r"-?\d{1,4}", end, re.ASCII) for end in ends):
        return None
    return int(ends[0]), int(ends[1])


def _decimal(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _rating(
    line: Line, scale: Scale, wording: dict[str, str], staged: bool, labels: dict[str, dict[int, str]], stored: dict[str, str | int],
    *, constrained: bool = False,
) -> Taken:  # fmt: skip
    found = measure(wording, scale, staged=staged)
    if found == "other":
        line.note("label", "sheet.xls.measure")
    return Taken(FormQuestion("", "rating", found, wording, scale=scale, labels=labels), stored, constrained)
