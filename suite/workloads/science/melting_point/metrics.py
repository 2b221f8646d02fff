"""What melting points are for, besides their error in kelvin: to know whether a substance is solid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.tabular import standardise

#: 25 degrees Celsius, in kelvin.
ROOM_K = 298.15


def solid_right(evidence: Evidence) -> float:
    """Share of the held-out molecules that are said to be solid or liquid at 25 degrees Celsius as they are."""
    truth = evidence.data("y_test")
    return float(((evidence.floats("output", truth.shape) > ROOM_K) == (truth > ROOM_K)).mean())


def dual_objective(evidence: Evidence) -> float:
    """Dual objective of the support vector machine, on the scaled descriptors."""
    from suite.quality.metrics.duals import svr_dual_objective

    return svr_dual_objective(replace(evidence, instead={"X_train": standardise(evidence.data("X_train"))[0]}))


METRICS: Mapping[str, Metric] = {
    "melting_point_dual_objective": Metric(
        "dual objective a molecule", Direction.LOWER, (Task.REGRESSION,), ("dual_coef_", "support_"), dual_objective
    ),
    "melting_point_solid": Metric(
        "share right about solid or not at 25 °C", Direction.HIGHER, (Task.REGRESSION,), ("output",), solid_right
    ),
}
