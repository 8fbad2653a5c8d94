"""Which rows are the header: none, one, two or three of them, wherever the table begins."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.ingest import glance
from cxdash.ingest.rowkinds import IMPORT_ID, NOTE, RESPONSE, Profile, share

MAX_HEADERS = 3
Row = tuple[str | None, ...]
Merged = tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True)
class Span:
    """Grid rows [top, bottom) are the header, answers begin at `start`; kind "none", "plain", "levels" or "import_id"."""

    top: int
    bottom: int
    start: int
    kind: str = "plain"


def find(look: Profile, merged: Merged = (), gaps: frozenset[int] = frozenset()) -> Span:
    """The header rows of a grid. `gaps`: grid rows that blank rows of the file stand before."""
    for i, row in enumerate(look.head[:8]):
        if share(row, IMPORT_ID) >= 0.5:
            return Span(max(0, i - 2), i + 1, i + 1, "import_id")
    first = _first_answer(look)
    bottom = _bottom(look, first)
    if bottom is None:
        return Span(first, first, first, "none")
    top = bottom
    while top > 0 and bottom - top + 1 < MAX_HEADERS and _upper(look, top, merged, gaps):
        top -= 1
    return Span(top, bottom + 1, bottom + 1, "plain" if top == bottom else "levels")


def _first_answer(look: Profile) -> int:
    """The first row that looks like the rows below and is not a mere fragment; the number of head rows when none does."""
    for i, signs in enumerate(look.signs):
        if signs.is_answer and signs.filled >= max(1, 0.3 * look.typical):
            return i
    return len(look.signs)


def _bottom(look: Profile, first: int) -> int | None:
    """The lowest header row above the first answer, None when there is none.

    A row that speaks for a header counts when it is broad, or when it is a narrow second line right below a broad one.
    """
    if first == 0:
        return None
    heads = [i for i in range(first) if look.signs[i].is_header and not _note(look.head[i])]
    if heads:
        widest = max(look.signs[i].filled for i in heads)
        broad = [i for i in heads if look.signs[i].filled >= 0.5 * widest]
        below = [i for i in heads if i == broad[-1] + 1 and (look.signs[i].header or _names_answers(look.head[i]))]
        return below[-1] if below else broad[-1]
    above = range(first) if first < len(look.signs) else range(max(1, len(look.signs) - 1))
    fills = [look.signs[i].filled for i in above]
    widest = max(fills)
    if widest < 0.5 * look.typical:
        return None
    return next(i for i in above if look.signs[i].filled >= 0.8 * widest)


def _upper(look: Profile, below: int, merged: Merged, gaps: frozenset[int]) -> bool:
    """Whether the row above header row `below` belongs to the header (a group line, a question line, a line of codes)."""
    above = below - 1
    row, lower = look.head[above], look.head[below]
    if below in gaps or look.signs[above].is_answer or _note(row) or look.signs[above].filled == 0:
        return False
    here, there = _filled(row) | _covered(above, merged), _filled(lower)
    used, reach = set(look.used) | there, here | there | _covered(above, merged, across=True)
    outside = here - used  # questions that nobody answered, when the row is broad; else loose text beside the table
    if (outside and len(here) < 0.5 * len(used)) or len(reach & used) < 0.9 * len(used):
        return False
    if len(here & used) >= 0.95 * len(used):
        return True  # names and wordings, both complete
    if above > 0 and above not in gaps and 2 < look.signs[above - 1].filled < len(used) and not _filled(look.head[above - 1]) <= here:
        return False  # the row above that is loose text, so this one is probably too
    if _names_answers(lower):
        return True
    if _merges(above, below, merged, len(used)):
        return len(here) >= 1
    return _spans(row, lower, used) >= 2 and len(set(map(glance.squeeze, filter(None, row)))) == len(here)


def _filled(row: Row) -> set[int]:
    return {i for i, t in enumerate(row) if t and t.strip()}


def _covered(row: int, merged: Merged, *, across: bool = False) -> set[int]:
    """Columns of this row that belong to a merged cell whose text stands in a row above (or, `across`, also to the left)."""
    return {c for r0, c0, r1, c1 in merged if r0 + (not across) <= row <= r1 for c in range(c0, c1 + 1)}


def _names_answers(row: Row) -> bool:
    """The line that a survey tool puts under its questions: options, and "Response" where there are none."""
    return any(glance.squeeze(t).lower() in RESPONSE for t in row if t)


def _note(row: Row) -> bool:
    first = next((t for t in row if t and t.strip()), "")
    return bool(NOTE.match(first)) and len(_filled(row)) <= 2


def _merges(above: int, below: int, merged: Merged, width: int) -> bool:
    """Merged cells tie the row above to the header: wide but not over the whole table, or down into the row below."""
    return any((r0 <= above <= r1) and (1 <= c1 - c0 < max(2, width - 1) or (r1 >= below and r0 == above)) for r0, c0, r1, c1 in merged)


def _spans(row: Row, lower: Row, used: set[int]) -> int:
    """How many cells of `row` stand above a run of two or more filled cells of the row below."""
    heads = sorted(_filled(row))
    ends = [*heads[1:], max(used) + 1]
    return sum(1 for a, b in zip(heads, ends, strict=True) if sum(1 for i in range(a, b) if i in _filled(lower)) >= 2)
