from __future__ import annotations

import io
import threading

import altair as alt
import pytest
from PIL import Image, ImageChops

from cxdash.charts import mix, stages, theme
from cxdash.errors import CxError
from cxdash.export import images
from tests.charts import samples


def document(label: str, font: str | None = None) -> theme.Spec:
    spec = {
        "layer": [
            {
                "mark": {"type": "text", "fontSize": 40, **({"font": font} if font else {})},
                "encoding": {"text": {"field": "t", "type": "nominal"}},
            }
        ],
        "height": 80,
    }
    import polars as pl

    return theme.standalone(spec, pl.DataFrame({"t": [label]}), width=300)


def drawn(doc: theme.Spec) -> Image.Image:
    return Image.open(io.BytesIO(images.png(doc, scale=1))).convert("RGB")


def test_korean_is_drawn_with_real_and_different_glyphs() -> None:
    """Boxes for missing glyphs would look alike; a missing font would draw nothing."""
    one, two, blank = drawn(document("각")), drawn(document("힣")), drawn(document(" "))
    assert ImageChops.difference(one, blank).getbbox() and ImageChops.difference(one, two).getbbox()


def test_pictures_are_white_scaled_and_titled() -> None:
    frame = stages.data(samples.stages(), lang="ko")
    doc = theme.standalone(stages.spec("ko"), frame, width=500, title="단계 점수", subtitle="95% 신뢰구간")
    small, large = (Image.open(io.BytesIO(images.png(doc, scale=s))) for s in (1, 2))
    assert abs(large.width - 2 * small.width) <= 2 and 480 <= small.width <= 540
    assert small.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    svg = images.svg(doc).decode()
    assert svg.startswith("<svg") and "단계 점수" in svg and "95% 신뢰구간" in svg and "Pretendard" in svg


def test_altair_and_the_renderer_speak_the_same_version() -> None:
    assert f"/v{images.VEGA_LITE}" in alt.SCHEMA_URL


def test_many_threads_get_their_own_pictures() -> None:
    docs = [theme.standalone(mix.spec("ko"), mix.data(samples.mix(), lang="ko"), width=300 + 40 * i) for i in range(6)]
    widths: dict[int, int] = {}

    def work(i: int) -> None:
        widths[i] = Image.open(io.BytesIO(images.png(docs[i], scale=1))).width

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    assert [widths[i] for i in range(6)] == sorted(widths.values()) and len(set(widths.values())) == 6


def test_a_broken_document_and_a_slow_one_are_told_in_words_and_the_next_picture_comes() -> None:
    with pytest.raises(CxError) as caught:
        images.png({"mark": "nonsense", "encoding": 3})
    assert caught.value.key == "export.image.failed"
    with pytest.raises(CxError) as caught:
        images.svg(document("가"), seconds=0.0)
    assert caught.value.key == "export.image.slow"
    assert images.svg(document("가"))


def test_nothing_is_fetched_from_another_host() -> None:
    doc = {**document("가"), "data": {"url": "https://example.com/data.json"}}
    try:
        assert "example" not in images.svg(doc).decode()
    except CxError as error:
        assert error.key == "export.image.failed"
