"""A closer look at a surrogate: errors, intervals, the best design simulated, and what a simulation costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.calibration import NOMINAL, OWN, of_deviations
from suite.workloads.science.injector.maps import Layout, Maps, nrmse
from suite.workloads.science.injector.nozzle import VARIABLES, physical, simulate
from suite.workloads.science.injector.solver import Grid
from suite.workloads.science.injector.surrogate import Surrogate
from suite.workloads.science.workflow import Data, Figure, Findings, Picture, Results, Series, picture, series

#: Learns a surrogate from the first designs of the training set and their maps.
Learn = Callable[[NDArray[Any], Maps], Surrogate]

_SHARES = (1 / 8, 1 / 4, 1 / 2)
_TIMED_DESIGNS = 1000


def examine(learn: Learn, data: Data, results: Results) -> Findings:
    """Return what is shown of a surrogate beside its judged results."""
    X, y, layout = data["X_train"], data["y_train"], Layout.of(data)

    def held_out(surrogate: Surrogate, dtype: Any = X.dtype) -> float:
        return nrmse(surrogate.maps(data["X_test"].astype(dtype)), data["y_test"], y, layout)

    start = perf_counter()
    surrogate = learn(X, y)
    fit_s = perf_counter() - start
    curve = {n: held_out(learn(X[:n], y[:n])) for n in (max(10, round(len(X) * share)) for share in _SHARES)}
    tenth = max(8, len(X) // 10)
    other = np.float64 if X.dtype == np.float32 else np.float32
    figures = [
        *_errors(data, results, layout),
        _figure("with_a_tenth", held_out(learn(X[:tenth], y[:tenth])), f"held-out nRMSE, {tenth} training simulations"),
        _figure(
            "other_precision",
            held_out(learn(X.astype(other), y.astype(other)), other),
            f"held-out nRMSE, designs and training maps in {np.dtype(other).name}",
        ),
        _calibration(learn, data),
        *_own_calibration(surrogate, data),
        *_costs(surrogate, fit_s, data, results, layout),
    ]
    curve[len(X)] = held_out(surrogate)
    return Findings(
        figures=figures,
        series=[*_learning(curve)],
        pictures=[*_pictures(data, results, layout)],
    )


def _figure(name: str, value: float, condition: str, unit: str = "") -> Figure:
    return Figure(name=name, value=float(value), unit=unit, condition=condition)


def _errors(data: Data, results: Results, layout: Layout) -> Iterator[Figure]:
    """Yield errors in and beyond the range, and of the map of the nearest training simulation."""
    X, y, truth = data["X_train"], data["y_train"], data["y_test"]
    distances = ((data["X_test"][:, None].astype(np.float64) - X) ** 2).sum(axis=2)
    nearest = nrmse(y[distances.argmin(axis=1)], truth, y, layout)
    error = nrmse(results["maps"], truth, y, layout)
    thinner = len(data["y_far"]) // 2
    parts = {"u, v and void": slice(None), "Reynolds number above": slice(thinner), "lift below": slice(thinner, None)}
    yield _figure("error_in", error, "nRMSE of held-out maps within the range of the training simulations")
    for name, (label, part) in zip(("error_out", "error_out_reynolds", "error_out_lift"), parts.items(), strict=True):
        beyond = nrmse(results["maps_far"][part], data["y_far"][part], y, layout)
        yield _figure(name, beyond, f"nRMSE of maps beyond the range of the training simulations: {label}")
    yield _figure("baseline", nearest, "nRMSE of the nearest training simulation's map, held-out designs")
    yield _figure("gain", nearest - error, "nRMSE below that of the nearest training simulation's map")


def _calibration(learn: Learn, data: Data) -> Figure:
    """Return the coverage of split-conformal intervals (Lei et al. 2018), one width for each value of a map."""
    X, y = data["X_train"], data["y_train"]
    n = 3 * len(X) // 4
    surrogate = learn(X[:n], y[:n])
    residuals = np.sort(np.abs(surrogate.maps(X[n:]) - y[n:]), axis=0)
    rank = min(len(residuals), int(np.ceil(NOMINAL * (len(residuals) + 1))))
    inside = np.abs(surrogate.maps(data["X_test"]) - data["y_test"]) <= residuals[rank - 1]
    return _figure(
        "calibration",
        inside.mean(),
        f"share of held-out values in nominal {NOMINAL:.0%} intervals, from residuals of {len(residuals)} training "
        "simulations that were kept out",
    )


def _own_calibration(surrogate: Surrogate, data: Data) -> Iterator[Figure]:
    """Yield the coverage of the models' own intervals, where they have some."""
    deviations = surrogate.deviations(data["X_test"])
    if deviations is not None:
        yield of_deviations(data["y_test"], surrogate.maps(data["X_test"]), deviations, OWN)


def _costs(surrogate: Surrogate, fit_s: float, data: Data, results: Results, layout: Layout) -> Iterator[Figure]:
    """Yield what the best design is when simulated, and the time of that simulation against the surrogate's."""
    best = int(results["best"][0])
    grid = Grid(2 * layout.heights, layout.heights)
    start = perf_counter()
    maps = simulate(physical(data["X_designs"][best : best + 1].astype(np.float64)), grid, layout.times)
    simulation_s = perf_counter() - start
    timed = data["X_designs"][:_TIMED_DESIGNS]
    start = perf_counter()
    surrogate.objectives(timed)
    design_s = (perf_counter() - start) / len(timed)
    simulated, known = float(layout.objective(maps.reshape(1, -1))[0]), layout.objective(data["y_train"]).min()
    n = len(data["X_train"])
    yield _figure("best_predicted", results["objectives"][best], f"objective of the best of {len(data['X_designs'])}")
    yield _figure("best_simulated", simulated, "objective of that design when simulated")
    yield _figure("best_improvement", known - simulated, f"below the best of the {n} training simulations")
    size = f"one simulation of {grid.nx} x {grid.ny} cells alone, by this suite's NumPy solver on one thread"
    yield _figure("over_simulation", simulation_s / design_s, f"{size}, over a design of {len(timed)} by surrogate; "
                  "neither the training simulations nor the fit are in it", "x")  # fmt: skip
    if simulation_s > design_s:
        break_even = (n * simulation_s + fit_s) / (simulation_s - design_s)
        yield _figure("break_even", break_even, "designs from which on it pays, the training simulations and the fit "
                      "included", "designs")  # fmt: skip


def _learning(curve: dict[int, float]) -> Iterator[Series]:
    """Yield the error against the number of simulations."""
    sizes = sorted(curve)
    yield series(
        "learning_curve", "held-out error", "training simulations", "nRMSE", sizes, [curve[size] for size in sizes]
    )


def _pictures(data: Data, results: Results, layout: Layout) -> Iterator[Picture]:
    """Yield u and void of the held-out map whose void varies most, over height (upwards) and time (to the right)."""
    truth, predicted = layout.unfold(data["y_test"]), layout.unfold(results["maps"])
    chosen = int(truth[:, :, 2].std(axis=(1, 2)).argmax())
    for variable in (0, 2):
        fields = [maps[chosen, :, variable].T[::-1].astype(np.float64) for maps in (truth, predicted)]
        shown = {"simulated": fields[0], "surrogate": fields[1], "difference": fields[1] - fields[0]}
        for label, field in shown.items():
            yield picture(VARIABLES[variable], label, field)
