"""What can be measured of a programme, each by a name that a link may carry: a headline, a stage, a touchpoint, a question."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cxdash.services.catalog import Catalog, QuestionInfo

HEADLINES = ("nps", "csat", "loyalty")
MORE = ("secure", "effort")
NAMED = (*HEADLINES, *MORE)  # those that every programme calls the same
_NAME = re.compile(r"(?:nps|csat|loyalty|secure|effort|(?:stage|touchpoint|question):.{1,300})", re.DOTALL)
Kind = Literal["nps", "csat", "loyalty", "secure", "effort", "score"]


@dataclass(frozen=True)
class Metric:
    """kind "score": the 100-point mean. question: whose points are counted; index: the column of facts.moments otherwise (0-100)."""

    id: str
    kind: Kind
    question: QuestionInfo | None = None
    index: str | None = None

    @property
    def signed(self) -> bool:
        """Runs from -100 to 100."""
        return self.kind == "nps"


def is_name(text: str) -> bool:
    """Whether the text is spelled like a metric; the programme may not have it."""
    return _NAME.fullmatch(text) is not None


def metric_of(catalog: Catalog, name: str) -> Metric | None:
    """The metric of that name, None when the programme does not measure it.

    A stage or touchpoint with one satisfaction item is that item's 100-point mean; with several it is the mean of the respondents'
    scores.
    """
    if name == "loyalty" or name == "secure":
        return Metric(name, name) if catalog.loyalty_items else None
    if name in ("nps", "csat", "effort"):
        question = catalog.behind(name)
        easy = question is not None and question.scale is not None and (question.scale.lo, question.scale.hi) == (1, 7)
        return None if question is None or (name == "effort" and not easy) else Metric(name, name, question)  # type: ignore[arg-type]
    what, _, code = name.partition(":")
    if what == "question":
        question = next((q for q in catalog.ratings if q.code == code), None)
        return Metric(name, "score", question) if question else None
    if what not in ("stage", "touchpoint"):
        return None
    items = catalog.stage_questions(code) if what == "stage" else catalog.touchpoint_questions(code)
    if not items:
        return None
    return Metric(name, "score", items[0]) if len(items) == 1 else Metric(name, "score", index=name)


def headlines_of(catalog: Catalog) -> tuple[str, ...]:
    """The headline figures that the programme measures, in the order of the cards."""
    return tuple(name for name in HEADLINES if metric_of(catalog, name))


def metrics_of(catalog: Catalog) -> tuple[str, ...]:
    """Everything the programme measures: headlines, stages and touchpoints in journey order, then every rating."""
    names: list[str] = [*HEADLINES, *MORE]
    for stage in catalog.stages:
        names.append(f"stage:{stage.code}")
        names += [f"touchpoint:{t.key}" for t in catalog.touchpoints if t.stage == stage.code]
    names += [f"question:{q.code}" for q in catalog.ratings]
    return tuple(name for name in names if metric_of(catalog, name))


@dataclass(frozen=True)
class Asked:
    """What `summarise` must count for some metrics."""

    questions: tuple[QuestionInfo, ...]
    loyalty: bool
    secure: bool
    indices: tuple[str, ...]


def asked_for(catalog: Catalog, names: Iterable[str]) -> Asked:
    """Counts behind these metrics; names that the programme does not measure are left out."""
    found = [m for m in (metric_of(catalog, name) for name in dict.fromkeys(names)) if m is not None]
    questions = {m.question.code: m.question for m in found if m.question is not None}
    return Asked(tuple(questions.values()), any(m.kind == "loyalty" for m in found), any(m.kind == "secure" for m in found),
                 tuple(m.index for m in found if m.index))
