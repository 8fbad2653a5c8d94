"""The colours of both themes are told apart: WCAG 2.2 contrast, and chart colours under simulated colour blindness."""

from __future__ import annotations

import tomllib
from itertools import combinations

import pytest

from cxdash.config import ROOT

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
MODES = ("light", "dark")
# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def linear(colour: str) -> tuple[float, ...]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def contrast(a: str, b: str) -> float:
    low, high = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True)) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: tuple[float, ...]) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of linear RGB."""
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        sum(m * max(c, 0) for m, c in zip(row, rgb, strict=True)) / white for row, white in zip(matrix, (0.9505, 1.0, 1.089), strict=True)
    )
    fx, fy, fz = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(a: str, b: str, blindness: str) -> float:
    """CIE 1976 colour difference as a person with that blindness sees it."""
    seen = [lab(tuple(sum(m * c for m, c in zip(row, linear(colour), strict=True)) for row in BLINDNESS[blindness])) for colour in (a, b)]
    return sum((p - q) ** 2 for p, q in zip(*seen, strict=True)) ** 0.5


@pytest.mark.parametrize("mode", MODES)
def test_text_is_easy_to_read(mode: str) -> None:
    theme = THEME[mode]
    surfaces = [theme["backgroundColor"], theme["secondaryBackgroundColor"], theme["sidebar"]["backgroundColor"]]
    assert all(contrast(theme["textColor"], surface) >= 10 for surface in surfaces)
    assert all(contrast(theme["linkColor"], surface) >= 4.5 for surface in surfaces)
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5, "the label of a primary button"
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3
    assert contrast(theme["dataframeHeaderTextColor"], theme["dataframeHeaderBackgroundColor"]) >= 4.5
    for name in ("red", "orange", "yellow", "green", "blue", "violet", "gray"):
        assert contrast(theme[f"{name}Color"], theme["backgroundColor"]) >= 4.5, name


@pytest.mark.parametrize("mode", MODES)
def test_chart_colours_stand_out_and_apart(mode: str) -> None:
    theme = THEME[mode]
    colours = theme["chartCategoricalColors"]
    assert all(contrast(colour, theme["backgroundColor"]) >= 3 for colour in colours), [
        contrast(c, theme["backgroundColor"]) for c in colours
    ]
    for blindness in BLINDNESS:
        close = [(a, b, round(distance(a, b, blindness))) for a, b in combinations(colours[:5], 2) if distance(a, b, blindness) < 12]
        assert not close, (blindness, close)


@pytest.mark.parametrize("mode", MODES)
def test_ramps_are_even(mode: str) -> None:
    theme = THEME[mode]
    lightness = [lab(linear(colour))[0] for colour in theme["chartSequentialColors"]]
    assert len(lightness) == 10 and lightness == sorted(lightness, reverse=mode == "light")
    ends = theme["chartDivergingColors"]
    assert len(ends) == 10 and all(distance(ends[i], ends[9 - i], blindness) > 10 for i in range(4) for blindness in BLINDNESS)
