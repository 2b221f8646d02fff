"""The alarms of held-out discharges, judged by how well they tell those that disrupt."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def auc_by_discharge(evidence: Evidence) -> float:
    """Area under the ROC curve, one point a held-out discharge."""
    from sklearn.metrics import roc_auc_score

    truth = evidence.data("disrupts_test")
    return float(roc_auc_score(truth, evidence.floats("alarm", truth.shape)))


METRICS: Mapping[str, Metric] = {
    "disruption_auc": Metric(
        "area under the ROC curve of timely alarms, by discharge",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("alarm",),
        auc_by_discharge,
    ),
}
