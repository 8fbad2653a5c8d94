"""The counts a rating column would give under a mapping, from its distinct values alone, so that a correction shows at once."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.ingest.plan import VALUES_MAX, Column
from cxdash.ingest.point import Rating


@dataclass(frozen=True)
class PreviewCounts:
    """points: lo..hi, counted from the unfavourable end (a reversed scale is turned, as in every figure); counts per point.

    n: answers; missing: blank cells and missing codes; problems: (cell text, count) that would be listed, most frequent first.
    complete: False when the column has more distinct texts than a proposal carries, so that the counts are a lower bound.
    """

    points: tuple[int, ...]
    counts: tuple[int, ...]
    n: int
    missing: int
    problems: tuple[tuple[str, int], ...] = ()
    complete: bool = True


def preview(column: Column) -> PreviewCounts:
    """Counts of a rating column from `values`, `blank`, `scale`, `codes` and `missing` of the column.

    Raises ValueError when the column has no scale. Agrees with `code` on the same cells (a test holds them together).
    """
    reader = Rating(column)
    scale = reader.scale
    counts = dict.fromkeys(scale.points, 0)
    missing, problems = column.blank, []
    for text, count in column.values:
        found = reader.read(text)
        if found.point is not None:
            counts[int(scale.oriented(found.point))] += count
        elif found.problem is None:
            missing += count
        else:
            problems.append((text, count))
    complete = column.distinct <= max(VALUES_MAX, len(column.values))
    return PreviewCounts(
        tuple(counts), tuple(counts.values()), sum(counts.values()), missing, tuple(sorted(problems, key=lambda item: -item[1])), complete
    )
