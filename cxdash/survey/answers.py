"""What a respondent's browser (or a machine) sent becomes typed answers, or a reason beside the field. Everything sent is hostile."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxdash.survey.flow import visible
from cxdash.survey.pages import Item, Page
from cxdash.survey.form import GATE, NO, YES, Form, FormQuestion, Value

TEXT_MAX = 2_000  # characters of a comment
RAW_MAX = 20_000  # longer is refused before it is looked at
VALUES_MAX = 500  # values sent under one name
UNKNOWN_MAX = 20  # unknown fields named; the rest is noise
_WHOLE = re.compile(r"[+-]?[0-9]{1,4}")
_NUMBER = re.compile(r"-?(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,6})?")
_INVISIBLE = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF}  # turn the direction of what follows, or show nothing


@dataclass(frozen=True)
class Problem:
    """Why an answer was not taken: a message key and its parameters."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """values: answers that apply, by field. errors, by field: what was refused, or is required and missing; it has no value then."""

    values: Mapping[str, Value]
    errors: Mapping[str, Problem]

    @property
    def ok(self) -> bool:
        return not self.errors


def read(form: Form, page: Page, raw: Mapping[str, Sequence[str]], before: Mapping[str, object] | None = None) -> Read:
    """The answers sent from one page of `flow.pages`.

    raw: field -> values, as a form sends them; a missing field is unanswered. Names that begin with "_" are the page's own and ignored
    (no code can begin so); any other unknown name is refused. before: the answers of the visit so far, for conditions on them.
    A value of a question that does not apply, also by what was just answered, is dropped without an error.
    """
    given = {name: value for name, value in (before or {}).items() if name not in page.names}
    values: dict[str, Value] = {}
    errors: dict[str, Problem] = {} if page.names.issuperset(name for name in raw if name[:1] != "_") else _unknown(raw, page.fields)
    for stage in page.gates:
        _take(GATE + stage.code, _gate(_sent(raw, GATE + stage.code)), True, values, errors)
    for item in _in_order(form, page):
        code = item.question.code
        applies = item.shown if item.depends is None else item.depends.holds(given)
        if not applies:
            continue
        sent = raw.get(code)
        is_one = isinstance(sent, list) and len(sent) == 1 and isinstance(sent[0], str)
        exact = _exact(item.question).get(sent[0]) if is_one else None
        if exact is not None:
            given[code] = values[code] = exact
        else:
            _take(code, _value(item.question, _sent(raw, code)), item.question.required, values, errors)
            if code in values:
                given[code] = values[code]
    return Read(values, errors)


def exact(page: Page, raw: Mapping[str, Sequence[str]]) -> dict[str, Value] | None:
    """What `read` gives for a page without gates and conditions, as long as nothing is wrong with it; None when something is."""
    plain: tuple[tuple[str, FormQuestion, Mapping[str, Value]], ...] | None = page.__dict__.get("_plain")
    if plain is None:
        plain = page.__dict__["_plain"] = tuple((item.question.code, item.question, _exact(item.question)) for item in page.items)
    values: dict[str, Value] = {}
    seen = 0
    for code, question, exactly in plain:
        sent = raw.get(code)
        seen += sent is not None
        value: Value | Problem | None = exactly.get(sent[0]) if sent is not None and len(sent) == 1 else None
        if value is None:
            value = _value(question, _sent(raw, code))
        if value is None and not question.required:
            continue
        if value is None or isinstance(value, Problem):
            return None
        values[code] = value
    return values if seen == len([name for name in raw if name[:1] != "_"]) else None


def _in_order(form: Form, page: Page) -> tuple[Item, ...]:
    """The items of the page in the order of the form, whatever the order they are shown in: conditions look back. Kept on the page."""
    made: tuple[Item, ...] | None = page.__dict__.get("_in_order")
    if made is None:
        order = {code: index for index, code in enumerate(form.by_code)}
        made = page.__dict__["_in_order"] = tuple(sorted(page.items, key=lambda item: order.get(item.question.code, 0)))
    return made


def read_all(form: Form, raw: Mapping[str, object], *, partial: bool = False) -> Read:
    """A whole response at once (a machine's, an interviewer's). raw: field -> text, number, or list of them.

    Unknown fields are refused, what does not apply is dropped, required questions and gates must be there unless `partial`.
    """
    sent = {str(name): _texts(value) for name, value in raw.items() if value is not None}
    known = visible(form, {})
    parsed = {name: _field(form, name, _sent(sent, name)) for name in known}
    applies = visible(form, {name: value for name, value in parsed.items() if not isinstance(value, Problem)})
    values: dict[str, Value] = {}
    errors = _unknown(sent, known)
    for name, is_put in applies.items():
        if is_put:
            _take(name, parsed[name], not partial and (name.startswith(GATE) or form.by_code[name].required), values, errors)
    return Read(values, errors)


def merged(page: Page, before: Mapping[str, object], got: Read) -> dict[str, object]:
    """The answers of the visit after a page: what the page asks is replaced, so an answer taken back is gone; the rest stays."""
    return {**{name: value for name, value in before.items() if name not in page.names}, **got.values}


def clean(text: str) -> str:
    """Text without control characters (line breaks and tabs stay), marks that turn the direction of writing, and blanks around it.

    >>> clean(" 좋아요\\x00\\r\\n\\u202e최고 ")
    '좋아요\\n최고'
    """
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(c for c in lines if c in "\n\t" or not (unicodedata.category(c) in ("Cc", "Cs") or ord(c) in _INVISIBLE)).strip()


# ---------------------------------------------------------------- one field


def _exact(question: FormQuestion) -> Mapping[str, Value]:
    """What pages of ours send for this question, and what it means: taken without a further look. Kept on the question."""
    made: Mapping[str, Value] | None = question.__dict__.get("_exact")
    if made is None:
        if question.kind == "rating" and question.scale is not None:
            made = {str(point): point for point in question.scale.points}
        else:
            made = {value: value for value in question.values if value.strip()} if question.kind == "choice" else {}
        question.__dict__["_exact"] = made
    return made


def _take(name: str, value: Value | Problem | None, required: bool, values: dict[str, Value], errors: dict[str, Problem]) -> None:
    if isinstance(value, Problem):
        errors[name] = value
    elif value is not None:
        values[name] = value
    elif required:
        errors[name] = Problem("form.answer.required")


def _unknown(raw: Mapping[str, object], known: Sequence[str] | Mapping[str, object]) -> dict[str, Problem]:
    strange = [name for name in raw if not str(name).startswith("_") and name not in known]
    return {str(name): Problem("form.answer.unknown", {"field": clean(str(name)[:80])}) for name in strange[:UNKNOWN_MAX]}


def _texts(value: object) -> list[str]:
    """A machine's value as a form would have sent it. True and false are no numbers; what is neither text nor number becomes unusable."""
    many = value if isinstance(value, list | tuple) else [value]
    return [one if isinstance(one, str) else _digits(one) for one in many[: VALUES_MAX + 1]]


