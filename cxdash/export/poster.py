"""A poster with the QR code of a link: A4 upright, set by typst as the executive page is (`cxdash.export.pdf`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import typst
from PIL import Image

from cxdash import i18n
from cxdash.charts.labels import plain
from cxdash.errors import CxError
from cxdash.export import qr
from cxdash.export.pdf import fonts

TEMPLATE = Path(__file__).parent / "templates" / "poster.typ"
STANDARD = "ua-1"
MOST = 500  # pages of one file
_PPI = 80.0  # of a preview: 660 px wide
_TITLE, _LINE, _NAME = 80, 160, 60  # characters that are set at most


@dataclass(frozen=True)
class Poster:
    """One page. place: branch and stage, "" for none. lang: of the title and the line; the page's own words are in it too."""

    title: str
    line: str
    place: str
    company: str
    url: str
    lang: str


def pdf(posters: Sequence[Poster]) -> bytes:
    """One page per poster, in order. CxError export.pdf.failed when it cannot be set, publish.too_many beyond `MOST` pages."""
    if len(posters) > MOST:
        raise CxError("publish.too_many", n=len(posters), most=MOST)
    try:
        return _compiled(posters, "pdf", pdf_standards=[STANDARD])[0]
    except typst.TypstError:  # a character that no font of this machine holds breaks the standard's promise, not the page
        pass
    try:
        return _compiled(posters, "pdf")[0]
    except typst.TypstError as error:
        raise CxError("export.pdf.failed") from error


def preview(poster: Poster) -> bytes:
    """The page as PNG, for the screen."""
    try:
        large = _compiled([poster], "png", ppi=_PPI)[0]
    except typst.TypstError as error:
        raise CxError("export.pdf.failed") from error
    with Image.open(BytesIO(large)) as page:
        made = BytesIO()
        page.convert("RGB").save(made, "PNG")
        return made.getvalue()


def _compiled(posters: Sequence[Poster], kind: str, **options: object) -> list[bytes]:
    document = json.dumps({"pages": [_page(p) for p in posters], "title": posters[0].title}, ensure_ascii=False)
    compiler = typst.Compiler(
        TEMPLATE.read_bytes(), root=str(TEMPLATE.parent), font_paths=fonts(), ignore_system_fonts=True, sys_inputs={"document": document}
    )
    made = compiler.compile(format=kind, **options)
    return [bytes(page) for page in made] if isinstance(made, list) else [bytes(made)]


def _page(poster: Poster) -> dict[str, str]:
    return {
        "title": plain(poster.title)[:_TITLE],
        "line": plain(poster.line)[:_LINE],
        "place": plain(poster.place)[:_NAME],
        "company": plain(poster.company)[:_NAME],
        "address": poster.url.split("://", 1)[-1],
        "scan": i18n.text("publish.poster.scan", poster.lang),
        "type": i18n.text("publish.poster.type", poster.lang),
        "alt": i18n.text("publish.poster.alt", poster.lang, address=poster.url),
        "lang": poster.lang,
        "qr": qr.svg(poster.url).decode("utf-8"),
    }
