"""How the cost of assimilation grows with the grid: one gradient of J by the full model and by a reduced-order one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from suite.datasets.source import Request
from suite.workloads.science.weather.assimilation import Dynamics, Vector, cost
from suite.workloads.science.weather.climate import BACKGROUND, NOISE, plane
from suite.workloads.science.weather.data import make
from suite.workloads.science.weather.entry import COMPONENTS
from suite.workloads.science.weather.full import FullModel, amplitudes
from suite.workloads.science.weather.reduced import ReducedDynamics
from suite.workloads.science.weather.surrogate import Quadratic

#: Snapshots, on the coarsest grid: what a gradient takes does not depend on how well the model was learnt.
_COARSE, _SNAPSHOTS, _CASES, _LENGTH = 32, 400, 2, 30


@dataclass(frozen=True)
class Growth:
    """Seconds of one gradient on n × n points, by the full model and by the reduced-order one."""

    n: int
    full_s: float
    reduced_s: float

    @property
    def factor(self) -> float:
        """How many times longer the full model takes."""
        return self.full_s / self.reduced_s


def growth(n: int, repeats: int = 3, components: int = COMPONENTS) -> Growth:
    """Time the gradients on n × n points.

    The snapshots are simulated on 32 × 32 points and refined, which the truncated spectrum allows without a change.
    The reduced-order model is scikit-learn's ridge on quadratic features.
    """
    data = _refined(n)
    surrogate = Quadratic(data["X_train"], data["trajectory"], data, _Stock(components))
    background, observations = data["background"][0], data["observations"][0]
    departures = (data["X_train"] - data["X_train"].mean(axis=0)).reshape(-1, n, n)
    amplitude = BACKGROUND * amplitudes(departures)
    full = FullModel(plane(n), background.reshape(n, n), amplitude, data["stations"])
    deviations = BACKGROUND * surrogate.coordinates.std(axis=0)
    coordinates = surrogate.pod.encode(background)
    reduced = ReducedDynamics(surrogate.model, coordinates, deviations, surrogate.observer)
    variance = np.full(observations.shape[1], (NOISE * float(data["deviation"][0])) ** 2)
    return Growth(
        n,
        _seconds(full, observations, variance, repeats),
        _seconds(reduced, observations, surrogate.observer.variance, 30 * repeats),
    )


def refine(fields: Vector, n: int) -> Vector:
    """Return fields of (rows, m²) on n × n points, by zeros in the spectrum; their Nyquist waves must be zero."""
    m = isqrt(fields.shape[1])
    coarse = fft.rfft2(fields.reshape(-1, m, m))
    fine = np.zeros((len(fields), n, n // 2 + 1), dtype=np.complex128)
    half = m // 2
    fine[:, :half, :half] = coarse[:, :half, :half]
    fine[:, -half + 1 :, :half] = coarse[:, half + 1 :, :half]
    return (n / m) ** 2 * fft.irfft2(fine, s=(n, n)).reshape(len(fields), -1)


def _refined(n: int) -> dict[str, NDArray[Any]]:
    """Return data as `make` gives, refined to n × n points; the stations stay where they are."""
    args = {"trajectories": 4, "cases": _CASES, "stations": 100, "members": 2}
    request = Request(
        n_train=_SNAPSHOTS,
        n_test=_CASES * _LENGTH,
        n_features=_COARSE**2,
        args=args,
        dtype="float64",
        order="C",
        seed=0,
    )
    data = dict(make(request))
    y, x = np.divmod(data["stations"], _COARSE)
    data["stations"] = n // _COARSE * (y * n + x)
    for name in ("X_train", "background"):
        data[name] = refine(data[name], n)
    return data


def _seconds(dynamics: Dynamics, observations: Vector, variance: Vector, repeats: int) -> float:
    """Return the shortest time of a gradient, after one that is not counted."""
    v = np.zeros(dynamics.controls)
    cost(v, dynamics, observations, variance)
    return min(_timed(lambda: cost(v, dynamics, observations, variance)) for _ in range(repeats))


def _timed(call: Callable[[], object]) -> float:
    begun = perf_counter()
    call()
    return perf_counter() - begun


class _Fitted:
    """An estimator of scikit-learn, fitted."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the rows, transformed."""
        return np.asarray(self.estimator.transform(X))

    def attribute(self, name: str) -> NDArray[Any]:
        """Return a fitted attribute."""
        return np.asarray(getattr(self.estimator, name))


class _Stock:
    """Fits scikit-learn's principal components and ridge."""

    seed, threads = 0, 1

    def __init__(self, components: int) -> None:
        self.components = components
        self.seconds: dict[str, float] = {}

    def fit(self, X: NDArray[Any], y: NDArray[Any] | None = None, *, role: str = "model", **params: Any) -> Any:
        """Fit the estimator of this role."""
        from sklearn.decomposition import PCA
        from sklearn.linear_model import Ridge

        if role == "pca":
            return _Fitted(PCA(self.components, svd_solver="arpack", random_state=0).fit(X))
        return _Fitted(Ridge(alpha=10.0, **params).fit(X, y))
