"""A published form in the words of its programme: its stages and questions as the programme's rows, its answers as coded documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from cxdash.services.register import choose_figures
from cxdash.store import journeys, programs, questions, tables
from cxdash.survey import bank
from cxdash.survey.form import GATE, Form, FormQuestion, FormStage, FormTouchpoint
from cxdash.terms import CHANNEL, Measure

# What every visit says beside its answers. The names make the rules of quality find how long answering took.
RECORDED: Mapping[str, Mapping[str, str]] = {
    CHANNEL: {"ko": "채널", "en": "Channel"},
    "language": {"ko": "응답 언어", "en": "Language"},
    "device": {"ko": "기기", "en": "Device"},
    "duration": {"ko": "응답 소요 시간(초)", "en": "Duration (seconds)"},
}
_WORDED: Mapping[str, Mapping[str, str]] = {**RECORDED, "qr_stage": {"ko": "QR을 둔 단계", "en": "Stage of the QR code"}}
_LABELLED: Mapping[str, Mapping[str, Mapping[str, str]]] = {  # attribute -> language -> value -> word
    "device": {"ko": {"phone": "휴대전화", "tablet": "태블릿", "desktop": "컴퓨터", "other": "기타"},
               "en": {"phone": "Phone", "tablet": "Tablet", "desktop": "Computer", "other": "Other"}},
    "language": {"ko": {"ko": "한국어", "en": "영어"}, "en": {"ko": "Korean", "en": "English"}},
}  # fmt: skip
Coding = Mapping[str, Mapping[str, int]]


_GOVERNED = 32  # sets of attributes remembered for a form


def coded(form: Form, answers: Mapping[str, Any], coding: Coding) -> tuple[dict[str, str], dict[str, Any]]:
    """(attributes, answers) of a response as imports store them: scale points, numbers of options, texts; gates say nothing by themselves.

    answers: by field, of questions that apply (`flow.kept`).
    """
    attributes: dict[str, str] = {}
    documents: dict[str, Any] = {}
    sorts = _sorts(form)
    for field, value in answers.items():
        sort = sorts.get(field)
        if sort is None or value is None or value == "" or value == []:
            continue
        if sort == "plain":
            documents[field] = value
        elif sort == "attribute":
            attributes[field] = str(value)
        else:
            numbers = coding.get(field, {})
            documents[field] = sorted(numbers.get(str(number), int(number)) for number in value)
    return attributes, documents


def _sorts(form: Form) -> Mapping[str, str]:
    """How the answer to each question is coded: attribute, multi or plain. Gates are none of them. Kept on the form, which is frozen."""
    made: Mapping[str, str] | None = form.__dict__.get("_sorts")
    if made is None:
        asked = {code: question for code, question in form.by_code.items() if not code.startswith(GATE)}
        made = form.__dict__["_sorts"] = {
            code: "attribute" if question.measure == Measure.ATTRIBUTE else "multi" if question.kind == "multi" else "plain"
            for code, question in asked.items()
        }
    return made


def governed(form: Form, attributes: Iterable[str]) -> tuple[str, ...]:
    """Question codes and attribute keys a response of this form speaks for: what it leaves out is unanswered, not unknown."""
    keys = frozenset(attributes)
    kept: dict[frozenset[str], tuple[str, ...]] = form.__dict__.setdefault("_governed", {})  # the form is frozen, and the keys are few
    made = kept.get(keys)
    if made is None:
        if len(kept) >= _GOVERNED:
            kept.clear()
        made = kept[keys] = tuple(sorted({*keys, *(q.code for q in form.questions if form.is_live(q))}))
    return made


def apart(form: Form, stored: Iterable[tables.Question], *, number: int, moved: Collection[str] = ()) -> tuple[Form, dict[str, str]]:
    """The form with a new code for every question whose stored answers mean something else now, and old -> new codes.

    That is another kind, scale or direction than the stored one's, and those `moved` (labels that changed places). Answers keep their
    meaning for ever, so a changed scale is a new question: "Q7" becomes "Q7_v3" in version 3.
    """
    rows = {row.code: row for row in stored}
    taken = {*rows, *form.by_code}
    other = [q.code for q in form.questions if q.code in rows and (q.code in moved or not _same(q, rows[q.code]))]
    renamed = {code: _fresh(code, number, taken) for code in other}
    if not renamed:
        return form, {}

    def moved(question: FormQuestion) -> FormQuestion:
        condition = question.show_if
        if condition is not None and condition.question in renamed:
            condition = replace(condition, question=renamed[condition.question])
        return replace(question, code=renamed.get(question.code, question.code), show_if=condition)

    return replace(form, questions=tuple(moved(question) for question in form.questions)), renamed


def _fresh(code: str, number: int, taken: set[str]) -> str:
    code = code.rsplit("_v", 1)[0]
    while (made := f"{code[:56]}_v{number}") in taken:
        number += 1
    taken.add(made)
    return made


_KINDS = {"comment": Measure.COMMENT, "multi": Measure.MULTI, "attribute": Measure.ATTRIBUTE}


def _kind(measure: str) -> str:
    return next((name for name, one in _KINDS.items() if one == measure), "rating")


def _same(question: FormQuestion, row: tables.Question) -> bool:
    if _kind(question.measure) != _kind(row.measure):
        return False
    if question.scale is None or row.lo is None:
        return True
    scale = question.scale
    return (scale.lo, scale.hi, str(scale.direction)) == (row.lo, row.hi, row.direction)


def register(session: Session, *, program_id: int, form: Form, renamed: Mapping[str, str], before: Coding) -> Coding:
    """Writes the journey and the questions into the programme's rows, so that every screen knows them; returns how options are numbered.

    Call behind `programs.tick`. What the form retired stays stored; a stage it retired is hidden. Texts become those of the form.
    before: how the version before numbers options; a number is never given to another option.
    """
    places = _journey(session, program_id, form)
    stored = {row.code: row for row in questions.list_questions(session, program_id=program_id)}
    coding = {q.code: _numbers(q, stored.get(q.code), before.get(q.code, {})) for q in form.questions if q.kind == "multi"}
    given = [_row(q, places, coding.get(q.code, {})) for q in form.questions if form.is_live(q) or q.code in stored]
    for row in given:
        if (old := stored.get(row.code)) is not None:
            _overwrite(old, row)
    asked = questions.save_questions(session, program_id=program_id, questions=given)
    for position, row in enumerate(asked):
        row.position = position
    for position, row in enumerate(sorted((r for r in stored.values() if r not in asked), key=lambda r: r.position), len(asked)):
        row.position = position
    ensure_attributes(session, program_id=program_id, keys=RECORDED)
    _follow(session, program_id, renamed)
    choose_figures(session, program_id)
    return coding


def ensure_attributes(session: Session, *, program_id: int, keys: Iterable[str]) -> None:
    """Attribute questions for keys the programme does not know yet. Call behind `programs.tick` when responses may have them already."""
    known = {row.code for row in questions.list_questions(session, program_id=program_id)}
    new = [key for key in dict.fromkeys(keys) if key and key not in known]
    made = [
        tables.Question(program_id=0, code=key, measure=str(Measure.ATTRIBUTE), wording=dict(_WORDED.get(key, {"ko": key, "en": key})),
                        labels={language: dict(words) for language, words in _LABELLED.get(key, {}).items()})
        for key in new
    ]
    questions.save_questions(session, program_id=program_id, questions=made)


# ---------------------------------------------------------------- the journey

_Places = dict[tuple[str, ...], int]  # codes of stage, touchpoint, factor -> id


def _journey(session: Session, program_id: int, form: Form) -> _Places:
    ids: _Places = {}
    known = {stage.code: stage for stage in journeys.list_stages(session, program_id=program_id)}
    for position, stage in enumerate(form.stages):
        row = known.get(stage.code)
        if row is None:
            if stage.retired:
                continue
            row = journeys.add_stage(session, program_id=program_id, code=stage.code, name=stage.name)
        row.name, row.position, row.retired = {**row.name, **stage.name}, position, stage.retired
        ids[stage.code,] = row.id or 0
        _touchpoints(session, ids, stage)
    others = [row for code, row in known.items() if code not in form.stage_of]
    for position, row in enumerate(others, len(form.stages)):
        row.position = position
    session.flush()
    return ids


def _touchpoints(session: Session, ids: _Places, stage: FormStage) -> None:
    stage_id = ids[stage.code,]
    known = {row.code: row for row in journeys.touchpoints_of(session, stage_id=stage_id)}
    for position, touchpoint in enumerate(stage.touchpoints):
        row = known.get(touchpoint.code)
        if row is None:
            row = journeys.add_touchpoint(session, stage_id=stage_id, code=touchpoint.code, name=touchpoint.name)
        row.name, row.position = {**row.name, **touchpoint.name}, position
        row.domain, row.initiative = touchpoint.domain, touchpoint.initiative
        ids[stage.code, touchpoint.code] = row.id or 0
        _factors(session, ids, stage.code, touchpoint)


def _factors(session: Session, ids: _Places, stage: str, touchpoint: FormTouchpoint) -> None:
    touchpoint_id = ids[stage, touchpoint.code]
    known = {row.code: row for row in journeys.factors_of(session, touchpoint_id=touchpoint_id)}
    for position, factor in enumerate(touchpoint.factors):
        row = known.get(factor.code) or journeys.add_factor(session, touchpoint_id=touchpoint_id, code=factor.code, name=factor.name)
        row.name, row.position = {**row.name, **factor.name}, position
        ids[stage, touchpoint.code, factor.code] = row.id or 0


# ---------------------------------------------------------------- the questions


def _row(question: FormQuestion, places: _Places, numbers: Mapping[str, int]) -> tables.Question:
    path = tuple(code for code in (question.stage, question.touchpoint) if code)
    factor = places.get((*path, question.factor)) if question.factor and len(path) == 2 else None
    row = tables.Question(
        program_id=0, code=question.code, measure=question.measure, stage_id=places.get(path[:1]),
        touchpoint_id=places.get(path) if len(path) == 2 else None, factor_id=factor,
        wording=dict(bank.attribute_name(question) or question.wording), labels=_labels(question),
    )  # fmt: skip
    if question.scale is not None and question.kind == "rating":
        row.lo, row.hi, row.direction = question.scale.lo, question.scale.hi, str(question.scale.direction)
    if question.kind == "multi":
        texts = {numbers[str(o.value)]: o.label.get("ko") or next(iter(o.label.values()), str(o.value)) for o in question.options}
        row.options = [texts.get(number, "") for number in range(1, max(texts, default=0) + 1)]
    return row


def _labels(question: FormQuestion) -> dict[str, dict[str, str]]:
    if question.kind == "rating":
        return {language: {str(point): text for point, text in labels.items()} for language, labels in question.labels.items()}
    if question.kind == "choice":
        languages = dict.fromkeys(language for option in question.options for language in option.label)
        return {lang: {str(o.value): o.label[lang] for o in question.options if o.label.get(lang)} for lang in languages}
    return {}


def _overwrite(old: tables.Question, new: tables.Question) -> None:
    """Texts and place become the form's; what the answers mean (scale, numbers of options) is the same by now."""
    old.stage_id, old.touchpoint_id, old.factor_id = new.stage_id, new.touchpoint_id, new.factor_id
    old.labels = {language: {**old.labels.get(language, {}), **labels} for language, labels in {**old.labels, **new.labels}.items()}
    kept = [*old.options, *[""] * (len(new.options) - len(old.options))]
    old.options = [new.options[place] if place < len(new.options) and new.options[place] else text for place, text in enumerate(kept)]


