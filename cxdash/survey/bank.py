"""The wording bank: questions proposed from a journey, in Korean and English (texts/bank.json).

Codes are made of the places: factor `BUY.PRICE` (satisfaction), `BUY.PRICE.IMP`, `.EXP`, `.PERF`, `.EMO`; a touchpoint without factors
`BUY-STORE.SAT`, a stage without either `BUY-.SAT`; the comment of a stage `BUY-COMMENT`; the rest are the measure's own name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from cxdash.survey.form import (
    FACTOR_MEASURES,
    KINDS,
    LANGUAGES,
    Condition,
    Form,
    FormFactor,
    FormQuestion,
    FormStage,
    FormTouchpoint,
    Option,
    Texts,
    text,
)
from cxdash.terms import CUSTOMER, Measure, Scale

FOLDER = Path(__file__).resolve().parent / "texts"
SUFFIX: Mapping[str, str] = {"satisfaction": "SAT", "importance": "IMP", "expectation": "EXP", "performance": "PERF", "emotion": "EMO"}
REQUIRED = ("overall", "recommend", CUSTOMER)
OF_CUSTOMERS = ("repurchase", "switching", "effort")  # nothing to ask of those who have not used it yet
GENERAL = ("overall", "recommend", "repurchase", "switching", "effort", "competitor")


def propose(form: Form) -> Form:
    """The form with every question its journey and settings call for that it does not have yet, each at its place.

    A question is recognised by its code: what the user edited, moved or retired stays as it is; nothing is removed.
    """
    follows: dict[str | None, list[FormQuestion]] = {}  # new questions by the present one that stands before them in the proposal
    neighbour: str | None = None
    added: set[str] = set()
    for question in proposed(form):
        if question.code in form.by_code:
            neighbour = question.code
        elif question.code not in added:
            added.add(question.code)
            follows.setdefault(neighbour, []).append(question)
    result = list(follows.get(None, ()))
    for question in form.questions:
        result += [question, *follows.pop(question.code, ())]
    return replace(form, questions=tuple(result))


def reword(before: Form, after: Form) -> Form:
    """`after` (the journey was renamed) with the wording of every question that still was the bank's own for `before` made new."""
    old = {question.code: question for question in proposed(before)}
    new = {question.code: question for question in proposed(after)}

    def renewed(question: FormQuestion) -> FormQuestion:
        was, is_now = old.get(question.code), new.get(question.code)
        return replace(question, wording=is_now.wording) if was and is_now and question.wording == was.wording else question

    return replace(after, questions=tuple(renewed(question) for question in after.questions))


def proposed(form: Form) -> tuple[FormQuestion, ...]:
    """All questions the bank has for a form's live journey and settings, in the order to ask them."""
    return tuple(_all(form))


def fresh(form: Form, kind: str, *, measure: str | None = None, stage: str | None = None) -> FormQuestion:
    """A new question to be worded by the user, with a free code (Q1, Q2 …), the usual scale and two options where it has them."""
    measure = measure or ("other" if kind == "rating" else KINDS[kind][0])
    number = next(n for n in range(1, len(form.questions) + 2) if f"Q{n}" not in form.by_code)
    options = tuple(Option(n if kind == "multi" else str(n), _filled(texts()["kinds"]["option"], number=str(n))) for n in (1, 2))
    scale, labels = standard(measure) if kind == "rating" else (None, {})
    return FormQuestion(
        f"Q{number}", kind, measure, dict(texts()["kinds"][kind]), scale=scale, labels=labels, stage=stage,
        options=options if kind in ("choice", "multi") else (),
    )


def standard(measure: str) -> tuple[Scale, dict[str, dict[int, str]]]:
    """The usual scale of a measure and its labels by language and point; two labels name the ends.

    >>> standard("effort")[1]["en"]
    {1: 'Very difficult', 7: 'Very easy'}
    """
    entry = texts()["scales"][measure]
    scale = Scale(entry["lo"], entry["hi"])
    points = {2: (scale.lo, scale.hi)}
    return scale, {
        language: dict(zip(points.get(len(labels), scale.points), labels, strict=True)) for language, labels in entry["labels"].items()
    }


def gate_wording() -> Texts:
    """이 단계를 경험하셨나요?"""
    return dict(texts()["gate"])


def attribute_name(question: FormQuestion) -> Texts | None:
    """What an attribute is called in lists and filters ("성별") whose question is still worded as here; None for one of the author's own."""
    entry = texts()["attributes"].get(question.code)
    return dict(entry["name"]) if entry is not None and dict(question.wording) == entry["wording"] else None


