from __future__ import annotations

import tomllib
from datetime import date

import pytest

from cxdash.charts import distribution, labels, mix, segments, stages, theme, trend, window
from cxdash.config import ROOT
from cxdash.stats.figure import Figure
from tests.charts import drawing

CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_have_the_colours_of_the_app(mode: theme.Mode) -> None:
    assert list(theme.PALETTES[mode]) == CONFIG[mode]["chartCategoricalColors"]
    assert len(theme.TONES) == len(theme.PALETTES[mode])
    assert theme.config(mode)["background"] == CONFIG[mode]["backgroundColor"]
    assert theme.config(mode)["axis"]["labelColor"] == CONFIG[mode]["textColor"]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("tone", [theme.ACCENT, theme.GOOD, theme.BAD, theme.MUTED])
def test_every_tone_stands_out_and_text_can_be_read(mode: theme.Mode, tone: str) -> None:
    colour = theme.PALETTES[mode][theme.TONES.index(tone)]
    assert contrast(colour, CONFIG[mode]["backgroundColor"]) >= (4.5 if tone == theme.MUTED else 3.0)


def contrast(a: str, b: str) -> float:
    """WCAG contrast of two colours."""
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    "text", ["매장 직원의 친절도와 전문성에 대한 만족", "가" * 100, "Overall satisfaction with the after-service centre", "", "😀" * 50]
)
def test_wrapping_loses_nothing_and_keeps_to_the_width(text: str) -> None:
    lines = labels.wrap(text)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(labels.width(line) <= labels.WRAP for line in lines)


@pytest.mark.parametrize(
    ("kind", "day", "ko", "en"),
    [
        ("month", date(2026, 3, 1), ["3월", "2026년"], ["Mar", "2026"]),
        ("week", date(2024, 12, 30), ["12.30–1.5", "2025년 1주"], ["Dec 30–Jan 5", "W1 2025"]),
        ("week", date(2026, 3, 16), ["3.16–22", "2026년 12주"], ["Mar 16–22", "W12 2026"]),
        ("quarter", date(2026, 10, 1), ["4분기", "2026년"], ["Q4", "2026"]),
        ("day", date(2026, 3, 2), ["3월 2일", "2026년"], ["Mar 2", "2026"]),
        ("year", date(2026, 1, 1), ["2026년"], ["2026"]),
    ],
)
def test_periods_on_the_axis(kind: str, day: date, ko: list[str], en: list[str]) -> None:
    assert (labels.tick(kind, day, "ko"), labels.tick(kind, day, "en")) == (ko, en)


@pytest.mark.parametrize(
    ("low", "high", "signed", "expected"),
    [
        (46, 58, False, (40, 80)),
        (12, 18, False, (0, 40)),
        (96, 100, False, (60, 100)),
        (0, 100, False, (0, 100)),
        (21, 39, True, (0, 60)),
        (45, 55, True, (20, 80)),
        (-38, -22, True, (-60, 0)),
        (95, 100, True, (40, 100)),
        (-100, -99, True, (-100, -40)),
        (-5, 5, True, (-40, 20)),
    ],
)
def test_the_window_covers_the_interval_and_does_not_dramatise(
    low: float, high: float, signed: bool, expected: tuple[float, float]
) -> None:
    found = window.window([Figure((low + high) / 2, 100, ci_low=low, ci_high=high)], signed=signed)
    assert found[0] <= low and found[1] >= high and found[1] - found[0] >= (60 if signed else 40)
    assert found == expected


def test_hidden_figures_do_not_shape_the_window() -> None:
    assert window.window([Figure(None, 5, ci_low=-100, ci_high=100), Figure(50, 100, ci_low=45, ci_high=55)], signed=False) == (20, 60)
    assert window.window([], signed=True) == (-100, 100)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_spec_keeps_to_the_schema_and_names_no_colour(lang: str) -> None:
    specs = [
        *(f.spec(lang, m) for f in (trend, segments) for m in ("nps", "csat", "loyalty")),
        stages.spec(lang),
        mix.spec(lang),
        *(distribution.spec(lang, in_rows=r) for r in (True, False)),
    ]
    for spec in specs:
        assert drawing.keeps_to_the_schema(spec) and "layer" in spec
        assert "#" not in str(spec) and "config" not in spec and "data" not in spec


@pytest.mark.parametrize("wrong", [{"nosuch": 1}, {"layer": [{"mark": "nonsense", "encoding": {}}]}, {"height": "tall"}], ids=str)
def test_what_breaks_the_schema_is_seen(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        drawing.keeps_to_the_schema({**trend.spec("ko", "nps"), **wrong})