def _numbers(question: FormQuestion, row: tables.Question | None, before: Mapping[str, int]) -> dict[str, int]:
    """Option value -> its number in stored answers: the one it had, else that of the stored option with its text (an import's), else its
    own when that is free, else the next."""
    stored = {text: number for number, text in enumerate(row.options, 1) if text} if row else {}
    numbers = {str(o.value): before[str(o.value)] for o in question.options if str(o.value) in before}
    taken = {*before.values(), *stored.values()}
    for option in question.options:
        if (value := str(option.value)) in numbers:
            continue
        same = [stored[text] for text in option.label.values() if stored.get(text, 0) not in {0, *numbers.values(), *before.values()}]
        own = int(option.value)
        numbers[value] = same[0] if same else own if own not in taken else max(taken) + 1
        taken.add(numbers[value])
    return numbers


def _follow(session: Session, program_id: int, renamed: Mapping[str, str]) -> None:
    """Figures that stood on a question which got a new code stand on the new one."""
    if not renamed:
        return
    program = programs.find_program(session, slug_or_id=program_id)
    primary = {figure: renamed.get(code, code) for figure, code in program.primary.items()}
    loyalty = {renamed.get(code, code): weight for code, weight in program.loyalty.items()}
    if (primary, loyalty) != (program.primary, program.loyalty):
        programs.update_program(session, program_id=program_id, primary=primary, loyalty=loyalty)
