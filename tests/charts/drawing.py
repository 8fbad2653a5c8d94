"""Charts drawn in a test: the SVG and what is written in it."""

from __future__ import annotations

import io
import re
from html import unescape

import polars as pl
from PIL import Image

from cxdash.charts import theme
from cxdash.export import images


def svg_texts(spec: theme.Spec, frame: pl.DataFrame, *, width: int = 600, mode: theme.Mode = "light") -> list[str]:
    """Every piece of text in the drawing."""
    drawn = images.svg(theme.standalone(spec, frame, width=width, mode=mode)).decode()
    assert "null" not in drawn and "NaN" not in drawn and "undefined" not in drawn
    return [unescape(t) for t in re.findall(r">([^<>]+)</(?:text|tspan)>", drawn) if t.strip()]


def picture(spec: theme.Spec, frame: pl.DataFrame, *, width: int = 390, mode: theme.Mode = "light") -> Image.Image:
    return Image.open(io.BytesIO(images.png(theme.standalone(spec, frame, width=width, mode=mode), scale=1))).convert("RGB")
