"""Expectation gaps, experience scores and kinds of touchpoints, as rows of charts, tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.pairs import Pair, Titles
from cxdash.charts.rows import Row
from cxdash.services.gaps import FactorGap, KindPair, Kinds, StageExperience
from cxdash.stats.figure import Difference

KINDS: Mapping[str, str] = {
    "active": "gaps.kind.active", "passive": "gaps.kind.passive", "product": "gaps.kind.product", "people": "gaps.kind.people",
    "communication": "gaps.kind.communication",
}  # fmt: skip
HELD: Mapping[str, str] = {
    "performance": "gaps.held.performance", "emotion": "gaps.held.emotion", "neither": "gaps.held.neither",
    "untested": "gaps.held.untested",
}  # fmt: skip
_SHORT: Mapping[str, str] = {"performance": "gaps.held_short.performance", "emotion": "gaps.held_short.emotion"}
_SAID = {"up": "gaps.verdict.up", "down": "gaps.verdict.down", "none": "gaps.verdict.none", "untested": "gaps.verdict.untested"}
_MOVED = {"up": "gaps.moved.up", "down": "gaps.moved.down", "none": "gaps.moved.none", "untested": "gaps.moved.untested"}


def signed(value: float | None, lang: str) -> str:
    return i18n.number(value, lang, 1, signed=True)


def span(d: Difference, lang: str) -> str:
    """The interval of a difference, or a dash."""
    return i18n.NOTHING if d.ci_low is None or d.ci_high is None else f"{signed(d.ci_low, lang)} – {signed(d.ci_high, lang)}"


# ---------------------------------------------------------------- expectation


def gap_titles(lang: str) -> Titles:
    return Titles(i18n.text("gaps.expected", lang), i18n.text("gaps.experienced", lang), i18n.text("gaps.gap", lang))


def gap_pairs(found: Sequence[FactorGap], names: Mapping[str, str], *, lang: str) -> list[Pair]:
    """Expected (ring) and experienced (full) of every factor, the most disappointing first."""
    return [_gap_pair(g, names[g.question.code], lang) for g in found]


def _gap_pair(g: FactorGap, name: str, lang: str) -> Pair:
    called = i18n.text("chart.segment.label", lang, name=name, n=words.count(g.n, lang))
    told = f"{signed(g.difference.value, lang)} ({span(g.difference, lang)})"
    return Pair(called, g.expected, g.experienced, g.verdict, signed(g.difference.value, lang), told, gap_note(g, lang))


def gap_note(g: FactorGap, lang: str) -> str:
    """Verdict, and how the gap moved against the comparison."""
    told = [i18n.text(_SAID[g.verdict], lang)]
    if g.change is not None and g.change.value is not None:
        told.append(i18n.text(_MOVED[g.moved], lang, change=signed(g.change.value, lang)))
    return " ".join(told)


def gap_describe(found: Sequence[FactorGap], names: Mapping[str, str], *, lang: str) -> str:
    """Which factors fall short of what was expected, and which go beyond."""
    short = [f"{names[g.question.code]} {signed(g.difference.value, lang)}" for g in found if g.verdict == "down"]
    over = [f"{names[g.question.code]} {signed(g.difference.value, lang)}" for g in found if g.verdict == "up"]
    told = [i18n.text("gaps.said_short", lang, names=", ".join(short)) if short else i18n.text("gaps.said_none_short", lang)]
    return " ".join([*told, *([i18n.text("gaps.said_over", lang, names=", ".join(over))] if over else [])])


def gap_table(found: Sequence[FactorGap], names: Mapping[str, str], *, lang: str) -> pl.DataFrame:
    """One row per factor, with the paired test for those who want to check it."""
    columns = {
        i18n.text("gaps.column.factor", lang): pl.Series([names[g.question.code] for g in found], dtype=pl.Utf8),
        i18n.text("gaps.expected", lang): words.rounded([g.expected.value for g in found]),
        i18n.text("gaps.experienced", lang): words.rounded([g.experienced.value for g in found]),
        i18n.text("gaps.gap", lang): words.rounded([g.difference.value for g in found]),
        words.column("low", lang): words.rounded([g.difference.ci_low for g in found]),
        words.column("high", lang): words.rounded([g.difference.ci_high for g in found]),
        i18n.text("gaps.column.pairs", lang): pl.Series([g.n for g in found], dtype=pl.Int64),
        i18n.text("gaps.column.points", lang): words.rounded([g.gap.points.value if g.same_scale else None for g in found], 2),
        i18n.text("gaps.column.p", lang): words.rounded([g.difference.p_adjusted for g in found], 4),
        words.column("note", lang): pl.Series([gap_note(g, lang) for g in found], dtype=pl.Utf8),
    }  # fmt: skip
    return pl.DataFrame(columns)


# ---------------------------------------------------------------- performance × emotion


def experience_titles(lang: str) -> Titles:
    return Titles(i18n.text("gaps.performance", lang), i18n.text("gaps.emotion", lang), i18n.text("gaps.difference", lang))


def stage_name(found: StageExperience, lang: str) -> str:
    return labels.plain(labels.localised(found.stage.name, lang, found.stage.code))


def experience_pairs(found: Sequence[StageExperience], *, lang: str) -> list[Pair]:
    """Performance (ring) and emotion (full) of every stage in journey order, with the score and what holds it down."""
    return [_experience_pair(s, lang) for s in found]


def _experience_pair(s: StageExperience, lang: str) -> Pair:
    e = s.experience
    called = i18n.text("chart.segment.label", lang, name=stage_name(s, lang), n=words.count(e.score.n, lang))
    verdict = {"performance": "up", "emotion": "down"}.get(e.held, "none")  # of emotion against performance
    gap = Difference(None if e.difference.value is None else -e.difference.value, _minus(e.difference.ci_high), _minus(e.difference.ci_low))
    told = f"{signed(gap.value, lang)} ({span(gap, lang)})"
    score = words.value(e.score, lang)
    beside = f"{score} · {i18n.text(_SHORT[e.held], lang)}" if e.held in _SHORT else score
    return Pair(called, e.performance, e.emotion, verdict, beside, told, experience_note(s, lang), arrow=False)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def experience_note(s: StageExperience, lang: str) -> str:
    """What holds the score down, and how it moved."""
    told = [i18n.text(HELD[s.experience.held], lang)]
    if s.change is not None and s.change.value is not None:
        told.append(i18n.text(_MOVED[s.moved], lang, change=signed(s.change.value, lang)))
    return " ".join(told)


def experience_describe(found: Sequence[StageExperience], *, lang: str) -> str:
    """Every stage's score and what holds it down."""
    return " ".join(_experience_said(s, lang) for s in found)


