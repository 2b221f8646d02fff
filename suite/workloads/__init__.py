"""The catalogue: which algorithm, on which data, judged how."""

from __future__ import annotations

from functools import cache

from suite.workloads.entry import Task, Workload


@cache
def catalogue() -> tuple[Workload, ...]:
    """Return every built-in workload, those of a task together. Imports nothing but the standard library."""
    from suite.workloads.boosting import WORKLOADS as BOOSTING
    from suite.workloads.classification import WORKLOADS as CLASSIFICATION
    from suite.workloads.clustering import WORKLOADS as CLUSTERING
    from suite.workloads.embedding import WORKLOADS as EMBEDDING
    from suite.workloads.regression import WORKLOADS as REGRESSION

    everything = (*CLASSIFICATION, *REGRESSION, *CLUSTERING, *EMBEDDING, *BOOSTING)
    return tuple(workload for task in Task for workload in everything if workload.task is task)
