"""The bundled font: every letter of everyday Korean, drawn in images without any font of the machine, with its licence beside it."""

from __future__ import annotations

import struct
import tomllib
from pathlib import Path

import pytest
import vl_convert as vlc

from cxdash.config import FONT, FONTS, ROOT, STATIC


def letters(font: Path) -> set[int]:
    """Code points of a TrueType file's Unicode character map (format 12, OpenType specification, table cmap)."""
    data = font.read_bytes()
    entries = [data[12 + 16 * i:28 + 16 * i] for i in range(struct.unpack(">H", data[4:6])[0])]
    tables = {entry[:4]: struct.unpack(">II", entry[8:]) for entry in entries}
    start, _length = tables[b"cmap"]
    count = struct.unpack(">H", data[start + 2:start + 4])[0]
    for platform, encoding, offset in (struct.unpack(">HHI", data[start + 4 + 8 * i:start + 12 + 8 * i]) for i in range(count)):
        at = start + offset
        if (platform, encoding) == (3, 10) and struct.unpack(">H", data[at:at + 2])[0] == 12:
            groups = struct.unpack(">I", data[at + 12:at + 16])[0]
            spans = (struct.unpack(">II", data[at + 16 + 12 * i:at + 24 + 12 * i]) for i in range(groups))
            return {point for first, last in spans for point in range(first, last + 1)}
    raise AssertionError("no Unicode map of format 12")


def ksx1001() -> set[int]:
    return {ord(bytes([high, low]).decode("euc-kr")) for high in range(0xB0, 0xC9) for low in range(0xA1, 0xFF)}


@pytest.mark.parametrize("name", ["Pretendard-Regular.ttf", "Pretendard-Bold.ttf"])
def test_image_fonts_hold_every_korean_letter_and_our_signs(name: str) -> None:
    have = letters(FONTS / name)
    assert len(ksx1001()) == 2350 and ksx1001() <= have
    assert set(range(0xAC00, 0xD7A4)) <= have  # all 11,172 syllables: names and slang are not in KS X 1001
    assert {ord(sign) for sign in "–—…·±×%+−▲▼≥≤’“”①"} <= have


def test_images_are_drawn_with_it() -> None:
    vlc.register_font_directory(str(FONTS))

    def drawn(family: str, weight: str = "normal") -> bytes:
        words = f'<text x="5" y="40" font-size="30" font-weight="{weight}" font-family="{family}">순추천지수 39.8 뷁</text>'
        return bytes(vlc.svg_to_png(f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60">{words}</svg>'))

    blank = bytes(vlc.svg_to_png('<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60"></svg>'))
    assert drawn(FONT) != blank and len(drawn(FONT)) > 2 * len(blank)
    assert drawn(FONT) != drawn(FONT, "bold")


def test_screen_fonts_are_the_ones_in_the_theme() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    urls = {face["url"].removeprefix("app/static/") for face in theme["fontFaces"]}
    assert urls == {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.woff2")}
    assert all(face["family"] == FONT for face in theme["fontFaces"]) and theme["font"].startswith(FONT)


@pytest.mark.parametrize("folder", [FONTS, STATIC / "fonts"], ids=["images", "screen"])
def test_the_licence_lies_beside(folder: Path) -> None:
    text = (folder / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text and "Pretendard" in text
