"""What several generators draw and mix, element by element."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.random import Generator

from suite.datasets.generators.chunks import Floats, Integers, room

SHARES, DECIMALS = 1 << 16, 7
#: Draws that lie in a core's own cache, with what makes them.
AT_ONCE = 1 << 15
ROWS_AT_ONCE = 8
#: So few that a product with some tens of rows of weights starts no threads of its own; with more rows it may.
COLUMNS_AT_ONCE = 512
#: Of mixtures: the unit of values and of weights is 1/WHOLE, and whole numbers up to EXACT are float64s.
WHOLE, EXACT = float(1 << 18), float(1 << 53)


@cache
def quantiles() -> Floats:
    """Return the quantiles in the midst of 2^16 equal shares of N(0, 1).

    They are rounded, so that they are the same numbers whatever the last bits of a machine's functions.
    """
    from scipy.special import ndtri

    return np.round(ndtri((np.arange(SHARES) + 0.5) / SHARES), DECIMALS)


def normals(rng: Generator, out: Floats) -> Floats:
    """Fill a contiguous array with draws from N(0, 1), and return it: in half the time of `rng.standard_normal`.

    Two quantiles, drawn by 16 bits each, are the coordinates of a point, which is turned by a fixed angle: like those
    of a point of two normal draws, its coordinates are independent again, and have 2^32 values. Their variance is
    0.99998, none is beyond 5.9, and they are far closer to the normal law than any data set could tell.
    """
    flat = out.reshape(-1)
    for at in range(0, flat.size, AT_ONCE):
        part = flat[at : at + AT_ONCE]
        half = -(-part.size // 2)
        bits = rng.bit_generator.random_raw(-(-half // 2))
        shares = bits.astype("<u8", copy=False).view("<u2")[: 2 * half]
        points = np.take(quantiles(), shares, mode="wrap", out=room("points", (AT_ONCE,))[: 2 * half])
        turned = np.multiply(points, np.sqrt(0.6), out=room("turned", (AT_ONCE,))[: 2 * half])
        points *= np.sqrt(0.4)
        np.add(turned[:half], points[half:], out=part[:half])
        rest = part.size - half
        np.subtract(turned[half : half + rest], points[:rest], out=part[half:])
    return out


def unit_rows(rng: Generator, rows: int, columns: int) -> Floats:
    """Return random directions of length 1, one a row."""
    drawn = rng.standard_normal((rows, columns))
    drawn /= np.sqrt((drawn * drawn).sum(axis=1, keepdims=True))
    return drawn


def add_mixtures(rows: Floats, values: Floats, weights: Floats) -> None:
    """Add to each row of (m, n) the sum of `values` (k, n) by its weights, a row of (m, k); `values` are rounded.

    Both are rounded to 2^-18, so that all products and all their sums have room in a float64: they are exact, and the
    same on every machine, in whatever order its matrix product takes them. Where they are too large for that, the sums
    are made one by one.
    """
    values *= WHOLE
    np.rint(values, out=values)
    whole = np.rint(weights * WHOLE)
    largest = max(values.max(), -values.min()) * np.abs(whole).sum(axis=1).max()
    whole /= WHOLE * WHOLE
    if not largest < EXACT:
        add_products(rows, values, whole)
        return
    for at in range(0, rows.shape[1], COLUMNS_AT_ONCE):
        part = slice(at, at + COLUMNS_AT_ONCE)
        rows[:, part] += whole @ values[:, part]


def add_products(rows: Floats, values: Floats, weights: Floats) -> None:
    """Do the same with nothing rounded but the sums, product by product."""
    weighted = room("weighted", (min(len(rows), ROWS_AT_ONCE), rows.shape[1]))
    for at in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[at : at + ROWS_AT_ONCE]
        for value, weight in zip(values, weights[at : at + ROWS_AT_ONCE].T, strict=True):
            part += np.multiply(value, weight[:, None], out=weighted[: len(part)])


def reflect(values: Floats, direction: Floats) -> None:
    """Mirror the columns of (d, n) in the plane across a unit direction of (d,), in place: an orthogonal mixture."""
    along = np.zeros((1, values.shape[1]))
    add_products(along, values, direction[None])
    add_products(values, -2.0 * along, direction[:, None])


def squares(rng: Generator, freedom: int, n: int) -> Floats:
    """Return n draws of chi-square of `freedom` degrees by its definition, a sum of squared normal draws."""
    total, drawn = np.zeros(n), np.empty(n)
    for _ in range(freedom):
        normals(rng, drawn)
        drawn *= drawn
        total += drawn
    return total


def students(rng: Generator, freedom: int, n: int) -> Floats:
    """Return n draws of Student's t of `freedom` degrees; 0 means normal ones."""
    drawn = normals(rng, np.empty(n))
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
