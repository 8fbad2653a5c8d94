"""The respondents of the demo: a latent-variable model with known effects, all of them constants at the top of this file.

Every respondent has a disposition u ~ N(0,1) that colours all ratings (halo). A stage experience is
    E_s = mean_s + 0.6·u + 0.7·e_s + planted shifts of that stage                       (satisfaction points, before rounding)
loyalty is
    L = base + Σ_s beta_s·(E_s − mean_s) + planted shifts of loyalty                    (points of the 0-10 item, before rounding)
where a stage that was not experienced counts with its halo part 0.6·u only. Answers are E and L plus noise, rounded and cut to the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from demo_program import ATTRIBUTES, FACTORS, FEELINGS, RIVALS, SOURCES, STAGES, expectation_code, feeling_code

SEED = 20_260_112
WEEKS = 78
START = "2024-07-01T00:00"  # a Monday, Seoul time
HALO, OWN = 0.6, 0.7
MEAN = dict(zip(STAGES, (3.75, 3.70, 3.65, 3.95, 3.85, 4.00, 4.05, 3.60, 3.45), strict=True))
BETA = dict(zip(STAGES, (0.10, 0.10, 0.10, 0.20, 0.80, 0.30, 0.35, 0.30, 0.10), strict=True))  # delivery: the strongest driver
BETA_PROSPECT = {"awareness": 0.30, "search": 0.45, "consideration": 0.50, "purchase": 0.20}
REACH = dict(zip(STAGES, (0.80, 0.85, 0.85, 0.97, 0.93, 0.80, 0.95, 0.38, 0.25), strict=True))  # share that experienced the stage
REACH_PROSPECT = {"awareness": 0.95, "search": 0.80, "consideration": 0.65, "purchase": 0.18}
FULL_JOURNEY = 0.20  # share of existing customers who know every stage
FACTOR_SHIFT = dict(zip(FACTORS, (-0.05, -0.15, 0.15, 0.10, -0.05, 0.05, -0.20, 0.10), strict=True))

EXPECTED = dict(zip(FACTORS, (3.70, 4.40, 4.05, 4.00, 3.60, 4.10, 4.10, 3.80), strict=True))  # delivery and repair promise too much
EXPECTED_HALO, FELT = 0.25, 0.7  # how much of the halo, and of the experience, shows in what was expected and felt
FEELING_SHIFT = dict(zip(FEELINGS, (0.0, 0.10, -0.35, 0.10, 0.30, -0.30), strict=True))  # from MEAN: delivery feels worse than it is
RIVAL_SHARE, RIVAL_HALO = 0.55, 0.3  # of the existing customers also own appliances of another company
RIVAL_MEAN = {"c_overall": 3.70, "c_delivery": 4.15, "c_service": 3.35}  # better at delivery, worse at after-service

OTHER_SCALES = ("recommend", "effort")  # than 1-5
LOYALTY_BASE, OVERALL_BASE, REPURCHASE_BASE, EFFORT_BASE = 8.35, 3.90, 3.85, 5.2
# --- planted effects (data/README.md)
DIP_WEEKS, DIP_BRANCH, DIP = (39, 56), "incheon", -1.2  # installation, weeks counted from 0, both inclusive: months 10 to 13
CHANNEL_SERVICE = {"callcenter": -0.7}  # after-service is worse for those who bought by telephone
PROSPECT = -0.7  # loyalty
TIER = {"vip": 0.8, "gold": 0.3, "silver": 0.0, "general": -0.2}  # loyalty
RISE = ((52, 0.28), (65, 0.28))  # loyalty rises for good from these weeks on: the last two quarters
AGE = {"20s": -0.3, "30s": -0.1, "40s": 0.0, "50s": 0.1, "60plus": 0.25}  # loyalty
NEW_BRANCH, NEW_BRANCH_N, NEW_BRANCH_WEEK = "sejong", 7, 73  # under 10 answers: figures hidden
SMALL_BRANCH, SMALL_BRANCH_N = "jeju", 22  # 10-29 answers: grey, no test
# gender has no effect on anything

SHARES = {
    "channel": (0.38, 0.24, 0.16, 0.14, 0.08), "tier": (0.08, 0.20, 0.32, 0.40), "gender": (0.52, 0.48), "source": (0.55, 0.30, 0.15),
    "age": (0.14, 0.25, 0.27, 0.20, 0.14), "region": (0.29, 0.31, 0.12, 0.11, 0.17, 0.0),
}
BRANCHES = {"seoul": (("gangnam", "gangbuk"), 0.55), "gyeonggi": (("suwon", "incheon"), 0.52), "chungcheong": (("daejeon",), 1.0),
            "honam": (("gwangju",), 1.0), "yeongnam": (("busan", "daegu"), 0.6), "jeju": (("jeju",), 1.0)}
REASON_SHARES = (0.42, 0.40, 0.24, 0.33, 0.16, 0.15, 0.12, 0.04)
WEIGHT_AGE = {"20s": 1.25, "30s": 1.0, "40s": 0.9, "50s": 0.95, "60plus": 1.1}
WEIGHT_CHANNEL = {"online": 1.1, "store": 0.95, "dealer": 0.9, "department": 0.95, "callcenter": 1.15}
HOURS = np.array([0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 6, 6, 7, 6, 6, 6, 6, 6, 7, 9, 10, 9, 5, 2], dtype=float)
DAYS = np.array([1.0, 1.0, 1.0, 1.0, 0.95, 0.8, 0.7])
NOBODY = ""


@dataclass(frozen=True)
class People:
    """Simulated respondents, ordered by time: attribute texts ("" = none), answers (NaN = none), chosen options, times and weights."""

    at: np.ndarray  # datetime64[us], Seoul wall clock
    week: np.ndarray
    attributes: dict[str, np.ndarray]
    source: np.ndarray
    weight: np.ndarray
    ratings: dict[str, np.ndarray]
    reasons: np.ndarray  # bool (n, options)


def simulate(n: int, seed: int = SEED) -> People:
    """`n` respondents of the model. The same n and seed give the same people."""
    rng = np.random.default_rng(seed)
    at, week = _times(rng, n)
    attributes = _attributes(rng, n, week)
    source = _draw(rng, n, [s for s, _, _ in SOURCES], SHARES["source"])
    experience, reached, halo = _experience(rng, n, week, attributes)
    loyalty = _loyalty(week, attributes, experience, reached, halo)
    ratings = _answers(rng, n, attributes, experience, reached, loyalty)
    more = _beside(np.random.default_rng(seed + 3), n, attributes, experience, reached, halo)  # draws of its own: the rest stays
    ratings |= _straight(ratings, more)
    return People(at, week, attributes, source, _weights(rng, n, attributes), ratings, _reasons(rng, n, attributes))


def _draw(rng: np.random.Generator, n: int, values: list[str], shares: tuple[float, ...]) -> np.ndarray:
    edges = np.cumsum(shares) / np.sum(shares)
    return np.array(values, dtype=object)[np.searchsorted(edges, rng.random(n), side="right")]


def _effect(values: np.ndarray, effects: dict[str, float]) -> np.ndarray:
    return sum((effect * (values == value) for value, effect in effects.items()), np.zeros(len(values)))


def _times(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Growing weekly volume with a yearly wave, fewer answers at the weekend, most in the evening."""
    volume = 1 + 0.25 * np.arange(WEEKS) / WEEKS + 0.12 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    week = np.searchsorted(np.cumsum(volume) / volume.sum(), rng.random(n), side="right")
    day = np.searchsorted(np.cumsum(DAYS) / DAYS.sum(), rng.random(n), side="right")
    hour = np.searchsorted(np.cumsum(HOURS) / HOURS.sum(), rng.random(n), side="right")
    second = ((week * 7 + day) * 24 + hour) * 3600 + (rng.random(n) * 3600).astype(int)
    order = np.argsort(second, kind="stable")
    return np.datetime64(START, "us") + second[order].astype("timedelta64[s]"), week[order]


