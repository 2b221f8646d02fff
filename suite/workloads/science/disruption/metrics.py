"""The alarms of held-out discharges, judged by how well they tell those that disrupt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.tabular import standardise


def auc_by_discharge(evidence: Evidence) -> float:
    """Area under the ROC curve, one point a held-out discharge."""
    from sklearn.metrics import roc_auc_score

    truth = evidence.data("disrupts_test")
    return float(roc_auc_score(truth, evidence.floats("alarm", truth.shape)))


def brier(evidence: Evidence) -> float:
    """Mean squared distance of the risk of each held-out slice from what came of it (Brier 1950).

    It falls with every tree of a forest, which the alarms of few discharges hardly do.
    """
    truth = evidence.data("y_test")
    return float(((evidence.floats("risk", truth.shape) - truth) ** 2).mean())


def logistic_gap(evidence: Evidence) -> float:
    """Distance of the penalised log-loss to its least, on the scaled features."""
    from suite.quality.metrics.objectives import logistic
    from suite.workloads.science.disruption.features import window_features

    X = standardise(window_features(evidence.data("X_train")))[0]
    return logistic(replace(evidence, instead={"X_train": X})).gap()


METRICS: Mapping[str, Metric] = {
    "disruption_auc": Metric(
        "area under the ROC curve of timely alarms, by discharge",
        Direction.HIGHER,
        (Task.CLASSIFICATION,),
        ("alarm",),
        auc_by_discharge,
    ),
    "disruption_brier": Metric(
        "mean squared distance of the risks from what came",
        Direction.LOWER,
        (Task.CLASSIFICATION,),
        ("risk",),
        brier,
    ),
    "disruption_logistic_gap": Metric(
        "distance to the least penalised log-loss",
        Direction.LOWER,
        (Task.CLASSIFICATION,),
        ("coef_", "intercept_"),
        logistic_gap,
    ),
}
