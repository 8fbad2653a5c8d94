"""The ledger (수치 이력): what has become of every pinned figure, and what moved it.

What came after a pin is known exactly: ids of responses are never given out twice, so those above the newest of that day are new, and
of the others those with a later version were updated (by the same answers, perhaps: a re-import does not say). How many left the
filter, or were removed from it, follows from how many it held.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from cxdash.errors import NotFound
from cxdash.facts.question import IMPORT, Facts, Filter
from cxdash.services.access import chosen, facts_of, within
from cxdash.services.actor import Actor, Permission, Rows, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.figures import Summary, measured, metric_figure
from cxdash.services.metric import metrics_of
from cxdash.services.pins import PinInfo, basis_of, document, held, shown_to
from cxdash.services.view import Scope, View
from cxdash.stats.figure import Figure
from cxdash.stats.rounding import half_away
from cxdash.store import people, tables
from cxdash.store import pins as store
from cxdash.store.database import reading
from cxdash.store.people_tables import Erasure

DIGITS = 1  # of a reported figure: what is equal after rounding has not moved
State = Literal["same", "moved", "hidden", "impossible"]


@dataclass(frozen=True)
class Draft:
    """What could be pinned now: a metric's figure under a view. responses: of the view; total: of the programme before any filter."""

    catalog: Catalog
    scope: Scope
    responses: int
    total: int
    metrics: tuple[str, ...]
    metric: str
    figure: Figure | None


@dataclass(frozen=True)
class Changes:
    """Responses within a pin's filter since the pin. gone: removed, or changed so that they left; where that cannot be told apart.

    left, entered: updated so that they no longer, or only now, fit the filter (net).
    """

    added: int = 0
    updated: int = 0
    removed: int = 0
    left: int = 0
    gone: int = 0
    entered: int = 0

    def __bool__(self) -> bool:
        return any((self.added, self.updated, self.removed, self.left, self.gone, self.entered))


@dataclass(frozen=True)
class Cause:
    """An import that moved responses of the filter, or was taken back. import_id None: responses that came without a file.

    erased: erased, anonymised, withdrawn or expired; then `removed` responses of the programme (of whatever filter) went, or lost their
    person, at that moment.
    """

    import_id: int | None
    file_name: str
    at: datetime | None
    added: int = 0
    updated: int = 0
    undone: bool = False
    erased: str = ""
    removed: int = 0


@dataclass(frozen=True)
class Entry:
    """A pin and its figure now. difference: now minus then, not of the rounded figures. rules: those of "definition",
    "weighting", "quality" that changed since, as far as the figure depends on them.

    state "hidden": too few answers now; "impossible": the programme no longer has what the figure or its filter is made of.
    """

    pin: PinInfo
    state: State
    now: Figure | None = None
    difference: float | None = None
    changes: Changes = Changes()
    causes: tuple[Cause, ...] = ()
    rules: tuple[str, ...] = ()


