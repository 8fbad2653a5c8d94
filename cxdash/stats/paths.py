"""Which models of drivers the answers allow when not everybody experienced everything (methods.md section 5, "Missing").

"Not experienced" is structural: it is neither imputed nor thrown out of the whole analysis. One model takes the drivers that nearly all
rated; every driver it had to leave out gets a model among those who rated it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.importance import LOST_MOST

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Path:
    """A model: `drivers` (in the order asked for) among the `base` people who can be in it, of whom n rated them all.

    about: None = the model of everybody with an outcome; else the driver whose raters it is about.
    """

    drivers: tuple[str, ...]
    n: int
    base: int
    about: str | None = None

    @property
    def lost_share(self) -> float:
        """Part of the base that a missing driver costs, 0..1; 0 without a base."""
        return 1 - self.n / self.base if self.base else 0.0


@dataclass(frozen=True)
class Paths:
    """rated: driver -> who rated it. unrated: candidates nobody rated. main: the model of everybody; apart: models among raters of a
    driver that `main` leaves out, each set of drivers once. listwise: who rated all candidates that anybody rated."""

    rated: dict[str, int]
    unrated: tuple[str, ...]
    listwise: int
    main: Path
    apart: tuple[Path, ...]


def paths(names: Sequence[str], masks: Sequence[int] | Ints, n: Sequence[int] | Ints, *, most_lost: float = LOST_MOST) -> Paths:
    """Models over candidates `names` from the patterns of who rated what, among people with an outcome (facts.rated).

    masks: bit i set = candidate i rated; n: how many people have that pattern. A model drops drivers, always the one that costs the most
    people, until at most `most_lost` of its base are lost. Raises StatsError (reason paths_shape).

    >>> found = paths(["a", "b", "c"], [0b011, 0b111], [70, 30])
    >>> found.main.drivers, [(p.about, p.drivers, p.n) for p in found.apart]
    (('a', 'b'), [('c', ('a', 'b', 'c'), 30)])
    """
    mask, size = np.asarray(masks, np.int64), np.asarray(n, np.int64)
    if mask.shape != size.shape or mask.ndim != 1 or (size < 0).any() or len(names) > 62:
        raise StatsError(reason="paths_shape")
    has = (mask[:, None] >> np.arange(len(names))) & 1 == 1
    rated = {name: int(size[has[:, i]].sum()) for i, name in enumerate(names)}
    every = [i for i, name in enumerate(names) if rated[name]]
    chosen = _kept(has, size, every, most_lost)
    found = [_path(names, has, size, chosen, None)]
    for i in sorted(set(every) - set(chosen), key=lambda i: (-rated[names[i]], i)):
        among = has[:, i]
        kept = _kept(has[among], size[among], every, most_lost, always=i)
        path = _path(names, has, np.where(among, size, 0), kept, names[i])
        if path.drivers not in {p.drivers for p in found}:
            found.append(path)
    listwise = int(size[has[:, every].all(axis=1)].sum()) if every else 0
    return Paths(rated, tuple(name for name in names if not rated[name]), listwise, found[0], tuple(found[1:]))


def _path(names: Sequence[str], has: npt.NDArray[np.bool_], size: Ints, chosen: Sequence[int], about: str | None) -> Path:
    return Path(tuple(names[i] for i in chosen), int(size[has[:, chosen].all(axis=1)].sum()), int(size.sum()), about)


def _kept(has: npt.NDArray[np.bool_], size: Ints, every: Sequence[int], most_lost: float, always: int | None = None) -> list[int]:
    kept, base = list(every), int(size.sum())
    while len(kept) > 1:
        n = int(size[has[:, kept].all(axis=1)].sum())
        if base - n <= most_lost * base:
            break
        free = [i for i in kept if i != always]
        without = {i: int(size[has[:, [j for j in kept if j != i]].all(axis=1)].sum()) for i in free}
        rated = {i: int(size[has[:, i]].sum()) for i in free}
        kept.remove(max(free, key=lambda i: (without[i], -rated[i], i)))
    return kept
