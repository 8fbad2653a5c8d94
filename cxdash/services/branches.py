"""Which attribute says at which branch somebody was, told by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxdash.facts.question import WAVE
from cxdash.services.catalog import AttributeInfo, Catalog

_BRANCH = re.compile(r"지점|매장|점포|점명|영업점|영업소|대리점|가맹점|센터|\b(branch|store|shop|outlet|site|location)\b", re.IGNORECASE)


def branch_key(catalog: Catalog, keys: Sequence[str]) -> str | None:
    """Of the names that filters take, the one that is called like a branch; else the first attribute; None without any.

    A key counts before a wording, which may only mention branches.
    """
    mine = [(key, a) for key in keys if key != WAVE and (a := catalog.named(key)) is not None]
    for texts in (_key, _wordings):
        for key, attribute in mine:
            if any(_BRANCH.search(text) for text in texts(attribute)):
                return key
    return mine[0][0] if mine else None


def _key(attribute: AttributeInfo) -> tuple[str, ...]:
    return (attribute.key.replace("_", " "),)


def _wordings(attribute: AttributeInfo) -> tuple[str, ...]:
    return (*attribute.wording.values(), *attribute.headers)
