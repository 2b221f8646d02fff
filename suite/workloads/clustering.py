"""Workloads that group rows, judged by the compactness of the groups or by their agreement with the truth."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _inertia(tolerance: float, origin: str) -> Quality:
    return Quality(metric="inertia", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin)


def _rand(tolerance: float, origin: str) -> Quality:
    return Quality(metric="adjusted_rand", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="kmeans",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="Lloyd's iterations from the same 20 rows; tol lets all engines do the same number of them.",
        params={"n_clusters": 20, "init": "$centers", "n_init": 1, "max_iter": 50, "tol": 1e-8},
        data=generated(
            "blobs",
            (10_000, 2_000, 16), (300_000, 20_000, 32), (4_000_000, 100_000, 64), (20_000_000, 100_000, 64),
            n_clusters=20, separation=0.7, init_centers=20,
        ),
        quality=_inertia(0.001, "engines and dtypes differ by less than 0.00001; ten iterations cost 0.006"),
        fit_s=seconds(0.03, 1.5, 40, 200),
    ),
    Workload(
        name="kmeans-digits",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="Ten clusters of images from the same ten rows.",
        params={"n_clusters": 10, "init": "$centers", "n_init": 1, "max_iter": 50, "tol": 1e-8},
        data=bundled("digits", init_centers=10),
        quality=_inertia(0.001, "engines and dtypes differ by less than 0.00001; ten iterations cost 0.001 or more"),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="dbscan",
        algorithm="DBSCAN",
        task=Task.CLUSTERING,
        about="Curved bands of 500 points each on a uniform background, in three dimensions.",
        params={"eps": 0.08, "min_samples": 8},
        data={
            size: generated("density", shape, shape, shape, shape, n_clusters=shape[0] // 500)[size]
            for size, shape in {
                Size.S: (5_000, 0, 3), Size.M: (80_000, 0, 3), Size.L: (2_000_000, 0, 3), Size.XL: (10_000_000, 0, 3),
            }.items()
        },
        output="",
        quality=_rand(0.005, "only border points between two clusters may fall otherwise; engines and dtypes agree"),
        fit_s=seconds(0.05, 1.5, 45, 250),
    ),
    Workload(
        name="dbscan-iris",
        algorithm="DBSCAN",
        task=Task.CLUSTERING,
        about="All 150 flowers, standardised: the cost of a call.",
        params={"eps": 0.6, "min_samples": 5},
        data=bundled("iris", test_share=0.0),
        output="",
        quality=_rand(0.01, "only border points between two clusters may fall otherwise; engines and dtypes agree"),
        fit_s={Size.S: 0.002},
    ),
)  # fmt: skip
