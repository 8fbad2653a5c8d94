"""The executive page: one landscape A4, the screen's numbers, real text, nothing read as markup, nothing outside the page."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pypdfium2
import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from cxdash import i18n
from cxdash.charts import words
from cxdash.export import pdf
from cxdash.export.report import BODY, WIDTH, Report, blocks, document, file_name
from cxdash.services.actor import LOCAL
from cxdash.services.findings import Findings
from cxdash.services.overview import Overview, overview
from cxdash.services.view import View
from tests import house
from tests.export import reporting

A4 = (841.89, 595.28)  # points, landscape
EDGES = ("29 stages, 30 branches", "29 long names, 40 long names", "stages alone", "no NPS", "one wave", "hidden", "hostile")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Overview]:
    deps = house.build(tmp_path_factory.mktemp("paper"), demo=True)
    yield overview(deps, LOCAL, view=View(by="branch"))
    house.close(deps)


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content))


def squeezed(text: str) -> str:
    """Without blanks and invisible places to break: lines are broken where the page needs it."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def words_of(content: bytes) -> str:
    return squeezed(read(content).pages[0].extract_text())


def objects(reader: PdfReader) -> list[Any]:
    count = len(reader.xref_objStm) + sum(map(len, reader.xref.values()))
    return [reader.get_object(IndirectObject(i, 0, reader)) for i in range(1, count + 1)]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_one_page_with_the_numbers_of_the_screen(base: Overview, lang: str) -> None:
    content = pdf.pdf(document(reporting.report(base, lang)))
    reader = read(content)
    assert len(reader.pages) == 1
    assert (float(reader.pages[0].mediabox.width), float(reader.pages[0].mediabox.height)) == pytest.approx(A4, abs=0.1)
    text = words_of(content)
    for card in base.cards:
        assert card.figure is not None
        assert squeezed(words.value(card.figure, lang)) in text and squeezed(i18n.number(card.figure.n, lang)) in text
        assert i18n.number(card.figure.ci_low, lang, 1) in text and i18n.number(card.figure.ci_high, lang, 1) in text
    for stage in base.stages:
        assert squeezed(stage.stage.name[lang]) in text and words.value(stage.figure, lang) in text
    for segment in base.segments:
        assert squeezed(words.value(segment.figure, lang)) in text, "a value, or why there is none"
    assert squeezed(i18n.number(base.responses, lang)) in text and squeezed(base.catalog.name[lang]) in text
    assert squeezed(i18n.text("report.title", lang)) in text and squeezed(i18n.date(reporting.DAY, lang)) in text
    if lang == "en":
        assert not re.findall("[가-힣]", text.replace("직영매장", "").replace("채널", "")), "Korean on an English page"
    assert reader.metadata is not None and base.catalog.name[lang] in str(reader.metadata.title)
    assert reader.trailer["/Root"]["/Lang"] == lang and reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_fonts_are_inside_and_nothing_points_outside(base: Overview) -> None:
    content = pdf.pdf(document(reporting.report(base)))
    reader = read(content)
    fonts, files = [], []
    for found in (o.get_object() for o in objects(reader) if o is not None):
        if isinstance(found, DictionaryObject):
            assert not {"/URI", "/JS", "/JavaScript", "/Launch", "/OpenAction", "/AA"} & set(found), found
            assert found.get("/S") not in ("/URI", "/GoToR", "/Launch", "/JavaScript", "/SubmitForm")
            if found.get("/Type") == "/FontDescriptor":
                fonts.append(str(found["/FontName"]))
                assert {"/FontFile2", "/FontFile3"} & set(found)
            if found.get("/Type") == "/Filespec" or found.get("/Subtype") == "/Image":
                files.append(found)
    assert {re.sub("^/[A-Z]{6}[+]", "", f) for f in fonts} == {"Pretendard-Regular", "Pretendard-Bold"}
    assert not files, "charts are vectors"


