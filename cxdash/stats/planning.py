"""How many answers a collection needs, and how many it will have when it closes."""

from __future__ import annotations

import math

from cxdash.errors import StatsError
from cxdash.stats.figure import CAUTION, Z95
from cxdash.stats.net import Net, adjusted
from cxdash.stats.nps import nps_sample_size
from cxdash.stats.shares import share_sample_size

MARGIN = 5.0  # points or percentage points on either side
ENOUGH = 30  # answers that say how much opinions differ; below, the answers of everybody do, and below that the widest difference
NEAR = 1.01  # of the margin: an interval that is wider by no more than that is near enough
MIN_DAYS = 1.0  # days of collecting that a pace can be read from
_PSEUDO = 3.0  # as the interval of NPS: ¾ promoter, 1½ passive, ¾ detractor
WIDEST_SHARE = 0.5  # of those satisfied: needs most answers
WIDEST_NET = (0.5, 0.5)  # promoters and detractors


def net_needed(net: Net | None, margin: float = MARGIN) -> int:
    """Answers for a 95 % interval of ± margin points around a net share spread as in `net`; None: the widest spread there is.

    n = z²σ²/margin² with σ² = 10⁴[p′ + m′ − (p′ − m′)²], where p′ and m′ are the observed shares with +3 added as in the interval
    itself. Rounded up; never under 100, below which a figure is marked "caution" (and the normal approximation is poor at the ends); more
    where nearly all agree, because +3 among so few answers widens the interval by itself.

    >>> net_needed(None), net_needed(Net(30.0, 0.5, 0.2, 10**9, 1e9, None))
    (1537, 938)
    """
    if net is None or net.n == 0:
        return math.ceil(nps_sample_size(*WIDEST_NET, margin=margin))
    if margin <= 0:
        raise StatsError(reason="sample_size_goal")
    seen = adjusted(net.plus, net.minus, net.n_eff)
    spread = seen.se**2 * (net.n_eff + _PSEUDO)  # 10⁴[p′ + m′ − (p′ − m′)²]
    centre = spread / 1e4  # the variance of +1, 0, −1; the same as that of a net share with (centre) outer answers in balance
    found = max(CAUTION, math.ceil(nps_sample_size(centre / 2, centre / 2, margin=margin)))
    balance = seen.centre / 100  # p′ − m′
    plus = (centre + balance**2 + balance) / 2
    while Z95 * adjusted(plus, plus - balance, found).se > NEAR * margin:
        found += 1
    return found


def share_needed(share: float | None, n: int = 0, margin: float = MARGIN) -> int:
    """Answers for a 95 % interval of ± margin percentage points around a share (0..1) seen in n answers; None: the widest spread.

    n = z²p′(1 − p′)/margin², p′ = (np + 2)/(n + 4) (Agresti and Coull 1998); never under 100, as `net_needed`.

    >>> share_needed(None), share_needed(0.8, 400), share_needed(1.0, 30)
    (385, 249, 100)
    """
    if share is None or n <= 0:
        return math.ceil(share_sample_size(WIDEST_SHARE, margin))
    return max(CAUTION, math.ceil(share_sample_size((share * n + 2) / (n + 4), margin)))


def forecast(n: int, recent: int, days: float, left: float) -> float | None:
    """Answers at the end: n and as many a day as lately. recent: answers of the last `days` days; left: days to the end.

    None under a day of collecting: a pace cannot be read from it.

    >>> forecast(200, 70, 7, 10), forecast(5, 5, 0.3, 10)
    (300.0, None)
    """
    if min(n, recent) < 0:
        raise StatsError(reason="sample_size_goal")
    return None if days < MIN_DAYS else n + recent / days * max(0.0, left)
