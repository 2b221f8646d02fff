"""Workloads that predict a class, judged by the share of held-out rows that are right."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _accuracy(tolerance: float, origin: str) -> Quality:
    return Quality(metric="accuracy", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="logistic_regression",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Five overlapping classes; tol and max_iter let every solver reach the one optimum.",
        params={"C": 1.0, "tol": 1e-5, "max_iter": 1000},
        data=generated(
            "classification",
            (4_000, 10_000, 40), (100_000, 20_000, 100), (2_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=5, n_informative=20, n_redundant=10, separation=0.5,
        ),
        quality=_accuracy(0.002, "solvers and dtypes differ by 0.0004; five iterations cost 0.008"),
        fit_s=seconds(0.1, 3, 55, 550),
    ),
    Workload(
        name="logistic_regression-breast_cancer",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Two classes, standardised features; tol and max_iter let every solver reach the one optimum.",
        params={"C": 1.0, "tol": 1e-5, "max_iter": 1000},
        data=bundled("breast_cancer"),
        quality=_accuracy(0.01, "one of 142 held-out rows may fall otherwise; engines and dtypes agree"),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="svc",
        algorithm="SVC",
        task=Task.CLASSIFICATION,
        about="Two classes of several clusters each, so that the RBF kernel is needed; a cache of 1 GB of kernel rows.",
        params={"C": 1.0, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=generated(
            "classification",
            (1_500, 2_000, 20), (8_000, 4_000, 20), (80_000, 10_000, 20), (300_000, 20_000, 20),
            n_classes=2, n_informative=10, n_redundant=5, clusters_per_class=4, separation=0.8,
        ),
        quality=_accuracy(0.003, "engines and dtypes differ by at most 0.0005, one row, at this tol"),
        fit_s=seconds(0.15, 3, 300, 4500),
    ),
    Workload(
        name="svc-digits",
        algorithm="SVC",
        task=Task.CLASSIFICATION,
        about="Ten classes, one against one.",
        params={"C": 1.0, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=bundled("digits"),
        quality=_accuracy(0.005, "two of 450 held-out rows may fall otherwise; engines and dtypes agree"),
        fit_s={Size.S: 0.1},
    ),
    Workload(
        name="knn_classifier",
        algorithm="KNeighborsClassifier",
        task=Task.CLASSIFICATION,
        about="Too many features for a tree to pay; an odd number of neighbours leaves few ties.",
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
        params={"n_neighbors": 5},
        data=bundled("digits"),
        quality=_accuracy(0.005, "two of 450 held-out rows may fall otherwise; engines and dtypes agree"),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="random_forest_classifier",
        algorithm="RandomForestClassifier",
        task=Task.CLASSIFICATION,
        about="Many small clusters need deep trees; the limit keeps memory in bounds.",
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
        quality=_accuracy(0.015, "exact and histogram splits differ by 0.003; half the depth costs 0.04"),
        fit_s=seconds(0.15, 4.5, 65, 750),
    ),
    Workload(
        name="random_forest_classifier-wine",
        algorithm="RandomForestClassifier",
        task=Task.CLASSIFICATION,
        about="Few rows: the cost of building small trees.",
        params={
            "n_estimators": 50, "max_depth": 16, "max_features": "sqrt", "min_samples_leaf": 1, "bootstrap": True,
            "random_state": "$seed",
        },
        data=bundled("wine"),
        stochastic=True,
        quality=_accuracy(0.05, "two of 45 held-out rows; exact and histogram splits differ by up to 0.023"),
        fit_s={Size.S: 0.06},
    ),
)  # fmt: skip