@pytest.fixture(scope="module", params=EDGES)
def edge(base: Overview, request: pytest.FixtureRequest) -> tuple[Report, bytes]:
    """A programme that strains the page, and its PDF."""
    told = reporting.edges(base)[request.param]
    return told, pdf.pdf(document(told))


def test_whatever_the_programme_it_is_one_page_and_every_name_is_whole(edge: tuple[Report, bytes]) -> None:
    told, content = edge
    assert len(read(content).pages) == 1
    text = words_of(content)
    for stage in told.result.stages:
        assert squeezed(stage.stage.name["ko"]) in text, "a stage's name is cut"
    for segment in told.result.segments:
        value = told.called.values.get(segment.value or "", segment.value)
        assert value is None or squeezed(value) in text, "a segment's name is cut"
    hidden = [s for s in told.result.segments if s.figure.base == "hidden"]
    assert text.count("표본부족") + text.count("비공개") >= len(hidden)


def test_blocks_lie_within_the_page_and_apart(edge: tuple[Report, bytes]) -> None:
    placed = []
    for block in blocks(edge[0]):
        height = block["height"] if "height" in block else 6 + block["picture"].height
        placed.append((block["x"], block["y"], block["x"] + block["width"], block["y"] + height))
    for left, top, right, bottom in placed:
        assert left >= 0 and top >= 0 and right <= WIDTH + 0.01 and bottom <= BODY + 0.01
    for a, b in combinations(placed, 2):
        assert a[2] <= b[0] + 0.01 or b[2] <= a[0] + 0.01 or a[3] <= b[1] + 0.01 or b[3] <= a[1] + 0.01, f"{a} and {b} overlap"


def letters(content: bytes) -> tuple[str, np.ndarray]:
    """Every printed character and its box: left, bottom, right, top in points."""
    page = pypdfium2.PdfDocument(content)[0].get_textpage()
    text = [page.get_text_range(i, 1) for i in range(page.count_chars())]
    shown = [i for i, c in enumerate(text) if c.strip() and c != "\u200b"]
    return "".join(text[i] for i in shown), np.asarray([page.get_charbox(i) for i in shown])


def test_no_letter_is_outside_the_margins_or_upon_another(edge: tuple[Report, bytes]) -> None:
    text, box = letters(edge[1])
    assert len(text) > 200
    out = (box[:, 0] < 30) | (box[:, 1] < 16) | (box[:, 2] > A4[0] - 30) | (box[:, 3] > A4[1] - 22)
    assert not out.any(), [(text[i], box[i]) for i in np.flatnonzero(out)]
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    for i, (left, bottom, right, top) in enumerate(box):
        width = np.minimum(box[i + 1:, 2], right) - np.maximum(box[i + 1:, 0], left)
        height = np.minimum(box[i + 1:, 3], top) - np.maximum(box[i + 1:, 1], bottom)
        shared = np.clip(width, 0, None) * np.clip(height, 0, None) / np.maximum(np.minimum(area[i + 1:], area[i]), 1e-6)
        upon = np.flatnonzero(shared > 0.4)
        assert not upon.size, (text[max(0, i - 10):i + 10], [text[max(0, j + i - 9):j + i + 11] for j in upon])


def test_letters_can_be_read(edge: tuple[Report, bytes]) -> None:
    """Hangul of the body is at least 4 points high: small, but print."""
    text, box = letters(edge[1])
    heights = [box[i, 3] - box[i, 1] for i, c in enumerate(text) if "가" <= c <= "힣"]
    assert np.percentile(heights, 2) >= 3.4


def test_texts_are_data(base: Overview) -> None:
    """What could be markup, code or a path is drawn letter by letter."""
    told = reporting.edges(base)["hostile"]
    text = words_of(pdf.pdf(document(told)))
    hostile = squeezed(reporting.HOSTILE)
    assert text.count(hostile) >= 3 and "<script>alert(1)</script>" in text
    code = reporting.report(base, program='#read("/etc/passwd") #import "@preview/x:1.0.0": * #eval("1+1")')
    assert squeezed(code.program) in words_of(pdf.pdf(document(code)))


