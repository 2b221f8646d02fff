"""Workloads that group rows, judged by the compactness of the groups or by their agreement with the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _inertia(tolerance: float, origin: str) -> Quality:
    return Quality(metric="inertia", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin)


def _rand(tolerance: float, origin: str) -> Quality:
    return Quality(metric="adjusted_rand", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _likelihood(tolerance: float, origin: str) -> Quality:
    return Quality(metric="log_likelihood", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _given(metric: str) -> Quality:
    """Judge what predict gives the held-out rows by the fitted model, of which the other metric says how good it is."""
    return Quality(
        metric=metric,
        direction=Direction.HIGHER,
        tolerance=0.001,
        origin="only rows between two may fall otherwise: over 5 data sets engines and dtypes agree on all",
    )


#: Engines may put border rows and equal distances otherwise, but find the same clusters.
_SAME = Quality(
    metric="reference_rand",
    direction=Direction.HIGHER,
    tolerance=0.02,
    origin="only rows between two clusters may fall otherwise: engines and dtypes agree to 0.001",
)
_CENTER, _COMPONENT = _given("center_accuracy"), _given("component_accuracy")


def _at_rest(origin: str) -> Quality:
    """Judge whether the centres rest, which tells an early stop from another start."""
    return Quality(metric="inertia_gap", direction=Direction.LOWER, tolerance=3e-6, origin=origin)


_TWENTY: Mapping[str, Any] = {"n_clusters": 20, "separation": 0.7}
_BLOBS = generated(
    "blobs",
    (10_000, 2_000, 16), (300_000, 20_000, 32), (4_000_000, 100_000, 64), (20_000_000, 100_000, 64),
    n_clusters=20, separation=0.7,
)  # fmt: skip


def _bands(*rows: int, n_features: int, background: float) -> Mapping[Size, DataSpec]:
    """Return one curved band in 500 rows."""
    return {
        size: DataSpec(
            source="density", n_train=n, n_features=n_features, args={"n_clusters": n // 500, "background": background}
        )
        for size, n in zip(Size, rows, strict=True)
    }


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="kmeans",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="Lloyd's iterations from the same 20 rows.",
        why="As many clusters as there are; one start for all, from which tol lets all do as many steps.",
        params={"n_clusters": 20, "init": "$centers", "n_init": 1, "max_iter": 50, "tol": 1e-8},
        data=generated(
            "blobs",
            (10_000, 2_000, 16), (300_000, 20_000, 32), (4_000_000, 100_000, 64), (20_000_000, 100_000, 64),
            n_clusters=20, separation=0.7, init_centers=20,
        ),
        quality=_inertia(0.001, "engines and dtypes differ by less than 0.00001; ten iterations cost 0.006"),
        checks=(
            _CENTER,
            _at_rest(
                "over 7 data sets at S and M engines and dtypes differ by less than 0.0000000001; half the steps cost "
                "0.000006 to 0.0006, or 0.007 of inertia"
            ),
        ),
        fit_s=seconds(0.03, 1.5, 40, 200),
    ),
    Workload(
        name="kmeans-digits",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="Ten clusters of images from the same ten rows.",
        why="A cluster for each digit; the rest as for kmeans.",
        params={"n_clusters": 10, "init": "$centers", "n_init": 1, "max_iter": 50, "tol": 1e-8},
        data=bundled("digits", init_centers=10),
        quality=_inertia(0.001, "engines and dtypes differ by less than 0.00001; ten iterations cost 0.001 or more"),
        checks=(_CENTER, _at_rest("over 2 splits engines and dtypes leave nothing; half the steps 0.001 or more")),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="dbscan",
        algorithm="DBSCAN",
        task=Task.CLUSTERING,
        about="Curved bands of 500 points each on a uniform background, in three dimensions.",
        why="An eps between a band's thickness, 0.03, and the way to the next, 0.2; eight rows keep noise out.",
        params={"eps": 0.08, "min_samples": 8},
        data={
            size: generated("density", shape, shape, shape, shape, n_clusters=shape[0] // 500)[size]
            for size, shape in {
                Size.S: (5_000, 0, 3), Size.M: (80_000, 0, 3), Size.L: (2_000_000, 0, 3), Size.XL: (10_000_000, 0, 3),
            }.items()
        },
        output="",
        quality=_rand(0.005, "only border points between two clusters may fall otherwise; engines and dtypes agree"),
        checks=(_SAME,),
        fit_s=seconds(0.05, 1.5, 45, 250),
    ),
    Workload(
        name="dbscan-iris",
        algorithm="DBSCAN",
        task=Task.CLUSTERING,
        about="All 150 flowers, standardised: the cost of a call.",
        why="Near the defaults, 0.5 and 5: standardised features lie a little wider apart.",
        params={"eps": 0.6, "min_samples": 5},
        data=bundled("iris", test_share=0.0),
        output="",
        quality=_rand(0.01, "only border points between two clusters may fall otherwise; engines and dtypes agree"),
        checks=(_SAME,),
        fit_s={Size.S: 0.002},
    ),
    Workload(
        name="kmeans_plus_plus",
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="As a user calls it: ten starts by k-means++, the best kept.",
        why="As many clusters as there are; ten starts, the default until 1.4; tol and max_iter as by default.",
        params={"n_clusters": 20, "init": "k-means++", "n_init": 10, "max_iter": 300, "tol": 1e-4,
                "random_state": "$seed"},
        data={**_BLOBS, Size.M: DataSpec(source="blobs", n_train=100_000, n_test=20_000, n_features=32, args=_TWENTY)},
        stochastic=True,
        quality=_inertia(
            0.005, "over 5 seeds engines differ by up to 0.002; one start of one step costs 0.1, half the starts 0.001"
        ),
        checks=(
            _CENTER,
            _at_rest("over 10 seeds engines and dtypes leave up to 0.000002, in the mean 0.0000003; 25 steps 0.00005"),
        ),
        fit_s=seconds(0.3, 4, 320, 1600),
    ),
    Workload(
        name="minibatch_kmeans",
        algorithm="MiniBatchKMeans",
        task=Task.CLUSTERING,
        about="Small batches instead of all rows: what is used where k-means is too slow.",
        why="As many clusters as there are; three starts; batches so large that calls cost little.",
        params={"n_clusters": 20, "n_init": 3, "batch_size": 4096, "max_iter": 50, "random_state": "$seed"},
        data=_BLOBS,
        stochastic=True,
        quality=_inertia(0.02, "over 5 seeds stock differs by up to 0.006; half its steps cost 0.007, one step 0.1"),
        checks=(_CENTER,),
        fit_s=seconds(0.1, 1, 10, 50),
    ),
    Workload(
        name="dbscan_high_dimension",
        algorithm="DBSCAN",
        task=Task.CLUSTERING,
        about="Thirty-two features, where a tree prunes nothing: all distances are computed.",
        why="An eps within which 43 % of a row's cluster lie; twice the default of min_samples.",
        params={"eps": 7.0, "min_samples": 10},
        data=generated(
            "blobs",
            (3_000, 0, 32), (25_000, 0, 32), (150_000, 0, 32), (600_000, 0, 32), n_clusters=10, separation=3.0,
        ),
        output="",
        quality=_rand(0.005, "only border points between two clusters may fall otherwise; engines and dtypes agree"),
        checks=(_SAME,),
        fit_s=seconds(0.1, 3, 110, 1800),
    ),
    Workload(
        name="hdbscan",
        algorithm="HDBSCAN",
        task=Task.CLUSTERING,
        about="The bands of dbscan, found without naming a distance.",
        why="A cluster has a tenth of a band's rows at least; min_samples as for dbscan; the data stay as they are.",
        params={"min_cluster_size": 50, "min_samples": 8, "copy": True},
        data=_bands(2_000, 20_000, 200_000, 1_000_000, n_features=3, background=0.05),
        output="",
        quality=_rand(0.01, "only equal distances may fall otherwise; dtypes agree"),
        checks=(_SAME,),
        fit_s=seconds(0.1, 1.5, 25, 150),
    ),
    Workload(
        name="agglomerative_ward",
        algorithm="AgglomerativeClustering",
        task=Task.CLUSTERING,
        about="Ward's linkage, a user's default: all pairs of rows are in memory.",
        why="As many clusters as there are.",
        params={"n_clusters": 8, "linkage": "ward"},
        data=generated(
            "blobs", (400, 0, 16), (8_000, 0, 16), (20_000, 0, 16), (45_000, 0, 16), n_clusters=8, separation=1.5
        ),
        output="",
        quality=_rand(0.005, "one optimum; dtypes agree"),
        checks=(_SAME,),
        fit_s=seconds(0.01, 2, 14, 75),
    ),
    Workload(
        name="agglomerative_single",
        algorithm="AgglomerativeClustering",
        task=Task.CLUSTERING,
        about="Single linkage, which follows the bands: the one linkage that cuML has.",
        why="As many clusters as there are bands; the linkage that follows them.",
        params={"n_clusters": 4, "linkage": "single"},
        data={
            size: DataSpec(source="density", n_train=n, n_features=3, args={"n_clusters": 4, "background": 0.0})
            for size, n in zip(Size, (1_000, 22_000, 60_000, 200_000), strict=True)
        },
        output="",
        quality=_rand(0.005, "one spanning tree; dtypes agree"),
        checks=(_SAME,),
        fit_s=seconds(0.02, 2, 15, 170),
    ),
    Workload(
        name="spectral_clustering",
        algorithm="SpectralClustering",
        task=Task.CLUSTERING,
        about="Four curved bands by the eigenvectors of the graph of ten neighbours.",
        why="As many clusters as bands; ten neighbours, the default, for a kernel of all pairs would not fit.",
        params={"n_clusters": 4, "affinity": "nearest_neighbors", "n_neighbors": 10, "random_state": "$seed"},
        data={
            size: DataSpec(source="density", n_train=n, n_features=3, args={"n_clusters": 4, "background": 0.0})
            for size, n in zip(Size, (1_000, 30_000, 200_000, 1_000_000), strict=True)
        },
        output="",
        stochastic=True,
        quality=_rand(0.05, "seeds and dtypes agree; a cluster too few costs 0.3"),
        fit_s=seconds(0.02, 1.5, 15, 80),
    ),
    Workload(
        name="spectral_clustering_moons",
        algorithm="SpectralClustering",
        task=Task.CLUSTERING,
        about="Two noisy half circles that reach into each other, which no centres describe, by the same graph.",
        why="As many clusters as there are curves; the graph as for spectral_clustering.",
        params={"n_clusters": 2, "affinity": "nearest_neighbors", "n_neighbors": 10, "random_state": "$seed"},
        data=generated(
            "moons", (500, 0, 2), (30_000, 0, 2), (200_000, 0, 2), (1_000_000, 0, 2), noise=0.08
        ),
        output="",
        stochastic=True,
        quality=_rand(0.05, "seeds and dtypes agree to 0.002; a cluster too many costs 0.2"),
        fit_s=seconds(0.02, 1.5, 15, 80),
    ),
    Workload(
        name="gaussian_mixture_anisotropic",
        algorithm="GaussianMixture",
        task=Task.CLUSTERING,
        about="Clusters six times as long as wide among rows that lie anywhere: an eleventh component is for these.",
        why="A component for each cluster and one for the background; the rest as for gaussian_mixture.",
        params={"n_components": 11, "covariance_type": "full", "init_params": "random_from_data", "max_iter": 30,
                "tol": 1e-8, "random_state": "$seed"},
        data=generated(
            "blobs",
            (2_000, 1_000, 8), (80_000, 20_000, 16), (1_000_000, 100_000, 32), (5_000_000, 100_000, 32),
            n_clusters=10, separation=3.0, stretch=6.0, background=0.05,
        ),
        stochastic=True,
        quality=_likelihood(0.005, "over 5 seeds dtypes differ by 0.000001; half the steps cost 0.007 to 0.1, one 1.6"),
        checks=(_COMPONENT,),
        fit_s=seconds(0.1, 4, 130, 650),
    ),
    Workload(
        name="gaussian_mixture",
        algorithm="GaussianMixture",
        task=Task.CLUSTERING,
        about="Full covariances, by 30 steps of expectation and maximisation from ten random rows.",
        why="A component a cluster; rows as first means, for k-means is another workload; 30 steps for all.",
        params={"n_components": 10, "covariance_type": "full", "init_params": "random_from_data", "max_iter": 30,
                "tol": 1e-8, "random_state": "$seed"},
        data=generated(
            "blobs",
            (5_000, 2_000, 8), (100_000, 20_000, 16), (1_000_000, 100_000, 32), (5_000_000, 100_000, 32),
            n_clusters=10, separation=1.0,
        ),
        stochastic=True,
        quality=_likelihood(0.005, "over 5 seeds dtypes differ by 0.000002; half of the 30 steps costs 0.02"),
        checks=(_COMPONENT,),
        fit_s=seconds(0.15, 4.5, 120, 600),
    ),
)  # fmt: skip
