"""What can be chosen in the filter bar: every attribute of a programme with its values, waves, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cxdash.facts.question import NONE, SOURCE, STAGE, TOUCHPOINT, WAVE, Facts, Filter, attribute_name
from cxdash.masking import masked
from cxdash.services.catalog import AttributeInfo, Catalog, natural
from cxdash.store.keyed import looks_sealed

TITLE_MAX = 20  # characters of a wording that fits a list
MOST_VALUES = 300  # an attribute with more is not offered as a filter: it identifies rather than groups


@dataclass(frozen=True)
class Options:
    """values: filter key -> its values in order. too_many: attributes with more values than a list can show."""

    catalog: Catalog
    values: Mapping[str, tuple[str, ...]]
    too_many: tuple[str, ...]
    dated: bool
    weights: bool

    def title(self, key: str, lang: str) -> str:
        """What the key is called on screen: its wording, or the shorter key where the wording is a whole sentence."""
        attribute = self._attribute(key)
        wording = _text(attribute.wording, lang) if attribute else ""
        return key if not wording or len(key) < len(wording) > TITLE_MAX else wording

    def label(self, key: str, value: str | None, lang: str) -> str:
        """What a value is called on screen; the value itself where it has no label."""
        if value is None or value == NONE:
            return "–"
        if key == WAVE:
            wave = next((w for w in self.catalog.waves if w.code == value), None)
            return _text(wave.name, lang) or value if wave else value
        if key == STAGE:
            return next((_text(s.name, lang) for s in self.catalog.stages if s.code == value), "") or value
        if key == TOUCHPOINT:
            return next((_text(t.name, lang) for t in self.catalog.touchpoints if t.key == value), "") or value
        attribute = self._attribute(key)
        if attribute is None:
            return value
        return attribute.labels.get(lang, {}).get(value) or value

    def _attribute(self, key: str) -> AttributeInfo | None:
        own = key in (WAVE, SOURCE, STAGE, TOUCHPOINT)
        return self.catalog.named(key) or next((a for a in self.catalog.attributes if a.key == key and not own), None)


def _text(texts: Mapping[str, str], lang: str) -> str:
    return texts.get(lang) or next((t for t in texts.values() if t), "")


def options_of(facts: Facts, catalog: Catalog, *, dated: bool, weights: bool) -> Options:
    """The values that occur in the responses of the whole programme, so that a filter can always be changed again."""
    printed = {WAVE: [w.code for w in catalog.waves], SOURCE: []}
    found = {catalog.name_of(a): _values(facts, attribute_name(a.key), list(next(iter(a.labels.values()), {}))) for a in catalog.attributes}
    found |= {key: _values(facts, key, order) for key, order in printed.items()}
    found |= {STAGE: tuple(s.code for s in catalog.stages if catalog.stage_questions(s.code)),
              TOUCHPOINT: tuple(t.key for t in catalog.touchpoints if catalog.touchpoint_questions(t.key))}
    return Options(catalog, {k: v for k, v in found.items() if len(v) <= MOST_VALUES},
                   tuple(k for k, v in found.items() if len(v) > MOST_VALUES), dated, weights)


def _values(facts: Facts, name: str, printed: list[str]) -> tuple[str, ...]:
    """Those that occur: in the order of `printed` where it has them, the others in natural order behind."""
    present = facts.count(Filter(), [name])[name].cast(pl.Utf8).to_list()
    texts = {v for v in present if v is not None and masked(v) == v and not looks_sealed(v)}  # nobody's address or number is offered
    ordered = [v for v in printed if v in texts] + sorted(texts - set(printed), key=natural)
    return (*ordered, *((NONE,) if None in present else ()))
