"""How long a questionnaire takes. An estimate by a rule of our own, meant for comparing drafts, not measured on people.

Seconds per question: rating 4 · single choice 5 · multiple choice 10 · number 6 · comment 20 when required, else 6 (most are left
empty) · gate 3; and 2 for every page turned. What visits really take is measured and shown beside it once answers come in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxdash.survey.flow import Page, whole
from cxdash.survey.form import Form, FormQuestion
from cxdash.terms import CUSTOMER_VALUES

SECONDS = {"rating": 4, "choice": 5, "multi": 10, "number": 6}
SECONDS_TEXT, SECONDS_TEXT_OPTIONAL, SECONDS_GATE, SECONDS_PAGE = 20, 6, 3, 2


@dataclass(frozen=True)
class Length:
    """questions: ratings, choices, comments and gates of one respondent. seconds: see the rule above."""

    questions: int = 0
    seconds: int = 0

    @property
    def minutes(self) -> float:
        return self.seconds / 60


def longest(form: Form) -> Length:
    """The longest way through: somebody who experienced every stage and meets every condition, existing or prospect, whichever is more."""
    return max((_of(whole(form, customer=customer)) for customer in CUSTOMER_VALUES), key=lambda length: length.seconds)


def shortest(form: Form) -> Length:
    """The shortest: no gated stage was experienced, no condition holds."""
    return min((_of(_without(form, whole(form, customer=customer))) for customer in CUSTOMER_VALUES), key=lambda length: length.seconds)


def minutes(form: Form) -> float:
    """Minutes of the longest way; the builder warns above `form.settings.minutes`."""
    return longest(form).minutes


def usual(form: Form) -> int:
    """Whole minutes that respondents are told: the middle of the longest and the shortest way, rounded up."""
    return max(1, math.ceil((longest(form).seconds + shortest(form).seconds) / 120))


def seconds_of(question: FormQuestion) -> int:
    if question.kind == "text":
        return SECONDS_TEXT if question.required else SECONDS_TEXT_OPTIONAL
    return SECONDS[question.kind]


def _of(pages: tuple[Page, ...]) -> Length:
    asked = [item.question for page in pages for item in page.items if item.shown]
    gates = sum(len(page.gates) for page in pages)
    seconds = sum(seconds_of(question) for question in asked) + SECONDS_GATE * gates + SECONDS_PAGE * len(pages)
    return Length(len(asked) + gates, seconds)


def _without(form: Form, pages: tuple[Page, ...]) -> tuple[Page, ...]:
    kept = []
    for page in pages:
        items = tuple(item for item in page.items if item.question.show_if is None)
        gated = page.stage is not None and form.stage_of[page.stage].gate
        if page.gates or (items and not gated):
            kept.append(Page(page.key, page.kind, page.stage, items, page.gates))
    return tuple(kept)