def draft(deps: Deps, actor: Actor, *, view: View) -> Draft:
    """The view's metric, or the first that the programme measures; without any there is no figure."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    scope = replace(scope, before=None)  # a pinned figure is compared with itself
    metrics = metrics_of(catalog)
    metric = view.metric if view.metric in metrics else next(iter(metrics), view.metric)
    summary = measured(facts, catalog, scope.now, [], [metric], weighted=view.weighted)[()]
    return Draft(catalog, scope, held(facts, scope.now), whole.responses, metrics, metric, metric_figure(metric, catalog, summary))


def entries(deps: Deps, actor: Actor, *, catalog: Catalog, pins: Sequence[PinInfo]) -> tuple[Entry, ...]:
    """What has become of each pin. Pins of the present data version are answered without a question, pins of one filter share theirs."""
    require(actor, Permission.SEE_FIGURES)
    facts = facts_of(deps, actor, catalog)
    pins = shown_to(actor, catalog, facts, pins)
    with reading(deps.engine) as session:
        rules = store.rules(session, program_id=catalog.id)
        removed = {
            p.id: store.removed_since(session, program_id=catalog.id, version=p.version, last_id=p.last_id)
            for p in pins
            if p.version != facts.version()
        }
    present = _Present(facts, catalog, pins)
    told = [_entry(p, catalog, present, rules, removed.get(p.id)) for p in pins]
    return _with_files(deps, catalog, told)


@dataclass
class _Present:
    """Answers of one version of the data, each question asked once for all pins."""

    facts: Facts
    catalog: Catalog
    pins: Sequence[PinInfo]
    _summaries: dict[tuple[str, bool, Rows], Summary] = field(default_factory=dict)
    _counts: dict[tuple[str, int, int, Rows], tuple[int, dict[int | None, int], dict[int | None, int]]] = field(default_factory=dict)

    def figure(self, pin: PinInfo) -> Figure | None:
        key = (_key(pin.where), pin.weighted, pin.rows)
        if key not in self._summaries:
            metrics = [p.metric for p in self.pins if (_key(p.where), p.weighted, p.rows) == key]
            facts = within(self.facts, self.catalog, pin.rows)
            self._summaries[key] = measured(facts, self.catalog, pin.where, [], metrics, weighted=pin.weighted)[()]
        return metric_figure(pin.metric, self.catalog, self._summaries[key])

    def counts(self, pin: PinInfo, where: Filter) -> tuple[int, dict[int | None, int], dict[int | None, int]]:
        """Responses of the filter now; by import those new since the pin, and those updated."""
        key = (_key(where), pin.version, pin.last_id, pin.rows)
        if key not in self._counts:
            facts = within(self.facts, self.catalog, pin.rows)
            later = _by_import(facts, replace(where, after=pin.version))
            new = _by_import(facts, replace(where, after=pin.version, beyond=pin.last_id))
            updated = {i: n - new.get(i, 0) for i, n in later.items() if n > new.get(i, 0)}
            self._counts[key] = (held(facts, where), new, updated)
        return self._counts[key]


def _entry(pin: PinInfo, catalog: Catalog, present: _Present, rules: store.Rules, removed: int | None) -> Entry:
    """removed: responses of the programme that went since the pin; None where the data have not changed."""
    basis = basis_of(catalog, pin.metric, rules)
    different = tuple(name for name in _depends(pin) if basis[name] != pin.basis.get(name))
    if removed is None and not different:
        return Entry(pin, "same", pin.figure, 0.0)
    if basis["definition"] is None:
        return Entry(pin, "impossible", rules=different)
    try:
        now = present.figure(pin)
        changes, causes = _changes(pin, present, removed or 0, settled="quality" not in different)
    except NotFound:  # the filter asks for an attribute that is gone
        return Entry(pin, "impossible", rules=different)
    if now is None or now.value is None or pin.figure.value is None:
        return Entry(pin, "hidden", now, None, changes, causes, different)
    told = [half_away(f.value or 0.0, DIGITS) for f in (now, pin.figure)]
    state: State = "same" if told[0] == told[1] else "moved"
    return Entry(pin, state, now, now.value - pin.figure.value, changes, causes, different)


def _changes(pin: PinInfo, present: _Present, removed: int, *, settled: bool) -> tuple[Changes, tuple[Cause, ...]]:
    """settled: the filter means what it meant, so that what it held can be compared with what it holds."""
    total, new, updated = present.counts(pin, pin.where)
    found = Changes(sum(new.values()), sum(updated.values()))
    less = pin.responses - (total - found.added) if settled else 0
    if less < 0:
        found = replace(found, entered=-less)
    elif less > 0 and removed == 0:
        found = replace(found, left=less)
    elif less > 0:
        elsewhere = sum(present.counts(pin, Filter())[2].values()) > found.updated
        found = replace(found, gone=less) if elsewhere else replace(found, removed=less)
    later = {i: (new.get(i, 0), updated.get(i, 0)) for i in (*new, *updated) if i in new or (i or 0) > pin.last_import}
    causes = [Cause(i, "", None, *counts) for i, counts in later.items()]
    unexplained = less > 0 or any(i not in later for i in updated)
    return found, (*causes, *([Cause(None, "", None, undone=True)] if unexplained else []))


def _with_files(deps: Deps, catalog: Catalog, told: Sequence[Entry]) -> tuple[Entry, ...]:
    """The causes with their files, newest first; in the place of what was taken back, the imports that were undone since the pin."""
    if not any(entry.causes for entry in told):
        return tuple(told)
    wanted = {c.import_id for e in told for c in e.causes if c.import_id is not None}
    with reading(deps.engine) as session:
        erased = people.erasures(session, program_id=catalog.id, since=min(e.pin.version for e in told))
        rows = store.imports_behind(session, program_id=catalog.id, ids=wanted, undone_since=min(e.pin.at for e in told))
    files = {row.id: row for row in rows}
    return tuple(replace(e, causes=(*_filed(e, files), *_erased(e, erased))) for e in told)


def _erased(entry: Entry, erased: Sequence[Erasure]) -> list[Cause]:
    """What went at the wish of a person, or by retention, since the figure was pinned; newest first, one line per day and kind."""
    if not (entry.changes.removed or entry.changes.gone or entry.changes.updated):
        return []
    days: dict[tuple[str, object], Cause] = {}
    for one in erased:
        if one.ver > entry.pin.version:
            held = days.get((one.kind, one.at.date()))
            n = one.responses + (held.removed if held else 0)
            days[one.kind, one.at.date()] = Cause(None, "", one.at, erased=one.kind, removed=n)
    return list(reversed(days.values()))


def _filed(entry: Entry, files: Mapping[int | None, tables.Import]) -> tuple[Cause, ...]:
    found = [
        replace(c, file_name=files[c.import_id].file_name, at=files[c.import_id].created_at) if c.import_id in files else c
        for c in entry.causes
        if not c.undone
    ]
    if any(c.undone for c in entry.causes):
        found += [
            Cause(row.id, row.file_name, row.undone_at, undone=True)
            for row in files.values()
            if row.undone_at is not None and row.undone_at >= entry.pin.at
        ]
    return tuple(sorted(found, key=lambda c: -(c.import_id or 0)))


def _by_import(facts: Facts, where: Filter) -> dict[int | None, int]:
    counted = facts.count(where, [IMPORT])
    return dict(zip(counted[IMPORT].to_list(), counted["n"].to_list(), strict=True))


def _depends(pin: PinInfo) -> tuple[str, ...]:
    """What the figure stands on besides responses."""
    return ("definition", *(["weighting"] if pin.weighted else []), *(["quality"] if pin.where.clean else []))


def _key(where: Filter) -> str:
    return json.dumps(document(where), sort_keys=True)
