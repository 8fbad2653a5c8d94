"""Competitors as respondents rated them: on a scale of their own, or in comparison with us.

A question "how are we compared with others" is about us: its middle means alike, and the distance from there is the gap. A question
that rates a competitor is held against our own rating of the same thing by the same respondents, paired.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxdash.facts.question import Facts, Filter, question_name
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.metric import metric_of
from cxdash.stats.adjust import adjust_row
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.gaps import Benchmark, benchmark_gap, gap_of_sums
from cxdash.stats.means import score100
from cxdash.terms import Measure

ALIKE = 50.0  # on 0-100: the middle of a comparison
_COMPARES = re.compile(r"비교|대비|보다|비슷|compared|versus|\bvs\b|about the same|similar|better than|worse than", re.IGNORECASE)


@dataclass(frozen=True)
class Rival:
    """A question about a competitor. relative: it compares; then theirs is None, ours is the answer on 0-100, and the gap is from 50.

    own: the metric of ours that theirs is held against; None where we have none, and then there is no gap. ours, theirs: 100-point means
    of those who gave both. gap: ours minus theirs, adjusted over the questions.
    """

    question: QuestionInfo
    relative: bool
    own: str | None
    ours: Figure | None
    theirs: Figure | None
    gap: Difference
    verdict: Verdict


def rivals(catalog: Catalog) -> tuple[QuestionInfo, ...]:
    """The questions about competitors, in the order of the questionnaire."""
    return tuple(q for q in catalog.ratings if q.measure is Measure.COMPETITOR)


def compares(question: QuestionInfo) -> bool:
    """Whether the question asks how we are compared with others, by its wording or the labels of its points.

    >>> compares(QuestionInfo("c", Measure.COMPETITOR, {"ko": "다른 회사와 비교하면 저희는 어떻습니까?"}))
    True
    >>> compares(QuestionInfo("c", Measure.COMPETITOR, {"ko": "경쟁사 A의 배송에 얼마나 만족하십니까?"}))
    False
    """
    labels = [label for printed in question.labels.values() for label in printed.values()]
    return any(_COMPARES.search(text) for text in (*question.wording.values(), *labels))


def own_of(catalog: Catalog, question: QuestionInfo) -> str | None:
    """The metric of ours that a competitor's rating is held against: of its touchpoint, its stage, else the overall satisfaction
    (recommendation on a scale of 0-10)."""
    touchpoint = next((t.key for t in catalog.touchpoints if t.id == question.touchpoint_id), None)
    overall = catalog.behind("nps" if question.scale is not None and question.scale.is_nps else "csat") or catalog.behind("csat")
    for name in (f"touchpoint:{touchpoint}", f"stage:{question.stage}", f"question:{overall.code}" if overall else ""):
        if metric_of(catalog, name) is not None:
            return name
    return None


def rivals_of(facts: Facts, catalog: Catalog, where: Filter, *, weighted: bool = False) -> tuple[Rival, ...]:
    """Every question about a competitor with its gap; p values adjusted over them."""
    found = [_rival(facts, catalog, where, question, weighted) for question in rivals(catalog)]
    told = adjust_row([one.gap for one in found])
    return tuple(Rival(r.question, r.relative, r.own, r.ours, r.theirs, d, verdict(d)) for r, d in zip(found, told, strict=True))


def _rival(facts: Facts, catalog: Catalog, where: Filter, question: QuestionInfo, weighted: bool) -> Rival:
    column = question_name(question.code)
    if compares(question):
        [scores] = _moments(facts, where, [column], weighted)
        figure = apply_base(score100(scores))
        return Rival(question, True, None, figure, None, benchmark_gap(figure, Benchmark(ALIKE)), "untested")
    own = own_of(catalog, question)
    if own is None:
        [scores] = _moments(facts, where, [column], weighted)
        return Rival(question, False, None, None, apply_base(score100(scores)), Difference(None), "untested")
    metric = metric_of(catalog, own)
    assert metric is not None
    mine = metric.index or question_name(metric.question.code if metric.question else "")
    rows = facts.joint(where, [], [mine, column], weighted=weighted)
    sums = [rows[c].to_numpy() for c in ("n", "w", "w2")]
    us, them = (rows[c].to_numpy() for c in ("v0", "v1"))
    both = ~np.isnan(us) & ~np.isnan(them)
    ours, theirs = (apply_base(score100(Moments.from_sums(np.where(both, x, np.nan), *sums))) for x in (us, them))
    return Rival(question, False, own, ours, theirs, gap_of_sums(us, them, *sums).score100, "untested")


def _moments(facts: Facts, where: Filter, columns: Sequence[str], weighted: bool) -> list[Moments]:
    rows = facts.joint(where, [], columns, weighted=weighted)
    sums = [rows[c].to_numpy() for c in ("n", "w", "w2")]
    return [Moments.from_sums(rows[f"v{i}"].to_numpy(), *sums) for i in range(len(columns))]
