"""Figures of a selection: one tally and one moments question to facts, then pure statistics.

Everything on screen and on the command line goes through `summarise`, so that the same selection gives the same number
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from cxdash.facts.question import LOYALTY, SECURE, Facts, Filter
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.means import mean_difference, score100
from cxdash.stats.nps import nps, nps_difference
from cxdash.stats.shares import share_difference, top_box
from cxdash.stats.suppression import suppress
from cxdash.terms import Scale

Group = tuple[object, ...]  # values of the group keys, in their order; () = the whole selection
YES_NO = Scale(0, 1)
EMPTY = Counts.from_tally([], [])


@dataclass(frozen=True)
class Summary:
    """All that was counted for one group: answers per question (points oriented, high favourable) and loyalty moments (0-100)."""

    responses: int
    counts: Mapping[str, Counts]
    loyalty: Moments | None
    secure: Counts | None = None

    def of(self, question: QuestionInfo | None) -> Counts:
        return self.counts.get(question.code, EMPTY) if question else EMPTY


def summarise(facts: Facts, catalog: Catalog, where: Filter, by: Sequence[str] = (), *, weighted: bool = False,
              questions: Iterable[QuestionInfo] | None = None, loyalty: bool = True) -> dict[Group, Summary]:
    """Count `questions` (default: every rating) per group. A selection without responses gives {} (or {(): …} without `by`)."""
    asked = list(catalog.ratings if questions is None else questions)
    scales = {f"q:{name}": q.scale or YES_NO for q in asked for name in q.counted}
    loyal = loyalty and bool(catalog.loyalty_items)
    if loyal:
        scales[SECURE] = YES_NO
    tally = facts.tally(where, by, list(scales), weighted=weighted) if scales else None
    sizes = _sizes(facts.count(where, by) if weighted or tally is None else tally.filter(pl.col("question") == next(iter(scales))), by)
    counts = {} if tally is None else _counts(tally, by, scales)
    moments = _moments(facts, where, by, weighted) if loyal else {}
    groups = sizes if by else {(): sizes.get((), 0)}
    cells: dict[Group, dict[str, Counts]] = {}
    for (group, name), found in counts.items():
        cells.setdefault(group, {})[name] = found
    return {g: _summary(n, cells.get(g, {}), moments.get(g)) for g, n in groups.items()}


def _sizes(rows: pl.DataFrame, by: Sequence[str]) -> dict[Group, int]:
    """Responses per group, from a count, or from the tally of one question (whose missing answers have a row as well)."""
    sizes: dict[Group, int] = {}
    for row in rows.iter_rows(named=True):
        sizes[_key(row, by)] = sizes.get(_key(row, by), 0) + int(row["n"])
    return sizes


def _summary(responses: int, counts: Mapping[str, Counts], loyalty: Moments | None) -> Summary:
    return Summary(responses, {name.removeprefix("q:"): c for name, c in counts.items() if name != SECURE}, loyalty, counts.get(SECURE))


def _key(row: Mapping[str, object], by: Sequence[str]) -> Group:
    return tuple(row[k] for k in by)


def _counts(tally: pl.DataFrame, by: Sequence[str], scales: Mapping[str, Scale]) -> dict[tuple[Group, str], Counts]:
    cells: dict[tuple[Group, str], Counts] = {}
    for part in tally.partition_by([*by, "question"], maintain_order=True):
        first = part.row(0, named=True)
        raw = Counts.from_tally(part["point"].cast(pl.Float64).to_list(), part["n"].to_list(), part["w"].to_list(), part["w2"].to_list())
        cells[_key(first, by), first["question"]] = raw.oriented(scales[first["question"]])
    return cells


def _moments(facts: Facts, where: Filter, by: Sequence[str], weighted: bool) -> dict[Group, Moments]:
    frame = facts.moments(where, by, [LOYALTY], weighted=weighted)
    return {_key(r, by): moments_of(r, LOYALTY) for r in frame.iter_rows(named=True)}


def moments_of(row: Mapping[str, float], column: str) -> Moments:
    """The moments of one column from a row of facts.moments."""
    return Moments(int(row["n"]), row["w"], row["w2"], row[f"s:{column}"], row[f"q:{column}"], row[f"s2:{column}"], row[f"q2:{column}"])


def boxes(scale: Scale) -> int:
    """How many favourable points count as satisfied: two, or one on scales of three points and fewer."""
    return 2 if scale.hi - scale.lo >= 3 else 1


def metric_figure(metric: str, catalog: Catalog, summary: Summary) -> Figure | None:
    """The headline "nps", "csat" or "loyalty" of a group, base rule applied; None when the programme does not measure it."""
    if metric == "loyalty":
        if not catalog.loyalty_items:
            return None
        return apply_base(score100(summary.loyalty or EMPTY.moments(), 0, 100))
    question = catalog.behind(metric)
    if question is None or question.scale is None:
        return None
    counts = summary.of(question)
    return apply_base(nps(counts)) if metric == "nps" else apply_base(top(counts, question.scale))


def top(counts: Counts, scale: Scale) -> Figure:
    return top_box(counts, scale.lo, scale.hi, k=boxes(scale))


def metric_difference(metric: str, catalog: Catalog, a: Summary, b: Summary) -> Difference | None:
    """a - b of a headline with its test, or None when the programme does not measure it."""
    if metric == "loyalty":
        return mean_difference(a.loyalty or EMPTY.moments(), b.loyalty or EMPTY.moments()) if catalog.loyalty_items else None
    question = catalog.behind(metric)
    if question is None or question.scale is None:
        return None
    one, two = a.of(question), b.of(question)
    return nps_difference(one, two) if metric == "nps" else share_difference(top(one, question.scale), top(two, question.scale))


def without(total: Summary, part: Summary) -> Summary:
    """The rest of a selection without one of its groups."""
    loyalty = None if total.loyalty is None else total.loyalty - part.loyalty if part.loyalty else total.loyalty
    return Summary(total.responses - part.responses, {c: total.counts[c] - part.counts.get(c, EMPTY) for c in total.counts}, loyalty)


def recommend_instead(question: QuestionInfo, summary: Summary) -> tuple[tuple[str, Figure], ...]:
    """What is offered for a recommend item that is not on 0-10: top box, 100-point mean."""
    counts, scale = summary.of(question), question.scale
    assert scale is not None
    return (("top_box", apply_base(top(counts, scale))), ("score100", apply_base(score100(counts, scale.lo, scale.hi))))


def judged(change: Difference | None) -> Verdict:
    """The verdict of a change, "untested" where there is nothing to compare with."""
    return "untested" if change is None else verdict(change)


def complemented(figures: Sequence[Figure], *, left_out: Sequence[Figure] = ()) -> list[Figure]:
    """The figures of one breakdown whose total is shown, with those hidden too from which a hidden one would follow.

    left_out: figures of the same breakdown that are not shown at all; they must not follow by subtraction either.
    """
    if not figures:
        return []
    every = [*figures, *left_out]
    seen = [f.n_eff if f.value is not None else 0.0 for f in figures] + [0.0] * len(left_out)
    hidden = suppress([[f.n for f in every]], column_totals=False, n_eff=np.asarray([seen])).complement[0]
    return [f.hide("hidden_complement") if h else f for f, h in zip(figures, hidden[:len(figures)], strict=True)]
