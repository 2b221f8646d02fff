"""The ratio of two medians that were not measured side by side: a bootstrap, and what fresh processes change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from suite.stats.bootstrap import median_error
from suite.stats.paired import UNKNOWN, Basis, Interval
from suite.stats.replicates import doubt, scatter
from suite.stats.types import Floats

#: Samples of a side below which nothing is said. At a noise of 30 %, 99 % intervals of 2 samples beside 100 would miss
#: in 8 % of all cases, of 3 in 2 %; of 4 and more in at most 1 %, whatever the other side has.
FEWEST = 4


def unpaired_interval(base: Sequence[Floats], new: Sequence[Floats], *, alpha: float = 0.01) -> Interval:
    """Return the interval of log(median time before / median time now): above 0 is faster now.

    The bootstrap's standard error of each median, joined in quadrature, times Student's quantile (Welch 1947, "The
    generalization of 'Student's' problem when several different population variances are involved"), and what
    processes scatter (the fewer of the two sides' processes, the larger of their scatters; see
    `suite.stats.replicates`). It knows nothing of what has changed on the machine from one side to the other, which is
    why sides that were measured together are paired. Nothing is known of fewer than `FEWEST` samples.

    Parameters
    ----------
    base, new
        Logarithms of times, one array a process.
    """
    sides = [[values for values in side if len(values)] for side in (base, new)]
    if not all(sides):
        return UNKNOWN
    pooled = [np.concatenate(side) for side in sides]
    if min(map(len, pooled)) < FEWEST:
        return UNKNOWN
    errors = np.array([median_error(values) for values in pooled])
    estimate = float(np.median(pooled[0]) - np.median(pooled[1]))
    half = _quantile(errors, [len(values) for values in pooled], alpha) * float(np.linalg.norm(errors))
    within = Interval(estimate, estimate - half, estimate + half, min(map(len, pooled)), Basis.UNPAIRED)
    return within.widened(doubt(min(map(len, sides)), max(map(scatter, sides)), alpha))


def _quantile(errors: Floats, counts: Sequence[int], alpha: float) -> float:
    """Return Student's quantile for two standard errors joined, of so many samples (Welch's degrees of freedom)."""
    shares = errors**2 / max(float(errors @ errors), np.finfo(float).tiny)
    per_side = float(np.sum(shares**2 / (np.array(counts) - 1)))
    return float(stdtrit(1 / per_side if per_side else min(counts) - 1, 1 - alpha / 2))
