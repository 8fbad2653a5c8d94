"""Edits of a questionnaire: small functions Form -> Form that name what they change by code, never by place.

So an edit made on one state of a draft can be made again on a newer one that somebody else has saved meanwhile. What is gone by then is a
NotFound ("design.gone"). Nothing is lost by an edit: places and questions are retired; only `tidy` removes, and only what `kept`, the
published form, does not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from cxdash.errors import NotFound
from cxdash.survey import bank
from cxdash.survey.form import FACTOR_MEASURES, GENERAL_MEASURES, Form, FormFactor, FormQuestion, FormStage, FormTouchpoint, Texts

Coded = TypeVar("Coded", FormStage, FormTouchpoint, FormFactor, FormQuestion)
_CODE_MAX = 24  # letters of a code made from a name


def lines(text: str) -> list[Texts]:
    """Names typed one per line, the English one after a bar or a tab.

    >>> lines("가격 | Price\\n\\n품질")
    [{'ko': '가격', 'en': 'Price'}, {'ko': '품질'}]
    """
    found: list[Texts] = []
    for line in text.splitlines():
        ko, _bar, en = (part.strip() for part in re.sub(r"\t", "|", line).partition("|"))
        if ko or en:
            found.append({language: name for language, name in (("ko", ko), ("en", en)) if name})
    return found


def worded(texts: Texts, language: str, text: str) -> Texts:
    """The texts with one language's set; an empty one is taken out."""
    text = text.strip()
    others = {one: said for one, said in texts.items() if one != language}
    return {**texts, language: text} if text else others


# ---------------------------------------------------------------- the journey


def add_stages(form: Form, names: Sequence[Texts], after: str | None = None) -> Form:
    """New stages behind stage `after` (else at the end), with the bank's questions."""
    stages = list(form.stages)
    at = _index(stages, after) + 1 if after else len(stages)
    for name in names:
        stages.insert(at, FormStage(_free(name, "S", [s.code for s in stages]), dict(name)))
        at += 1
    return bank.propose(replace(form, stages=tuple(stages)))


def change_stage(form: Form, code: str, **values: Any) -> Form:
    """Sets name, audience, gate, shuffle or retired; questions that still had the bank's wording follow a new name."""
    after = replace(form, stages=_changed(form.stages, code, **values))
    return _followed(form, after) if "name" in values or "retired" in values else after


def place_stage(form: Form, code: str, index: int) -> Form:
    """Moves a stage to a place in the journey, 0 the first."""
    return replace(form, stages=_moved(form.stages, code, index))


def add_touchpoints(form: Form, stage: str, names: Sequence[Texts]) -> Form:
    def added(found: FormStage) -> FormStage:
        touchpoints = list(found.touchpoints)
        for name in names:
            touchpoints.append(FormTouchpoint(_free(name, "T", [t.code for t in touchpoints]), dict(name)))
        return replace(found, touchpoints=tuple(touchpoints))

    return _in_stage(form, stage, added)


def change_touchpoint(form: Form, stage: str, code: str, **values: Any) -> Form:
    """Sets name, domain, initiative or retired."""
    return _in_stage(form, stage, lambda found: replace(found, touchpoints=_changed(found.touchpoints, code, **values)))


def place_touchpoint(form: Form, stage: str, code: str, index: int) -> Form:
    return _in_stage(form, stage, lambda found: replace(found, touchpoints=_moved(found.touchpoints, code, index)))


def move_touchpoint(form: Form, stage: str, code: str, to: str) -> Form:
    """To another stage. What was asked here is retired here and proposed there: figures of another stage are another trend.
    Questions the user made for it move along."""
    found = form.stages[_index(form.stages, stage)]
    touchpoint = found.touchpoints[_index(found.touchpoints, code)]
    target = form.stages[_index(form.stages, to)]
    taken = [f.code for t in target.touchpoints for f in t.factors]
    called = {f.code: _unused(f.code, taken) for f in touchpoint.factors}
    made = replace(
        touchpoint,
        code=_unused(code, [t.code for t in target.touchpoints]),
        factors=tuple(replace(f, code=called[f.code]) for f in touchpoint.factors),
    )
    banks = {question.code for question in bank.proposed(form)}
    stages = _changed(form.stages, stage, touchpoints=_changed(found.touchpoints, code, retired=True))
    questions = tuple(
        replace(q, stage=to, touchpoint=made.code, factor=called.get(q.factor or "", q.factor))
        if (q.stage, q.touchpoint) == (stage, code) and q.code not in banks
        else q
        for q in form.questions
    )
    moved = replace(form, stages=_changed(stages, to, touchpoints=(*target.touchpoints, made)), questions=questions)
    return bank.propose(moved)


