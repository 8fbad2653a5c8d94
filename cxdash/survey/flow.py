"""Which pages and questions a respondent sees, given the answers so far.

The order asked: questions in the order of the form, but all questions of a stage together on one page, stages in the order of the
journey; neighbouring questions without a stage share a page (attributes apart from the rest). In front of each run of stages comes one
page with the gates of those of them that have one. A stage nobody experienced is structurally absent: no page, no missing answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import groupby

from cxdash.survey.form import GATE, NO, YES, Condition, Form, FormQuestion, FormStage
from cxdash.terms import CUSTOMER, CUSTOMER_VALUES, Measure


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


@dataclass(frozen=True)
class Progress:
    """passed and total: questions of the whole form, before this page and at all; what is skipped counts as passed, so it never falls."""

    passed: int
    total: int

    @property
    def share(self) -> float:
        return self.passed / self.total if self.total else 1.0


@dataclass(frozen=True)
class _Sheet:
    """A page as the form has it, for everybody: live questions in the order of the form."""

    key: str
    kind: str
    stage: FormStage | None = None
    questions: tuple[FormQuestion, ...] = ()
    gates: tuple[FormStage, ...] = ()

    @property
    def weight(self) -> int:
        return len(self.questions) + len(self.gates)


def asked(form: Form) -> tuple[FormQuestion, ...]:
    """Every live question in the order asked (before any shuffling). A condition may look only at what stands before it here."""
    return tuple(question for sheet in _sheets(form) for question in sheet.questions)


def pages(form: Form, answers: Mapping[str, object], *, seed: str | int = "") -> tuple[Page, ...]:
    """The pages of one visit. answers: by field, as `answers.read` gives them, or known beforehand (customer from a link's attributes).
    seed: the visit's id; the same seed always gives the same order of shuffled factors.

    A gated stage appears when its gate was answered "yes"; a page none of whose questions can be shown does not appear.
    """
    live = visible(form, answers)
    made = (_page(form, sheet, live, seed) for sheet in _sheets(form))
    return tuple(page for page in made if page.gates or any(item.shown or item.depends for item in page.items))


def whole(form: Form, *, customer: str | None = None) -> tuple[Page, ...]:
    """Every page with every question, as somebody sees it who experienced all stages and meets all conditions (for previews and length).
    customer: "existing" or "prospect" to see only their stages."""
    known = {} if customer is None else {CUSTOMER: customer}
    found = []
    for sheet in _sheets(form):
        if sheet.stage is None or _concerns(sheet.stage, known):
            gates = tuple(stage for stage in sheet.gates if _concerns(stage, known))
            if gates or sheet.questions:
                found.append(_built(sheet, tuple(Item(question) for question in sheet.questions), gates))
    return tuple(found)


def visible(form: Form, answers: Mapping[str, object]) -> dict[str, bool]:
    """For every live question, and every gate, in the order asked: is it put to this respondent?

    Answers to what is not put count as not given, so a chain of conditions falls together with its first link.
    """
    given: dict[str, object] = {} if answers.get(CUSTOMER) is None else {CUSTOMER: answers[CUSTOMER]}
    found: dict[str, bool] = {}

    def put(field: str, is_put: bool) -> None:
        found[field] = is_put
        if not is_put:
            given.pop(field, None)
        elif answers.get(field) is not None:
            given[field] = answers[field]

    for sheet in _sheets(form):
        for stage in sheet.gates:
            put(GATE + stage.code, _concerns(stage, given))
        open_ = sheet.stage is None or _is_open(sheet.stage, given)
        for question in sheet.questions:
            put(question.code, open_ and (question.show_if is None or question.show_if.holds(given)))
    return found


def kept(form: Form, answers: Mapping[str, object]) -> dict[str, object]:
    """The answers that apply: of questions and gates that are put to this respondent. What is stored at the end is this.

    Going back and changing "experienced" to "no" leaves nothing of the stage.
    """
    return {field: answers[field] for field, is_put in visible(form, answers).items() if is_put and answers.get(field) is not None}


def unanswered(form: Form, answers: Mapping[str, object]) -> tuple[str, ...]:
    """Fields that are put to this respondent, required, and have no answer; gates are always required. Empty: it may be finished."""
    return tuple(
        field
        for field, is_put in visible(form, answers).items()
        if is_put and (field.startswith(GATE) or form.by_code[field].required) and answers.get(field) in (None, "", [])
    )


def progress(form: Form, page: Page) -> Progress:
    """How far a page lies within the form."""
    sheets = _sheets(form)
    place = next((index for index, sheet in enumerate(sheets) if sheet.key == page.key), len(sheets))
    return Progress(sum(sheet.weight for sheet in sheets[:place]), sum(sheet.weight for sheet in sheets))


# ---------------------------------------------------------------- the pages a form has


def _sheets(form: Form) -> tuple[_Sheet, ...]:
    """Kept on the form itself, which is frozen: every page and every read of a visit asks for them."""
    made = form.__dict__.get("_sheets")
    if made is None:
        made = form.__dict__["_sheets"] = tuple(_lay_out(form))
    return made


def _lay_out(form: Form) -> list[_Sheet]:
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
    found: list[_Sheet] = []
    for kind, run in groupby(order, lambda q: "stage" if q is None else str(q.measure == Measure.ATTRIBUTE)):
        if kind == "stage":
            stages = [next(journey) for _place in run]
            gates = tuple(stage for stage in stages if stage.gate)
            if gates:
                found.append(_Sheet(f"gates-{_count(found, 'gates') + 1}", "gates", gates=gates))
            found += [_Sheet(f"stage-{stage.code}", "stage", stage, tuple(staged[stage.code])) for stage in stages]
        else:
            questions = tuple(question for question in run if question is not None)
            found.append(_Sheet(f"ask-{_count(found, 'questions') + 1}", "questions", questions=questions))
    return found


def _count(sheets: list[_Sheet], kind: str) -> int:
    return sum(sheet.kind == kind for sheet in sheets)


# ---------------------------------------------------------------- one visit


def _concerns(stage: FormStage, given: Mapping[str, object]) -> bool:
    """Existing and prospective customers see their stages; until it is known which, both see all."""
    customer = given.get(CUSTOMER)
    return stage.audience == "all" or customer not in CUSTOMER_VALUES or customer == stage.audience


def _is_open(stage: FormStage, given: Mapping[str, object]) -> bool:
    return _concerns(stage, given) and (not stage.gate or given.get(GATE + stage.code) == YES)


def _page(form: Form, sheet: _Sheet, live: Mapping[str, bool], seed: str | int) -> Page:
    here = {question.code for question in sheet.questions}
    questions = shuffled(sheet.questions, f"{seed}|{sheet.key}") if sheet.stage and sheet.stage.shuffle else sheet.questions
    possible = _possible(sheet, live)
    items = tuple(
        Item(q, live[q.code], q.show_if if q.show_if is not None and q.show_if.question in here else None)
        for q in questions
        if q.code in possible
    )
    return _built(sheet, items, tuple(stage for stage in sheet.gates if live[GATE + stage.code]))


def _possible(sheet: _Sheet, live: Mapping[str, bool]) -> set[str]:
    """Questions of the page that are shown, or become shown by answers given on it."""
    found: set[str] = set()
    for question in sheet.questions:
        condition = question.show_if
        if live[question.code] or (condition is not None and condition.question in found):
            found.add(question.code)
    return found


def _built(sheet: _Sheet, items: tuple[Item, ...], gates: tuple[FormStage, ...]) -> Page:
    return Page(sheet.key, sheet.kind, sheet.stage.code if sheet.stage else None, items, gates)


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


def experienced(answers: Mapping[str, object], stage: str) -> bool | None:
    """What the gate of a stage was answered; None when it was not asked."""
    return {YES: True, NO: False}.get(str(answers.get(GATE + stage)))
