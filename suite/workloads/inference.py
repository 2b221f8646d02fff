"""Inference as a workload of its own: `NAME@predict` (all held-out rows at once) and `NAME@latency` (one at a time).

Each is its training workload but for what is timed: a worker fits one model, in its cold pass, and then only uses it.
The seed is fixed, so that this one model is all that is needed: the same parameters, data, metric and tolerance.

What says something of new rows takes part: a class, a number, a cluster, how odd or how dense they are. Neighbours
and transformed rows are steps towards that, and workloads as they are. Where fewer rows are held out than a 99th
percentile of latencies needs, they are gone through again. A scientific workflow times the use of its models within
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from suite.workloads.entry import Operation, Workload

#: What follows the name, and what is then timed.
SUFFIXES: Mapping[str, Operation] = {"@predict": Operation.PREDICT, "@latency": Operation.PREDICT_ONE}
_ABOUT = {
    Operation.PREDICT: "A model that is fitted once: all held-out rows at once.",
    Operation.PREDICT_ONE: "A model that is fitted once: held-out rows one at a time, from the host and back.",
}
#: The methods by which estimators say something of new rows; LocalOutlierFactor and some clusterers have none.
OUTPUTS = frozenset({"predict", "score_samples"})


def inference(workloads: Iterable[Workload]) -> tuple[Workload, ...]:
    """Return both for each of these that predicts."""
    return tuple(
        replace(workload, name=workload.name + suffix, about=_ABOUT[operation], operation=operation, stochastic=False)
        for workload in workloads
        if workload.operation is Operation.FIT and workload.output in OUTPUTS
        for suffix, operation in SUFFIXES.items()
    )
