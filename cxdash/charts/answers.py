"""How questions were answered: per question its whole wording, its score, and one bar of all its points.

The favourable end is on the right, whatever the scale's direction; points are named as printed. The wording stands above the bar, so
that it is whole at any width and the bar has all of it. Blue is favourable and vermillion unfavourable, stronger towards the ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.services.touchpoints import Answered, Band, StageDetail
from cxdash.stats.rounding import largest_remainder
from cxdash.terms import Measure

WRAP = 26  # syllables of a line of wording: what a phone has room for
LINE, BAR, GAP, HEADING = 16, 24, 16, 24  # px
ENOUGH = 30  # px of a part that its percentage fits into
_LEAST, _MOST = 0.16, 0.54  # opacity of the parts; the number on them keeps a contrast of 4.5
_NUMBERS = ("top", "bottom", "start", "end", "opacity")
_TEXTS = ("kind", "text", "tone", "question", "answer", "share", "interval", "n_text", "said")
SCHEMA = {**dict.fromkeys(_NUMBERS, pl.Float64()), **dict.fromkeys(_TEXTS, pl.Utf8())}
_PLAIN = (Measure.SATISFACTION, Measure.PERFORMANCE)  # what goes without saying


@dataclass(frozen=True)
class _Block:
    """Questions under one heading: those about the stage itself, or a touchpoint's."""

    heading: str
    questions: tuple[Answered, ...]


def _blocks(detail: StageDetail, lang: str) -> list[_Block]:
    direct = [_Block(i18n.text("journey.answers.whole", lang), detail.direct)] if detail.direct else []
    return direct + [_Block(labels.plain(labels.localised(t.touchpoint.name, lang, t.touchpoint.key)), t.questions)
                     for t in detail.touchpoints]


def wording(asked: Answered, lang: str) -> str:
    """The question as it was asked, with what it measures where that is not satisfaction."""
    text = labels.plain(labels.localised(asked.question.wording, lang, asked.question.code))
    if asked.question.measure in _PLAIN:
        return text
    return f"[{i18n.text(f'common.measure.{asked.question.measure}', lang)}] {text}"


def answer(asked: Answered, band: Band, lang: str) -> str:
    """A point as printed: its number and its label."""
    if band.first != band.last:
        return f"{band.first}–{band.last}"
    printed = asked.question.labels.get(lang, {}).get(str(band.first)) or asked.scale.labels.get(band.first, "")
    text = labels.plain(printed)
    return str(band.first) if text in ("", str(band.first)) else f"{band.first} {text}"


def data(detail: StageDetail, *, lang: str) -> pl.DataFrame:
    """One row per piece of text and per part of a bar, placed from the top in pixels."""
    found: list[dict[str, object]] = []
    y, ends = 0.0, ""
    for block in _blocks(detail, lang):
        found.append({"kind": "heading", "top": y, "text": block.heading, "tone": theme.INK})
        y += HEADING
        for asked in block.questions:
            lines = labels.wrap(wording(asked, lang), WRAP)
            found.append({"kind": "text", "top": y, "text": "\n".join(lines), "tone": theme.INK})
            y += len(lines) * LINE
            found.append({"kind": "text", "top": y, "text": _figure(asked, lang), "tone": theme.MUTED})
            y += LINE + 3
            if asked.bands:
                found += _parts(asked, y, lang)
                y += BAR
                named = [answer(asked, band, lang) for band in (asked.bands[0], asked.bands[-1])]
                if ends != "\t".join(named):  # the same scale again needs no second legend
                    ends = "\t".join(named)
                    found += [{"kind": kind, "top": y + 3, "text": name, "tone": theme.MUTED}
                              for kind, name in zip(("low", "high"), named, strict=True)]
                    y += LINE
            y += GAP
    return pl.DataFrame(found, schema=SCHEMA)


def _figure(asked: Answered, lang: str) -> str:
    """Score, interval, base and change in a line."""
    figure = asked.figure
    if figure.value is None:
        return words.hidden(figure, lang)
    told = i18n.text("journey.answers.figure", lang, value=words.value(figure, lang), interval=words.interval(figure, lang),
                     n=words.count(figure.n, lang))
    glyph = words.GLYPHS.get(asked.verdict)
    if glyph and asked.change is not None:
        return f"{told} · {glyph} {i18n.number(asked.change.value, lang, 1, signed=True)}"
    return told


def _parts(asked: Answered, top: float, lang: str) -> Iterator[dict[str, object]]:
    shares = [band.share.value or 0.0 for band in asked.bands]
    whole = largest_remainder(shares)
    start = 0.0
    for i, (band, share, percent) in enumerate(zip(asked.bands, shares, whole, strict=True)):
        tilt = 2 * i / (len(asked.bands) - 1) - 1  # -1 … 1 from the unfavourable end
        name, said = answer(asked, band, lang), i18n.percent(band.share.value, lang)
        yield {
            "kind": "part", "top": top, "bottom": top + BAR, "start": start, "end": start + share,
            "tone": theme.MUTED if abs(tilt) < 1e-9 else theme.ACCENT if tilt > 0 else theme.BAD,
            "opacity": _LEAST + (_MOST - _LEAST) * abs(tilt), "text": i18n.percent(float(percent), lang, 0),
            "question": wording(asked, lang), "answer": name, "share": said,
            "interval": words.interval(band.share, lang), "n_text": words.count(band.n, lang),
            "said": i18n.text("chart.distribution.point", lang, name=name, percent=said, n=words.count(band.n, lang)),
        }
        start += share


