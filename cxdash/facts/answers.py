"""A frame that answers: what every engine's facts come down to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from cxdash.facts import dense, joint, paired, products, query
from cxdash.facts.moments import item_of, moments
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.facts.selection import RANDOM, WEIGHTED, Selections, indexed
from cxdash.facts.sums import ANSWER, Summed, Units, counted, summed, sums

if TYPE_CHECKING:
    from cxdash.facts.ruled import RuledFacts
    from cxdash.facts.specs import WeightSpec
    from cxdash.facts.weighting import Raking

EVERYBODY = (Filter(), Filter(customers=True))
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
            groups, names = query.groups_of(self.schema, by, query.TALLY), list(dict.fromkeys(questions))
            columns = [self.schema.question(name)[0] for name in names]
            if names and not weighted and (found := self._cells(where, groups.columns, columns)):
                return groups.finished(dense.tally(*found, names), ["question", "point"])
            return query.tally(*self._cut(where, [*groups.columns, *columns, *(["weight"] if weighted else [])]), by, questions, weighted)

        return self._remembered(("tally", tuple(by), tuple(questions), weighted), where, ask)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            names = list(dict.fromkeys(columns))
            if len(names) == 1 and not weighted and (found := self._of_one(where, by, names[0], groups)) is not None:
                return found
            product = self._selections and products.moments(self._selections, self.schema, where, by, names, weighted, groups)
            if product is not None:
                return product
            parts = [column for name in columns for column, _ in item_of(self.schema, name).parts]
            needed = [*self._groups(by), *parts, "id", *(["weight"] if weighted else []), *(["seed"] if groups else [])]
            return moments(*self._cut(where, needed), by, columns, weighted, groups)

        return self._remembered(("moments", tuple(by), tuple(columns), weighted, groups), where, ask)

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            names = list(dict.fromkeys(columns))
            whole = {name: indexed(self.schema, name) if self._selections else None for name in names}
            groups = query.groups_of(self.schema, by, ANSWER)
            units = self._units(whole) if names and not weighted else None
            if units and (found := self._cells(where, groups.columns, [unit.column for unit in units])):
                return counted(groups, units, *found)
            quick = self._selections if weighted and names and not by else None
            if quick and (told := joint.weighed_sums(quick, self.schema, where, names)) is not None:
                return told
            asked, needed = [], [*groups.columns, "id", *(["weight"] if weighted else [])]
            for name, kept in whole.items():
                for column, most in (kept or {}).items():
                    asked.append(Summed(name, nw.col(column), 100.0 / most))
                    needed.append(column)
                if kept is None:
                    asked.append(summed(self.schema, name))
                    needed += [column for column, _ in item_of(self.schema, name).parts]
            return sums(*self._cut(where, needed), by, asked, weighted)

        return self._remembered(("sums", tuple(by), tuple(columns), weighted), where, ask)

    def joint(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            cells = joint.counted(self._selections, self.schema, where, by, columns) if self._selections and not weighted else None
            if self._selections and weighted and not by:
                cells = joint.weighed(self._selections, self.schema, where, columns)
            if cells is not None:
                return cells
            parts = [column for name in columns for column, _ in item_of(self.schema, name).parts]
            needed = [*self._groups(by), *parts, "id", *(["weight"] if weighted else [])]
            return joint.joint(*self._cut(where, needed), by, columns, weighted)

        return self._remembered(("joint", tuple(by), tuple(columns), weighted), where, ask)

    def rated(self, where: Filter, columns: Sequence[str], *, also: Sequence[str] = (), weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            quick = self._selections if not weighted else None
            places = quick and joint.rated_by_places(quick, self.schema, where, columns, also)
            if places is not None:
                return places
            parts = [column for name in (*columns, *also) for column, _ in item_of(self.schema, name).parts]
            return joint.rated(*self._cut(where, [*parts, "id", *(["weight"] if weighted else [])]), columns, also, weighted)

        return self._remembered(("rated", tuple(columns), tuple(also), weighted), where, ask)

    def paired(self, first: Filter, second: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        places = self._selections and paired.paired_by_places(self._selections, self.schema, first, second, columns, weighted)
        return paired.paired(self.frame, self.schema, first, second, columns, weighted) if places is None else places

    def _of_one(self, where: Filter, by: Sequence[str], name: str, groups: int) -> pl.DataFrame | None:
        """`moments` of a single column, which have no products to be summed; None where counting into cells does not go."""
        keys = query.groups_of(self.schema, by, [*ANSWER, "group"])
        units = self._units({name: indexed(self.schema, name)}) if self._selections and not any(keys.rolled) else None
        if not units:
            return None
        found = self._cells(where, [*keys.columns, *([f"{RANDOM}{groups}"] if groups else [])], [units[0].column])
        if found is None:
            return None
        answer = counted(keys, units, *found).drop("column")
        called = {kind: f"{kind}:{name}" for kind in ("s", "q", "s2", "q2")}
        named = answer.rename(called | ({f"g{len(keys.keys)}": "group"} if groups else {}))
        return named.filter(pl.col("n") > 0) if found[0].keys else named

    def _units(self, whole: Mapping[str, Mapping[str, int] | None]) -> list[Units] | None:
        """How each index or rating is counted in whole units; None where one cannot be."""
        found = []
        for name, kept in whole.items():
            if kept:
                found += [Units(name, column, 0, 1, 100.0 / most) for column, most in kept.items()]
                continue
            item = item_of(self.schema, name)
            if item.scale is None or item.cut:
                return None
            found.append(Units.of(name, item.parts[0][0], item.scale))
        return found

    def _cells(self, where: Filter, keys: Sequence[str], columns: Sequence[str]) -> tuple[dense.Cells, list[dense.Coded]] | None:
        """The selection counted into cells; None where that does not go."""
        chosen = self._selections.codes(where, [*keys, *columns]) if self._selections else None
        if chosen is None:
            return None
        coded, rows = chosen
        cells = dense.cells(coded[: len(keys)], coded[len(keys) :], rows)
        return cells and (cells, coded[len(keys) :])

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return query.rows(self.frame, self.schema, where, columns, limit, offset, order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        def ask() -> pl.DataFrame:
            groups = query.groups_of(self.schema, by, query.SIZES)
            if not weighted and (found := self._cells(where, groups.columns, [WEIGHTED])):
                return query.sizes(groups, dense.sizes(found[0]), ordered=True)
            return query.count(*self._cut(where, [*groups.columns, "weight"]), by, weighted)

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
        if where not in EVERYBODY:
            return ask()
        question = (where.customers, question)
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

    def joint(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self.current().joint(where, by, columns, weighted=weighted)

    def paired(self, first: Filter, second: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self.current().paired(first, second, columns, weighted=weighted)

    def rated(self, where: Filter, columns: Sequence[str], *, also: Sequence[str] = (), weighted: bool = False) -> pl.DataFrame:
        return self.current().rated(where, columns, also=also, weighted=weighted)

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
