"""Injection maps in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import seconds

#: Of the maps' proper orthogonal decomposition.
COMPONENTS = 12

#: Training and held-out simulations, and the arguments: each size simulates, and explores, more than the one before.
_SIZES: Mapping[Size, tuple[int, int, Mapping[str, Any]]] = {
    Size.S: (80, 24, {"cells": 48, "records": 50, "n_far": 8, "n_designs": 1_000}),
    Size.M: (192, 32, {"cells": 96, "records": 100, "n_far": 16, "n_designs": 10_000}),
    Size.L: (384, 48, {"cells": 128, "records": 100, "n_far": 32, "n_designs": 100_000}),
    Size.XL: (768, 64, {"cells": 192, "records": 100, "n_far": 32, "n_designs": 1_000_000}),
}
#: Of point-wise learning: points learnt (0: all), designs explored beside the held-out ones.
_POINTS = {Size.S: (6_000, 0), Size.M: (200_000, 100), Size.L: (0, 1_000), Size.XL: (0, 10_000)}


def _data(**more: Mapping[Size, int]) -> Mapping[Size, DataSpec]:
    return {
        size: DataSpec(
            source="injector_map",
            n_train=n_train,
            n_test=n_test,
            n_features=5,
            args={**args, **{name: values[size] for name, values in more.items()}},
        )
        for size, (n_train, n_test, args) in _SIZES.items()
    }


def _entry(
    variant: str,
    algorithm: str,
    about: str,
    params: Mapping[str, Any],
    fit_s: Mapping[Size, float],
    *origins: str,
    workflow: str = "injector",
    data: Mapping[Size, DataSpec] | None = None,
    error: float = 0.002,
    rank: float = 0.01,
) -> Workload:
    by_components = workflow != "injector.pointwise"
    return Workload(
        name=f"injector_map-{variant}",
        algorithm=algorithm,
        task=Task.REGRESSION,
        about=about,
        params=params,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        also={"pca": {"algorithm": "PCA", "params": {"n_components": COMPONENTS, "svd_solver": "full"}}}
        if by_components
        else {},
        data=data or _data(),
        quality=Quality(metric="injector_nrmse", direction=Direction.LOWER, tolerance=error, origin=origins[0]),
        checks=(Quality(metric="injector_design_rank", direction=Direction.HIGHER, tolerance=rank, origin=origins[1]),),
        stochastic="random_state" in params,
        fit_s=fit_s,
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestRegressor",
        "The flow at an injector's exit over time from five parameters, and the best of many designs by it.",
        {
            "n_estimators": 50, "max_depth": 12, "max_features": 0.8, "min_samples_leaf": 1, "bootstrap": True,
            "random_state": "$seed",
        },
        seconds(1, 4, 40, 600),
        "at S seeds differ by 0.01 in stock and 0.02 in oneDAL, means over 8 seeds by 0.004 ± 0.02; at M by 0.002 ± "
        "0.009; a tenth of the simulations costs 0.3",
        "at S seeds differ by 0.07, the means of engines over 8 seeds by 0.03 ± 0.06; at M by 0.003 ± 0.008",
        error=0.04,
        rank=0.15,
    ),
    _entry(
        "knn",
        "KNeighborsRegressor",
        "The same maps from those of the five nearest simulations.",
        {"n_neighbors": 5, "weights": "distance", "algorithm": "brute"},
        seconds(0.1, 1, 20, 400),
        "the search is exact: engines and dtypes agree to six digits; one neighbour costs 0.2, a tenth of the "
        "simulations 0.3",
        "the search is exact: engines and dtypes agree to four digits",
    ),
    _entry(
        "kernel_ridge",
        "KernelRidge",
        "The same maps by a Gaussian kernel, its width chosen by cross-validation of the training simulations at M.",
        {"kernel": "rbf", "gamma": 1.0, "alpha": 1e-2},
        seconds(0.1, 2, 20, 400),
        "one optimum: dtypes agree to four digits; a tenth of the simulations costs 0.25",
        "one optimum: dtypes agree to four digits",
    ),
    _entry(
        "gaussian_process",
        "GaussianProcessRegressor",
        "The same maps by Gaussian processes with a length for each parameter, found by the marginal likelihood.",
        {"alpha": 1e-3, "normalize_y": True},
        seconds(1, 6, 60, 1200),
        "dtypes agree to four digits, the search for lengths included; ten times the noise costs 0.003, a tenth of the "
        "simulations 0.4",
        "dtypes agree to four digits",
        workflow="injector.gaussian_process",
    ),
    _entry(
        "pointwise",
        "RandomForestRegressor",
        "The same maps point by point: rows of parameters, time and height, a forest for each variable.",
        {
            "n_estimators": 20, "max_depth": 16, "max_features": 1.0, "min_samples_leaf": 2, "bootstrap": True,
            "random_state": "$seed",
        },
        seconds(1, 40, 600, 3600),
        "at S seeds differ by 0.01, means of engines over 8 seeds by 0.0 ± 0.009; a tenth of the simulations costs 0.3",
        "at S seeds differ by 0.016, the means of engines over 8 seeds by 0.006 ± 0.016",
        workflow="injector.pointwise",
        data=_data(
            n_points={size: points for size, (points, _) in _POINTS.items()},
            n_designs={size: designs for size, (_, designs) in _POINTS.items()},
        ),
        error=0.02,
        rank=0.05,
    ),
)  # fmt: skip
