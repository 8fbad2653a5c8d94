"""Multiple-choice questions that a tool spread over several columns.

Two forms. *Options*: one column per option, marked or not (0/1, the option text or blank, Yes/No). *Slots*: one column per
chosen option in order ("질문_0", "질문_1", "1순위"), so that no option comes twice in one row. A block whose rows hold every
number from 1 to the number of columns once is a ranking, not a choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import polars as pl

from cxdash.ingest.counts import Counts
from cxdash.ingest.headers import Header
from cxdash.ingest.plan import Said
from cxdash.terms import RATING_MAX

ROWS = 20_000  # rows looked at to see whether options repeat within a row
_MARKS = frozenset(
    {
        "1",
        "o",
        "○",
        "●",
        "v",
        "✓",
        "✔",
        "☑",
        "x",
        "y",
        "yes",
        "true",
        "예",
        "네",
        "선택",
        "선택함",
        "해당",
        "있음",
        "selected",
        "checked",
        "on",
        "quoted",
    }
)
_UNMARKED = frozenset(
    {
        "0",
        "n",
        "no",
        "false",
        "아니오",
        "아니요",
        "미선택",
        "선택안함",
        "선택 안 함",
        "해당없음",
        "비해당",
        "없음",
        "not selected",
        "unselected",
        "unchecked",
        "not checked",
        "off",
        "not quoted",
        "n/a",
    }
)
_SLOT = re.compile(
    r"\d{1,2}|\d{1,2}\s*순위|\d{1,2}\s*(번째|위)|(첫|두|세|네)\s*번째|(1st|2nd|3rd|4th|5th|first|second|third)(\s*(choice|mention))?",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s_\-.]*(\(?\s*\d{1,2}\s*순위\s*\)?)$")


@dataclass(frozen=True)
class Part:
    """One column of a multiple-choice block; `question` heads the block, `first` is its first column."""

    kind: str  # "options", "slots" or "ranking"
    first: int
    question: str
    option: str = ""
    codes: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    reason: Said | None = None
    certainty: float = 0.9


def find(headers: list[Header], counts: Mapping[int, Counts], rows: pl.DataFrame) -> dict[int, Part]:
    """The parts of all multiple-choice blocks, by grid column."""
    out: dict[int, Part] = {}
    for run in _runs(headers):
        out.update(_ranking(run, counts, rows) or _options(run, counts) or _slots(run, counts, rows))
    for run in _untitled([h for h in headers if h.index not in out], counts):
        out.update(_options(run, counts, titled=False))
    return out


def _runs(headers: list[Header]) -> list[list[Header]]:
    """Neighbouring columns of one block."""
    named = [(h.block or _ranked_stem(h), h) for h in headers]
    return [
        [h for _, h in run] for key, run in ((k, list(g)) for k, g in groupby(named, key=lambda pair: pair[0])) if key and len(run) >= 2
    ]


def _ranked_stem(header: Header) -> str | None:
    """ "불만 사항 (1순위)", "불만 사항 2순위" share a stem that the general rules do not see."""
    found = _TAIL.search(header.text)
    return header.text[: found.start()] if found and found.start() else None


def _untitled(headers: list[Header], counts: Mapping[int, Counts]) -> list[list[Header]]:
    """Neighbouring columns headed by the very text that marks them: an option block whose question the tool left out."""
    flags = [(_echo(h, counts[h.index]), h) for h in headers if not h.block]
    return [
        [h for _, h in run]
        for key, run in ((k, list(g)) for k, g in groupby(flags, key=lambda pair: pair[0]))
        if key and len(run) >= 2 and _adjacent([h for _, h in run])
    ]


def _adjacent(run: list[Header]) -> bool:
    return run[-1].index - run[0].index == len(run) - 1


def _echo(header: Header, counts: Counts) -> bool:
    return counts.distinct == 1 and counts.values[0][0].casefold() == header.text.casefold()


def _options(run: list[Header], counts: Mapping[int, Counts], *, titled: bool = True) -> dict[int, Part]:
    marks = [_mark(h, counts[h.index]) for h in run]
    while marks and marks[-1] is None:  # a free text for "other" may close the block
        marks.pop()
        run = run[: len(marks)]
    if len(run) < 2 or any(m is None for m in marks) or sum(1 for h in run if counts[h.index].filled) < 2:
        return {}
    if titled and _yes_no_items(run, marks, counts):
        return {}
    numbers = _numbers(run, [m[0] for m in marks if m])
    question = run[0].question if titled else ""
    out = {}
    for head, mark, k in zip(run, marks, numbers, strict=True):
        chosen, unmarked = mark or ((), ())
        codes = dict.fromkeys(chosen or ("1",), k)
        option = head.option or head.text
        said = Said("ingest.reason.multi_options", {"options": len(run), "option": option})
        out[head.index] = Part("options", run[0].index, question, option, codes, unmarked, said, 0.92 if titled else 0.8)
    return out


def _yes_no_items(run: list[Header], marks: list, counts: Mapping[int, Counts]) -> bool:
    """Items answered yes or no in full ("have you used …?") say as much as a choice, but one "yes" per row at most is no list."""
    worded = [m for m in marks if m and any(t.casefold() in ("yes", "y", "예", "네") for t in m[0])]
    return len(worded) == len(run) and any(h.option.endswith("?") for h in run)


def _numbers(run: list[Header], marks: list[tuple[str, ...]]) -> list[int]:
    """Option numbers: those in the headers, or those that mark the options, when they are different and small, else 1, 2, 3 …"""
    for texts in ([h.option for h in run], [m[0] if m else "" for m in marks]):
        told = [int(t) if t.isdigit() else -1 for t in texts]
        if len(set(told)) == len(told) and all(0 < t <= RATING_MAX for t in told):
            return told
    return list(range(1, len(run) + 1))


def _mark(header: Header, counts: Counts) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """(texts that mark the option, texts that do not), empty for an empty column; None when this is no option column."""
    if not counts.filled:
        return (), ()
    if counts.distinct > 3:
        return None
    marked = tuple(v for v, _ in counts.values if v.casefold() in _MARKS or _same(v, header))
    rest = tuple(v for v, _ in counts.values if v not in marked)
    if (
        counts.distinct == 1
        and not marked
        and (rest[0] == header.option or (rest[0].isdigit() and 0 < int(rest[0]) <= RATING_MAX and header.block))
    ):
        return rest, ()
    if any(v.casefold() not in _UNMARKED for v in rest):
        return None
    return (marked, rest) if len(marked) <= 1 else None


def _same(value: str, header: Header) -> bool:
    own = value.casefold()
    return len(own) > 1 and not own.isdigit() and own in (header.option.casefold(), header.text.casefold(), header.wording.casefold())


def _slots(run: list[Header], counts: Mapping[int, Counts], rows: pl.DataFrame) -> dict[int, Part]:
    items = [h.option or (_TAIL.search(h.text) or [""])[0] for h in run]
    if not all(_SLOT.fullmatch(i.strip(" _-()[]")) for i in items):
        return {}
    if any(not counts[h.index].complete or counts[h.index].distinct > 100 for h in run) or counts[run[0].index].distinct < 2:
        return {}
    both, same = _repeats(run, rows)
    if both < 10 or same > 0.02 * both:
        return {}
    options = _slot_codes(run, counts)
    question = run[0].question or _ranked_stem(run[0]) or run[0].text
    said = Said("ingest.reason.multi_slots", {"columns": len(run), "options": len(set(options.values()))})
    return {h.index: Part("slots", run[0].index, question, "", options, (), said, 0.88) for h in run}


def _repeats(run: list[Header], rows: pl.DataFrame) -> tuple[int, int]:
    """Rows in which the first two columns are both filled, and those of them with the same answer."""
    a, b = (pl.col(str(h.index)) for h in run[:2])
    part = rows.head(ROWS).select(both=(a.is_not_null() & b.is_not_null()).sum(), same=(a == b).sum())
    return int(part["both"][0]), int(part["same"][0])


def _slot_codes(run: list[Header], counts: Mapping[int, Counts]) -> dict[str, int]:
    total: dict[str, int] = {}
    for head in run:
        for value, n in counts[head.index].values:
            total[value] = total.get(value, 0) + n
    if all(v.isdigit() and int(v) <= 999 for v in total):
        return {v: int(v) for v in sorted(total, key=int)}
    ranked = sorted(total, key=lambda v: (-total[v], v))
    return {v: k for k, v in enumerate(ranked[:RATING_MAX], start=1)}


def _ranking(run: list[Header], counts: Mapping[int, Counts], rows: pl.DataFrame) -> dict[int, Part]:
    """A block of k >= 3 columns whose complete rows hold 1..k once each."""
    k = len(run)
    want = {str(i) for i in range(1, k + 1)}
    if k < 3 or any({v for v, _ in counts[h.index].values} - want or counts[h.index].distinct < 2 for h in run):
        return {}
    part = rows.head(ROWS).select(pl.col(str(h.index)).str.strip_chars().cast(pl.Int16, strict=False) for h in run).drop_nulls()
    if part.height < 5:
        return {}
    right = sum(1 for row in part.head(500).iter_rows() if len(set(row)) == k)
    if right < 0.9 * min(500, part.height):
        return {}
    said = Said("ingest.reason.ranking", {"columns": k})
    return {h.index: Part("ranking", run[0].index, run[0].question, h.option, {}, (), said, 0.85) for h in run}
