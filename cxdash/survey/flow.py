"""Which pages and questions a respondent sees, given the answers so far.

The order asked: questions in the order of the form, but all questions of a stage together on one page, stages in the order of the
journey; neighbouring questions without a stage share a page (attributes apart from the rest). In front of each run of stages comes one
page with the gates of those of them that have one. A stage nobody experienced is structurally absent: no page, no missing answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cxdash.survey.form import GATE, NO, YES, Condition, Form, FormQuestion, FormStage
from cxdash.survey.pages import Item, Page, page_of, sheets_of, shuffled
from cxdash.terms import CUSTOMER, CUSTOMER_VALUES

__all__ = ["Item", "Layout", "Page", "Progress", "asked", "experienced", "is_one_page", "is_straight", "kept", "layout", "pages",
           "progress", "shuffled", "unanswered", "visible", "whole"]

_LAYOUTS, _ORDERS = 32, 4  # kept of a form, and of a layout; a long form's are large, and one request needs its own a few times


@dataclass(frozen=True)
class Progress:
    """passed and total: questions of the whole form, before this page and at all; what is skipped counts as passed, so it never falls."""

    passed: int
    total: int

    @property
    def share(self) -> float:
        return self.passed / self.total if self.total else 1.0


def asked(form: Form) -> tuple[FormQuestion, ...]:
    """Every live question in the order asked (before any shuffling). A condition may look only at what stands before it here."""
    return tuple(question for sheet in sheets_of(form) for question in sheet.questions)


@dataclass(frozen=True)
class Layout:
    """What everybody sees whose answers lead the same way: `layout` finds it. visible: for every live question and every gate, in the
    order asked, is it put to them? put: those that are. required: of them, those that need an answer; gates always do."""

    form: Form = field(repr=False)
    visible: Mapping[str, bool]
    _orders: dict[str, tuple[Page, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def put(self) -> tuple[str, ...]:
        return tuple(name for name, is_put in self.visible.items() if is_put)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(name for name in self.put if name.startswith(GATE) or self.form.by_code[name].required)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Number of each page by its key; no shuffling changes it."""
        return {page.key: number for number, page in enumerate(self.pages(""))}

    def pages(self, seed: str | int) -> tuple[Page, ...]:
        """The pages of one visit; the seed counts only where factors are shuffled."""
        seed = str(seed) if _turns(self.form).shuffles else ""
        made = self._orders.get(seed)
        if made is None:
            if len(self._orders) >= _ORDERS:
                self._orders.clear()
            found = (page_of(sheet, self.visible, seed) for sheet in sheets_of(self.form))
            made = self._orders[seed] = tuple(page for page in found if page)
        return made

    def kept(self, answers: Mapping[str, object]) -> dict[str, object]:
        return {name: answers[name] for name in self.put if answers.get(name) is not None}

    def unanswered(self, answers: Mapping[str, object]) -> tuple[str, ...]:
        given = answers.get
        return tuple([name for name in self.required if (value := given(name)) is None or value == "" or value == []])


def layout(form: Form, answers: Mapping[str, object]) -> Layout:
    """Pages and questions for these answers. They depend on nothing but the customer attribute, the gates and the conditions, so the
    layouts are few, and are kept on the form itself, which is frozen."""
    sole: Layout | None = form.__dict__.get("_sole_layout")
    if sole is not None:
        return sole
    turns = _turns(form)
    if not turns.gates and not turns.conditions and all(stage.audience == "all" for stage in form.stages):
        made = form.__dict__["_sole_layout"] = Layout(form, _visible(form, {}))
        return made
    customer = answers.get(CUSTOMER)
    taken = (
        customer if isinstance(customer, str) and customer in CUSTOMER_VALUES else None,
        *(answers.get(gate) == YES for gate in turns.gates),
        *(condition.holds(answers) for condition in turns.conditions),
    )
    kept: dict[object, Layout] | None = form.__dict__.get("_layouts")
    if kept is None:
        kept = form.__dict__["_layouts"] = {}
    found = kept.get(taken)
    if found is None:
        if len(kept) >= _LAYOUTS:
            kept.clear()
        found = kept[taken] = Layout(form, _visible(form, answers))
    return found


