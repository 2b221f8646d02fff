"""Intervals over several processes: what a fresh process changes for good (its memory layout) is noise too.

Python's hash seed, the addresses of code and data, and the cores that threads settle on are drawn once a process. Ten
and a thousand rounds of one process tell the same of them: nothing. So the interval of all pairs is widened by what
processes differ, s, in quadrature: t(nu) * s / sqrt(K) with K processes. That s is estimated from them together with
what is believed beforehand, PRIOR_SCATTER, which counts as PRIOR_PROCESSES processes (the scaled inverse chi-square
prior; Gelman et al. 2013, "Bayesian data analysis", section 2.6). One process then has a doubt of its own, and several
either remove it or confirm it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from scipy.special import stdtrit

from suite.stats.paired import Evidence, Interval
from suite.stats.signs import middle
from suite.stats.types import Bools, Floats

#: Standard deviation of the ratio of two fresh processes of one engine. k-means fits of 1.5 ms scattered over eight
#: processes by 0.4 to 1.2 %, over forks of one by 0.5 %, and by 0.2 % with addresses that are the same in all.
PRIOR_SCATTER = 0.007
PRIOR_PROCESSES = 4
#: Of a precision asked for, the share that the doubt about processes may take: the noise within them takes the rest.
PROCESSES_SHARE = 0.8
#: More than this is only started if asked for: each takes the memory and the time of an import.
MOST_PROCESSES = 8


def replicated_interval(log_ratios: Sequence[Floats], undisturbed: Sequence[Bools], *, alpha: float = 0.01) -> Interval:
    """Return the interval for the median log-ratio over processes, from the pairs of each process.

    The part for the noise within processes holds at every look; the part for their scatter is that of one look.
    Simulated coverage of a 99 % interval is at least 99 % where processes scatter by 0.7 %. Where they scatter by 2 %,
    it is 90 % with one process, 96 % with two, 98 % with four and 99 % with eight (`scripts/check_statistics.py`).

    Parameters
    ----------
    log_ratios, undisturbed
        Per process, as for `median_interval`; processes without pairs are left out.
    alpha
        Probability with which the interval may miss.
    """
    return Replicates(log_ratios, undisturbed).interval(alpha)


class Replicates:
    """Pairs by process as `replicated_interval` takes them, for the intervals of several alphas.

    `scatter` is how far the processes' medians lie apart beyond their own noise.
    """

    def __init__(self, log_ratios: Sequence[Floats], undisturbed: Sequence[Bools]) -> None:
        filled = [index for index, values in enumerate(log_ratios) if len(values)]
        self._processes = len(filled)
        if not filled:
            self._together, self.scatter = Evidence(np.empty(0)), 0.0
            return
        # Interleaved, so that what differs between processes is not taken for drift within them: that is s's part.
        order = np.argsort(np.concatenate([np.arange(len(log_ratios[index])) for index in filled]), kind="stable")
        self._together = Evidence(
            np.concatenate([log_ratios[index] for index in filled])[order],
            np.concatenate([undisturbed[index] for index in filled])[order],
        )
        self.scatter = scatter([log_ratios[index] for index in filled])

    def interval(self, alpha: float) -> Interval:
        """Return the interval for the median over processes."""
        together = self._together.interval(alpha)
        return together.widened(doubt(self._processes, self.scatter, alpha)) if self._processes else together


def doubt(processes: int, tau: float, alpha: float) -> float:
    """Return the half-width for processes that scatter by `tau` as far as they tell: with the prior, or by them alone.

    The wider of the two: the prior alone would be too sure where processes differ by much more than is believed. K
    degrees of freedom in the second one stand for K - 1, which would make intervals of two many times too wide.
    """
    freedom = PRIOR_PROCESSES + processes - 1
    variance = (PRIOR_PROCESSES * PRIOR_SCATTER**2 + (processes - 1) * tau**2) / freedom
    with_prior, alone = stdtrit([freedom, processes], 1 - alpha / 2) * [sqrt(variance), tau]
    return float(max(with_prior, alone)) / sqrt(processes)


def processes_needed(precision: float, alpha: float) -> int:
    """Return how many processes leave room for this precision if they scatter as believed; MOST_PROCESSES at most."""
    counts = np.arange(1, MOST_PROCESSES + 1)
    doubts = stdtrit(PRIOR_PROCESSES + counts - 1, 1 - alpha / 2) * PRIOR_SCATTER / np.sqrt(counts)
    return int(counts[doubts <= PROCESSES_SHARE * precision].min(initial=MOST_PROCESSES))


def scatter(processes: Sequence[Floats]) -> float:
    """Return tau, the standard deviation of processes' medians beyond their own noise (0 if that explains them).

    Random effects by moments (DerSimonian & Laird 1986, "Meta-analysis in clinical trials"). A process with too few
    pairs to know its own noise is left out.
    """
    ordered = [np.sort(values) for values in processes]
    variances = np.array([_variance_of_median(values) for values in ordered])
    known = np.isfinite(variances) & (variances > 0)
    if known.sum() < 2:
        return 0.0
    medians = np.array([middle(values) for values in ordered])[known]
    weights = 1 / variances[known]
    mean = float(weights @ medians / weights.sum())
    excess = float(weights @ (medians - mean) ** 2) - (len(medians) - 1)
    scale = float(weights.sum() - weights @ weights / weights.sum())
    return sqrt(max(0.0, excess / scale))


def _variance_of_median(ordered: Floats) -> float:
    """Return the variance of the median from the order statistics one standard error of the rank away on each side.

    McKean & Schrader 1984; below nine values, of the mean of normal values times pi / 2.
    """
    n = len(ordered)
    if n < 2:
        return float("nan")
    if n < 9:
        return float(ordered.var(ddof=1)) / n * np.pi / 2
    offset = round(0.98 * sqrt(n))
    low, high = (n - 1) // 2 - offset, n // 2 + offset
    return float(((ordered[min(high, n - 1)] - ordered[max(low, 0)]) / (2 * 1.96)) ** 2)