def _attributes(rng: np.random.Generator, n: int, week: np.ndarray) -> dict[str, np.ndarray]:
    out = {"customer": np.where(rng.random(n) < 0.76, "existing", "prospect").astype(object)}
    for key in ("channel", "region", "age", "gender", "tier"):
        out[key] = _draw(rng, n, [value for value, _, _ in ATTRIBUTES[key][2]], SHARES[key])
    existing = out["customer"] == "existing"
    jeju = np.flatnonzero(existing)[np.linspace(0, existing.sum() - 1, SMALL_BRANCH_N).astype(int)]
    out["region"][jeju] = SMALL_BRANCH
    out["branch"] = _branch(rng, out["region"])
    new = np.flatnonzero(existing & (out["region"] == "chungcheong") & (week >= NEW_BRANCH_WEEK))[:NEW_BRANCH_N]
    out["branch"][new] = NEW_BRANCH
    out["tier"][~existing] = NOBODY  # prospects are no members,
    out["branch"][~existing & (out["channel"] == "online")] = NOBODY  # and those met online have no branch yet
    out["age"][~existing & (rng.random(n) < 0.05)] = NOBODY
    return out


def _branch(rng: np.random.Generator, region: np.ndarray) -> np.ndarray:
    first = rng.random(len(region))
    out = np.full(len(region), NOBODY, dtype=object)
    for name, (branches, share) in BRANCHES.items():
        here = region == name
        out[here] = np.where(first[here] < share, branches[0], branches[-1])
    return out


