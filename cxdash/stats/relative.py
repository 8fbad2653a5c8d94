"""Johnson's (2000) relative weights: R² divided by way of the uncorrelated variables nearest to the drivers. Equal to relaimpo's genizi."""

from __future__ import annotations

import numpy as np

from cxdash.stats.counts import Array

TOLERANCE = 1e-9  # an eigenvalue below this is a combination of the others


def johnson(correlation: Array) -> Array:
    """ε = Λ² β², with R_xx = VΔV', Λ = VΔ^½V', β = Λ⁻¹ r_xy: parts (…, p) that add up to R².

    correlation (…, p+1, p+1): the drivers first, the outcome last. Tested against R relaimpo (genizi) and rwa.

    >>> r = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.4], [0.6, 0.4, 1.0]])
    >>> johnson(r).round(6).tolist()
    [0.286667, 0.086667]
    """
    r = np.asarray(correlation, dtype=np.float64)
    values, vectors = np.linalg.eigh(r[..., :-1, :-1])
    return _johnson(values, vectors, r[..., :-1, -1])


def _johnson(values: Array, vectors: Array, rxy: Array) -> Array:
    root, inverse = _roots(values)
    turned = (vectors.swapaxes(-1, -2) @ rxy[..., None])[..., 0]
    beta = (vectors @ (inverse * turned)[..., None])[..., 0]
    loading = (vectors * root[..., None, :]) @ vectors.swapaxes(-1, -2)
    return ((loading * loading) @ (beta * beta)[..., None])[..., 0]


def _roots(values: Array) -> tuple[Array, Array]:
    """Square roots of the eigenvalues and their inverses, 0 for what is no direction of its own."""
    root = np.sqrt(np.clip(values, 0.0, None))
    return root, np.divide(1.0, root, out=np.zeros_like(root), where=values > TOLERANCE)


def johnson_and_betas(correlation: Array) -> tuple[Array, Array]:
    """Relative weights and standardised regression coefficients (…, p) of many samples from one decomposition.

    Where drivers are combinations of each other, the coefficients are the shortest of those that fit equally well.
    """
    r = np.asarray(correlation, dtype=np.float64)
    values, vectors = np.linalg.eigh(r[..., :-1, :-1])
    rxy = r[..., :-1, -1]
    _, inverse = _roots(values)
    turned = (vectors.swapaxes(-1, -2) @ rxy[..., None])[..., 0]
    return _johnson(values, vectors, rxy), (vectors @ (inverse * inverse * turned)[..., None])[..., 0]


def betas(correlation: Array) -> Array:
    """Regression coefficients (…, p) of many samples: standardised ones of correlations, raw ones of covariances; 0 for what does not vary.

    >>> betas(np.array([[1.0, 0.0, 0.6], [0.0, 0.0, 0.0], [0.6, 0.0, 1.0]])).tolist()
    [0.6, 0.0]
    """
    r = np.asarray(correlation, dtype=np.float64)
    among = r[..., :-1, :-1].copy()
    diagonal = np.einsum("...ii->...i", among)
    diagonal[diagonal == 0] = 1.0
    try:
        return np.linalg.solve(among, r[..., :-1, -1:])[..., 0]
    except np.linalg.LinAlgError:  # some sample has columns that are combinations of each other
        spread = np.sqrt(np.einsum("...ii->...i", r))
        scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
        beta = johnson_and_betas(r * scale[..., :, None] * scale[..., None, :])[1]
        return beta * spread[..., -1:] * scale[..., :-1]
