"""Melting points in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import generated, seconds

_DATA = generated("melting_point", (1_500, 500, 43), (7_900, 2_200, 43), (40_000, 10_000, 43), (160_000, 40_000, 43))


def _entry(
    variant: str,
    algorithm: str,
    about: str,
    params: Mapping[str, Any],
    fit_s: Mapping[Size, float],
    *origins: str,
    solid: float = 0.01,
    workflow: str = "melting_point",
    checks: tuple[Quality, ...] = (),
) -> Workload:
    return Workload(
        name=f"melting_point-{variant}",
        algorithm=algorithm,
        task=Task.REGRESSION,
        about=about,
        params=params,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        data=_DATA,
        quality=Quality(metric="mae", direction=Direction.LOWER, tolerance=1.0, origin=origins[0]),
        checks=(
            Quality(metric="melting_point_solid", direction=Direction.HIGHER, tolerance=solid, origin=origins[1]),
            *checks,
        ),
        stochastic="random_state" in params,
        fit_s=fit_s,
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestRegressor",
        "Melting points of molecules from structural descriptors, the heaviest kept out of training.",
        {
            "n_estimators": 50, "max_depth": 16, "max_features": 0.33, "min_samples_leaf": 2, "bootstrap": True,
            "random_state": "$seed",
        },
        seconds(0.3, 2, 15, 80),
        "over 8 seeds the means of engines differ by 0.3 K, seeds by 0.4 K; a tenth of the rows costs 6 K",
        "over 8 seeds the means of engines differ by 0.002, seeds by 0.007; neighbours are 0.03 worse",
        solid=0.02,
    ),
    _entry(
        "knn",
        "KNeighborsRegressor",
        "The melting points of the eight most similar molecules.",
        {"n_neighbors": 8, "algorithm": "brute"},
        seconds(0.03, 0.3, 5, 70),
        "the search is exact: only equal distances may fall otherwise",
        "the search is exact: only equal distances may fall otherwise",
    ),
    _entry(
        "svr",
        "SVR",
        "Support vectors with a Gaussian kernel on scaled descriptors; within 5 K is right.",
        {"kernel": "rbf", "C": 100.0, "epsilon": 5.0, "gamma": 0.02, "tol": 1e-3},
        seconds(0.15, 4, 150, 3600),
        "one optimum; stopping at tol moves it by far less",
        "one optimum; stopping at tol moves a molecule or two across 25 °C",
        workflow="melting_point.support",
        checks=(
            Quality(
                metric="melting_point_dual_objective",
                direction=Direction.LOWER,
                tolerance=2e-7,
                relative=True,
                origin="over 2 splits engines and dtypes differ by 0.00000006; half of LIBSVM's steps cost 0.0000005",
            ),
        ),
    ),
)  # fmt: skip
