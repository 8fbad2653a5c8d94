"""Rows that are no respondents: totals and averages, notes, the header repeated, above, below and inside the answers."""

from __future__ import annotations

import re

import polars as pl

from cxdash.ingest import glance
from cxdash.ingest.glance import Body
from cxdash.ingest.plan import Said
from cxdash.ingest.rowkinds import NOTE

TOTAL = re.compile(
    r"(총\s*)?(합계|총계|소계|누계|계|총합|평균값?|표준\s*편차|중앙값|최댓?값|최솟?값|응답자?\s*수|사례\s*수|전체\s*(평균|합계)|"
    r"(grand |sub)?-?\s*totals?|sum|mean|avg\.?|average|median|std\.?\s*dev\.?|standard deviation|count|n\s*=?\s*\d*|min|max|base)\s*[:：]?",
    re.IGNORECASE,
)
WORDS = (
    "합계",
    "총계",
    "소계",
    "누계",
    "계",
    "총합",
    "평균",
    "표준편차",
    "total",
    "grand total",
    "subtotal",
    "sub-total",
    "sum",
    "mean",
    "average",
    "합 계",
    "소 계",
)
VARIANTS = [v for w in WORDS for v in dict.fromkeys((w, w.title(), w.capitalize(), w.upper(), f"{w} ", f" {w}"))]
_ENDS = r"(?:소\s?계|합\s?계|총계|누계|평균|sub-?total|total|average|mean)"
GROUP = re.compile(rf"(.+?)[\s_:·-]*({_ENDS})", re.IGNORECASE)
LEADING = 6  # columns in which a subtotal may be named
CLOSE = 1e-6


def last_row(frame: pl.DataFrame, start: int, typical: int, bodies: list[Body]) -> tuple[int, list[tuple[int, Said]]]:
    """The last answer row of `frame` (answers from row `start` on) and the rows below it that are left out, each with its reason."""
    first = max(start, frame.height - glance.TAIL_ROWS)
    rows = list(frame.slice(first).iter_rows())
    out: list[tuple[int, Said]] = []
    at = len(rows) - 1
    while at >= 0 and first + at > start:
        said = _no_answer(rows[at], typical, bodies)
        if said is None and not any(t and t.strip() for t in rows[at]):
            at -= 1
            continue
        if said is None:
            break
        out.append((first + at, said))
        at -= 1
    last = first + at
    computed = _computed(frame, start, last) if _unlike(frame.row(last), bodies) else None
    if computed is not None:
        out.append((last, computed))
        last -= 1
    return last, sorted(out, key=lambda pair: pair[0])


def _no_answer(row: tuple[str | None, ...], typical: int, bodies: list[Body]) -> Said | None:
    filled = [(i, t.strip()) for i, t in enumerate(row) if t and t.strip()]
    if not filled:
        return None
    index, text = filled[0]
    if bodies[index].counts[glance.squeeze(text)] <= 3 and _is_total(text, filled):
        return Said("ingest.skip.total", {"text": text})
    few = len(filled) <= max(1, 0.4 * typical)
    if few and NOTE.match(text) and bodies[index].counts[glance.squeeze(text)] <= 1:
        return Said("ingest.skip.note", {"text": text[:60]})
    if few and typical >= 3 and not any(_fits(t, bodies[i]) for i, t in filled):
        return Said("ingest.skip.note", {"text": text[:60]})
    return None


def _is_total(text: str, filled: list[tuple[int, str]]) -> bool:
    """A word of totals first and numbers after it (a choice that many respondents gave is caught by its count before)."""
    if not TOTAL.fullmatch(glance.squeeze(text)):
        return False
    rest = filled[1:]
    return not rest or sum(1 for _, t in rest if glance.kind(t) == "number" or t.startswith("#")) >= 0.6 * len(rest)


def _fits(text: str, body: Body) -> bool:
    """Whether a cell could be an answer of this column: a number or date among such, a text that is given more than once."""
    shape = glance.kind(text)
    if body.typed in ("number", "date"):
        return shape == body.typed
    return body.counts[glance.squeeze(text)] > 1 or (body.typed == "text" and shape != "text")