def _experience(rng: np.random.Generator, n: int, week: np.ndarray, attributes: dict[str, np.ndarray]) -> tuple[dict, dict, np.ndarray]:
    """E_s − mean_s per stage, who experienced the stage, and the halo 0.6·u."""
    existing = attributes["customer"] == "existing"
    halo = HALO * rng.standard_normal(n)
    full = existing & (rng.random(n) < FULL_JOURNEY)
    experience, reached = {}, {}
    for stage in STAGES:
        own = OWN * rng.standard_normal(n)
        seen = rng.random(n)
        experience[stage] = halo + own
        reached[stage] = full | (seen < np.where(existing, REACH[stage], REACH_PROSPECT.get(stage, 0.0)))
    dip = (attributes["branch"] == DIP_BRANCH) & (week >= DIP_WEEKS[0]) & (week <= DIP_WEEKS[1])
    experience["installation"] = experience["installation"] + DIP * dip
    experience["service"] = experience["service"] + _effect(attributes["channel"], CHANNEL_SERVICE)
    return experience, reached, halo


def _loyalty(week: np.ndarray, attributes: dict[str, np.ndarray], experience: dict, reached: dict, halo: np.ndarray) -> np.ndarray:
    existing = attributes["customer"] == "existing"
    loyalty = LOYALTY_BASE + _effect(attributes["tier"], TIER) + _effect(attributes["age"], AGE) + PROSPECT * ~existing
    for start, size in RISE:
        loyalty = loyalty + size * (week >= start)
    for stage in STAGES:
        beta = np.where(existing, BETA[stage], BETA_PROSPECT.get(stage, 0.0))
        loyalty = loyalty + beta * np.where(reached[stage], experience[stage], halo)
    return loyalty


def _rate(rng: np.random.Generator, latent: np.ndarray, noise: float, lo: int, hi: int, asked: np.ndarray, silent: float) -> np.ndarray:
    """Round and cut to the scale; NaN where the question was not asked, and at random for a share `silent` of the others."""
    points = np.clip(np.round(latent + noise * rng.standard_normal(len(latent))), lo, hi)
    return np.where(asked & (rng.random(len(latent)) >= silent), points, np.nan)


