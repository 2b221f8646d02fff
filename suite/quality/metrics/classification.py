"""Metrics of predicted classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.products import TRAINING_ROWS


def _classes(evidence: Evidence) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the true and the predicted classes of the held-out rows."""
    truth = evidence.data("y_test")
    predicted = evidence.labels("output", len(truth))
    unknown = np.setdiff1d(predicted, evidence.data("y_train"))
    if len(unknown):
        raise GarbageError(
            f"output has {len(unknown)} labels that are no class of the training data, such as {unknown[0]}"
        )
    return truth, predicted


def accuracy(evidence: Evidence) -> float:
    """Share of the held-out rows whose class is right."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(*_classes(evidence)))


def balanced_accuracy(evidence: Evidence) -> float:
    """Mean over the classes of the share found."""
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(*_classes(evidence)))


def f1_macro(evidence: Evidence) -> float:
    """Mean over the classes of the F1 score."""
    from sklearn.metrics import f1_score

    return float(f1_score(*_classes(evidence), average="macro"))


def training_log_loss(evidence: Evidence) -> float:
    """Mean log-loss of the first training rows: what boosting minimises, and lowers with every round.

    A probability of nothing counts as 1e-15.
    """
    y = evidence.data("y_train")
    classes, y = np.unique(y), y[:TRAINING_ROWS]
    said = evidence.floats("training_probabilities", (len(y), len(classes)))
    if said.min() < 0 or np.abs(said.sum(axis=1) - 1).max() > 1e-3:
        raise GarbageError("training_probabilities are no shares of one whole")
    right = said[np.arange(len(y)), np.searchsorted(classes, y)]
    return float(-np.log(np.maximum(right, 1e-15)).mean())


_HIGHER, _CLASSES = Direction.HIGHER, (Task.CLASSIFICATION,)

METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("share of right classes", _HIGHER, _CLASSES, ("output",), accuracy),
    "balanced_accuracy": Metric("mean share of each class found", _HIGHER, _CLASSES, ("output",), balanced_accuracy),
    "training_log_loss": Metric(
        "mean log-loss of training rows", Direction.LOWER, _CLASSES, ("training_probabilities",), training_log_loss
    ),
    "f1_macro": Metric("mean F1 of the classes", _HIGHER, _CLASSES, ("output",), f1_macro),
}
