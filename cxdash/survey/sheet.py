"""A questionnaire as the tables of a workbook: journey, questions, answers, settings. `sheetread` is the way back.

Every row says its codes in full, so that rows may be sorted or moved. `export.questionnaire` makes the file of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cxdash.survey import sheetwords as words
from cxdash.survey.form import LANGUAGES, Form, FormQuestion, Texts

FORMAT = 1
_SPECIAL = re.compile(r"([\\;])")


@dataclass(frozen=True)
class Table:
    """One sheet. columns: keys of its columns (text columns as "name:ko"); rows: column -> text, blank ones left out."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]

    def grid(self, language: str) -> list[list[str]]:
        """The headings in a language, then the rows."""
        head = [words.heading(self.key, column, language) for column in self.columns]
        return [head, *([row.get(column, "") for column in self.columns] for row in self.rows)]


def tables(form: Form, language: str) -> tuple[Table, ...]:
    """The four sheets of a form, with headings and words in a language; texts are there in all of the form's languages.

    `sheetread.read` gives the same form again, but for texts that are blank (they are left out) and what a question of its kind cannot
    have (a scale is kept, options of a comment are not).
    """
    spoken = languages_of(form)
    made = {
        "journey": _journey(form, language),
        "questions": (_question(question, language) for question in form.questions),
        "answers": (row for question in form.questions for row in _answers(question)),
        "settings": _settings(form, language),
    }
    return tuple(Table(key, words.columns_of(key, spoken), tuple(_lean(row) for row in made[key])) for key in words.SHEETS)


def languages_of(form: Form) -> tuple[str, ...]:
    """Korean, English, and every other language a text of the form is in."""
    texts: list[Mapping[str, object]] = [form.title, form.intro, form.thanks, form.consent]
    for stage in form.stages:
        texts += [stage.name, *(t.name for t in stage.touchpoints), *(f.name for t in stage.touchpoints for f in t.factors)]
    for question in form.questions:
        texts += [question.wording, question.help, question.labels, *(option.label for option in question.options)]
    return tuple(dict.fromkeys((*LANGUAGES, *form.languages, *(language for one in texts for language in one))))


def joined(values: Sequence[str | int]) -> str:
    r"""Several values in one cell.

    >>> joined(["a", "b;c"])
    'a; b\\;c'
    """
    return "; ".join(_SPECIAL.sub(r"\\\1", str(value)) for value in values)


def parted(text: str) -> tuple[str, ...]:
    r"""The values of a cell; blanks around them do not count, and neither do empty ones.

    >>> parted(r"a; b\;c;")
    ('a', 'b;c')
    """
    parts = re.findall(r"((?:\\.|[^\\;]|\\$)+)", text, re.DOTALL)
    return tuple(value for part in parts if (value := re.sub(r"\\([\\;])", r"\1", part.strip())))


def _lean(row: Mapping[str, str]) -> dict[str, str]:
    return {column: text for column, text in row.items() if text.strip()}


def _spread(column: str, texts: Texts) -> dict[str, str]:
    return {f"{column}:{language}": text for language, text in texts.items()}


def _flag(on: bool, language: str) -> str:
    return words.word("yes", "yes", language) if on else ""


def _journey(form: Form, language: str) -> Iterator[dict[str, str]]:
    for stage in form.stages:
        yield {
            "stage": stage.code, **_spread("name", stage.name), "audience": words.word("audience", stage.audience, language),
            "gate": _flag(stage.gate, language), "shuffle": _flag(stage.shuffle, language), "retired": _flag(stage.retired, language),
        }
        for touchpoint in stage.touchpoints:
            yield {
                "stage": stage.code, "touchpoint": touchpoint.code, **_spread("name", touchpoint.name),
                "domain": words.word("domain", touchpoint.domain, language),
                "initiative": words.word("initiative", touchpoint.initiative, language), "retired": _flag(touchpoint.retired, language),
            }
            for factor in touchpoint.factors:
                yield {
                    "stage": stage.code, "touchpoint": touchpoint.code, "factor": factor.code, **_spread("name", factor.name),
                    "retired": _flag(factor.retired, language),
                }


def _question(question: FormQuestion, language: str) -> dict[str, str]:
    scale, condition = question.scale, question.show_if
    row = {
        "code": question.code, "kind": words.word("kind", question.kind, language),
        "measure": words.word("measure", question.measure, language), "stage": question.stage or "",
        "touchpoint": question.touchpoint or "", "factor": question.factor or "", **_spread("wording", question.wording),
        **_spread("help", question.help), "required": _flag(question.required, language), "retired": _flag(question.retired, language),
    }
    if scale is not None:
        row |= {"lo": str(scale.lo), "hi": str(scale.hi), "direction": words.word("direction", str(scale.direction), language)}
    if condition is not None:
        row |= {
            "if_question": condition.question, "if_op": words.word("op", condition.op, language), "if_values": joined(condition.values),
        }
    return row


def _answers(question: FormQuestion) -> Iterator[dict[str, str]]:
    if question.kind in ("choice", "multi"):
        for option in question.options:
            yield {"question": question.code, "value": str(option.value), **_spread("label", option.label)}
    if question.kind == "rating":
        for point in sorted({point for labels in question.labels.values() for point in labels}):
            texts = {language: labels[point] for language, labels in question.labels.items() if point in labels}
            if any(text.strip() for text in texts.values()):
                yield {"question": question.code, "value": str(point), **_spread("label", texts)}


def _settings(form: Form, language: str) -> Iterator[dict[str, str]]:
    def row(key: str, value: str = "", texts: Texts | None = None) -> dict[str, str]:
        return {"item": words.item(key, language), "value": value, **_spread("text", texts or {})}

    yield row("format", str(FORMAT))
    for key, texts in (("title", form.title), ("intro", form.intro), ("consent", form.consent), ("thanks", form.thanks)):
        yield row(key, texts=texts)
    yield row("languages", joined(form.languages))
    yield row("measures", joined([words.word("measure", measure, language) for measure in form.settings.measures]))
    yield row("customer", words.word("yes", "yes" if form.settings.customer else "no", language))
    yield row("minutes", str(form.settings.minutes))
