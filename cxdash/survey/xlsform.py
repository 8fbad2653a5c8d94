"""XLSForm (the standard of ODK, xlsform.org): what of it maps to a questionnaire here, and a list of what does not, with rows and reasons.

Groups become stages, groups in groups touchpoints; likert lists, 0–10 integers and ranges become ratings; `relevant` becomes the condition
of a question where it is one comparison. Everything else is left out by name: nothing is dropped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cxdash.survey.cells import Cells, Fault, Faults, Line, Reading, find
from cxdash.survey.check import check
from cxdash.survey.form import CODE, PLACE, Condition, Form, FormQuestion, FormSettings, FormStage, FormTouchpoint
from cxdash.survey.xlscolumns import Speech, sheet
from cxdash.survey.xlslogic import Known, condition, flag
from cxdash.survey.xlsquestions import Taken, lists, question
from cxdash.survey.xlsscales import Choice
from cxdash.terms import CUSTOMER, CUSTOMER_VALUES

_SETTINGS = ("form_title", "default_language", "form_id", "id_string", "version")
_LOST = ("default", "calculation", "read_only", "choice_filter", "guidance_hint", "image", "audio", "video", "big-image", "repeat_count",
         "trigger")  # fmt: skip
_BEGIN = re.compile(r"begin[ _](group|repeat)", re.I)
_END = re.compile(r"end[ _](group|repeat)", re.I)


def is_xlsform(book: Sequence[Cells]) -> bool:
    """A sheet "survey" whose first row has the headings type and name."""
    cells = find(book, "survey")
    heads = {text.strip().lower() for text in cells.rows[0][1].values()} if cells and cells.rows else set()
    return {"type", "name"} <= heads


def read(book: Sequence[Cells]) -> Reading:
    """The form. Notes say what was left out or taken otherwise; a fault only when nothing could be taken."""
    faults = Faults()
    survey, choices, settings = (sheet(book, name, faults) for name in ("survey", "choices", "settings"))
    assert survey is not None  # is_xlsform
    setting = next(settings.lines(faults), None) if settings else None
    speech = Speech((survey, choices), setting["default_language"] if setting else "")
    _languages(speech, survey.sheet, faults)
    reader = _Reader(speech, lists(choices.lines(faults) if choices else (), speech))
    for line in survey.lines(faults):
        reader.line(line)
    form = reader.form(setting["form_title"] if setting else "")
    _beside(book, setting, faults)
    if not form.questions:
        faults.fault("sheet.xls.nothing", survey.sheet)
        return Reading(None, tuple(faults.faults), tuple(faults.notes), "xlsform")
    for issue in check(form):
        line = reader.lines.get(issue.where.partition(":")[2])
        if line is not None:
            line.note("name", issue.key, **issue.params)
        else:
            faults.notes.append(Fault(issue.key, "", params=issue.params))
    order = sorted(faults.notes, key=lambda note: (note.sheet != survey.sheet, note.row))
    return Reading(form, (), tuple(order), "xlsform")


def _languages(speech: Speech, name: str, faults: Faults) -> None:
    if speech.substitute:
        faults.note("sheet.xls.language_taken", name, language=speech.substitute)
    for language in speech.dropped:
        faults.note("sheet.xls.language", name, language=language)


def _beside(book: Sequence[Cells], setting: Line | None, faults: Faults) -> None:
    for column in setting.texts if setting else ():
        if column not in _SETTINGS:
            setting.note(column, "sheet.xls.setting")  # type: ignore[union-attr]
    for cells in book:
        if cells.rows and cells.name.strip().lower() not in ("survey", "choices", "settings"):
            faults.note("sheet.note.sheet", cells.name)


@dataclass
class _Group:
    """An open group. stage, touchpoint: what it became; relevant: its condition, and those around it."""

    kind: str
    line: Line
    stage: str | None = None
    touchpoint: str | None = None
    relevant: Condition | None = None
    condition_lost: bool = False


@dataclass
class _Reader:
    speech: Speech
    choices: dict[str, list[Choice]]
    groups: list[_Group] = field(default_factory=list)
    stages: dict[str, FormStage] = field(default_factory=dict)
    questions: list[FormQuestion] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    told: list[tuple[int, Line]] = field(default_factory=list)  # notes: number of questions before, line
    places: set[str] = field(default_factory=set)

    def line(self, line: Line) -> None:
        kind = " ".join(line["type"].split())
        if not kind:
            if line["name"]:
                line.note("type", "sheet.xls.no_type")
        elif found := _BEGIN.fullmatch(kind):
            self._begin(line, found[1].lower())
        elif found := _END.fullmatch(kind):
            self._end(line, found[1].lower())
        elif kind.lower() == "note":
            self.told.append((len(self.questions), line))
        else:
            self._question(line, kind)

    def form(self, title: str) -> Form:
        for group in self.groups:
            group.line.note("type", "sheet.xls.not_closed")
        intro, thanks = self._told()
        customer = next((q for q in self.questions if q.code == CUSTOMER), None)
        asks = customer is not None and customer.kind == "choice" and customer.values <= set(CUSTOMER_VALUES)
        named = {self.speech.fallback if self.speech.fallback in self.speech.languages else self.speech.languages[0]: title.strip()}
        return Form(
            title=named if title.strip() else {}, languages=self.speech.languages, stages=tuple(self.stages.values()),
            questions=tuple(self.questions), intro=intro, thanks=thanks, settings=FormSettings(customer=asks))

    def _told(self) -> tuple[dict[str, str], dict[str, str]]:
        """Notes before the first question welcome, those after the last one thank; others have no place here."""
        words: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
        for at, line in self.told:
            if 0 < at < len(self.questions) or line["relevant"]:
                line.note("type", "sheet.xls.note")
                continue
            for language, text in self.speech.texts(line, "label").items():
                words[at == 0].setdefault(language, []).append(text)
        before, after = ({lang: "\n\n".join(texts) for lang, texts in words[first].items()} for first in (True, False))
        return before, after

    # ------------------------------------------------------------ groups

    def _begin(self, line: Line, kind: str) -> None:
        group = _Group(kind, line)
        outer = self.groups[-1] if self.groups else None
        if outer is not None:
            group.stage, group.touchpoint, group.relevant = outer.stage, outer.touchpoint, outer.relevant
            group.condition_lost = outer.condition_lost
        if kind == "repeat":
            line.note("type", "sheet.xls.repeat")
        elif group.stage is None:
            group.stage = self._place(line, "S")
            self.stages[group.stage] = FormStage(group.stage, self.speech.texts(line, "label"))
        elif group.touchpoint is None:
            group.touchpoint = self._place(line, "T")
            stage = self.stages[group.stage]
            made = FormTouchpoint(group.touchpoint, self.speech.texts(line, "label"))
            self.stages[group.stage] = replace(stage, touchpoints=(*stage.touchpoints, made))
        else:
            line.note("type", "sheet.xls.nested")
        if line["relevant"]:
            self._group_relevant(group, line)
        self._lost(line)
        self.groups.append(group)

    def _group_relevant(self, group: _Group, line: Line) -> None:
        made = condition(line["relevant"], self.known)
        if made is None or group.relevant is not None:
            line.note("relevant", "sheet.xls.relevant", found=line["relevant"][:80])
        else:
            group.relevant = made

    def _end(self, line: Line, kind: str) -> None:
        if not self.groups or self.groups[-1].kind != kind:
            line.note("type", "sheet.xls.no_begin")
        else:
            self.groups.pop()

    def _place(self, line: Line, letter: str) -> str:
        return self._code(line, PLACE, letter, 32, self.places)

    def _code(self, line: Line, pattern: re.Pattern[str], letter: str, longest: int, taken: set[str]) -> str:
        """The name where it is a good code and free, else a new one, which is noted."""
        name = line["name"]
        code = name
        if not pattern.fullmatch(code):
            code = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")
            code = (code if code[:1].isalpha() else f"{letter}{code}")[:longest]
        number, stem = 1, code if code != letter else f"{letter}1"
        code = stem
        while code in taken:
            number += 1
            code = f"{stem[: longest - 4]}_{number}"
        taken.add(code)
        if code != name:
            line.note("name", "sheet.xls.renamed", found=name or "–", code=code)
        return code

    # ------------------------------------------------------------ questions

    def _question(self, line: Line, kind: str) -> None:
        group = self.groups[-1] if self.groups else None
        taken = question(line, kind, self.choices, self.speech, staged=group is not None and group.stage is not None)
        if taken is None:
            return
        code = self._code(line, CODE, "Q", 64, {q.code for q in self.questions})
        asked = replace(
            taken.question, code=code, help=self.speech.texts(line, "hint"), required=self._required(line),
            stage=group.stage if group else None, touchpoint=group.touchpoint if group else None, show_if=self._relevant(line, group))
        self.questions.append(asked)
        self.lines[code] = line
        if line["name"]:
            self.known[line["name"]] = Known(asked, taken.stored, taken.whole)
        self._lost(line, taken)

    def _required(self, line: Line) -> bool:
        found = flag(line["required"])
        if found is None:
            line.note("required", "sheet.xls.required", found=line["required"][:80])
        return bool(found)

    def _relevant(self, line: Line, group: _Group | None) -> Condition | None:
        around = group.relevant if group else None
        if not line["relevant"]:
            return around
        own = condition(line["relevant"], self.known)
        if own is None:
            line.note("relevant", "sheet.xls.relevant", found=line["relevant"][:80])
            return around
        if around is not None and around != own:
            line.note("relevant", "sheet.xls.two_conditions")
        on = next(q for q in self.questions if q.code == own.question)
        if own.op == "not_in" and not on.required:
            line.note("relevant", "sheet.xls.unanswered", code=on.code)
        return own

    def _lost(self, line: Line, taken: Taken | None = None) -> None:
        for column in _LOST:
            if line[column]:
                line.note(column, "sheet.xls.column")
        if line["constraint"] and not (taken and taken.constrained):
            line.note("constraint", "sheet.xls.constraint", found=line["constraint"][:80])
        if any("${" in text for name, text in line.texts.items() if name.startswith(("label", "hint"))):
            line.note("label", "sheet.xls.piping")
