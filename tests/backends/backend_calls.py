"""Small data and problems, and an estimator called as the suite calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.algorithms import ALGORITHMS
from backends.protocol import Backend, EngineReport, Problem

ROWS, FEATURES = 400, 6


@dataclass(frozen=True)
class Data:
    X: NDArray[Any]
    labels: NDArray[Any]
    targets: NDArray[Any]

    def y(self, algorithm: str) -> NDArray[Any]:
        return self.targets if ALGORITHMS[algorithm].task == "regression" else self.labels


@dataclass(frozen=True)
class Called:
    estimator: Any
    fit: EngineReport
    output: EngineReport | None
    result: Any


def make_data(dtype: str = "float64", rows: int = ROWS) -> Data:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, FEATURES))
    slope = np.arange(1.0, FEATURES + 1)
    labels = (X @ slope + rng.standard_normal(rows) > 0).astype(np.int64)
    return Data(X.astype(dtype), labels, (X @ slope + 1).astype(dtype))


def problem(algorithm: str, params: dict[str, Any] | None = None, **shape: Any) -> Problem:
    known = {"n_samples": ROWS, "n_features": FEATURES, "n_classes": 2, "dtype": "float64", "threads": 2}
    return Problem(algorithm=algorithm, params=params or {}, **known | shape)


def call(backend: Backend, algorithm: str, data: Data, /, *, strict: bool = False, **params: Any) -> Called:
    """Fit and predict as the suite does it: observed, each phase reported apart."""
    estimator = backend.estimator(problem(algorithm, params))
    output = ALGORITHMS[algorithm].output
    with backend.observe(strict=strict) as observation:
        estimator.fit(data.X, data.y(algorithm))
        fit = observation.report()
        result = getattr(estimator, output)(data.X) if output else estimator
        return Called(estimator, fit, observation.report() if output else None, result)
