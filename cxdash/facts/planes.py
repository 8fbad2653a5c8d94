"""Cross-products of columns of few whole units, counted in bits: 64 respondents are multiplied at once.

A column of units is its binary digits; a digit of all respondents, group by group, is a row of bits (a plane). The product of two digits
summed over a group is the number of bits set in both, so Σx·y = Σ 2^(a+b) · |plane a of x AND plane b of y|. Exact. The ends of a scale
that are 0 or 1 are one plane each, which is what makes a penalty-reward contrast quick (benchmarks/drivers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from cxdash.facts.dense import Coded

WORD, BYTE = 64, 8
PLANES_MOST = 64  # beyond, pairs of planes are more work than products
WASTE_MOST, WASTE_FREE = 2.0, 1 << 18  # rows of the padded groups against those there are; so few are never too many
AT_ONCE = 255 // WORD  # words whose bits a byte can count
THREADS = 2  # numpy works without Python's lock
T = TypeVar("T")
R = TypeVar("R")
Matrix = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


@dataclass
class _Byte:
    """Up to eight planes of one or more columns that are looked up and put in order together."""

    tables: dict[int, tuple[Coded, Bytes]] = field(default_factory=dict)  # by the identity of the column's places
    planes: int = 0

    def add(self, column: Coded, digit: npt.NDArray[np.bool_]) -> None:
        key = id(column.places)
        held = self.tables.get(key, (column, np.zeros(max(256, len(digit) + 1), np.uint8)))[1]
        held[: len(digit)] |= digit.astype(np.uint8) << np.uint8(self.planes)
        self.tables[key] = (column, held)
        self.planes += 1

    def rows(self) -> Bytes:
        """A byte per row of the selection, and a zero for the places that nobody fills."""
        made = [_looked_up(column.array, table) for column, table in self.tables.values()]
        whole = np.zeros(len(made[0]) + 1, np.uint8)
        for part in made:
            whole[:-1] |= part
        return whole


def _looked_up(places: npt.NDArray[np.unsignedinteger], table: Bytes) -> Bytes:
    if places.dtype == np.uint8:  # a tenth of the time of an index
        return np.frombuffer(places.tobytes().translate(table[:256].tobytes()), np.uint8)
    return table[places]


def sums(
    values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]], order: npt.NDArray[np.intp], bounds: npt.NDArray[np.intp],
) -> tuple[Matrix, Matrix] | None:
    """Σx (groups, k) and Σx·x' (groups, k, k), in whole units; None where another way is quicker.

    tables: units (0 or more) of each value of a column. order: the rows by group; bounds: where each group begins, and the last one ends.
    """
    digits, found = digits_of(tables), padded(order, bounds, len(values[0].array))
    if found is None or sum(digits) > PLANES_MOST:
        return None
    index, words = found
    return products(_planes(values, tables, digits, index, len(bounds) - 1, words), digits)


def digits_of(tables: Sequence[npt.NDArray[np.int16]]) -> list[int]:
    """How many binary digits the units of each column have, at least one."""
    return [max(1, int(table.max(initial=0)).bit_length()) for table in tables]


def padded(
    order: npt.NDArray[np.intp], bounds: npt.NDArray[np.intp], nobody: int,
) -> tuple[npt.NDArray[np.intp], int] | None:
    """The rows with as many places for every group, whole words each, `nobody` on those left; and words per group. None where groups are
    so uneven that this wastes too much, or there are none."""
    sizes = np.diff(bounds)
    words = -(-int(sizes.max(initial=0)) // WORD)
    places = words * WORD * len(sizes)
    if not len(sizes) or places > max(WASTE_FREE, WASTE_MOST * len(order)):
        return None
    index = np.full(places, nobody, np.intp)
    starts = np.arange(len(sizes)) * (words * WORD) - bounds[:-1]
    index[np.repeat(starts, sizes) + np.arange(len(order))] = order
    return index, words


def _planes(
    values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]], digits: Sequence[int], index: npt.NDArray[np.intp], groups: int,
    words: int,
) -> npt.NDArray[np.uint64]:
    """(words, planes, groups): digits of the columns, lowest first."""
    held = [_Byte()]
    for column, table, n in zip(values, tables, digits, strict=True):
        for digit in range(n):
            if held[-1].planes == BYTE:
                held.append(_Byte())
            held[-1].add(column, (table >> digit) & 1 == 1)

    def packed(byte: _Byte) -> list[npt.NDArray[np.uint64]]:
        ordered = byte.rows().take(index, mode="clip")
        made = (np.packbits(ordered & np.uint8(1 << bit)).view(np.uint64) for bit in range(byte.planes))
        return [plane.reshape(groups, words).T for plane in made]

    return np.stack([plane for planes in each(packed, held) for plane in planes], axis=1)


def each(work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """In turn, by `THREADS`; what is one thing is done here."""
    if len(things) < 2:
        return [work(thing) for thing in things]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="planes") as pool:
        return list(pool.map(work, things))


def products(planes: npt.NDArray[np.uint64], digits: Sequence[int]) -> tuple[Matrix, Matrix]:
    """The sums of `sums` from bits set in both of two planes; planes: (words, planes, groups), digits of a column beside each other."""
    _, size, groups = planes.shape
    starts = np.concatenate([[0], np.cumsum(digits)])
    column = np.repeat(np.arange(len(digits)), digits)
    worth = 2.0 ** (np.arange(size) - starts[column])
    single, crossed = np.zeros((groups, len(digits))), np.zeros((len(digits), len(digits), groups))

    def fill(columns: range) -> None:
        """Rows of the products: a column belongs to one thread."""
        for p, told in _counts(planes, np.flatnonzero(np.isin(column, columns)).tolist()).items():
            c, end = column[p], starts[column[p] + 1]
            single[:, c] += worth[p] * told[0]
            part = told * (worth[p] * worth[p:, None])
            part[1 : end - p] *= 2  # two digits of one column meet twice in its square
            crossed[c, c:] += np.add.reduceat(part, np.maximum(starts[c:-1] - p, 0), axis=0) if size > len(digits) else part

    each(fill, [range(first, len(digits), THREADS) for first in range(THREADS)])
    lower = np.tril_indices(len(digits), -1)
    crossed[lower] = crossed.transpose(1, 0, 2)[lower]
    return single, crossed.transpose(2, 0, 1)


def _counts(planes: npt.NDArray[np.uint64], wanted: Sequence[int]) -> dict[int, npt.NDArray[np.unsignedinteger]]:
    """Of each plane, how many bits are set in it and in each plane from it on, by group. A word of all planes stays in the cache while it
    is compared, and the bits of a few words are added up in bytes."""
    words, size, groups = planes.shape
    kind = np.uint16 if words * WORD < 1 << 16 else np.uint32
    told = {p: np.zeros((size - p, groups), kind) for p in wanted}
    both, bits, sums = (np.empty((size, groups), t) for t in (np.uint64, np.uint8, np.uint8))
    for first in range(0, words, AT_ONCE):
        for p in wanted:
            b, n, m = both[p:], bits[p:], sums[p:]
            for word in range(first, min(words, first + AT_ONCE)):
                np.bitwise_and(planes[word, p:], planes[word, p], out=b)
                np.bitwise_count(b, out=n if word > first else m)
                if word > first:
                    np.add(m, n, out=m)
            np.add(told[p], m, out=told[p])
    return told
