"""Header or answer? Each of the first rows is weighed against what its columns hold further down.

A text over a column of numbers or dates speaks strongly for a header; a cell that is like the column below, or a
word that comes again below, speaks for an answer. Nothing depends on a language or a survey tool, except the marks
by which two tools write their extra header rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from cxdash.ingest import glance
from cxdash.ingest.glance import Body

IMPORT_ID = re.compile(r"""^\{\s*['"]ImportId['"]""")
RESPONSE = frozenset(
    [
        "response",
        "open-ended response",
        "other (please specify)",
        "응답",
        "답변",
        "주관식 응답",
        "주관식 답변",
        "개방형 응답",
        "기타(구체적으로 명시)",
        "기타 (구체적으로 명시)",
        "기타 (직접 입력)",
        "회답",
        "réponse",
        "antwort",
        "respuesta",
    ]
)
NOTE = re.compile(
    r"^\s*([※*★▶■□●○◆◇☞#]|주\s*[):.]|주\d|출처|자료\s*[:：]|비고\s*[:：]|참고\s*[:：]|note|source|\(단위|단위\s*[:：]|base\s*[:：])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class RowSigns:
    """How many cells of a row speak for a header and for an answer, strongly or weakly; `filled` counts its cells."""

    filled: int
    header: int
    answer: int
    weak_header: int
    weak_answer: int

    @property
    def is_header(self) -> bool:
        if self.header or self.answer:
            return self.header >= 2 * self.answer and self.header > 0
        return self.weak_header > self.weak_answer

    @property
    def is_answer(self) -> bool:
        if self.header or self.answer:
            return self.answer > self.header
        return self.weak_answer > self.weak_header


@dataclass(frozen=True)
class Profile:
    """The first rows of a grid, with the signs of those above and at the first answers; `typical` is how many cells a usual row fills."""

    head: list[tuple[str | None, ...]]
    bodies: list[Body]
    signs: list[RowSigns]
    typical: int
    used: list[int]  # columns that hold anything in the sampled rows


def profile(frame: pl.DataFrame) -> Profile:
    start = min(15, frame.height // 2)
    picks, rows = glance.sample(frame, start)
    columns = glance.by_column(rows)
    bodies = [glance.body_of(c) for c in columns]
    fills = sorted(sum(1 for c in columns if (c[i] or "").strip()) for i in range(len(picks)))
    head = list(frame.head(glance.HEAD_ROWS).iter_rows())
    inside = set(picks)
    signs = _until_answers(head, bodies, inside)
    used = [i for i, b in enumerate(bodies) if b.filled]
    return Profile(head, bodies, signs, fills[len(fills) // 2] if fills else 0, used)


def _until_answers(head: list[tuple[str | None, ...]], bodies: list[Body], inside: set[int]) -> list[RowSigns]:
    """The signs of the first rows, up to the second row that is clearly one of answers."""
    out: list[RowSigns] = []
    answers = 0
    for i, row in enumerate(head):
        out.append(_signs(row, bodies, itself=i in inside))
        answers += out[-1].is_answer and out[-1].filled >= 0.5 * len(bodies)
        if answers == 2:
            break
    return out


def _signs(row: tuple[str | None, ...], bodies: list[Body], *, itself: bool) -> RowSigns:
    counted = _numbered(row, bodies)
    tally = {"header": 0, "answer": 0, "weak_header": 0, "weak_answer": 0, "": 0}
    filled = 0
    for i, text in enumerate(row):
        if text is None or not text.strip():
            continue
        filled += 1
        tally["header" if i in counted else _sign(text, bodies[i], itself)] += 1
    return RowSigns(filled, tally["header"], tally["answer"], tally["weak_header"], tally["weak_answer"])


def _sign(text: str, body: Body, itself: bool) -> str:
    """What one cell says, given its column further down; `itself` = the row is one of the sampled ones."""
    seen = body.counts[glance.squeeze(text)] - (1 if itself else 0)
    shape = glance.kind(text)
    if body.typed is None or (body.filled == 1 and itself and shape == "text"):
        return ""
    if body.typed == "text":
        if len(body.counts) == 1 and not itself:
            return ""  # a column of one option, marked or blank, may be headed by that option
        if shape != "text" and seen <= 0:
            return ""
        if seen > 0:
            return "" if _rare(seen, body) else "answer" if body.repeats else "weak_answer"
        return "weak_header" if body.repeats else ""
    if shape == "text":
        return "header" if seen <= 0 or _rare(seen, body) else "weak_answer"
    if shape == body.typed:
        return "" if body.repeats and body.typed == "number" and seen <= 0 else "answer"
    return "header" if shape == "date" else "weak_header"


def _rare(seen: int, body: Body) -> bool:
    """So seldom that it may be the header repeated further down."""
    return seen <= 0.03 * body.filled


def _numbered(row: tuple[str | None, ...], bodies: list[Body]) -> set[int]:
    """Columns headed by 1, 2, 3 … over numbers: five in a row are item numbers, not answers that happen to count up."""
    out: set[int] = set()
    if sum(1 for t in row if t and len(t) < 4 and t.strip().isdigit()) < 5:
        return out
    run: list[int] = []
    previous = None
    for i, text in enumerate(row):
        value = glance.number(text) if bodies[i].typed == "number" else None
        if value is not None and previous is not None and value == previous + 1:
            run.append(i)
        else:
            run = [i] if value is not None else []
        previous = value
        if len(run) >= 5:
            out.update(run)
    return out


def share(row: tuple[str | None, ...], test: re.Pattern[str]) -> float:
    """Share of the filled cells that the pattern matches."""
    filled = [t for t in row if t and t.strip()]
    return sum(1 for t in filled if test.match(t.strip())) / len(filled) if filled else 0.0
