"""Workloads of regression by kernels: besides the held-out fit, how well support vectors solve their dual problem."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Task, Workload
from suite.workloads.shapes import generated, seconds


def _r2(tolerance: float, origin: str) -> Quality:
    return Quality(metric="r2", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _dual(tolerance: float, origin: str) -> Quality:
    return Quality(
        metric="svr_dual_objective", direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin
    )


_VALUES = generated(
    "regression",
    (1_500, 2_000, 10), (8_000, 4_000, 10), (80_000, 10_000, 10), (300_000, 20_000, 10),
    n_informative=6, n_factors=3, curvature=1.0, noise=0.3,
)  # fmt: skip
_CURVED = {"n_informative": 6, "n_factors": 3, "curvature": 1.0, "noise": 0.3}

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="svr",
        algorithm="SVR",
        task=Task.REGRESSION,
        about="A curved target by the RBF kernel.",
        why="C, epsilon, gamma and tol are the defaults; the cache holds all kernel rows at S and M.",
        params={"C": 1.0, "epsilon": 0.1, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=_VALUES,
        quality=_r2(0.002, "engines and dtypes differ by up to 0.00001"),
        checks=(_dual(1e-5, "engines and dtypes differ by up to 0.0000004"),),
        fit_s=seconds(0.12, 2.5, 250, 3700),
    ),
    Workload(
        name="nu_svr",
        algorithm="NuSVR",
        task=Task.REGRESSION,
        about="The same data; a share nu of the rows beyond epsilon at most, which is found by the fit.",
        why="C, nu, gamma and tol are the defaults; the cache as for svr.",
        params={"C": 1.0, "nu": 0.5, "kernel": "rbf", "gamma": "scale", "tol": 1e-3, "cache_size": 1000.0},
        data=_VALUES,
        quality=_r2(0.002, "engines and dtypes differ by up to 0.00001"),
        checks=(_dual(1e-5, "engines and dtypes differ by up to 0.0000004"),),
        fit_s=seconds(0.1, 2, 200, 3000),
    ),
    Workload(
        name="kernel_ridge",
        algorithm="KernelRidge",
        task=Task.REGRESSION,
        about="The kernel of all pairs and its Cholesky factor: time as the cube of the rows, memory as the square.",
        why="An alpha of about the noise's variance; a gamma of half of one over the features.",
        params={"alpha": 0.1, "kernel": "rbf", "gamma": 0.05},
        data=generated(
            "regression", (1_000, 2_000, 10), (8_000, 4_000, 10), (25_000, 10_000, 10), (110_000, 10_000, 10), **_CURVED
        ),
        quality=_r2(0.002, "engines and dtypes differ by up to 0.00001"),
        fit_s=seconds(0.1, 4.5, 130, 10000),
    ),
    Workload(
        name="gaussian_process_regressor",
        algorithm="GaussianProcessRegressor",
        task=Task.REGRESSION,
        about="A fixed RBF kernel of length 1 on three features: one Cholesky factor, no search for lengths.",
        why="An alpha of about the noise's variance; no optimizer, for it would factor anew at every step it takes.",
        params={"alpha": 0.1, "optimizer": None, "normalize_y": True},
        data=generated(
            "regression", (1_000, 1_000, 3), (5_000, 4_000, 3), (25_000, 10_000, 3), (80_000, 10_000, 3),
            n_informative=3, n_factors=1, curvature=1.0, noise=0.3,
        ),
        quality=_r2(0.002, "engines and dtypes differ by up to 0.00001"),
        fit_s=seconds(0.08, 3, 250, 8000),
    ),
)  # fmt: skip