def _unlike(row: tuple[str | None, ...], bodies: list[Body]) -> bool:
    """Most numbers of the row are none that its columns usually hold: worth adding the columns up."""
    told = [(t, b) for t, b in zip(row, bodies, strict=True) if t and b.typed == "number" and b.repeats]
    if not told:
        return True
    return sum(1 for t, b in told if b.counts[glance.squeeze(t)] <= 1) >= 0.6 * len(told)


def _computed(frame: pl.DataFrame, start: int, last: int) -> Said | None:
    """Said when row `last` holds the sums or means of the numbers above it in at least three columns (and in most)."""
    if last - start < 4:
        return None
    row = frame.row(last)
    numeric = [i for i, t in enumerate(row) if glance.kind(t) == "number"]
    if len(numeric) < 3:
        return None
    above = frame.slice(start, last - start).select(
        pl.col(str(i)).str.strip_chars().str.replace_all(",", "").cast(pl.Float64, strict=False).alias(str(i)) for i in numeric[:60]
    )
    sums, means = above.sum().row(0), above.mean().row(0)
    hits = 0
    tested = 0
    for i, total, mean in zip(numeric, sums, means, strict=False):
        value = glance.number(row[i])
        if value is None or mean is None or total == mean:
            continue
        tested += 1
        hits += _near(value, total) or _near(value, mean, places=2)
    return Said("ingest.skip.computed") if tested >= 3 and hits >= 0.6 * tested else None


def _near(value: float, target: float, places: int | None = None) -> bool:
    if places is not None and value != round(value):
        return abs(value - target) <= 0.5 * 10**-places + CLOSE
    return abs(value - target) <= CLOSE * max(1.0, abs(target))


def inside(frame: pl.DataFrame, start: int, last: int, raw: list[str | None], bodies: list[Body]) -> list[tuple[int, Said]]:
    """Rows between the answers that repeat the header or hold a subtotal: (grid row, reason)."""
    body = frame.slice(start, last - start + 1)
    headers = [glance.squeeze(t) for t in raw]
    out = [(start + i, Said("ingest.skip.header_again")) for i in _repeated(body, headers, raw)]
    seen = {i for i, _ in out}
    for column in range(min(LEADING, len(bodies))):
        texts = body.get_column(str(column))
        hits = (texts.is_in(VARIANTS) | _of_group(texts)).arg_true().to_list()
        if not hits or len(hits) > max(3, 0.2 * body.height):
            continue
        for i in hits:
            row = body.row(i)
            filled = [(c, t.strip()) for c, t in enumerate(row) if t and t.strip()]
            if start + i not in seen and filled[0][0] == column and _is_total(GROUP.sub(r"\2", glance.squeeze(filled[0][1])), filled):
                out.append((start + i, Said("ingest.skip.total", {"text": filled[0][1]})))
                seen.add(start + i)
    return sorted(out, key=lambda pair: pair[0])


def _of_group(texts: pl.Series) -> pl.Series:
    """True for "강남점 소계" where the column also holds "강남점": the subtotal of that group."""
    told = texts.str.contains(rf"(?i).{_ENDS}\s*$").fill_null(False)
    if not told.any():
        return told
    groups = {glance.squeeze(t) for t in texts.filter(~told).drop_nulls().unique().to_list()}
    named = {t: bool(found := GROUP.fullmatch(glance.squeeze(t))) and found[1] in groups for t in texts.filter(told).unique().to_list()}
    return texts.replace_strict(named, default=False, return_dtype=pl.Boolean).fill_null(False)


def _repeated(body: pl.DataFrame, headers: list[str], raw: list[str | None]) -> list[int]:
    """Rows whose cells equal the headers, in the two first headed columns at least and in nine tenths of all."""
    named = [i for i, h in enumerate(headers) if h]
    if not named:
        return []
    first = str(named[0])
    candidates = body.get_column(first).is_in([headers[named[0]], raw[named[0]] or ""]).arg_true().to_list()
    out = []
    for i in candidates:
        row = body.row(i)
        same = sum(1 for c in named if glance.squeeze(row[c]) == headers[c])
        if same >= max(1, 0.9 * len(named)) and len(named) > 1:
            out.append(i)
    return out
