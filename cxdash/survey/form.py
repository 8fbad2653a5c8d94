"""A questionnaire along a journey, as frozen data: stages with touchpoints and factors, and the questions asked about them.

Nothing here knows a table, a file or a screen. Texts are kept per language ("ko", "en"). A code is a short ASCII identifier, fixed for
the life of the questionnaire; what people read is a text. What is no longer asked is `retired`, never removed, once it was published.

The value of an answer, by kind of question: rating int · choice str (the option's value, an attribute of the respondent) ·
multi list of int (numbers of the options, ascending) · text str · number int or float · gate "yes" or "no".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from cxdash.terms import Measure, Scale

Texts = Mapping[str, str]  # language -> text
Value = int | float | str | list[int]

LANGUAGES = ("ko", "en")
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)  # no ":", "/" or "#": gates, touchpoints and options are named with them
PLACE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}", re.ASCII)  # code of a stage, touchpoint or factor: no ".", which joins them
AUDIENCES = ("all", "existing", "prospect")
DOMAINS = ("product", "people", "communication")
INITIATIVES = ("active", "passive")
OPS = ("in", "not_in", "at_most", "at_least", "answered")
WORDED = ("intro", "consent", "thanks")  # parts of a form that a wave may say in words of its own
GATE = "gate:"  # field of the gate of a stage: GATE + its code
YES, NO = "yes", "no"

RATED = tuple(m.value for m in Measure if m not in (Measure.COMMENT, Measure.MULTI, Measure.ATTRIBUTE))
KINDS: Mapping[str, tuple[str, ...]] = {  # kind of question -> what it may measure
    "rating": RATED,
    "choice": (Measure.ATTRIBUTE.value,),
    "multi": (Measure.MULTI.value,),
    "text": (Measure.COMMENT.value, Measure.ATTRIBUTE.value),
    "number": (Measure.ATTRIBUTE.value,),
}
FACTOR_MEASURES = ("satisfaction", "importance", "expectation", "performance", "emotion")
GENERAL_MEASURES = ("overall", "recommend", "repurchase", "switching", "effort", "competitor", "comment", "attribute")


@dataclass(frozen=True)
class Option:
    """One answer to choose. value: text for a choice, a number from 1 for multi; it is what is stored, the label is what is read."""

    value: str | int
    label: Texts


@dataclass(frozen=True)
class Condition:
    """When a question is shown: an earlier answer is (not) one of `values`, at most / at least values[0], or given at all.

    A condition on a question that has no answer (skipped, hidden, not reached) never holds, whatever its op.
    """

    question: str
    op: str
    values: tuple[str | int, ...] = ()

    def holds(self, answers: Mapping[str, object]) -> bool:
        """
        >>> Condition("Q1", "at_most", (2,)).holds({"Q1": 1}), Condition("Q1", "at_most", (2,)).holds({})
        (True, False)
        >>> Condition("Q2", "not_in", (3,)).holds({"Q2": [1, 2]})
        True
        """
        answer = answers.get(self.question)
        if answer is None or answer in ("", []):
            return False
        if self.op == "answered":
            return True
        if self.op in ("in", "not_in"):
            given = {str(one) for one in (answer if isinstance(answer, list) else [answer])}
            return bool(given & {str(value) for value in self.values}) == (self.op == "in")
        if not isinstance(answer, int | float) or not self.values or not isinstance(self.values[0], int):
            return False
        return answer <= self.values[0] if self.op == "at_most" else answer >= self.values[0]


@dataclass(frozen=True)
class FormFactor:
    code: str
    name: Texts
    retired: bool = False


@dataclass(frozen=True)
class FormTouchpoint:
    """domain: product, people, communication or None. initiative: active (the customer comes), passive (the company does) or None."""

    code: str
    name: Texts
    domain: str | None = None
    initiative: str | None = None
    factors: tuple[FormFactor, ...] = ()
    retired: bool = False


@dataclass(frozen=True)
class FormStage:
    """audience: who sees it. gate: ask first whether it was experienced. shuffle: its factors in another order for each visit."""

    code: str
    name: Texts
    audience: str = "all"
    gate: bool = False
    shuffle: bool = False
    retired: bool = False
    touchpoints: tuple[FormTouchpoint, ...] = ()


@dataclass(frozen=True)
class FormQuestion:
    """One question. scale and labels (language -> point -> label) are set for ratings, options for choice and multi.

    stage, touchpoint, factor: codes of the place it asks about; a factor's code is unique within its stage.
    """

    code: str
    kind: str
    measure: str
    wording: Texts
    help: Texts = field(default_factory=dict)
    scale: Scale | None = None
    labels: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    required: bool = False
    stage: str | None = None
    touchpoint: str | None = None
    factor: str | None = None
    show_if: Condition | None = None
    retired: bool = False

    @cached_property
    def values(self) -> frozenset[str]:
        """The stored values of its options, as text."""
        return frozenset(str(option.value) for option in self.options)


@dataclass(frozen=True)
class FormSettings:
    """measures: what `bank.propose` fills in. customer: ask existing or prospect first. minutes: warn when the longest way takes more."""

    measures: tuple[str, ...] = ("satisfaction", *GENERAL_MEASURES)
    customer: bool = True
    minutes: int = 7


@dataclass(frozen=True)
class Form:
    """A questionnaire. The order of `questions` is the order asked (see flow.asked); stages are in the order of the journey."""

    title: Texts = field(default_factory=dict)
    languages: tuple[str, ...] = LANGUAGES
    stages: tuple[FormStage, ...] = ()
    questions: tuple[FormQuestion, ...] = ()
    intro: Texts = field(default_factory=dict)
    thanks: Texts = field(default_factory=dict)
    consent: Texts = field(default_factory=dict)
    settings: FormSettings = field(default_factory=FormSettings)

    @cached_property
    def by_code(self) -> Mapping[str, FormQuestion]:
        return {question.code: question for question in self.questions}

    @cached_property
    def stage_of(self) -> Mapping[str, FormStage]:
        return {stage.code: stage for stage in self.stages}

    @cached_property
    def retired_places(self) -> frozenset[tuple[str | None, ...]]:
        """(stage,), (stage, touchpoint) and (stage, None, factor) that are retired, also by what holds them."""
        gone: set[tuple[str | None, ...]] = set()
        for stage in self.stages:
            if stage.retired:
                gone.add((stage.code,))
            for touchpoint in stage.touchpoints:
                if touchpoint.retired:
                    gone.add((stage.code, touchpoint.code))
                gone |= {(stage.code, None, f.code) for f in touchpoint.factors if f.retired or touchpoint.retired}
        return frozenset(gone)

    def is_live(self, question: FormQuestion) -> bool:
        """It is asked of somebody: neither it nor its stage, touchpoint or factor is retired."""
        places = ((question.stage,), (question.stage, question.touchpoint), (question.stage, None, question.factor))
        return not question.retired and not any(place in self.retired_places for place in places)


def worded(form: Form, own: Mapping[str, Texts]) -> Form:
    """The form with other words around its questions. own: part (`WORDED`) -> language -> text; "" where nothing is to be said.

    >>> worded(Form(intro={"ko": "안녕하세요", "en": "Hello"}), {"intro": {"ko": "반갑습니다"}}).intro
    {'ko': '반갑습니다', 'en': 'Hello'}
    """
    said = {part: {k: v for k, v in {**getattr(form, part), **own[part]}.items() if v} for part in WORDED if own.get(part)}
    return replace(form, **said) if said else form  # type: ignore[arg-type]


def text(texts: Texts, language: str, fallback: str = "") -> str:
    """The text in a language, else in the first language that has one.

    >>> text({"ko": "구매", "en": ""}, "en")
    '구매'
    """
    return texts.get(language) or next((one for one in texts.values() if one), fallback)
