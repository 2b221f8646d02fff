"""Metrics of predicted numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality.evidence import Evidence, Floats, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.products import TRAINING_ROWS


def _targets(evidence: Evidence) -> tuple[Floats, Floats]:
    """Return the true and the predicted targets of the held-out rows."""
    truth = evidence.data("y_test").astype(np.float64)
    return truth, evidence.floats("output", truth.shape)


def r2(evidence: Evidence) -> float:
    """Share of the held-out target's variance that is explained."""
    from sklearn.metrics import r2_score

    return float(r2_score(*_targets(evidence)))


def rmse(evidence: Evidence) -> float:
    """Root of the mean squared error on held-out rows."""
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(*_targets(evidence)))


def mae(evidence: Evidence) -> float:
    """Mean absolute error on held-out rows."""
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(*_targets(evidence)))


def training_mse(evidence: Evidence) -> float:
    """Mean squared error of the first training rows: what boosting minimises, and lowers with every round."""
    truth = evidence.data("y_train")[:TRAINING_ROWS].astype(np.float64)
    return float(((evidence.floats("training_output", truth.shape) - truth) ** 2).mean())


_HIGHER, _LOWER, _VALUES = Direction.HIGHER, Direction.LOWER, (Task.REGRESSION,)

METRICS: Mapping[str, Metric] = {
    "r2": Metric("share of variance explained", _HIGHER, _VALUES, ("output",), r2),
    "rmse": Metric("root mean squared error", _LOWER, _VALUES, ("output",), rmse),
    "training_mse": Metric("mean squared error of training rows", _LOWER, _VALUES, ("training_output",), training_mse),
    "mae": Metric("mean absolute error", _LOWER, _VALUES, ("output",), mae),
}
