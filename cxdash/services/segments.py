"""Segments: one attribute's values, each against the rest of the selection."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.facts.question import Facts, Filter
from cxdash.services.catalog import Catalog, natural
from cxdash.services.figures import Summary, complemented, measured, metric_difference, metric_figure, without
from cxdash.stats.adjust import adjust_differences
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.figure import Difference, Figure

SHOWN = 40


@dataclass(frozen=True)
class Segment:
    """One value of an attribute against the rest of the selection (never against a total that contains it)."""

    value: str | None
    figure: Figure
    rest: Difference | None
    verdict: Verdict


def segment_figures(facts: Facts, catalog: Catalog, where: Filter, by: str, metric: str, total: Summary, *,
                    weighted: bool = False) -> tuple[tuple[Segment, ...], int]:
    """The metric per value of `by`, in the natural order of the values, and how many values are left out (the smallest).

    Each is tested against the others together; p values are adjusted (Holm up to ten values, BH beyond). A value under the
    minimum base is hidden, and with it a second one where the total would give it away.
    """
    groups = measured(facts, catalog, where, [by], [metric], weighted=weighted)
    largest = sorted(groups.items(), key=lambda item: -item[1].responses)[:SHOWN]
    ordered = sorted(largest, key=lambda item: (item[0][0] is None, natural(str(item[0][0]))))
    shown = [metric_figure(metric, catalog, s) or Figure(None, 0) for _, s in ordered]
    rest = [metric_figure(metric, catalog, s) or Figure(None, 0) for g, s in groups.items() if (g, s) not in largest]
    figures = complemented(shown, left_out=rest)
    rests = [metric_difference(metric, catalog, s, without(total, s)) or Difference(None) for _, s in ordered]
    told = [d if f.value is not None else Difference(None) for f, d in zip(figures, rests, strict=True)]
    judged = adjust_differences(told, "holm" if len(told) <= 10 else "bh")
    segments = tuple(Segment(None if g[0] is None else str(g[0]), f, d, verdict(d))
                     for (g, _), f, d in zip(ordered, figures, judged, strict=True))
    return segments, len(groups) - len(ordered)
