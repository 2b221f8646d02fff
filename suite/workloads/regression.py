"""Workloads that predict a number, judged by the share of the held-out variance they explain."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.regression_kernels import WORKLOADS as KERNELS
from suite.workloads.regression_linear import WORKLOADS as LINEAR
from suite.workloads.shapes import bundled, generated, seconds


def _r2(tolerance: float, origin: str) -> Quality:
    return Quality(metric="r2", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    *LINEAR,
    *KERNELS,
    Workload(
        name="random_forest_regressor",
        algorithm="RandomForestRegressor",
        task=Task.REGRESSION,
        about="A curved target.",
        why="As for classes, but a third of the features at each split and leaves of two rows, as is usual.",
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
        quality=_r2(0.02, "kinds of splits differ by 0.006, seeds by 0.008; half the trees cost 0.013, of depth 0.03"),
        fit_s=seconds(0.12, 3, 45, 550),
    ),
    Workload(
        name="random_forest_regressor-diabetes",
        algorithm="RandomForestRegressor",
        task=Task.REGRESSION,
        about="Few rows: the cost of building small trees.",
        why="As for random_forest_regressor.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": 0.33, "min_samples_leaf": 2, "bootstrap": True,
            "random_state": "$seed",
        },
        data=bundled("diabetes"),
        stochastic=True,
        quality=_r2(0.05, "on 111 held-out rows kinds of splits differ by up to 0.027, half the trees by 0.006"),
        fit_s={Size.S: 0.07},
    ),
    Workload(
        name="knn_regressor",
        algorithm="KNeighborsRegressor",
        task=Task.REGRESSION,
        about="Few features, where a tree pays; the index is each engine's to choose, the search is exact.",
        why="The mean of ten has a third of the noise.",
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
        why="As for knn_regressor.",
        params={"n_neighbors": 10},
        data=bundled("diabetes"),
        quality=_r2(0.005, "the search is exact: only equal distances may fall otherwise"),
        fit_s={Size.S: 0.002},
    ),
    Workload(
        name="extra_trees_regressor",
        algorithm="ExtraTreesRegressor",
        task=Task.REGRESSION,
        about="The forest's data; splits at random thresholds, on all rows.",
        why="As for random_forest_regressor, without a bootstrap, as is its default.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": 0.33, "min_samples_leaf": 2, "bootstrap": False,
            "random_state": "$seed",
        },
        data=generated(
            "regression",
            (1_000, 5_000, 12), (30_000, 10_000, 24), (300_000, 50_000, 32), (3_000_000, 100_000, 32),
            n_informative=8, n_factors=3, curvature=1.0, noise=0.3,
        ),
        stochastic=True,
        quality=_r2(0.02, "kinds of thresholds differ by up to 0.023 on a seed, half the trees by 0.009 to 0.014"),
        fit_s=seconds(0.07, 1, 12, 150),
    ),
    Workload(
        name="dummy_regressor-diabetes",
        algorithm="DummyRegressor",
        task=Task.REGRESSION,
        about="The mean for every row: the floor, and the cost of a call.",
        why="The default.",
        params={"strategy": "mean"},
        data=bundled("diabetes"),
        quality=_r2(1e-6, "a constant: dtypes agree to 0.00000002"),
        fit_s={Size.S: 0.0005},
    ),
)  # fmt: skip
