"""QR codes of links: SVG and PNG, black on white with the quiet zone that scanners need (ISO/IEC 18004: four modules)."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO

import segno

from cxdash.export.inert import cut, visible

BORDER = 4  # modules of white around the code
PIXELS = 12  # of a module in the PNG: sharp on a table card of 6 cm at 300 dpi
LEVEL = "m"  # 15 % of the code may be covered; more would make the modules of a poster smaller
_FORBIDDEN = str.maketrans(dict.fromkeys('\\/:*?"<>|.', "_"))


def _code(url: str) -> segno.QRCode:
    return segno.make_qr(url, error=LEVEL, boost_error=True)


def svg(url: str) -> bytes:
    """The code as SVG in UTF-8, scaling to any size. The background is white, not transparent: dark paper and dark screens scan too."""
    made = BytesIO()
    _code(url).save(made, kind="svg", border=BORDER, dark="#000", light="#fff", xmldecl=True, svgns=True, omitsize=True, svgclass=None,
                    lineclass=None)  # fmt: skip
    return made.getvalue()


def png(url: str) -> bytes:
    """The code as PNG, some 400 to 500 pixels wide."""
    made = BytesIO()
    _code(url).save(made, kind="png", border=BORDER, scale=PIXELS, dark="#000", light="#fff")
    return made.getvalue()


def bundle(named: Sequence[tuple[str, str]]) -> bytes:
    """A ZIP with SVG and PNG of every (name, URL); names are made safe and unlike each other."""
    made, taken = BytesIO(), set[str]()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, url) in enumerate(named, 1):
            stem = file_stem(name) or str(number)
            if stem.casefold() in taken:
                stem = f"{stem}-{number}"
            taken.add(stem.casefold())
            archive.writestr(f"{stem}.svg", svg(url))
            archive.writestr(f"{stem}.png", png(url))
    return made.getvalue()


def file_stem(name: str) -> str:
    """A name as a part of a file's name.

    >>> file_stem(" 강남점 · QR/문: 1 ")
    '강남점 · QR_문_ 1'
    """
    return cut(" ".join(visible(name).translate(_FORBIDDEN).split()), "", 80).strip(" _")
