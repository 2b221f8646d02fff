"""What linear models lose on a row by its scores and its target, with both derivatives by the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import Floats

Targets = NDArray[Any]


class Loss(Protocol):
    """A convex loss of rows: scores are (rows, outputs), targets (rows,)."""

    def of(self, scores: Floats, targets: Targets) -> tuple[float, Floats]:
        """Return the sum of the losses, and each one's slope by the scores (rows, outputs)."""

    def curvature(self, scores: Floats, targets: Targets, one: int, other: int, /) -> Floats:
        """Return each row's second derivative by two of its scores (rows,); raises GarbageError if there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class LogLoss:
    """Minus the log of the probability of the right class: by one score of two classes, or by one of each."""

    classes: Targets

    def of(self, scores: Floats, targets: Targets) -> tuple[float, Floats]:
        """Return the sum of the log-losses, and by how much each probability exceeds the truth."""
        from scipy.special import log_softmax

        hit = targets[:, None] == (self.classes[1:] if scores.shape[1] == 1 else self.classes)
        if scores.shape[1] == 1:
            total = float(np.logaddexp(0.0, np.where(hit, -scores, scores)).sum())
        else:
            total = -float(log_softmax(scores, axis=1)[hit].sum())
        return total, self._probabilities(scores) - hit

    def curvature(self, scores: Floats, _targets: Targets, one: int, other: int, /) -> Floats:
        """Return p_one (δ - p_other)."""
        probabilities = self._probabilities(scores)
        return probabilities[:, one] * (float(one == other) - probabilities[:, other])

    def _probabilities(self, scores: Floats) -> Floats:
        from scipy.special import expit, softmax

        found: Floats = expit(scores) if scores.shape[1] == 1 else softmax(scores, axis=1)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Hinge:
    """By how much the margin of one class against the rest falls short of 1, or its square; a score for each."""

    positive: Targets
    squared: bool

    def of(self, scores: Floats, targets: Targets) -> tuple[float, Floats]:
        """Return the sum over all scores, and the slopes."""
        sign = np.where(targets[:, None] == self.positive, 1.0, -1.0)
        total, slope = _beyond(1.0 - sign * scores, squared=self.squared)
        return total, -sign * slope

    def curvature(self, scores: Floats, targets: Targets, one: int, other: int, /) -> Floats:
        """Return 2 where the margin falls short."""
        sign = np.where(targets == self.positive[one], 1.0, -1.0)
        return _steps(1.0 - sign * scores[:, one], squared=self.squared) * float(one == other)


@dataclass(frozen=True, slots=True, eq=False)
class BeyondEpsilon:
    """By how much the error exceeds epsilon, or its square."""

    epsilon: float
    squared: bool

    def of(self, scores: Floats, targets: Targets) -> tuple[float, Floats]:
        """Return the sum, and the slopes."""
        error = scores - targets[:, None]
        total, slope = _beyond(np.abs(error) - self.epsilon, squared=self.squared)
        return total, np.sign(error) * slope

    def curvature(self, scores: Floats, targets: Targets, one: int, _other: int, /) -> Floats:
        """Return 2 where the error exceeds epsilon."""
        return _steps(np.abs(scores[:, one] - targets) - self.epsilon, squared=self.squared)


@dataclass(frozen=True, slots=True, eq=False)
class PoissonDeviance:
    """Half the deviance of counts from means whose logs are the scores."""

    def of(self, scores: Floats, targets: Targets) -> tuple[float, Floats]:
        """Return the sum, and by how much each mean exceeds the target."""
        from scipy.special import xlogy

        target = targets[:, None].astype(np.float64)
        mean = np.exp(scores)
        return float((xlogy(target, target) - target * scores - target + mean).sum()), mean - target

    def curvature(self, scores: Floats, _targets: Targets, one: int, _other: int, /) -> Floats:
        """Return the means."""
        means: Floats = np.exp(scores[:, one])
        return means


def _beyond(excess: Floats, *, squared: bool) -> tuple[float, Floats]:
    """Return the sum of what is above zero, or of its squares, and the slopes by the excess."""
    above = np.maximum(0.0, excess)
    if squared:
        return float((above * above).sum()), 2.0 * above
    return float(above.sum()), (excess > 0).astype(np.float64)


def _steps(excess: Floats, *, squared: bool) -> Floats:
    """Return the second derivative of the square of what is above zero."""
    if not squared:
        raise GarbageError("a loss with a kink has no curvature to tell the gap from: judge by the objective")
    return np.where(excess > 0, 2.0, 0.0)
