"""Metrics of densities and covariances: the distance to the one right answer, in float64 from the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality.evidence import Evidence, Floats, Metric, chunks
from suite.workloads.entry import Direction, Task

#: Held-out rows whose density is computed: each takes a sum over all training rows.
DENSITY_ROWS = 200


def log_density_error(evidence: Evidence) -> float:
    """Root of the mean squared error of the held-out rows' log densities (a sample of 200 at most), in nats.

    Against the sum over all training rows, which a tree of a single leaf gives. One of more leaves takes the bounds of
    its nodes away again: where far more rows are far than near, as in 128 features, its sums are off by 100 nats.
    """
    from sklearn.neighbors import KernelDensity

    queries, rows = evidence.data("X_test"), evidence.data("X_train").astype(np.float64)
    told = evidence.floats("output", (len(queries),))
    sample = sample_of(len(queries), DENSITY_ROWS)
    exact = KernelDensity(**{**evidence.workload.params, "rtol": 0.0, "atol": 0.0, "leaf_size": len(rows)})
    exact.fit(rows)
    return float(np.sqrt(np.mean((told[sample] - exact.score_samples(queries[sample].astype(np.float64))) ** 2)))


def covariance_error(evidence: Evidence) -> float:
    """Frobenius distance of the covariance to the exact estimate, as a share of the estimate's Frobenius norm.

    The estimate is what the algorithm is defined to give: the empirical covariance, or Ledoit and Wolf's.
    """
    X = evidence.data("X_train")
    told = evidence.floats("covariance_", (X.shape[1], X.shape[1]))
    centred = not evidence.workload.params.get("assume_centered", False)
    exact = ledoit_wolf(X, centred=centred) if evidence.workload.algorithm == "LedoitWolf" else _moments(X, centred)[0]
    return float(np.linalg.norm(told - exact) / np.linalg.norm(exact))


def ledoit_wolf(X: NDArray[Any], *, centred: bool) -> Floats:
    """Return the covariance shrunk towards a multiple of the identity by the least expected squared error.

    Source: Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices (2004), 3.2-3.3.
    """
    covariance, fourth = _moments(X, centred)
    rows, features = X.shape
    mean_variance = float(np.trace(covariance)) / features
    length = float((covariance * covariance).sum())
    dispersion = length / features - mean_variance**2
    error = min((fourth - length) / (features * rows), dispersion)
    shrinkage = error / dispersion if dispersion > 0 else 0.0
    shrunk: Floats = (1 - shrinkage) * covariance + shrinkage * mean_variance * np.eye(features)
    return shrunk


def _moments(X: NDArray[Any], centred: bool) -> tuple[Floats, float]:
    """Return the covariance (about zero if not centred), and the mean over the rows of their length⁴; two passes."""
    mean = sum((chunk.sum(axis=0) for chunk in chunks(X)), start=np.zeros(X.shape[1])) / len(X)
    covariance, fourth = np.zeros((X.shape[1], X.shape[1])), 0.0
    for chunk in chunks(X):
        if centred:
            chunk -= mean
        covariance += chunk.T @ chunk
        fourth += float(((chunk * chunk).sum(axis=1) ** 2).sum())
    return covariance / len(X), fourth / len(X)


def sample_of(rows: int, most: int) -> NDArray[np.int64]:
    """Return which of the rows are judged, in order: all, or a fixed random sample."""
    return np.sort(np.random.default_rng(0).permutation(rows)[:most])


_LOWER, _DENSITY = Direction.LOWER, (Task.DENSITY,)

METRICS: Mapping[str, Metric] = {
    "log_density_error": Metric("error of the log densities", _LOWER, _DENSITY, ("output",), log_density_error),
    "covariance_error": Metric(
        "distance to the exact covariance", _LOWER, _DENSITY, ("covariance_",), covariance_error
    ),
}
