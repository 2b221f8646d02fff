"""How good a result is: computed in float64, outside the timed path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.workloads.entry import Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.datasets import DataSet


class DivergedError(Exception):
    """The result holds NaN or infinity; the message says where."""


class GarbageError(Exception):
    """The result is not of the kind it has to be: its shape, its dtype, its labels; the message says how."""


def products(workload: Workload) -> tuple[str, ...]:
    """Return what must be kept of a fitted pass to judge it.

    `output` is what the timed predict or transform returned; other names are fitted attributes.
    """
    from suite.quality.metrics import METRICS

    return METRICS[workload.quality.metric].products


def judge(workload: Workload, dataset: DataSet, products: Mapping[str, NDArray[Any]]) -> float:
    """Return the value of the workload's metric for one result.

    Parameters
    ----------
    dataset
        The data set that the result was computed on, in whatever dtype.
    products
        Host arrays by the names that `products(workload)` gives.

    Raises
    ------
    DivergedError
        If the result or its metric is not finite.
    GarbageError
        If the result cannot be one of this workload.
    """
    from suite.quality.metrics import METRICS, Evidence

    return METRICS[workload.quality.metric].judge(Evidence(workload, dataset, products))


__all__ = ["DivergedError", "GarbageError", "judge", "products"]
