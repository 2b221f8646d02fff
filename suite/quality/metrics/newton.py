"""How far a linear model is from the least mean loss plus penalty: by what one Newton step would take away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality.evidence import CHUNK_ROWS, Floats, chunks
from suite.quality.metrics.density import sample_of
from suite.quality.metrics.losses import Loss, Targets
from suite.quality.metrics.moments import NO_PENALTY, Penalty, minimiser

#: Rows from which the curvature is taken where there are more: it only scales the gap.
HESSIAN_ROWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A linear model as it was fitted, and what it was to minimise on its training rows.

    Attributes
    ----------
    coefficients, intercepts
        Of each output: (outputs, features) and (outputs,).
    penalty, anchor
        Of the coefficients, and of the intercepts.
    free
        Whether the intercepts were to be found, and are not zero by definition.
    """

    X: NDArray[Any]
    y: Targets
    loss: Loss
    coefficients: Floats
    intercepts: Floats
    penalty: Penalty
    anchor: Penalty = NO_PENALTY
    free: bool = True

    def objective(self) -> float:
        """Return the mean loss plus the penalties."""
        return self._penalised(sum(self.loss.of(self._scores(rows), targets)[0] for rows, targets in self._rows()))

    def gap(self) -> float:
        """Return the distance of the objective to its optimum, as a share of the objective, by the Newton decrement.

        That is what the best step takes away from the loss's expansion to second order, with the penalties as they are:
        g H⁻¹ g / 2 without an L1 penalty, and exact to second order (Boyd and Vandenberghe, Convex Optimization, 9.5.1;
        Lee, Sun and Saunders, Proximal Newton-type methods, 2014). The gradient is that of all rows, the Hessian that
        of at most 20,000.
        """
        total, gradient = 0.0, np.zeros((len(self.intercepts), self.X.shape[1] + 1))
        for rows, targets in self._rows():
            part, slope = self.loss.of(self._scores(rows), targets)
            total += part
            gradient += slope.T @ _with_ones(rows)
        weights = np.column_stack([self.coefficients, self.intercepts])
        l1, l2 = (
            np.broadcast_to(np.append(np.full(self.X.shape[1], each), last), weights.shape)
            for each, last in ((self.penalty.l1, self.anchor.l1), (self.penalty.l2, self.anchor.l2))
        )
        kept = np.full(weights.shape, fill_value=True)
        kept[:, -1] = self.free
        variables = kept.ravel()
        hessian = (self._hessian() + np.diag(l2.ravel()))[np.ix_(variables, variables)]
        taken = _taken((gradient / len(self.X) + l2 * weights)[kept], hessian, weights[kept], l1[kept])
        return taken / self._penalised(total)

    def _penalised(self, total: float) -> float:
        return total / len(self.X) + self.penalty.of(self.coefficients) + self.anchor.of(self.intercepts)

    def _scores(self, rows: Floats) -> Floats:
        return rows @ self.coefficients.T + self.intercepts

    def _rows(self) -> Iterator[tuple[Floats, Targets]]:
        """Go through the rows with their targets."""
        for start, rows in zip(range(0, len(self.X), CHUNK_ROWS), chunks(self.X), strict=True):
            yield rows, self.y[start : start + len(rows)]

    def _hessian(self) -> Floats:
        """Return the mean loss's second derivative by all weights, output after output."""
        sample = sample_of(len(self.X), HESSIAN_ROWS)
        rows, targets = self.X[sample].astype(np.float64), self.y[sample]
        scores, ones = self._scores(rows), _with_ones(rows)
        outputs, width = len(self.intercepts), ones.shape[1]
        hessian = np.empty((outputs, width, outputs, width))
        for one in range(outputs):
            for other in range(one, outputs):
                weight = self.loss.curvature(scores, targets, one, other) / len(sample)
                block = ones.T @ (weight[:, None] * ones)
                hessian[one, :, other] = hessian[other, :, one] = block
        return hessian.reshape(outputs * width, outputs * width)


def _taken(gradient: Floats, hessian: Floats, weights: Floats, l1: Floats) -> float:
    """Return by how much the best step s lowers g s + s H s / 2 + Σ l1 |w + s| from its value at no step.

    Weights without an L1 penalty follow the others by a linear equation, and are eliminated.
    """
    if not l1.any():
        return float(gradient @ np.linalg.lstsq(hessian, gradient, rcond=1e-12)[0]) / 2
    sparse = l1 > 0
    scale, across = l1[sparse], hessian[np.ix_(sparse, ~sparse)]
    follow = -np.linalg.pinv(hessian[np.ix_(~sparse, ~sparse)]) @ np.column_stack([across.T, gradient[~sparse]])
    curvature = (hessian[np.ix_(sparse, sparse)] + across @ follow[:, :-1]) / np.outer(scale, scale)
    slope = (gradient[sparse] + across @ follow[:, -1]) / scale
    scaled = scale * weights[sparse]
    step = np.empty_like(weights)
    step[sparse] = (minimiser(curvature, curvature @ scaled - slope, Penalty(1.0, 0.0)) - scaled) / scale
    step[~sparse] = follow @ np.append(step[sparse], 1.0)
    lowered = float(l1 @ (np.abs(weights) - np.abs(weights + step)))
    return lowered - float(gradient @ step + step @ hessian @ step / 2)


def _with_ones(rows: Floats) -> Floats:
    return np.hstack([rows, np.ones((len(rows), 1))])
