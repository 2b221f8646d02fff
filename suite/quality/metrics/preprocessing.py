"""Metrics of preprocessing: it has one right answer, computed here in float64 from the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from suite.quality.evidence import CHUNK_ROWS, Evidence, Metric, chunks
from suite.workloads.entry import Direction, Task


def transform_error(evidence: Evidence) -> float:
    """Largest error of the transformed held-out rows, relative to the largest right value of its column.

    What is right is what scikit-learn's estimator gives when it is fitted and applied in float64.
    """
    X = evidence.data("X_test")
    right = _fitted(evidence)
    width = right.transform(X[:1].astype(np.float64)).shape[1]
    output = evidence.floats("output", (len(X), width))
    error, size = np.zeros(width), np.zeros(width)
    rows = max(1, CHUNK_ROWS * X.shape[1] // width)
    for start in range(0, len(X), rows):
        expected = np.asarray(right.transform(X[start : start + rows].astype(np.float64)))
        error = np.maximum(error, np.abs(output[start : start + rows] - expected).max(axis=0))
        size = np.maximum(size, np.abs(expected).max(axis=0))
    return float((error / np.where(size > 0, size, 1.0)).max())


def _fitted(evidence: Evidence) -> Any:
    """Return the estimator fitted to the training rows in float64: by chunks where it can."""
    from backends.algorithms import ALGORITHMS

    entry = ALGORITHMS[evidence.workload.algorithm]
    estimator = getattr(import_module(entry.module), entry.name)(**evidence.workload.params)
    X = evidence.data("X_train")
    if hasattr(estimator, "partial_fit"):
        for chunk in chunks(X):
            estimator.partial_fit(chunk)
        return estimator
    target = [evidence.data("y_train")] if evidence.workload.supervised else []
    return estimator.fit(X.astype(np.float64), *target)


METRICS: Mapping[str, Metric] = {
    "transform_error": Metric(
        "largest relative error of the output", Direction.LOWER, (Task.PREPROCESSING,), ("output",), transform_error
    ),
}
