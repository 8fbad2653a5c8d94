"""Questionnaires made by hypothesis and by hand, for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from cxdash.survey.form import (
    AUDIENCES,
    DOMAINS,
    INITIATIVES,
    Condition,
    Form,
    FormFactor,
    FormQuestion,
    FormStage,
    FormTouchpoint,
    Option,
)
from cxdash.terms import Scale

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
TEXTS = st.dictionaries(st.sampled_from(("ko", "en")), TEXT, max_size=2)


def rating(code: str, **more: Any) -> FormQuestion:
    return FormQuestion(code, "rating", "satisfaction", {"ko": code, "en": code}, scale=Scale(1, 5), **more)


def choice(code: str, *values: str, **more: Any) -> FormQuestion:
    options = tuple(Option(value, {"ko": value, "en": value}) for value in values)
    return FormQuestion(code, "choice", "attribute", {"ko": code, "en": code}, options=options, **more)


def multi(code: str, count: int, **more: Any) -> FormQuestion:
    options = tuple(Option(number, {"ko": str(number), "en": str(number)}) for number in range(1, count + 1))
    return FormQuestion(code, "multi", "multi", {"ko": code, "en": code}, options=options, **more)


def comment(code: str, **more: Any) -> FormQuestion:
    return FormQuestion(code, "text", "comment", {"ko": code, "en": code}, **more)


def number(code: str, **more: Any) -> FormQuestion:
    return FormQuestion(code, "number", "attribute", {"ko": code, "en": code}, **more)


CUSTOMER = choice("customer", "existing", "prospect", required=True)


def stage(code: str, factors: int = 0, **more: Any) -> FormStage:
    made = tuple(FormFactor(f"F{i}", {"ko": f"{code}{i}", "en": f"{code}{i}"}) for i in range(factors))
    return FormStage(code, {"ko": code, "en": code}, touchpoints=(FormTouchpoint("T", {"ko": "T", "en": "T"}, factors=made),), **more)


def of_factors(one: FormStage) -> list[FormQuestion]:
    return [
        rating(f"{one.code}.{f.code}", stage=one.code, touchpoint=t.code, factor=f.code) for t in one.touchpoints for f in t.factors
    ]


@st.composite
def conditions(draw: st.DrawFn, earlier: list[FormQuestion]) -> Condition | None:
    if not earlier or not draw(st.booleans()):
        return None
    on = draw(st.sampled_from(earlier))
    if on.kind in ("rating", "number"):
        return Condition(on.code, draw(st.sampled_from(("at_most", "at_least"))), (draw(st.integers(1, 5)),))
    if on.kind == "text" or draw(st.booleans()):
        return Condition(on.code, "answered")
    return Condition(on.code, draw(st.sampled_from(("in", "not_in"))), (draw(st.sampled_from([o.value for o in on.options])),))


@st.composite
def stages(draw: st.DrawFn, code: str) -> FormStage:
    touchpoints = tuple(
        FormTouchpoint(
            f"T{t}", draw(TEXTS), draw(st.sampled_from((None, *DOMAINS))), draw(st.sampled_from((None, *INITIATIVES))),
            tuple(FormFactor(f"F{t}{f}", draw(TEXTS), draw(st.booleans()) and draw(st.booleans())) for f in range(draw(st.integers(0, 3)))),
            draw(st.booleans()) and draw(st.booleans()),
        )
        for t in range(draw(st.integers(0, 2)))
    )
    return FormStage(
        code, draw(TEXTS), draw(st.sampled_from(AUDIENCES)), draw(st.booleans()), draw(st.booleans()),
        draw(st.booleans()) and draw(st.booleans()), touchpoints,
    )


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Valid questionnaires: conditions look back in the order asked (stages contiguous), places exist."""
    made = tuple(draw(stages(f"S{i}")) for i in range(draw(st.integers(0, 3))))
    questions: list[FormQuestion] = [CUSTOMER] if draw(st.booleans()) else []
    for place in [None, *made, None]:
        for _ in range(draw(st.integers(0, 4))):
            code = f"Q{len(questions)}"
            kind = draw(st.sampled_from(("rating", "choice", "multi", "text", "number")))
            base = {
                "rating": lambda c: rating(c, labels=draw(st.dictionaries(st.just("ko"), st.dictionaries(st.integers(1, 5), TEXT)))),
                "choice": lambda c: choice(c, "a", "b", "c"), "multi": lambda c: multi(c, 3), "text": comment, "number": number,
            }[kind](code)
            factors = [(t, f) for t in place.touchpoints for f in t.factors] if place else []
            on = draw(st.sampled_from(factors)) if factors and kind == "rating" and draw(st.booleans()) else None
            questions.append(
                replace(
                    base, help=draw(TEXTS), required=draw(st.booleans()), stage=place.code if place else None,
                    touchpoint=on[0].code if on else None, factor=on[1].code if on else None,
                    show_if=draw(conditions(questions)), retired=draw(st.booleans()) and draw(st.booleans()),
                )
            )
    return Form(title=draw(TEXTS), stages=made, questions=tuple(questions), intro=draw(TEXTS), consent=draw(TEXTS))


def sendable(question: FormQuestion) -> st.SearchStrategy[list[str]]:
    """What a browser can send for a question: nothing, or a value that fits."""
    values = [str(option.value) for option in question.options]
    fits = {
        "rating": st.integers(1, 5).map(lambda v: [str(v)]),
        "choice": st.sampled_from(values or ["-"]).map(lambda v: [v]),
        "multi": st.lists(st.sampled_from(values or ["-"]), min_size=1, unique=True),
        "text": st.just(["말씀"]),
        "number": st.integers(0, 9).map(lambda v: [str(v)]),
    }[question.kind]
    return fits if question.required else st.one_of(st.just([]), fits)
