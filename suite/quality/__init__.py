"""How good a result is: computed in float64, outside the timed path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.workloads.entry import Quality, Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from suite.datasets import DataSet


class DivergedError(Exception):
    """The result holds NaN or infinity; the message says where."""


class GarbageError(Exception):
    """The result is not of the kind it has to be: its shape, its dtype, its labels; the message says how."""


def products(workload: Workload) -> tuple[str, ...]:
    """Return what must be kept of a fitted pass to judge it.

    `output` is what the timed predict or transform returned; the others are those of `suite.workloads.products`.
    """
    from suite.quality.metrics import METRICS
    from suite.quality.steps import places

    named = [name for quality in qualities(workload) for name in places(workload, METRICS[quality.metric].products)]
    return tuple(dict.fromkeys(named))


def qualities(workload: Workload) -> tuple[Quality, ...]:
    """Return everything by which the workload is judged, its own metric first."""
    return (workload.quality, *workload.checks)


def compares(workload: Workload) -> bool:
    """Whether a result of the workload is judged by the reference's own result too."""
    from suite.quality.metrics import METRICS

    return any(METRICS[quality.metric].against_reference for quality in qualities(workload))


def judge(
    workload: Workload,
    dataset: DataSet,
    products: Mapping[str, NDArray[Any]],
    reference: Mapping[str, NDArray[Any]] | None = None,
) -> list[float]:
    """Return the values of `qualities(workload)` for one result.

    Parameters
    ----------
    dataset
        The data set that the result was computed on, in whatever dtype.
    products
        Host arrays by the names that `products(workload)` gives.
    reference
        Those of the reference on the same seed; None for itself, and where it has none.

    Raises
    ------
    DivergedError
        If the result or a metric is not finite.
    GarbageError
        If the result cannot be one of this workload.
    """
    from suite.quality.evidence import Evidence
    from suite.quality.metrics import METRICS

    evidence = Evidence(workload, dataset, products, reference)
    return [METRICS[quality.metric].judge(evidence, quality.metric) for quality in qualities(workload)]


__all__ = ["DivergedError", "GarbageError", "compares", "judge", "products", "qualities"]
