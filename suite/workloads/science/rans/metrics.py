"""How far flows with a learnt viscosity are from those of the turbulence model, on average over held-out heights."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from suite.quality import DivergedError
from suite.quality.evidence import Evidence, Floats, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.rans import cases
from suite.workloads.science.rans.grid import Grid

#: Errors of the reattachment length below this count as this: within it engines differ by the scatter of their seeds.
LEAST_ERROR = 0.01
#: A coupled flow that changes less in an iteration has converged.
CONVERGED = 0.001


def _mean_over_flows(
    evidence: Evidence, product: str, truth: Floats, error: Callable[[Grid, Floats, Floats], float]
) -> float:
    found = evidence.floats(product, truth.shape)
    flows = cases.channels({name: evidence.data(name) for name in ("heights_test", "level")}, "test")
    return float(np.mean([error(flow.grid, *both) for flow, *both in zip(flows, found, truth, strict=True)]))


def velocity_error(evidence: Evidence) -> float:
    """Relative L2 error of the velocity."""
    return _mean_over_flows(evidence, "velocity", evidence.data("velocity_test"), cases.velocity_error)


def reattachment_error(evidence: Evidence) -> float:
    """Relative error of the reattachment length, `LEAST_ERROR` at least."""
    error = _mean_over_flows(evidence, "velocity", evidence.data("velocity_test"), cases.reattachment_error)
    return max(error, LEAST_ERROR)


def viscosity_error(evidence: Evidence) -> float:
    """Relative L2 error of the eddy viscosity that the flow ended with: coupled, or the frozen one."""
    truth = evidence.data("y_test").reshape(len(evidence.data("heights_test")), -1)
    return _mean_over_flows(evidence, "viscosity", truth, cases.viscosity_error)


def last_change(evidence: Evidence) -> float:
    """Largest relative L2 change of a velocity in the last iteration.

    Raises
    ------
    DivergedError
        If it is not below `CONVERGED`, whatever the reference did.
    """
    change = float(np.max(evidence.floats("last_change", evidence.data("heights_test").shape)))
    if change >= CONVERGED:
        raise DivergedError(f"the flow did not converge: the last coupled iteration still changed it by {change:.2g}")
    return change


_LOWER, _VALUES = Direction.LOWER, (Task.REGRESSION,)

METRICS: Mapping[str, Metric] = {
    "rans_velocity_error": Metric("relative error of velocity", _LOWER, _VALUES, ("velocity",), velocity_error),
    "rans_reattachment_error": Metric(
        f"relative error of the reattachment length, {LEAST_ERROR} at least",
        _LOWER,
        _VALUES,
        ("velocity",),
        reattachment_error,
    ),
    "rans_viscosity_error": Metric(
        "relative error of the eddy viscosity", _LOWER, _VALUES, ("viscosity",), viscosity_error
    ),
    "rans_last_change": Metric(
        "change of velocity in the last coupled iteration", _LOWER, _VALUES, ("last_change",), last_change
    ),
}
