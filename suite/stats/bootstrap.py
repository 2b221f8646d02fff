"""Bootstrap intervals of medians, for comparison: they hold for one look only, and blocks not even for that."""

from __future__ import annotations

from math import ceil

import numpy as np
from scipy.special import betainc, betaincinv

from suite.stats.types import Floats


def median_interval(log_ratios: Floats, *, alpha: float = 0.01) -> tuple[float, float, float]:
    """Return the median of paired log-ratios and its percentile bootstrap interval.

    Exact, without drawing: the median of n values drawn with replacement is the value at the rank ceil(n U), with U
    the median of n uniform numbers, Beta((n + 1) / 2, (n + 1) / 2).
    """
    n = len(log_ratios)
    ordered, half = np.sort(log_ratios), (n + 1) / 2
    ends = betaincinv(half, half, np.array([alpha / 2, 1 - alpha / 2]))
    low, high = (float(ordered[min(n, max(1, ceil(n * end))) - 1]) for end in ends)
    return float(np.median(log_ratios)), low, high


def median_error(values: Floats) -> float:
    """Return the bootstrap's standard error of the median of at least one value; exact, without drawing.

    As in `median_interval`: each value, in order, is the median of a resample with the probability that
    Beta((n + 1) / 2, (n + 1) / 2) falls into its share of 0 to 1.
    """
    n = len(values)
    ordered, half = np.sort(values), (n + 1) / 2
    weights = np.diff(betainc(half, half, np.linspace(0, 1, n + 1)))
    return float(np.sqrt(weights @ (ordered - weights @ ordered) ** 2))


def block_interval(
    reference_s: Floats, own_s: Floats, *, alpha: float = 0.01, seed: int = 0, resamples: int = 4000
) -> tuple[float, float, float]:
    """Return the log-ratio of medians as if measured in blocks (AAABBB), with its unpaired bootstrap interval.

    The reference's samples are those of the first half of the rounds and the other's those of the second, so that drift
    acts as it does when one engine is measured after the other.

    Parameters
    ----------
    reference_s, own_s
        Times in the order of the rounds, equally many, at least two.
    """
    middle = len(reference_s) // 2
    rng = np.random.default_rng(seed)
    blocks = np.sort(np.log(reference_s[:middle])), np.sort(np.log(own_s[middle:]))
    first, second = (block[median_ranks(len(block), resamples, rng)] for block in blocks)
    low, high = np.quantile(first - second, [alpha / 2, 1 - alpha / 2])
    return float(np.median(blocks[0]) - np.median(blocks[1])), float(low), float(high)


def median_ranks(n: int, resamples: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Draw the index, in sorted order, of the medians of `resamples` bootstrap samples."""
    uniform = rng.beta((n + 1) / 2, (n + 1) / 2, resamples)
    return np.minimum(np.floor(uniform * n), n - 1).astype(np.intp)
