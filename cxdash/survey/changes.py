"""What changed between two versions of a questionnaire, and whether figures before and after may stand in one trend.

Harmless: typos, spacing and punctuation, better labels, order, required, help, added options, new and retired questions. A break: another
meaning, scale, direction, kind, measure or place; options removed or renumbered; other people are asked (condition, gate, audience).

Whether a wording edit is a typo is judged by letters, not understood: Korean syllables are taken apart into jamo, changed words are
compared pairwise, and each may differ in at most a third of its letters, all of them together in 15 % of the text. Numbers, negations
and the words of `_MEANING` (쉽다 / 어렵다, high / low …) must stay as many as they were. What is not clearly a typo is called a break:
a needless marker is the smaller harm, and the user may take it away.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from cxdash.survey.form import Form, FormQuestion, FormStage, Texts
from cxdash.terms import plain

KINDS = (
    "added", "retired", "restored", "kind", "measure", "scale", "direction", "wording", "labels", "option_added", "option_removed",
    "option_meaning", "option_label", "place", "condition", "gate", "audience", "required", "help", "order",
)
WORD_SHARE, TEXT_SHARE = 3, 0.15
LETTERS_MAX = 400  # of one changed passage; longer is no typo
_ARTICLES = {"a", "an", "the"}
_MEANING = re.compile(
    r"\d+|불|않|못|없|아니|아닌|안 |싫|쉬|쉽|어려|어렵|좋|나쁘|나쁨|나빴|높|낮|많|적은|적었|빠르|빨랐|느리|느렸|처음|마지막|기존|신규|이전|이후"
    r"|\b(?:not?|never|without|less|more|least|most|hard|easy|difficult|high|low)\b"
    r"|\b(?:good|bad|better|worse|first|last|before|after)\b|n[’']t|\bdis|\bun"
)


@dataclass(frozen=True)
class Change:
    """kind: one of KINDS. harmless: the trend of this question goes on. before, after: what it was and is, as short text."""

    kind: str
    question: str
    harmless: bool
    language: str = ""
    before: str = ""
    after: str = ""


def compare(old: Form, new: Form) -> tuple[Change, ...]:
    """All changes, questions in the order of the new form and then those that are gone. A question is the same if its code is."""
    found: list[Change] = []
    for question in new.questions:
        was = old.by_code.get(question.code)
        if was is None or not old.is_live(was):
            if new.is_live(question):
                found.append(Change("added" if was is None else "restored", question.code, True, after=_first(question.wording)))
        elif not new.is_live(question):
            found.append(Change("retired", question.code, True, before=_first(was.wording)))
        else:
            found += _question(was, question)
            found += _population(old.stage_of.get(was.stage or ""), new.stage_of.get(question.stage or ""), question.code)
    gone = [q for q in old.questions if q.code not in new.by_code and old.is_live(q)]
    found += [Change("retired", question.code, True, before=_first(question.wording)) for question in gone]
    return (*found, *_order(old, new))


def breaks(changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Codes of the questions whose trend breaks, each once."""
    return tuple(dict.fromkeys(change.question for change in changes if not change.harmless))


def is_typo(before: str, after: str) -> bool:
    """
    >>> is_typo("얼마나 만족 하셨읍니까?", "얼마나 만족하셨습니까?")
    True
    >>> is_typo("가격에 얼마나 만족하셨습니까?", "품질에 얼마나 만족하셨습니까?")
    False
    >>> is_typo("How satisfied were you?", "How dissatisfied were you?")
    False
    """
    if _sense(before) != _sense(after):
        return False
    old, new = _words(before), _words(after)
    total = 0
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            left, right = _letters("".join(old[i:j])), _letters("".join(new[k:m]))
            distance = _distance(left, right)
            total += distance
            if distance > max(len(left), len(right)) // WORD_SHARE:
                return False
    return total <= TEXT_SHARE * max(len(_letters(before)), 14)


# ---------------------------------------------------------------- one question


def _question(old: FormQuestion, new: FormQuestion) -> Iterator[Change]:
    code = new.code
    for kind in ("kind", "measure"):
        before, after = getattr(old, kind), getattr(new, kind)
        if before != after:
            yield Change(kind, code, False, before=before, after=after)
    yield from _scale(old, new)
    for language in sorted(set(old.wording) | set(new.wording)):
        before, after = old.wording.get(language, ""), new.wording.get(language, "")
        if before != after:
            # a language that had no wording, or loses it, was shown in another one: nobody's trend
            yield Change("wording", code, not before or not after or is_typo(before, after), language, before, after)
    yield from _labels(old, new)
    yield from _options(old, new)
    if (old.stage, old.touchpoint, old.factor) != (new.stage, new.touchpoint, new.factor):
        yield Change("place", code, False, before=_place(old), after=_place(new))
    if old.show_if != new.show_if:
        yield Change("condition", code, False)
    if old.required != new.required:
        yield Change("required", code, True)
    if dict(old.help) != dict(new.help):
        yield Change("help", code, True)


