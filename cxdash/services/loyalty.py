"""Loyalty segments: Walker's matrix of overall satisfaction × repurchase intention, by any attribute, and who moved since before.

The cut is fixed at 75 of 100 (`cxdash.stats.loyalty.HIGH_FROM`): a median split would fix the sizes and hide change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from cxdash.facts.question import WAVE, Facts, Filter, question_name
from cxdash.facts.scoped import GuardedFacts
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.crosstab import grouping, in_order
from cxdash.services.deps import Deps
from cxdash.services.figures import complemented
from cxdash.services.options import MOST_VALUES
from cxdash.services.segments import SHOWN, value_counts
from cxdash.services.view import Scope, View
from cxdash.stats.adjust import adjust_row
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Counts
from cxdash.stats.figure import HIDDEN, Difference, Figure
from cxdash.stats.loyalty import MATRIX
from cxdash.stats.movement import Movement, classes, matrix_counts, movement, shares
from cxdash.stats.shares import box_share, share_difference
from cxdash.terms import CUSTOMER, Measure

CLASSES = MATRIX  # truly_loyal, accessible, trapped, high_risk
TEMPORAL = ("previous_period", "previous_wave", "period")
NOBODY = Counts.from_tally([], [])
Why = Literal["", "comparison", "dates", "few"]
Value = str | None


@dataclass(frozen=True)
class Share:
    """The share of one class. difference: from the other side of the comparison, or from the rest of the selection; None without one."""

    name: str
    figure: Figure
    difference: Difference | None = None
    verdict: Verdict = "untested"


@dataclass(frozen=True)
class Group:
    """One value of an attribute: its four classes, each against the rest of the selection, adjusted over the whole table. n: classified."""

    value: Value
    n: int
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Origin:
    """Customers of one class before: what share of them is in each class now. n: how many they were; base hidden: nothing is said."""

    name: str
    n: int
    to: tuple[Figure, ...]


@dataclass(frozen=True)
class Moves:
    """The same customers before and now. why: what keeps it from being told: "comparison" (the view compares with nothing earlier),
    "dates" (periods tell of few people, to who sees no single answers; waves do not), "few" (under ten answered in both).

    paired: customers in both; movement: of those classified in both. waves: the two waves, where the sides are one wave each.
    """

    why: Why = ""
    paired: int = 0
    movement: Movement | None = None
    origins: tuple[Origin, ...] = ()
    waves: tuple[str, str] | None = None


@dataclass(frozen=True)
class Loyalty:
    """The page. attitude, intention: the questions behind the axes; where one is missing there are no figures.

    classified, unclassified: responses of the selection with both answers, and without. keys: attributes to divide by; by: the one shown.
    """

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int
    attitude: QuestionInfo | None
    intention: QuestionInfo | None
    keys: tuple[str, ...] = ()
    by: str | None = None
    shares: tuple[Share, ...] = ()
    classified: int = 0
    unclassified: int = 0
    groups: tuple[Group, ...] = ()
    left_out: int = 0
    moves: Moves = field(default_factory=Moves)


def axes_of(catalog: Catalog) -> tuple[QuestionInfo | None, QuestionInfo | None]:
    """The questions of the axes: overall satisfaction (the one behind CSAT), and the intention to repurchase or continue."""
    again = [q for q in catalog.ratings if q.measure is Measure.REPURCHASE]
    chosen_one = next((q for q in again if q.code in catalog.loyalty_items), again[0] if again else None)
    return catalog.behind("csat"), chosen_one


def loyalty(deps: Deps, actor: Actor, *, view: View, sizes: Mapping[str, int] | None = None) -> Loyalty:
    """Everything the page shows. NotFound when the programme does not exist. sizes: as `cxdash.services.segments.segments`."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    attitude, intention = axes_of(catalog)
    responses = int(facts.count(scope.now, weighted=view.weighted)["n"].sum())
    page = Loyalty(catalog, view, scope, responses, whole.responses, attitude, intention)
    if attitude is None or intention is None:
        return page
    sizes = value_counts(facts, catalog) if sizes is None else sizes
    keys = tuple(k for k, n in sizes.items() if 0 < n <= MOST_VALUES)
    apart = [k for k in keys if sizes[k] > 1 and k != CUSTOMER]  # who is only a prospect is seldom asked about buying again
    by = view.by if view.by in keys else next(iter(apart or keys), None)
    asked = (question_name(attitude.code), question_name(intention.code))
    now = _counted(facts, scope.now, [], asked, view.weighted).get((), NOBODY)
    groups, left_out = _by(facts, catalog, scope.now, by, asked, now, view.weighted) if by else ((), 0)
    return replace(
        page, keys=keys, by=by, shares=_against(facts, scope, asked, now, view.weighted), classified=now.size, unclassified=now.n_missing,
        groups=groups, left_out=left_out, moves=_moves(facts, catalog, scope, asked, view.weighted),
    )  # fmt: skip


