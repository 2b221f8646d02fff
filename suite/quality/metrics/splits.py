"""Metrics of rows that are held out: which rows went where is the seed's to say, how many and of which class is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import CHUNK_ROWS, Evidence, Metric
from suite.workloads.entry import Direction, Task

PARTS = ("kept", "held_out")
#: Odd, and half of its bits set: Fibonacci's hashing.
MIX = np.uint64(0x9E3779B97F4A7C15)


def split_error(evidence: Evidence) -> float:
    """Largest of: the share of rows that are lost, there twice or changed, and errors of the held-out share.

    That share is of all rows and, where classes are kept apart, of the rows of each. A row is its features and its
    label together, so that one which comes with another's label counts as changed.
    """
    X, y = evidence.data("X_train"), evidence.data("y_train")
    params = evidence.workload.params
    share = float(params["test_size"])
    kept, held_out = (_rows_of(evidence, part, X) for part in PARTS)
    found = np.concatenate([kept, held_out])
    wrong = 1.0 - _in_common(found, _keys(X, y)) / max(len(found), len(X))
    errors = [wrong, abs(len(held_out) / len(X) - share)]
    if params.get("stratify") is not None:
        labels = evidence.labels("y_held_out_", len(held_out))
        for label, count in zip(*np.unique(y, return_counts=True), strict=True):
            errors.append(abs(np.count_nonzero(labels == label) / count - share))
    return max(errors)


def _rows_of(evidence: Evidence, part: str, X: NDArray[Any]) -> NDArray[Any]:
    """Return the rows of a part, each as one number."""
    rows = evidence.products.get(f"X_{part}_", np.empty(0))
    if rows.ndim != 2:
        raise GarbageError(f"X_{part}_ has the shape {rows.shape} instead of rows of {X.shape[1]}")
    values = evidence.numbers(f"X_{part}_", (len(rows), X.shape[1]))
    return _keys(values, evidence.labels(f"y_{part}_", len(rows)))


def _keys(X: NDArray[Any], y: NDArray[Any]) -> NDArray[np.uint64]:
    """Return a number for each row, in float32, and its label: others have others, but for one pair in 2^64."""
    keys = np.asarray(y).astype(np.uint64)
    for start in range(0, len(X), CHUNK_ROWS):
        part = keys[start : start + CHUNK_ROWS]
        for column in np.asarray(X[start : start + CHUNK_ROWS].T, np.float32, order="C").view(np.uint32):
            part ^= column
            part *= MIX
            part ^= part >> np.uint64(29)
    return keys


def _in_common(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> int:
    """Return how many of these numbers are in both, each as often as it is in the one where it is rarer."""
    (left, left_counts), (right, right_counts) = (np.unique(each, return_counts=True) for each in (some, others))
    _, at_left, at_right = np.intersect1d(left, right, assume_unique=True, return_indices=True)
    return int(np.minimum(left_counts[at_left], right_counts[at_right]).sum())


METRICS: Mapping[str, Metric] = {
    "split_error": Metric(
        "share of rows on no side, or too many of a class on one",
        Direction.LOWER,
        (Task.PREPROCESSING,),
        ("X_kept_", "X_held_out_", "y_kept_", "y_held_out_"),
        split_error,
    ),
}
