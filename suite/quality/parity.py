"""Whether one result is as good as another: parity within the workload's tolerance, from quality values alone."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import isnan, nan, sqrt

import numpy as np
from scipy.special import stdtrit

from suite.records.schema import QualityValue
from suite.stats.types import Floats
from suite.workloads.entry import Direction, Quality

#: Seeds below which a stochastic workload's parity cannot be decided, and the level of its interval.
FEWEST_SEEDS = 3
ALPHA = 0.05


class Parity(StrEnum):
    """Whether a result is as good as the reference's, within the workload's tolerance."""

    IDENTICAL = "identical"  # bit for bit
    EQUAL = "equal"
    LOST = "lost"
    UNDECIDED = "undecided"  # too few seeds to tell
    UNKNOWN = "unknown"  # no reference quality to compare with

    @property
    def holds(self) -> bool:
        """Whether a speed-up may be stated."""
        return self in (Parity.IDENTICAL, Parity.EQUAL)


#: From best to worst: what is lost is lost, whatever else is not known.
_WORSE = (Parity.IDENTICAL, Parity.EQUAL, Parity.UNDECIDED, Parity.UNKNOWN, Parity.LOST)


def parity(
    own: Sequence[QualityValue], reference: Sequence[QualityValue], quality: Quality, stochastic: bool
) -> Parity:
    """Return whether `own` is at least as good as `reference`, less the tolerance.

    Deterministic workloads: no value may be worse than the reference's (on the same seed, if both have it) by more
    than the tolerance. Stochastic ones: non-inferiority over seeds: the 95 % t interval of how much worse it is must
    lie wholly within the tolerance (equal) or wholly beyond (lost). A result that is better is equal. A value that is
    not a number is lost.
    """
    if any(isnan(value.value) for value in own):
        return Parity.LOST
    if not own or not reference or any(isnan(value.value) for value in reference):
        return Parity.UNKNOWN
    if _identical(own, reference):
        return Parity.IDENTICAL
    tolerance = _tolerance(reference, quality)
    if not stochastic:
        return Parity.EQUAL if _worst_loss(own, reference, quality) <= tolerance else Parity.LOST
    low, high = _loss_interval(own, reference, quality)
    if high <= tolerance:
        return Parity.EQUAL
    return Parity.LOST if low > tolerance else Parity.UNDECIDED


def parities(
    own: Sequence[QualityValue], reference: Sequence[QualityValue], qualities: Sequence[Quality], stochastic: bool
) -> list[Parity]:
    """Return the parity by each of `suite.quality.qualities`."""
    return [
        parity(by_metric(own, index), by_metric(reference, index), quality, stochastic)
        for index, quality in enumerate(qualities)
    ]


def overall(found: Sequence[Parity]) -> Parity:
    """Return the parity of a result that is judged by several metrics: the worst."""
    return max(found, key=_WORSE.index)


def by_metric(values: Sequence[QualityValue], index: int) -> list[QualityValue]:
    """Return the values of one of `suite.quality.qualities`, without those that lack it."""
    if index == 0:
        return list(values)
    return [
        QualityValue(seed=one.seed, value=one.checks[index - 1], sha256=one.sha256)
        for one in values
        if index <= len(one.checks)
    ]


def mean_quality(values: Sequence[QualityValue]) -> float | None:
    """Return the mean over seeds, None if there is no value."""
    return float(np.mean([value.value for value in values])) if values else None


def _identical(own: Sequence[QualityValue], reference: Sequence[QualityValue]) -> bool:
    """Whether both have results on the same seeds, with the same digests."""
    ours, theirs = ({value.seed: value.sha256 for value in values} for values in (own, reference))
    return ours == theirs and all(ours.values())


def _tolerance(reference: Sequence[QualityValue], quality: Quality) -> float:
    """Return the tolerance in units of the metric."""
    scale = abs(float(np.mean([value.value for value in reference]))) if quality.relative else 1.0
    return quality.tolerance * scale


def _losses(own: Floats, reference: Floats, quality: Quality) -> Floats:
    """Return how much worse each value is; negative where better."""
    return reference - own if quality.direction is Direction.HIGHER else own - reference


def _paired(own: Sequence[QualityValue], reference: Sequence[QualityValue]) -> tuple[Floats, Floats]:
    """Return the values on common seeds, in the order of seeds."""
    ours, theirs = ({value.seed: value.value for value in values} for values in (own, reference))
    common = sorted(ours.keys() & theirs.keys())
    return np.array([ours[seed] for seed in common]), np.array([theirs[seed] for seed in common])


def _worst_loss(own: Sequence[QualityValue], reference: Sequence[QualityValue], quality: Quality) -> float:
    pairs = _paired(own, reference)
    if len(pairs[0]):
        return float(_losses(*pairs, quality).max())
    ours, theirs = (np.array([value.value for value in values]) for values in (own, reference))
    return float(_losses(ours, theirs.mean(keepdims=True), quality).max())


def _loss_interval(
    own: Sequence[QualityValue], reference: Sequence[QualityValue], quality: Quality
) -> tuple[float, float]:
    """Return the interval of the mean loss: of the differences on common seeds, else Welch's; NaN below three seeds."""
    pairs = _paired(own, reference)
    if len(pairs[0]) >= FEWEST_SEEDS:
        losses = _losses(*pairs, quality)
        centre, error, freedom = float(losses.mean()), _standard_error(losses), len(losses) - 1.0
    else:
        ours, theirs = (np.array([value.value for value in values]) for values in (own, reference))
        if min(len(ours), len(theirs)) < FEWEST_SEEDS:
            return nan, nan
        centre = float(_losses(ours.mean(keepdims=True), theirs.mean(keepdims=True), quality)[0])
        errors = _standard_error(ours), _standard_error(theirs)
        error = sqrt(errors[0] ** 2 + errors[1] ** 2)
        spread = errors[0] ** 4 / (len(ours) - 1) + errors[1] ** 4 / (len(theirs) - 1)
        freedom = error**4 / spread if spread else 1.0
    half = float(stdtrit(freedom, 1 - ALPHA / 2)) * error
    return centre - half, centre + half


def _standard_error(values: Floats) -> float:
    return float(values.std(ddof=1)) / sqrt(len(values))
