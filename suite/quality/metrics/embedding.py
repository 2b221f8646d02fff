"""Metrics of what a transformation keeps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def reconstruction_error(evidence: Evidence) -> float:
    """Share of the held-out rows' variance that is lost by going to the components and back.

    Uses the timed `transform`'s output, so that it is judged together with the components.
    """
    X = evidence.data("X_test").astype(np.float64)
    output = np.asarray(evidence.products.get("output", np.empty(0)))
    n_components = output.shape[1] if output.ndim == 2 else 0
    expected = evidence.workload.params.get("n_components")
    if isinstance(expected, int) and n_components != expected:
        raise GarbageError(f"output has {n_components} components instead of {expected}")
    scores = evidence.floats("output", (len(X), n_components))
    components = evidence.floats("components_", (n_components, X.shape[1]))
    mean = evidence.floats("mean_", (X.shape[1],))
    lost = X - mean - scores @ components
    centred = X - X.mean(axis=0)
    return float((lost * lost).sum() / (centred * centred).sum())


METRICS: Mapping[str, Metric] = {
    "reconstruction_error": Metric(
        "share of variance lost",
        Direction.LOWER,
        (Task.EMBEDDING,),
        ("output", "components_", "mean_"),
        reconstruction_error,
    ),
}
