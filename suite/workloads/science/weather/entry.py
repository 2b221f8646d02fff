"""Assimilation of weather in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import seconds

#: Coordinates of the reduced-order model, at all sizes.
COMPONENTS = 40
#: Of the kernel exp(−γ d²) of distances in units of the first coordinate's deviation.
KERNEL_GAMMA = 0.1

#: Points along a side, training snapshots and their simulations, cases and members: 40 snapshots a case are held out.
_SIZES: Mapping[Size, tuple[int, int, int, int, int]] = {
    Size.S: (32, 1_000, 4, 4, 250),
    Size.M: (64, 6_000, 12, 8, 1_000),
    Size.L: (128, 20_000, 40, 8, 4_000),
    Size.XL: (256, 50_000, 100, 8, 10_000),
}
_DATA: Mapping[Size, DataSpec] = {
    size: DataSpec(
        source="weather_turbulence",
        n_train=n_train,
        n_test=40 * cases,
        n_features=grid**2,
        args={"trajectories": trajectories, "cases": cases, "members": members},
    )
    for size, (grid, n_train, trajectories, cases, members) in _SIZES.items()
}


_EXACT = (
    "one optimum, or an exact search: engines and dtypes differ by up to 0.03 % at S; ten times the alpha, or for the "
    "ensemble a tenth of it, costs 1 % or more, one neighbour 3 %, a tenth of the snapshots 70 %"
)


def _quality(metric: str, origin: str) -> Quality:
    return Quality(metric=metric, direction=Direction.LOWER, tolerance=0.005, relative=True, origin=origin)


def _entry(
    variant: str, algorithm: str, about: str, params: Mapping[str, Any], workflow: str, fit_s: Mapping[Size, float]
) -> Workload:
    return Workload(
        name=f"weather_rom_da-{variant}",
        algorithm=algorithm,
        task=Task.REGRESSION,
        about=about,
        params=params,
        output="",
        operation=Operation.WORKFLOW,
        workflow=workflow,
        also={"pca": {"algorithm": "PCA", "params": {"n_components": COMPONENTS, "random_state": 0}}},
        data=_DATA,
        quality=_quality("weather_end_nrmse", _EXACT),
        checks=(_quality("weather_forecast_nrmse", _EXACT),),
        fit_s=fit_s,
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "ridge",
        "Ridge",
        "4D-Var in 40 principal components of turbulence, advanced by operators learnt from snapshots.",
        {"alpha": 10.0},
        "weather",
        seconds(0.4, 22, 1300, 1500),
    ),
    _entry(
        "kernel_ridge",
        "KernelRidge",
        "The same by a Gaussian kernel.",
        {"kernel": "rbf", "gamma": KERNEL_GAMMA, "alpha": 1e-2},
        "weather.kernel",
        seconds(0.4, 25, 1400, 3000),
    ),
    _entry(
        "ensemble",
        "Ridge",
        "The same assimilation by ensembles instead of an adjoint: all members are predicted at every interval.",
        {"alpha": 10.0},
        "weather.ensemble",
        seconds(0.4, 22, 1300, 1500),
    ),
    _entry(
        "ensemble_knn",
        "KNeighborsRegressor",
        "The same ensembles, advanced as the ten nearest snapshots were: analog forecasting.",
        {"n_neighbors": 10, "weights": "distance", "algorithm": "brute"},
        "weather.analogs",
        seconds(0.4, 22, 1300, 1500),
    ),
)
