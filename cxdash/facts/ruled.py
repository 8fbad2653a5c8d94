"""Facts under the programme's own rules: raked weights in place of imported ones, and what looks careless.

Both hang on all responses together, so a change of one response may move every one of them. They are made from a frame at the first
question that needs them and are kept in no snapshot: who asks neither for weights nor for care pays nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.facts.answers import FrameFacts
from cxdash.facts.careless import judged, medians
from cxdash.facts.filters import asks_of_care
from cxdash.facts.question import Filter, attribute_name
from cxdash.facts.schema import FactsSchema
from cxdash.facts.specs import WeightSpec
from cxdash.facts.weighting import Raking, cells, rakings, weighed


class RuledFacts:
    """`Facts` over one frame (of polars, or PySpark) that never changes: all answers are of one version."""

    def __init__(self, frame: Any, schema: FactsSchema, version: int) -> None:
        self.frame, self.schema = nw.from_native(frame), schema
        self._version = version
        self._under: RuledFacts | None = None

    def version(self) -> int:
        return self._version

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._for(where).tally(where, by, questions, weighted=weighted)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        return self._for(where).moments(where, by, columns, weighted=weighted, groups=groups)

    def joint(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._for(where).joint(where, by, columns, weighted=weighted)

    def paired(self, first: Filter, second: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        asked = second if asks_of_care(second, self.schema) else first
        return self._for(asked).paired(first, second, columns, weighted=weighted)

    def rated(self, where: Filter, columns: Sequence[str], *, also: Sequence[str] = (), weighted: bool = False) -> pl.DataFrame:
        return self._for(where).rated(where, columns, also=also, weighted=weighted)

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._for(where).sums(where, by, columns, weighted=weighted)

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return self._for(where).rows(where, columns, limit=limit, offset=offset, order=order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        return self._for(where).count(where, by, weighted=weighted)

    def under(self, weighting: WeightSpec | None) -> RuledFacts:
        if weighting == self.schema.weighting:
            return self
        known = self._under  # the last one tried: a page asks several questions of it
        if known is None or known.schema.weighting != weighting:
            known = self._under = RuledFacts(self.frame.to_native(), replace(self.schema, weighting=weighting), self._version)
        return known

    def rakings(self) -> tuple[Raking, ...]:
        spec = self.schema.weighting
        return () if spec is None else rakings(cells(self.frame, self.schema, spec), spec)[1]

    def durations(self) -> tuple[int, float | None]:
        key = self.schema.quality.duration
        if key is None or key not in self.schema.groups:
            return 0, None
        counted = self.count(Filter(), [attribute_name(key)])
        return medians(counted.select(pl.nth(0).alias("value"), "n"))

    def _for(self, where: Filter) -> FrameFacts:
        return self._careful if asks_of_care(where, self.schema) else self._plain

    @cached_property
    def _plain(self) -> FrameFacts:
        frame = self.frame if self.schema.weighting is None else weighed(self.frame, self.schema)
        return FrameFacts(frame.to_native(), self.schema, self._version)

    @cached_property
    def _careful(self) -> FrameFacts:
        return FrameFacts(judged(self._plain.frame, self.schema).to_native(), self.schema, self._version)