@lru_cache(maxsize=1)
def texts() -> dict[str, Any]:
    """texts/bank.json. Not to be changed by who reads it."""
    return json.loads((FOLDER / "bank.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- what is proposed


def _all(form: Form) -> Iterator[FormQuestion]:
    on = form.settings.measures
    if form.settings.customer:
        yield _attribute(CUSTOMER)
    for stage in form.stages:
        if not stage.retired:
            for measure in (m for m in FACTOR_MEASURES if m in on):
                yield from _rated(stage, measure)
            if "comment" in on:
                yield _comment(stage)
    for measure in (m for m in GENERAL if m in on):
        yield _general(measure, form.settings.customer)
    if "attribute" in on:
        yield from (_attribute(key) for key in texts()["attributes"] if key != CUSTOMER)


def _rated(stage: FormStage, measure: str) -> Iterator[FormQuestion]:
    """One measure for every factor; for a touchpoint without factors, or a stage without touchpoints, for that as a whole."""
    touchpoints = [touchpoint for touchpoint in stage.touchpoints if not touchpoint.retired]
    for touchpoint in touchpoints:
        factors = [factor for factor in touchpoint.factors if not factor.retired]
        for factor in factors or [None]:
            yield _rating(stage, measure, touchpoint, factor)
    if not touchpoints:
        yield _rating(stage, measure)


def _rating(
    stage: FormStage, measure: str, touchpoint: FormTouchpoint | None = None, factor: FormFactor | None = None
) -> FormQuestion:
    suffix = SUFFIX[measure]
    if factor is not None:
        place, code = "factor", f"{stage.code}.{factor.code}" + ("" if measure == Measure.SATISFACTION else f".{suffix}")
    elif touchpoint is not None:
        place, code = "touchpoint", f"{stage.code}-{touchpoint.code}.{suffix}"
    else:
        place, code = "stage", f"{stage.code}-.{suffix}"
    scale, labels = standard(measure)
    names = {"stage": stage.name, "touchpoint": touchpoint.name if touchpoint else {}, "factor": factor.name if factor else {}}
    return FormQuestion(
        code, "rating", measure, _named(texts()[place][measure], names), scale=scale, labels=labels, stage=stage.code,
        touchpoint=touchpoint and touchpoint.code, factor=factor and factor.code,
    )


def _comment(stage: FormStage) -> FormQuestion:
    wording = _named(texts()["stage"]["comment"], {"stage": stage.name})
    return FormQuestion(f"{stage.code}-COMMENT", "text", Measure.COMMENT.value, wording, stage=stage.code)


def _general(measure: str, customer: bool) -> FormQuestion:
    scale, labels = standard(measure)
    only = Condition(CUSTOMER, "in", ("existing",)) if customer and measure in OF_CUSTOMERS else None
    wording = dict(texts()["general"][measure])
    return FormQuestion(measure, "rating", measure, wording, scale=scale, labels=labels, required=measure in REQUIRED, show_if=only)


def _attribute(key: str) -> FormQuestion:
    entry = texts()["attributes"][key]
    options = tuple(Option(value, dict(zip(LANGUAGES, labels, strict=True))) for value, *labels in entry["options"])
    return FormQuestion(
        key, "choice", Measure.ATTRIBUTE.value, dict(entry["wording"]), options=options, required=key in REQUIRED
    )


def _named(template: Texts, names: Mapping[str, Texts]) -> Texts:
    """The template in each language with the names of the places in that language; a name may hold any letters, braces too."""
    return {
        language: _replace(wording, {key: _inside(text(name, language), language, key) for key, name in names.items()})
        for language, wording in template.items()
    }


def _filled(template: Texts, **values: str) -> Texts:
    return {language: _replace(wording, values) for language, wording in template.items()}


def _replace(wording: str, values: Mapping[str, str]) -> str:
    """In one pass, so that a name that looks like a placeholder stays a name.

    >>> _replace("{stage}: {factor}", {"stage": "{factor}", "factor": "x"})
    '{factor}: x'
    """
    head, *rest = wording.split("{")
    return head + "".join(values[key] + tail for key, _, tail in (part.partition("}") for part in rest))


def _inside(name: str, language: str, key: str) -> str:
    """An English factor within a sentence begins small, unless it is an abbreviation or a proper name in capitals."""
    return name[:1].lower() + name[1:] if language == "en" and key == "factor" and name[1:2].islower() else name
