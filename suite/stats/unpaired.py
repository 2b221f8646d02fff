"""The ratio of two medians that were not measured side by side: a bootstrap, and what fresh processes change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from suite.stats.bootstrap import median_ranks
from suite.stats.paired import UNKNOWN, Basis, Interval
from suite.stats.replicates import doubt, scatter
from suite.stats.types import Floats

RESAMPLES = 2000


def unpaired_interval(base: Sequence[Floats], new: Sequence[Floats], *, alpha: float = 0.01, seed: int = 0) -> Interval:
    """Return the interval of log(median time before / median time now): above 0 is faster now.

    The bootstrap's standard error of each median, joined in quadrature and with what processes scatter (the fewer of
    the two sides' processes, the larger of their scatters; see `suite.stats.replicates`). It knows nothing of what has
    changed on the machine from one side to the other, which is why sides that were measured together are paired.

    Parameters
    ----------
    base, new
        Logarithms of times, one array a process.
    """
    sides = [[values for values in side if len(values)] for side in (base, new)]
    if not all(sides):
        return UNKNOWN
    rng = np.random.default_rng(seed)
    pooled = [np.sort(np.concatenate(side)) for side in sides]
    if min(map(len, pooled)) < 2:
        return UNKNOWN
    errors = [float(values[median_ranks(len(values), RESAMPLES, rng)].std(ddof=1)) for values in pooled]
    estimate = float(np.median(pooled[0]) - np.median(pooled[1]))
    half = float(ndtri(1 - alpha / 2)) * float(np.linalg.norm(errors))
    within = Interval(estimate, estimate - half, estimate + half, min(map(len, pooled)), Basis.UNPAIRED)
    return within.widened(doubt(min(map(len, sides)), max(map(scatter, sides)), alpha))
