"""Reduced-order models: the flow in the coordinates of its proper orthogonal decomposition, advanced by what is learnt.

The coordinates are z = P (ψ − ψ̄) / s with the leading principal components P and the deviation s of the first. As the
equation of the flow is quadratic, so is its projection; its operators are learnt from snapshots by least squares with a
ridge (operator inference: Peherstorfer and Willcox 2016, Comput. Methods Appl. Mech. Eng. 306, 196). The products of
coordinates are weighted such that the ridge does not depend on their rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.weather.assimilation import Pullback, Vector
from suite.workloads.science.workflow import Learner, Model


@dataclass(frozen=True)
class Pod:
    """A proper orthogonal decomposition.

    Attributes
    ----------
    model
        The engine's principal components, by which many rows are transformed.
    components, mean
        P, of shape (r, points), and ψ̄.
    scale
        s.
    """

    model: Model
    components: Vector
    mean: Vector
    scale: float

    @classmethod
    def fit(cls, X: NDArray[Any], learner: Learner) -> Pod:
        """Find it by the engine's principal components."""
        model = learner.fit(X, role="pca")
        variance = model.attribute("explained_variance_")
        components = model.attribute("components_").astype(np.float64)
        return cls(model, components, model.attribute("mean_").astype(np.float64).ravel(), float(np.sqrt(variance[0])))

    def encode_rows(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the coordinates of many rows by the engine, in their own dtype."""
        return np.asarray(self.model.transform(X) / X.dtype.type(self.scale))

    def encode(self, psi: Vector) -> Vector:
        """Return the coordinates of stream functions."""
        return np.asarray((psi - self.mean) @ self.components.T / self.scale)

    def decode(self, z: Vector) -> Vector:
        """Return the stream functions of coordinates."""
        return np.asarray(self.scale * z @ self.components + self.mean)


def quadratic_features(z: NDArray[Any]) -> NDArray[Any]:
    """Return the coordinates, their squares, and √2 times their products, of shape (rows, r + r (r + 1) / 2)."""
    i, j = np.triu_indices(z.shape[-1])
    weights = np.where(i == j, 1.0, np.sqrt(2.0)).astype(z.dtype)
    return np.concatenate([z, weights * z[..., i] * z[..., j]], axis=-1)


class ReducedModel(Protocol):
    """Advances coordinates by an interval."""

    def step(self, z: Vector) -> tuple[Vector, Pullback]:
        """Return the coordinates one interval later, and the adjoint of that step."""


class QuadraticModel:
    """z + b + W z + H(z, z), from the coefficients of a linear regression of the increment on the features.

    Parameters
    ----------
    coefficients
        Of shape (r, r + r (r + 1) / 2).
    intercept
        b, of shape (r,).
    """

    def __init__(self, coefficients: Vector, intercept: Vector) -> None:
        r = len(intercept)
        i, j = np.triu_indices(r)
        halves = coefficients[:, r:] * np.where(i == j, 1.0, np.sqrt(0.5))
        self.intercept = intercept
        self.linear = np.eye(r) + coefficients[:, :r]
        self.quadratic = np.zeros((r, r, r))
        self.quadratic[:, i, j] = halves
        self.quadratic[:, j, i] = halves

    def step(self, z: Vector) -> tuple[Vector, Pullback]:
        """Return the coordinates one interval later, and the adjoint of that step."""
        product = self.quadratic @ z
        jacobian = self.linear + 2 * product
        return self.intercept + self.linear @ z + product @ z, lambda sensitivity: jacobian.T @ sensitivity


class KernelModel:
    """z + Σ aᵢ exp(−γ ‖z − cᵢ‖²), from the dual coefficients a, of shape (n, r), and the rows c of a kernel ridge."""

    def __init__(self, rows: Vector, dual: Vector, gamma: float) -> None:
        self.rows, self.dual, self.gamma = rows, dual, gamma
        self.squares = (rows**2).sum(axis=1)

    def step(self, z: Vector) -> tuple[Vector, Pullback]:
        """Return the coordinates one interval later, and the adjoint of that step."""
        kernel = np.exp(-self.gamma * np.maximum(self.squares - 2 * self.rows @ z + z @ z, 0.0))

        def pullback(sensitivity: Vector) -> Vector:
            weights = kernel * (self.dual @ sensitivity)
            return np.asarray(sensitivity - 2 * self.gamma * (z * weights.sum() - weights @ self.rows))

        return z + kernel @ self.dual, pullback


@dataclass(frozen=True)
class ReducedDynamics:
    """A reduced-order model from a background, observed at stations.

    The background's covariance is the climate's, diagonal in these coordinates: its root is `deviations`.
    """

    model: ReducedModel
    background: Vector
    deviations: Vector
    observer: Observer

    @property
    def controls(self) -> int:
        """As many as there are coordinates."""
        return len(self.background)

    def start(self, v: Vector) -> Vector:
        """Return the coordinates at the start of the window."""
        return self.background + self.deviations * v

    def start_adjoint(self, sensitivity: Vector) -> Vector:
        """Multiply by the deviations."""
        return self.deviations * sensitivity

    def step(self, z: Vector) -> tuple[Vector, Pullback]:
        """Return the coordinates one interval later, and the adjoint of that step."""
        return self.model.step(z)

    def observe(self, z: Vector) -> Vector:
        """Return the stream function at the stations."""
        return self.observer.matrix @ z + self.observer.offset

    def observe_adjoint(self, values: Vector) -> Vector:
        """Return the sensitivity of the coordinates to values at the stations."""
        return values @ self.observer.matrix


@dataclass(frozen=True)
class Observer:
    """How coordinates are observed: the stations' rows of the decomposition, and the variance of what they see.

    That is the instruments' variance and, at each station, that of the flow outside the decomposition.
    """

    matrix: Vector
    offset: Vector
    variance: Vector

    @classmethod
    def of(cls, pod: Pod, stations: NDArray[np.int64], noise: float, X: NDArray[Any], Z: NDArray[Any]) -> Observer:
        """Build it from the training snapshots `X` and their coordinates `Z`."""
        matrix, offset = pod.scale * pod.components[:, stations].T, pod.mean[stations]
        outside = X[:, stations].astype(np.float64) - (Z.astype(np.float64) @ matrix.T + offset)
        return cls(matrix, offset, noise**2 + (outside**2).mean(axis=0))
