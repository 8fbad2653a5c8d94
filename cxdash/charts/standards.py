"""Service standards: per stage one bar of all answers, negative, as expected, beyond it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.services.gaps import StageStandard
from cxdash.stats.gaps import STANDARD
from cxdash.stats.rounding import largest_remainder

ENOUGH = 34  # px of a part that its percentage fits into
PARTS: Mapping[str, str] = {"negative": "gaps.standard.negative", "expected": "gaps.standard.expected", "beyond": "gaps.standard.beyond"}
_TONES = {"negative": theme.BAD, "expected": theme.MUTED, "beyond": theme.GOOD}
_TEXTS = ("name", "part", "share", "interval", "n_text", "text", "tone", "said", "hidden")
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(), "order": pl.Int64(), "start": pl.Float64(), "end": pl.Float64(), **dict.fromkeys(_TEXTS, pl.Utf8()),
}  # fmt: skip


def with_shares(found: Sequence[StageStandard]) -> list[StageStandard]:
    """The stages that have a standard."""
    return [s for s in found if s.shares]


def name_of(found: StageStandard, lang: str) -> str:
    return labels.plain(labels.localised(found.stage.name, lang, found.stage.code))


def data(found: Sequence[StageStandard], *, lang: str) -> pl.DataFrame:
    """One row per part of every bar; a hidden stage has one row that says why."""
    return pl.DataFrame([row for i, s in enumerate(with_shares(found)) for row in _parts(i, s, lang)], schema=SCHEMA)


def _parts(i: int, found: StageStandard, lang: str) -> Iterator[dict[str, object]]:
    name, n = name_of(found, lang), next(iter(found.shares.values())).n
    glyph = words.GLYPHS.get(found.moved, "")
    key = labels.axis_key(i, labels.wrap(i18n.text("chart.segment.label", lang, name=name, n=words.count(n, lang))), glyph)
    if any(f.value is None for f in found.shares.values()):
        why = words.hidden(next(iter(found.shares.values())), lang)
        yield {"key": key, "order": i, "name": name, "start": 0.0, "end": 0.0, "hidden": why, "said": f"{name}: {why}"}
        return
    start = 0.0
    whole = largest_remainder([found.shares[part].value or 0.0 for part in STANDARD])
    for part, percent in zip(STANDARD, whole, strict=True):
        figure = found.shares[part]
        share, interval, title = words.value(figure, lang), words.interval(figure, lang), i18n.text(PARTS[part], lang)
        yield {
            "key": key, "order": i, "start": start, "end": start + (figure.value or 0.0), "name": name, "part": title, "share": share,
            "interval": interval, "n_text": words.count(figure.n, lang), "text": i18n.percent(float(percent), lang, 0),
            "tone": _TONES[part],
            "said": words.point(f"{name}, {title}", share, interval, words.count(figure.n, lang), lang),
        }  # fmt: skip
        start += figure.value or 0.0


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame.unique("order", maintain_order=True), at_least=90)


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_built(lang), height)


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    tips = theme.tips(("name", words.column("stage", lang)), ("part", i18n.text("gaps.column.part", lang)),
                      ("share", words.column("share", lang)), ("interval", words.column("interval", lang)),
                      ("n_text", words.column("n", lang)))  # fmt: skip
    scale = alt.Scale(domain=[0, 100], nice=False)
    y = rows.y(rows.names_axis())
    bars = base.mark_bar(height={"band": 0.72}, cornerRadius=2, opacity=0.5).encode(
        x=alt.X("start:Q", title=None, scale=scale, axis=None), x2="end:Q", y=y, color=theme.tone(), tooltip=tips, description="said:N")
    inside = base.transform_filter(f"width * (datum.end - datum.start) / 100 > {ENOUGH}").transform_calculate(
        middle="(datum.start + datum.end) / 2").mark_text(fontSize=theme.SIZE, aria=False, tooltip=None).encode(
        x=alt.X("middle:Q", axis=None, scale=scale), y=y, text="text:N", color=theme.always(theme.INK))  # fmt: skip
    hidden = base.transform_filter("isValid(datum.hidden)").mark_text(align="left", dx=4, fontSize=11, aria=False, tooltip=None).encode(
        x=alt.value(0), y=y, text="hidden:N", color=theme.always(theme.MUTED))
    return theme.finished(alt.layer(bars, inside, hidden, data=alt.NamedData(theme.DATA)))


def describe(found: Sequence[StageStandard], *, lang: str) -> str:
    """The three shares of every stage."""
    told = []
    for one in with_shares(found):
        if any(f.value is None for f in one.shares.values()):
            told.append(f"{name_of(one, lang)}: {words.hidden(next(iter(one.shares.values())), lang)}.")
            continue
        parts = ", ".join(f"{i18n.text(PARTS[p], lang)} {words.value(one.shares[p], lang)}" for p in STANDARD)
        told.append(f"{name_of(one, lang)}: {parts}.")
    return " ".join(told)


def table(found: Sequence[StageStandard], *, lang: str) -> pl.DataFrame:
    """One row per stage: the base, each share with its interval, and how what is not negative changed against the comparison."""
    shown = with_shares(found)
    columns: dict[str, pl.Series] = {
        words.column("stage", lang): pl.Series([name_of(one, lang) for one in shown], dtype=pl.Utf8),
        words.column("n", lang): pl.Series([one.shares[STANDARD[0]].n for one in shown], dtype=pl.Int64),
    }
    for part in STANDARD:
        title, figures = i18n.text(PARTS[part], lang), [one.shares[part] for one in shown]
        columns[f"{title} (%)"] = words.rounded([f.value for f in figures])
        columns[f"{title} {words.column('low', lang)}"] = words.rounded([f.ci_low for f in figures])
        columns[f"{title} {words.column('high', lang)}"] = words.rounded([f.ci_high for f in figures])
    if any(one.change is not None for one in shown):
        columns[i18n.text("gaps.column.kept_change", lang)] = words.rounded([one.change.value if one.change else None for one in shown])
        columns[words.column("note", lang)] = pl.Series([words.GLYPHS.get(one.moved, "") for one in shown], dtype=pl.Utf8)
    return pl.DataFrame(columns)


def chart(found: Sequence[StageStandard], *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(found, lang=lang)
    return theme.with_data(spec(lang, height=height(frame)), frame)
