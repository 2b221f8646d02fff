"""The probability of being signal, judged by how well it ranks the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.tabular import standardise


def auc(evidence: Evidence) -> float:
    """Area under the curve of signal against background that is let through, of the held-out events."""
    from sklearn.metrics import roc_auc_score

    truth = evidence.data("y_test")
    return float(roc_auc_score(truth, evidence.floats("signal", truth.shape)))


def logistic_gap(evidence: Evidence) -> float:
    """Distance of the penalised log-loss to its least, on the scaled features."""
    from suite.quality.metrics.objectives import logistic
    from suite.workloads.science.collider.features import features

    X = standardise(features(evidence.data("X_train")))[0]
    return logistic(replace(evidence, instead={"X_train": X})).gap()


METRICS: Mapping[str, Metric] = {
    "collider_auc": Metric(
        "area under the curve of signal against background let through",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("signal",),
        auc,
    ),
    "collider_logistic_gap": Metric(
        "distance to the least penalised log-loss",
        Direction.LOWER,
        (Task.CLASSIFICATION,),
        ("coef_", "intercept_"),
        logistic_gap,
    ),
}
