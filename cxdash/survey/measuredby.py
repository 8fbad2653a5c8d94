"""What a programme's figures are held against, in its shared definition: outside benchmarks, service standards, frozen crosshairs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from cxdash.survey.node import Node

NAMED = ("nps", "csat", "loyalty", "secure", "effort")  # metrics that every programme calls the same
N_MOST = 1_000_000_000
NAME_MOST, SOURCE_MOST = 80, 200


@dataclass(frozen=True)
class Outside:
    """An outside figure of a metric: whose, how much, on how many answers (None: not known), where published, as of when."""

    metric: str
    name: str
    value: float
    n: int | None = None
    source: str = ""
    measured: date = date.min


@dataclass(frozen=True)
class Standard:
    """Scores on 0-100: from `expected` on an answer is what is promised, from `beyond` on more than that."""

    stage: str
    expected: float
    beyond: float


@dataclass(frozen=True)
class Crosshair:
    """The frozen lines of a chart of priorities, and the items it was frozen on."""

    chart: str
    importance: float
    performance: float
    items: tuple[str, ...] = ()


def outside(node: Node) -> Outside:
    metric = node.take("metric", Node.code)
    low = -100.0 if metric == "nps" else 0.0
    found = Outside(
        metric,
        node.take("name", lambda n: _short(n, NAME_MOST)),
        node.take("value", lambda n: between(n, low, 100.0)),
        node.take("n", lambda n: n.number(1, N_MOST), None),
        node.take("source", lambda n: _short(n, SOURCE_MOST, blank=True), ""),
        node.take("measured", day),
    )
    node.close()
    return found


def standard(node: Node) -> Standard:
    found = Standard(
        node.take("stage", Node.code),
        node.take("expected", lambda n: between(n, 0.0, 100.0)),
        node.take("beyond", lambda n: between(n, 0.0, 100.0)),
    )
    node.close()
    if not 0 < found.expected < found.beyond:
        raise node.wrong("0 < expected < beyond")
    return found


def crosshair(node: Node) -> Crosshair:
    found = Crosshair(
        node.take("chart", lambda n: _short(n, 200)),
        node.take("importance", lambda n: between(n, 0.0, 100.0)),
        node.take("performance", lambda n: between(n, 0.0, 100.0)),
        node.take("items", lambda n: n.each(Node.code), ()),
    )
    node.close()
    return found


def between(node: Node, low: float, high: float) -> float:
    """A number in low..high."""
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise node.wrong(f"{low:g}..{high:g}")
    return float(value)


def day(node: Node) -> date:
    try:
        return date.fromisoformat(node.text())
    except ValueError:
        raise node.wrong("YYYY-MM-DD") from None


def _short(node: Node, most: int, *, blank: bool = False) -> str:
    text = node.text().strip()
    if len(text) > most or not (text or blank):
        raise node.wrong(f"1..{most}")
    return text


def strangers(
    benchmarks: Collection[Outside], standards: Collection[Standard], *, stages: Collection[str], touchpoints: Collection[str],
    questions: Collection[str],
) -> Iterator[tuple[str, str]]:
    """Where something refers to what the definition does not hold, and to what. touchpoints: as "STAGE/CODE"."""
    for at, one in enumerate(benchmarks):
        kind, _, code = one.metric.partition(":")
        known = {"stage": stages, "touchpoint": touchpoints, "question": questions}.get(kind, ())
        if one.metric not in NAMED and code not in known:
            yield f"benchmarks[{at}].metric", one.metric
    for at, level in enumerate(standards):
        if level.stage not in stages:
            yield f"standards[{at}].stage", level.stage
