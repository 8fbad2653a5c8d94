"""Planes of all the rows of a frame, made once and kept: a filter is then one more plane that the others are cut with.

`cxdash.facts.planes` puts the chosen rows in the order of their groups and takes every column apart, for each question anew. Here the rows
of the frame stand in that order for good; what a question costs is its own plane, one AND per digit, and the products. Groups of so many
kinds are put together from finer ones: random groups are remainders (`RANDOM` of `cxdash.facts.selection`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from cxdash.facts.dense import Coded
from cxdash.facts.planes import PLANES_MOST, Matrix, digits_of, padded, products

FINEST = 1000  # random groups that are kept; fewer are made of them
KEPT_MOST = 128  # planes of a frame: 16 MB for a million rows
Words = npt.NDArray[np.uint64]


class KeptPlanes:
    """Of one frame: `group` is the random group (0 .. FINEST-1) of each row. Several threads may ask."""

    def __init__(self, group: npt.NDArray[np.integer]) -> None:
        order, sizes = np.argsort(group.astype(np.uint16), kind="stable"), np.bincount(group, minlength=FINEST)
        found = padded(order, np.append(0, np.cumsum(sizes)), len(group))
        self._index, self.words = found if found else (None, 0)
        self._kept: OrderedDict[tuple[str, bytes], Words] = OrderedDict()
        self._lock = threading.Lock()

    def sums(
        self, mask: npt.NDArray[np.bool_] | None, names: Sequence[str], values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]],
        groups: int,
    ) -> tuple[npt.NDArray[np.int64], Matrix, Matrix] | None:
        """n (groups), Σx (groups, k) and Σx·x' (groups, k, k) of the rows of the mask (None: all) that have every column, in whole units.

        names: what a column is called in the frame, for what is kept of it. None where this way does not go.
        """
        digits = digits_of(tables)
        if self._index is None or FINEST % groups or sum(digits) > PLANES_MOST:
            return None
        there = np.full((self.words, FINEST), ~np.uint64(0)) if mask is None else self._packed(mask)
        for name, column in dict(zip(names, values, strict=True)).items():
            there &= self._plane(name, column, np.arange(column.states) < column.states - 1)
        cut = np.empty((self.words, sum(digits), FINEST), np.uint64)
        wanted = [(name, column, table, d) for name, column, table, n in zip(names, values, tables, digits, strict=True) for d in range(n)]
        for i, (name, column, table, d) in enumerate(wanted):
            np.bitwise_and(self._plane(name, column, np.append((table >> d) & 1 == 1, False)), there, out=cut[:, i])
        single, crossed = products(cut, digits)
        n = np.bitwise_count(there).sum(axis=0, dtype=np.int64)
        told = (part.reshape(FINEST // groups, groups, *part.shape[1:]).sum(axis=0) for part in (n, single, crossed))
        return tuple(told)  # type: ignore[return-value]

    def _plane(self, name: str, column: Coded, digit: npt.NDArray[np.bool_]) -> Words:
        """Which rows have a value of the column that the digit is set for; read only."""
        return self._known((name, digit.tobytes()), lambda: self._packed(digit[column.array]))

    def _known(self, key: tuple[str, bytes], make: Callable[[], Words]) -> Words:
        with self._lock:
            found = self._kept.get(key)
        found = make() if found is None else found  # two threads would make the same
        with self._lock:
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_MOST:
                self._kept.popitem(last=False)
        return found

    def _packed(self, rows: npt.NDArray[np.bool_]) -> Words:
        """(words, groups): the rows in the order of their groups, a bit each; places that nobody fills are 0."""
        assert self._index is not None
        bits = np.packbits(np.append(rows, False).take(self._index, mode="clip")).view(np.uint64)
        return np.ascontiguousarray(bits.reshape(FINEST, self.words).T)
