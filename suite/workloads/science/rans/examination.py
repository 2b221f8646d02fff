"""A closer look at flows with a learnt viscosity: what it costs and saves, and where it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from suite.workloads.science.calibration import of_model
from suite.workloads.science.rans import cases
from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import Floats
from suite.workloads.science.rans.solver import State
from suite.workloads.science.rans.surrogate import Surrogate, coupled, once, online, solve_frozen
from suite.workloads.science.rans.timing import compare, strictly
from suite.workloads.science.tabular import learnt_again, r2
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Picture, Results, picture, series

_HEIGHTS_IN = "on average over held-out heights between those for training"
_HEIGHTS_OUT = "on average over heights beyond those for training (0.35 and 1.6)"
#: What is timed of a coupled iteration.
_STEP = {
    "step": "all of it",
    "copy_in": "passing features to the engine",
    "predict": "the engine's prediction",
    "copy_out": "passing viscosities back",
}


def of_step(data: Data, learner: Learner, results: Results) -> Findings:
    """Look closer at flows whose viscosity is predicted once."""
    flows = cases.channels(data, "test")
    surrogate = Surrogate.learn(learner, data["X_train"], data["y_train"])
    common = _common(
        data, learner, results, lambda again: _centred(flows, [states[-1] for states in once(again, flows)[1]])
    )
    figures = [
        *common.figures,
        _figure(
            "viscosity_r2",
            r2(data["y_test"], results["output"]),
            "R² of the viscosity on held-out heights, to be seen beside the reattachment length",
        ),
        *_paper_features(data, learner, flows),
        *_beyond(data, surrogate),
        *of_model(surrogate.model, surrogate.rows([data["X_test"]]), data["y_test"], results["output"]),
        *compare(
            data,
            flows[0],
            lambda: surrogate.start_frozen(flows[0]),
            "potential flow, prediction and a solve with the viscosity frozen",
        ),
        *strictly(data, flows[0]),
    ]
    return Findings(figures=figures, series=common.series, pictures=common.pictures)


def of_online(data: Data, learner: Learner, results: Results, *, iterations: int) -> Findings:
    """Look closer at flows whose viscosity is predicted at every iteration."""
    flows, far = (cases.channels(data, part) for part in ("test", "far"))
    surrogate = Surrogate.learn(learner, data["X_train"], data["y_train"])
    common = _common(data, learner, results, lambda again: _centred(flows, coupled(again, flows, iterations)))
    viscosity = data["y_test"].reshape(len(flows), -1)
    direct = surrogate.predict(np.split(data["X_test"], len(flows)))
    priori = mean_viscosity_error(flows, direct, viscosity)
    posteriori = mean_viscosity_error(flows, results["viscosity"], viscosity)
    drift_in, costs = _followed(learner, surrogate, flows, data["velocity_test"], iterations)
    drift_out, _ = _followed(learner, surrogate, far, data["velocity_far"], iterations)
    figures = [
        *common.figures,
        _figure("error_out", drift_out[-1], f"relative L2 error of velocity {_HEIGHTS_OUT}"),
        _figure(
            "viscosity_a_priori",
            priori,
            f"relative L2 error of the viscosity predicted from the true flow, {_HEIGHTS_IN}",
        ),
        _figure("viscosity_coupled", posteriori, f"the same after {iterations} coupled iterations"),
        _figure("coupled_over_a_priori", posteriori / priori, "viscosity_coupled by viscosity_a_priori"),
        *of_model(surrogate.model, surrogate.rows([data["X_test"]]), data["y_test"], np.concatenate(direct)),
        *compare(
            data,
            flows[0],
            lambda: (states[0] for states in online(surrogate, flows[:1])),
            "potential flow and coupled iterations, with a prediction in each",
        ),
        _figure("predict_calls", iterations, "calls of predict in one run, one an iteration"),
        _figure("rows_per_call", data["y_test"].size, "cells of all held-out flows, which are advanced together"),
        *costs,
    ]
    curves = [
        _curve("drift_in", "error over iterations between the training heights", drift_in),
        _curve("drift_out", "error over iterations beyond the training heights", drift_out),
    ]
    return Findings(figures=figures, series=[*curves, *common.series], pictures=common.pictures)


def _common(data: Data, learner: Learner, results: Results, solve: Callable[[Surrogate], Floats]) -> Findings:
    """Return what is shown however the viscosity comes in; `solve` returns the velocities of all held-out flows."""
    flows, truth = cases.channels(data, "test"), data["velocity_test"]
    X, y = data["X_train"], data["y_train"]
    error = mean_velocity_error(flows, results["velocity"], truth)
    again = learnt_again(
        lambda rows, dtype: solve(Surrogate.learn(learner, X[rows].astype(dtype), y[rows].astype(dtype))),
        lambda found: mean_velocity_error(flows, found, truth),
        error,
        len(X),
        X.dtype,
        name="relative error of velocity",
    )
    figures = [
        _figure("error_in", error, f"relative L2 error of velocity {_HEIGHTS_IN}"),
        _figure(
            "reattachment_in",
            mean_reattachment_error(flows, results["velocity"], truth),
            f"relative error of the reattachment length {_HEIGHTS_IN}",
        ),
        *_baselines(data, flows, error),
        *again.figures,
    ]
    return Findings(figures=figures, series=again.series, pictures=_pictures(flows[0], truth[0], results))


def mean_velocity_error(flows: Sequence[Channel], found: Any, truth: Any) -> float:
    """Return the mean over flows of the relative L2 error of velocity, both (flows, fluid cells, 2)."""
    return _mean(cases.velocity_error, flows, found, truth)


def mean_reattachment_error(flows: Sequence[Channel], found: Any, truth: Any) -> float:
    """Return the mean over flows of the relative error of the reattachment length."""
    return _mean(cases.reattachment_error, flows, found, truth)


def mean_viscosity_error(flows: Sequence[Channel], found: Any, truth: Any) -> float:
    """Return the mean over flows of the relative L2 error of viscosity, both (flows, fluid cells)."""
    return _mean(cases.viscosity_error, flows, found, truth)


def _mean(error: Any, flows: Sequence[Channel], found: Any, truth: Any) -> float:
    return float(np.mean([error(flow.grid, *both) for flow, *both in zip(flows, found, truth, strict=True)]))


def _centred(flows: Sequence[Channel], states: Sequence[State]) -> Floats:
    """Return the velocities of the flows' states in cells, (flows, fluid cells, 2)."""
    return np.stack([flow.grid.centred(state.velocity) for flow, state in zip(flows, states, strict=True)])