def test_characters_that_no_font_holds_do_not_break_the_page(base: Overview) -> None:
    told = reporting.report(base, program="農心 \U0001f600 \U000f1234 \x00\x07 ไทย \ud7a3")
    assert len(read(pdf.pdf(document(told))).pages) == 1


def test_a_sentence_for_each_finding_and_none_without(base: Overview) -> None:
    told = reporting.report(base)
    assert told.findings.shown
    found = reporting.page(document(told))["blocks"][0]
    assert len(found["items"]) == len(told.findings.shown) and not found["verdict"]
    for item, finding in zip(found["items"], told.findings.shown, strict=True):
        gap = i18n.number(abs(finding.difference.value or 0), "ko", 1)
        assert gap in item["text"] and words.value(finding.figure, "ko") in item["text"]
        assert i18n.number(finding.difference.ci_low, "ko", 1, signed=True) in item["detail"]
        assert item["glyph"] == {"up": "▲", "down": "▼"}[finding.verdict]
    nothing = replace(told, findings=Findings((), 12))
    found = reporting.page(document(nothing))["blocks"][0]
    assert not found["items"] and found["verdict"].startswith("뚜렷한 변화가 없습니다") and "12" in found["verdict"]
    text = words_of(pdf.pdf(document(nothing)))
    assert "뚜렷한변화가없습니다" in text


def test_the_words_fit_the_comparison(base: Overview) -> None:
    in_time = reporting.page(document(reporting.report(base)))["blocks"][0]["items"][0]["text"]
    apart = replace(base, scope=replace(base.scope, comparison="segment"))
    beside = reporting.page(document(reporting.report(apart)))["blocks"][0]["items"][0]["text"]
    assert "올라" in in_time and "높은" in beside and "기간" not in beside


def test_the_filter_is_told_in_words(base: Overview) -> None:
    plain = reporting.page(document(reporting.report(base)))["filter"]
    assert {p["name"]: p["text"] for p in plain} == {"기간": "2026-05-16 – 2026-11-15", "필터": "채널: 직영매장", "비교": "2025-11-16 – 2026-05-15",
                                                     "가중치": "적용 안 함", "불성실 의심 응답": "포함"}
    other = replace(base, view=replace(base.view, weighted=True, clean=True))
    told = {p["name"]: p["text"] for p in reporting.page(document(reporting.report(other, filters=(), against="")))["filter"]}
    assert (told["필터"], told["비교"], told["가중치"], told["불성실 의심 응답"]) == ("없음", "없음", "적용", "제외")


def test_the_preview_is_the_same_page(base: Overview) -> None:
    picture = pdf.preview(document(reporting.report(base)))
    assert picture.startswith(b"\x89PNG")
    assert (int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")) == (1460, 1032)


def test_setting_a_page_lets_others_work(base: Overview) -> None:
    """A second thread keeps ticking while typst works: the interpreter's lock is let go."""
    drawn, ticks, done = document(reporting.report(base)), [], threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    pdf.preview(drawn)  # fonts are read once
    other = threading.Thread(target=tick)
    other.start()
    started = time.perf_counter()
    for _ in range(3):
        pdf.preview(drawn)
    took = time.perf_counter() - started
    done.set()
    other.join()
    assert max(b - a for a, b in zip(ticks, ticks[1:], strict=False)) < took / 3


def test_names_of_files(base: Overview) -> None:
    told = reporting.report(base, program='한빛/전자: "2026" <상반기>*?|\\')
    assert file_name(told, "pdf") == "한빛-전자- -2026- -상반기-_경영진 보고서_2026-11-22.pdf"
    long = file_name(replace(told, program="가" * 500), "xlsx")
    assert len(long) <= 130 and long.endswith("_2026-11-22.xlsx")
    assert not re.search(r"^[.]|[/\\]", file_name(replace(told, program="../../etc"), "pdf"))
