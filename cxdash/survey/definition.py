"""A programme's definition as one file, to share between installations: journey, questions, waves without answers, questionnaires, and
what its figures are held against.

JSON with a format number. What the file says too much, too little or of the wrong kind is refused by name (FileDamaged), before anything is
stored; so is what does not belong together (a question at an unknown stage, a figure of an unknown question).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from cxdash.errors import FileDamaged
from cxdash.survey.document import from_document, to_document
from cxdash.survey import measuredby
from cxdash.survey.form import DOMAINS, INITIATIVES, Form, Texts
from cxdash.survey.measuredby import Crosshair, Outside, Standard
from cxdash.survey.node import Node, shown
from cxdash.terms import RATING_MAX, RATING_MIN, Direction, Measure

FORMAT, KIND = 1, "cxdash.program"
FIGURES = ("nps", "csat", "effort")
AGAINST = ("benchmarks", "standards", "crosshairs")
T = TypeVar("T")


@dataclass(frozen=True)
class Factor:
    code: str
    name: Texts


@dataclass(frozen=True)
class Touchpoint:
    code: str
    name: Texts
    domain: str | None = None
    initiative: str | None = None
    factors: tuple[Factor, ...] = ()


@dataclass(frozen=True)
class Stage:
    code: str
    name: Texts
    retired: bool = False
    touchpoints: tuple[Touchpoint, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A question or attribute as the programme stores it. labels: language -> point or value -> label."""

    code: str
    measure: str
    wording: Texts
    stage: str | None = None
    touchpoint: str | None = None
    factor: str | None = None
    lo: int | None = None
    hi: int | None = None
    direction: str = "high"
    labels: Mapping[str, Texts] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Round:
    """A wave: code, name, first and last day, why the trend breaks before it (or "")."""

    code: str
    name: Texts
    starts: date | None = None
    ends: date | None = None
    breaks: str = ""


@dataclass(frozen=True)
class Definition:
    """loyalty: question code -> weight. primary: figure (nps, csat, effort) -> question code. surveys: code -> the draft."""

    code: str
    name: Texts
    timezone: str = "Asia/Seoul"
    loyalty: Mapping[str, float] = field(default_factory=dict)
    primary: Mapping[str, str] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    questions: tuple[Asked, ...] = ()
    waves: tuple[Round, ...] = ()
    surveys: Mapping[str, Form] = field(default_factory=dict)
    benchmarks: tuple[Outside, ...] = ()
    standards: tuple[Standard, ...] = ()
    crosshairs: tuple[Crosshair, ...] = ()


# ---------------------------------------------------------------- writing


def dumps(definition: Definition) -> str:
    """The file: JSON with Korean as it is read, the same for the same definition."""
    return json.dumps(to_json(definition), ensure_ascii=False, indent=1) + "\n"


def to_json(definition: Definition) -> dict[str, Any]:
    """Plain data that `from_json` reads again. What is empty is left out."""
    program = {
        "code": definition.code, "name": dict(definition.name), "timezone": definition.timezone,
        "loyalty": dict(definition.loyalty), "primary": dict(definition.primary),
    }  # fmt: skip
    against = {name: [_plain(one) for one in getattr(definition, name)] for name in AGAINST}
    return {
        "format": FORMAT,
        "kind": KIND,
        "program": _lean(program),
        "stages": [_plain(stage) for stage in definition.stages],
        "questions": [_plain(question) for question in definition.questions],
        "waves": [_plain(wave) for wave in definition.waves],
        "surveys": [{"code": code, "form": to_document(form)} for code, form in definition.surveys.items()],
        **_lean(against),
    }


def _plain(thing: object) -> dict[str, Any]:
    """The fields of a frozen thing as plain data."""
    return _lean({name: _value(value) for name, value in vars(thing).items() if not (name == "direction" and value == "high")})


def _value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [one if isinstance(one, str) else _plain(one) for one in value]
    return {key: _value(one) for key, one in value.items()} if isinstance(value, Mapping) else value


def _lean(entries: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value not in (None, "", [], {}) and value is not False}


# ---------------------------------------------------------------- reading


