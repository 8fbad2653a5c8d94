"""What `check` finds in a form that came from a workbook, at its place in the workbook."""

from __future__ import annotations

from cxdash.survey.cells import Fault, Faults, Line
from cxdash.survey.check import Issue, check
from cxdash.survey.form import Form
from cxdash.survey.sheet import joined
from cxdash.survey.sheetparts import Journey, Questions, Settings

_COLUMNS = {  # where an issue of a question lies; else at its code
    "form.issue.wording": "wording", "form.issue.measure": "measure", "form.issue.no_scale": "lo", "form.issue.points": "hi",
    "form.issue.recommend": "lo", "form.issue.condition_unknown": "if_question", "form.issue.condition_later": "if_question",
    "form.issue.condition_values": "if_values", "form.issue.name": "name",
}  # fmt: skip
_OF_SETTINGS = {"form.issue.title": "title", "form.issue.long": "minutes", "form.issue.no_customer": "customer",
                "form.issue.languages": "languages"}
_REFUSED = ("form.issue.condition_later", "form.issue.condition_values")  # mistakes of writing, not work still to do


def judged(form: Form, journey: Journey, questions: Questions, settings: Settings, faults: Faults) -> None:
    """Adds the issues of `check`: as faults where a condition cannot be what was meant, else as notes."""
    for issue in check(form):
        line, column = _place(issue, journey, questions, settings)
        if issue.key in _REFUSED and line is not None:
            key = "sheet.fault.condition_later" if issue.key == _REFUSED[0] else "sheet.fault.condition_values"
            line.fault(column, key, found=issue.params["found"], known=_fitting(form, str(issue.params["found"])))
        elif line is not None:
            line.note(column, issue.key, **issue.params)
        else:
            faults.notes.append(Fault(issue.key, "", params=issue.params))


def _place(issue: Issue, journey: Journey, questions: Questions, settings: Settings) -> tuple[Line | None, str]:
    kind, _, code = issue.where.partition(":")
    spoken = f":{issue.params['language']}" if "language" in issue.params else ""
    if kind == "question":
        line = questions.rows.get(code)
        answers = questions.given.get(code)
        if issue.key == "form.issue.option_label" and answers:
            line = next((one for one in answers if not any(name.startswith("label:") for name in one.texts)), answers[0])
            return line, f"label{spoken}"
        return line, _COLUMNS.get(issue.key, "code") + spoken
    if kind in ("stage", "touchpoint", "factor"):
        codes = tuple(code.split("/"))
        path = codes if kind != "factor" else next((p for p in journey.rows if len(p) == 3 and (p[0], p[2]) == codes), codes)
        return journey.rows.get(path), _COLUMNS.get(issue.key, kind) + spoken
    key = _OF_SETTINGS.get(issue.key)
    return (settings.rows.get(key) if key else None), f"text{spoken}" if key == "title" else "value"


def _fitting(form: Form, code: str) -> str:
    """The answers a condition on the question may name."""
    on = form.by_code.get(code)
    if on is None:
        return "–"
    if on.options:
        return joined([option.value for option in on.options])
    return f"{on.scale.lo}–{on.scale.hi}" if on.scale else "–"
