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
from cxdash.services.catalog import AttributeInfo, Catalog

_NOTHING = Counts(0, 0, 0, ())


def personal_attributes(catalog: Catalog) -> frozenset[str]:
    """Keys of the programme's attributes that identify a person by their name."""
    return frozenset(a.key for a in catalog.attributes if is_personal(a))


def is_personal(attribute: AttributeInfo) -> bool:
    """Whether an attribute is personal by its key, its wording or the headers it was recognised by."""
    return any(_named(name) for name in (attribute.key, *attribute.wording.values(), *attribute.headers))


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
def _named(name: str) -> bool:
    return bool(name) and personal.kind(name, _NOTHING) is not None
