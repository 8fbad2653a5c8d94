"""What stands in the way of publishing a questionnaire (errors), and what its author should know (warnings)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cxdash.survey.flow import asked
from cxdash.survey.form import CODE, KINDS, LANGUAGES, PLACE, Form, FormQuestion, FormStage, Texts
from cxdash.survey.length import minutes
from cxdash.terms import CUSTOMER, CUSTOMER_VALUES, Measure

ERROR, WARNING = "error", "warning"
POINTS_MAX = 11  # more do not fit a phone of 360 px
OPTIONS_MAX = 100


@dataclass(frozen=True)
class Issue:
    """A message key with its parameters. where: "form", "stage:CODE", "touchpoint:STAGE/CODE", "factor:STAGE/CODE", "question:CODE"."""

    key: str
    where: str = "form"
    level: str = ERROR
    params: Mapping[str, object] = field(default_factory=dict)


def check(form: Form) -> list[Issue]:
    """Everything found, errors first, each group in the order of the form. No errors: it may be published."""
    found = [*_form(form), *_journey(form)]
    for question in form.questions:
        if form.is_live(question):
            found += _question(form, question)
        elif not CODE.fullmatch(question.code):
            found.append(_issue("form.issue.code", question, code=question.code))
    return sorted(found, key=lambda issue: issue.level != ERROR)


def is_publishable(form: Form) -> bool:
    return not any(issue.level == ERROR for issue in check(form))


# ---------------------------------------------------------------- the whole


def _form(form: Form) -> Iterator[Issue]:
    if not form.languages or not set(form.languages) <= set(LANGUAGES):
        yield Issue("form.issue.languages", params={"known": ", ".join(LANGUAGES)})
    yield from _worded(form, form.title, "form", "form.issue.title")
    live = asked(form)
    if not live:
        yield Issue("form.issue.empty")
    for code, count in Counter(question.code for question in form.questions).items():
        if count > 1:
            yield Issue("form.issue.double", f"question:{code}", params={"code": code})
    if live and not any(q.measure == Measure.RECOMMEND and q.scale and q.scale.is_nps for q in live):
        yield Issue("form.issue.no_nps", level=WARNING)
    yield from _customer(form, {question.code: question for question in live})
    longest = minutes(form)
    if longest > form.settings.minutes:
        yield Issue("form.issue.long", level=WARNING, params={"minutes": round(longest, 1), "most": form.settings.minutes})


def _customer(form: Form, live: Mapping[str, FormQuestion]) -> Iterator[Issue]:
    question = live.get(CUSTOMER)
    if question is not None and (question.kind != "choice" or not question.values <= set(CUSTOMER_VALUES)):
        yield _issue("form.issue.customer_options", question, known=", ".join(CUSTOMER_VALUES))
    if question is None and form.settings.customer:
        yield Issue("form.issue.no_customer")
    elif question is None and any(stage.audience != "all" and not stage.retired for stage in form.stages):
        yield Issue("form.issue.audience_unknown", level=WARNING)


def _journey(form: Form) -> Iterator[Issue]:
    yield from _codes([(stage.code, f"stage:{stage.code}") for stage in form.stages])
    staged = {question.stage for question in asked(form)}
    for stage in form.stages:
        touchpoints = stage.touchpoints
        yield from _codes([(touchpoint.code, f"touchpoint:{stage.code}/{touchpoint.code}") for touchpoint in touchpoints])
        yield from _codes([(factor.code, f"factor:{stage.code}/{factor.code}") for t in touchpoints for factor in t.factors])
        if stage.retired:
            continue
        yield from _worded(form, stage.name, f"stage:{stage.code}", "form.issue.name")
        if stage.code not in staged:
            yield Issue("form.issue.stage_empty", f"stage:{stage.code}", WARNING, {"stage": stage.code})
        for touchpoint in (t for t in touchpoints if not t.retired):
            yield from _worded(form, touchpoint.name, f"touchpoint:{stage.code}/{touchpoint.code}", "form.issue.name")
            for factor in (f for f in touchpoint.factors if not f.retired):
                yield from _worded(form, factor.name, f"factor:{stage.code}/{factor.code}", "form.issue.name")


def _codes(places: list[tuple[str, str]]) -> Iterator[Issue]:
    counts = Counter(code for code, _where in places)
    for code, where in dict(places).items():
        if not PLACE.fullmatch(code):
            yield Issue("form.issue.code", where, params={"code": code})
        if counts[code] > 1:
            yield Issue("form.issue.double", where, params={"code": code})


def _worded(form: Form, texts: Texts, where: str, key: str) -> Iterator[Issue]:
    """Missing in every language: an error. In one of them: respondents would read the other, a warning."""
    missing = [language for language in form.languages if not texts.get(language, "").strip()]
    if missing:
        level = ERROR if len(missing) == len(form.languages) else WARNING
        yield Issue(key, where, level, {"language": missing[0]})


# ---------------------------------------------------------------- one question


def _question(form: Form, question: FormQuestion) -> Iterator[Issue]:
    if not CODE.fullmatch(question.code):
        yield _issue("form.issue.code", question, code=question.code)
    if question.measure not in KINDS.get(question.kind, ()):
        yield _issue("form.issue.measure", question, kind=f"form.kind.{question.kind}", measure=f"common.measure.{question.measure}")
    yield from _worded(form, question.wording, f"question:{question.code}", "form.issue.wording")
    if question.kind == "rating":
        yield from _scale(question)
    if question.kind in ("choice", "multi"):
        yield from _options(form, question)
    yield from _place(form, question)
    yield from _condition(form, question)


def _scale(question: FormQuestion) -> Iterator[Issue]:
    scale = question.scale
    if scale is None:
        yield _issue("form.issue.no_scale", question)
        return
    if len(scale.points) > POINTS_MAX:
        yield _issue("form.issue.points", question, WARNING, most=POINTS_MAX)
    if question.measure == Measure.RECOMMEND and not scale.is_nps:
        yield _issue("form.issue.recommend", question, WARNING)
    outside = [point for labels in question.labels.values() for point in labels if point not in scale.points]
    if outside:
        yield _issue("form.issue.label_outside", question, point=outside[0], lo=scale.lo, hi=scale.hi)


def _options(form: Form, question: FormQuestion) -> Iterator[Issue]:
    values = [option.value for option in question.options]
    if not 2 <= len(values) <= OPTIONS_MAX:
        yield _issue("form.issue.options", question, most=OPTIONS_MAX)
    if len({str(value) for value in values}) < len(values):
        yield _issue("form.issue.option_double", question)
    if not all(_fits(question, value) for value in values):
        yield _issue("form.issue.option_number" if question.kind == "multi" else "form.issue.option_value", question, most=OPTIONS_MAX)
    for option in question.options:
        yield from _worded(form, option.label, f"question:{question.code}", "form.issue.option_label")


def _fits(question: FormQuestion, value: str | int) -> bool:
    if question.kind == "multi":
        return isinstance(value, int) and 1 <= value <= OPTIONS_MAX
    return isinstance(value, str) and value.strip() == value and bool(value) and value.isprintable()


def _place(form: Form, question: FormQuestion) -> Iterator[Issue]:
    if question.stage is None:
        if question.touchpoint or question.factor:
            yield _issue("form.issue.place", question, place=question.touchpoint or question.factor)
        return
    stage = form.stage_of.get(question.stage)
    if stage is None:
        yield _issue("form.issue.place", question, place=question.stage)
    elif not _has(stage, question.touchpoint, question.factor):
        yield _issue("form.issue.place", question, place=question.factor or question.touchpoint)


def _has(stage: FormStage, touchpoint: str | None, factor: str | None) -> bool:
    held = {t.code: {f.code for f in t.factors} for t in stage.touchpoints}
    if touchpoint is None:
        return factor is None
    return touchpoint in held and (factor is None or factor in held[touchpoint])


def _condition(form: Form, question: FormQuestion) -> Iterator[Issue]:
    condition = question.show_if
    if condition is None:
        return
    on = form.by_code.get(condition.question)
    if on is None or not form.is_live(on):
        yield _issue("form.issue.condition_unknown", question, found=condition.question)
    elif _position(form, on.code) >= _position(form, question.code):
        yield _issue("form.issue.condition_later", question, found=condition.question)
    elif not _OPS[condition.op](on, condition.values):
        yield _issue("form.issue.condition_values", question, found=condition.question)


def _position(form: Form, code: str) -> int:
    """Place in the order asked, kept on the frozen form."""
    order = form.__dict__.get("_order")
    if order is None:
        order = form.__dict__["_order"] = {question.code: index for index, question in enumerate(asked(form))}
    return order.get(code, -1)


def _named(on: FormQuestion, values: tuple[str | int, ...]) -> bool:
    """The values are answers that can be given."""
    if on.kind in ("choice", "multi"):
        return bool(values) and {str(value) for value in values} <= on.values
    return on.kind == "rating" and on.scale is not None and bool(values) and all(value in on.scale.points for value in values)


def _compared(on: FormQuestion, values: tuple[str | int, ...]) -> bool:
    if len(values) != 1 or not isinstance(values[0], int):
        return False
    return on.kind == "number" or (on.kind == "rating" and on.scale is not None and values[0] in on.scale.points)


_OPS: Mapping[str, Callable[[FormQuestion, tuple[str | int, ...]], bool]] = {
    "in": _named, "not_in": _named, "at_most": _compared, "at_least": _compared, "answered": lambda _on, values: not values,
}


def _issue(key: str, question: FormQuestion, level: str = ERROR, **params: object) -> Issue:
    return Issue(key, f"question:{question.code}", level, params)