def _answers(rng: np.random.Generator, n: int, attributes: dict, experience: dict, reached: dict, loyalty: np.ndarray) -> dict[str, np.ndarray]:
    rate = partial(_rate, rng)
    everyone, existing = np.ones(n, dtype=bool), attributes["customer"] == "existing"
    lift = loyalty - LOYALTY_BASE
    out = {"recommend": rate(loyalty, 1.15, 0, 10, everyone, 0.004),
           "overall": rate(OVERALL_BASE + 0.38 * lift, 0.42, 1, 5, everyone, 0.01),
           "repurchase": rate(REPURCHASE_BASE + 0.40 * lift, 0.50, 1, 5, existing, 0.015),
           "effort": rate(EFFORT_BASE + 0.45 * lift, 0.95, 1, 7, existing, 0.02)}
    for stage in STAGES:
        out[f"s_{stage}"] = rate(MEAN[stage] + experience[stage], 0.0, 1, 5, reached[stage], 0.015)
    for code, (stage, _, _) in FACTORS.items():
        out[code] = rate(MEAN[stage] + FACTOR_SHIFT[code] + experience[stage], 0.55, 1, 5, reached[stage], 0.03)
    return out


def _beside(rng: np.random.Generator, n: int, attributes: dict, experience: dict, reached: dict, halo: np.ndarray) -> dict[str, np.ndarray]:
    """What stands beside satisfaction: expectations of factors, emotions at stages, ratings of a competitor."""
    out = {}
    for code, (stage, _, _) in FACTORS.items():
        out[expectation_code(code)] = _rate(rng, EXPECTED[code] + EXPECTED_HALO * halo, 0.6, 1, 5, reached[stage], 0.04)
    for stage in FEELINGS:
        felt = MEAN[stage] + FEELING_SHIFT[stage] + FELT * experience[stage]
        out[feeling_code(stage)] = _rate(rng, felt, 0.5, 1, 5, reached[stage], 0.04)
    another = (attributes["customer"] == "existing") & (rng.random(n) < RIVAL_SHARE)
    for code, (stage, _, _) in RIVALS.items():
        asked = another if stage is None else another & reached[stage]
        out[code] = _rate(rng, RIVAL_MEAN[code] + RIVAL_HALO * halo, 0.8, 1, 5, asked, 0.03)
    return out


def _straight(ratings: dict[str, np.ndarray], more: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`more`, where who gives one point to everything gives it to these questions too."""
    given = np.stack([points for code, points in ratings.items() if code not in OTHER_SCALES])
    lowest, highest = np.nanmin(given, axis=0, initial=6), np.nanmax(given, axis=0, initial=0)
    same = (lowest == highest) & ((~np.isnan(given)).sum(axis=0) >= 5)
    return {code: np.where(same & ~np.isnan(points), lowest, points) for code, points in more.items()}


def _weights(rng: np.random.Generator, n: int, attributes: dict[str, np.ndarray]) -> np.ndarray:
    """Around 1, as from weighting by age and channel, kept within 0.6 and 1.6."""
    age = _effect(attributes["age"], WEIGHT_AGE)
    weight = np.where(age == 0, 1.0, age) * _effect(attributes["channel"], WEIGHT_CHANNEL) * (0.85 + 0.3 * rng.random(n))
    return np.round(np.clip(weight / weight.mean(), 0.6, 1.6), 3)


def _reasons(rng: np.random.Generator, n: int, attributes: dict[str, np.ndarray]) -> np.ndarray:
    """Reasons of purchase of existing customers: one to four options, price more often online."""
    share = np.tile(REASON_SHARES, (n, 1))
    share[:, 0] += 0.12 * (attributes["channel"] == "online")
    chosen = rng.random((n, len(REASON_SHARES))) < share
    chosen[~chosen.any(axis=1), 1] = True
    chosen &= np.cumsum(chosen, axis=1) <= 4
    return chosen & (attributes["customer"] == "existing")[:, None]


def table(people: People) -> pl.DataFrame:
    """The people as a wide table: at, week, weight, source, attributes, ratings (null = none)."""
    columns: dict[str, object] = {"at": people.at, "week": people.week, "weight": people.weight, "source": people.source.astype(str)}
    columns |= {key: [value or None for value in values] for key, values in people.attributes.items()}
    return pl.DataFrame(columns | people.ratings).with_columns(pl.col(list(people.ratings)).fill_nan(None))