def add_factors(form: Form, stage: str, touchpoint: str, names: Sequence[Texts]) -> Form:
    """New factors of a touchpoint; codes are unique within the stage."""

    def added(found: FormStage) -> FormStage:
        taken = [f.code for t in found.touchpoints for f in t.factors]
        factors: list[FormFactor] = []
        for name in names:
            factors.append(FormFactor(_free(name, "F", taken), dict(name)))
            taken.append(factors[-1].code)
        held = found.touchpoints[_index(found.touchpoints, touchpoint)]
        return replace(found, touchpoints=_changed(found.touchpoints, touchpoint, factors=(*held.factors, *factors)))

    return _in_stage(form, stage, added)


def change_factor(form: Form, stage: str, code: str, **values: Any) -> Form:
    """Sets name or retired."""
    return _in_stage(form, stage, lambda found: _with_factors(found, code, lambda factors: _changed(factors, code, **values)))


def place_factor(form: Form, stage: str, code: str, index: int) -> Form:
    """Within its touchpoint; its questions take the same order."""
    return _in_stage(form, stage, lambda found: _with_factors(found, code, lambda factors: _moved(factors, code, index)))


def move_factor(form: Form, stage: str, code: str, touchpoint: str) -> Form:
    """To another touchpoint of the stage, with its questions."""

    def moved(found: FormStage) -> FormStage:
        factors = [f for t in found.touchpoints for f in t.factors]
        factor = factors[_index(factors, code)]
        without = _with_factors(found, code, lambda factors: tuple(f for f in factors if f.code != code))
        target = without.touchpoints[_index(without.touchpoints, touchpoint)]
        return replace(without, touchpoints=_changed(without.touchpoints, touchpoint, factors=(*target.factors, factor)))

    questions = tuple(
        replace(q, touchpoint=touchpoint) if (q.stage, q.factor) == (stage, code) else q for q in form.questions
    )
    return _in_stage(replace(form, questions=questions), stage, moved)


# ---------------------------------------------------------------- questions


def set_measure(form: Form, measure: str, on: bool, kept: Form | None = None) -> Form:
    """Switches one measure. Off: the bank's questions of it are retired, and those that nobody worded and nobody answered are taken out.
    On: they come back, and what is missing is proposed."""
    measures = tuple(m for m in form.settings.measures if m != measure) + ((measure,) if on else ())
    every = replace(form, settings=replace(form.settings, measures=(*FACTOR_MEASURES, *GENERAL_MEASURES)))
    banks = {q.code: q for q in bank.proposed(every)}
    changed = replace(form, settings=replace(form.settings, measures=measures))
    if on:
        questions = tuple(replace(q, retired=False) if q.code in banks and q.measure == measure else q for q in form.questions)
        return bank.propose(replace(changed, questions=questions))
    return _without(changed, [q for q in form.questions if q.code in banks and q.measure == measure], banks, kept)


def set_customer(form: Form, on: bool, kept: Form | None = None) -> Form:
    """Asks existing or prospective customer first, or does not."""
    changed = replace(form, settings=replace(form.settings, customer=on))
    banks = {q.code: q for q in bank.proposed(form)} | {q.code: q for q in bank.proposed(changed)}
    customer = [q for q in form.questions if q.code == bank.CUSTOMER]
    if not on:
        return _without(changed, customer, banks, kept)
    return bank.propose(replace(changed, questions=_changed(form.questions, bank.CUSTOMER, retired=False)) if customer else changed)


def add_question(form: Form, question: FormQuestion) -> Form:
    """At the end of its stage, or of the questionnaire; in front of the attributes when it asks for none."""
    places = [i for i, q in enumerate(form.questions) if q.stage == question.stage]
    at = places[-1] + 1 if places else len(form.questions)
    if question.stage is None and question.measure != "attribute":
        while at and form.questions[at - 1].stage is None and form.questions[at - 1].measure == "attribute":
            at -= 1
    return replace(form, questions=(*form.questions[:at], question, *form.questions[at:]))


def change_question(form: Form, code: str, **values: Any) -> Form:
    return replace(form, questions=_changed(form.questions, code, **values))


def place_question(form: Form, code: str, index: int) -> Form:
    """To place `index` among the questions of its stage (or of those without a stage), 0 the first."""
    question = form.questions[_index(form.questions, code)]
    group = [q for q in form.questions if q.stage == question.stage and q.code != code]
    rest = [q for q in form.questions if q.code != code]
    if not group:
        return form
    index = max(0, min(index, len(group)))
    at = rest.index(group[index]) if index < len(group) else rest.index(group[-1]) + 1
    return replace(form, questions=(*rest[:at], question, *rest[at:]))


