"""The sizes of the planted effects as a survey would show them: in answers, after rounding and cutting to the scale."""

from __future__ import annotations

import numpy as np
import polars as pl
from demo_model import DIP_BRANCH, DIP_WEEKS, RISE, People, table


def effects(people: People) -> dict[str, tuple[float, float]]:
    """Effect -> (size, standard error). NPS differences in NPS points, satisfactions in scale points, both unweighted."""
    frame = table(people)
    existing, week, channel = pl.col("customer") == "existing", pl.col("week"), pl.col("channel")
    incheon, in_dip = pl.col("branch") == DIP_BRANCH, week.is_between(*DIP_WEEKS)
    first, second = (start for start, _ in RISE)

    def nps(a: pl.Expr, b: pl.Expr) -> tuple[float, float]:
        return _difference(_nps(frame.filter(a)), _nps(frame.filter(b)))

    def mean(column: str, a: pl.Expr, b: pl.Expr) -> tuple[float, float]:
        return _difference(*(frame.filter(part)[column].drop_nulls().to_numpy() for part in (a, b)))

    return {
        "nps": _level(_nps(frame)),
        "nps_existing": _level(_nps(frame.filter(existing))),
        "nps_prospect_minus_existing": nps(~existing, existing),
        "nps_vip_minus_general": nps(pl.col("tier") == "vip", pl.col("tier") == "general"),
        "nps_rise_second_last_quarter": nps(week.is_between(first, second - 1), week.is_between(2 * first - second, first - 1)),
        "nps_rise_last_quarter": nps(week >= second, week.is_between(first, second - 1)),
        "nps_rise_last_half_year": nps(week >= first, week < first),
        "install_dip": mean("s_installation", incheon & in_dip, ~incheon & in_dip),
        "install_before_and_after": mean("s_installation", incheon & ~in_dip, ~incheon & ~in_dip),
        "service_callcenter": mean("s_service", channel == "callcenter", channel != "callcenter"),
        "nps_gender": nps(pl.col("gender") == "female", pl.col("gender") == "male"),
        "overall_gender": mean("overall", pl.col("gender") == "female", pl.col("gender") == "male"),
    }


def _nps(frame: pl.DataFrame) -> np.ndarray:
    score = frame["recommend"].drop_nulls().to_numpy()
    return 100.0 * ((score >= 9).astype(float) - (score <= 6))


def _level(a: np.ndarray) -> tuple[float, float]:
    return float(a.mean()), float(a.std(ddof=1) / np.sqrt(len(a)))


def _difference(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    (mean_a, se_a), (mean_b, se_b) = _level(a), _level(b)
    return mean_a - mean_b, float(np.hypot(se_a, se_b))


def drivers(people: People) -> tuple[dict[str, float], int]:
    """Standardised coefficients of the nine stages on the mean loyalty item, among existing customers with all nine; and their number."""
    frame = table(people).filter(pl.col("customer") == "existing")
    stages = [column for column in frame.columns if column.startswith("s_")]
    frame = frame.drop_nulls([*stages, "recommend", "overall", "repurchase"])
    x = frame.select(stages).to_numpy().astype(float)
    y = (frame["recommend"] / 10 + (frame["overall"] - 1) / 4 + (frame["repurchase"] - 1) / 4).to_numpy()
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    return dict(zip(stages, beta.round(3).tolist(), strict=True)), len(y)


def alpha(people: People) -> float:
    """Cronbach's alpha of the three loyalty items on 0-100, listwise."""
    frame = table(people).drop_nulls(["recommend", "overall", "repurchase"])
    items = np.column_stack([frame["recommend"] * 10.0, (frame["overall"] - 1) * 25.0, (frame["repurchase"] - 1) * 25.0])
    return float(1.5 * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)))


def report(truth: People, file: People) -> str:
    """A Markdown table of the effects, true and in the file, and what else README.md quotes."""
    lines = ["| key | true size | in the file | standard error |", "|---|---|---|---|"]
    own = effects(file)
    lines += [f"| `{key}` | {value:+.2f} | {own[key][0]:+.2f} | {own[key][1]:.2f} |" for key, (value, _) in effects(truth).items()]
    for name, people in (("true", truth), ("file", file)):
        beta, n = drivers(people)
        lines.append(f"{name}: alpha {alpha(people):.3f}; drivers (n {n}) {beta}")
        frame = table(people)
        lines.append(str({c: round(frame[c].mean(), 2) for c in frame.columns if c.startswith(("s_", "f_", "o", "re", "ef")) and c != "region"}))
    return "\n".join(lines)
