"""A sparkline: the course of a figure in the corner of its card, without axis, so its window never shrinks to the noise.

Drawn as clipped boxes in the colour of the text: Streamlit takes inline SVG out of HTML, and a chart of its own costs a card's height.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, PAD, PEN, DOT = 76, 30, 4, 1.1, 6
LEAST = 3  # periods that make a line
SPAN = {"nps": 40.0}  # least part of the scale that the height stands for
SPAN_OTHER = 20.0
Point = tuple[float, float]


def html(values: Sequence[float | None], *, metric: str, said: str) -> str:
    """The line as HTML, broken where a value is hidden; "" for fewer than three values. said: the text alternative."""
    shown = [v for v in values if v is not None]
    if len(shown) < LEAST:
        return ""
    runs = _runs(_points(values, shown, SPAN.get(metric, SPAN_OTHER)))
    fill = f"{_BOX}inset:0;background:currentColor;clip-path:polygon"
    lines = "".join(f'<i style="{fill}({_outline(run)})"></i>' for run in runs if len(run) > 1)
    x, y = runs[-1][-1]
    dot = f"{_BOX}left:{x - DOT / 2:.1f}px;top:{y - DOT / 2:.1f}px;width:{DOT}px;height:{DOT}px;border-radius:50%;background:currentColor"
    frame = f"position:relative;opacity:.6;width:{WIDTH}px;height:{HEIGHT}px"
    return f'<div role="img" aria-label="{escape(said, quote=True)}" style="{frame}">{lines}<i style="{dot}"></i></div>'


_BOX = "position:absolute;display:block;"


def _points(values: Sequence[float | None], shown: Sequence[float], least: float) -> list[Point | None]:
    """Pixels from the upper left corner."""
    span = max(max(shown) - min(shown), least)
    low = (max(shown) + min(shown) - span) / 2
    step = (WIDTH - 2 * PAD) / (len(values) - 1)
    return [None if v is None else (PAD + i * step, HEIGHT - PAD - (v - low) / span * (HEIGHT - 2 * PAD)) for i, v in enumerate(values)]


def _runs(points: Sequence[Point | None]) -> list[list[Point]]:
    """The unbroken stretches."""
    runs: list[list[Point]] = [[]]
    for point in points:
        if point is not None:
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _outline(run: Sequence[Point]) -> str:
    """The line as a thin polygon: along its upper side and back along its lower one."""
    there = [f"{x:.1f}px {y - PEN:.1f}px" for x, y in run]
    back = [f"{x:.1f}px {y + PEN:.1f}px" for x, y in reversed(run)]
    return ",".join([*there, *back])