def _scale(old: FormQuestion, new: FormQuestion) -> Iterator[Change]:
    was, now = old.scale, new.scale
    if (was and (was.lo, was.hi)) != (now and (now.lo, now.hi)):
        yield Change("scale", new.code, False, before=f"{was.lo}–{was.hi}" if was else "", after=f"{now.lo}–{now.hi}" if now else "")
    elif was and now and was.direction is not now.direction:
        yield Change("direction", new.code, False, before=str(was.direction), after=str(now.direction))


def _labels(old: FormQuestion, new: FormQuestion) -> Iterator[Change]:
    for language in sorted(set(old.labels) | set(new.labels)):
        before, after = old.labels.get(language, {}), new.labels.get(language, {})
        if dict(before) != dict(after):
            harmless = not _swapped(before, after)
            yield Change("labels", new.code, harmless, language, " · ".join(before.values()), " · ".join(after.values()))


def _options(old: FormQuestion, new: FormQuestion) -> Iterator[Change]:
    was = {option.value: option.label for option in old.options}
    now = {option.value: option.label for option in new.options}
    for value in was.keys() - now.keys():
        yield Change("option_removed", new.code, False, before=_first(was[value]))
    for value in now.keys() - was.keys():
        yield Change("option_added", new.code, True, after=_first(now[value]))
    for language in sorted({language for label in (*was.values(), *now.values()) for language in label}):
        before = {value: label[language] for value, label in was.items() if label.get(language)}
        after = {value: label[language] for value, label in now.items() if label.get(language) and value in was}
        if {value: before.get(value) for value in after} != after:
            swapped = _swapped(before, after)
            yield Change("option_meaning" if swapped else "option_label", new.code, not swapped, language,
                         " · ".join(before.values()), " · ".join(after.values()))


def _swapped(before: Mapping[int, str] | Mapping[str | int, str], after: Mapping[int, str] | Mapping[str | int, str]) -> bool:
    """A label has moved to another point, or says the opposite at its own."""
    old = {plain(label): point for point, label in before.items() if label}
    for point, label in after.items():
        was = before.get(point)
        if was and label and plain(was) != plain(label) and (plain(label) in old or _sense(was) != _sense(label)):
            return True
        if not was and label and plain(label) in old and old[plain(label)] != point:
            return True
    return False


def _population(old: FormStage | None, new: FormStage | None, code: str) -> Iterator[Change]:
    """Who is asked about the stage at all."""
    if old is None or new is None or old.code != new.code:
        return
    if old.gate != new.gate:
        yield Change("gate", code, False)
    if old.audience != new.audience:
        yield Change("audience", code, False, before=old.audience, after=new.audience)


def _order(old: Form, new: Form) -> Iterator[Change]:
    """Questions that stand elsewhere relative to the rest: the fewest that must be moved to get from one order to the other."""
    before = [question.code for question in old.questions if question.code in new.by_code]
    after = [question.code for question in new.questions if question.code in old.by_code]
    kept = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks() if before != after else ()
    stayed = {code for block in kept for code in after[block.b : block.b + block.size]}
    if before != after:
        yield from (Change("order", code, True) for code in after if code not in stayed)


# ---------------------------------------------------------------- letters


def _sense(text: str) -> Counter[str]:
    return Counter(_MEANING.findall(plain(text)))


def _words(text: str) -> list[str]:
    return [word for word in re.sub(r"[^\w\s]|_", " ", plain(text)).split() if word not in _ARTICLES]


def _letters(text: str) -> str:
    """Letters without blanks, Hangul as jamo: "값" is three."""
    return unicodedata.normalize("NFD", "".join(_words(text)))


def _distance(a: str, b: str) -> int:
    """Levenshtein distance; texts that differ in length beyond what could pass are not worked out."""
    if abs(len(a) - len(b)) > max(len(a), len(b)) // WORD_SHARE or max(len(a), len(b)) > LETTERS_MAX:
        return max(len(a), len(b))
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def _first(texts: Texts) -> str:
    return next((text for text in texts.values() if text), "")


def _place(question: FormQuestion) -> str:
    return "/".join(part for part in (question.stage, question.touchpoint, question.factor) if part)
