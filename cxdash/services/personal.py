"""What is personal: the registry that masking, handing over and erasing go by.

Personal are a customer's name and e-mail address, a respondent's key, everything written in a respondent's own words, and an attribute
whose name or values say that it identifies somebody (telephone, address, birthday … by the same rules as imports recognise it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from cxdash.ingest import personal
from cxdash.ingest.counts import Counts
from cxdash.masking import HIDDEN, masked
from cxdash.services.catalog import Catalog
from cxdash.store.keyed import Personal
from cxdash.survey.form import Form
from cxdash.terms import Measure

_NOTHING = Counts(0, 0, 0, ())


def personal_attributes(catalog: Catalog) -> frozenset[str]:
    """Keys of the programme's attributes that identify a person by their name."""
    return frozenset(key for key, _ in registry(catalog))


def registry(catalog: Catalog) -> Personal:
    """The attributes that are personal by their key, their wording or the headers they were recognised by, as the store seals them."""
    return named_as({a.key: (a.key, *a.wording.values(), *a.headers) for a in catalog.attributes})


def registry_of(form: Form) -> Personal:
    """The same of the attributes that a questionnaire asks for. Kept on the form, which is frozen: every answer asks."""
    made: Personal | None = form.__dict__.get("_registry")
    if made is None:
        names = {q.code: (q.code, *q.wording.values()) for q in form.questions if q.measure == Measure.ATTRIBUTE}
        made = form.__dict__["_registry"] = named_as(names)
    return made


def named_as(names: Mapping[str, Iterable[str]]) -> Personal:
    """names: attribute -> everything it is called."""
    found = ((key, next((kind for name in called if (kind := _named(name))), None)) for key, called in names.items())
    return tuple((key, personal.values_of(kind)) for key, kind in found if kind)


def shown_attributes(attributes: Mapping[str, str], hidden: Iterable[str]) -> dict[str, str]:
    """Attributes for somebody who may not see personal ones: hidden by name, and any value of a recognisable form."""
    names = frozenset(hidden)
    return {key: HIDDEN if key in names and value else masked(value) for key, value in attributes.items()}


def shown_answers(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers for somebody who may read comments but see nothing personal: addresses and numbers in them are hidden."""
    return {code: masked(value) if isinstance(value, str) else value for code, value in answers.items()}


def shown_key(key: str | None) -> str | None:
    """A respondent's key with its middle hidden.

    >>> [shown_key(k) for k in ("C-10293", "ab", None)]
    ['C-***3', '***', None]
    """
    return None if key is None else f"{key[:2]}{HIDDEN}{key[-1]}" if len(key) > 5 else HIDDEN


@lru_cache(maxsize=4096)
def _named(name: str) -> str | None:
    found = personal.kind(name, _NOTHING) if name else None
    return found[0] if found else None
