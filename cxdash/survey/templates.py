"""Journeys to start from (texts/journeys.json): CEM's nine stages, CSM's four, a store visit, an online shop, a hotel stay, or nothing.

In the file a touchpoint is [code, Korean name, English name, domain, initiative, factors] and a factor [code, Korean name, English name].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cxdash.errors import NotFound
from cxdash.survey import bank
from cxdash.survey.form import Form, FormFactor, FormSettings, FormStage, FormTouchpoint, Texts


def names() -> Mapping[str, Texts]:
    """Key -> name of every template, in the order to offer them.

    >>> list(names())
    ['cem', 'csm', 'store', 'online', 'hotel', 'blank']
    """
    return {key: dict(entry["name"]) for key, entry in _journeys().items()}


def journey(key: str) -> tuple[FormStage, ...]:
    """The stages of a template. NotFound lists the templates."""
    return tuple(_stage(entry) for entry in _entry(key)["stages"])


def start(key: str, title: Texts | None = None) -> Form:
    """A questionnaire to begin with: the journey, the bank's questions about it, and words of welcome, consent and thanks."""
    words = bank.texts()["form"]
    form = Form(
        title=dict(title or words["title"]),
        stages=journey(key),
        intro=dict(words["intro"]),
        thanks=dict(words["thanks"]),
        consent=dict(words["consent"]),
        settings=FormSettings(customer=_entry(key).get("customer", True)),
    )
    return bank.propose(form)


@lru_cache(maxsize=1)
def _journeys() -> dict[str, Any]:
    return json.loads((bank.FOLDER / "journeys.json").read_text(encoding="utf-8"))


def _entry(key: str) -> dict[str, Any]:
    if key not in _journeys():
        raise NotFound("form.template.unknown", name=key, known=", ".join(_journeys()))
    return _journeys()[key]


def _stage(entry: Mapping[str, Any]) -> FormStage:
    touchpoints = tuple(
        FormTouchpoint(code, {"ko": ko, "en": en}, domain, initiative, tuple(FormFactor(c, {"ko": k, "en": e}) for c, k, e in factors))
        for code, ko, en, domain, initiative, factors in entry["touchpoints"]
    )
    return FormStage(
        entry["code"],
        {"ko": entry["ko"], "en": entry["en"]},
        audience=entry.get("audience", "all"),
        gate=entry.get("gate", False),
        touchpoints=touchpoints,
    )
