"""QR codes decoded again by a reader of somebody else's, and posters read back: Korean as text, the code from the printed page."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import numpy as np
import pypdf
import pypdfium2
import pytest
from PIL import Image

from cxdash.errors import CxError
from cxdash.export import poster, qr
from cxdash.export.poster import Poster
from tests.qrcodes import decoded

URL = "https://survey.example.co.kr/s/tVL3DWn8THibR7zUNGmO8w"


def page(**more: str) -> Poster:
    given = {"title": "고객님의 경험을 들려주세요", "line": "QR 코드를 비추고 2분 설문에 참여해 주세요.", "place": "강남점 · 배송",
             "company": "한빛전자", "url": URL, "lang": "ko"}  # fmt: skip
    return Poster(**{**given, **more})


def text_of(content: bytes, number: int = 0) -> str:
    return pypdfium2.PdfDocument(content)[number].get_textpage().get_text_range().replace("\r\n", "\n")


@pytest.mark.parametrize("url", [URL, "http://localhost:8501/s/" + "Aa0-_" * 9, "https://설문.한국/s/가"])
def test_a_png_is_read_as_the_address(url: str) -> None:
    with Image.open(io.BytesIO(qr.png(url))) as picture:
        assert picture.width >= 300 and decoded(picture) == url
        white = np.asarray(picture.convert("L"))[: qr.BORDER * qr.PIXELS]
        assert white.min() == 255, "four modules of white around it"


def test_the_svg_is_the_same_code() -> None:
    content = qr.svg(URL).decode()
    root = ElementTree.fromstring(content)
    assert root.tag.endswith("svg") and "viewBox" in root.attrib and "<script" not in content
    import vl_convert

    with Image.open(io.BytesIO(vl_convert.svg_to_png(content.replace("viewBox", 'width="400" height="400" viewBox'), scale=1))) as picture:
        assert decoded(picture) == URL


def test_a_bundle_has_every_code_under_safe_names() -> None:
    names = ["강남점/QR", "강남점/QR", "../../etc/passwd", "", "CON\\..\x00\n"]
    with zipfile.ZipFile(io.BytesIO(qr.bundle([(name, f"{URL}{i}") for i, name in enumerate(names)]))) as archive:
        found = archive.namelist()
        assert len(found) == len({name.casefold() for name in found}) == 10
        assert not [name for name in found if "/" in name or "\\" in name or name.startswith(".") or "\0" in name]
        pictures = [name for name in found if name.endswith(".png")]
        assert [decoded(Image.open(io.BytesIO(archive.read(name)))) for name in pictures] == [f"{URL}{i}" for i in range(5)]


def test_a_poster_is_a4_with_korean_as_text_and_a_code_that_leads_there() -> None:
    content = poster.pdf([page()])
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1 and [round(float(x)) for x in reader.pages[0].mediabox[2:]] == [595, 842]
    said = text_of(content)
    for words in ("강남점 · 배송", "한빛전자", "카메라로 QR 코드를 비춰 주세요", URL.split("://")[1], "2분 설문에 참여해 주세요."):
        assert words in said
    assert "고객님의 경험을" in said.replace("\n", " ") and "들려주세요" in said
    assert reader.trailer["/Root"]["/Lang"] == "ko" and "/MarkInfo" in reader.trailer["/Root"], "tagged, for a screen reader"
    fonts = {str(f["/FontDescriptor"]["/FontName"]) for f in _fonts(reader)}
    assert fonts and all("Pretendard" in name for name in fonts)
    printed = pypdfium2.PdfDocument(content)[0].render(scale=2).to_pil()
    assert decoded(printed) == URL
    assert decoded(printed.resize((printed.width // 3, printed.height // 3))) == URL, "from some distance too"


def _fonts(reader: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    found = []
    for font in reader.pages[0]["/Resources"]["/Font"].values():
        found += [child.get_object() for child in font.get_object().get("/DescendantFonts", [])]
    return found


def test_one_page_per_link_in_both_languages() -> None:
    pages = [page(place=f"{i}호점", url=f"{URL}{i}") for i in range(3)] + [page(lang="en", title="Tell us how it went", place="")]
    content = poster.pdf(pages)
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 4
    for i in range(3):
        assert f"{i}호점" in text_of(content, i) and decoded(document[i].render(scale=2).to_pil()) == f"{URL}{i}"
    assert "Point your camera at the QR code" in text_of(content, 3) and "카메라" not in text_of(content, 3)
    with pytest.raises(CxError):
        poster.pdf([page()] * (poster.MOST + 1))


@pytest.mark.parametrize("title", ["", "#image(\"x\") *굵게* $x^2$ @a <b> \\ // /*", "가" * 80, "아주 긴 제목이 " * 10, "🎉 行こう 한글"])
def test_texts_from_outside_are_set_as_they_are_on_one_page(title: str) -> None:
    content = poster.pdf([page(title=title, line=title * 2, place=title, company=title)])
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 1 and decoded(document[0].render(scale=2).to_pil()) == URL
    if title.startswith("#"):
        assert "*굵게* $x^2$" in text_of(content).replace("\n", " ")


def test_the_preview_is_the_page_in_small() -> None:
    with Image.open(io.BytesIO(poster.preview(page()))) as picture:
        assert picture.size == (662, 936) or abs(picture.height / picture.width - 297 / 210) < 0.01
        assert decoded(picture) == URL
