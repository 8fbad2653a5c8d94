"""Figures of a selection: one tally and one moments question to facts, then pure statistics.

Everything on screen and on the command line goes through `summarise`, so that the same selection gives the same number
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add

import numpy as np
import polars as pl

from cxdash.facts.question import LOYALTY, SECURE, Facts, Filter
from cxdash.facts.scoped import GuardedFacts
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.view import Scope
from cxdash.services.metric import Metric, asked_for, metric_of
from cxdash.stats.bases import apply_base
from cxdash.stats.ces import ces
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.loyalty import secure
from cxdash.stats.means import mean_difference, score100
from cxdash.stats.net import Net
from cxdash.stats.nps import net_difference, nps, nps_sample
from cxdash.stats.shares import share_difference, top_box
from cxdash.stats.suppression import suppress
from cxdash.terms import Direction, Scale

Group = tuple[object, ...]  # values of the group keys, in their order; () = the whole selection
YES_NO = Scale(0, 1)
EMPTY = Counts.from_tally([], [])
Sample = Net | Figure | Moments  # of NPS, of a share, of a mean


@dataclass(frozen=True)
class Summary:
    """All that was counted for one group: answers per question (points oriented, high favourable), and moments on 0-100.

    indices: name of an index of several items ("stage:…", "touchpoint:…") -> moments of the respondents' scores. withheld: it adds to
    totals, but has no figure of its own: beside the same group of a wider selection it would tell of a few people.
    """

    responses: int
    counts: Mapping[str, Counts]
    loyalty: Moments | None
    secure: Counts | None = None
    indices: Mapping[str, Moments] = field(default_factory=dict)
    withheld: bool = False

    def of(self, question: QuestionInfo | None) -> Counts:
        return self.counts.get(question.code, EMPTY) if question else EMPTY


def summarise(facts: Facts, catalog: Catalog, where: Filter, by: Sequence[str] = (), *, weighted: bool = False,
              questions: Iterable[QuestionInfo] | None = None, loyalty: bool = True, secure: bool = True,
              indices: Iterable[str] = ()) -> dict[Group, Summary]:
    """Count `questions` (default: every rating) per group. A selection without responses gives {} (or {(): …} without `by`)."""
    asked = list(catalog.ratings if questions is None else questions)
    scales = {f"q:{name}": q.scale or YES_NO for q in asked for name in q.counted}
    loyal = loyalty and bool(catalog.loyalty_items)
    if secure and catalog.loyalty_items:
        scales[SECURE] = YES_NO
    tally = facts.tally(where, by, list(scales), weighted=weighted) if scales else None
    sizes = _sizes(facts.count(where, by) if weighted or tally is None else tally.filter(pl.col("question") == next(iter(scales))), by)
    counts = {} if tally is None else _counts(tally, by, scales)
    moments = _moments(facts, where, by, [*([LOYALTY] if loyal else []), *indices], weighted)
    groups = sizes if by else {(): sizes.get((), 0)}
    cells: dict[Group, dict[str, Counts]] = {}
    for (group, name), found in counts.items():
        cells.setdefault(group, {})[name] = found
    hidden = facts.withheld(where, by) if by and isinstance(facts, GuardedFacts) else ()
    return {g: _summary(n, cells.get(g, {}), moments.get(g, {}), withheld=g in hidden) for g, n in groups.items()}


def measured(facts: Facts, catalog: Catalog, where: Filter, by: Sequence[str], metrics: Iterable[str], *,
             weighted: bool = False) -> dict[Group, Summary]:
    """`summarise` of just what these metrics (`cxdash.services.metric`) need."""
    asked = asked_for(catalog, metrics)
    return summarise(facts, catalog, where, by, weighted=weighted, questions=asked.questions, loyalty=asked.loyalty, secure=asked.secure,
                     indices=asked.indices)


def both_sides(facts: Facts, catalog: Catalog, scope: Scope, by: Sequence[str], metrics: Iterable[str], *, weighted: bool = False,
               also: Iterable[QuestionInfo] = ()) -> tuple[dict[Group, Summary], dict[Group, Summary] | None]:
    """What these metrics need of the selection and of what it is compared with (None: nothing). also: further questions to count.

    Where the comparison is the rest, the selection is taken away from the whole; groups that have no rest are left out.
    """
    asked = asked_for(catalog, metrics)
    questions = list({q.code: q for q in (*asked.questions, *also)}.values())

    def count(where: Filter) -> dict[Group, Summary]:
        return summarise(facts, catalog, where, by, weighted=weighted, questions=questions, loyalty=asked.loyalty, secure=asked.secure,
                     indices=asked.indices)

    now = count(scope.now)
    if scope.before is None:
        return now, None
    before = count(scope.before)
    if scope.rest:
        before = {g: without(s, now[g]) if g in now else s for g, s in before.items()}
    return now, {g: s for g, s in before.items() if s.responses}


def change_of(scope: Scope, name: str, catalog: Catalog, now: Summary, before: Summary | None) -> Difference | None:
    """The metric now minus then, tested unless both sides share respondents; None without another side."""
    found = None if before is None else metric_difference(name, catalog, now, before)
    return found if found is None or scope.apart else found.overlapping()


def _sizes(rows: pl.DataFrame, by: Sequence[str]) -> dict[Group, int]:
    """Responses per group, from a count, or from the tally of one question (whose missing answers have a row as well)."""
    sizes: dict[Group, int] = {}
    for group, n in zip(_keys(rows, by), rows["n"].to_list(), strict=True):
        sizes[group] = sizes.get(group, 0) + n
    return sizes


def _summary(responses: int, counts: Mapping[str, Counts], moments: Mapping[str, Moments], *, withheld: bool) -> Summary:
    points = {name.removeprefix("q:"): c for name, c in counts.items() if name != SECURE}
    indices = {name: m for name, m in moments.items() if name != LOYALTY}
    return Summary(responses, points, moments.get(LOYALTY), counts.get(SECURE), indices, withheld)


def _keys(rows: pl.DataFrame, by: Sequence[str]) -> list[Group]:
    """The group of every row."""
    return list(zip(*(rows[key].to_list() for key in by), strict=True)) if by else [()] * len(rows)


def _counts(tally: pl.DataFrame, by: Sequence[str], scales: Mapping[str, Scale]) -> dict[tuple[Group, str], Counts]:
    """The tally is ordered by groups and question, a missing answer last: every cell is a run of its rows."""
    names = tally["question"].to_list()
    runs = list(zip(_keys(tally, by), names, strict=True))
    starts = [i for i, run in enumerate(runs) if i == 0 or run != runs[i - 1]]
    points = tally["point"].cast(pl.Float64).to_numpy()
    n, w, w2 = (tally[name].to_numpy() for name in ("n", "w", "w2"))
    cells: dict[tuple[Group, str], Counts] = {}
    for start, end in zip(starts, [*starts[1:], len(runs)], strict=False):  # without rows there is no start
        answered = end - 1 if np.isnan(points[end - 1]) else end
        rows, scale = slice(start, answered), scales[names[start]]
        turned = points[rows] if scale.direction is Direction.HIGH else scale.oriented(points[rows])
        order = slice(None, None, 1 if scale.direction is Direction.HIGH else -1)
        cells[runs[start]] = Counts(turned[order], n[rows][order], w[rows][order], w2[rows][order], int(n[answered:end].sum()))
    return cells


def _moments(facts: Facts, where: Filter, by: Sequence[str], names: Sequence[str], weighted: bool) -> dict[Group, dict[str, Moments]]:
    found: dict[Group, dict[str, Moments]] = {}
    if names:
        rows = facts.sums(where, by, names, weighted=weighted)
        sums = zip(*(rows[column].to_list() for column in ("column", "n", "w", "w2", "s", "q", "s2", "q2")), strict=True)
        for group, (name, *values) in zip(_keys(rows, by), sums, strict=True):
            found.setdefault(group, {})[name] = Moments(*values)
    return found


def moments_of(row: Mapping[str, float], column: str) -> Moments:
    """The moments of one column from a row of facts.moments."""
    return Moments(int(row["n"]), row["w"], row["w2"], row[f"s:{column}"], row[f"q:{column}"], row[f"s2:{column}"], row[f"q2:{column}"])


def boxes(scale: Scale) -> int:
    """How many favourable points count as satisfied: two, or one on scales of three points and fewer."""
    return 2 if scale.hi - scale.lo >= 3 else 1


def metric_figure(name: str, catalog: Catalog, summary: Summary) -> Figure | None:
    """A metric of a group, base rule applied; None when the programme does not measure it."""
    found = _figure_of(name, catalog, summary)
    return found.hide("hidden_complement") if found is not None and summary.withheld and found.value is not None else found


def _figure_of(name: str, catalog: Catalog, summary: Summary) -> Figure | None:
    metric = metric_of(catalog, name)
    if metric is None:
        return None
    match metric.kind:
        case "secure":
            return apply_base(secure(summary.secure or EMPTY))
        case "loyalty":
            return apply_base(score100(summary.loyalty or EMPTY.moments()))
        case "nps":
            return apply_base(nps(summary.of(metric.question)))
        case "effort":
            return apply_base(_easy(summary.of(metric.question)))
        case "csat":
            return apply_base(top(summary.of(metric.question), _scale(metric)))
    return apply_base(score100(scores_of(metric, summary)))


def metric_difference(name: str, catalog: Catalog, a: Summary, b: Summary) -> Difference | None:
    """a - b of a metric with its test, for two groups without common respondents; None when the programme does not measure it."""
    metric = metric_of(catalog, name)
    if metric is None:
        return None
    if a.withheld or b.withheld:
        return Difference(None, flags=("base_hidden",))
    return sample_difference(sample_of(metric, a), sample_of(metric, b))


def sample_of(metric: Metric, summary: Summary) -> Sample:
    """What a comparison needs of one group: made once per group where many pairs are compared."""
    match metric.kind:
        case "nps":
            return nps_sample(summary.of(metric.question))
        case "secure":
            return secure(summary.secure or EMPTY)
        case "csat":
            return top(summary.of(metric.question), _scale(metric))
        case "effort":
            return _easy(summary.of(metric.question))
        case "loyalty":
            return summary.loyalty or EMPTY.moments()
    return scores_of(metric, summary)


def sample_difference(a: Sample, b: Sample) -> Difference:
    """a - b with its test, two samples of one metric without common respondents."""
    if isinstance(a, Net) and isinstance(b, Net):
        return net_difference(a, b)
    if isinstance(a, Figure) and isinstance(b, Figure):
        return share_difference(a, b)
    assert isinstance(a, Moments) and isinstance(b, Moments), "two samples of one metric"
    return mean_difference(a, b)


def _scale(metric: Metric) -> Scale:
    assert metric.question is not None and metric.question.scale is not None
    return metric.question.scale


def _easy(counts: Counts) -> Figure:
    """CES: share of 5-7 on the 1-7 item "made it easy"; an empty figure where nobody answered."""
    return ces(counts).easy or Figure(None, 0)


def scores_of(metric: Metric, summary: Summary) -> Moments:
    """The respondents' scores on 0-100: from the counts of the only item, else from the index that facts keeps."""
    if metric.index is not None:
        return summary.indices.get(metric.index) or EMPTY.moments()
    scale = _scale(metric)
    width = scale.hi - scale.lo
    return summary.of(metric.question).moments().affine(-100.0 * scale.lo / width, 100.0 / width)


