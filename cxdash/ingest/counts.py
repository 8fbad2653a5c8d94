"""The distribution of every column: distinct texts with their counts, blanks, and samples for the guesses."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cxdash.ingest import glance

KEEP = 600  # distinct texts kept per column for the guesses; the proposal shows VALUES_MAX of them
LONG = 1_000  # characters of a text that are looked at; codes and options are shorter
MERGE = 5_000  # columns with more distinct texts are free texts or keys: their spellings are not merged


@dataclass(frozen=True)
class Counts:
    """values: distinct trimmed texts (their first LONG characters) with counts, most frequent first, at most KEEP; distinct counts all."""

    rows: int
    blank: int
    distinct: int
    values: tuple[tuple[str, int], ...]

    @property
    def filled(self) -> int:
        return self.rows - self.blank

    @property
    def complete(self) -> bool:
        """All distinct values are in `values`."""
        return self.distinct <= len(self.values)

    @property
    def kept(self) -> int:
        return sum(n for _, n in self.values)

    def share(self, texts: set[str]) -> float:
        """Share of the kept answers whose text is one of `texts`."""
        return sum(n for v, n in self.values if v in texts) / self.kept if self.kept else 0.0


def count(column: pl.Series) -> Counts:
    """The distribution of one column of texts."""
    rows = column.len()
    if (longest := column.str.len_bytes().max()) is not None and longest > LONG:
        column = column.str.slice(0, LONG)
    nulls = column.null_count()
    table = column.value_counts(name="n") if nulls == 0 else column.drop_nulls().value_counts(name="n")
    name = column.name
    if table.height <= MERGE:
        merged: dict[str, int] = {}
        for text, n in zip(table[name].to_list(), table["n"].to_list(), strict=True):
            key = glance.squeeze(text)
            merged[key] = merged.get(key, 0) + n
        spaces = merged.pop("", 0)
        ranked = sorted(merged.items(), key=lambda pair: (-pair[1], pair[0]))
        return Counts(rows, nulls + spaces, len(ranked), tuple(ranked[:KEEP]))
    return Counts(rows, nulls, table.height, _many(column, table))


def _many(column: pl.Series, table: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    """The repeated texts of a column with many, filled up with its first texts, so that the outcome does not hang on row hashing."""
    often = table.filter(pl.col("n") > 1)
    if often.height > MERGE:
        often = often.top_k(MERGE, by="n")
    pairs = {glance.squeeze(t): n for t, n in often.rows()}
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:KEEP]
    for text in column.head(4 * KEEP).drop_nulls().to_list():
        if len(ranked) >= KEEP:
            break
        key = glance.squeeze(text)
        if key and key not in pairs:
            pairs[key] = 1
            ranked.append((key, 1))
    return tuple(ranked)


def count_all(frame: pl.DataFrame) -> dict[int, Counts]:
    """The distributions of all columns, by grid index."""
    return {int(s.name): count(s) for s in frame.get_columns()}
