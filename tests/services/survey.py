"""The demo as plain pandas: what the services must say of it, computed another way."""

from __future__ import annotations

import json
import math
from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.deps import Deps
from cxdash.stats.figure import Figure

FILTERS: list[dict[str, tuple[str, ...]]] = [{}, {"region": ("seoul",)}, {"customer": ("prospect",)}, {"source": ("qr",)},
                                             {"tier": ("vip", "(none)")}]


def answers_of(demo: Deps, catalog: Catalog) -> pd.DataFrame:
    """One row per stored response: local day, wave, source, weight, attributes, questions."""
    from cxdash.store import responses, waves
    from cxdash.store.database import reading

    with reading(demo.engine) as session:
        codes = {w.id: w.code for w in waves.list_waves(session, program_id=catalog.id)}
        frame = pd.concat([part.to_pandas() for part in responses.pull(session, program_id=catalog.id)])
    table = pd.DataFrame([{**json.loads(a), **json.loads(q)} for a, q in zip(frame["attributes"], frame["answers"], strict=True)])
    table["day"] = pd.to_datetime(frame["at"], utc=True).dt.tz_convert(catalog.timezone).dt.date.to_list()
    return table.assign(wave=frame["wave_id"].map(codes).to_list(), source=frame["source"].to_list(), weight=frame["weight"].to_list())


def chosen(table: pd.DataFrame, equals: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    for key, values in equals.items():
        table = table[table[key].isin(values) | (table[key].isna() if "(none)" in values else False)]
    return table


def within(table: pd.DataFrame, since: date | None, until: date | None) -> pd.DataFrame:
    table = table[table["day"] >= since] if since else table
    return table[table["day"] <= until] if until else table


def weights(table: pd.DataFrame, weighted: bool) -> pd.Series:
    return table["weight"].fillna(0.0) if weighted else pd.Series(1.0, index=table.index)


def score(table: pd.DataFrame, q: QuestionInfo) -> pd.Series:
    """0-100, high favourable."""
    assert q.scale is not None
    points = table[q.code].astype(float) if q.code in table else pd.Series(math.nan, index=table.index)
    up = points - q.scale.lo if q.scale.direction == "high" else q.scale.hi - points
    return 100 * up / (q.scale.hi - q.scale.lo)


def respondent(metric: str, table: pd.DataFrame, catalog: Catalog) -> pd.Series:
    """What each respondent adds to the metric: its mean is the figure. NaN = not in the base."""
    kind, _, code = metric.partition(":")
    if kind in ("loyalty", "secure"):
        parts = pd.DataFrame({c: score(table, catalog.question(c)) for c in catalog.loyalty_items})
        if kind == "secure":
            scales = {c: catalog.question(c).scale for c in parts}
            hit = pd.DataFrame({c: parts[c] > 100 - 150 / (s.hi - s.lo) for c, s in scales.items() if s})
            return (100.0 * hit.all(axis=1)).where(parts.notna().all(axis=1))
        share = np.asarray([catalog.loyalty_items[c] for c in parts])
        there = parts.notna().to_numpy()
        index = np.nansum(parts.to_numpy() * share, axis=1) / np.where(there.any(axis=1), (there * share).sum(axis=1), math.nan)
        return pd.Series(index, index=table.index).where(2 * there.sum(axis=1) >= len(share))
    if kind in ("stage", "touchpoint"):
        items = catalog.stage_questions(code) if kind == "stage" else catalog.touchpoint_questions(code)
        return pd.DataFrame({q.code: score(table, q) for q in items}).mean(axis=1, skipna=True)
    if kind == "question":
        return score(table, catalog.question(code))
    question = catalog.behind(kind)
    assert question is not None and question.scale is not None
    points = table[question.code].astype(float)
    if kind == "nps":
        return (100.0 * (points >= 9) - 100.0 * (points <= 6)).where(points.notna())
    steps = question.scale.hi - question.scale.lo
    boxes = 2 if kind == "csat" else 3  # CES: 5-7 of 1-7
    return (100.0 * (score(table, question) > 100 * (steps - boxes + 0.5) / steps)).where(points.notna())


def valued(values: pd.Series, w: pd.Series) -> tuple[int, float]:
    """n and weighted mean."""
    use = values.notna() & (w > 0)
    return int(use.sum()), float((values[use] * w[use]).sum() / w[use].sum()) if use.any() else math.nan


def kish(values: pd.Series, w: pd.Series) -> float:
    use = values.notna() & (w > 0)
    return float(w[use].sum() ** 2 / (w[use] ** 2).sum()) if use.any() else 0.0


def same(figure: Figure | None, want: tuple[int, float]) -> None:
    """The figure says this, or is hidden as it must be."""
    assert figure is not None and figure.n == want[0]
    if "hidden_complement" not in figure.flags and min(figure.n, figure.n_eff) >= 10:
        assert figure.value == pytest.approx(want[1], abs=1e-9)
        assert figure.ci_low is not None and figure.ci_high is not None and figure.ci_low <= figure.value <= figure.ci_high
    else:
        assert (figure.value, figure.ci_low, figure.ci_high, figure.se) == (None, None, None, None)
