"""Names that Excel takes for a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from cxdash import i18n
from cxdash.export.inert import cut, units, visible

LONGEST = 31  # UTF-16 units
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_RESERVED = "history"  # Excel keeps it for itself


def sheet_names(wanted: Sequence[str], lang: str) -> list[str]:
    """The wanted names made legal and unlike each other (Excel does not tell case apart).

    >>> sheet_names(["2026/상반기", "2026:상반기", ""], "ko")
    ['2026_상반기', '2026_상반기 (2)', '시트3']
    """
    taken: set[str] = set()
    names = []
    for i, name in enumerate(wanted, 1):
        legal = " ".join(visible(name).translate(_FORBIDDEN).split()).strip("' ") or i18n.text("export.sheet", lang, number=i)
        names.append(_free(legal, taken))
        taken.add(names[-1].casefold())
    return names


def _free(name: str, taken: set[str]) -> str:
    candidate, number = cut(name, "…", LONGEST), 2
    while candidate.casefold() in taken or candidate.casefold() == _RESERVED:
        suffix = f" ({number})"
        candidate, number = cut(name, "…", LONGEST - units(suffix)) + suffix, number + 1
    return candidate
