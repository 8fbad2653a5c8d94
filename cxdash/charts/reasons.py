"""Why every item of the priorities stands where it does: in a sentence, as a table to read, as a table to calculate with."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from cxdash import i18n
from cxdash.charts import labels, words
from cxdash.charts.priorities import UNPLACED, Axes, border, quadrant_name, score
from cxdash.services.priorities import Point, Priorities
from cxdash.stats.ipa import Placed, Whisker
from cxdash.stats.rounding import rounded


def reason(p: Placed, page: Priorities, *, lang: str, percent: bool) -> str:
    """Why an item stands where it does, in words: both values against the lines, and how sure that is."""
    assert page.placement is not None
    lines = page.placement.crosshair
    keys = {
        (True, True): "priorities.reason.high_high", (True, False): "priorities.reason.high_low",
        (False, True): "priorities.reason.low_high", (False, False): "priorities.reason.low_low",
    }  # fmt: skip
    high = (p.importance.value >= lines.importance, p.performance.value >= lines.performance)
    said = i18n.text(
        keys[high], lang, importance=score(p.importance.value, lang, percent=percent), performance=score(p.performance.value, lang),
        line_i=score(lines.importance, lang, percent=percent), line_p=score(lines.performance, lang),
        gap=i18n.number(abs(p.performance.value - lines.performance), lang, 1),
    )  # fmt: skip
    return f"{said} {border(p, lang)}".strip()


def reasons(page: Priorities, names: Mapping[str, str], *, lang: str, axes: Axes, beside: Mapping[str, Whisker]) -> pl.DataFrame:
    """What a reader needs of every item by priority: where it stands and why, the values behind it in text."""
    placed_items = {p.item: p for p in page.placement.items} if page.placement is not None else {}
    rows = [_told(q, placed_items.get(q.name), page, names, lang, axes, beside.get(q.name)) for q in _ordered(page, placed_items)]
    percent = "priorities.column.derived" if axes.percent else "priorities.column.stated"
    other = "priorities.column.stated" if axes.percent else "priorities.column.derived"
    keys = (
        "priorities.column.rank", "priorities.column.item", "priorities.column.quadrant", "priorities.column.performance", percent, other,
        "priorities.column.reason",
    )  # fmt: skip
    made = pl.DataFrame(rows, schema=dict.fromkeys([i18n.text(key, lang) for key in keys], pl.Utf8), orient="row")
    return made if beside else made.drop(i18n.text(other, lang))


def _told(
    q: Point, p: Placed | None, page: Priorities, names: Mapping[str, str], lang: str, axes: Axes, other: Whisker | None,
) -> tuple[str, ...]:
    quadrant = quadrant_name(p.quadrant, lang) if p else i18n.NOTHING
    quadrant += f" ({i18n.text('priorities.borderline', lang)})" if p and p.borderline else ""
    importance = score(p.importance.value, lang, percent=axes.percent) if p else i18n.NOTHING
    beside = score(other.value, lang, percent=not axes.percent) if other else i18n.NOTHING
    shown = q.performance.value is not None
    value = f"{words.value(q.performance, lang)} (n={words.count(q.performance.n, lang)})" if shown else i18n.NOTHING
    why = reason(p, page, lang=lang, percent=axes.percent) if p else i18n.text(UNPLACED[str(q.unplaced)], lang)
    moved = words.GLYPHS.get(q.verdict, "") if shown else ""
    if moved and q.change is not None:
        why += " " + i18n.text("priorities.moved", lang, change=f"{moved} {i18n.number(q.change.value, lang, 1, signed=True)}")
    return (str(p.priority) if p else i18n.NOTHING, labels.plain(names.get(q.name, q.name)), quadrant, value, importance, beside, why)


def _ordered(page: Priorities, placed_items: Mapping[str, Placed]) -> list[Point]:
    """By priority, then those that are not on the chart."""
    return sorted(page.points, key=lambda q: placed_items[q.name].priority if q.name in placed_items else len(page.points) + 1)


def table(
    page: Priorities, names: Mapping[str, str], *, lang: str, axes: Axes, beside: Mapping[str, Whisker], beside_title: str,
) -> pl.DataFrame:
    """Items by priority, then those that are not on the chart. beside: the other importance, where it is known."""
    placed_items = {p.item: p for p in page.placement.items} if page.placement is not None else {}
    rows = [_line(q, placed_items.get(q.name), page, names, lang, axes, beside.get(q.name)) for q in _ordered(page, placed_items)]
    titles = (
        "priorities.column.rank", "priorities.column.item", "priorities.column.quadrant", "", "", "chart.column.low", "chart.column.high",
        "chart.column.n", "", "priorities.column.change", "priorities.column.before", "priorities.column.reason",
    )  # fmt: skip
    called = [i18n.text(key, lang) if key else "" for key in titles]
    called[3], called[4], called[8] = axes.importance, axes.performance, beside_title
    kinds = (pl.Int64, pl.Utf8, pl.Utf8, pl.Float64, pl.Float64, pl.Float64, pl.Float64, pl.Int64, pl.Float64, pl.Float64, pl.Utf8, pl.Utf8)
    made = pl.DataFrame(rows, schema=dict(zip(called, kinds, strict=True)), orient="row")
    empty = {called[8]: not beside, called[9]: page.scope.before is None, called[10]: all(q.before is None for q in page.points)}
    return made.drop([name for name, nothing in empty.items() if nothing])


def _line(
    q: Point, p: Placed | None, page: Priorities, names: Mapping[str, str], lang: str, axes: Axes, other: Whisker | None,
) -> tuple[object, ...]:
    figure = q.performance
    importance = rounded(p.importance.value if p else q.stated.value if q.stated is not None and not axes.percent else None)
    quadrant = quadrant_name(p.quadrant, lang) if p else i18n.NOTHING
    quadrant += f" ({i18n.text('priorities.borderline', lang)})" if p and p.borderline else ""
    why = reason(p, page, lang=lang, percent=axes.percent) if p else i18n.text(UNPLACED[str(q.unplaced)], lang)
    change = q.change.value if q.change is not None and figure.value is not None else None
    return (
        p.priority if p else None, labels.plain(names.get(q.name, q.name)), quadrant, importance, rounded(figure.value),
        rounded(figure.ci_low), rounded(figure.ci_high), figure.n,
        rounded(other.value if other else None), rounded(change), quadrant_name(q.before, lang) if q.before else i18n.NOTHING,
        f"{words.GLYPHS[q.verdict]} {why}" if q.verdict in words.GLYPHS and figure.value is not None else why,
    )  # fmt: skip
