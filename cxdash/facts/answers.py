"""A frame that answers: what every engine's facts come down to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.facts import query
from cxdash.facts.moments import moments
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema


class FrameFacts:
    """The questions of `Facts` to one frame (of polars, or PySpark) that never changes: all answers are of one version."""

    def __init__(self, frame: Any, schema: FactsSchema, version: int) -> None:
        self.frame = nw.from_native(frame)
        self.schema = schema
        self._version = version

    def version(self) -> int:
        return self._version

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return query.tally(self.frame, self.schema, where, by, questions, weighted)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        return moments(self.frame, self.schema, where, by, columns, weighted, groups)

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return query.rows(self.frame, self.schema, where, columns, limit, offset, order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        return query.count(self.frame, self.schema, where, by, weighted)


class Following(ABC):
    """`Facts` that follow a source: every question goes to the newest data."""

    @abstractmethod
    def current(self) -> FrameFacts:
        """The newest data, fixed: several questions to the result are answered from one version."""

    def version(self) -> int:
        return self.current().version()

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self.current().tally(where, by, questions, weighted=weighted)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        return self.current().moments(where, by, columns, weighted=weighted, groups=groups)

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return self.current().rows(where, columns, limit=limit, offset=offset, order=order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        return self.current().count(where, by, weighted=weighted)
