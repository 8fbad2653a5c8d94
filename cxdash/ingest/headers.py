"""The header rows become one header per column, with the question and the option that they are made of.

A cell of an upper row belongs to the columns that its merged range covers; where a file knows no merged cells (CSV), it
reaches over the blank cells to its right as long as the row below is filled. Option texts are also found in one-row
headers, where survey tools write them behind the question: "질문 [항목]", "Question - Option", "질문_0".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from cxdash.ingest import glance
from cxdash.ingest.plan import Grid
from cxdash.ingest.rowkinds import RESPONSE
from cxdash.ingest.span import Span

GROUP_MAX = 24  # an upper header cell longer than this is a question, not the name of a stage
JOIN = " / "

_BRACKET = re.compile(r"^(?P<stem>.*\S)\s*\[(?P<item>[^\[\]]+)\]$")
_PAREN = re.compile(r"^(?P<stem>.*\S)\s*\((?P<item>[^()]+)\)$")
_SUBCODE = re.compile(r"^([A-Za-z]\w*)\[\w+\](?=\.?\s)")  # LimeSurvey: "G02Q02[SQ001]. question [item]"
_DASH = re.compile(r"^(?P<stem>.*\S)\s+[-–—:]\s+(?P<item>\S.*)$")
_NUMBERED = re.compile(r"^(?P<stem>.*\S)_(?P<item>\d{1,3})$")
_WORDED = re.compile(r"^(?P<stem>[^_]*[^_\s]+)_(?P<item>[^_]+)$")
_LETTERED = re.compile(r"^(?P<stem>[A-Za-z]+\d+[A-Za-z]?)(?:[.:-]|[rRmMoO])(?P<item>\d{1,3})$")
_ENDING = re.compile(r"^(?P<stem>.*(?:\d[^\d]*[A-Za-z]|[A-Za-z]{5}|[가-힣]{2}))(?P<item>\d{1,2})$")
_STEMS = (_BRACKET, _PAREN, _DASH, _NUMBERED, _LETTERED, _WORDED, _ENDING)


@dataclass(frozen=True)
class Header:
    """One column's header. `question`/`option` are set for columns of one block (`block` = its stem, shared by its columns)."""

    index: int
    text: str
    parts: tuple[str, ...]
    wording: str
    occurrence: int = 1
    group: str | None = None
    block: str | None = None
    question: str = ""
    option: str = ""
    unnamed: bool = False
    padded: bool = False  # blanks around the text in the file


def build(grid: Grid, rows: list[tuple[str | None, ...]], span: Span, columns: list[int]) -> list[Header]:
    """Headers of `columns`, from the header `rows` of the grid (top to bottom; empty for a file without a header)."""
    if span.kind == "import_id":
        rows = rows[:-1]
    spread = [_spread(row, rows[k + 1] if k + 1 < len(rows) else None, grid.merged, span.top + k) for k, row in enumerate(rows)]
    codes = _codes_and_wordings(rows, columns) or span.kind == "import_id"
    out = [_header(grid, i, rows, spread, codes=codes) for i in columns]
    return _occurrences(_blocks(out))


def _spread(row: tuple[str | None, ...], below: tuple[str | None, ...] | None, merged: tuple, number: int) -> list[tuple[int, str]]:
    """Per column of a header row the cell that it belongs to: (column of that cell, its text)."""
    ranges = [(c0, c1) for r0, c0, r1, c1 in merged if r0 == number and c1 > c0]
    out: list[tuple[int, str]] = []
    for i, text in enumerate(row):
        own = glance.squeeze(text)
        cover = next((c0 for c0, c1 in ranges if c0 <= i <= c1), None)
        if own:
            out.append((i, own))
        elif cover is not None:
            out.append((cover, glance.squeeze(row[cover])))
        elif below is not None and not ranges and out and out[-1][1] and glance.squeeze(below[i]):
            out.append(out[-1])
        else:
            out.append((i, ""))
    return out


def _header(grid: Grid, index: int, rows: list[tuple[str | None, ...]], spread: list[list[tuple[int, str]]], *, codes: bool) -> Header:
    parts: list[str] = []
    for line in spread:
        text = line[index][1]
        if text and (not parts or parts[-1] != text):
            parts.append(text)
    text = JOIN.join(parts) or glance.letter(index + grid.first_column - 1)
    raw = next((row[index] for row in reversed(rows) if row[index]), "") or ""
    told = [p for p in parts if p.lower() not in RESPONSE] or parts
    wording = glance.squeeze(grid.wordings.get(index)) or (told[-1] if codes and told else " – ".join(told))
    head = Header(index, text, tuple(parts), wording or text, unnamed=not parts, padded=raw != raw.strip(" \t\u00a0\u3000"))
    if codes or len(spread) < 2:
        return head
    source, upper = spread[0][index]
    shared = sum(1 for s, t in spread[0] if s == source and t) > 1
    if not shared:
        return head
    group = upper if len(upper) <= GROUP_MAX and not upper.endswith("?") else None
    return replace(head, group=group, block=f"{source}:{upper}", question=upper, option=JOIN.join(parts[1:]) or upper)


def _codes_and_wordings(rows: list[tuple[str | None, ...]], columns: list[int]) -> bool:
    """Two complete rows, the upper one of short names that never repeat: variable names over question texts."""
    if len(rows) != 2 or any(not glance.squeeze(row[i]) for row in rows for i in columns):
        return False
    names = [glance.squeeze(rows[0][i]) for i in columns]
    return len(set(names)) == len(names) and all(len(n) <= 24 and " " not in n for n in names)


def _blocks(headers: list[Header]) -> list[Header]:
    """Neighbours in a one-row header that share a stem become a block."""
    out = list(headers)
    for pattern in _STEMS:
        for run in _runs(out, pattern):
            for at, stem, item in run:
                out[at] = replace(out[at], block=stem, question=stem, option=item)
    return out


def _runs(headers: list[Header], pattern: re.Pattern[str]) -> list[list[tuple[int, str, str]]]:
    runs: list[list[tuple[int, str, str]]] = []
    for at, head in enumerate(headers):
        text = head.wording if pattern is _DASH else head.parts[0] if len(head.parts) > 1 else head.text
        found = None if head.block or head.unnamed else pattern.match(_SUBCODE.sub(r"\1", text))
        if not found:
            runs.append([])
        elif runs and runs[-1] and runs[-1][-1][1] == found["stem"]:
            runs[-1].append((at, found["stem"], found["item"]))
        else:
            runs.append([(at, found["stem"], found["item"])])
    return [r for r in runs if len(r) >= 2 and len({item for _, _, item in r}) == len(r)]


def _occurrences(headers: list[Header]) -> list[Header]:
    seen: Counter[str] = Counter()
    out = []
    for head in headers:
        key = head.text.casefold()
        seen[key] += 1
        out.append(replace(head, occurrence=seen[key]))
    return out
