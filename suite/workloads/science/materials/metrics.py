"""What predicted conductivities are for: to find the best compounds without computing all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.tabular import standardise

#: The share of the held-out compounds that are looked for, and that may be looked at.
BEST_SHARE = 0.1


def best_found(evidence: Evidence) -> float:
    """Share of the truly best tenth of the held-out compounds that is in the predicted best tenth."""
    truth = evidence.data("y_test")
    predicted = evidence.floats("output", truth.shape)
    n_best = max(1, round(len(truth) * BEST_SHARE))
    best, chosen = (np.argsort(-values, kind="stable")[:n_best] for values in (truth, predicted))
    return len(np.intersect1d(best, chosen)) / n_best


def squared_error_gap(evidence: Evidence) -> float:
    """Distance of the penalised squared error to its optimum, on the scaled statistics, as a share of the optimum."""
    from suite.quality.metrics import objectives
    from suite.workloads.science.materials.descriptors import statistics

    X = standardise(statistics(evidence.data("X_train"), evidence.data("properties")))[0]
    return objectives.squared_error_gap(replace(evidence, instead={"X_train": X}))


METRICS: Mapping[str, Metric] = {
    "materials_transport_best": Metric(
        "share of the best tenth of compounds found in the predicted best tenth",
        Direction.HIGHER,
        (Task.REGRESSION,),
        ("output",),
        best_found,
    ),
    "materials_transport_squared_error_gap": Metric(
        "distance to the least penalised squared error",
        Direction.LOWER,
        (Task.REGRESSION,),
        ("coef_", "intercept_"),
        squared_error_gap,
    ),
}
