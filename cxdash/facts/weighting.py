"""Raked weights: one factor per combination of wave and rake attributes, so that a million rows cost no more than their cells.

Weight of a response = imported weight (brought to mean 1 within its wave; 1 where the wave has none) times the factor of its cell. Factors
have mean 1 over the responses that are raked. A response without a value for a rake attribute, or with one that has no share,
keeps factor 1, and so does everybody of a wave that cannot be raked (a share nobody is there for): `Raking.refused` says why. Mystery
shoppers are no part of the population: nothing is raked to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from cxdash.errors import StatsError
from cxdash.facts.counting import Frame, collected
from cxdash.facts.filters import customers
from cxdash.facts.lookup import beside
from cxdash.facts.question import SOURCE
from cxdash.facts.schema import FactsSchema
from cxdash.facts.specs import WeightSpec
from cxdash.stats.weights import RakedCells, rake_cells

SUMS = ("n", "given", "b", "b2", "low", "high")


@dataclass(frozen=True)
class Raking:
    """One raking and how it went.

    wave_id: None = all waves at once. n: responses raked; kept: responses that keep their imported weight.
    before, after: attribute -> value -> share of the raked responses with imported and with raked weights.
    result: None when it was refused; then `refused` is the reason of the StatsError and `params` say what is wrong.
    """

    wave_id: int | None
    n: int
    kept: int
    result: RakedCells | None
    before: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    after: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    refused: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def weighed(frame: Frame, schema: FactsSchema) -> Frame:
    """The frame with its raked weights in place of the imported ones (null: no weight)."""
    assert schema.weighting is not None
    columns = [schema.groups[key] for key in schema.weighting.targets]
    factors, _ = rakings(cells(frame, schema, schema.weighting), schema.weighting)
    named = factors.rename({f"v{i}": column for i, column in enumerate(columns)})
    laid = beside(frame, named, ["wave_id", *columns])
    given = nw.when(nw.col("weight") > 0).then(nw.col("weight") * nw.col("_factor"))
    raked = nw.when(nw.col("_given")).then(given).otherwise(nw.col("_factor"))
    raked = nw.when(nw.col("_factor").is_null()).then(nw.col("weight").fill_null(1.0)).otherwise(raked)  # only shoppers are in it
    return laid.with_columns(raked.alias("weight")).drop("_factor", "_given")


def cells(frame: Frame, schema: FactsSchema, spec: WeightSpec) -> pl.DataFrame:
    """Columns wave_id, v0 … (values of the rake attributes), n, and of imported weights: given (how many), b (Σ), b2 (Σ²), low, high."""
    columns = [schema.groups[key] for key in spec.targets]
    weight = nw.when(nw.col("weight") > 0).then(nw.col("weight"))
    ours = list(customers(frame.schema.get(SOURCE) if isinstance(frame, nw.DataFrame) else None))
    rows = frame.lazy().filter(*ours) if ours else frame.lazy()
    chosen = rows.select("wave_id", *columns, weight.alias("w"), (weight * weight).alias("w2"))
    w = nw.col("w")
    sums = [w.count().alias("given"), w.sum().alias("b"), nw.col("w2").sum().alias("b2"), w.min().alias("low"), w.max().alias("high")]
    counted = collected(chosen.group_by("wave_id", *columns).agg(nw.len().alias("n"), *sums))
    return counted.select(
        pl.col("wave_id").cast(pl.Int32), *(pl.col(c).cast(pl.String).alias(f"v{i}") for i, c in enumerate(columns)),
        pl.col("n", "given").cast(pl.Int64), pl.col("b", "b2", "low", "high").cast(pl.Float64).fill_null(0.0),
    ).sort("wave_id", *(f"v{i}" for i in range(len(columns))), nulls_last=True)


def rakings(found: pl.DataFrame, spec: WeightSpec) -> tuple[pl.DataFrame, tuple[Raking, ...]]:
    """Per cell the factor and whether its wave has imported weights (columns wave_id, v0 …, _factor, _given), and how the rakings went."""
    based = _based(found).with_columns(_known(spec).alias("_known"))
    parts = based.partition_by("wave_id", maintain_order=True) if spec.per_wave else [based]
    told = [_raked(part, spec) for part in parts if len(part)]
    keys = ["wave_id", *(f"v{i}" for i in range(len(spec.targets)))]
    factors = pl.concat([part for part, _ in told]) if told else based.with_columns(pl.lit(1.0).alias("_factor"))
    return factors.select(*keys, pl.col("_factor") / pl.col("_mean"), "_given"), tuple(raking for _, raking in told)


def _based(found: pl.DataFrame) -> pl.DataFrame:
    """With imported weights brought to mean 1 within each wave; ones in a wave without any (columns size, mass, squares, low, high)."""
    given, total = pl.col("given").sum().over("wave_id"), pl.col("b").sum().over("wave_id")
    found = found.with_columns((given > 0).alias("_given"), pl.when(given > 0).then(total / given).otherwise(1.0).alias("_mean"))
    size = pl.when("_given").then("given").otherwise("n").alias("size")
    return found.with_columns(
        size,
        pl.when("_given").then(pl.col("b") / pl.col("_mean")).otherwise(pl.col("n").cast(pl.Float64)).alias("mass"),
        pl.when("_given").then(pl.col("b2") / pl.col("_mean").pow(2)).otherwise(pl.col("n").cast(pl.Float64)).alias("squares"),
        *(pl.when("_given").then(pl.col(end) / pl.col("_mean")).otherwise(1.0).alias(end) for end in ("low", "high")),
    )


def _known(spec: WeightSpec) -> pl.Expr:
    """Every rake attribute has a value with a share, and somebody has a weight."""
    there = [pl.col(f"v{i}").is_in(list(shares)).fill_null(False) for i, shares in enumerate(spec.targets.values())]
    return pl.all_horizontal(*there, pl.col("size") > 0)


def _raked(part: pl.DataFrame, spec: WeightSpec) -> tuple[pl.DataFrame, Raking]:
    wave = part["wave_id"][0] if spec.per_wave else None
    used = part.filter("_known")
    n, kept = int(used["size"].sum()), int(part["size"].sum()) - int(used["size"].sum())
    variables = {key: used[f"v{i}"].to_list() for i, key in enumerate(spec.targets)}
    even = part.with_columns(pl.lit(1.0).alias("_factor"))
    try:
        result = rake_cells(variables, spec.targets, used["mass"].to_numpy(), n=used["size"].to_numpy(), squares=used["squares"].to_numpy(),
                            low=used["low"].to_numpy(), high=used["high"].to_numpy(), trim=spec.cap)
    except StatsError as error:
        params = dict(error.params)
        return even, Raking(wave, n, kept, None, refused=str(params.pop("reason", "")), params=params)
    factor = np.ones(len(part))
    factor[part["_known"].to_numpy()] = result.factors
    mass = used["mass"].to_numpy()
    raking = Raking(wave, n, kept, result, _shares(variables, mass), _shares(variables, mass * result.factors))
    return part.with_columns(pl.Series("_factor", factor)), raking


def _shares(variables: Mapping[str, list[str]], mass: np.ndarray[Any, Any]) -> dict[str, dict[str, float]]:
    """Attribute -> value -> share of the mass."""
    shares: dict[str, dict[str, float]] = {}
    for key, values in variables.items():
        sums: dict[str, float] = {}
        for value, part in zip(values, mass, strict=True):
            sums[value] = sums.get(value, 0.0) + float(part)
        total = sum(sums.values())
        shares[key] = {value: part / total for value, part in sums.items()}
    return shares
