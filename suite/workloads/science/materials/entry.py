"""Transport of materials in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import generated, seconds

_DATA = generated(
    "materials_transport",
    (4_000, 1_000, 89), (36_500, 9_200, 89), (160_000, 40_000, 89), (800_000, 200_000, 89),
)  # fmt: skip


def _entry(
    variant: str,
    algorithm: str,
    about: str,
    params: Mapping[str, Any],
    fit_s: Mapping[Size, float],
    *origins: str,
    best: float = 0.01,
    workflow: str = "materials",
    checks: tuple[Quality, ...] = (),
) -> Workload:
    return Workload(
        name=f"materials_transport-{variant}",
        algorithm=algorithm,
        task=Task.REGRESSION,
        about=about,
        params=params,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        data=_DATA,
        quality=Quality(metric="r2", direction=Direction.HIGHER, tolerance=0.01, origin=origins[0]),
        checks=(
            Quality(metric="materials_transport_best", direction=Direction.HIGHER, tolerance=best, origin=origins[1]),
            *checks,
        ),
        stochastic="random_state" in params,
        fit_s=fit_s,
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestRegressor",
        "Conductivity of compounds of unseen formula, from statistics of their elements' properties.",
        {
            "n_estimators": 80,
            "max_depth": 16,
            "max_features": 0.1,
            "min_samples_leaf": 5,
            "bootstrap": True,
            "random_state": "$seed",
        },
        seconds(0.8, 10, 60, 350),
        "over 8 seeds the means of engines differ by 0.005, seeds by 0.006; a tenth of the rows costs 0.06",
        "over 8 seeds the means of engines differ by 0.006, seeds by 0.01; neighbours are 0.03 worse",
        best=0.03,
    ),
    _entry(
        "ridge",
        "Ridge",
        "The same, linear in the statistics.",
        {"alpha": 1.0},
        seconds(0.05, 0.4, 2, 10),
        "one optimum: engines and dtypes differ by less than 0.001",
        "one optimum; a compound or two may change places",
        workflow="materials.linear",
        checks=(
            Quality(
                metric="materials_transport_squared_error_gap",
                direction=Direction.LOWER,
                tolerance=1e-6,
                origin="over 4 seeds engines leave up to 0.00000003 in float32; ten times the alpha 0.001 or more",
            ),
        ),
    ),
    _entry(
        "knn",
        "KNeighborsRegressor",
        "The mean over the eight compounds of most similar statistics.",
        {"n_neighbors": 8, "algorithm": "brute"},
        seconds(0.1, 4, 70, 1800),
        "the search is exact: only equal distances, as of structures of one formula, may fall otherwise",
        "the search is exact; a compound or two may change places",
        best=0.02,
    ),
)
