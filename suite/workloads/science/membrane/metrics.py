"""The membranes that were found, judged by pixel."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def membrane_f1(evidence: Evidence) -> float:
    """F1 of the membrane pixels of the held-out images."""
    from suite.workloads.science.membrane.segmentation import f1

    truth = evidence.data("y_test")
    return f1(truth, evidence.labels("membrane", len(truth)))


METRICS: Mapping[str, Metric] = {
    "membrane_f1": Metric(
        "F1 of the membrane pixels of held-out images",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("membrane",),
        membrane_f1,
    ),
}
