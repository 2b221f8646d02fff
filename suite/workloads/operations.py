"""How many floating-point operations a workload needs, where that is known: for throughput, never for a verdict.

The counts are of the textbook way, whatever an engine does, so that they compare engines by the same yardstick. A
multiplication and an addition are two. Lower orders are left out. n rows, m held-out rows, p features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from suite.workloads.entry import Workload


@dataclass(frozen=True, slots=True)
class Operations:
    """Floating-point operations of one fit and of one predict or transform, and the formula in words."""

    fit: float
    predict: float
    formula: str


Shape = tuple[int, int, int]
Params = Mapping[str, Any]


def operations(workload: Workload, rows: int, test_rows: int, features: int) -> Operations | None:
    """Return what a workload's algorithm needs on data of these shapes; None where it depends on the data."""
    counted = COUNTS.get(workload.algorithm)
    if counted is None or not rows or not features:
        return None
    return counted(workload.params, (rows, test_rows, features))


def _linear(_: Params, shape: Shape) -> Operations:
    """Normal equations and Cholesky: Golub & Van Loan, "Matrix computations", section 5.3."""
    n, m, p = shape
    return Operations(
        float(n) * p * p + p**3 / 3, 2.0 * m * p, "fit n·p² + p³/3 (normal equations, Cholesky), predict 2·m·p"
    )


def _pca(params: Params, shape: Shape) -> Operations | None:
    """Covariance and its eigenvectors: Golub & Van Loan, section 8.3 (symmetric QR with vectors, 9 p³)."""
    n, m, p = shape
    k = params.get("n_components")
    if not isinstance(k, int):
        return None
    return Operations(
        float(n) * p * p + 9.0 * p**3, 2.0 * m * p * k, "fit n·p² + 9·p³ (covariance, eigenvectors), transform 2·m·p·k"
    )


def _brute_neighbours(params: Params, shape: Shape) -> Operations | None:
    """All distances by one matrix product; a tree needs fewer, depending on the data."""
    if params.get("algorithm") != "brute":
        return None
    n, m, p = shape
    return Operations(0.0, 2.0 * m * n * p, "predict 2·m·n·p (all distances)")


COUNTS: dict[str, Callable[[Params, Shape], Operations | None]] = {
    "LinearRegression": _linear,
    "Ridge": _linear,
    "PCA": _pca,
    "KNeighborsClassifier": _brute_neighbours,
    "KNeighborsRegressor": _brute_neighbours,
    "NearestNeighbors": _brute_neighbours,
}
