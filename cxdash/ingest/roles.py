"""What each column is: the chain of questions every column is asked, the first yes decides.

empty, another table's column -> personal data -> part of a multiple-choice block -> weight -> date -> respondent key -> tool
data -> several answers in one cell -> rating -> comment -> attribute -> left out. Each answer carries its reason and how sure it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cxdash.ingest import attributes, blocks, clean, dates, missing, multi, personal, ratings, wording
from cxdash.ingest import lexicon_roles as words
from cxdash.ingest.plan import Column, Said
from cxdash.ingest.view import View
from cxdash.terms import Measure, Role

DATE_TEXTS = 200
_WRITTEN = ("ymd", "mdy", "dmy", "named")  # days with their marks: "응답시간" over them is when, not how long
CONSTANT_ROWS = 8  # a column with one value in fewer rows may still vary in the next file


def decide(view: View, part: blocks.Part | None) -> Column:
    """The proposal for one column, before what only the whole file can tell."""
    if part is not None and view.counts.filled:
        return _block(view, part)
    for step in _CHAIN:
        column = step(view)
        if column is not None:
            return column
    return _rest(view)


def _block(view: View, part: blocks.Part) -> Column:
    if part.kind == "ranking":
        return ratings.ranking(view, max(int(v) for v, _ in view.counts.values), part.reason)
    codes = {t: k for t, k in part.codes.items() if part.kind == "options" or t}
    return view.column(
        Role.MULTI, part.reason, part.certainty, measure=Measure.MULTI, codes=codes, missing=part.missing, group=str(part.first)
    )


def _empty(view: View) -> Column | None:
    if view.beside:
        return view.column(Role.IGNORE, Said("ingest.reason.beside"), 0.8)
    found = personal.kind(view.text, view.counts)
    if found is not None:
        kind, sure, told = found
        said = Said("ingest.reason.personal_header" if told else "ingest.reason.personal_values", {"kind": Said(personal.NAMES[kind])})
        return view.column(Role.PERSONAL, said, sure, personal=kind)
    if not view.counts.filled:
        return view.column(Role.IGNORE, Said("ingest.reason.empty"), 0.99)
    return None


def _weight(view: View) -> Column | None:
    """Header words and non-negative numbers; the choice among several weights is made later."""
    if not words.WEIGHT.search(view.text):
        return None
    comma = clean.decimal_commas(v for v, _ in view.counts.values)
    numbers = [clean.number(v, comma=comma) for v, _ in view.counts.values]
    good = [x for x in numbers if x is not None and x >= 0]
    worded = re.search(r"가중|weight|wgt|wt|gewicht", view.text, re.IGNORECASE)
    if len(good) < (0.6 if worded else 0.95) * len(numbers) or view.counts.distinct < 2:  # the rest is told when it is stored
        return None
    if not worded and not any(x % 1 for x in good):
        return None
    return view.column(
        Role.WEIGHT, Said("ingest.reason.weight", {"low": f"{min(good):g}", "high": f"{max(good):g}"}), 0.93 if worded else 0.6
    )


def _date(view: View) -> Column | None:
    if not (view.dated or _datelike(view)):
        return None
    guess = dates.guess(view.counts.values[:DATE_TEXTS], view.text, view.dated)
    if guess is None:
        return None
    sure = guess.certainty
    if (words.DURATION.search(view.text) and guess.format not in _WRITTEN) or (wording.measure(view.text) is not None and not view.dated):
        return None
    return view.column(Role.DATE, guess.reason, sure, date_format=guess.format, questions=guess.questions) if sure >= 0.5 else None


def _datelike(view: View) -> bool:
    """Worth a closer look: texts with several digits, or numbers as large as the serial of a recent day."""
    texts = view.counts.values[:DATE_TEXTS]
    digits = sum(1 for v, _ in texts if sum(ch.isdigit() for ch in v) >= 4)
    return digits >= 0.5 * len(texts)


def _key(view: View) -> Column | None:
    """Ids: mostly different values under a header that names one, or different codes that are no plain running number."""
    counts = view.counts
    share = counts.distinct / counts.filled
    named = next((sure for pattern, sure in words.KEYS if pattern.search(view.header.text) or pattern.search(view.header.wording)), 0.0)
    texts = [v for v, _ in counts.values[:100]]
    if named and wording.measure(view.text) is None and not any(len(t) > 64 for t in texts):
        if share >= 0.9 and _fill(view) >= 0.5:
            return view.column(Role.RESPONDENT, Said("ingest.reason.key", {"distinct": counts.distinct}), named)
        if named >= 0.9 and share >= 0.4 and counts.distinct > attributes.FEW:
            said = Said("ingest.reason.key_repeats", {"distinct": counts.distinct, "rows": counts.filled})
            return view.column(
                Role.RESPONDENT,
                said,
                0.6,
                questions=(Said("ingest.ask.key_repeats", {"rows": counts.filled, "distinct": counts.distinct}),),
            )
    if words.RUNNING.search(view.header.text.strip()) or view.header.unnamed:
        whole = [clean.whole(t) for t in texts]
        if share == 1.0 and counts.filled == counts.rows and None not in whole:
            return view.column(Role.IGNORE, Said("ingest.reason.running"), 0.85)
    if share >= 0.999 and counts.filled >= 20 and _fill(view) >= 0.95 and all(_idlike(t) for t in texts):
        return view.column(
            Role.RESPONDENT, Said("ingest.reason.key_unnamed", {"distinct": counts.distinct}), 0.55, questions=(Said("ingest.ask.key"),)
        )
    return None


def _fill(view: View) -> float:
    return view.counts.filled / view.counts.rows if view.counts.rows else 0.0


def _idlike(text: str) -> bool:
    """One word with a digit, longer than a quantity: R_2YPOQ602, F00140, 3292879998."""
    return bool(re.fullmatch(r"(?=.*\d)[A-Za-z0-9_-]{6,40}", text)) and not re.fullmatch(r"\d+\.\d+", text)


def _tool(view: View) -> Column | None:
    """What survey tools add, and quantities that are neither answers nor groups."""
    head = view.header.text
    if words.DURATION.search(head) and attributes.numeric(view):
        return view.column(Role.IGNORE, Said("ingest.reason.duration"), 0.9)
    if words.META.search(head) and wording.measure(head) is None:
        return view.column(Role.IGNORE, Said("ingest.reason.tool"), 0.85)
    if words.POSTAL.search(head):
        return view.column(Role.IGNORE, Said("ingest.reason.postal"), 0.85)
    return None


def _constant(view: View) -> Column | None:
    counts = view.counts
    if counts.distinct != 1 or counts.filled < CONSTANT_ROWS or counts.blank:
        return None
    if wording.measure(view.text) is not None and clean.whole(counts.values[0][0]) is not None:
        return None
    return view.column(Role.IGNORE, Said("ingest.reason.constant", {"value": counts.values[0][0][:40]}), 0.9)


def _other_text(view: View) -> Column | None:
    """Free text behind an "other" option."""
    if words.OTHER_TEXT.search(view.header.text) and not attributes.numeric(view) and ratings.propose(view) is None:
        return view.column(
            Role.COMMENT, Said("ingest.reason.other_text"), 0.8, measure=Measure.COMMENT, missing=missing.texts(view.counts.values)
        )
    return None


def _multi(view: View) -> Column | None:
    guess = multi.guess(view.counts.values, view.text)
    if guess is None or guess.certainty < 0.5:
        return None
    codes = {option: k for k, option in enumerate(guess.options, start=1) if k <= 127}
    return view.column(
        Role.MULTI,
        guess.reason,
        guess.certainty,
        measure=Measure.MULTI,
        separator=guess.separator,
        codes=codes,
        missing=missing.texts(view.counts.values),
    )


def _comment(view: View) -> Column | None:
    counts = view.counts
    if attributes.numeric(view) or counts.filled == 0:
        return None
    texts = counts.values[:300]
    long = sum(_width(v) for v, _ in texts) / len(texts)
    varied = counts.distinct / counts.filled
    told = words.COMMENT.search(view.text) is not None
    wordy = sum(1 for v, _ in texts if " " in v) / len(texts)
    if (told and (varied >= 0.5 or counts.distinct > attributes.FEW or long >= 15) and (long >= 6 or counts.distinct > 20)) or (
        told and counts.filled < 5 and long >= 4
    ):
        said = Said("ingest.reason.comment_header", {"length": round(long)})
        return view.column(Role.COMMENT, said, 0.92, measure=Measure.COMMENT, missing=missing.texts(counts.values))
    if varied >= 0.5 and long >= 15 and wordy >= 0.5 and counts.filled >= 5:
        said = Said("ingest.reason.comment_text", {"length": round(long), "distinct": counts.distinct})
        return view.column(Role.COMMENT, said, 0.8 if long >= 25 else 0.65, measure=Measure.COMMENT, missing=missing.texts(counts.values))
    return None


def _width(text: str) -> float:
    """Length as a reader feels it: a syllable of Hangul says as much as two letters."""
    return len(text) + 0.7 * sum("가" <= sign <= "힣" for sign in text)


def _rest(view: View) -> Column:
    return view.column(
        Role.IGNORE, Said("ingest.reason.many_texts", {"distinct": view.counts.distinct}), 0.55, questions=(Said("ingest.ask.role"),)
    )


_CHAIN: tuple[Callable[[View], Column | None], ...] = (
    _empty,
    _weight,
    _date,
    _key,
    _tool,
    _constant,
    _other_text,
    _multi,
    attributes.special,
    ratings.propose,
    _comment,
    attributes.category,
)
