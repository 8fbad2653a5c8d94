"""Customer Effort Score. CES 2.0: "made it easy", 1-7 agreement, high is good; headline share of 5-7 (methods.md section 2)."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.stats.counts import Counts
from cxdash.stats.figure import Figure
from cxdash.stats.means import mean
from cxdash.stats.net import net_figure, net_of
from cxdash.stats.shares import share_of
from cxdash.terms import Direction, Scale

CES_SCALE = Scale(1, 7)
EASY_FROM, HARD_TO = 5, 3


@dataclass(frozen=True)
class Ces:
    """easy: % at 5-7 (Wilson); net_easy: % 5-7 minus % 1-3 in points (adj3 interval); both None off the 7-point scale.

    mean: of the points as asked, never flipped; polarity says which end is little effort.
    """

    easy: Figure | None
    mean: Figure
    net_easy: Figure | None
    polarity: Direction


def ces(counts: Counts, scale: Scale = CES_SCALE) -> Ces:
    """CES of raw (not oriented) answers. The polarity is the declared direction of the scale; nothing is guessed from the answers.

    On 1-7 with the low end favourable the easy side is 1-3. On other scales (CES 1.0: 1-5, low is little effort) only the mean.
    Raises StatsError for points outside the scale.

    >>> c = ces(Counts.from_values([7, 6, 5, 5, 4, 3, 7, 6, 2, 1, 6, 7]))
    >>> round(c.easy.value, 2), round(c.mean.value, 5), round(c.net_easy.value, 2)
    (66.67, 4.91667, 41.67)
    """
    average = mean(counts, lo=scale.lo, hi=scale.hi)
    if (scale.lo, scale.hi) != (1, 7):
        return Ces(None, average, None, scale.direction)
    oriented = counts.oriented(scale)
    net = net_figure(net_of(oriented, EASY_FROM, HARD_TO))
    easy = share_of(oriented, oriented.points >= EASY_FROM)
    return Ces(easy, average, net, scale.direction)
