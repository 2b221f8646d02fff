"""The digits that were read, judged by how many are right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def accuracy(evidence: Evidence) -> float:
    """Share of the held-out digits that are read right."""
    truth = evidence.data("y_test")
    return float(np.mean(evidence.labels("digits", len(truth)) == truth))


METRICS: Mapping[str, Metric] = {
    "zip_digits_accuracy": Metric(
        "share of the held-out digits that are read right",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("digits",),
        accuracy,
    ),
}
