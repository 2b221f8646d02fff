"""Workloads of linear regression: besides the held-out fit, how well each minimises its objective."""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Size, Task, Workload
from suite.workloads.shapes import bundled, generated, seconds


def _r2(tolerance: float, origin: str) -> Quality:
    return Quality(metric="r2", direction=Direction.HIGHER, tolerance=tolerance, origin=origin)


def _gap(tolerance: float, origin: str, metric: str = "squared_error_gap") -> Quality:
    return Quality(metric=metric, direction=Direction.LOWER, tolerance=tolerance, origin=origin)


_GAP = _gap(1e-6, "solvers leave up to 0.000000005 in float32, nothing in float64")
_DESCENT = _gap(1e-6, "engines and dtypes leave up to 0.00000002 at this tol")

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="linear_regression",
        algorithm="LinearRegression",
        task=Task.REGRESSION,
        about="Ordinary least squares of full rank on correlated features.",
        data=generated(
            "regression",
            (10_000, 10_000, 50), (300_000, 20_000, 100), (4_000_000, 50_000, 100), (10_000_000, 50_000, 200),
            n_informative=30,
        ),
        quality=_r2(0.0005, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        checks=(_GAP,),
        fit_s=seconds(0.02, 2.5, 35, 350),
    ),
    Workload(
        name="linear_regression-diabetes",
        algorithm="LinearRegression",
        task=Task.REGRESSION,
        about="Ten features: the cost of a call.",
        data=bundled("diabetes"),
        quality=_r2(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        checks=(_GAP,),
        fit_s={Size.S: 0.001},
    ),
    Workload(
        name="ridge",
        algorithm="Ridge",
        task=Task.REGRESSION,
        about="Twice as many features as depend on the target; the solver is each engine's to choose.",
        why="The default: a penalty that is weak beside so many rows.",
        params={"alpha": 1.0},
        data=generated(
            "regression",
            (10_000, 10_000, 100), (300_000, 20_000, 200), (4_000_000, 50_000, 200), (10_000_000, 50_000, 400),
            n_informative=50,
        ),
        quality=_r2(0.0005, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        checks=(_GAP,),
        fit_s=seconds(0.01, 1.5, 20, 200),
    ),
    Workload(
        name="ridge_wide",
        algorithm="Ridge",
        task=Task.REGRESSION,
        about="Ten times as many features as rows, as of genes or spectra: no fit without a penalty, here of 100.",
        why="Where there are more features than rows, a weak penalty would fit the noise.",
        params={"alpha": 100.0},
        data=generated(
            "regression",
            (200, 1_000, 2_000), (2_000, 1_000, 20_000), (6_000, 1_000, 60_000), (25_000, 1_000, 100_000),
            n_informative=20, n_factors=5, noise=0.3,
        ),
        quality=_r2(0.0005, "a closed form: engines and dtypes differ by less than 0.0000001"),
        fit_s=seconds(0.02, 2.5, 65, 2000),
    ),
    Workload(
        name="ridge-diabetes",
        algorithm="Ridge",
        task=Task.REGRESSION,
        about="Ten features: the cost of a call.",
        why="The default.",
        params={"alpha": 1.0},
        data=bundled("diabetes"),
        quality=_r2(0.001, "solvers and dtypes differ by less than 0.000002, the optimum being one"),
        checks=(_GAP,),
        fit_s={Size.S: 0.001},
    ),
    Workload(
        name="lasso",
        algorithm="Lasso",
        task=Task.REGRESSION,
        about="A sparse truth among many correlated features.",
        why="An alpha that drops features with no share in the target; tol and max_iter let it converge.",
        params={"alpha": 0.01, "tol": 1e-5, "max_iter": 10_000},
        data=generated(
            "regression",
            (2_000, 10_000, 200), (50_000, 20_000, 500), (500_000, 50_000, 1_000), (2_000_000, 50_000, 1_000),
            n_informative=20,
        ),
        quality=_r2(0.001, "engines and dtypes differ by less than 0.000001 at this tol"),
        checks=(_DESCENT,),
        fit_s=seconds(0.015, 2, 40, 160),
    ),
    Workload(
        name="lasso-diabetes",
        algorithm="Lasso",
        task=Task.REGRESSION,
        about="Ten features: the cost of a call.",
        why="The target's scale is about 77: an alpha of 1 drops some of the ten features.",
        params={"alpha": 1.0, "tol": 1e-5, "max_iter": 10_000},
        data=bundled("diabetes"),
        quality=_r2(0.001, "engines and dtypes differ by less than 0.000001 at this tol"),
        checks=(_DESCENT,),
        fit_s={Size.S: 0.001},
    ),
    Workload(
        name="elastic_net",
        algorithm="ElasticNet",
        task=Task.REGRESSION,
        about="The data of lasso, by both penalties.",
        why="As for lasso; half of the penalty is L2, so that correlated features stay together.",
        params={"alpha": 0.01, "l1_ratio": 0.5, "tol": 1e-5, "max_iter": 10_000},
        data=generated(
            "regression",
            (2_000, 10_000, 200), (50_000, 20_000, 500), (500_000, 50_000, 1_000), (2_000_000, 50_000, 1_000),
            n_informative=20,
        ),
        quality=_r2(0.001, "engines and dtypes differ by less than 0.000001 at this tol"),
        checks=(_DESCENT,),
        fit_s=seconds(0.015, 1.3, 40, 160),
    ),
    Workload(
        name="linear_svr",
        algorithm="LinearSVR",
        task=Task.REGRESSION,
        about="Squared error beyond epsilon in the primal, which Newton's method and L-BFGS both solve.",
        why="C is the default, epsilon a fifth of the noise; tol and max_iter let solvers reach the optimum.",
        params={"C": 1.0, "epsilon": 0.1, "loss": "squared_epsilon_insensitive", "tol": 1e-5, "max_iter": 1000},
        data=generated(
            "regression",
            (10_000, 10_000, 50), (300_000, 20_000, 100), (4_000_000, 50_000, 100), (10_000_000, 50_000, 200),
            n_informative=30,
        ),
        quality=_r2(0.0005, "dtypes differ by less than 0.000001"),
        checks=(
            _gap(1e-5, "over 5 seeds dtypes leave up to 0.00000004, half the steps 0.002", "linear_svr_objective_gap"),
        ),
        fit_s=seconds(0.04, 4.5, 60, 300),
    ),
    Workload(
        name="poisson_regressor",
        algorithm="PoissonRegressor",
        task=Task.REGRESSION,
        about="Counts whose mean is log-linear in some features; the solver is each engine's to choose.",
        why="A penalty so weak that the data decide; tol and max_iter let every solver reach the optimum.",
        params={"alpha": 1e-3, "tol": 1e-5, "max_iter": 1000},
        data=generated(
            "regression",
            (10_000, 10_000, 50), (300_000, 20_000, 100), (4_000_000, 50_000, 100), (10_000_000, 50_000, 200),
            n_informative=20, target="counts",
        ),
        quality=_r2(0.001, "solvers and dtypes differ by less than 0.00001; three steps of L-BFGS cost 0.13"),
        checks=(
            _gap(1e-5, "solvers and dtypes leave up to 0.00000001, half the steps 0.00005", "poisson_objective_gap"),
        ),
        fit_s=seconds(0.15, 2.5, 35, 200),
    ),
    Workload(
        name="poisson_regressor-diabetes",
        algorithm="PoissonRegressor",
        task=Task.REGRESSION,
        about="A positive target by a log-linear mean.",
        why="As for poisson_regressor.",
        params={"alpha": 1e-3, "tol": 1e-5, "max_iter": 1000},
        data=bundled("diabetes"),
        quality=_r2(0.002, "over 5 splits dtypes differ by up to 0.0005"),
        checks=(
            _gap(1e-4, "over 5 splits dtypes leave up to 0.000007, half the steps 0.005", "poisson_objective_gap"),
        ),
        fit_s={Size.S: 0.005},
    ),
)  # fmt: skip