def _paper_features(data: Data, learner: Learner, flows: Sequence[Channel]) -> list[Figure]:
    """Return how well the paper's features alone do: by R² of the viscosity, and by what it is for."""
    columns = slice(cases.PAPER_FEATURES)
    surrogate = Surrogate.learn(learner, data["X_train"][:, columns], data["y_train"])
    ratios = surrogate.predict([cases.potential_features(flow)[:, columns] for flow in flows])
    found = _centred(flows, [solve_frozen(flow, ratio)[-1] for flow, ratio in zip(flows, ratios, strict=True)])
    what = "learnt from the paper's features alone (potential-flow velocity, position, step height)"
    return [
        _figure("paper_features_r2", r2(data["y_test"], np.concatenate(ratios)), f"R² of the viscosity {what}"),
        _figure(
            "paper_features_reattachment",
            mean_reattachment_error(flows, found, data["velocity_test"]),
            f"relative error of the reattachment length {_HEIGHTS_IN}, {what}",
        ),
    ]


def _beyond(data: Data, surrogate: Surrogate) -> list[Figure]:
    flows, truth = cases.channels(data, "far"), data["velocity_far"]
    ratios, passed = once(surrogate, flows)
    found = _centred(flows, [states[-1] for states in passed])
    return [
        _figure("viscosity_r2_out", r2(data["y_far"], np.concatenate(ratios)), f"R² of the viscosity {_HEIGHTS_OUT}"),
        _figure("error_out", mean_velocity_error(flows, found, truth), f"relative L2 error of velocity {_HEIGHTS_OUT}"),
        _figure(
            "reattachment_out",
            mean_reattachment_error(flows, found, truth),
            f"relative error of the reattachment length {_HEIGHTS_OUT}",
        ),
    ]


