"""Findings: what may be said in a sentence about a view, because a test says so; nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cxdash.services.overview import Overview
from cxdash.services.stages import StageScore
from cxdash.stats.adjust import adjust_row
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.figure import Difference, Figure

MOST = 6  # sentences on a page
_RANGE = {"points": 200.0}  # width of a unit's scale; every other unit runs over 100
Kind = Literal["headline", "stage", "segment"]
_ORDER: dict[Kind, int] = {"headline": 0, "stage": 1, "segment": 2}


@dataclass(frozen=True)
class Finding:
    """One significant difference: the figure, what it was (headlines only) and by how much it differs.

    headline: a metric against the comparison. stage: a stage's score against the comparison; subject = its code.
    segment: a value of the attribute `by` against the rest of the selection; subject = the value, None for "no value".
    """

    kind: Kind
    metric: str
    figure: Figure
    difference: Difference
    verdict: Verdict
    before: Figure | None = None
    by: str | None = None
    subject: str | None = None

    @property
    def size(self) -> float:
        """The difference as a share of its scale (0-1): 10 NPS points are as large as 5 points of a percentage."""
        return abs(self.difference.value or 0.0) / _RANGE.get(self.figure.unit, 100.0)


@dataclass(frozen=True)
class Findings:
    """found: every significant difference, headlines first, each kind by size. tests: how many differences were tested."""

    found: tuple[Finding, ...]
    tests: int

    @property
    def shown(self) -> tuple[Finding, ...]:
        return self.found[:MOST]

    @property
    def left_out(self) -> int:
        return len(self.found) - len(self.shown)


def findings(result: Overview) -> Findings:
    """What is significant in an overview. Hidden figures and figures that were not tested say nothing.

    Headlines come first ("are we better?"), then stages and segments together, the largest difference first.
    """
    looked = [*_headlines(result), *_stages(result), *_segments(result)]
    found = [f for f in looked if f.verdict in ("up", "down")]
    found.sort(key=lambda f: (_ORDER[f.kind] > 0, -f.size, _ORDER[f.kind]))
    return Findings(tuple(found), sum(f.verdict != "untested" for f in looked))


def judged_stages(stages: Sequence[StageScore]) -> tuple[StageScore, ...]:
    """The stages with the verdicts of several tests of one row: Holm up to ten stages, BH beyond."""
    changes = [s.change if s.change is not None and s.figure.value is not None else Difference(None) for s in stages]
    adjusted = adjust_row(changes)
    return tuple(replace(s, change=None if s.change is None else d, verdict=verdict(d)) for s, d in zip(stages, adjusted, strict=True))


def _headlines(result: Overview) -> Iterator[Finding]:
    for card in result.cards:
        if card.figure is not None and card.figure.value is not None and card.change is not None:
            yield Finding("headline", card.metric, card.figure, card.change, card.verdict, before=card.before)


def _stages(result: Overview) -> Iterator[Finding]:
    for score in judged_stages(result.stages):
        if score.change is not None and score.figure.value is not None:
            yield Finding("stage", f"stage:{score.stage.code}", score.figure, score.change, score.verdict, subject=score.stage.code)


def _segments(result: Overview) -> Iterator[Finding]:
    """Where there are only two values, each is the other's rest: one test, told once, of the first that is above."""
    pair = len(result.segments) == 2 and not result.segments_left_out
    told = sorted(result.segments, key=lambda s: s.verdict != "up")[:1] if pair else result.segments
    for segment in told:
        if segment.rest is not None and segment.figure.value is not None:
            yield Finding("segment", result.metric, segment.figure, segment.rest, segment.verdict, by=result.by, subject=segment.value)