def top(counts: Counts, scale: Scale) -> Figure:
    return top_box(counts, scale.lo, scale.hi, k=boxes(scale))


def without(total: Summary, part: Summary) -> Summary:
    """The rest of a selection without one of its groups."""
    loyalty = None if total.loyalty is None else total.loyalty - part.loyalty if part.loyalty else total.loyalty
    secured = None if total.secure is None else total.secure - part.secure if part.secure else total.secure
    indices = {name: m - part.indices[name] if name in part.indices else m for name, m in total.indices.items()}
    counts = {c: total.counts[c] - part.counts.get(c, EMPTY) for c in total.counts}
    return Summary(total.responses - part.responses, counts, loyalty, secured, indices)


def together(parts: Iterable[Summary]) -> Summary:
    """Groups without common respondents as one group."""
    given = list(parts)
    counts: dict[str, list[Counts]] = {}
    indices: dict[str, list[Moments]] = {}
    for part in given:
        for code, found in part.counts.items():
            counts.setdefault(code, []).append(found)
        for name, scores in part.indices.items():
            indices.setdefault(name, []).append(scores)
    loyalty, secured = [p.loyalty for p in given if p.loyalty], [p.secure for p in given if p.secure is not None]
    return Summary(
        sum(p.responses for p in given),
        {code: _pooled(found) for code, found in counts.items()},
        reduce(add, loyalty) if loyalty else None,
        _pooled(secured) if secured else None,
        {name: reduce(add, found) for name, found in indices.items()},
    )


def _pooled(parts: Sequence[Counts]) -> Counts:
    """All counts as one, added up in a single pass."""
    columns = (np.concatenate([getattr(c, column) for c in parts]) for column in ("points", "n", "w", "w2"))
    return parts[0] if len(parts) == 1 else Counts(*columns, n_missing=sum(c.n_missing for c in parts))


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
    # Of two groups of the same size every list hides the same one, however it is ordered: two lists would tell what each of them hides.
    order = sorted(range(len(every)), key=lambda i: (every[i].n, seen[i], every[i].value or 0.0))
    told = suppress([[every[i].n for i in order]], column_totals=False, n_eff=np.asarray([[seen[i] for i in order]])).complement[0]
    hidden = {i for i, h in zip(order, told, strict=True) if h}
    return [f.hide("hidden_complement") if i in hidden else f for i, f in enumerate(figures)]