def _experience_said(s: StageExperience, lang: str) -> str:
    score = s.experience.score
    if score.value is None:
        return i18n.text("gaps.experience_hidden", lang, stage=stage_name(s, lang), why=words.hidden(score, lang))
    held = i18n.text(HELD[s.experience.held], lang)
    return i18n.text("gaps.experience_said", lang, stage=stage_name(s, lang), score=words.value(score, lang), held=held)


def experience_table(found: Sequence[StageExperience], *, lang: str) -> pl.DataFrame:
    """One row per stage."""
    every = [s.experience for s in found]
    return pl.DataFrame({
        words.column("stage", lang): pl.Series([stage_name(s, lang) for s in found], dtype=pl.Utf8),
        i18n.text("gaps.score", lang): words.rounded([e.score.value for e in every]),
        words.column("low", lang): words.rounded([e.score.ci_low for e in every]),
        words.column("high", lang): words.rounded([e.score.ci_high for e in every]),
        words.column("n", lang): pl.Series([e.score.n for e in every], dtype=pl.Int64),
        i18n.text("gaps.performance", lang): words.rounded([e.performance.value for e in every]),
        i18n.text("gaps.emotion", lang): words.rounded([e.emotion.value for e in every]),
        words.column("note", lang): pl.Series([experience_note(s, lang) for s in found], dtype=pl.Utf8),
    })  # fmt: skip


# ---------------------------------------------------------------- kinds of touchpoints


def kind_name(kind: str, lang: str) -> str:
    return i18n.text(KINDS[kind], lang)


def kind_rows(found: Kinds, *, lang: str) -> list[Row]:
    """One row per kind; the mark says how it changed against the comparison."""
    told = []
    for k in found.scores:
        label = i18n.text("gaps.kind.label", lang, name=kind_name(k.kind, lang), n=words.count(k.figure.n, lang), touchpoints=k.touchpoints)
        note = [words.base(k.figure, lang)]
        if k.change is not None and k.change.value is not None:
            note.append(i18n.text(_MOVED[k.moved], lang, change=signed(k.change.value, lang)))
        told.append(Row(kind_name(k.kind, lang), label, k.figure, k.moved, " ".join(filter(None, note))))
    return told


def kind_spec(lang: str, data: pl.DataFrame) -> theme.Spec:
    """The Vega-Lite document of `rows.data` of the kinds, without it."""
    return theme.sized(_kind_built(lang), rows.height(data, at_least=100))


@lru_cache(maxsize=8)
def _kind_built(lang: str) -> str:
    return theme.finished(rows.layers(lang, i18n.text("gaps.kinds.score", lang)))


def kind_sentence(pair: KindPair, lang: str) -> str:
    """One comparison in words."""
    names = {"first": kind_name(pair.first, lang), "second": kind_name(pair.second, lang)}
    if pair.difference.value is None:
        return i18n.text("gaps.kinds.hidden", lang, **names, n=words.count(pair.n, lang))
    keys = {"up": "gaps.kinds.up", "down": "gaps.kinds.down", "none": "gaps.kinds.none", "untested": "gaps.kinds.untested"}
    return i18n.text(keys[pair.verdict], lang, **names, gap=i18n.number(abs(pair.difference.value), lang, 1),
                     interval=span(pair.difference, lang), n=words.count(pair.n, lang))  # fmt: skip


def kind_table(found: Kinds, *, lang: str) -> pl.DataFrame:
    """Scores of the kinds."""
    told = [(r.name, r.figure, r.note) for r in kind_rows(found, lang=lang)]
    return words.figure_table(told, words.column("group", lang), i18n.text("gaps.kinds.score", lang), lang)


def pair_table(found: Kinds, *, lang: str) -> pl.DataFrame:
    """The comparisons within respondents."""
    pairs = found.pairs
    return pl.DataFrame({
        i18n.text("gaps.column.pair", lang): pl.Series(
            [f"{kind_name(p.first, lang)} − {kind_name(p.second, lang)}" for p in pairs], dtype=pl.Utf8),
        i18n.text("gaps.difference", lang): words.rounded([p.difference.value for p in pairs]),
        words.column("low", lang): words.rounded([p.difference.ci_low for p in pairs]),
        words.column("high", lang): words.rounded([p.difference.ci_high for p in pairs]),
        i18n.text("gaps.column.pairs", lang): pl.Series([p.n for p in pairs], dtype=pl.Int64),
        i18n.text("gaps.column.p", lang): words.rounded([p.difference.p_adjusted for p in pairs], 4),
        words.column("note", lang): pl.Series([kind_sentence(p, lang) for p in pairs], dtype=pl.Utf8),
    })  # fmt: skip
