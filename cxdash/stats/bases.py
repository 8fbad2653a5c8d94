"""The base rule: what a figure or a comparison may show with the answers it stands on (methods.md section 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cxdash.stats.figure import DEFF_BLOCK, LEVEL, Difference, Figure, base_of


def apply_base(figure: Figure) -> Figure:
    """The figure as it may be shown: value, interval and standard error taken out under 10 answers (n and n_eff), n kept.

    10-29: shown grey with its interval, never tested or ranked; 30-99: caution. `base` is recomputed, except that a figure
    already hidden (complementary suppression) stays hidden.

    >>> apply_base(Figure(50.0, n=9, n_eff=9.0, ci_low=1.0, ci_high=99.0)).value is None
    True
    >>> apply_base(Figure(50.0, n=12, n_eff=12.0)).base
    'small'
    """
    if figure.base == "hidden" or base_of(figure.n, figure.n_eff) == "hidden":
        return figure.hide()
    return replace(figure, base=base_of(figure.n, figure.n_eff))


def judged(value: float | None, low: float | None, high: float | None, p: float | None, bases: Sequence[tuple[int, float]], method: str,
           *, base_rule: bool = True) -> Difference:
    """A Difference after the base rule: nothing under 10, no test under 30 (n or n_eff) or with a design effect over 2.

    bases: (n, n_eff) of each sample compared. base_rule=False leaves the arithmetic bare (planning, checks against other software).

    >>> d = judged(15.0, 1.0, 29.0, 0.03, [(100, 100.0), (20, 20.0)], "wald")
    >>> d.value, d.p, d.tested, d.flags
    (15.0, None, False, ('base_small',))
    """
    if value is None or any(n == 0 for n, _ in bases):
        return Difference(None, method=method, flags=("undefined",))
    sizes = [base_of(n, n_eff) for n, n_eff in bases]
    if base_rule and "hidden" in sizes:
        return Difference(None, method=method, flags=("base_hidden",))
    flags = []
    if base_rule and "small" in sizes:
        flags.append("base_small")
    if base_rule and any(n > DEFF_BLOCK * n_eff for n, n_eff in bases):
        flags.append("deff_block")
    if p is None:
        flags.append("zero_variance")
    if flags or p is None:
        return Difference(value, low, high, method=method, flags=tuple(flags))
    return Difference(value, low, high, p, tested=True, significant=p < LEVEL, method=method)


def may_test(figure: Figure) -> bool:
    """Whether a figure's base allows significance tests and ranking: n and n_eff at least 30, design effect at most 2.

    >>> may_test(Figure(1.0, n=30, n_eff=30.0)), may_test(Figure(1.0, n=90, n_eff=40.0))
    (True, False)
    """
    return base_of(figure.n, figure.n_eff) not in ("hidden", "small") and figure.n <= DEFF_BLOCK * figure.n_eff

