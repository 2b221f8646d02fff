"""A short way to write the entries of a topic that classifies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Direction, Operation, Quality, Size, Task, Workload


def classifier(
    variant: str,
    algorithm: str,
    about: str,
    params: Mapping[str, Any],
    quality: tuple[float, str],
    fit_s: Mapping[Size, float],
    *,
    name: str,
    workflow: str,
    metric: str,
    data: Mapping[Size, DataSpec],
    checks: tuple[Quality, ...] = (),
) -> Workload:
    """Return the entry `name-variant`, judged by a metric of which more is better.

    Parameters
    ----------
    quality
        The tolerance, and where it comes from.
    checks
        By what else it is judged.
    name, workflow, metric, data
        What all entries of the topic share.
    """
    return Workload(
        name=f"{name}-{variant}",
        algorithm=algorithm,
        task=Task.CLASSIFICATION,
        about=about,
        params=params,
        data=data,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        stochastic="$seed" in params.values(),
        quality=Quality(metric=metric, direction=Direction.HIGHER, tolerance=quality[0], origin=quality[1]),
        checks=checks,
        fit_s=fit_s,
    )
