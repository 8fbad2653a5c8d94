"""Expectation and experience (기대 격차와 경험): what was promised and felt beside what was done, and which kinds of touchpoints do better.

Everything is compared within respondents: who expected and experienced, who rated performance and emotion, who met active touchpoints and
passive ones. Different people's answers would compare the people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import polars as pl

from cxdash.facts.question import Facts, question_name
from cxdash.facts.rules import EXPERIENCED, KINDS, kind_name
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo, StageInfo
from cxdash.services.deps import Deps
from cxdash.services.drivers import column_of
from cxdash.services.places import asks, experienced, in_order, items_at, kinds_measured, partner
from cxdash.services.sums import both_pairs, both_sums, changes_of, columns_of, mean_of, of_difference, pairs_of, rest_of
from cxdash.services.view import Scope, View
from cxdash.services.yardsticks import Standard, list_yardsticks
from cxdash.stats.adjust import adjust_row
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.gaps import Experience, experience, gap_of_sums, ranked_gaps, standard_shares
from cxdash.stats.journey import Gap
from cxdash.stats.means import score100
from cxdash.stats.paired import paired_moments
from cxdash.stats.shares import box_share, share_difference
from cxdash.terms import Measure

Part = Literal["initiative", "domain"]
EMPTY = Counts.from_tally([], [])
SLACK = 1e-6  # levels are compared with scores that are rounded


@dataclass(frozen=True)
class FactorGap:
    """One factor: experienced minus expected of the same respondents.

    experienced, expected: means of those who answered both. gap: in scale points only where both were asked on one scale; difference: on
    0-100, adjusted over the factors. change: of the gap against the comparison; moved: its verdict.
    """

    question: QuestionInfo
    expectation: QuestionInfo
    experienced: Figure
    expected: Figure
    n: int
    gap: Gap
    same_scale: bool
    difference: Difference
    verdict: Verdict
    change: Difference | None
    moved: Verdict


@dataclass(frozen=True)
class StageStandard:
    """shares: negative, expected, beyond in percent, with one base; empty without a standard. change: of the share beyond or as expected
    together (what is not negative) against the comparison. questions: those the stage's score is the mean of."""

    stage: StageInfo
    questions: tuple[QuestionInfo, ...]
    standard: Standard | None
    shares: Mapping[str, Figure]
    change: Difference | None
    moved: Verdict


@dataclass(frozen=True)
class StageExperience:
    """A stage's experience score, with what it is made of. change: of the score against the comparison."""

    stage: StageInfo
    experience: Experience
    change: Difference | None
    moved: Verdict


@dataclass(frozen=True)
class KindScore:
    """All touchpoints of a kind, among everybody who rated one of them."""

    kind: str
    touchpoints: int
    figure: Figure
    change: Difference | None
    moved: Verdict


@dataclass(frozen=True)
class KindPair:
    """first minus second of the respondents who rated both, adjusted over the pairs of its part."""

    first: str
    second: str
    n: int
    difference: Difference
    verdict: Verdict


@dataclass(frozen=True)
class Kinds:
    part: Part
    scores: tuple[KindScore, ...]
    pairs: tuple[KindPair, ...]


@dataclass(frozen=True)
class Gaps:
    """The page. factors: the most disappointing first. asked: which of expectation and emotion the programme asks at all."""

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int  # responses of the programme before any filter
    asked: frozenset[Measure]
    factors: tuple[FactorGap, ...]
    standards: tuple[StageStandard, ...]
    stages: tuple[StageExperience, ...]
    kinds: tuple[Kinds, ...]


