"""The picture beside a link in a messenger: the survey's title on 1200 × 630 pixels, in the house's own font."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from anyio import to_thread

from cxdash.config import FONT, FONTS

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

SIZE = (1200, 630)
_MARGIN, _LINES = 96, 3
_BACK, _DEEP, _LIGHT, _SOFT = (11, 76, 128), (8, 58, 98), (255, 255, 255), (190, 218, 240)


async def picture(title: str, minutes: str, call: str) -> bytes:
    """PNG bytes; drawn once and kept."""
    return await to_thread.run_sync(draw, title[:200], minutes, call)


@lru_cache(maxsize=64)
def draw(title: str, minutes: str, call: str) -> bytes:
    from PIL import Image, ImageDraw  # not at the start: the first page does not need it

    image = Image.new("RGB", SIZE, _BACK)
    pen = ImageDraw.Draw(image)
    pen.ellipse((820, -260, 1480, 400), fill=_DEEP)
    pen.rounded_rectangle((_MARGIN, 96, _MARGIN + 88, 108), 6, fill=_SOFT)
    lines, font = _fitted(pen, title)
    top = 150
    for line in lines:
        pen.text((_MARGIN, top), line, font=font, fill=_LIGHT)
        top += round(font.size * 1.28)
    words, small = _font("Bold", 36), _font("Regular", 36)
    width = pen.textlength(call, font=words)
    pen.rounded_rectangle((_MARGIN, 470, _MARGIN + width + 88, 548), 39, fill=_LIGHT)
    pen.text((_MARGIN + 44, 508), call, font=words, fill=_BACK, anchor="lm")
    pen.text((_MARGIN + width + 120, 508), minutes, font=small, fill=_SOFT, anchor="lm")
    out = io.BytesIO()
    image.quantize(128).save(out, "PNG", optimize=True)
    return out.getvalue()


def _fitted(pen: ImageDraw.ImageDraw, title: str) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The title in at most three lines, as large as it can be; what still does not fit ends in an ellipsis."""
    for size in (84, 72, 60):
        font = _font("Bold", size)
        lines = _wrapped(pen, title, font)
        if len(lines) <= _LINES - (size == 84):
            break
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], lines[_LINES - 1][:-1] + "…"]
    return lines, font


def _wrapped(pen: ImageDraw.ImageDraw, title: str, font: ImageFont.FreeTypeFont) -> list[str]:
    most, lines, line = SIZE[0] - 2 * _MARGIN, [], ""
    for word in title.split():
        whole = f"{line} {word}".strip()
        if pen.textlength(whole, font=font) <= most:
            line = whole
            continue
        lines += [line] if line else []
        line = word
        while pen.textlength(line, font=font) > most:  # one word wider than the picture
            cut = next(n for n in range(len(line), 0, -1) if pen.textlength(line[:n], font=font) <= most)
            lines, line = [*lines, line[:cut]], line[cut:]
    return [*lines, line] if line else lines


@lru_cache(maxsize=8)
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONTS / f"{FONT}-{weight}.ttf"), size)
