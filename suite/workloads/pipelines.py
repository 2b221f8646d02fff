"""Whole pipelines and a cross-validated search, as a user runs them; every step is the engine's own.

A search fits its candidates and then the best again: its time is that of them all. Its folds are cut in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _accuracy(tolerance: float, origin: str) -> Quality:
    return Quality(metric="accuracy", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _fitted(metric: str, tolerance: float, origin: str, *, relative: bool = False) -> Quality:
    """Judge how well the last step was fitted, on what the steps before it made of the rows."""
    return Quality(metric=metric, direction=Direction.LOWER, tolerance=tolerance, relative=relative, origin=origin)


#: The primal and the dual objective enclose the optimum, whichever strength a search has chosen.
_ENCLOSED = _fitted(
    "svc_duality_gap", 1e-3, "over 4 data sets engines and dtypes leave up to 0.0004; half of LIBSVM's steps 0.005"
)

_SCALE: Mapping[str, Any] = {"algorithm": "StandardScaler"}
_SVC: Mapping[str, Any] = {"algorithm": "SVC", "params": {"tol": 1e-3, "cache_size": 1000.0}}
_GRID: Mapping[str, Any] = {"svc__C": [0.1, 1.0, 10.0]}
_SVC_ROWS = generated(
    "classification",
    (500, 1_000, 20), (3_000, 2_000, 20), (20_000, 5_000, 20), (80_000, 10_000, 20),
    n_classes=2, n_informative=10, n_redundant=5, clusters_per_class=4, separation=0.8,
)  # fmt: skip

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="scale_pca_logistic",
        algorithm="Pipeline",
        task=Task.CLASSIFICATION,
        about="Scaled, brought to twenty directions, and classified.",
        why="As many directions as are informative; tol and max_iter let every solver reach the optimum.",
        params={
            "steps": [
                _SCALE,
                {"algorithm": "PCA", "params": {"n_components": 20}},
                {"algorithm": "LogisticRegression", "params": {"tol": 1e-5, "max_iter": 1000}},
            ]
        },
        data=generated(
            "classification",
            (4_000, 10_000, 40), (100_000, 20_000, 100), (2_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=5, n_informative=20, n_redundant=10, separation=0.5,
        ),
        quality=_accuracy(0.002, "dtypes differ by 0.0001, one row"),
        checks=(
            _fitted(
                "logistic_objective_gap", 5e-6,
                "over 4 data sets dtypes leave up to 0.00000005; half of L-BFGS's steps 0.00002 or more",
            ),
        ),
        fit_s=seconds(0.1, 2, 40, 300),
    ),
    Workload(
        name="pca_svc-digits",
        algorithm="Pipeline",
        task=Task.CLASSIFICATION,
        about="Images brought to twenty directions, and classified.",
        why="A third of the directions, so that both steps take time; the cache as for svc.",
        params={"steps": [{"algorithm": "PCA", "params": {"n_components": 20}}, _SVC]},
        data=bundled("digits"),
        quality=_accuracy(0.005, "two of 449 held-out rows may fall otherwise; engines and dtypes agree"),
        checks=(
            _fitted(
                "svc_dual_objective", 2e-6,
                "over 4 splits engines and dtypes differ by up to 0.0000001; half of LIBSVM's steps cost 0.00001",
                relative=True,
            ),
        ),
        fit_s={Size.S: 0.05},
    ),
    Workload(
        name="search_scale_svc",
        algorithm="GridSearchCV",
        task=Task.CLASSIFICATION,
        about="Three strengths by three folds of scaled rows, and the best fitted again.",
        why="Strengths ten times apart around the default; three by three fits and one more.",
        params={
            "estimator": {"algorithm": "Pipeline", "params": {"steps": [_SCALE, _SVC]}}, "param_grid": _GRID, "cv": 3,
        },
        data=_SVC_ROWS,
        quality=_accuracy(0.003, "engines and dtypes agree"),
        checks=(_ENCLOSED,),
        fit_s=seconds(0.2, 3, 120, 1800),
    ),
    Workload(
        name="search_svc",
        algorithm="GridSearchCV",
        task=Task.CLASSIFICATION,
        about="The same search without scaling, which not every engine has.",
        why="Strengths ten times apart around the default; three by three fits and one more.",
        params={
            "estimator": {"algorithm": "Pipeline", "params": {"steps": [_SVC]}}, "param_grid": _GRID, "cv": 3,
        },
        data=_SVC_ROWS,
        quality=_accuracy(0.003, "engines and dtypes agree"),
        checks=(_ENCLOSED,),
        fit_s=seconds(0.2, 3, 120, 1800),
    ),
)  # fmt: skip
