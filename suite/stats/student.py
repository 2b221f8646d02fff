"""A bet on the mean of a few normal values, valid at every look: for fits so long that there are only a few pairs."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from suite.stats.types import Floats


@dataclass(frozen=True, slots=True)
class StudentBet:
    """The mixture t-test: the likelihood ratio of "mean = m + noise * effect", effect ~ N(0, `effect_variance`), to m.

    With `prior_pairs` = 0 it is the right-Haar test (Lai 1976, "On confidence sequences"; Wang & Ramdas 2023,
    "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance"), exact for any standard
    deviation of the noise. Otherwise the noise is believed, with the weight of `prior_pairs` values, to have a standard
    deviation of `prior_spread`: then very few values can refute, but only what lies far beyond such noise.

    Attributes
    ----------
    fewest, most
        How many values it needs, and with how many it retires.
    """

    effect_variance: float
    fewest: int
    most: int
    prior_pairs: float = 0.0
    prior_spread: float = 0.0

    def interval(self, values: Floats, alpha: float) -> tuple[float, float]:
        """Return the means that are not refuted at `alpha` (closed form); all of them if it does not bet."""
        n = len(values)
        return self.interval_of(n, float(values.mean()), float(values.var()), alpha) if n else (-inf, inf)

    def interval_of(self, n: int, mean: float, variance: float, alpha: float) -> tuple[float, float]:
        """Return the same for `n` values of this mean and variance (the mean of squares about the mean)."""
        believed = 1 + n * self.effect_variance
        squares = variance * n + self.prior_pairs * self.prior_spread**2
        if not self.fewest <= n <= self.most or squares == 0:
            return -inf, inf
        growth = float((sqrt(believed) / alpha) ** (2 / (n + self.prior_pairs)))
        if growth >= believed:
            return -inf, inf
        half = sqrt(squares / n * (growth - 1) / (1 - growth / believed))
        return mean - half, mean + half
