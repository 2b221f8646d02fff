"""The catalogue: which algorithm, on which data, judged how."""

from __future__ import annotations

from functools import cache

from suite.workloads.entry import Task, Workload
from suite.workloads.inference import inference


@cache
def catalogue() -> tuple[Workload, ...]:
    """Return every built-in workload, those of a task together. Imports nothing but the standard library."""
    from suite.workloads.boosting import WORKLOADS as BOOSTING
    from suite.workloads.classification import WORKLOADS as CLASSIFICATION
    from suite.workloads.clustering import WORKLOADS as CLUSTERING
    from suite.workloads.embedding import WORKLOADS as EMBEDDING
    from suite.workloads.neighbors import WORKLOADS as NEIGHBORS
    from suite.workloads.pipelines import WORKLOADS as PIPELINES
    from suite.workloads.preprocessing import WORKLOADS as PREPROCESSING
    from suite.workloads.regression import WORKLOADS as REGRESSION
    from suite.workloads.science import entries

    unsupervised = (*CLUSTERING, *EMBEDDING, *NEIGHBORS, *PREPROCESSING)
    everything = (*CLASSIFICATION, *REGRESSION, *unsupervised, *PIPELINES, *BOOSTING, *entries())
    return tuple(workload for task in Task for workload in everything if workload.task is task)


def everything() -> tuple[Workload, ...]:
    """Return the catalogue and what is derived from it for inference: `NAME@predict` and `NAME@latency`."""
    return (*catalogue(), *inference(catalogue()))
