"""The interval for the median of paired log-ratios, valid although it is looked at after every round.

Pair i gives x_i = log(reference time / own time). A candidate m for the median is refuted by an *e-value*, the value of
a bet against it that starts at 1 and, if m is true, is not expected to grow. By Ville's inequality such a bet ever
reaches 1/alpha with probability at most alpha; so the set of all m whose e-value is below 1/alpha covers the median
at all times at once with probability 1 - alpha, whatever the rule by which measuring stops.

Three bets share the stake:

* *signs*, 4/5 (`suite.stats.signs`): assumes of the noise only that its median, given the past, stays. Half of it is on
  all pairs, half on those in which neither sample was disturbed: where a neighbour disturbs half of the samples the
  second finds what the first cannot, and where nothing was disturbed both agree and nothing is lost.
* *Student*, 1/10 (`suite.stats.student`): signs say little before thirty pairs, too many for fits of a minute. From 10
  to 32 pairs they are also taken as normal; not earlier, as noise of two modes puts five pairs into one of them too
  easily.
* *Student with a prior*, 1/10: from 2 pairs on, with the noise of a pair believed to be 20 % and that belief worth 4
  pairs. Three pairs then show a speed-up of 2.5 and more, and no less.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, inf, sqrt

from suite.stats import signs
from suite.stats.student import StudentBet
from suite.stats.types import Bools, Floats

SIGN_SHARE, STUDENT_SHARE = 0.8, 0.1
STUDENTS = (
    StudentBet(effect_variance=10.0, fewest=10, most=32),
    StudentBet(effect_variance=100.0, fewest=2, most=32, prior_pairs=4.0, prior_spread=0.2),
)


class Basis(StrEnum):
    """What an interval rests on."""

    NOTHING = "too few pairs"
    FEW = "few pairs, taken as normal"
    ALL = "signs of all pairs"
    UNDISTURBED = "signs, mostly of undisturbed pairs"
    UNPAIRED = "medians that were not measured side by side"


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate of the median log-ratio with its interval, on the log scale; `pairs` is how many there were."""

    estimate: float
    low: float
    high: float
    pairs: int
    basis: Basis

    @property
    def ratio(self) -> tuple[float, float, float]:
        """The ratio itself: estimate, low, high."""
        return _exp(self.estimate), _exp(self.low), _exp(self.high)

    @property
    def precision(self) -> float:
        """Half the width, as a share of the ratio: 0.03 is ±3 %; infinite while nothing is known."""
        return _exp((self.high - self.low) / 2) - 1

    def widened(self, by: float) -> Interval:
        """Return the interval with an independent half-width `by` added in quadrature on both sides."""
        below, above = (sqrt((end - self.estimate) ** 2 + by**2) for end in (self.low, self.high))
        return Interval(self.estimate, self.estimate - below, self.estimate + above, self.pairs, self.basis)


UNKNOWN = Interval(0.0, -inf, inf, 0, Basis.NOTHING)


def median_interval(log_ratios: Floats, undisturbed: Bools | None = None, *, alpha: float = 0.01) -> Interval:
    """Return the interval for the median of paired log-ratios, valid at every look at once.

    Parameters
    ----------
    log_ratios
        Finite, shape (n_pairs,), in the order measured.
    undisturbed
        Which pairs have no disturbed sample, shape (n_pairs,); all of them if None.
    alpha
        Probability with which the interval may ever miss the median.
    """
    return Evidence(log_ratios, undisturbed).interval(alpha)


class Evidence:
    """Pairs as `median_interval` takes them, sorted once for the intervals of several alphas."""

    def __init__(self, log_ratios: Floats, undisturbed: Bools | None = None) -> None:
        self._pairs = len(log_ratios)
        if self._pairs:
            self._both = signs.views(log_ratios, undisturbed)
            self._mean, self._variance = float(log_ratios.mean()), float(log_ratios.var())

    def interval(self, alpha: float) -> Interval:
        """Return the interval that misses the median at any look with at most this probability."""
        pairs = self._pairs
        if pairs == 0:
            return UNKNOWN
        by_signs = signs.interval(self._both, alpha * SIGN_SHARE)
        few = (bet.interval_of(pairs, self._mean, self._variance, alpha * STUDENT_SHARE) for bet in STUDENTS)
        by_few = min(few, key=_width)
        low, high = min(by_signs, by_few, key=_width)
        basis = _basis(by_signs, by_few, pairs, len(self._both[1].ordered))
        centre = _centre(self._both) if basis is not Basis.FEW else (low + high) / 2
        return Interval(min(max(centre, low), high), low, high, pairs, basis)


def _exp(log_ratio: float) -> float:
    """Return exp, infinite where it overflows."""
    return exp(log_ratio) if log_ratio < 700 else inf


def _centre(both: list[signs.View]) -> float:
    """Return the median of the undisturbed pairs if they are at least half, else of all."""
    everything, clean = both
    return (clean if 2 * len(clean.ordered) >= len(everything.ordered) else everything).median


def _width(ends: tuple[float, float]) -> float:
    return ends[1] - ends[0]


def _basis(by_signs: tuple[float, float], by_few: tuple[float, float], pairs: int, clean: int) -> Basis:
    if min(_width(by_signs), _width(by_few)) == inf:
        return Basis.NOTHING
    if _width(by_few) < _width(by_signs):
        return Basis.FEW
    return Basis.UNDISTURBED if pairs > clean >= pairs / 2 else Basis.ALL
