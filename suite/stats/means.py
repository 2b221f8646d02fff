"""Many workloads at once: the geometric mean of speed-ups, and the performance profile that also shows failures."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from scipy.special import ndtr, stdtrit

from suite.stats.types import Floats

#: Fewer workloads than this say nothing about others.
FEWEST_WORKLOADS = 3


def geometric_mean(
    log_speedups: Floats, *, alpha: float = 0.05, seed: int = 0, resamples: int = 4000
) -> tuple[float, float, float]:
    """Return the geometric mean of speed-ups with its interval over workloads, as ratios: estimate, low, high.

    The bootstrap draws whole workloads: the interval is about other workloads of the same kind, not about noise. Its
    percentiles are moved outwards as a t interval's are (Hesterberg 2015, "What teachers should know about the
    bootstrap", The American Statistician 69), without which few workloads look too sure. Below three: 0 to infinity.

    Parameters
    ----------
    log_speedups
        One a workload, shape (n_workloads,), at least one.
    """
    n = len(log_speedups)
    centre = float(np.exp(log_speedups.mean()))
    if n < FEWEST_WORKLOADS:
        return centre, 0.0, inf
    drawn = np.random.default_rng(seed).integers(n, size=(resamples, n))
    means = log_speedups[drawn].mean(axis=1)
    tail = float(ndtr(sqrt(n / (n - 1)) * stdtrit(n - 1, alpha / 2)))
    low, high = np.exp(np.quantile(means, [tail, 1 - tail]))
    return centre, float(low), float(high)


@dataclass(frozen=True, slots=True)
class Profile:
    """A performance profile: solver j solved `shares[i, j]` of the problems within `factors[i]` times the best time."""

    factors: Floats
    shares: Floats


def performance_profile(seconds: Floats) -> Profile:
    """Return the performance profile: how often each solver is within what factor of the best.

    Dolan & More 2002, "Benchmarking optimization software with performance profiles", Mathematical Programming 91.

    Parameters
    ----------
    seconds
        Shape (n_problems, n_solvers), positive; NaN or infinite where a solver failed, which counts as never solved. A
        problem that nobody solved keeps every curve below one.
    """
    times = np.where(np.isfinite(seconds), seconds, inf)
    best = times.min(axis=1, keepdims=True, initial=inf)
    ratios = np.divide(times, best, out=np.full_like(times, inf), where=np.isfinite(times))
    factors = np.unique(np.append(ratios[np.isfinite(ratios)], 1.0))
    shares = (ratios[None, :, :] <= factors[:, None, None]).sum(axis=1) / max(len(times), 1)
    return Profile(factors, shares)
