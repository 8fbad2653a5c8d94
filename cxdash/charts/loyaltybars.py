"""The classes of the loyalty matrix by an attribute: one stacked bar of the whole per value, in the order of the matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.loyaltywords import TONES, classes, share
from cxdash.facts.question import NONE
from cxdash.services.loyalty import CLASSES, Group

OPACITY = 0.5  # of the bars: a number on them has a contrast of 4.5 in both modes
ROOM = 30  # px that a number on a part needs
_LEGEND = 40  # px
SCHEMA: Mapping[str, pl.DataType] = {
    "kind": pl.Utf8(), "key": pl.Utf8(), "order": pl.Int64(), "start": pl.Float64(), "end": pl.Float64(), "place": pl.Int64(),
    "tone": pl.Utf8(), "text": pl.Utf8(), "name": pl.Utf8(), "n_text": pl.Utf8(), "said": pl.Utf8(), theme.PICK: pl.Utf8(),
    **{f"c{i}": pl.Utf8() for i in range(len(CLASSES))},
}  # fmt: skip


def data(groups: Sequence[Group], *, lang: str, names: Mapping[str, str]) -> pl.DataFrame:
    """Rows "part" (one per class and value that is shown), "whole" (what a pointer meets), "hidden". names: value -> label."""
    found: list[dict[str, object]] = []
    for i, group in enumerate(groups):
        name = _named(group, lang, names)
        label = i18n.text("chart.segment.label", lang, name=name, n=words.count(group.n, lang))
        fixed = {"key": labels.axis_key(i, labels.wrap(label)), "order": i, "name": name, "n_text": words.count(group.n, lang)}
        told = _told(group, lang)
        shown = group.shares[0].figure.value is not None
        whole = {f"c{j}": text for j, text in enumerate(told.values())}
        said = ", ".join(f"{called} {text}" for called, text in told.items()) if shown else words.hidden(group.shares[0].figure, lang)
        found.append({**fixed, **whole, "kind": "whole", "start": 0.0, "end": 100.0, "said": f"{name}: {said}",
                      theme.PICK: group.value or NONE})  # fmt: skip
        if not shown:
            found.append({**fixed, "kind": "hidden", "text": words.hidden(group.shares[0].figure, lang)})
            continue
        found += [{**fixed, **part, "kind": "part"} for part in _parts(group, lang)]
    return pl.DataFrame(found, schema=SCHEMA)


def _named(group: Group, lang: str, names: Mapping[str, str]) -> str:
    return i18n.text("chart.segment.none", lang) if group.value is None else labels.plain(names.get(group.value) or group.value)


def _told(group: Group, lang: str) -> dict[str, str]:
    what = i18n.text("chart.what.rest", lang)
    return {called: share(one, lang, what) for called, one in zip(classes(lang).values(), group.shares, strict=True)}


def _parts(group: Group, lang: str) -> list[dict[str, object]]:
    at, parts = 0.0, []
    for i, one in enumerate(group.shares):
        value = one.figure.value or 0.0
        text = f"{i18n.percent(value, lang, 0)}{words.GLYPHS.get(one.verdict, '')}"
        parts.append({"start": at, "end": at + value, "tone": TONES[one.name], "text": text, "place": i})
        at += value
    return parts


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return _LEGEND + rows.height(frame.filter(pl.col("kind") == "whole"), at_least=90)


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    part, hidden, whole = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("part", "hidden", "whole"))
    y = alt.Y("key:N", title=None, sort=alt.EncodingSortField("order", op="min"), axis=rows.names_axis(),
              scale=alt.Scale(paddingInner=0.3, paddingOuter=0.15))  # fmt: skip
    ticks = alt.Axis(tickCount=5, labelExpr="datum.value + '%'", grid=False, ticks=False, domain=False, labelPadding=6)
    x = alt.X("start:Q", title=None, scale=alt.Scale(domain=[0, 100], nice=False), axis=ticks)
    called = classes(lang)
    spoken = "{" + ", ".join(f"'{TONES[c]}': '{name}'" for c, name in called.items()) + "}[datum.label]"
    legend = alt.Legend(title=None, orient="top", values=[TONES[c] for c in called], labelExpr=spoken, symbolType="square",
                        symbolOpacity=OPACITY, symbolSize=120, columns=2, offset=4)  # fmt: skip
    colour = alt.Color("tone:N", scale=theme.tone_scale(), legend=legend)
    tips = theme.tips(("name", words.column("group", lang)), ("n_text", words.column("n", lang)),
                      *((f"c{i}", name) for i, name in enumerate(called.values())))  # fmt: skip
    fits = part.transform_filter(f"(datum.end - datum.start) * width / 100 > {ROOM}").transform_calculate(
        middle="(datum.start + datum.end) / 2"
    )
    quiet = {"aria": False, "tooltip": None}
    return theme.finished(alt.layer(
        part.mark_bar(opacity=OPACITY, xOffset=0.5, x2Offset=-0.5, **quiet).encode(x=x, x2="end:Q", y=y, color=colour),
        fits.mark_text(fontSize=theme.SIZE, **quiet).encode(x="middle:Q", y=y, text="text:N", color=theme.always(theme.INK)),
        hidden.mark_text(align="left", dx=4, fontSize=11, **quiet).encode(
            x=alt.value(0), y=y, text="text:N", color=theme.always(theme.MUTED)),
        whole.mark_bar(opacity=0).encode(x=x, x2="end:Q", y=y, tooltip=tips, description="said:N").properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    ))  # fmt: skip


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def chart(groups: Sequence[Group], *, lang: str, names: Mapping[str, str]) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(groups, lang=lang, names=names)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(groups: Sequence[Group], *, lang: str, names: Mapping[str, str]) -> str:
    """The chart in a sentence or two: where the most and fewest are truly loyal, and which values differ from the rest."""
    ranked = [(g, f.value) for g in groups if (f := g.shares[0].figure).value is not None and f.base != "small"]
    said = ""
    if len(ranked) > 1:
        best, worst = (pick(ranked, key=lambda item: item[1] or 0.0)[0] for pick in (max, min))
        said = i18n.text("loyalty.by_said", lang, best=_named(best, lang, names), best_value=words.value(best.shares[0].figure, lang),
                         worst=_named(worst, lang, names), worst_value=words.value(worst.shares[0].figure, lang)) + " "  # fmt: skip
    called = classes(lang)
    apart = [f"{words.GLYPHS[s.verdict]} {_named(g, lang, names)} {called[s.name]} {words.value(s.figure, lang)}"
             for g in groups for s in g.shares if s.verdict in words.GLYPHS and s.figure.value is not None]  # fmt: skip
    return said + (i18n.text("loyalty.by_apart", lang, parts=", ".join(apart)) if apart else i18n.text("loyalty.by_alike", lang))


def table(groups: Sequence[Group], *, lang: str, names: Mapping[str, str]) -> pl.DataFrame:
    """One row per value and class: share, interval, base, difference from the rest with its adjusted p."""
    called, what = classes(lang), i18n.text("chart.what.rest", lang)
    every = [(g, s) for g in groups for s in g.shares]
    notes = [" · ".join(filter(None, (words.base(s.figure, lang), words.against(s.difference, s.verdict, lang, what)
                                      if s.figure.value is not None else ""))) for _, s in every]  # fmt: skip
    lines = [(_named(g, lang, names), s.figure, note) for (g, s), note in zip(every, notes, strict=True)]
    plain = words.figure_table(lines, words.column("segment", lang), words.column("share", lang), lang)
    classed = pl.Series(i18n.text("loyalty.column.class", lang), [called[s.name] for _, s in every], dtype=pl.Utf8)
    gap = words.rounded([None if s.difference is None else s.difference.value for _, s in every])
    p = words.rounded([None if s.difference is None else s.difference.p_adjusted for _, s in every], 4)
    wide = plain.insert_column(1, classed).insert_column(6, gap.alias(i18n.text("segments.column.gap", lang)))
    return wide.insert_column(7, p.alias(i18n.text("segments.column.p", lang)))
