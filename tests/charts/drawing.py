"""Charts drawn in a test: the SVG and what is written in it."""

from __future__ import annotations

import io
import re
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import polars as pl
from altair.vegalite.v6.schema.core import load_schema
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


def keeps_to_the_schema(spec: theme.Spec, data: Any = None) -> bool:
    """Whether it is a Vega-Lite document: by the schema that altair brings, asked of a compiled validator (altair's own takes a second)."""
    _validator().validate({**spec, "data": data or {"name": "data"}})
    return True


@cache
def _validator() -> Any:
    return jsonschema_rs.validator_for({**_quoted(load_schema()), "$ref": "#/definitions/TopLevelSpec"})


def _quoted(part: Any) -> Any:
    """The schema with its references as addresses must be written: names of types hold brackets and bars."""
    if isinstance(part, dict):
        return {k: "#/definitions/" + quote(v.removeprefix("#/definitions/"), safe="") if k == "$ref" and isinstance(v, str) else _quoted(v)
                for k, v in part.items()}  # fmt: skip
    return [_quoted(one) for one in part] if isinstance(part, list) else part
