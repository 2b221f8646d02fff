"""Inference as a workload of its own: `NAME@predict` (all held-out rows at once) and `NAME@latency` (one at a time).

Each is its training workload but for what is timed: a worker fits one model, in its cold pass, and then only uses it.
The seed is fixed, so that this one model is all that is needed: the same parameters, data, metric and tolerance.

What says something of new rows takes part: a class, a number, a cluster, how odd or how dense they are. Neighbours
and transformed rows are steps towards that, and workloads as they are. Where fewer rows are held out than a 99th
percentile of latencies needs, they are gone through again.

Of a scientific workflow the surrogate is used: the worker goes through the workflow once, and from then on asks its
models again what they were first asked, about the same rows. What was made of the answers is judged, by the
workflow's own metric; where that is stated for the mean of several seeds, with a tolerance for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from suite.workloads.entry import Operation, Quality, Workload

#: What follows the name, and what is then timed.
SUFFIXES: Mapping[str, Operation] = {"@predict": Operation.PREDICT, "@latency": Operation.PREDICT_ONE}
_ABOUT = {
    Operation.PREDICT: "A model that is fitted once: all held-out rows at once.",
    Operation.PREDICT_ONE: "A model that is fitted once: held-out rows one at a time, from the host and back.",
}
_ABOUT_SURROGATE = {
    Operation.PREDICT: "A surrogate that a workflow makes once: all rows that it first asks about at once.",
    Operation.PREDICT_ONE: "A surrogate that a workflow makes once: rows one at a time, from the host and back.",
}
#: The methods by which estimators say something of new rows; LocalOutlierFactor and some clusterers have none.
OUTPUTS = frozenset({"predict", "score_samples"})
#: Workflows that take the coefficients out of their model and ask nothing of it.
TAKEN_APART = frozenset({"weather", "weather.kernel"})
#: Tolerances of one seed, by workload and metric, where seeds scatter more than the tolerance of their mean allows for.
ONE_SEED: Mapping[str, Mapping[str, float]] = {
    "collider-extra_trees": {"collider_auc": 0.005},
    "zip_digits-forest": {"zip_digits_accuracy": 0.012},
    "disruption-forest": {"disruption_auc": 0.012},
    "injector_map-forest": {"injector_nrmse": 0.08, "injector_design_rank": 0.3},
    "injector_map-pointwise": {"injector_nrmse": 0.035, "injector_design_rank": 0.07},
    "materials_transport-forest": {"materials_transport_best": 0.065},
    "melting_point-forest": {"mae": 1.7, "melting_point_solid": 0.03},
    "rans_step-forest": {"rans_reattachment_error": 1.5},
    "rans_step-extra_trees": {"rans_velocity_error": 0.7},
}
_ONE_SEED_ORIGIN = (
    "one seed: the difference of the means of stock and oneDAL over 8 seeds at S in float32, and three standard "
    "deviations of the difference of two seeds"
)


def inference(workloads: Iterable[Workload]) -> tuple[Workload, ...]:
    """Return both for each of these that predicts."""
    return tuple(
        replace(
            workload,
            name=workload.name + suffix,
            about=(_ABOUT_SURROGATE if workload.workflow else _ABOUT)[operation],
            operation=operation,
            stochastic=False,
            quality=_of_one_seed(workload, workload.quality),
            checks=tuple(_of_one_seed(workload, check) for check in workload.checks),
        )
        for workload in workloads
        if _is_asked(workload)
        for suffix, operation in SUFFIXES.items()
    )


def _of_one_seed(workload: Workload, quality: Quality) -> Quality:
    """Return how one seed is judged."""
    tolerance = ONE_SEED.get(workload.name, {}).get(quality.metric)
    return quality if tolerance is None else replace(quality, tolerance=tolerance, origin=_ONE_SEED_ORIGIN)


def _is_asked(workload: Workload) -> bool:
    """Return whether rows are asked about: of its estimator, or by its workflow."""
    if workload.operation is Operation.WORKFLOW:
        return workload.workflow not in TAKEN_APART
    return workload.operation is Operation.FIT and workload.output in OUTPUTS
