"""The interval of a median of single times, without a model of their distribution."""

from __future__ import annotations

from math import inf

import numpy as np
from scipy.special import bdtr

from suite.stats.types import Floats


def median_interval(values: Floats, *, alpha: float = 0.01) -> tuple[float, float, float]:
    """Return the median with the interval between two order statistics, from 0 to infinity where values are too few.

    The number of values below the median is binomial(n, 1/2) (Conover 1999, "Practical nonparametric statistics",
    section 3.2). For times of one look; ratios have the intervals of `suite.stats.paired`.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values: a median needs at least one")
    ordered = np.sort(values)
    centre = float(np.median(ordered))
    rank = int(np.sum(bdtr(np.arange(n // 2), n, 0.5) <= alpha / 2))
    if rank == 0:
        return centre, 0.0, inf
    return centre, float(ordered[rank - 1]), float(ordered[n - rank])
