"""The probability of being signal, judged by how well it ranks the events."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def auc(evidence: Evidence) -> float:
    """Area under the curve of signal against background that is let through, of the held-out events."""
    from sklearn.metrics import roc_auc_score

    truth = evidence.data("y_test")
    return float(roc_auc_score(truth, evidence.floats("signal", truth.shape)))


METRICS: Mapping[str, Metric] = {
    "collider_auc": Metric(
        "area under the curve of signal against background let through",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("signal",),
        auc,
    ),
}
