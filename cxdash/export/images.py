"""A chart as a picture: PNG or SVG drawn by vl-convert with the bundled font, nothing fetched from anywhere.

Pictures are drawn on a worker thread with a deadline, one after the other (Vega is single-threaded anyway), so that a chart
that never finishes cannot hold a page.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import TypeVar

import vl_convert

from cxdash.charts.theme import Spec
from cxdash.config import FONTS
from cxdash.errors import CxError

VEGA_LITE = "6.4"  # the version Altair writes specs for; a test compares them
SECONDS = 20.0
SCALE = 2.0  # pixels per chart unit: sharp in print and on dense screens
_NO_HOSTS: list[str] = ["https://invalid.invalid/"]  # an empty list would mean "any host" to vl-convert
T = TypeVar("T")

_lock = threading.Lock()
_worker: ThreadPoolExecutor | None = None


def png(document: Spec, *, scale: float = SCALE, seconds: float = SECONDS) -> bytes:
    """A whole Vega-Lite document (charts.theme.standalone) as PNG. CxError export.image.failed or .slow when it cannot be drawn."""
    return _drawn(lambda: vl_convert.vegalite_to_png(document, vl_version=VEGA_LITE, scale=scale, allowed_base_urls=_NO_HOSTS), seconds)


def svg(document: Spec, *, seconds: float = SECONDS) -> bytes:
    """The same as SVG in UTF-8. Text stays text and names the font family; viewers without it use their own sans-serif."""
    drawn = _drawn(lambda: vl_convert.vegalite_to_svg(document, vl_version=VEGA_LITE, allowed_base_urls=_NO_HOSTS), seconds)
    return drawn.encode("utf-8")


def _drawn(draw: Callable[[], T], seconds: float) -> T:
    global _worker
    with _lock:
        if _worker is None:
            _worker = ThreadPoolExecutor(1, thread_name_prefix="cxdash-image", initializer=_register_fonts)
        worker = _worker
    future = worker.submit(draw)
    try:
        return future.result(timeout=seconds)
    except Late:
        future.cancel()
        with _lock:  # the thread may be stuck for good; the next picture gets a new one
            if _worker is worker:
                _worker = None
        worker.shutdown(wait=False, cancel_futures=True)
        raise CxError("export.image.slow", seconds=int(seconds)) from None
    except CxError:
        raise
    except Exception as error:  # vl-convert raises ValueError and bare Exception for whatever Vega says
        raise CxError("export.image.failed") from error


def _register_fonts() -> None:
    """Without a TrueType font that holds Korean, vl-convert draws boxes, or nothing at all."""
    vl_convert.register_font_directory(str(FONTS))
