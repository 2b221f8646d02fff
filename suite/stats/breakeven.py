"""From which size on an accelerator pays: where its speed-up crosses 1, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, isfinite, log

import numpy as np
from scipy.special import ndtri

from suite.stats.types import Bools, Floats

#: Beyond the measured sizes a line is followed no further than this factor.
REACH = 10.0


class Kind(StrEnum):
    """What is known of a break-even size."""

    WITHIN = "within the measured sizes"
    BELOW = "faster at every measured size"
    BEYOND = "extrapolated beyond the measured sizes"
    NEVER = "not reached"
    BETWEEN = "faster at smaller sizes but not at the largest"
    UNKNOWN = "too uncertain to tell"


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The size in rows from which on a backend is at least as fast, with its interval; None where there is none.

    `low` may be 0 (below every measured size) and `high` infinite (perhaps never).
    """

    kind: Kind
    rows: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SizePoint:
    """A speed-up (ratio, not logarithm) with its interval at a size of `rows`."""

    rows: float
    estimate: float
    low: float
    high: float


def break_even(points: Sequence[SizePoint], *, confidence: float = 0.99, seed: int = 0, draws: int = 2000) -> BreakEven:
    """Return from where on the speed-up stays above 1: its last crossing, between sizes a straight line in log-log.

    The interval is that of a parametric bootstrap: every speed-up is drawn anew from the normal distribution, on the
    log scale, that its interval describes. A crossing beyond the largest size is only looked for along the line through
    the two largest sizes, and no further than `REACH` times the largest; it is called extrapolated.

    Parameters
    ----------
    points
        At least two sizes, each once, in any order.
    confidence
        That of the points' intervals, and of the one returned.
    """
    ordered = sorted(points, key=lambda point: point.rows)
    if len(ordered) < 2 or not all(_bounded(point) for point in ordered):
        return BreakEven(Kind.UNKNOWN, None, 0.0, inf)
    x = np.log([point.rows for point in ordered])
    centre = np.log([point.estimate for point in ordered])
    width = np.array([log(point.high / point.low) for point in ordered])
    spread = width / (2 * float(ndtri((1 + confidence) / 2)))
    drawn = np.random.default_rng(seed).normal(centre, spread, size=(draws, len(ordered)))
    found = _crossings(x, centre[None, :])[0]
    tail = (1 - confidence) / 2
    low, high = np.quantile(_crossings(x, drawn), [tail, 1 - tail], method="nearest")
    rows = float(np.exp(found)) if isfinite(found) else None
    return BreakEven(_kind(found, x, centre), rows, float(np.exp(low)), float(np.exp(high)) if high < inf else inf)


def _bounded(point: SizePoint) -> bool:
    return 0 < point.low <= point.estimate <= point.high < inf


def _kind(found: float, x: Floats, y: Floats) -> Kind:
    if found == -inf:
        return Kind.BELOW
    if found == inf:
        return Kind.NEVER if (y < 0).all() else Kind.BETWEEN
    return Kind.WITHIN if found <= x[-1] else Kind.BEYOND


def _crossings(x: Floats, y: Floats) -> Floats:
    """Return for each row of `y`, shape (n, sizes), the x of its last upward crossing of 0.

    Minus infinity if it never is below 0, infinity if it ends below 0 and does not rise to it within reach.
    """
    below: Bools = y < 0
    last = np.where(below.any(axis=1), y.shape[1] - 1 - np.argmax(below[:, ::-1], axis=1), -1)
    crossing = np.full(len(y), -inf)
    inside = (last >= 0) & (last < y.shape[1] - 1)
    beyond = last == y.shape[1] - 1
    left = np.where(inside, last, y.shape[1] - 2)
    row = np.arange(len(y))
    rise = (y[row, left + 1] - y[row, left]) / (x[left + 1] - x[left])
    with np.errstate(divide="ignore", invalid="ignore"):
        along = x[left] - y[row, left] / rise
    crossing[inside] = along[inside]
    reached = beyond & (rise > 0) & (along <= x[-1] + log(REACH))
    crossing[beyond] = np.where(reached, along, inf)[beyond]
    return crossing