def _digits(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 10**12:
        return "\0"
    return str(int(value)) if value == int(value) else str(value)


def _sent(raw: Mapping[str, object], name: str) -> list[str] | Problem:
    """The values sent under a name that are not blank."""
    values = raw.get(name, [])
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, list | tuple) or len(values) > VALUES_MAX or not all(isinstance(value, str) for value in values):
        return Problem("form.answer.form")
    if any(len(value) > RAW_MAX for value in values):
        return Problem("form.answer.too_long", {"most": TEXT_MAX})
    return [value for value in values if value.strip()]


def _field(form: Form, name: str, sent: list[str] | Problem) -> Value | Problem | None:
    return _gate(sent) if name.startswith(GATE) else _value(form.by_code[name], sent)


def _gate(sent: list[str] | Problem) -> Value | Problem | None:
    if isinstance(sent, Problem) or not sent:
        return sent or None
    return sent[0] if len(sent) == 1 and sent[0] in (YES, NO) else Problem("form.answer.option")


def _value(question: FormQuestion, sent: list[str] | Problem) -> Value | Problem | None:
    if isinstance(sent, Problem) or not sent:
        return sent or None
    if question.kind == "multi":
        return _multi(question, sent)
    if len(sent) > 1:
        return Problem("form.answer.one")
    return _SINGLE[question.kind](question, sent[0])


def _rating(question: FormQuestion, sent: str) -> Value | Problem:
    scale = question.scale
    point = int(sent) if _WHOLE.fullmatch(sent.strip()) else None
    if scale is None or point is None or point not in scale.points:
        return Problem("form.answer.range", {"lo": scale.lo if scale else 0, "hi": scale.hi if scale else 0})
    return point


def _choice(question: FormQuestion, sent: str) -> Value | Problem:
    return sent if sent in question.values else Problem("form.answer.option")


def _multi(question: FormQuestion, sent: list[str]) -> Value | Problem:
    if not all(one in question.values and _WHOLE.fullmatch(one) for one in sent):
        return Problem("form.answer.option")
    return sorted({int(one) for one in sent})


def _text(_question: FormQuestion, sent: str) -> Value | Problem | None:
    kept = clean(sent)
    return Problem("form.answer.too_long", {"most": TEXT_MAX}) if len(kept) > TEXT_MAX else kept or None


def _number(question: FormQuestion, sent: str) -> Value | Problem:
    plain = unicodedata.normalize("NFKC", sent).strip()
    if len(plain) > 40 or not _NUMBER.fullmatch(plain):
        return Problem("form.answer.number")
    value = float(plain.replace(",", ""))
    if question.scale is not None and not question.scale.lo <= value <= question.scale.hi:
        return Problem("form.answer.range", {"lo": question.scale.lo, "hi": question.scale.hi})
    return int(value) if value == int(value) else value


_SINGLE = {"rating": _rating, "choice": _choice, "text": _text, "number": _number}