def _counted(facts: Facts, where: Filter, by: Sequence[str], asked: Sequence[str], weighted: bool) -> dict[tuple[Value, ...], Counts]:
    """The classes of every group, from how often pairs of answers came together."""
    rows = facts.joint(where, by, asked, weighted=weighted)
    found = {}
    for key, part in rows.group_by(rows.columns[: len(by)], maintain_order=True) if by else [((), rows)]:
        columns = (part[name].to_numpy() for name in ("v0", "v1", "n", "w", "w2"))
        found[tuple(None if k is None else str(k) for k in key)] = matrix_counts(*columns)
    return found


def _figures(counts: Counts) -> list[Figure]:
    return [apply_base(figure) for figure in shares(counts).values()]


def _against(facts: Facts, scope: Scope, asked: Sequence[str], now: Counts, weighted: bool) -> tuple[Share, ...]:
    """The shares of the selection, each with its change against the comparison; adjusted over the four classes."""
    figures = _figures(now)
    before = NOBODY if scope.before is None else _counted(facts, scope.before, [], asked, weighted).get((), NOBODY)
    if scope.before is None or (scope.rest and before.size <= now.size):  # a whole that may not speak has no rest
        return tuple(Share(name, figure) for name, figure in zip(CLASSES, figures, strict=True))
    before = before - now if scope.rest else before
    raw = [_difference(a, b) for a, b in zip(figures, _figures(before), strict=True)]
    told = adjust_row(raw if scope.apart else [d.overlapping() for d in raw])
    return tuple(Share(name, figure, d, verdict(d)) for name, figure, d in zip(CLASSES, figures, told, strict=True))


def _difference(a: Figure, b: Figure) -> Difference:
    return Difference(None, flags=("base_hidden",)) if a.value is None or b.value is None else share_difference(a, b)


def _by(facts: Facts, catalog: Catalog, where: Filter, by: str, asked: Sequence[str], total: Counts, weighted: bool
        ) -> tuple[tuple[Group, ...], int]:
    """Values in their order, each class against the rest; what is hidden does not follow from the total."""
    key = grouping(catalog, by)
    counted = {group[0]: counts for group, counts in _counted(facts, where, [key], asked, weighted).items()}
    withheld = {g[0] for g in facts.withheld(where, [key])} if isinstance(facts, GuardedFacts) else set()
    ranked = sorted(counted, key=lambda value: -(counted[value].size + counted[value].n_missing))
    shown, rest = in_order(catalog, key, ranked[:SHOWN]), ranked[SHOWN:]

    def base(value: Value) -> Figure:
        figure = _figures(counted[value])[0]
        return figure.hide("hidden_complement") if value in withheld and figure.value is not None else figure

    bases = complemented([base(v) for v in shown], left_out=[base(v) for v in rest])
    told: list[tuple[Value, Figure, Difference]] = []
    for value, allowed in zip(shown, bases, strict=True):
        figures = _figures(counted[value])
        if allowed.value is None:
            told += [(value, figure.hide(*allowed.flags), Difference(None)) for figure in figures]
            continue
        others = _figures(total - counted[value])
        told += [(value, figure, _difference(figure, other)) for figure, other in zip(figures, others, strict=True)]
    adjusted = adjust_row([d for _, _, d in told])
    width, groups = len(CLASSES), []
    for i, value in enumerate(shown):
        cells = zip(CLASSES, told[width * i : width * (i + 1)], adjusted[width * i : width * (i + 1)], strict=True)
        groups.append(Group(value, counted[value].size, tuple(Share(name, f, d, verdict(d)) for name, (_, f, _), d in cells)))
    return tuple(groups), len(rest)


