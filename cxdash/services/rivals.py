"""Competitors as respondents rated them: on a scale of their own, or in comparison with us.

A question "how are we compared with others" is about us: its middle means alike, and the distance from there is the gap. A question
that rates a competitor is held against our own rating of the same thing by the same respondents, paired.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxdash.facts.question import Facts, Filter, question_name
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.metric import metric_of
from cxdash.services.places import touchpoint_of
from cxdash.services.sums import columns_of, mean_of, pairs_of
from cxdash.stats.adjust import adjust_row
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.gaps import Benchmark, benchmark_gap, gap_of_sums
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
    touchpoint = touchpoint_of(catalog, question)
    place = f"touchpoint:{touchpoint.key}" if touchpoint else ""
    overall = catalog.behind("nps" if question.scale is not None and question.scale.is_nps else "csat") or catalog.behind("csat")
    for name in (place, f"stage:{question.stage}", f"question:{overall.code}" if overall else ""):
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
        figure = mean_of(facts.joint(where, [], [column], weighted=weighted), "v0")
        return Rival(question, True, None, figure, None, benchmark_gap(figure, Benchmark(ALIKE)), "untested")
    own = own_of(catalog, question)
    if own is None:
        theirs = mean_of(facts.joint(where, [], [column], weighted=weighted), "v0")
        return Rival(question, False, None, None, theirs, Difference(None), "untested")
    metric = metric_of(catalog, own)
    assert metric is not None
    mine = metric.index or question_name(metric.question.code if metric.question else "")
    both = pairs_of(facts, where, [mine, column], weighted=weighted)
    gap = gap_of_sums(*columns_of(both, "v0", "v1", "n", "w", "w2")).score100
    return Rival(question, False, own, mean_of(both, "v0"), mean_of(both, "v1"), gap, "untested")
