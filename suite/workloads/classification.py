"""Workloads that predict a class, judged by the share of held-out rows that are right."""

from __future__ import annotations

from suite.workloads.classification_kernels import WORKLOADS as KERNELS
from suite.workloads.classification_linear import WORKLOADS as LINEAR
from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _accuracy(tolerance: float, origin: str) -> Quality:
    return Quality(metric="accuracy", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    *LINEAR,
    *KERNELS,
    Workload(
        name="knn_classifier",
        algorithm="KNeighborsClassifier",
        task=Task.CLASSIFICATION,
        about="Too many features for a tree to pay.",
        why="An odd number of neighbours leaves few ties.",
        params={"n_neighbors": 15},
        data=generated(
            "classification",
            (4_000, 2_000, 32), (50_000, 20_000, 32), (500_000, 100_000, 32), (5_000_000, 500_000, 32),
            n_classes=5, n_informative=10, n_redundant=10, clusters_per_class=4, separation=0.8,
        ),
        quality=_accuracy(0.002, "an exact search: only equal distances may fall otherwise; engines and dtypes agree"),
        fit_s=seconds(0.04, 3, 150, 7500),
    ),
    Workload(
        name="knn_classifier-digits",
        algorithm="KNeighborsClassifier",
        task=Task.CLASSIFICATION,
        about="Ten classes, 64 features.",
        why="The default.",
        params={"n_neighbors": 5},
        data=bundled("digits"),
        quality=_accuracy(0.005, "two of 450 held-out rows may fall otherwise; engines and dtypes agree"),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="knn_classifier_brute",
        algorithm="KNeighborsClassifier",
        task=Task.CLASSIFICATION,
        about="All distances, as the index of every engine: a matrix product in many dimensions.",
        why="Neighbours as for knn_classifier; the index is what is compared.",
        params={"n_neighbors": 15, "algorithm": "brute"},
        data=generated(
            "classification",
            (4_000, 2_000, 64), (50_000, 20_000, 64), (500_000, 100_000, 64), (5_000_000, 500_000, 64),
            n_classes=5, n_informative=20, n_redundant=20, clusters_per_class=4, separation=0.8,
        ),
        quality=_accuracy(0.002, "an exact search: only equal distances may fall otherwise; engines and dtypes agree"),
        fit_s=seconds(0.05, 2.5, 125, 6500),
    ),
    Workload(
        name="knn_classifier_kd_tree",
        algorithm="KNeighborsClassifier",
        task=Task.CLASSIFICATION,
        about="A k-d tree in few dimensions, for engines that have one.",
        why="Neighbours as for knn_classifier; the index is what is compared.",
        params={"n_neighbors": 15, "algorithm": "kd_tree"},
        data=generated(
            "classification",
            (10_000, 2_000, 6), (300_000, 60_000, 6), (3_000_000, 600_000, 6), (30_000_000, 3_000_000, 6),
            n_classes=5, n_informative=4, n_redundant=2, clusters_per_class=4, separation=1.5,
        ),
        quality=_accuracy(0.002, "an exact search: only equal distances may fall otherwise; engines and dtypes agree"),
        fit_s=seconds(0.03, 3.5, 40, 450),
    ),
    Workload(
        name="random_forest_classifier",
        algorithm="RandomForestClassifier",
        task=Task.CLASSIFICATION,
        about="Many small clusters, which need deep trees.",
        why="Fifty trees, half the default, for the time; a depth that bounds the memory; the rest are defaults.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": "sqrt", "min_samples_leaf": 1, "bootstrap": True,
            "random_state": "$seed",
        },
        data=generated(
            "classification",
            (2_000, 5_000, 12), (30_000, 10_000, 30), (300_000, 50_000, 50), (3_000_000, 100_000, 50),
            n_classes=4, n_informative=5, n_redundant=3, clusters_per_class=16, separation=3.0,
        ),
        stochastic=True,
        quality=_accuracy(0.015, "kinds of splits differ by 0.003, half the trees by 0.011, half the depth by 0.04"),
        fit_s=seconds(0.15, 4.5, 65, 750),
    ),
    Workload(
        name="random_forest_classifier-wine",
        algorithm="RandomForestClassifier",
        task=Task.CLASSIFICATION,
        about="Few rows: the cost of building small trees.",
        why="As for random_forest_classifier.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": "sqrt", "min_samples_leaf": 1, "bootstrap": True,
            "random_state": "$seed",
        },
        data=bundled("wine"),
        stochastic=True,
        quality=_accuracy(0.05, "two of 45 held-out rows; kinds of splits differ by 0.023, half the trees by nothing"),
        fit_s={Size.S: 0.06},
    ),
    Workload(
        name="extra_trees_classifier",
        algorithm="ExtraTreesClassifier",
        task=Task.CLASSIFICATION,
        about="The forest's data; splits at random thresholds, on all rows.",
        why="As for random_forest_classifier, without a bootstrap, as is its default.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": "sqrt", "min_samples_leaf": 1, "bootstrap": False,
            "random_state": "$seed",
        },
        data=generated(
            "classification",
            (2_000, 5_000, 12), (50_000, 10_000, 30), (500_000, 50_000, 50), (5_000_000, 100_000, 50),
            n_classes=4, n_informative=5, n_redundant=3, clusters_per_class=16, separation=3.0,
        ),
        stochastic=True,
        quality=_accuracy(0.015, "kinds of thresholds differ by 0.009 on a seed, half the trees by 0.01 to 0.015"),
        fit_s=seconds(0.1, 1.3, 20, 250),
    ),
    Workload(
        name="gaussian_nb",
        algorithm="GaussianNB",
        task=Task.CLASSIFICATION,
        about="Means and variances of ten classes: bound by memory, not by arithmetic.",
        data=generated(
            "classification",
            (20_000, 10_000, 40), (1_000_000, 50_000, 100), (5_000_000, 500_000, 100), (20_000_000, 1_000_000, 100),
            n_classes=10, n_informative=20, n_redundant=10, separation=0.6,
        ),
        quality=_accuracy(0.001, "a closed form: dtypes agree"),
        fit_s=seconds(0.02, 2.5, 15, 60),
    ),
    Workload(
        name="multinomial_nb",
        algorithm="MultinomialNB",
        task=Task.CLASSIFICATION,
        about="Counts of words in documents of twenty topics, as a dense matrix.",
        why="Laplace's smoothing, the default.",
        params={"alpha": 1.0},
        data=generated(
            "counts",
            (4_000, 4_000, 1_000), (60_000, 20_000, 2_000), (250_000, 50_000, 4_000), (1_000_000, 50_000, 4_000),
            n_classes=20, words=60, topical=0.15, sparse=False,
        ),
        quality=_accuracy(0.001, "a closed form: dtypes agree"),
        fit_s=seconds(0.02, 1.3, 10, 40),
    ),
    Workload(
        name="multinomial_nb_sparse",
        algorithm="MultinomialNB",
        task=Task.CLASSIFICATION,
        about="Counts as they come from texts: a CSR matrix of which one entry in hundreds is not zero.",
        why="Laplace's smoothing, the default.",
        params={"alpha": 1.0},
        data=generated(
            "counts",
            (4_000, 4_000, 20_000), (400_000, 100_000, 50_000), (4_000_000, 500_000, 100_000),
            (20_000_000, 1_000_000, 100_000),
            n_classes=20, words=100, topical=0.1,
        ),
        quality=_accuracy(0.001, "a closed form: dtypes agree"),
        fit_s=seconds(0.02, 1.3, 12, 60),
    ),
    Workload(
        name="dummy_classifier-breast_cancer",
        algorithm="DummyClassifier",
        task=Task.CLASSIFICATION,
        about="The most frequent class for every row: the floor of accuracy, and the cost of a call.",
        why="The strategy that needs no seed.",
        params={"strategy": "most_frequent"},
        data=bundled("breast_cancer"),
        quality=_accuracy(1e-9, "a constant: engines agree exactly"),
        fit_s={Size.S: 0.0005},
    ),
)  # fmt: skip
