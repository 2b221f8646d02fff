"""From what is recorded of an event to what a classifier takes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.collider.events import HEAVY, JETS, LIGHT, LOW_LEVEL

#: The jets of each pair, in the order of the masses.
PAIRS = tuple(combinations(range(JETS), 2))

#: The masses of all pairs and of the whole event.
HIGH_LEVEL = len(PAIRS) + 1

#: Events that are worked on at once.
ROWS = 1 << 14

#: Relative resolution of a pair's mass, by which the two resonances are looked for without learning.
PAIR_RESOLUTION = 0.08


def masses(X: NDArray[Any]) -> NDArray[Any]:
    """Return the masses of the six pairs of jets and of all four, in GeV, as (n, 7) from (n, 15).

    Jets are massless: m^2 = 2 pT pT' (cosh(eta - eta') - cos(phi - phi')) for two, and the sum over pairs for more.
    """
    pt, eta, phi = (np.asarray(X[:, start : start + JETS]) for start in range(0, 3 * JETS, JETS))
    squares = np.stack(
        [2.0 * pt[:, i] * pt[:, j] * (np.cosh(eta[:, i] - eta[:, j]) - np.cos(phi[:, i] - phi[:, j]))
         for i, j in PAIRS],
        axis=1,
    )  # fmt: skip
    every = np.concatenate([squares, squares.sum(axis=1, keepdims=True)], axis=1)
    return np.asarray(np.sqrt(np.maximum(every, 0.0)))


def features(X: NDArray[Any], *, high_level: bool = True) -> NDArray[Any]:
    """Return (n, 22) features: what is recorded and the masses, momenta and masses by their logarithm.

    Without the high level, (n, 15).
    """
    out = np.empty((len(X), LOW_LEVEL + HIGH_LEVEL * high_level), dtype=X.dtype)
    for start in range(0, len(X), ROWS):
        rows = slice(start, start + ROWS)
        out[rows, :LOW_LEVEL] = X[rows]
        out[rows, :JETS] = np.log1p(X[rows, :JETS])
        out[rows, 3 * JETS : LOW_LEVEL] = np.log1p(X[rows, 3 * JETS : LOW_LEVEL])
        if high_level:
            out[rows, LOW_LEVEL:] = np.log1p(masses(X[rows]))
    return out


def pairing(X: NDArray[Any]) -> NDArray[np.float64]:
    """Return (n,) how well the best pairing of jets fits the two resonances: minus its chi square, of no learning."""
    found = masses(X).astype(np.float64)
    deviations = [((found[:, :-1] / r.peak - 1.0) / PAIR_RESOLUTION) ** 2 for r in (HEAVY, LIGHT)]
    last = len(PAIRS) - 1  # the pair of the other two jets is as far from the end as this one is from the start
    chi2 = [deviations[0][:, pair] + deviations[1][:, last - pair] for pair in range(len(PAIRS))]
    return np.asarray(-np.min(chi2, axis=0))
