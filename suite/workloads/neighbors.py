"""Workloads that find neighbours, odd rows, densities and covariances, judged by the right answer or by the truth."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _recall(tolerance: float, origin: str) -> Quality:
    return Quality(metric="recall", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _error(metric: str, tolerance: float, origin: str) -> Quality:
    return Quality(metric=metric, direction=Direction.LOWER, tolerance=tolerance, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="nearest_neighbors",
        algorithm="NearestNeighbors",
        task=Task.NEIGHBORS,
        about="Ten neighbours among 32 features; recall is measured, so that approximate engines can join.",
        why="Ten, by which approximate searches are mostly compared.",
        params={"n_neighbors": 10},
        data=generated(
            "blobs",
            (4_000, 1_000, 32), (50_000, 10_000, 32), (500_000, 50_000, 32), (5_000_000, 100_000, 32), n_clusters=50,
        ),
        output="kneighbors",
        quality=_recall(0.001, "exact engines and dtypes agree; an approximate one may miss one in a thousand"),
        fit_s=seconds(0.03, 3, 150, 3000),
    ),
    Workload(
        name="nearest_neighbors_square",
        algorithm="NearestNeighbors",
        task=Task.NEIGHBORS,
        about="As many features as rows, as of images or embeddings: one matrix product, and little beside it.",
        why="As for nearest_neighbors.",
        params={"n_neighbors": 10},
        data=generated(
            "blobs",
            (400, 400, 400), (5_000, 2_500, 5_000), (15_000, 5_000, 15_000), (45_000, 5_000, 45_000),
            n_clusters=10, separation=0.1,
        ),
        output="kneighbors",
        quality=_recall(0.001, "exact engines and dtypes agree; another distance finds none of them"),
        fit_s=seconds(0.1, 2.5, 45, 400),
    ),
    Workload(
        name="nearest_neighbors-digits",
        algorithm="NearestNeighbors",
        task=Task.NEIGHBORS,
        about="Ten neighbours of images of 64 pixels: the cost of a call.",
        why="Ten, by which approximate searches are mostly compared.",
        params={"n_neighbors": 10},
        data=bundled("digits"),
        output="kneighbors",
        quality=_recall(0.001, "exact engines and dtypes agree; an approximate one may miss one in a thousand"),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="isolation_forest",
        algorithm="IsolationForest",
        task=Task.OUTLIERS,
        about="One in twenty rows lies anywhere in a box around a crowd with heavy tails.",
        why="The defaults: 100 trees of 256 rows, as its authors advise.",
        params={"n_estimators": 100, "max_samples": 256, "random_state": "$seed"},
        data=generated(
            "heavy_tails",
            (2_000, 2_000, 8), (50_000, 50_000, 16), (1_000_000, 1_000_000, 16), (10_000_000, 2_000_000, 16),
            outliers=0.05, reach=4.0,
        ),
        output="score_samples",
        stochastic=True,
        quality=Quality(
            metric="outlier_auc", direction=Direction.HIGHER, tolerance=0.01,
            origin="over 5 seeds stock differs by up to 0.007; half the trees cost 0.003, one tree 0.2"
        ),
        fit_s=seconds(0.15, 1, 16, 60),
    ),
    Workload(
        name="local_outlier_factor",
        algorithm="LocalOutlierFactor",
        task=Task.OUTLIERS,
        about="The same kind of rows, by the density of their twenty neighbours.",
        why="The default.",
        params={"n_neighbors": 20},
        data=generated(
            "heavy_tails",
            (3_000, 0, 8), (25_000, 0, 16), (300_000, 0, 16), (1_000_000, 0, 16), outliers=0.05, reach=4.0,
        ),
        output="",
        quality=Quality(
            metric="outlier_factor_auc", direction=Direction.HIGHER, tolerance=0.002,
            origin="engines and dtypes differ by less than 0.0001; one neighbour costs 0.26"
        ),
        fit_s=seconds(0.05, 3, 400, 4400),
    ),
    Workload(
        name="kernel_density",
        algorithm="KernelDensity",
        task=Task.DENSITY,
        about="Gaussian kernels in five dimensions, summed exactly: an approximate sum is not the same work.",
        why="Half of a cluster's width, so that some rows count and most do not.",
        params={"bandwidth": 0.5, "kernel": "gaussian"},
        data=generated(
            "blobs", (2_000, 1_000, 5), (8_000, 4_000, 5), (150_000, 20_000, 5), (500_000, 100_000, 5), n_clusters=5
        ),
        output="score_samples",
        quality=_error("log_density_error", 0.001, "dtypes differ by less than 0.00001; sums within a tenth cost 0.03"),
        fit_s=seconds(0.05, 4, 375, 6000),
    ),
    Workload(
        name="empirical_covariance",
        algorithm="EmpiricalCovariance",
        task=Task.DENSITY,
        about="The covariance of tall data, means far from zero.",
        why="The inverse is left out: it is not judged.",
        params={"store_precision": False},
        data=generated(
            "regression",
            (20_000, 0, 50), (400_000, 0, 200), (4_000_000, 0, 200), (10_000_000, 0, 400),
            n_informative=10, n_factors=5,
        ),
        output="",
        quality=_error("covariance_error", 1e-5, "engines and dtypes differ by 0.0000002"),
        fit_s=seconds(0.01, 3, 30, 250),
    ),
    Workload(
        name="ledoit_wolf",
        algorithm="LedoitWolf",
        task=Task.DENSITY,
        about="Few rows for many features: the covariance shrunk towards a sphere.",
        why="The inverse is left out: it is not judged.",
        params={"store_precision": False},
        data=generated(
            "regression",
            (500, 0, 100), (30_000, 0, 500), (200_000, 0, 1_000), (1_000_000, 0, 1_000), n_informative=10, n_factors=5,
        ),
        output="",
        quality=_error("covariance_error", 1e-5, "dtypes differ by 0.0000002"),
        fit_s=seconds(0.02, 1.5, 20, 100),
    ),
)  # fmt: skip
