"""The pages a questionnaire has, and a page as one respondent sees it (`flow` says who sees what).

All questions of a stage come together on one page, stages in the order of the journey; neighbouring questions without a stage share a
page (attributes apart from the rest). In front of each run of stages comes one page with the gates of those of them that have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import groupby

from cxdash.survey.form import GATE, Condition, Form, FormQuestion, FormStage
from cxdash.terms import Measure


@dataclass(frozen=True)
class Item:
    """One question of a page. shown: by the answers so far. depends: its condition when that looks at an answer of the same page, so that
    the page can show and hide it by itself; without a script it stays visible and `answers.read` drops what does not apply."""

    question: FormQuestion
    shown: bool = True
    depends: Condition | None = None


@dataclass(frozen=True)
class Page:
    """key: "ask-1", "gates-1", "stage-CODE", fixed for the form. gates: the stages asked about on a page of gates."""

    key: str
    kind: str  # questions, gates, stage
    stage: str | None = None
    items: tuple[Item, ...] = ()
    gates: tuple[FormStage, ...] = ()

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names of the form fields that may be sent from this page."""
        return (*(GATE + stage.code for stage in self.gates), *(item.question.code for item in self.items))

    @cached_property
    def names(self) -> frozenset[str]:
        """The same, to ask whether one is among them."""
        return frozenset(self.fields)


@dataclass(frozen=True)
class Sheet:
    """A page as the form has it, for everybody: live questions in the order of the form."""

    key: str
    kind: str
    stage: FormStage | None = None
    questions: tuple[FormQuestion, ...] = ()
    gates: tuple[FormStage, ...] = ()

    @property
    def weight(self) -> int:
        return len(self.questions) + len(self.gates)


def sheets_of(form: Form) -> tuple[Sheet, ...]:
    """Kept on the form itself, which is frozen: every page and every read of a visit asks for them."""
    made = form.__dict__.get("_sheets")
    if made is None:
        made = form.__dict__["_sheets"] = tuple(_lay_out(form))
    return made


def _lay_out(form: Form) -> list[Sheet]:
    live = [q for q in form.questions if form.is_live(q) and (q.stage is None or q.stage in form.stage_of)]
    staged: dict[str, list[FormQuestion]] = {}
    order: list[FormQuestion | None] = []  # None: the place of the next stage of the journey
    for question in live:
        if question.stage is None:
            order.append(question)
        else:
            if question.stage not in staged:
                order.append(None)
            staged.setdefault(question.stage, []).append(question)
    journey = iter([stage for stage in form.stages if stage.code in staged])
    found: list[Sheet] = []
    for kind, run in groupby(order, lambda q: "stage" if q is None else str(q.measure == Measure.ATTRIBUTE)):
        if kind == "stage":
            stages = [next(journey) for _place in run]
            gates = tuple(stage for stage in stages if stage.gate)
            if gates:
                found.append(Sheet(f"gates-{_count(found, 'gates') + 1}", "gates", gates=gates))
            found += [Sheet(f"stage-{stage.code}", "stage", stage, tuple(staged[stage.code])) for stage in stages]
        else:
            questions = tuple(question for question in run if question is not None)
            found.append(Sheet(f"ask-{_count(found, 'questions') + 1}", "questions", questions=questions))
    return found


def _count(sheets: list[Sheet], kind: str) -> int:
    return sum(sheet.kind == kind for sheet in sheets)


def page_of(sheet: Sheet, live: Mapping[str, bool], seed: str) -> Page | None:
    """The sheet as this respondent sees it; None when there is nothing on it."""
    here = {question.code for question in sheet.questions}
    possible = _possible(sheet, live)
    made = {
        q.code: Item(q, live[q.code], q.show_if if q.show_if is not None and q.show_if.question in here else None)
        for q in sheet.questions
        if q.code in possible
    }
    questions = shuffled(sheet.questions, f"{seed}|{sheet.key}") if sheet.stage and sheet.stage.shuffle else sheet.questions
    items = tuple(made[question.code] for question in questions if question.code in made)
    gates = tuple(stage for stage in sheet.gates if live[GATE + stage.code])
    if not gates and not any(item.shown or item.depends for item in items):
        return None
    return Page(sheet.key, sheet.kind, sheet.stage.code if sheet.stage else None, items, gates)


def _possible(sheet: Sheet, live: Mapping[str, bool]) -> set[str]:
    """Questions of the page that are shown, or become shown by answers given on it."""
    found: set[str] = set()
    for question in sheet.questions:
        condition = question.show_if
        if live[question.code] or (condition is not None and condition.question in found):
            found.add(question.code)
    return found


def shuffled(questions: tuple[FormQuestion, ...], seed: str) -> tuple[FormQuestion, ...]:
    """The questions about factors in an order drawn from the seed; everything else keeps its place.

    Each measure has its own places, and the factors have one order in all of them. A question that depends on the one before it moves
    with it. The order comes from a hash, not from `random`, so that it stays the same in every version of Python.
    """
    units: list[list[FormQuestion]] = []
    for question in questions:
        follows = question.show_if and units and question.show_if.question in {q.code for q in units[-1]}
        if follows:
            units[-1].append(question)
        else:
            units.append([question])
    result = list(units)
    for measure in {unit[0].measure for unit in units}:
        places = [index for index, unit in enumerate(units) if unit[0].factor is not None and unit[0].measure == measure]
        for place, unit in zip(places, sorted((units[index] for index in places), key=lambda u: _rank(seed, u[0].factor)), strict=True):
            result[place] = unit
    return tuple(question for unit in result for question in unit)


def _rank(seed: str, factor: str | None) -> bytes:
    return blake2b(f"{seed}|{factor}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