def loads(text: str) -> Definition:
    """The definition of a file's text. FileDamaged names the place of the first thing that cannot be read."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileDamaged("sheet.program.not_json", fix="sheet.program.fix") from error
    return from_json(document)


def from_json(document: object) -> Definition:
    """As `loads`, of what `json.loads` gave."""
    top = Node(document, "")
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise FileDamaged("sheet.program.kind", fix="sheet.program.fix")
    top.taken.add("kind")
    if top.take("format", lambda node: node.number(0, 10**6)) != FORMAT:
        raise FileDamaged("sheet.program.format", known=FORMAT)
    definition = Definition(
        **top.take("program", _program),
        stages=top.take("stages", lambda node: _distinct(node, node.each(_stage)), ()),
        questions=top.take("questions", lambda node: _distinct(node, node.each(_question)), ()),
        waves=top.take("waves", lambda node: _distinct(node, node.each(_wave)), ()),
        surveys=top.take("surveys", _surveys, {}),
        benchmarks=top.take("benchmarks", lambda node: _once(node, node.each(measuredby.outside), lambda b: f"{b.metric} {b.name}"), ()),
        standards=top.take("standards", lambda node: _once(node, node.each(measuredby.standard), lambda s: s.stage), ()),
        crosshairs=top.take("crosshairs", lambda node: _once(node, node.each(measuredby.crosshair), lambda c: c.chart), ()),
    )
    top.close()
    _belongs(definition)
    return definition


def _named(node: Node) -> str:
    code = node.code().strip()
    if not code:
        raise node.wrong("code")
    return code


def _distinct(node: Node, things: tuple[T, ...]) -> tuple[T, ...]:
    return _once(node, things, lambda thing: thing.code)  # type: ignore[attr-defined]


def _once(node: Node, things: tuple[T, ...], name: Callable[[T], str]) -> tuple[T, ...]:
    """None twice under one name."""
    codes = [name(thing) for thing in things]
    if len(set(codes)) < len(codes):
        raise FileDamaged("sheet.program.double", where=node.where, code=next(code for code in codes if codes.count(code) > 1))
    return things


def _entries(node: Node, read: Callable[[Node], T]) -> dict[str, T]:
    return {Node(key, node.where).code(): read(Node(value, f"{node.where}.{shown(key)}")) for key, value in node.object().items()}


def _program(node: Node) -> dict[str, Any]:
    parts = {
        "code": node.take("code", _named),
        "name": node.texts("name"),
        "timezone": node.take("timezone", Node.code, "Asia/Seoul"),
        "loyalty": node.take("loyalty", lambda n: _entries(n, _weight), {}),
        "primary": node.take("primary", _primary, {}),
    }
    node.close()
    return parts


def _primary(node: Node) -> dict[str, str]:
    return {Node(figure, node.where).one_of(*FIGURES): code for figure, code in _entries(node, Node.code).items()}


def _weight(node: Node) -> float:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float) or not 0 <= node.value < math.inf:
        raise node.wrong("0 …")
    return float(node.value)


def _stage(node: Node) -> Stage:
    touchpoints = node.take("touchpoints", lambda n: _distinct(n, n.each(_touchpoint)), ())
    stage = Stage(node.take("code", _named), node.texts("name"), node.flag_at("retired"), touchpoints)
    node.close()
    return stage


def _touchpoint(node: Node) -> Touchpoint:
    touchpoint = Touchpoint(
        node.take("code", _named),
        node.texts("name"),
        node.take("domain", lambda n: n.one_of(*DOMAINS), None),
        node.take("initiative", lambda n: n.one_of(*INITIATIVES), None),
        node.take("factors", lambda n: _distinct(n, n.each(_factor)), ()),
    )
    node.close()
    return touchpoint


def _factor(node: Node) -> Factor:
    factor = Factor(node.take("code", _named), node.texts("name"))
    node.close()
    return factor


def _question(node: Node) -> Asked:
    question = Asked(
        node.take("code", _named),
        node.take("measure", lambda n: n.one_of(*Measure)),
        node.texts("wording"),
        node.code_at("stage"),
        node.code_at("touchpoint"),
        node.code_at("factor"),
        node.take("lo", lambda n: n.number(RATING_MIN, RATING_MAX), None),
        node.take("hi", lambda n: n.number(RATING_MIN, RATING_MAX), None),
        node.take("direction", lambda n: n.one_of(*Direction), "high"),
        node.take("labels", lambda n: n.languages(lambda m: _entries(m, Node.text)), {}),
        node.take("options", lambda n: n.each(Node.text), ()),
        node.take("headers", lambda n: n.each(Node.text), ()),
    )
    node.close()
    rated = question.measure not in (Measure.COMMENT, Measure.MULTI, Measure.ATTRIBUTE)
    scaled = question.lo is not None and question.hi is not None and question.lo < question.hi
    if rated != scaled or (not rated and (question.lo is not None or question.hi is not None)):
        raise node.wrong("lo < hi" if rated else "lo, hi: null")
    return question


def _wave(node: Node) -> Round:
    wave = Round(
        node.take("code", _named),
        node.texts("name"),
        node.take("starts", measuredby.day, None),
        node.take("ends", measuredby.day, None),
        node.take("breaks", Node.text, ""),
    )
    node.close()
    return wave


def _surveys(node: Node) -> dict[str, Form]:
    found: dict[str, Form] = {}
    for code, form in node.each(_survey):
        if code in found:
            raise FileDamaged("sheet.program.double", where=node.where, code=code)
        found[code] = form
    return found


def _survey(node: Node) -> tuple[str, Form]:
    code = node.take("code", _named)
    form = node.take("form", _form)
    node.close()
    return code, form


def _form(node: Node) -> Form:
    try:
        return from_document(node.value)
    except FileDamaged as error:
        where = str(error.params.get("where", "")).lstrip("/")
        raise FileDamaged(error.key, **{**error.params, "where": f"{node.where}.{where}".rstrip(".")}) from error


def _belongs(definition: Definition) -> None:
    """Every place and question that something refers to is there."""
    places: set[tuple[str | None, ...]] = {(None, None, None)}
    for stage in definition.stages:
        places.add((stage.code, None, None))
        for touchpoint in stage.touchpoints:
            places.add((stage.code, touchpoint.code, None))
            places |= {(stage.code, touchpoint.code, factor.code) for factor in touchpoint.factors}
    for at, question in enumerate(definition.questions):
        if (question.stage, question.touchpoint, question.factor) not in places:
            found = "/".join(str(code) for code in (question.stage, question.touchpoint, question.factor) if code)
            raise FileDamaged("sheet.program.refers", where=f"questions[{at}]", found=found)
    for where, found in measuredby.strangers(
        definition.benchmarks, definition.standards, stages={stage.code for stage in definition.stages},
        touchpoints={f"{stage}/{touchpoint}" for stage, touchpoint, factor in places if touchpoint and not factor},
        questions={question.code for question in definition.questions},
    ):  # fmt: skip
        raise FileDamaged("sheet.program.refers", where=where, found=found)
    _known("program.loyalty", definition.loyalty, definition)
    _known("program.primary", definition.primary.values(), definition)


def _known(where: str, codes: Iterable[str], definition: Definition) -> None:
    known = {question.code for question in definition.questions}
    for code in codes:
        if code not in known:
            raise FileDamaged("sheet.program.refers", where=where, found=code)
