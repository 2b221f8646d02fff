"""Workloads of support vector classifiers: besides the right classes, how well each solves its dual problem."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _accuracy(tolerance: float, origin: str) -> Quality:
    return Quality(metric="accuracy", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _dual(tolerance: float, origin: str) -> Quality:
    return Quality(
        metric="svc_dual_objective", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin
    )


_CLASSES = generated(
    "classification",
    (1_500, 2_000, 20), (8_000, 4_000, 20), (80_000, 10_000, 20), (300_000, 20_000, 20),
    n_classes=2, n_informative=10, n_redundant=5, clusters_per_class=4, separation=0.8,
)  # fmt: skip

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="svc",
        algorithm="SVC",
        task=Task.CLASSIFICATION,
        about="Two classes of several clusters each, so that the RBF kernel is needed.",
        why="C, gamma and tol are the defaults; the cache holds all kernel rows at S and M.",
        params={"C": 1.0, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=_CLASSES,
        quality=_accuracy(0.003, "engines and dtypes differ by at most 0.0005, one row, at this tol"),
        checks=(_dual(2e-5, "engines and dtypes differ by up to 0.000001; half of LIBSVM's steps cost 0.0003"),),
        fit_s=seconds(0.15, 3, 300, 4500),
    ),
    Workload(
        name="svc-digits",
        algorithm="SVC",
        task=Task.CLASSIFICATION,
        about="Ten classes, one against one.",
        why="As for svc.",
        params={"C": 1.0, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=bundled("digits"),
        quality=_accuracy(0.005, "two of 450 held-out rows may fall otherwise; engines and dtypes agree"),
        checks=(
            _dual(5e-6, "over 4 splits engines and dtypes differ by 0.00000002; half of LIBSVM's steps cost 0.00004"),
        ),
        fit_s={Size.S: 0.1},
    ),
    Workload(
        name="svc_linear",
        algorithm="SVC",
        task=Task.CLASSIFICATION,
        about="A linear kernel in the dual, where the time goes as the square of the rows.",
        why="A C below the default, for steps grow with it where classes overlap; tol and cache as for svc.",
        params={"C": 0.1, "kernel": "linear", "tol": 1e-3, "cache_size": 1000.0},
        data=generated(
            "classification",
            (2_000, 2_000, 20),
            (10_000, 4_000, 20),
            (80_000, 10_000, 20),
            (300_000, 20_000, 20),
            n_classes=2,
            n_informative=10,
            n_redundant=5,
            separation=0.6,
        ),
        quality=_accuracy(0.003, "engines and dtypes differ by at most 0.0005, one row, at this tol"),
        checks=(_dual(2e-6, "engines and dtypes differ by up to 0.0000004; half of LIBSVM's steps cost 0.000002"),),
        fit_s=seconds(0.05, 1.8, 110, 1600),
    ),
    Workload(
        name="nu_svc",
        algorithm="NuSVC",
        task=Task.CLASSIFICATION,
        about="The data of svc, with a share nu of the rows on the wrong side of the margin at most.",
        why="Of the rows 0.3 are support vectors at least, which equal classes allow; the rest as for svc.",
        params={"nu": 0.3, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=_CLASSES,
        quality=_accuracy(0.003, "engines and dtypes differ by at most 0.0005, one row, at this tol"),
        checks=(_dual(1e-4, "engines and dtypes differ by up to 0.00001; half of LIBSVM's steps cost 0.002"),),
        fit_s=seconds(0.12, 4, 400, 6000),
    ),
)