# ---------------------------------------------------------------- the same customers


def of_waves(view: View, before: str, after: str) -> View:
    """The view that compares two waves: `after` is selected, `before` is what it is compared with."""
    equals = {**view.equals, WAVE: (after,)}
    return replace(view, period="all", since=None, until=None, equals=equals, compare="segment", against={WAVE: (before,)})


def _moves(facts: Facts, catalog: Catalog, scope: Scope, asked: Sequence[str], weighted: bool) -> Moves:
    sides = _sides(catalog, scope)
    if sides is None:
        return Moves("comparison")
    waves = _waves(*sides)
    if isinstance(facts, GuardedFacts) and waves is None:
        return Moves("dates")
    rows = facts.paired(*sides, asked, weighted=weighted)
    paired, sums = int(rows["n"].sum()), [rows[c].to_numpy() for c in ("n", "w", "w2")]
    before, after = (classes(rows[f"{side}0"].to_numpy(), rows[f"{side}1"].to_numpy()) for side in ("v", "u"))
    found = movement(before, after, *sums)
    if found.n < HIDDEN or any(m.before.base == "hidden" for m in found.moves):
        return Moves("few", paired, waves=waves)
    return Moves("", paired, found, _origins(before, after, *sums), waves)


def _sides(catalog: Catalog, scope: Scope) -> tuple[Filter, Filter] | None:
    """The earlier and the later selection, where the comparison is one of time."""
    now, before = scope.now, scope.before
    if before is None or not scope.apart:
        return None
    differ = {k for k in {*now.equals, *before.equals} if now.equals.get(k) != before.equals.get(k)}
    if scope.comparison not in TEMPORAL and not (scope.comparison == "segment" and differ == {WAVE}):
        return None
    return (now, before) if _begins(catalog, before) > _begins(catalog, now) else (before, now)


def _begins(catalog: Catalog, where: Filter) -> tuple[str, int]:
    codes = [w.code for w in catalog.waves]
    places = [codes.index(code) for code in where.equals.get(WAVE, ()) if code in codes]
    return (where.since.isoformat() if where.since else "", min(places, default=-1))


def _waves(before: Filter, after: Filter) -> tuple[str, str] | None:
    """The waves of two sides that are one wave each, whenever answered."""
    found = [where.equals.get(WAVE, ()) for where in (before, after) if where.since is None and where.until is None]
    return (found[0][0], found[1][0]) if [len(f) for f in found] == [1, 1] else None


def _origins(before: object, after: object, n: object, w: object, w2: object) -> tuple[Origin, ...]:
    """The transition table: rows under the minimum base are hidden, and a second one that would follow from the rest."""
    frame = pl.DataFrame({"a": before, "b": after, "n": n, "w": w, "w2": w2}).filter(pl.col("a").is_not_nan() & pl.col("b").is_not_nan())
    rows = []
    for i in range(len(CLASSES)):
        part = frame.filter(pl.col("a") == i)
        counts = Counts.from_tally(*(part[c].to_numpy() for c in ("b", "n", "w", "w2")))
        rows.append((counts.size, [apply_base(box_share(counts, [j])) for j in range(len(CLASSES))]))
    allowed = complemented([figures[0] for _, figures in rows])
    return tuple(
        Origin(name, size, tuple(figures) if base.value is not None else tuple(f.hide(*base.flags) for f in figures))
        for name, (size, figures), base in zip(CLASSES, rows, allowed, strict=True)
    )
