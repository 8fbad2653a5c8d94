"""What filter keys and their values are called on screen: the programme's own words, and ours for what every programme has."""

from __future__ import annotations

from cxdash import i18n
from cxdash.facts.question import NONE, SOURCE, WAVE
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.options import Options
from cxdash.terms import Measure
from cxdash.ui import state

_OWN = {WAVE: "filter.wave", SOURCE: "filter.source"}
_SOURCES = {"import": "filter.source.import", "sms": "filter.source.sms", "email": "filter.source.email", "qr": "filter.source.qr"}
_BY_WORDING = (Measure.COMMENT, Measure.MULTI, Measure.OTHER, Measure.ATTRIBUTE)
_LONGEST = 40


def title(options: Options, key: str) -> str:
    """The attribute's name; wave and source in our words."""
    return state.say(_OWN[key]) if key in _OWN else options.title(key, state.language())


def label(options: Options, key: str, value: str | None) -> str:
    """The value's name; an absent one is said, not left blank."""
    if value is None or value == NONE:
        return state.say("filter.none")
    if key == SOURCE and value in _SOURCES:
        return state.say(_SOURCES[value])
    return options.label(key, value, state.language())


def question(catalog: Catalog, asked: QuestionInfo) -> str:
    """A short name: what is measured and at which stage; comments and choices go by their wording."""
    if asked.measure in _BY_WORDING:
        return short(state.local(asked.wording) or asked.code, _LONGEST)
    measured = i18n.text(f"common.measure.{asked.measure}", state.language())
    stage = next((state.local(s.name) for s in catalog.stages if s.code == asked.stage), "")
    return f"{stage} {measured}" if stage else measured


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most - 1] + "…"
