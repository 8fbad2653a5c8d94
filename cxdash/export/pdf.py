"""The executive page as a PDF, or as a picture of the same page: set by typst from one document, nothing fetched from anywhere.

The template is ours; everything that comes from outside travels as JSON in an input string, so typst draws it and never reads it.
The compiler runs without the interpreter's lock, a few hundredths of a second a page.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import typst
from PIL import Image

from cxdash.config import FONTS
from cxdash.errors import CxError

TEMPLATE = Path(__file__).parent / "templates" / "executive.typ"
STANDARD = "ua-1"  # tagged, with text alternatives: readable by a screen reader
_PPI = 127.0  # five pixels a millimetre: every chart begins on a whole pixel, so that typst resamples none
WIDTH = 1460  # px of a preview: Streamlit would shrink a wider picture, and blur it


def pdf(document: str) -> bytes:
    """A document of `cxdash.export.report` as one landscape A4 page. CxError export.pdf.failed when it cannot be set."""
    try:
        return _compiled(document, "pdf", pdf_standards=[STANDARD])
    except typst.TypstError:  # a character that no font of this machine holds breaks the standard's promise, not the page
        pass
    try:
        return _compiled(document, "pdf")
    except typst.TypstError as error:
        raise CxError("export.pdf.failed") from error


def preview(document: str) -> bytes:
    """The same page as PNG without the outermost two millimetres of its margins, `WIDTH` pixels wide."""
    try:
        whole = _compiled(document, "png", ppi=_PPI)
    except typst.TypstError as error:
        raise CxError("export.pdf.failed") from error
    made = BytesIO()
    with Image.open(BytesIO(whole)) as page:
        high = round(page.height * WIDTH / page.width)
        left, top = (page.width - WIDTH) // 2, (page.height - high) // 2
        page.crop((left, top, left + WIDTH, top + high)).save(made, "PNG", compress_level=1)
    return made.getvalue()


def _compiled(document: str, kind: str, **options: object) -> bytes:
    compiler = typst.Compiler(
        _template(), root=str(TEMPLATE.parent), font_paths=fonts(), ignore_system_fonts=True, sys_inputs={"document": document}
    )
    made = compiler.compile(format=kind, **options)
    pages = made if isinstance(made, list) else [made]
    return bytes(pages[0])


@lru_cache(maxsize=1)
def _template() -> bytes:
    return TEMPLATE.read_bytes()


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    """The bundled font; those of the machine stand behind it for what it does not hold (Chinese characters, emoji)."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(FONTS)])
