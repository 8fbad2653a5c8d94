"""Columns that group respondents: the channel, the customer type, categories in words and in codes."""

from __future__ import annotations

import re

from cxdash.ingest import clean, missing, wording
from cxdash.ingest import lexicon_attributes as lexicon
from cxdash.ingest import lexicon_roles as words
from cxdash.ingest.plan import Column, Said
from cxdash.ingest.view import View
from cxdash.terms import CHANNEL, CUSTOMER, Measure, Role

FEW = 60  # distinct texts an attribute may have whatever the number of rows
MANY = 2000  # distinct texts of an attribute that its header names (branches, cities)


def numeric(view: View) -> bool:
    """Nine tenths of the answers are numbers."""
    kept = view.counts.values
    return bool(kept) and sum(n for v, n in kept if clean.number(v) is not None) >= 0.9 * view.counts.kept


def special(view: View) -> Column | None:
    """The two attributes every programme knows: channel, and existing or prospective customer."""
    head = view.header.wording
    if lexicon.CHANNEL.search(head) and 1 <= view.counts.distinct <= FEW:
        return view.column(
            Role.ATTRIBUTE,
            Said("ingest.reason.channel"),
            0.9,
            measure=Measure.ATTRIBUTE,
            code=CHANNEL,
            codes=dict(view.labels),
            missing=missing.texts(view.counts.values),
        )
    if view.counts.distinct > 8:
        return None
    gone = missing.texts(view.counts.values)
    codes, newcomers = _customers({**{v: v for v, _ in view.counts.values if v not in gone}, **view.labels})
    if codes is None or not (lexicon.CUSTOMER.search(head) or set(codes.values()) == {"existing", "prospect"}):
        return None
    asked = (Said("ingest.ask.newcomer"),) if newcomers else ()
    return view.column(
        Role.ATTRIBUTE,
        Said("ingest.reason.customer"),
        0.6 if newcomers else 0.9,
        measure=Measure.ATTRIBUTE,
        code=CUSTOMER,
        codes=codes,
        missing=gone,
        questions=asked,
    )


def _customers(labels: dict[str, str]) -> tuple[dict[str, int | str] | None, bool]:
    """Raw value -> existing/prospect when every value says one of them; whether "신규" was read as prospect."""
    out: dict[str, int | str] = {}
    newcomers = False
    for raw, label in labels.items():
        if lexicon.PROSPECT.fullmatch(label.strip()):
            out[raw] = "prospect"
        elif lexicon.EXISTING.fullmatch(label.strip()):
            out[raw] = "existing"
        elif lexicon.NEWCOMER.fullmatch(label.strip()):
            out[raw], newcomers = "prospect", True
        else:
            return None, False
    return (out or None), newcomers


def category(view: View) -> Column | None:
    counts = view.counts
    told = lexicon.ATTRIBUTE.search(view.header.text) is not None or lexicon.ATTRIBUTE.search(view.header.wording) is not None
    gone = missing.texts(counts.values)
    if numeric(view) and not view.labels:
        return _numbered(view, told, gone)
    if words.IDENT.search(view.header.text) and counts.distinct > FEW:
        return view.column(Role.IGNORE, Said("ingest.reason.ident", {"distinct": counts.distinct}), 0.7)
    if counts.distinct <= FEW and (counts.distinct <= 0.5 * counts.filled or counts.filled < 20):
        sure = 0.9 if told else 0.8 if counts.distinct <= 12 and counts.filled >= 10 else 0.65
        said = Said("ingest.reason.attribute", {"distinct": counts.distinct})
        return view.column(Role.ATTRIBUTE, said, sure, measure=Measure.ATTRIBUTE, codes=dict(view.labels), missing=gone)
    if told and counts.distinct <= MANY and counts.distinct <= 0.6 * counts.filled:
        return view.column(
            Role.ATTRIBUTE, Said("ingest.reason.attribute", {"distinct": counts.distinct}), 0.65, measure=Measure.ATTRIBUTE, missing=gone
        )
    return None


def _numbered(view: View, told: bool, gone: tuple[str, ...]) -> Column | None:
    """Numbers that are no rating: codes of categories and ages are attributes, identifiers, fractions and counts are left out."""
    counts = view.counts
    numbers = [clean.number(v) for v, _ in counts.values]
    fractions = sum(1 for x in numbers if x is not None and x % 1 != 0)
    objection = wording.objection(view.text)
    age = re.search(r"연령|나이|\bage\b|\d_?age$", view.text, re.IGNORECASE) is not None
    if words.DAY_ONLY.search(view.header.text) and all(x is None or (x % 1 == 0 and 1 <= x <= 31) for x in numbers) and counts.distinct > 7:
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
