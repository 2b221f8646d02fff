"""Workloads that predict a number, judged by the share of the held-out variance they explain."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _r2(tolerance: float, origin: str) -> Quality:
    return Quality(metric="r2", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="linear_regression",
        algorithm="LinearRegression",
        task=Task.REGRESSION,
        about="Ordinary least squares of full rank on correlated features.",
        data=generated(
            "regression",
            (10_000, 10_000, 50), (300_000, 20_000, 100), (4_000_000, 50_000, 100), (10_000_000, 50_000, 200),
            n_informative=30,
        ),
        quality=_r2(0.0005, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s=seconds(0.02, 2.5, 35, 350),
    ),
    Workload(
        name="linear_regression-diabetes",
        algorithm="LinearRegression",
        task=Task.REGRESSION,
        about="Ten features: the cost of a call.",
        data=bundled("diabetes"),
        quality=_r2(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s={Size.S: 0.001},
    ),
    Workload(
        name="ridge",
        algorithm="Ridge",
        task=Task.REGRESSION,
        about="Twice as many features as depend on the target; the solver is each engine's to choose.",
        params={"alpha": 1.0},
        data=generated(
            "regression",
            (10_000, 10_000, 100), (300_000, 20_000, 200), (4_000_000, 50_000, 200), (10_000_000, 50_000, 400),
            n_informative=50,
        ),
        quality=_r2(0.0005, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s=seconds(0.01, 1.5, 20, 200),
    ),
    Workload(
        name="ridge-diabetes",
        algorithm="Ridge",
        task=Task.REGRESSION,
        about="Ten features: the cost of a call.",
        params={"alpha": 1.0},
        data=bundled("diabetes"),
        quality=_r2(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        fit_s={Size.S: 0.001},
    ),
    Workload(
        name="lasso",
        algorithm="Lasso",
        task=Task.REGRESSION,
        about="A sparse truth among many correlated features; tol and max_iter let coordinate descent converge.",
        params={"alpha": 0.01, "tol": 1e-5, "max_iter": 10_000},
        data=generated(
            "regression",
            (2_000, 10_000, 200), (50_000, 20_000, 500), (500_000, 50_000, 1_000), (2_000_000, 50_000, 1_000),
            n_informative=20,
        ),
        quality=_r2(0.001, "engines and dtypes differ by less than 0.000001 at this tol"),
        fit_s=seconds(0.015, 2, 40, 160),
    ),
    Workload(
        name="lasso-diabetes",
        algorithm="Lasso",
        task=Task.REGRESSION,
        about="The target's scale is about 77: an alpha of 1 drops some of the ten features.",
        params={"alpha": 1.0, "tol": 1e-5, "max_iter": 10_000},
        data=bundled("diabetes"),
        quality=_r2(0.001, "engines and dtypes differ by less than 0.000001 at this tol"),
        fit_s={Size.S: 0.001},
    ),
    Workload(
        name="random_forest_regressor",
        algorithm="RandomForestRegressor",
        task=Task.REGRESSION,
        about="A curved target; a third of the features at each split, leaves of 2 rows, as is usual there.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": 0.33, "min_samples_leaf": 2, "bootstrap": True,
            "random_state": "$seed",
        },
        data=generated(
            "regression",
            (1_000, 5_000, 12), (20_000, 10_000, 24), (200_000, 50_000, 32), (2_000_000, 100_000, 32),
            n_informative=8, n_factors=3, curvature=1.0, noise=0.3,
        ),
        stochastic=True,
        quality=_r2(0.02, "exact and histogram splits differ by 0.006, seeds by 0.008; half the depth costs 0.03"),
        fit_s=seconds(0.12, 3, 45, 550),
    ),
    Workload(
        name="random_forest_regressor-diabetes",
        algorithm="RandomForestRegressor",
        task=Task.REGRESSION,
        about="Few rows: the cost of building small trees.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": 0.33, "min_samples_leaf": 2, "bootstrap": True,
            "random_state": "$seed",
        },
        data=bundled("diabetes"),
        stochastic=True,
        quality=_r2(0.05, "exact and histogram splits differ by up to 0.027, on 111 held-out rows"),
        fit_s={Size.S: 0.07},
    ),
    Workload(
        name="knn_regressor",
        algorithm="KNeighborsRegressor",
        task=Task.REGRESSION,
        about="Few features, where a tree pays; the index is each engine's to choose, the search is exact.",
        params={"n_neighbors": 10},
        data=generated(
            "regression",
            (10_000, 1_000, 8), (100_000, 10_000, 8), (2_000_000, 200_000, 8), (20_000_000, 1_000_000, 8),
            n_informative=6, n_factors=2, curvature=0.5, noise=0.3,
        ),
        quality=_r2(0.001, "the search is exact: only equal distances may fall otherwise"),
        fit_s=seconds(0.05, 3.5, 110, 800),
    ),
    Workload(
        name="knn_regressor-diabetes",
        algorithm="KNeighborsRegressor",
        task=Task.REGRESSION,
        about="Ten features, few rows.",
        params={"n_neighbors": 10},
        data=bundled("diabetes"),
        quality=_r2(0.005, "the search is exact: only equal distances may fall otherwise"),
        fit_s={Size.S: 0.002},
    ),
)  # fmt: skip
