"""A frame that answers: what every engine's facts come down to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from cxdash.facts import query
from cxdash.facts.moments import item_of, moments
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.facts.selection import Selections, indexed
from cxdash.facts.sums import Summed, summed, sums, totals

if TYPE_CHECKING:
    from cxdash.facts.ruled import RuledFacts
    from cxdash.facts.specs import WeightSpec
    from cxdash.facts.weighting import Raking

REMEMBERED = 512  # answers about all the responses; they are small


class FrameFacts:
    """The questions of `Facts` to one frame (of polars, or PySpark) that never changes: all answers are of one version."""

    def __init__(self, frame: Any, schema: FactsSchema, version: int) -> None:
        self.frame = nw.from_native(frame)
        self.schema = schema
        self._version = version
        self._selections = Selections(frame, schema) if isinstance(frame, pl.DataFrame) else None
        self._known: OrderedDict[Any, pl.DataFrame] = OrderedDict()
        self._lock = Lock()

    def version(self) -> int:
        return self._version

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            needed = [*self._groups(by), *(self.schema.question(name)[0] for name in questions), *(["weight"] if weighted else [])]
            return query.tally(*self._cut(where, needed), by, questions, weighted)

        return self._remembered(("tally", tuple(by), tuple(questions), weighted), where, ask)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            parts = [column for name in columns for column, _ in item_of(self.schema, name).parts]
            needed = [*self._groups(by), *parts, "id", *(["weight"] if weighted else []), *(["seed"] if groups else [])]
            return moments(*self._cut(where, needed), by, columns, weighted, groups)

        return self._remembered(("moments", tuple(by), tuple(columns), weighted, groups), where, ask)

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            whole = {name: indexed(self.schema, name) if self._selections else None for name in dict.fromkeys(columns)}
            asked, needed = [], [*self._groups(by), "id", *(["weight"] if weighted else [])]
            for name, kept in whole.items():
                for column, units in (kept or {}).items():
                    asked.append(Summed(name, nw.col(column), 100.0 / units))
                    needed.append(column)
                if kept is None:
                    asked.append(summed(self.schema, name))
                    needed += [column for column, _ in item_of(self.schema, name).parts]
            if self._selections and asked and not by and not weighted and (plain := self._plain(whole)) is not None:
                return totals(self._selections.cut(where, needed).to_native(), plain)
            return sums(*self._cut(where, needed), by, asked, weighted)

        return self._remembered(("sums", tuple(by), tuple(columns), weighted), where, ask)

    def _plain(self, whole: Mapping[str, Mapping[str, int] | None]) -> list[tuple[str, str, float]] | None:
        """Name, column and factor of each, where all of them are values on 0-100 or whole numbers as they stand."""
        found = []
        for name, kept in whole.items():
            parts = [(column, 100.0 / units) for column, units in kept.items()] if kept else []
            parts = parts or [(column, 1.0) for column, scale in item_of(self.schema, name).parts if scale is None]
            if len(parts) != 1:
                return None
            found.append((name, *parts[0]))
        return found

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return query.rows(self.frame, self.schema, where, columns, limit, offset, order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            return query.count(*self._cut(where, [*self._groups(by), "weight"]), by, weighted)

        return self._remembered(("count", tuple(by), weighted), where, ask)

    def _groups(self, by: Sequence[str]) -> tuple[str, ...]:
        return query.groups_of(self.schema, by, ()).columns

    def _cut(self, where: Filter, columns: Iterable[str]) -> tuple[Any, FactsSchema, Filter]:
        """The frame to ask with the filter that is left to apply: in memory it is applied already, once for all questions about it."""
        if self._selections is None:
            return self.frame, self.schema, where
        return self._selections.cut(where, columns), self.schema, Filter()

    def _remembered(self, question: Any, where: Filter, ask: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Answers about all the responses are asked for by every page and every user, so they are kept with the frame."""
        if where != Filter():
            return ask()
        with self._lock:
            found = self._known.get(question)
        if found is None:
            found = ask()
        with self._lock:
            self._known[question] = found
            self._known.move_to_end(question)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found


class Following(ABC):
    """`Facts` that follow a source: every question goes to the newest data."""

    @abstractmethod
    def current(self) -> RuledFacts:
        """The newest data, fixed: several questions to the result are answered from one version."""

    def version(self) -> int:
        return self.current().version()

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self.current().tally(where, by, questions, weighted=weighted)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        return self.current().moments(where, by, columns, weighted=weighted, groups=groups)

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self.current().sums(where, by, columns, weighted=weighted)

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return self.current().rows(where, columns, limit=limit, offset=offset, order=order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        return self.current().count(where, by, weighted=weighted)

    def under(self, weighting: WeightSpec | None) -> RuledFacts:
        return self.current().under(weighting)

    def rakings(self) -> tuple[Raking, ...]:
        return self.current().rakings()

    def durations(self) -> tuple[int, float | None]:
        return self.current().durations()
