"""A questionnaire as a JSON document and back. What the document says too much, too little or of the wrong kind is refused by name."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cxdash.errors import FileDamaged
from cxdash.survey.form import (
    AUDIENCES,
    DOMAINS,
    INITIATIVES,
    KINDS,
    OPS,
    Condition,
    Form,
    FormFactor,
    FormQuestion,
    FormSettings,
    FormStage,
    FormTouchpoint,
    Option,
)
from cxdash.survey.node import Node, shown
from cxdash.terms import RATING_MAX, RATING_MIN, Direction, Measure, Scale

FORMAT = 1


def to_document(form: Form) -> dict[str, Any]:
    """Plain data that `json.dumps` takes; `from_document` gives the same form again. What is empty or off is left out."""
    return _lean(
        {
            "format": FORMAT,
            "title": dict(form.title),
            "languages": list(form.languages),
            "stages": [_stage(stage) for stage in form.stages],
            "questions": [_question(question) for question in form.questions],
            "intro": dict(form.intro),
            "thanks": dict(form.thanks),
            "consent": dict(form.consent),
            "settings": {"measures": list(form.settings.measures), "customer": form.settings.customer, "minutes": form.settings.minutes},
        }
    )


def dumps(form: Form) -> str:
    """The document as text, the same for the same form."""
    return json.dumps(to_document(form), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=64)
def loads(text: str) -> Form:
    """The form of a document's text; kept, because every visitor of a version asks for the same. FileDamaged as from_document."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileDamaged("form.document.not_json") from error
    return from_document(document)


def from_document(document: object) -> Form:
    """The form. FileDamaged names the place (`where`: "questions[3].scale") of the first thing that cannot be read; nothing is guessed."""
    top = Node(document, "")
    if top.take("format", lambda node: node.number(0, 10**6)) != FORMAT:
        raise FileDamaged("form.document.format", known=FORMAT)
    form = Form(
        title=top.texts("title"),
        languages=top.take("languages", lambda node: _distinct(node, node.each(Node.code)), ("ko", "en")),
        stages=top.take("stages", lambda node: node.each(_read_stage), ()),
        questions=top.take("questions", lambda node: node.each(_read_question), ()),
        intro=top.texts("intro"),
        thanks=top.texts("thanks"),
        consent=top.texts("consent"),
        settings=top.take("settings", _read_settings, FormSettings()),
    )
    top.close()
    return form


# ---------------------------------------------------------------- writing


def _lean(entries: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if value not in (None, "", [], {}) and value is not False}


def _stage(stage: FormStage) -> dict[str, Any]:
    return _lean(
        {
            "code": stage.code,
            "name": dict(stage.name),
            "audience": None if stage.audience == "all" else stage.audience,
            "gate": stage.gate,
            "shuffle": stage.shuffle,
            "retired": stage.retired,
            "touchpoints": [_touchpoint(touchpoint) for touchpoint in stage.touchpoints],
        }
    )


def _touchpoint(touchpoint: FormTouchpoint) -> dict[str, Any]:
    factors = [_lean({"code": f.code, "name": dict(f.name), "retired": f.retired}) for f in touchpoint.factors]
    return _lean(
        {
            "code": touchpoint.code,
            "name": dict(touchpoint.name),
            "domain": touchpoint.domain,
            "initiative": touchpoint.initiative,
            "factors": factors,
            "retired": touchpoint.retired,
        }
    )


def _question(question: FormQuestion) -> dict[str, Any]:
    scale, condition = question.scale, question.show_if
    return _lean(
        {
            "code": question.code,
            "kind": question.kind,
            "measure": question.measure,
            "wording": dict(question.wording),
            "help": dict(question.help),
            "scale": scale and {"lo": scale.lo, "hi": scale.hi, "direction": str(scale.direction)},
            "labels": {language: {str(point): text for point, text in labels.items()} for language, labels in question.labels.items()},
            "options": [{"value": option.value, "label": dict(option.label)} for option in question.options],
            "required": question.required,
            "stage": question.stage,
            "touchpoint": question.touchpoint,
            "factor": question.factor,
            "show_if": condition and {"question": condition.question, "op": condition.op, "values": list(condition.values)},
            "retired": question.retired,
        }
    )