def gaps(deps: Deps, actor: Actor, *, view: View) -> Gaps:
    """Everything the page shows, under the view's filters. NotFound when the programme does not exist."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    kept = list_yardsticks(deps, actor, catalog).standards
    weighted = view.weighted
    return Gaps(
        catalog=catalog,
        view=view,
        scope=scope,
        responses=int(facts.count(scope.now, weighted=weighted)["n"].sum()),
        total=whole.responses,
        asked=frozenset(m for m in (Measure.EXPECTATION, Measure.EMOTION) if asks(catalog, m)),
        factors=_factors(facts, catalog, scope, weighted=weighted),
        standards=_standards(facts, catalog, scope, kept, weighted=weighted),
        stages=_stages(facts, catalog, scope, weighted=weighted),
        kinds=tuple(found for part in ("initiative", "domain") if (found := _kinds(facts, catalog, scope, part, weighted=weighted))),
    )


# ---------------------------------------------------------------- expectation


def expected_pairs(catalog: Catalog) -> tuple[tuple[QuestionInfo, QuestionInfo], ...]:
    """(experienced, expected) questions about the same thing, in journey order."""
    found = ((q, partner(catalog, q, Measure.EXPECTATION)) for q in in_order(catalog, experienced(catalog)))
    return tuple((q, e) for q, e in found if e is not None)


def _factors(facts: Facts, catalog: Catalog, scope: Scope, *, weighted: bool) -> tuple[FactorGap, ...]:
    asked = {q.code: (q, e) for q, e in expected_pairs(catalog)}
    counted = {
        code: both_pairs(facts, scope, [question_name(q.code), question_name(e.code)], weighted=weighted) for code, (q, e) in asked.items()
    }
    found = {code: _gap(now, *asked[code]) for code, (now, _) in counted.items()}
    moved = changes_of(scope, [of_difference(now) for now, _ in counted.values()], _known([before for _, before in counted.values()]))
    changes = dict(zip(asked, moved, strict=True))
    return tuple(
        FactorGap(
            *asked[code], mean_of(counted[code][0], "v0"), mean_of(counted[code][0], "v1"), gap.test.n, gap, _same_scale(*asked[code]),
            difference, told, *changes[code],
        )
        for code, (gap, difference, told) in ranked_gaps(found).items()
    )  # fmt: skip


def _known(moments: Sequence[Moments | None]) -> list[Moments] | None:
    """All or none of them: there is a comparison or there is none."""
    return [m for m in moments if m is not None] if moments and moments[0] is not None else None


def _gap(pairs: pl.DataFrame, question: QuestionInfo, expectation: QuestionInfo) -> Gap:
    scale = question.scale
    width = scale.hi - scale.lo if scale is not None and _same_scale(question, expectation) else 100
    return gap_of_sums(*columns_of(pairs, "v0", "v1", "n", "w", "w2"), points=width)


def _same_scale(question: QuestionInfo, expectation: QuestionInfo) -> bool:
    a, b = question.scale, expectation.scale
    return a is not None and b is not None and (a.lo, a.hi) == (b.lo, b.hi)


# ---------------------------------------------------------------- service standards


def _standards(facts: Facts, catalog: Catalog, scope: Scope, kept: Mapping[str, Standard], *, weighted: bool) -> tuple[StageStandard, ...]:
    found = []
    for stage in catalog.stages:
        questions = catalog.stage_questions(stage.code)
        if not questions:
            continue
        standard = kept.get(stage.code)
        shares, change = _shares(facts, scope, stage, standard, weighted=weighted) if standard else ({}, None)
        found.append((stage, questions, standard, shares, change))
    changes = iter(adjust_row([change for *_, change in found if change is not None]))
    told = []
    for stage, questions, standard, shares, change in found:
        adjusted = next(changes) if change is not None else None
        told.append(StageStandard(stage, questions, standard, shares, adjusted, verdict(adjusted) if adjusted else "untested"))
    return tuple(told)


def _shares(
    facts: Facts, scope: Scope, stage: StageInfo, standard: Standard, *, weighted: bool,
) -> tuple[dict[str, Figure], Difference | None]:
    column = column_of(f"stage:{stage.code}")
    now = _counts(pairs_of(facts, scope.now, [column], weighted=weighted))
    shares = {name: apply_base(f) for name, f in standard_shares(now, standard.expected - SLACK, standard.beyond - SLACK).items()}
    if scope.before is None:
        return shares, None
    before = _counts(pairs_of(facts, scope.before, [column], weighted=weighted))
    if scope.rest:
        before = before - now if now.size <= before.size else EMPTY
    kept, then = (_kept(counts, standard) for counts in (now, before))
    change = share_difference(kept, then) if kept.n and then.n else Difference(None)
    return shares, change if scope.apart else change.overlapping()


def _counts(scores: pl.DataFrame) -> Counts:
    """Scores on 0-100 with how many have each."""
    return Counts(*columns_of(scores, "v0", "n", "w", "w2"))


def _kept(counts: Counts, standard: Standard) -> Figure:
    """Share of what is not negative, untouched by the base rule: a test has its own."""
    return box_share(counts, [p for p in counts.points if p >= standard.expected - SLACK])


# ---------------------------------------------------------------- performance × emotion


def _stages(facts: Facts, catalog: Catalog, scope: Scope, *, weighted: bool) -> tuple[StageExperience, ...]:
    found, before = [], []
    for stage in catalog.stages:
        place = f"stage:{stage.code}"
        if not (items_at(catalog, EXPERIENCED, place) and items_at(catalog, Measure.EMOTION, place)):
            continue
        columns = [f"{EXPERIENCED}:{place}", f"{Measure.EMOTION}:{place}"]
        now = pairs_of(facts, scope.now, columns, weighted=weighted)
        found.append((stage, now))
        before.append(None if scope.before is None else _scores(pairs_of(facts, scope.before, columns, weighted=weighted)))
    own = [_scores(now) for _, now in found]
    if scope.rest:
        before = [rest_of(b, a) for a, b in zip(own, before, strict=True) if b is not None]
    changes = changes_of(scope, own, _known(before))
    return tuple(StageExperience(stage, _experience(now), *change) for (stage, now), change in zip(found, changes, strict=True))


def _experience(pairs: pl.DataFrame) -> Experience:
    told = experience(*columns_of(pairs, "v0", "v1", "n", "w", "w2"))
    return Experience(apply_base(told.score), apply_base(told.performance), apply_base(told.emotion), told.difference, told.held)


def _scores(pairs: pl.DataFrame) -> Moments:
    """Moments of the respondents' experience scores."""
    return Moments.from_sums((pairs["v0"] * pairs["v1"]).sqrt().to_numpy(), *columns_of(pairs, "n", "w", "w2"))


# ---------------------------------------------------------------- kinds of touchpoints


def _kinds(facts: Facts, catalog: Catalog, scope: Scope, part: str, *, weighted: bool) -> Kinds | None:
    sizes = kinds_measured(catalog, part)
    if len(sizes) < 2:
        return None
    columns = {kind: kind_name(part, kind) for kind in KINDS[part] if kind in sizes}
    now, before = both_sums(facts, scope, list(columns.values()), weighted=weighted)
    changes = changes_of(scope, [now[c] for c in columns.values()], None if before is None else [before[c] for c in columns.values()])
    scores = tuple(
        KindScore(kind, sizes[kind], apply_base(score100(now[column])), *change)
        for (kind, column), change in zip(columns.items(), changes, strict=True)
    )
    both = {
        (a, b): of_difference(pairs_of(facts, scope.now, [columns[a], columns[b]], weighted=weighted)) for a, b in combinations(columns, 2)
    }
    tested = adjust_row([paired_moments(m).difference for m in both.values()])
    return Kinds(
        "initiative" if part == "initiative" else "domain", scores,
        tuple(KindPair(a, b, m.n, d, verdict(d)) for ((a, b), m), d in zip(both.items(), tested, strict=True)),
    )  # fmt: skip
