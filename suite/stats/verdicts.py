"""What may be claimed of a ratio: faster, slower, the same, or nothing; alone and among all claims of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from math import exp, log, log1p

import numpy as np

from suite.stats.paired import Interval
from suite.stats.types import Bools

#: Gives the interval of a ratio for an alpha; it widens as alpha falls.
IntervalAt = Callable[[float], Interval]


class Claim(StrEnum):
    """What an interval says of a speed-up."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"
    AMBIGUOUS = "ambiguous"


def judge(interval: Interval, same_within: float) -> Claim:
    """Return what the interval says: differences within ±`same_within` (0.01 is 1 %) count as none.

    Faster or slower if it lies wholly beyond that zone, the same if wholly inside, otherwise ambiguous. So a claim of a
    difference is one that matters, a claim of sameness is shown and not merely not refuted (two one-sided tests,
    Schuirmann 1987), and both err with at most the interval's alpha.
    """
    zone = log1p(same_within)
    if interval.low > zone:
        return Claim.FASTER
    if interval.high < -zone:
        return Claim.SLOWER
    if -zone <= interval.low and interval.high <= zone:
        return Claim.SAME
    return Claim.AMBIGUOUS


def p_value(interval_at: IntervalAt, same_within: float, alpha: float, smallest: float) -> float:
    """Return the smallest alpha at which the interval still makes the claim that it makes at `alpha`; 1 if ambiguous.

    As the intervals hold at every look, so does this p-value.

    A claim is not followed below `smallest`.
    """
    claim = judge(interval_at(alpha), same_within)
    if claim is Claim.AMBIGUOUS:
        return 1.0
    if judge(interval_at(smallest), same_within) is claim:
        return smallest
    fails, holds = log(smallest), log(alpha)
    while holds - fails > 0.01:
        middle = (fails + holds) / 2
        if judge(interval_at(exp(middle)), same_within) is claim:
            holds = middle
        else:
            fails = middle
    return exp(holds)


def standing(claims: Sequence[IntervalAt], same_within: float, alpha: float) -> Bools:
    """Return which of the claims that are made at `alpha`, each by its interval, stand as `surviving` has it.

    What holds at its share of `alpha` stands whatever becomes of the others: it is not followed further.
    """
    smallest = alpha / max(len(claims), 1)
    return surviving([p_value(claim, same_within, alpha, smallest) for claim in claims], alpha)


def surviving(p_values: Sequence[float], alpha: float) -> Bools:
    """Return which claims stand when at most the share `alpha` of the claims made may be expected to be false.

    The step-up rule of Benjamini & Hochberg 1995, over all comparisons of a report, ambiguous ones (p = 1) included.
    The p-values here are at least reciprocal e-values, for which the rule holds however comparisons depend on each
    other (Wang & Ramdas 2022, "False discovery rate control with e-values"): they do, as they share a reference.
    """
    p = np.asarray(p_values, dtype=np.float64)
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= alpha * np.arange(1, len(p) + 1) / max(len(p), 1))
    return p <= (ordered[passing[-1]] if len(passing) else -1.0)