# ---------------------------------------------------------------- reading


def _distinct(node: Node, values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or len(set(values)) < len(values):
        raise node.wrong("list")
    return values


def _read_settings(node: Node) -> FormSettings:
    standard = FormSettings()
    settings = FormSettings(
        measures=node.take("measures", lambda n: n.each(lambda m: m.one_of(*Measure)), ()),
        customer=node.flag_at("customer"),
        minutes=node.take("minutes", lambda n: n.number(1, 600), standard.minutes),
    )
    node.close()
    return settings


def _read_stage(node: Node) -> FormStage:
    stage = FormStage(
        code=node.take("code", Node.code),
        name=node.texts("name"),
        audience=node.take("audience", lambda n: n.one_of(*AUDIENCES), "all"),
        gate=node.flag_at("gate"),
        shuffle=node.flag_at("shuffle"),
        retired=node.flag_at("retired"),
        touchpoints=node.take("touchpoints", lambda n: n.each(_read_touchpoint), ()),
    )
    node.close()
    return stage


def _read_touchpoint(node: Node) -> FormTouchpoint:
    touchpoint = FormTouchpoint(
        code=node.take("code", Node.code),
        name=node.texts("name"),
        domain=node.take("domain", lambda n: n.one_of(*DOMAINS), None),
        initiative=node.take("initiative", lambda n: n.one_of(*INITIATIVES), None),
        factors=node.take("factors", lambda n: n.each(_read_factor), ()),
        retired=node.flag_at("retired"),
    )
    node.close()
    return touchpoint


def _read_factor(node: Node) -> FormFactor:
    factor = FormFactor(node.take("code", Node.code), node.texts("name"), node.flag_at("retired"))
    node.close()
    return factor


def _read_question(node: Node) -> FormQuestion:
    question = FormQuestion(
        code=node.take("code", Node.code),
        kind=node.take("kind", lambda n: n.one_of(*KINDS)),
        measure=node.take("measure", lambda n: n.one_of(*Measure)),
        wording=node.texts("wording"),
        help=node.texts("help"),
        scale=node.take("scale", _read_scale, None),
        labels=node.take("labels", lambda n: n.languages(_read_labels), {}),
        options=node.take("options", lambda n: n.each(_read_option), ()),
        required=node.flag_at("required"),
        stage=node.code_at("stage"),
        touchpoint=node.code_at("touchpoint"),
        factor=node.code_at("factor"),
        show_if=node.take("show_if", _read_condition, None),
        retired=node.flag_at("retired"),
    )
    node.close()
    return question


def _read_scale(node: Node) -> Scale:
    lo = node.take("lo", lambda n: n.number(RATING_MIN, RATING_MAX))
    hi = node.take("hi", lambda n: n.number(RATING_MIN, RATING_MAX))
    direction = Direction(node.take("direction", lambda n: n.one_of(*Direction), "high"))
    node.close()
    if lo >= hi:
        raise node.wrong("lo < hi")
    return Scale(lo, hi, direction)


def _read_labels(node: Node) -> dict[int, str]:
    labels: dict[int, str] = {}
    for key, value in node.object().items():
        child = Node(value, f"{node.where}.{shown(key)}")
        if not isinstance(key, str) or len(key) > 4 or not key.lstrip("-").isascii() or not key.removeprefix("-").isdigit():
            raise child.wrong("point")
        labels[int(key)] = child.text()
    return labels


def _read_option(node: Node) -> Option:
    option = Option(node.take("value", Node.value_of), node.texts("label"))
    node.close()
    return option


def _read_condition(node: Node) -> Condition:
    condition = Condition(
        node.take("question", Node.code),
        node.take("op", lambda n: n.one_of(*OPS)),
        node.take("values", lambda n: n.each(Node.value_of), ()),
    )
    node.close()
    return condition