def height(frame: pl.DataFrame) -> int:
    """Pixels down to the last bar or line."""
    ends = [max(row["bottom"] or 0.0, row["top"] + LINE * (1 + (row["text"] or "").count("\n"))) for row in frame.iter_rows(named=True)]
    return round(max(ends, default=0.0)) + 4


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_built(lang), height)


@lru_cache(maxsize=16)
def _built(lang: str) -> str:
    base = alt.Chart()
    parts = base.transform_filter("datum.kind == 'part'")
    x, x2 = alt.X("start:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 100], nice=False)), "end:Q"
    top = alt.Y("top:Q", title=None, axis=None, scale=None)
    tips = theme.tips(("question", i18n.text("journey.column.question", lang)), ("answer", i18n.text("journey.column.answer", lang)),
                      ("share", words.column("share", lang)), ("interval", words.column("interval", lang)),
                      ("n_text", words.column("n", lang)))
    bars = parts.mark_rect(xOffset=0.5, x2Offset=-0.5, cornerRadius=2).encode(
        x=x, x2=x2, y=top, y2="bottom:Q", color=theme.tone(), opacity=alt.Opacity("opacity:Q", scale=None, legend=None), tooltip=tips,
        description="said:N")
    inside = parts.transform_filter(f"width * (datum.end - datum.start) / 100 > {ENOUGH}").transform_calculate(
        middle="(datum.start + datum.end) / 2"
    ).mark_text(baseline="middle", dy=BAR / 2, fontSize=theme.SIZE, aria=False, tooltip=None).encode(
        x=alt.X("middle:Q", axis=None), y=top, text="text:N", color=theme.always(theme.INK))
    return theme.finished(alt.layer(bars, inside, *_texts(base, top), data=alt.NamedData(theme.DATA)))


def _texts(base: alt.Chart, top: alt.Y) -> list[alt.Chart]:
    """Headings, wordings and scores from the left; the names of the ends under their ends."""
    half = alt.expr("width / 2 - 6")
    common = {"baseline": "top", "aria": False, "tooltip": None}
    kinds = {
        "heading": ({"align": "left", "fontSize": 13, "fontWeight": "bold", "lineHeight": LINE}, alt.value(0)),
        "text": ({"align": "left", "fontSize": theme.SIZE, "lineHeight": LINE, "lineBreak": "\n"}, alt.value(0)),
        "low": ({"align": "left", "fontSize": 11, "limit": half}, alt.value(0)),
        "high": ({"align": "right", "fontSize": 11, "limit": half}, alt.XValue(alt.expr("width"))),
    }
    texts = {kind: base.transform_filter(f"datum.kind == '{kind}'") for kind in kinds}
    return [texts[kind].mark_text(**common, **marks).encode(x=x, y=top, text="text:N", color=theme.tone())
            for kind, (marks, x) in kinds.items()]


def chart(detail: StageDetail, *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(detail, lang=lang)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(detail: StageDetail, *, lang: str) -> str:
    """Every question with its score and its most frequent answer."""
    return " ".join(_said(asked, lang) for asked in detail.questions)


def _said(asked: Answered, lang: str) -> str:
    if not asked.bands:
        return i18n.text("journey.answers.said_hidden", lang, question=wording(asked, lang), why=words.hidden(asked.figure, lang))
    most = max(asked.bands, key=lambda band: band.share.value or 0.0)
    return i18n.text("journey.answers.said", lang, question=wording(asked, lang), value=words.value(asked.figure, lang),
                     n=words.count(asked.figure.n, lang), answer=answer(asked, most, lang), percent=i18n.percent(most.share.value, lang))


def table(detail: StageDetail, *, lang: str) -> pl.DataFrame:
    """One row per point of every question, from the unfavourable end; a hidden question has one row that says why."""
    rows = [(block.heading, asked, band) for block in _blocks(detail, lang) for asked in block.questions for band in asked.bands or (None,)]
    shares: Sequence[Band | None] = [band for _, _, band in rows]
    text = {name: i18n.text(key, lang) for name, key in _COLUMNS.items()}
    return pl.DataFrame({
        text["touchpoint"]: pl.Series([heading for heading, _, _ in rows], dtype=pl.Utf8),
        text["question"]: pl.Series([wording(asked, lang) for _, asked, _ in rows], dtype=pl.Utf8),
        words.metric_name("stage", lang): words.rounded([asked.figure.value for _, asked, _ in rows]),
        text["base"]: pl.Series([asked.figure.n for _, asked, _ in rows], dtype=pl.Int64),
        text["answer"]: pl.Series([answer(a, b, lang) if b else words.hidden(a.figure, lang) for _, a, b in rows], dtype=pl.Utf8),
        words.column("n", lang): pl.Series([b.n if b else None for b in shares], dtype=pl.Int64),
        words.column("share", lang): words.rounded([b.share.value if b else None for b in shares]),
        words.column("low", lang): words.rounded([b.share.ci_low if b else None for b in shares]),
        words.column("high", lang): words.rounded([b.share.ci_high if b else None for b in shares]),
    })


_COLUMNS = {"touchpoint": "journey.column.touchpoint", "question": "journey.column.question", "answer": "journey.column.answer",
            "base": "journey.column.base"}
