"""What predicted maps of the exit plane are worth: their error, and whether they put designs in the right order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.injector.maps import Layout, nrmse


def _layout(evidence: Evidence) -> Layout:
    return Layout(len(evidence.data("times")), len(evidence.data("heights")))


def map_error(evidence: Evidence) -> float:
    """Error of the held-out maps, relative to that of the mean training map."""
    truth = evidence.data("y_test")
    return nrmse(evidence.floats("maps", truth.shape), truth, evidence.data("y_train"), _layout(evidence))


def design_rank(evidence: Evidence) -> float:
    """Spearman's rank correlation of explored and simulated objectives, over the held-out simulations.

    Their designs are the first ones of those explored.
    """
    from scipy.stats import rankdata

    explored = evidence.floats("objectives", (len(evidence.data("X_designs")),))
    simulated = _layout(evidence).objective(evidence.data("y_test"))
    ranks = rankdata(explored[: len(simulated)]), rankdata(simulated)
    if np.ptp(ranks[0]) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


METRICS: Mapping[str, Metric] = {
    "injector_nrmse": Metric(
        "error of held-out maps, in that of the mean map", Direction.LOWER, (Task.REGRESSION,), ("maps",), map_error
    ),
    "injector_design_rank": Metric(
        "rank correlation of explored with simulated objectives",
        Direction.HIGHER,
        (Task.REGRESSION,),
        ("objectives",),
        design_rank,
    ),
}
