"""Several answers in one cell: the separator, and the options although their texts may contain it.

Google Forms writes "A, B" for the options A and B and also for the one option "A, B". Options are found as runs of pieces
that never occur apart: a piece whose every occurrence follows another directly belongs to it, unless one of the two was ever
given on its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cxdash.ingest import clean, missing
from cxdash.ingest.plan import Said

SEPARATORS = ("\n", ";", "|", ",", "/")  # the rarer within option texts first
MOST_OPTIONS = 60
OTHER = re.compile(r"기타(?:[:(].*)?|그외|other(?: ?[:(\-].*)?|something else|others?")


@dataclass(frozen=True)
class MultiGuess:
    """separator between the options of a cell; options: their texts, most frequent first."""

    separator: str
    options: tuple[str, ...]
    certainty: float
    reason: Said


def pieces(text: str, separator: str) -> list[str]:
    """The cell cut at every separator outside brackets, trimmed, empty pieces dropped.

    >>> pieces("카드(신용, 체크), 현금", ",")
    ['카드(신용, 체크)', '현금']
    """
    found, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        if sign in "([{（":
            depth += 1
        elif sign in ")]}）":
            depth = max(0, depth - 1)
        elif sign == separator and depth == 0:
            found.append(text[start:at])
            start = at + 1
    found.append(text[start:])
    if depth:  # brackets that never close protect nothing
        found = text.split(separator)
    return [piece for part in found if (piece := clean.norm(part))]


def guess(values: Sequence[tuple[str, int]], header: str) -> MultiGuess | None:
    """The separator and options of a multiple-choice column, or None when its cells hold one answer each.

    values: (cell text, count), most frequent first; `header` helps with few answers ("모두 선택", "select all").
    """
    cells = [(text, count) for text, count in values if not missing.says_nothing(text) and not clean.is_error(text)]
    if len(cells) < 2 or all(clean.number(text) is not None for text, _ in cells):
        return None
    invited = bool(re.search(r"복수|중복|모두|해당되는|all that apply|select all|multiple|check all", clean.key(header)))
    guesses = [found for separator in SEPARATORS if (found := _try(cells, separator, invited)) is not None]
    return max(guesses, key=lambda found: found.certainty, default=None)


def _try(cells: Sequence[tuple[str, int]], separator: str, invited: bool) -> MultiGuess | None:
    cut = [(parts, count) for text, count in cells if (parts := pieces(text, separator))]
    several = sum(count for parts, count in cut if len(parts) > 1)
    total = sum(count for _, count in cut)
    if several == 0 or (several < 0.02 * total and not invited):
        return None
    joined = _join(cut, f"{separator} " if separator in ",/" else separator)
    counts: dict[str, int] = {}
    for parts, count in joined:
        for part in set(parts):
            counts[part] = counts.get(part, 0) + count
    given, combos = sum(counts.values()), sum(count for parts, count in joined if len(parts) > 1)
    if combos == 0 or not _is_vocabulary(counts, joined, given, invited) or _looks_like_text(cut, separator):
        return None
    again = sum(count for count in counts.values() if count > 1) / given
    sure = 0.5 + 0.3 * again + (0.15 if invited else 0.0) + (0.05 if separator in "\n;|" else 0.0) - (0.15 if total < 10 else 0.0)
    options = tuple(sorted(counts, key=lambda option: (-counts[option], option)))
    return MultiGuess(
        separator,
        options,
        round(min(0.97, sure), 2),
        Said(
            "scale.reason.multi", {"separator": separator.replace("\n", "⏎"), "options": len(options), "share": round(100 * combos / total)}
        ),
    )


def _is_vocabulary(counts: Mapping[str, int], joined: Sequence[tuple[list[str], int]], given: int, invited: bool) -> bool:
    """Options come back in different company; the pieces of free texts do not."""
    if len(counts) > max(MOST_OPTIONS, 0) and sum(sorted(counts.values(), reverse=True)[:MOST_OPTIONS]) < 0.8 * given:
        return False
    repeated = sum(count for count in counts.values() if count > 1)
    widths = {len(parts) for parts, _ in joined}
    fixed = len(widths) == 1 and len(counts) > 6 and not invited  # "city, country" in every cell
    company = {option: set() for option in counts}  # type: dict[str, set[tuple[str, ...]]]
    for parts, _ in joined:
        for part in parts:
            company[part].add(tuple(parts))
    mixed = sum(len(seen) > 1 for seen in company.values())
    return repeated >= (0.3 if invited else 0.7) * given and mixed >= (1 if invited else 2) and not fixed


def _looks_like_text(cut: Sequence[tuple[list[str], int]], separator: str) -> bool:
    """Dates, fractions and prose are cut by "/" and "," as well."""
    parts = [part for row, _ in cut for part in row]
    if separator == "/" and sum(part.isdigit() for part in parts) > 0.5 * len(parts):
        return True
    return sum(len(part) for part in parts) > 60 * len(parts)


def _join(cut: Sequence[tuple[list[str], int]], glue: str) -> list[tuple[list[str], int]]:
    """Pieces that only occur together, in order, put back into one option; repeated, as an option may contain several separators."""
    rows = [(list(parts), count) for parts, count in cut]
    for _ in range(8):
        bound = _bound(rows)
        if not bound:
            return rows
        rows = [(_merge(parts, bound, glue), count) for parts, count in rows]
    return rows


def _bound(rows: Sequence[tuple[list[str], int]]) -> set[tuple[str, str]]:
    """Pairs (a, b) to be joined: b only ever follows a, every a is followed by such a b, neither was given alone."""
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    seen: dict[str, int] = {}
    alone = {parts[0] for parts, _ in rows if len(parts) == 1}
    total = sum(count for _, count in rows)
    for parts, count in rows:
        for i, part in enumerate(parts):
            seen[part] = seen.get(part, 0) + count
            before.setdefault(part, set()).add(parts[i - 1] if i else "")
            after.setdefault(part, set()).add(parts[i + 1] if i + 1 < len(parts) else "")
    follows = {
        part: next(iter(previous)) for part, previous in before.items() if len(previous) == 1 and "" not in previous and part not in alone
    }
    pairs = {(a, b) for b, a in follows.items() if a not in alone and all(follows.get(next_) == a for next_ in after[a])}
    least = 2 if total < 50 else 1  # in a small file two options met once may be two options; in a large one it is somebody's own words
    return {(a, b) for a, b in pairs if seen[b] >= least and not (clean.number(a) is not None and clean.number(b) is not None)}


def _merge(parts: list[str], bound: set[tuple[str, str]], glue: str) -> list[str]:
    out: list[str] = []
    last = ""
    for part in parts:
        if out and (last, part) in bound:
            out[-1] += glue + part
            last = ""  # longer runs are joined in the next round
        else:
            out.append(part)
            last = part
    return out


@lru_cache(maxsize=64)
def _table(options: tuple[str, ...], separator: str) -> tuple[dict[tuple[str, ...], int], int]:
    table = {tuple(clean.key(piece) for piece in pieces(option, separator)): i for i, option in enumerate(options)}
    return table, max((len(run) for run in table), default=1)


def split(text: str, separator: str, options: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """Indices of the options in a cell and the texts that are no option (each run of unknown pieces is one text).

    >>> split("주문, 결제, 현금, 몰라서", ",", ("주문, 결제", "현금"))
    ([0, 1], ['몰라서'])
    """
    table, longest = _table(options, separator)
    parts = pieces(text, separator)
    words = [clean.key(part) for part in parts]
    found: list[int] = []
    odd: list[str] = []
    at, open_ = 0, False
    while at < len(parts):
        size = next((size for size in range(min(longest, len(parts) - at), 0, -1) if tuple(words[at : at + size]) in table), 0)
        if size:
            found.append(table[tuple(words[at : at + size])])
            open_ = False
        elif open_:
            odd[-1] += f"{separator} {parts[at]}"
        else:
            odd.append(parts[at])
            open_ = True
        at += max(1, size)
    return list(dict.fromkeys(found)), odd


def other(options: Sequence[str]) -> int | None:
    """The index of the option "other", if there is one: free texts are counted there."""
    return next((i for i, option in enumerate(options) if OTHER.fullmatch(clean.key(option))), None)
