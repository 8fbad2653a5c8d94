"""What each column is: the chain of questions every column is asked, the first yes decides.

empty, another table's column -> personal data -> part of a multiple-choice block -> weight -> date -> respondent key -> tool
data -> several answers in one cell -> rating -> comment -> attribute -> left out. Each answer carries its reason and how sure it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cxdash.ingest import blocks, clean, dates, missing, multi, personal, ratings, wording
from cxdash.ingest import lexicon_roles as words
from cxdash.ingest.plan import Column, Said
from cxdash.ingest.view import View
from cxdash.terms import CHANNEL, CUSTOMER, Measure, Role

FEW = 60  # distinct texts an attribute may have whatever the number of rows
MANY = 2000  # distinct texts of an attribute that its header names (branches, cities)
DATE_TEXTS = 200
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
    return view.column(Role.MULTI, part.reason, part.certainty, measure=Measure.MULTI, codes=codes, missing=part.missing, group=str(part.first))


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
    numbers = [clean.number(v) for v, _ in view.counts.values]
    good = [x for x in numbers if x is not None and x >= 0]
    if len(good) < 0.95 * len(numbers) or view.counts.distinct < 2:
        return None
    worded = re.search(r"가중|weight|wgt|wt|gewicht", view.text, re.IGNORECASE)
    if not worded and not any(x != int(x) for x in good):
        return None
    return view.column(Role.WEIGHT, Said("ingest.reason.weight", {"low": f"{min(good):g}", "high": f"{max(good):g}"}), 0.93 if worded else 0.6)


def _date(view: View) -> Column | None:
    if not (view.dated or _datelike(view)):
        return None
    guess = dates.guess(view.counts.values[:DATE_TEXTS], view.text, view.dated)
    if guess is None:
        return None
    sure = guess.certainty
    if words.DURATION.search(view.text) or (wording.measure(view.text) is not None and not view.dated):
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
        if named >= 0.9 and share >= 0.4 and counts.distinct > FEW:
            said = Said("ingest.reason.key_repeats", {"distinct": counts.distinct, "rows": counts.filled})
            return view.column(Role.RESPONDENT, said, 0.6, questions=(Said("ingest.ask.key_repeats", {"rows": counts.filled, "distinct": counts.distinct}),))
    if words.RUNNING.search(view.header.text.strip()) or view.header.unnamed:
        whole = [clean.whole(t) for t in texts]
        if share == 1.0 and counts.filled == counts.rows and None not in whole:
            return view.column(Role.IGNORE, Said("ingest.reason.running"), 0.85)
    if share >= 0.999 and counts.filled >= 20 and _fill(view) >= 0.95 and all(_idlike(t) for t in texts):
        return view.column(Role.RESPONDENT, Said("ingest.reason.key_unnamed", {"distinct": counts.distinct}), 0.55, questions=(Said("ingest.ask.key"),))
    return None


def _fill(view: View) -> float:
    return view.counts.filled / view.counts.rows if view.counts.rows else 0.0


def _idlike(text: str) -> bool:
    """One word with a digit, longer than a quantity: R_2YPOQ602, F00140, 3292879998."""
    return bool(re.fullmatch(r"(?=.*\d)[A-Za-z0-9_-]{6,40}", text)) and not re.fullmatch(r"\d+\.\d+", text)


def _tool(view: View) -> Column | None:
    """What survey tools add, and quantities that are neither answers nor groups."""
    head = view.header.text
    if words.DURATION.search(head) and _numeric(view):
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


def _numeric(view: View) -> bool:
    kept = view.counts.values
    return bool(kept) and sum(n for v, n in kept if clean.number(v) is not None) >= 0.9 * view.counts.kept


def _other_text(view: View) -> Column | None:
    """Free text behind an "other" option."""
    if words.OTHER_TEXT.search(view.header.text) and not _numeric(view) and ratings.propose(view) is None:
        return view.column(Role.COMMENT, Said("ingest.reason.other_text"), 0.8, measure=Measure.COMMENT, missing=missing.texts(view.counts.values))
    return None


def _multi(view: View) -> Column | None:
    guess = multi.guess(view.counts.values, view.text)
    if guess is None or guess.certainty < 0.5:
        return None
    codes = {option: k for k, option in enumerate(guess.options, start=1) if k <= 127}
    return view.column(Role.MULTI, guess.reason, guess.certainty, measure=Measure.MULTI, separator=guess.separator, codes=codes, missing=missing.texts(view.counts.values))


def _comment(view: View) -> Column | None:
    counts = view.counts
    if _numeric(view) or counts.filled == 0:
        return None
    texts = counts.values[:300]
    long = sum(len(v) for v, _ in texts) / len(texts)
    varied = counts.distinct / counts.filled
    told = words.COMMENT.search(view.text) is not None
    wordy = sum(1 for v, _ in texts if " " in v) / len(texts)
    if (told and (varied >= 0.5 or counts.distinct > FEW or long >= 15) and (long >= 6 or counts.distinct > 20)) or (told and counts.filled < 5 and long >= 4):
        said = Said("ingest.reason.comment_header", {"length": round(long)})
        return view.column(Role.COMMENT, said, 0.92, measure=Measure.COMMENT, missing=missing.texts(counts.values))
    if varied >= 0.5 and long >= 15 and wordy >= 0.5 and counts.filled >= 5:
        said = Said("ingest.reason.comment_text", {"length": round(long), "distinct": counts.distinct})
        return view.column(Role.COMMENT, said, 0.8 if long >= 25 else 0.65, measure=Measure.COMMENT, missing=missing.texts(counts.values))
    return None


def _special(view: View) -> Column | None:
    """The two attributes every programme knows: channel, and existing or prospective customer."""
    head = view.header.wording
    if words.CHANNEL.search(head) and 1 <= view.counts.distinct <= FEW:
        return view.column(Role.ATTRIBUTE, Said("ingest.reason.channel"), 0.9, measure=Measure.ATTRIBUTE, code=CHANNEL, codes=dict(view.labels), missing=missing.texts(view.counts.values))
    if view.counts.distinct > 8:
        return None
    gone = missing.texts(view.counts.values)
    codes, newcomers = _customers({**{v: v for v, _ in view.counts.values if v not in gone}, **view.labels})
    if codes is None or not (words.CUSTOMER.search(head) or set(codes.values()) == {"existing", "prospect"}):
        return None
    asked = (Said("ingest.ask.newcomer"),) if newcomers else ()
    return view.column(Role.ATTRIBUTE, Said("ingest.reason.customer"), 0.6 if newcomers else 0.9, measure=Measure.ATTRIBUTE, code=CUSTOMER, codes=codes, missing=gone, questions=asked)


def _customers(labels: dict[str, str]) -> tuple[dict[str, int | str] | None, bool]:
    """Raw value -> existing/prospect when every value says one of them; whether "신규" was read as prospect."""
    out: dict[str, int | str] = {}
    newcomers = False
    for raw, label in labels.items():
        if words.PROSPECT.fullmatch(label.strip()):
            out[raw] = "prospect"
        elif words.EXISTING.fullmatch(label.strip()):
            out[raw] = "existing"
        elif words.NEWCOMER.fullmatch(label.strip()):
            out[raw], newcomers = "prospect", True
        else:
            return None, False
    return (out or None), newcomers


def _attribute(view: View) -> Column | None:
    counts = view.counts
    told = words.ATTRIBUTE.search(view.header.text) is not None or words.ATTRIBUTE.search(view.header.wording) is not None
    gone = missing.texts(counts.values)
    if _numeric(view) and not view.labels:
        return _numbered(view, told, gone)
    if words.IDENT.search(view.header.text) and counts.distinct > FEW:
        return view.column(Role.IGNORE, Said("ingest.reason.ident", {"distinct": counts.distinct}), 0.7)
    if counts.distinct <= FEW and (counts.distinct <= 0.5 * counts.filled or counts.filled < 20):
        sure = 0.9 if told else 0.8 if counts.distinct <= 12 and counts.filled >= 10 else 0.65
        said = Said("ingest.reason.attribute", {"distinct": counts.distinct})
        return view.column(Role.ATTRIBUTE, said, sure, measure=Measure.ATTRIBUTE, codes=dict(view.labels), missing=gone)
    if told and counts.distinct <= MANY and counts.distinct <= 0.6 * counts.filled:
        return view.column(Role.ATTRIBUTE, Said("ingest.reason.attribute", {"distinct": counts.distinct}), 0.65, measure=Measure.ATTRIBUTE, missing=gone)
    return None


def _numbered(view: View, told: bool, gone: tuple[str, ...]) -> Column | None:
    """Numbers that are no rating: codes of categories and ages are attributes, identifiers, fractions and counts are left out."""
    counts = view.counts
    numbers = [clean.number(v) for v, _ in counts.values]
    fractions = sum(1 for x in numbers if x is not None and x != int(x))
    objection = wording.objection(view.text)
    age = re.search(r"연령|나이|\bage\b|\d_?age$", view.text, re.IGNORECASE) is not None
    if words.DAY_ONLY.search(view.header.text) and all(x is None or (x == int(x) and 1 <= x <= 31) for x in numbers) and counts.distinct > 7:
        return view.column(Role.IGNORE, Said("ingest.reason.day_only"), 0.75)
    if words.IDENT.search(view.header.text) and counts.distinct > 12 and not age:
        return view.column(Role.IGNORE, Said("ingest.reason.ident", {"distinct": counts.distinct}), 0.7)
    if fractions > 0.02 * len(numbers) or (counts.distinct > FEW and not age and not (told and counts.distinct <= 0.1 * counts.filled)):
        return view.column(Role.IGNORE, Said("ingest.reason.quantity", {"distinct": counts.distinct}), 0.7)
    if objection in ("frequency", "quantity") and not age and counts.distinct > 12:
        return view.column(Role.IGNORE, Said("ingest.reason.quantity", {"distinct": counts.distinct}), 0.7)
    if counts.distinct > 12 and not told and counts.distinct > 0.02 * counts.filled and not age:
        return view.column(Role.IGNORE, Said("ingest.reason.quantity", {"distinct": counts.distinct}), 0.55)
    said = Said("ingest.reason.attribute_codes", {"distinct": counts.distinct})
    asked = () if told or objection else (Said("ingest.ask.codes"),)
    return view.column(Role.ATTRIBUTE, said, 0.8 if told else 0.6, measure=Measure.ATTRIBUTE, missing=gone, questions=asked)


def _rest(view: View) -> Column:
    return view.column(Role.IGNORE, Said("ingest.reason.many_texts", {"distinct": view.counts.distinct}), 0.55, questions=(Said("ingest.ask.role"),))


_CHAIN: tuple[Callable[[View], Column | None], ...] = (
    _empty, _weight, _date, _key, _tool, _constant, _other_text, _multi, _special, ratings.propose, _comment, _attribute,
)
