"""The digits that were read, judged by how many are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def accuracy(evidence: Evidence) -> float:
    """Share of the held-out digits that are read right."""
    truth = evidence.data("y_test")
    return float(np.mean(evidence.labels("digits", len(truth)) == truth))


def dual_objective(evidence: Evidence) -> float:
    """Dual objective of the support vector machines of all pairs of digits, on the straightened images."""
    from suite.quality.metrics.duals import svc_dual_objective
    from suite.workloads.science.digits.images import straighten

    return svc_dual_objective(replace(evidence, instead={"X_train": straighten(evidence.data("X_train"))}))


METRICS: Mapping[str, Metric] = {
    "zip_digits_accuracy": Metric(
        "share of the held-out digits that are read right",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("digits",),
        accuracy,
    ),
    "zip_digits_dual_objective": Metric(
        "dual objective a straightened image",
        Direction.LOWER,
        (Task.CLASSIFICATION,),
        ("dual_coef_", "support_"),
        dual_objective,
    ),
}
