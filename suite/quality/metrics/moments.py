"""The least penalised squared error of a data set, from the second moments of its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality.evidence import CHUNK_ROWS, Evidence, Floats, chunks


@dataclass(frozen=True, slots=True)
class Penalty:
    """l1 × the sum of the absolute coefficients + l2 / 2 × the sum of their squares."""

    l1: float
    l2: float

    def of(self, coefficients: Floats) -> float:
        """Return the penalty of these coefficients."""
        return self.l1 * float(np.abs(coefficients).sum()) + self.l2 / 2 * float((coefficients * coefficients).sum())


NO_PENALTY = Penalty(0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Means of the rows, and their mean products: XᵀX (features, features), Xᵀy (features,) and yᵀy, about the means.

    Means are zero, and products about zero, where the model has no intercept.
    """

    x_mean: Floats
    y_mean: float
    xx: Floats
    xy: Floats
    yy: float

    @property
    def n_features(self) -> int:
        """Return how many features there are."""
        return len(self.xy)

    def objective(self, coefficients: Floats, intercept: float, penalty: Penalty) -> float:
        """Return half the mean squared error plus the penalty."""
        error = self.yy - 2 * float(self.xy @ coefficients) + float(coefficients @ self.xx @ coefficients)
        offset = self.y_mean - float(self.x_mean @ coefficients) - intercept
        return (error + offset * offset) / 2 + penalty.of(coefficients)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Training rows, told apart by their digests."""

    digests: tuple[str, str]
    X: NDArray[Any] = field(compare=False)
    y: NDArray[Any] = field(compare=False)


def moments(evidence: Evidence, *, centred: bool) -> Moments:
    """Return the moments of the training rows in float64: two passes, once a data set."""
    if evidence.made or evidence.instead:
        return _of(evidence.data("X_train"), evidence.data("y_train"), centred)
    digests = evidence.dataset.arrays["X_train"].sha256, evidence.dataset.arrays["y_train"].sha256
    return _moments(_Rows(digests, evidence.data("X_train"), evidence.data("y_train")), centred)


@lru_cache(maxsize=4)
def _moments(rows: _Rows, centred: bool) -> Moments:
    return _of(rows.X, rows.y, centred)


def _of(X: NDArray[Any], y: NDArray[Any], centred: bool) -> Moments:
    y, n = y.astype(np.float64), len(X)
    x_mean, y_mean = np.zeros(X.shape[1]), 0.0
    if centred:
        x_mean, y_mean = sum((chunk.sum(axis=0) for chunk in chunks(X)), start=x_mean) / n, float(y.mean())
    xx, xy = np.zeros((X.shape[1], X.shape[1])), np.zeros(X.shape[1])
    for start, chunk in zip(range(0, n, CHUNK_ROWS), chunks(X), strict=True):
        chunk -= x_mean
        xx += chunk.T @ chunk
        xy += chunk.T @ (y[start : start + len(chunk)] - y_mean)
    return Moments(x_mean, y_mean, xx / n, xy / n, float(((y - y_mean) ** 2).mean()))


@lru_cache(maxsize=16)
def optimum(found: Moments, penalty: Penalty) -> float:
    """Return the least objective."""
    coefficients = minimiser(found.xx, found.xy, penalty)
    intercept = found.y_mean - float(found.x_mean @ coefficients)
    return found.objective(coefficients, intercept, penalty)


def minimiser(xx: Floats, xy: Floats, penalty: Penalty) -> Floats:
    """Return the w that minimises w xx w / 2 - xy w + penalty.

    Without an L1 penalty by solving the normal equations; with it by coordinate descent to the last digits, on as many
    made-up rows as there are features, whose moments are these.
    """
    strengths, directions = np.linalg.eigh(xx)
    kept = strengths > strengths[-1] * len(strengths) * np.finfo(float).eps
    strengths, directions = strengths[kept], directions[:, kept]
    along = directions.T @ xy
    if penalty.l1:
        return _descend(np.sqrt(strengths)[:, None] * directions.T, along / np.sqrt(strengths), penalty)
    coefficients: Floats = directions @ (along / (strengths + penalty.l2))
    return coefficients


def _descend(X: Floats, y: Floats, penalty: Penalty) -> Floats:
    """Return the coefficients that minimise ½ |y - X w|² + penalty."""
    from sklearn.linear_model import ElasticNet

    alpha = penalty.l1 + penalty.l2
    scale = np.sqrt(len(X))
    model = ElasticNet(
        alpha=alpha, l1_ratio=penalty.l1 / alpha, fit_intercept=False, precompute=True, tol=1e-10, max_iter=100_000
    )
    coefficients: Floats = model.fit(scale * X, scale * y).coef_
    return coefficients
