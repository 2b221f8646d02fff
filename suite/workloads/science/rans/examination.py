"""A closer look at flows with a learnt viscosity: what it costs and saves, and where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from suite.workloads.science.rans import cases
from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import Floats
from suite.workloads.science.rans.solver import State
from suite.workloads.science.rans.surrogate import Surrogate, once, online, solve_frozen
from suite.workloads.science.rans.timing import compare
from suite.workloads.science.tabular import learnt_again, r2
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Picture, Results, picture, series

_HEIGHTS_IN = "on average over held-out heights between those for training"
_HEIGHTS_OUT = "on average over heights beyond those for training (0.35 and 1.6)"


def of_step(data: Data, learner: Learner, results: Results) -> Findings:
    """Look closer at flows whose viscosity is predicted once."""
    flows, truth = cases.channels(data, "test"), data["velocity_test"]
    X, y = data["X_train"], data["y_train"]
    surrogate = Surrogate.learn(learner, X, y)

    def repeat(rows: Any, dtype: np.dtype[Any]) -> Floats:
        again = Surrogate.learn(learner, X[rows].astype(dtype), y[rows].astype(dtype))
        return _last(flows, once(again, flows)[1])

    error = mean_velocity_error(flows, results["velocity"], truth)
    again = learnt_again(
        repeat, lambda found: mean_velocity_error(flows, found, truth), error, X, name="relative error of velocity"
    )
    figures = [
        _figure("error_in", error, f"relative L2 error of velocity {_HEIGHTS_IN}"),
        _figure(
            "reattachment_in",
            mean_reattachment_error(flows, results["velocity"], truth),
            f"relative error of the reattachment length {_HEIGHTS_IN}",
        ),
        _figure(
            "viscosity_r2",
            r2(data["y_test"], results["output"]),
            "R² of the viscosity on held-out heights, to be seen beside the reattachment length",
        ),
        *_paper_features(data, learner, flows),
        *_beyond(data, surrogate),
        *_baselines(data, flows, error),
        *compare(data, flows[0], surrogate),
    ]
    pictures = _pictures(flows[0], truth[0], results)
    return Findings(figures=[*figures, *again.figures], series=again.series, pictures=pictures)


def of_online(data: Data, learner: Learner, results: Results, *, iterations: int) -> Findings:
    """Look closer at flows whose viscosity is predicted at every iteration."""
    flows, truth = cases.channels(data, "test"), data["velocity_test"]
    surrogate = Surrogate.learn(learner, data["X_train"], data["y_train"])
    viscosity = data["y_test"].reshape(len(flows), -1)
    direct = surrogate.predict(np.split(data["X_test"], len(flows)))
    a_priori = mean_viscosity_error(flows, direct, viscosity)
    coupled = mean_viscosity_error(flows, results["viscosity"], viscosity)
    far = cases.channels(data, "far")
    drift_in = _drift(surrogate, flows[:1], truth[:1], iterations)
    drift_out = _drift(surrogate, far, data["velocity_far"], iterations)
    figures = [
        _figure(
            "error_in", a_priori, f"relative L2 error of the viscosity predicted from the true flow, {_HEIGHTS_IN}"
        ),
        _figure("error_coupled", coupled, f"the same after {iterations} coupled iterations"),
        _figure("coupled_over_a_priori", coupled / a_priori, "error_coupled by error_in"),
        _figure("error_out", drift_out[-1], f"relative L2 error of velocity after coupling {_HEIGHTS_OUT}"),
        _figure(
            "velocity_in",
            mean_velocity_error(flows, results["velocity"], truth),
            f"relative L2 error of velocity after coupling {_HEIGHTS_IN}",
        ),
        _figure("predict_calls", iterations, "calls of predict in one run, one an iteration"),
        _figure("rows_per_call", data["y_test"].size, "cells of all held-out flows, which are advanced together"),
    ]
    curves = [
        _curve("drift_in", f"error over iterations at height {flows[0].grid.height:.3g}", drift_in),
        _curve("drift_out", "error over iterations beyond the training heights", drift_out),
    ]
    return Findings(figures=figures, series=curves, pictures=_pictures(flows[0], truth[0], results))


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


def _last(flows: Sequence[Channel], passed: Sequence[list[State]]) -> Floats:
    """Return the velocities that the solves ended with, (flows, fluid cells, 2)."""
    return np.stack([flow.grid.centred(states[-1].velocity) for flow, states in zip(flows, passed, strict=True)])


def _paper_features(data: Data, learner: Learner, flows: Sequence[Channel]) -> list[Figure]:
    """Return how well the paper's features alone do: by R² of the viscosity, and by what it is for."""
    columns = slice(cases.PAPER_FEATURES)
    surrogate = Surrogate.learn(learner, data["X_train"][:, columns], data["y_train"])
    ratios = surrogate.predict([cases.potential_features(flow)[:, columns] for flow in flows])
    found = _last(flows, [solve_frozen(flow, ratio) for flow, ratio in zip(flows, ratios, strict=True)])
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
    found = _last(flows, passed)
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
    """Return the errors of viscosities that nothing was learnt for.

    Cells of all heights correspond by number, so that a viscosity can be taken over from another height.
    """
    heights = data["heights_train"]
    known = data["y_train"].astype(np.float64).reshape(len(heights), -1)
    nearest: list[list[State]] = []
    between: list[list[State]] = []
    uniform: list[list[State]] = []
    for flow in flows:
        distance = np.abs(heights - flow.grid.height)
        weight = np.array([np.interp(flow.grid.height, heights, row) for row in np.eye(len(heights))])
        for found, ratio in (
            (nearest, known[distance.argmin()]),
            (between, weight @ known),
            (uniform, np.full(known.shape[1], known.mean())),
        ):
            found.append(solve_frozen(flow, ratio))
    errors = [
        mean_velocity_error(flows, _last(flows, found), data["velocity_test"]) for found in (nearest, between, uniform)
    ]
    what = f"relative L2 error of velocity {_HEIGHTS_IN}"
    return [
        _figure("baseline", errors[0], f"{what}, with the viscosity of the nearest training height, cell by cell"),
        _figure("gain", errors[0] - error, "by how much that is above the error of the learnt viscosity"),
        _figure(
            "baseline_between", errors[1], f"{what}, with the viscosity between two training heights, cell by cell"
        ),
        _figure("baseline_uniform", errors[2], f"{what}, with the mean viscosity everywhere"),
    ]


def _drift(surrogate: Surrogate, flows: Sequence[Channel], truth: Floats, iterations: int) -> list[float]:
    """Return the mean error of velocity after each coupled iteration."""
    return [
        mean_velocity_error(
            flows, [flow.grid.centred(state.velocity) for flow, state in zip(flows, states, strict=True)], truth
        )
        for states in islice(online(surrogate, flows), iterations)
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
