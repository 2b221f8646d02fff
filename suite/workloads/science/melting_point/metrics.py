"""What melting points are for, besides their error in kelvin: to know whether a substance is solid."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task

#: 25 degrees Celsius, in kelvin.
ROOM_K = 298.15


def solid_right(evidence: Evidence) -> float:
    """Share of the held-out molecules that are said to be solid or liquid at 25 degrees Celsius as they are."""
    truth = evidence.data("y_test")
    return float(((evidence.floats("output", truth.shape) > ROOM_K) == (truth > ROOM_K)).mean())


METRICS: Mapping[str, Metric] = {
    "melting_point_solid": Metric(
        "share right about solid or not at 25 °C", Direction.HIGHER, (Task.REGRESSION,), ("output",), solid_right
    ),
}
