"""Tables that are not answers of respondents: results already counted, code lists, loose notes.

Every sign adds to a sum, and what was seen is named in the error, so that a person can judge. Signs of respondents (a
time stamp or an id on every row) weigh against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cxdash.errors import FileAggregate, FileNoTable
from cxdash.ingest import glance
from cxdash.ingest import lexicon_roles as words
from cxdash.ingest.labels import place
from cxdash.ingest.layout import Table
from cxdash.ingest.lexicon import sense

LONG_MOST = 8  # columns of a list of single answers: who, what was asked, what was said, and little beside
_ASKED = re.compile(r"문항(\s*(명|번호|코드|내용))?|질문(\s*내용)?|항목(명)?|question(\s*(id|code|text|name))?|item|variable", re.IGNORECASE)
_GIVEN = re.compile(r"응답(\s*(값|내용))?|답변(\s*(값|내용))?|답|값|점수|answer|response|value|score|rating", re.IGNORECASE)
_RESPONDENT = re.compile(r"(응답자|고객|참여자|참가자|회원|respondent|resp|participant|customer|user|person)\s*[-_#.]?\s*\d+", re.IGNORECASE)
MOST_ROWS = 400  # crosstabs are short; longer ones are taken for respondents
LIMIT = 3.0
_STATISTIC = re.compile(
    r"사례\s*수|응답자?\s*수|빈도(\(.*\))?|비율|백분율|구성비|평균|표준\s*편차|합계|총계|^계$|소계|top\s*-?\s*[23]|bottom\s*-?\s*[23]|\(?\s*%\s*\)?"
    r"|^n$|^n\s*=|^base|count$|percent|share|mean|average|std|total|sum$|median|nps\s*(점수|score)|점수\s*\(100|100점",
    re.IGNORECASE,
)
_CATEGORY = re.compile(r"구분|분류|항목|문항|category|item|question|label|행\s*레이블|row labels?|열\s*레이블", re.IGNORECASE)
_LIST_HEADS = re.compile(
    r"field|variable|var\s*name|description|question(/description)?|code|label|value|type"
    r"|변수명?|변수\s*설명|설명|코드(\s*(값|명))?|문항(\s*(번호|내용))?|보기|레이블|값|항목(명)?|내용|비고|응답\s*(범주|항목)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Signs:
    """What speaks for an aggregate: the sum of the signs and the words for those seen."""

    score: float
    seen: tuple[str, ...]


def refuse(table: Table) -> None:
    """Raises FileAggregate or FileNoTable when the table does not hold one respondent per row."""
    signs = aggregate_signs(table)
    if signs.score >= LIMIT:
        raise FileAggregate(
            "ingest.error.aggregate", fix="ingest.fix.aggregate", sheet=table.layout.sheet, rows=table.rows.height, seen=signs.seen
        )
    question = listed_question(table)
    if question is not None:
        raise FileNoTable("ingest.error.long", fix="ingest.fix.long", sheet=table.layout.sheet, column=question)
    if is_code_list(table):
        raise FileNoTable("ingest.error.code_list", fix="ingest.fix.respondents", sheet=table.layout.sheet)
    if is_loose(table):
        raise FileNoTable("ingest.error.loose", fix="ingest.fix.respondents", sheet=table.layout.sheet)


def aggregate_signs(table: Table) -> Signs:
    rows, named = table.rows, [h for h in table.headers if h.index not in table.beside]
    if rows.height > MOST_ROWS or len(named) < 2:
        return Signs(0.0, ())
    columns = [[glance.squeeze(t) for t in rows.get_column(str(h.index)).to_list()] for h in named]
    kinds = [_kind(c[:60]) for c in columns]
    if "date" in kinds or any(_keyed(h.text, c) for h, c in zip(named, columns, strict=True)):
        return Signs(0.0, ())
    numeric = [c for c, k in zip(columns, kinds, strict=True) if k == "number"]
    if not numeric or len(numeric) < 0.4 * len(columns):
        return Signs(0.0, ())
    heads = [h.parts[-1] if h.parts else "" for h in named]
    found = [
        *_head_signs(heads, [h.parts[0] for h in named if h.parts], columns, kinds),
        *_first_column(columns[0], kinds[0], table),
        *_sums(numeric),
        *_decimals(numeric, rows.height),
    ]
    return Signs(sum(s for s, _ in found), tuple(w for _, w in found))


def _keyed(header: str, column: Sequence[str | None]) -> bool:
    """An id of its own on every row, under a header that names one: these are respondents, whatever else the sheet adds up."""
    filled = [t for t in column if t]
    told = any(pattern.search(header) for pattern, _ in words.KEYS)
    return told and len(filled) >= max(5, 0.9 * len(column)) and len(set(filled)) >= 0.95 * len(filled)


def _kind(column: list[str]) -> str:
    body = glance.body_of(list(column))
    return body.typed or "blank"


def _head_signs(heads: list[str], first: list[str], columns: list[list[str]], kinds: list[str]) -> list[tuple[float, str]]:
    out = []
    people = [h for h in first if _RESPONDENT.fullmatch(h)]
    if len(people) >= 5 and len(people) >= 0.6 * len(heads):  # one respondent per column: the table lies on its side
        out.append((LIMIT, ", ".join(people[:3])))
    words = [h for h in heads if h and _STATISTIC.search(h)]
    if words:
        out.append((1.0 if len(words) == 1 else 2.0, ", ".join(words[:3])))
    labels = [(h, c) for h, k, c in zip(heads, kinds, columns, strict=True) if k == "number" and sense(h) is not None and len(h) <= 20]
    if len(labels) >= 3 and place([(h, 1) for h, _ in labels]) is not None and not _dummies([c for _, c in labels]):
        out.append((2.0, ", ".join(h for h, _ in labels[:3])))
    if heads and _CATEGORY.fullmatch(heads[0]):
        out.append((0.5, heads[0]))
    percents = sum(1 for c in columns for t in c if t.endswith("%"))
    if percents >= 0.3 * sum(1 for c in columns for t in c if t):
        out.append((2.0, "%"))
    return out


def _dummies(columns: list[list[str]]) -> bool:
    return {t for c in columns for t in c} <= {"0", "1", ""}


def _first_column(column: list[str], kind: str, table: Table) -> list[tuple[float, str]]:
    """Names of categories, each once (or a group name over blanks), where respondents would have an id or an answer."""
    filled = [t for t in column if t]
    out: list[tuple[float, str]] = []
    if any(pattern.search(table.headers[0].text) for pattern, _ in words.KEYS):
        return out
    if (
        kind == "text"
        and filled
        and len(set(filled)) == len(filled)
        and table.rows.height <= 150
        and not any(re.fullmatch(r"(?=.*\d)[\w-]{4,}", t) for t in filled[:5])
    ):
        out.append((1.0, ", ".join(filled[:3])))
    if kind == "text" and len(filled) < 0.7 * len(column) and column[0]:
        out.append((1.0, filled[0]))
    if any(said.key == "ingest.skip.total" for _, said in table.layout.skipped):
        out.append((1.0, str(next(said.params["text"] for _, said in table.layout.skipped if said.key == "ingest.skip.total"))))
    return out


def _sums(numeric: list[list[str]]) -> list[tuple[float, str]]:
    """Rows whose numbers make 100 (or 1), or whose one number is the sum of the others."""
    rows = [[glance.number(t) for t in row] for row in zip(*numeric, strict=True)]
    full = [[x for x in row if x is not None] for row in rows]
    full = [row for row in full if len(row) >= 3 and sum(map(abs, row)) > 0]
    if len(full) < 2:
        return []
    for whole in (100.0, 1.0):
        if sum(1 for row in full if _makes(row, whole)) >= 0.6 * len(full):
            return [(2.0, f"Σ = {whole:g}")]
    added = sum(1 for row in full if any(x > 5 and abs(2 * x - sum(row)) <= 1e-6 * max(1.0, x) for x in (row[0], row[-1])))
    return [(2.0, "Σ")] if added >= 0.8 * len(full) else []


def _makes(row: list[float], whole: float) -> bool:
    """The numbers, or all but the first or the last (a base or a total beside them), sum to `whole` within rounding."""
    slack = 0.011 * whole
    return any(
        len(part) >= 2 and abs(sum(part) - whole) <= slack and any(x % 1 or whole > 1 for x in part)
        for part in (row, row[1:], row[:-1], row[1:-1])
    )


def _decimals(numeric: list[list[str]], height: int) -> list[tuple[float, str]]:
    """Means: most number columns hold fractions, in few rows."""
    broken = sum(
        1 for c in numeric if sum(1 for t in c if (x := glance.number(t)) is not None and x % 1) >= 0.5 * max(1, sum(1 for t in c if t))
    )
    return [(1.0, "0.0")] if height <= 150 and broken >= 0.6 * len(numeric) else []


def is_code_list(table: Table) -> bool:
    """A codebook: few columns, a sparse first column of variable names, codes and their labels beside it."""
    rows = table.rows
    if rows.width > 8 or rows.height < 5 or any(_keyed(h.text, rows.get_column(str(h.index)).to_list()) for h in table.headers):
        return False
    heads = [h.text for h in table.headers if not h.unnamed] + list(table.above[:8])
    told = sum(1 for h in heads if _LIST_HEADS.fullmatch(h))
    first = rows.get_column(rows.columns[0])
    names = [glance.squeeze(t) for t in first.drop_nulls().to_list()]
    identifiers = sum(1 for t in names if re.fullmatch(r"[A-Za-z가-힣]+[\w.\-]*", t) and len(t) <= 32)
    once = len(set(names)) >= 0.9 * len(names) if names else False
    sparse = len(names) < 0.6 * rows.height
    if names and once and identifiers >= 0.8 * len(names) and (sparse and _codes_beside(rows)):
        return True
    return told >= 2 and told >= 0.6 * len([h for h in table.headers if not h.unnamed]) and (once or sparse) and not _answers(rows)


def _codes_beside(rows: pl.DataFrame) -> bool:
    """Below a name its codes: small integers in a second column where the first is blank."""
    if rows.width < 2:
        return False
    second = rows.filter(pl.nth(0).is_null()).select(pl.nth(1)).to_series().drop_nulls().to_list()
    return len(second) >= 3 and sum(1 for t in second if re.fullmatch(r"-?\d{1,4}(\.0)?", t.strip())) >= 0.5 * len(second)


def listed_question(table: Table) -> str | None:
    """Header of the column that names the question of every row, where each row holds one answer and respondents come once per question.

    Told by both headers, and by the counts: about as many rows as respondents times questions.
    """
    named = {h.index: h.text for h in table.headers if h.index not in table.beside}
    asked = next((i for i, text in named.items() if _ASKED.fullmatch(text)), None)
    given = next((i for i, text in named.items() if _GIVEN.fullmatch(text)), None)
    if asked is None or given is None or len(named) > LONG_MOST:
        return None
    questions = table.rows.get_column(str(asked))
    kinds = questions.n_unique()
    if not 2 <= kinds <= 0.5 * table.rows.height or questions.null_count():
        return None
    others = [table.rows.get_column(str(i)) for i in named if i not in (asked, given)]
    spread = (s.n_unique() * kinds for s in others)
    return named[asked] if any(0.9 * n <= table.rows.height <= n for n in spread) else None


def _answers(rows: pl.DataFrame) -> bool:
    """Some column repeats its values as answers do: few distinct ones over many rows, nearly all filled."""
    return any(
        s.null_count() <= 0.1 * s.len() and s.n_unique() <= 12 and s.len() >= 20 and glance.body_of(s.head(200).to_list()).typed == "number"
        for s in rows.get_columns()
    )


def is_loose(table: Table) -> bool:
    """Notes: one column of texts without repetition, or rows of which most fill a single cell."""
    rows = table.rows
    if rows.width == 1:
        body = glance.body_of(rows.to_series().head(500).to_list())
        return body.typed == "text" and (table.headless or len(body.counts) >= 0.95 * body.filled) and not _looks_comment(table)
    if rows.height < 3:
        return False
    fills = rows.head(400).select(pl.sum_horizontal(pl.all().is_not_null().cast(pl.Int32))).to_series()
    return (
        rows.width >= 3
        and bool((fills <= 1).mean() > 0.6)
        and glance.body_of(rows.get_column(rows.columns[0]).head(200).to_list()).typed != "date"
    )


def _looks_comment(table: Table) -> bool:
    """A single column of opinions with a header is a survey of one open question."""
    return not table.headless and words.COMMENT.search(table.headers[0].text) is not None
