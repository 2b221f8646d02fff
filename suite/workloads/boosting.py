"""Workloads of gradient boosting on histograms, with settings that every engine honours to the letter.

No early stopping; leaves of one row, for engines count rows in leaves differently; an L2 of 1; 255 bins. Trees grow
best-first to 31 leaves, at most 16 levels deep, where CatBoost's end, or level by level (depthwise) to 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds

_BOTH: Mapping[str, Any] = {
    "learning_rate": 0.1, "min_samples_leaf": 1, "l2_regularization": 1.0, "max_bins": 255, "early_stopping": False,
}  # fmt: skip
_LEAFWISE = {**_BOTH, "max_iter": 100, "max_leaf_nodes": 31, "max_depth": 16}
_DEPTHWISE = {**_BOTH, "max_iter": 100, "max_leaf_nodes": None, "max_depth": 6}
_SMALL = {**_BOTH, "max_iter": 50, "max_leaf_nodes": 8, "max_depth": 7}

_CLASSES: Mapping[Size, DataSpec] = generated(
    "classification",
    (8_000, 20_000, 20), (150_000, 20_000, 40), (3_000_000, 100_000, 50), (10_000_000, 100_000, 100),
    n_classes=2, n_informative=8, n_redundant=6, clusters_per_class=16, separation=2.0,
)  # fmt: skip
_VALUES: Mapping[Size, DataSpec] = generated(
    "regression",
    (8_000, 20_000, 20), (150_000, 20_000, 40), (3_000_000, 100_000, 50), (10_000_000, 100_000, 100),
    n_informative=10, n_factors=3, curvature=1.0, noise=0.3,
)  # fmt: skip
_FIT_S = seconds(0.3, 2, 40, 260)


def _accuracy(tolerance: float, origin: str) -> Quality:
    return Quality(metric="accuracy", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _r2(tolerance: float, origin: str) -> Quality:
    return Quality(metric="r2", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _training(metric: str, tolerance: float, origin: str) -> Quality:
    """Judge what boosting minimises too: fewer rounds may predict new rows as well, but fit the training rows worse."""
    return Quality(metric=metric, direction=Direction.LOWER, tolerance=tolerance, relative=True, origin=origin)


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="hist_gradient_boosting_classifier",
        algorithm="HistGradientBoostingClassifier",
        task=Task.CLASSIFICATION,
        about="Two classes of many clusters; 100 trees grown best-first to 31 leaves.",
        why="Rounds, rate, leaves and bins are the defaults; the rest is what all engines honour to the letter.",
        params=_LEAFWISE,
        data=_CLASSES,
        quality=_accuracy(0.005, "over 10 seeds engines differ by up to 0.0045; half the leaves cost 0.007"),
        checks=(
            _training(
                "training_log_loss",
                0.65,
                "over 3 seeds engines lose up to 0.02, CatBoost up to 0.54; half the rounds cost 0.79 or more",
            ),
        ),
        fit_s=_FIT_S,
    ),
    Workload(
        name="hist_gradient_boosting_classifier_depthwise",
        algorithm="HistGradientBoostingClassifier",
        task=Task.CLASSIFICATION,
        about="The same data; 100 trees grown level by level to depth 6.",
        why="As for best-first trees, but to a depth of 6, XGBoost's default.",
        params=_DEPTHWISE,
        data=_CLASSES,
        quality=_accuracy(0.005, "over 10 seeds engines differ by up to 0.0024; half the rounds cost 0.014"),
        fit_s=_FIT_S,
    ),
    Workload(
        name="hist_gradient_boosting_classifier-breast_cancer",
        algorithm="HistGradientBoostingClassifier",
        task=Task.CLASSIFICATION,
        about="Few rows: the cost of building small trees.",
        why="As on generated data, with half the rounds and 8 leaves for few rows.",
        params=_SMALL,
        data=bundled("breast_cancer"),
        quality=_accuracy(0.025, "three of 142 held-out rows; over 6 splits engines differ by up to two"),
        checks=(
            _training(
                "training_log_loss",
                0.8,
                "over 3 splits engines lose up to 0.01, CatBoost up to 0.27; half the rounds cost 2.8 or more",
            ),
        ),
        fit_s={Size.S: 0.05},
    ),
    Workload(
        name="hist_gradient_boosting_regressor",
        algorithm="HistGradientBoostingRegressor",
        task=Task.REGRESSION,
        about="A curved target; 100 trees grown best-first to 31 leaves.",
        why="Rounds, rate, leaves and bins are the defaults; the rest is what all engines honour to the letter.",
        params=_LEAFWISE,
        data=_VALUES,
        quality=_r2(0.005, "over 10 seeds engines differ by up to 0.002; half the leaves cost 0.01"),
        fit_s=_FIT_S,
    ),
    Workload(
        name="hist_gradient_boosting_regressor_depthwise",
        algorithm="HistGradientBoostingRegressor",
        task=Task.REGRESSION,
        about="The same data; 100 trees grown level by level to depth 6.",
        why="As for best-first trees, but to a depth of 6, XGBoost's default.",
        params=_DEPTHWISE,
        data=_VALUES,
        quality=_r2(0.006, "over 10 seeds engines differ by up to 0.004; half the rounds cost 0.035"),
        fit_s=_FIT_S,
    ),
    Workload(
        name="hist_gradient_boosting_regressor-diabetes",
        algorithm="HistGradientBoostingRegressor",
        task=Task.REGRESSION,
        about="Few rows: the cost of building small trees.",
        why="As on generated data, with half the rounds and 8 leaves for few rows.",
        params=_SMALL,
        data=bundled("diabetes"),
        quality=_r2(0.03, "over 6 splits of 442 rows engines differ by up to 0.022"),
        checks=(_training("training_mse", 0.1, "over 2 splits engines lose up to 0.001; half the rounds cost 0.5"),),
        fit_s={Size.S: 0.03},
    ),
)