def pages(form: Form, answers: Mapping[str, object], *, seed: str | int = "") -> tuple[Page, ...]:
    """The pages of one visit. answers: by field, as `answers.read` gives them, or known beforehand (customer from a link's attributes).
    seed: the visit's id; the same seed always gives the same order of shuffled factors.

    A gated stage appears when its gate was answered "yes"; a page none of whose questions can be shown does not appear.
    """
    return layout(form, answers).pages(seed)


def is_one_page(form: Form) -> bool:
    """Whether there is one page for everybody."""
    made = form.__dict__.get("_one_page")
    if made is None:
        made = form.__dict__["_one_page"] = len(whole(form)) == 1
    return bool(made)


def is_straight(form: Form) -> bool:
    """Whether there is one page, the same for everybody: without gates and conditions, stages for some only, or an order that is drawn."""
    turns = _turns(form)
    turned = turns.gates or turns.conditions or turns.shuffles or any(stage.audience != "all" for stage in form.stages)
    return not turned and is_one_page(form)


def whole(form: Form, *, customer: str | None = None) -> tuple[Page, ...]:
    """Every page with every question, as somebody sees it who experienced all stages and meets all conditions (for previews and length).
    customer: "existing" or "prospect" to see only their stages."""
    known = {} if customer is None else {CUSTOMER: customer}
    found = []
    for sheet in sheets_of(form):
        if sheet.stage is None or _concerns(sheet.stage, known):
            gates = tuple(stage for stage in sheet.gates if _concerns(stage, known))
            if gates or sheet.questions:
                items = tuple(Item(question) for question in sheet.questions)
                found.append(Page(sheet.key, sheet.kind, sheet.stage.code if sheet.stage else None, items, gates))
    return tuple(found)


def visible(form: Form, answers: Mapping[str, object]) -> Mapping[str, bool]:
    """For every live question, and every gate, in the order asked: is it put to this respondent?

    Answers to what is not put count as not given, so a chain of conditions falls together with its first link.
    """
    return layout(form, answers).visible


def _visible(form: Form, answers: Mapping[str, object]) -> dict[str, bool]:
    given: dict[str, object] = {} if answers.get(CUSTOMER) is None else {CUSTOMER: answers[CUSTOMER]}
    found: dict[str, bool] = {}

    def put(field: str, is_put: bool) -> None:
        found[field] = is_put
        if not is_put:
            given.pop(field, None)
        elif answers.get(field) is not None:
            given[field] = answers[field]

    for sheet in sheets_of(form):
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
    return layout(form, answers).kept(answers)


def unanswered(form: Form, answers: Mapping[str, object]) -> tuple[str, ...]:
    """Fields that are put to this respondent, required, and have no answer; gates are always required. Empty: it may be finished."""
    return layout(form, answers).unanswered(answers)


def progress(form: Form, page: Page) -> Progress:
    """How far a page lies within the form."""
    sheets = sheets_of(form)
    place = next((index for index, sheet in enumerate(sheets) if sheet.key == page.key), len(sheets))
    return Progress(sum(sheet.weight for sheet in sheets[:place]), sum(sheet.weight for sheet in sheets))


# ---------------------------------------------------------------- one visit


@dataclass(frozen=True)
class _Turns:
    """Where ways through the form part."""

    gates: tuple[str, ...]
    conditions: tuple[Condition, ...]
    shuffles: bool


def _turns(form: Form) -> _Turns:
    made = form.__dict__.get("_turns")
    if made is None:
        sheets = sheets_of(form)
        gates = tuple(GATE + stage.code for sheet in sheets for stage in sheet.gates)
        found = tuple(question.show_if for sheet in sheets for question in sheet.questions if question.show_if is not None)
        made = form.__dict__["_turns"] = _Turns(gates, found, any(stage.shuffle for stage in form.stages))
    return made


def _concerns(stage: FormStage, given: Mapping[str, object]) -> bool:
    """Existing and prospective customers see their stages; until it is known which, both see all."""
    customer = given.get(CUSTOMER)
    return stage.audience == "all" or customer not in CUSTOMER_VALUES or customer == stage.audience


def _is_open(stage: FormStage, given: Mapping[str, object]) -> bool:
    return _concerns(stage, given) and (not stage.gate or given.get(GATE + stage.code) == YES)


def experienced(answers: Mapping[str, object], stage: str) -> bool | None:
    """What the gate of a stage was answered; None when it was not asked."""
    return {YES: True, NO: False}.get(str(answers.get(GATE + stage)))
