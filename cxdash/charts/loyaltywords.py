"""What the classes of the loyalty matrix are called and coloured, the same in every picture of them."""

from __future__ import annotations

from collections.abc import Mapping

from cxdash import i18n
from cxdash.charts import theme, words
from cxdash.services.loyalty import CLASSES, Share
from cxdash.stats.figure import Difference

TONES: Mapping[str, str] = {"truly_loyal": theme.GOOD, "accessible": theme.ACCENT, "trapped": "fifth", "high_risk": theme.BAD}


def called(name: str, lang: str) -> str:
    return i18n.text(f"loyalty.class.{name}", lang)


def classes(lang: str) -> dict[str, str]:
    """Class -> its name, in the order of every list."""
    return {name: called(name, lang) for name in CLASSES}


def points(change: Difference | None, lang: str) -> str:
    """A difference of two shares: "+5.7%p"."""
    return i18n.NOTHING if change is None or change.value is None else i18n.number(change.value, lang, 1, signed=True) + "%p"


def share(one: Share, lang: str, what: str) -> str:
    """Share, interval and verdict in a line; `what` names the other side."""
    value = words.value(one.figure, lang)
    if one.figure.value is None:
        return value
    glyph = words.GLYPHS.get(one.verdict, "")
    told = i18n.text("loyalty.share_line", lang, value=value, interval=words.interval(one.figure, lang))
    return f"{told} {glyph} {what} {points(one.difference, lang)}" if glyph else told
