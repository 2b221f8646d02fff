"""Workloads of linear classifiers: besides the share of right classes, how well each minimises its objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _accuracy(tolerance: float, origin: str) -> Quality:
    return Quality(metric="accuracy", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _gap(tolerance: float, origin: str, metric: str = "logistic_objective_gap") -> Quality:
    return Quality(metric=metric, direction=Direction.LOWER, tolerance=tolerance, origin=origin)


_GAP = _gap(2e-5, "over 5 seeds solvers and dtypes leave up to 0.000006; half of L-BFGS's steps 0.00005 or more")
_SPARSE_GAP = _gap(1e-6, "engines, dtypes and sizes leave up to 0.00000001 at this tol")
_CONVERGE: Mapping[str, Any] = {"C": 1.0, "tol": 1e-5, "max_iter": 1000}
_SPARSE = generated(
    "classification",
    (2_000, 10_000, 100), (40_000, 20_000, 200), (400_000, 50_000, 500), (2_000_000, 50_000, 1_000),
    n_classes=2, n_informative=10, n_redundant=10, separation=0.4,
)  # fmt: skip

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="logistic_regression",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Five overlapping classes.",
        why="C is the default; tol and max_iter let every solver reach the one optimum.",
        params=_CONVERGE,
        data=generated(
            "classification",
            (4_000, 10_000, 40), (100_000, 20_000, 100), (2_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=5, n_informative=20, n_redundant=10, separation=0.5,
        ),
        quality=_accuracy(0.002, "solvers and dtypes differ by 0.0004; five iterations cost 0.008"),
        checks=(_GAP,),
        fit_s=seconds(0.1, 3, 55, 550),
    ),
    Workload(
        name="logistic_regression_binary",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Two overlapping classes.",
        why="C is the default; tol and max_iter let every solver reach the one optimum.",
        params=_CONVERGE,
        data=generated(
            "classification",
            (10_000, 10_000, 40), (400_000, 20_000, 100), (4_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=2, n_informative=20, n_redundant=10, separation=0.5,
        ),
        quality=_accuracy(0.002, "over 5 seeds solvers and dtypes differ by up to 0.0001"),
        checks=(_GAP,),
        fit_s=seconds(0.02, 2.7, 27, 140),
    ),
    Workload(
        name="logistic_regression_10_classes",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Ten overlapping classes.",
        why="C is the default; tol and max_iter let every solver reach the one optimum.",
        params=_CONVERGE,
        data=generated(
            "classification",
            (4_000, 10_000, 40), (50_000, 20_000, 100), (1_000_000, 100_000, 100), (5_000_000, 100_000, 200),
            n_classes=10, n_informative=20, n_redundant=10, separation=0.6,
        ),
        quality=_accuracy(0.002, "over 5 seeds solvers and dtypes differ by up to 0.0001"),
        checks=(_GAP,),
        fit_s=seconds(0.1, 3, 55, 550),
    ),
    Workload(
        name="logistic_regression_l1",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="An L1 penalty that drops most features.",
        why="C drops most features; SAGA is the solver of stock that leaves the intercept free; tol is the default: "
        "in float32 it comes to no smaller one.",
        params={"C": 0.02, "l1_ratio": 1.0, "solver": "saga", "tol": 1e-4, "max_iter": 2000, "random_state": 0},
        data=_SPARSE,
        quality=_accuracy(0.002, "over 5 seeds solvers and dtypes differ by up to 0.0001"),
        checks=(_SPARSE_GAP,),
        fit_s=seconds(0.05, 2, 50, 500),
    ),
    Workload(
        name="logistic_regression_elastic_net",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Half an L1 and half an L2 penalty, for correlated features.",
        why="As for logistic_regression_l1, with half of the penalty L2.",
        params={"C": 0.02, "l1_ratio": 0.5, "solver": "saga", "tol": 1e-4, "max_iter": 2000, "random_state": 0},
        data=_SPARSE,
        quality=_accuracy(0.002, "over 5 seeds solvers and dtypes differ by up to 0.0001"),
        checks=(_SPARSE_GAP,),
        fit_s=seconds(0.08, 2, 50, 500),
    ),
    Workload(
        name="logistic_regression_imbalanced",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="One row in ten is of the class that matters: judged by the mean share of each class found.",
        why="C is the default; tol and max_iter let every solver reach the one optimum.",
        params=_CONVERGE,
        data=generated(
            "classification",
            (10_000, 20_000, 40), (400_000, 40_000, 100), (4_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=2, n_informative=20, n_redundant=10, separation=0.5, imbalance=9.0,
        ),
        quality=Quality(
            metric="balanced_accuracy",
            direction=Direction.HIGHER,
            tolerance=0.003,
            origin="over 5 seeds solvers and dtypes differ by up to 0.0003",
        ),
        checks=(_GAP,),
        fit_s=seconds(0.02, 2.5, 25, 130),
    ),
    Workload(
        name="logistic_regression-breast_cancer",
        algorithm="LogisticRegression",
        task=Task.CLASSIFICATION,
        about="Two classes, standardised features.",
        why="C is the default; tol and max_iter let every solver reach the one optimum.",
        params=_CONVERGE,
        data=bundled("breast_cancer"),
        quality=_accuracy(0.01, "one of 142 held-out rows may fall otherwise; engines and dtypes agree"),
        checks=(_GAP,),
        fit_s={Size.S: 0.01},
    ),
    Workload(
        name="linear_svc",
        algorithm="LinearSVC",
        task=Task.CLASSIFICATION,
        about="Squared hinge loss in the primal, which Newton's method and L-BFGS both solve; two classes.",
        why="C is the default; the squared loss has one optimum, which tol and max_iter let solvers reach.",
        params={"C": 1.0, "loss": "squared_hinge", "tol": 1e-5, "max_iter": 1000},
        data=generated(
            "classification",
            (10_000, 10_000, 40), (100_000, 20_000, 100), (2_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=2, n_informative=20, n_redundant=10, separation=0.5,
        ),
        quality=_accuracy(0.002, "over 5 seeds solvers and dtypes differ by up to 0.0001"),
        checks=(
            _gap(1e-5, "over 5 seeds dtypes leave up to 0.00000001, half the steps 0.0007", "linear_svc_objective_gap"),
        ),
        fit_s=seconds(0.05, 3, 65, 650),
    ),
    Workload(
        name="linear_discriminant_analysis",
        algorithm="LinearDiscriminantAnalysis",
        task=Task.CLASSIFICATION,
        about="Ten Gaussian classes; the solver is each engine's to choose.",
        data=generated(
            "classification",
            (10_000, 10_000, 40), (400_000, 20_000, 100), (4_000_000, 100_000, 100), (10_000_000, 100_000, 200),
            n_classes=10, n_informative=20, n_redundant=10, separation=0.6,
        ),
        quality=_accuracy(0.001, "a closed form: over 5 seeds dtypes agree"),
        fit_s=seconds(0.03, 2, 20, 200),
    ),
)  # fmt: skip