def tidy(form: Form, kept: Form | None = None) -> Form:
    """Without what is retired and was never published; what it was conditions look at is asked of everybody."""
    before = kept or Form()
    places = _places(before)
    stages = []
    for stage in form.stages:
        if stage.retired and (stage.code,) not in places:
            continue
        touchpoints = []
        for touchpoint in stage.touchpoints:
            factors = tuple(f for f in touchpoint.factors if not f.retired or (stage.code, None, f.code) in places)
            if not touchpoint.retired or (stage.code, touchpoint.code) in places:
                touchpoints.append(replace(touchpoint, factors=factors))
        stages.append(replace(stage, touchpoints=tuple(touchpoints)))
    left = tuple(q for q in form.questions if form.is_live(q) or q.code in before.by_code)
    codes = {q.code for q in left}
    questions = tuple(replace(q, show_if=None) if q.show_if and q.show_if.question not in codes else q for q in left)
    return replace(form, stages=tuple(stages), questions=questions)


# ---------------------------------------------------------------- inside


def _in_stage(form: Form, code: str, change: Callable[[FormStage], FormStage]) -> Form:
    at = _index(form.stages, code)
    return _followed(form, replace(form, stages=(*form.stages[:at], change(form.stages[at]), *form.stages[at + 1 :])), code)


def _followed(before: Form, after: Form, stage: str | None = None) -> Form:
    """The questions follow the journey: new ones are proposed, the bank's wording is renewed, those of factors stand in their order."""
    made = bank.propose(bank.reword(before, after))
    return made if stage is None else _ordered(made, stage)


def _ordered(form: Form, stage: str) -> Form:
    """The questions about the factors of a stage in the order of the factors, each measure in its own places."""
    found = form.stages[_index(form.stages, stage)]
    rank = {f.code: n for n, f in enumerate(f for t in found.touchpoints for f in t.factors)}
    questions = list(form.questions)
    for measure in FACTOR_MEASURES:
        places = [i for i, q in enumerate(questions) if q.stage == stage and q.measure == measure and q.factor in rank]
        for place, question in zip(places, sorted((questions[i] for i in places), key=lambda q: rank[q.factor or ""]), strict=True):
            questions[place] = question
    return replace(form, questions=tuple(questions))


def _without(form: Form, gone: Iterable[FormQuestion], banks: Mapping[str, FormQuestion], kept: Form | None) -> Form:
    published = kept.by_code if kept else {}
    codes = {q.code for q in gone}
    removed = {q.code for q in gone if q.code not in published and replace(q, retired=False) == banks.get(q.code)}
    return replace(
        form, questions=tuple(replace(q, retired=True) if q.code in codes else q for q in form.questions if q.code not in removed)
    )


def _with_factors(stage: FormStage, code: str, change: Callable[[tuple[FormFactor, ...]], tuple[FormFactor, ...]]) -> FormStage:
    for touchpoint in stage.touchpoints:
        if any(f.code == code for f in touchpoint.factors):
            return replace(stage, touchpoints=_changed(stage.touchpoints, touchpoint.code, factors=change(touchpoint.factors)))
    raise _missing(code)


def _changed(things: Sequence[Coded], code: str, **values: Any) -> tuple[Coded, ...]:
    at = _index(things, code)
    return (*things[:at], replace(things[at], **values), *things[at + 1 :])


def _moved(things: Sequence[Coded], code: str, index: int) -> tuple[Coded, ...]:
    rest = [thing for thing in things if thing.code != code]
    rest.insert(max(0, min(index, len(rest))), things[_index(things, code)])
    return tuple(rest)


def _index(things: Sequence[Coded], code: str | None) -> int:
    for at, thing in enumerate(things):
        if thing.code == code:
            return at
    raise _missing(code or "")


def _missing(code: str) -> NotFound:
    return NotFound("design.gone", code=code)


def _free(name: Texts, letter: str, taken: Sequence[str]) -> str:
    """A code made of the English name, else a letter and a number.

    >>> _free({"en": "After-sales service"}, "S", ["AFTER_SALES_SERVICE"]), _free({"ko": "구매"}, "S", ["S1"])
    ('AFTER_SALES_SERVICE2', 'S2')
    """
    made = re.sub(r"[^A-Za-z0-9]+", "_", name.get("en", "")).strip("_").upper()[:_CODE_MAX].strip("_")
    if made[:1].isalpha():
        return _unused(made, taken)
    return next(f"{letter}{n}" for n in range(1, len(taken) + 2) if f"{letter}{n}" not in taken)


def _unused(code: str, taken: Sequence[str]) -> str:
    return code if code not in taken else next(f"{code}{n}" for n in range(2, len(taken) + 3) if f"{code}{n}" not in taken)


def _places(form: Form) -> set[tuple[str | None, ...]]:
    found: set[tuple[str | None, ...]] = set()
    for stage in form.stages:
        found.add((stage.code,))
        for touchpoint in stage.touchpoints:
            found.add((stage.code, touchpoint.code))
            found |= {(stage.code, None, factor.code) for factor in touchpoint.factors}
    return found
