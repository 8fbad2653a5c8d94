"""Which models of drivers the answers allow when not everybody experienced everything (methods.md section 5, "Missing").

"Not experienced" is structural: it is neither imputed nor thrown out of the analysis. A model is about the people who experienced all of
its stages; of those, who skipped an item is lost, and that loss is limited. The main model is the one most answers are in (people times
drivers); every driver it leaves out gets the same among those who rated it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.importance import LOST_MOST, needed

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PathModel:
    """A model: `drivers` (in the order asked for), n people who rated them all, of `base` who experienced all their stages, of `people`.

    about: None = people are all with an outcome; else the driver whose raters they are.
    """

    drivers: tuple[str, ...]
    n: int
    base: int
    people: int
    about: str | None = None

    @property
    def lost_share(self) -> float:
        """Part of the base that a skipped item costs, 0..1; 0 without a base."""
        return 1 - self.n / self.base if self.base else 0.0


@dataclass(frozen=True)
class Paths:
    """rated: driver -> who rated it. unrated: candidates nobody rated. listwise: who rated all candidates that anybody rated.

    main: the model of most answers; apart: models about the drivers that `main` leaves out, each set of drivers once.
    """

    rated: dict[str, int]
    unrated: tuple[str, ...]
    listwise: int
    main: PathModel
    apart: tuple[PathModel, ...]


@dataclass(frozen=True)
class _Answers:
    """has (patterns, drivers): rated; reached (patterns, drivers): the driver's stage was experienced; size (patterns,): people."""

    has: Bools
    reached: Bools
    size: Ints

    def among(self, rows: Bools) -> _Answers:
        return _Answers(self.has[rows], self.reached[rows], self.size[rows])

    def n(self, drivers: Sequence[int]) -> int:
        return int(self.size[self.has[:, drivers].all(axis=1)].sum())

    def base(self, drivers: Sequence[int]) -> int:
        return int(self.size[self.reached[:, drivers].all(axis=1)].sum())


def paths(names: Sequence[str], masks: Sequence[int] | Ints, n: Sequence[int] | Ints, *, stages: Mapping[str, str] | None = None,
          most_lost: float = LOST_MOST) -> Paths:
    """Models over candidates `names` from the patterns of who rated what, among people with an outcome (facts.rated).

    masks: bit i set = candidate i rated; n: how many people have that pattern. stages: candidate -> its stage, which counts as experienced
    when any candidate of it is rated; default: every candidate is a stage, so that nothing can be skipped. Drivers are dropped one
    by one, always the one that costs the most people, and the best stop is taken whose n is enough and whose loss is at most `most_lost`.
    Raises StatsError (reason paths_shape).

    >>> found = paths(["a", "b", "c"], [0b011, 0b111], [70, 30])
    >>> found.main.drivers, [(p.about, p.drivers, p.n) for p in found.apart]
    (('a', 'b'), [('c', ('a', 'b', 'c'), 30)])
    """
    answers = _answers(names, masks, n, stages)
    has, size = answers.has, answers.size
    rated = {name: int(size[has[:, i]].sum()) for i, name in enumerate(names)}
    every = [i for i, name in enumerate(names) if rated[name]]
    chosen = _kept(answers, every, most_lost)
    found = [_model(names, answers, chosen, None)]
    for i in sorted(set(every) - set(chosen), key=lambda i: (-rated[names[i]], i)):
        raters = answers.among(has[:, i])
        model = _model(names, raters, _kept(raters, every, most_lost, always=i), names[i])
        if model.drivers not in {p.drivers for p in found}:
            found.append(model)
    return Paths(rated, tuple(name for name in names if not rated[name]), answers.n(every) if every else 0, found[0], tuple(found[1:]))


def path_of(names: Sequence[str], masks: Sequence[int] | Ints, n: Sequence[int] | Ints, drivers: Sequence[str], *,
            stages: Mapping[str, str] | None = None) -> PathModel:
    """The model of these drivers among everybody, as another selection has them; arguments as in `paths`.

    >>> path_of(["a", "b"], [0b01, 0b11], [70, 30], ["a"])
    PathModel(drivers=('a',), n=100, base=100, people=100, about=None)
    """
    return _model(names, _answers(names, masks, n, stages), [i for i, name in enumerate(names) if name in set(drivers)], None)


def _answers(names: Sequence[str], masks: Sequence[int] | Ints, n: Sequence[int] | Ints, stages: Mapping[str, str] | None) -> _Answers:
    mask, size = np.asarray(masks, np.int64), np.asarray(n, np.int64)
    if mask.shape != size.shape or mask.ndim != 1 or (size < 0).any() or len(names) > 62:
        raise StatsError(reason="paths_shape")
    has = (mask[:, None] >> np.arange(len(names))) & 1 == 1
    of = [name if stages is None else stages[name] for name in names]
    together = np.array([[a == b for b in of] for a in of], bool).reshape(len(names), len(names))
    return _Answers(has, (has.astype(np.int64) @ together) > 0, size)


def _model(names: Sequence[str], answers: _Answers, chosen: Sequence[int], about: str | None) -> PathModel:
    return PathModel(tuple(names[i] for i in chosen), answers.n(chosen), answers.base(chosen), int(answers.size.sum()), about)


def _kept(answers: _Answers, every: Sequence[int], most_lost: float, always: int | None = None) -> list[int]:
    kept = list(every)
    best: tuple[tuple[bool, bool, int], list[int]] = ((False, False, -1), kept)
    while kept:
        n, base = answers.n(kept), answers.base(kept)
        worth = (n >= needed(len(kept)), base - n <= most_lost * base, n * len(kept))
        if worth > best[0]:
            best = (worth, list(kept))
        free = [i for i in kept if i != always]
        if not free or len(kept) == 1:
            break
        left = {i: answers.n([j for j in kept if j != i]) for i in free}
        rated = {i: int(answers.size[answers.has[:, i]].sum()) for i in free}
        kept.remove(max(free, key=lambda i: (left[i], -rated[i], i)))
    return best[1]
