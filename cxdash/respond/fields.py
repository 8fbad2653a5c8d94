"""A page of the questionnaire as the template draws it: one field per question or gate, with what was answered and what was wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxdash import i18n
from cxdash.survey.answers import TEXT_MAX, Problem
from cxdash.survey.flow import Item, Page
from cxdash.survey.form import GATE, NO, YES, Condition, Form, FormQuestion, FormStage, text

WIDE = 5  # a scale of more points shows the labels of its ends only, also on a wide screen
_EYEBROW = re.compile(r"\[([^\[\]]{1,60})\]\s+(\S.*)", re.S)


@dataclass(frozen=True)
class Choice:
    """One radio button or box. place: within its field, from 1."""

    value: str
    label: str
    chosen: bool
    place: int


@dataclass(frozen=True)
class Field:
    """kind: rating, choice, multi, text, number, gate. eyebrow: the touchpoint, when the wording begins with it in brackets.

    lo, hi: labels of a scale's ends. labelled: every point has its own. depends: JSON for the script. focus: the first one in error.
    """

    kind: str
    name: str
    id: str
    legend: str
    eyebrow: str = ""
    help: str = ""
    required: bool = False
    error: str = ""
    focus: bool = False
    choices: tuple[Choice, ...] = ()
    value: str = ""
    lo: str = ""
    hi: str = ""
    labelled: bool = False
    depends: str = ""
    most: int = TEXT_MAX

    @property
    def points(self) -> int:
        return len(self.choices)

    @property
    def described(self) -> str:
        """Ids for aria-describedby."""
        parts = [("help", self.help), ("error", self.error), ("ends", self.lo or self.hi)]
        return " ".join(f"{self.id}-{name}" for name, there in parts if there)


def of_page(
    form: Form, page: Page, language: str, answers: Mapping[str, object], raw: Mapping[str, Sequence[str]] | None = None,
    errors: Mapping[str, Problem] | None = None,
) -> tuple[Field, ...]:  # fmt: skip
    """The fields of a page. raw: what was just sent (it is shown again as it was, also when it was refused), else the answers are shown."""
    problems = dict(errors or {})
    first = next((name for name in page.fields if name in problems), None)
    given = _Given(answers, raw)
    found = [_gate(stage, language, given, problems, first) for stage in page.gates]
    return (*found, *(_question(form, item, language, given, problems, first) for item in page.items))


class _Given:
    def __init__(self, answers: Mapping[str, object], raw: Mapping[str, Sequence[str]] | None) -> None:
        self._answers, self._raw = answers, raw

    def values(self, name: str) -> list[str]:
        if self._raw is not None:
            return list(self._raw.get(name, ()))
        value = self._answers.get(name)
        if value is None:
            return []
        return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _gate(stage: FormStage, language: str, given: _Given, problems: Mapping[str, Problem], first: str | None) -> Field:
    name = GATE + stage.code
    values = given.values(name)
    words = ((YES, i18n.text("respond.yes", language)), (NO, i18n.text("respond.no", language)))
    return Field(
        "gate", name, _id(name), text(stage.name, language, stage.code), required=True, error=_said(problems.get(name), language),
        focus=name == first, choices=tuple(Choice(value, word, value in values, n) for n, (value, word) in enumerate(words, 1)),
    )  # fmt: skip


def _question(
    form: Form, item: Item, language: str, given: _Given, problems: Mapping[str, Problem], first: str | None
) -> Field:  # fmt: skip
    question = item.question
    values = given.values(question.code)
    eyebrow, legend = _split(form, question, language)
    labels = question.labels.get(language) or next(iter(question.labels.values()), {})
    scale = question.scale if question.kind == "rating" else None
    points = scale.points if scale is not None else ()
    return Field(
        question.kind,
        question.code,
        _id(question.code),
        legend,
        eyebrow,
        help=text(question.help, language) or (i18n.text("respond.multi.help", language) if question.kind == "multi" else ""),
        required=question.required,
        error=_said(problems.get(question.code), language),
        focus=question.code == first,
        choices=_points(points, labels, values) if scale else _options(question, language, values),
        value=values[0] if values else "",
        lo=labels.get(scale.lo, "") if scale else "",
        hi=labels.get(scale.hi, "") if scale else "",
        labelled=bool(points) and len(points) <= WIDE and all(labels.get(point) for point in points),
        depends=_depends(item.depends),
    )


def _points(points: Sequence[int], labels: Mapping[int, str], values: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(Choice(str(point), labels.get(point, ""), str(point) in values, n) for n, point in enumerate(points, 1))


def _options(question: FormQuestion, language: str, values: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(option.value), text(option.label, language, str(option.value)), str(option.value) in values, n)
        for n, option in enumerate(question.options, 1)
    )


def _split(form: Form, question: FormQuestion, language: str) -> tuple[str, str]:
    """("매장", "직원에 …") of the wording "[매장] 직원에 …", when 매장 is the touchpoint asked about; else the wording as it is."""
    wording = text(question.wording, language, question.code)
    found = _EYEBROW.fullmatch(wording)
    stage = form.stage_of.get(question.stage or "")
    names = {text(point.name, language) for point in stage.touchpoints if point.code == question.touchpoint} if stage else set()
    return (found[1], found[2]) if found and found[1] in names else ("", wording)


def _depends(condition: Condition | None) -> str:
    if condition is None:
        return ""
    return json.dumps({"on": condition.question, "op": condition.op, "values": [*condition.values]}, ensure_ascii=False)


def _said(problem: Problem | None, language: str) -> str:
    return i18n.said(problem, language) if problem else ""


def _id(name: str) -> str:
    return "q-" + name.replace(":", "-").replace(".", "_")