def _baselines(data: Data, flows: Sequence[Channel], error: float) -> list[Figure]:
    """Return the errors of viscosities that nothing was learnt for, and the gain over the best of them.

    Cells of all heights correspond by number, so that a viscosity can be taken over from another height.
    """
    heights = data["heights_train"]
    known = data["y_train"].astype(np.float64).reshape(len(heights), -1)

    def between(height: float) -> Floats:
        return np.array([np.interp(height, heights, row) for row in np.eye(len(heights))]) @ known

    taken: Mapping[str, tuple[Callable[[float], Floats], str]] = {
        "baseline_nearest": (lambda height: known[np.abs(heights - height).argmin()], "of the nearest training height"),
        "baseline_between": (between, "between two training heights, cell by cell"),
        "baseline_uniform": (lambda _: np.full(known.shape[1], known.mean()), "in the mean everywhere"),
    }
    what = f"relative L2 error of velocity {_HEIGHTS_IN}, with the viscosity"
    figures = []
    for name, (viscosity, where) in taken.items():
        found = _centred(flows, [solve_frozen(flow, viscosity(flow.grid.height))[-1] for flow in flows])
        figures.append(_figure(name, mean_velocity_error(flows, found, data["velocity_test"]), f"{what} {where}"))
    best = min(figure.value for figure in figures)
    return [
        _figure("baseline", best, "the least error of velocity of three viscosities that nothing is learnt for"),
        _figure("gain", best - error, "by how much the error of velocity is below that"),
        *figures,
    ]


def _followed(
    learner: Learner, surrogate: Surrogate, flows: Sequence[Channel], truth: Floats, iterations: int
) -> tuple[list[float], list[Figure]]:
    """Return the mean error of velocity after each coupled iteration, and what an iteration costs."""
    errors: list[float] = []
    spent, before = dict.fromkeys(_STEP, 0.0), dict(learner.seconds)
    states = online(surrogate, flows)
    for _ in range(iterations):
        begun = perf_counter()
        found = next(states)
        spent["step"] += perf_counter() - begun
        errors.append(mean_velocity_error(flows, _centred(flows, found), truth))
    spent |= {phase: learner.seconds.get(phase, 0.0) - before.get(phase, 0.0) for phase in _STEP if phase != "step"}
    return errors, [
        Figure(
            name=f"{phase}_s_each",
            value=seconds / iterations,
            unit="s",
            condition=f"seconds in each coupled iteration of all held-out flows, on average: {_STEP[phase]}",
        )
        for phase, seconds in spent.items()
    ]


def _curve(name: str, label: str, errors: list[float]) -> Any:
    return series(name, label, "coupled iterations", "relative L2 error of velocity", range(1, len(errors) + 1), errors)


def _pictures(flow: Channel, truth: Floats, results: Results) -> list[Picture]:
    """Return the streamwise velocity at the first held-out height, cell by cell."""
    name, found = f"streamwise velocity, step height {flow.grid.height:.3g}", results["velocity"][0]
    shown = {"reference": truth[:, 0], "surrogate": found[:, 0], "difference": found[:, 0] - truth[:, 0]}
    return [picture(name, label, flow.grid.field(values)) for label, values in shown.items()]


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=float(value), condition=condition)
