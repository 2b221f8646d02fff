"""What several generators draw and mix, element by element."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suite.datasets.generators.chunks import Floats, Integers


def unit_rows(rng: Generator, rows: int, columns: int) -> Floats:
    """Return random directions of length 1, one a row."""
    drawn = rng.standard_normal((rows, columns))
    drawn /= np.sqrt((drawn * drawn).sum(axis=1, keepdims=True))
    return drawn


def add_mixture(row: NDArray[np.float64], values: Floats, weights: Floats, room: NDArray[np.float64]) -> None:
    """Add to `row` of (n,) the sum of `values` (k, n) by `weights` (k,); `room` of (n,) is written over."""
    for value, weight in zip(values, weights, strict=True):
        np.multiply(value, weight, out=room)
        row += room


def reflect(values: Floats, direction: Floats) -> None:
    """Mirror the columns of (d, n) in the plane across a unit direction of (d,), in place: an orthogonal mixture."""
    along, room = np.zeros(values.shape[1]), np.empty(values.shape[1])
    add_mixture(along, values, direction, room)
    along *= 2.0
    for row, weight in zip(values, direction, strict=True):
        np.multiply(along, weight, out=room)
        row -= room


def squares(rng: Generator, freedom: int, n: int) -> Floats:
    """Return n draws of chi-square of `freedom` degrees by its definition, a sum of squared normal draws."""
    total = np.zeros(n)
    for _ in range(freedom):
        drawn = rng.standard_normal(n)
        total += drawn * drawn
    return total


def students(rng: Generator, freedom: int, n: int) -> Floats:
    """Return n draws of Student's t of `freedom` degrees; 0 means normal ones."""
    drawn = rng.standard_normal(n)
    return drawn * np.sqrt(freedom / squares(rng, freedom, n)) if freedom else drawn


def powers(base: float, n: int) -> Floats:
    """Return 1, base, base², ..."""
    powers = np.full(n, base)
    powers[0] = 1.0
    return np.cumprod(powers)


def falling(condition: float, n: int) -> Floats:
    """Return n scales, each the same share of the one before, the last being 1/condition of the first; mean square 1.

    The share is found by halving, which takes products only.
    """
    low, high = 0.0, 1.0
    while low < (share := (low + high) / 2) < high:
        low, high = (low, share) if powers(share, n)[-1] * condition > 1.0 else (share, high)
    scales = powers(high, n)
    scales /= np.sqrt((scales * scales).sum() / n)
    return scales


def limits(ratio: float, n: int) -> Floats:
    """Return the upper limits in (0, 1] of n shares, each `ratio` times the one before: for `draw`."""
    upper = np.cumsum(powers(ratio, n))
    upper /= upper[-1]
    return upper


def draw(rng: Generator, upper: Floats, n: int) -> Integers:
    """Return n numbers of shares, see `limits`."""
    return np.searchsorted(upper, rng.random(n), side="right").astype(np.int64, copy=False)
