"""Time to a flow: with the tuned turbulence model, with the exact viscosity, and with the learnt one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from time import perf_counter

from suite.workloads.science.rans import cases
from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import Floats
from suite.workloads.science.rans.solver import (
    CAREFUL,
    NEAR_SOONEST,
    STRICT_SOONEST,
    Relaxation,
    State,
    frozen,
    spalart_allmaras,
)
from suite.workloads.science.rans.surrogate import Surrogate
from suite.workloads.science.workflow import Data, Figure

#: The error of velocity and of reattachment length that counts as arrived, and what counts as strictly steady.
NEAR = 0.01
STRICT = 1e-5
#: Iterations to look at for arrival, within which it must hold, and at most to a strictly steady state.
_NEAR_ITERATIONS, _STRICT_ITERATIONS = 20, 80
#: Runs of which the fastest counts.
_REPEATS = 2

Start = Callable[[], Iterator[State]]
#: Iterations and seconds.
Timing = tuple[int, float]


def compare(data: Data, flow: Channel, surrogate: Surrogate) -> list[Figure]:
    """Return time ratios at one height; every solve has its operators at hand, and pays for its potential flow.

    Parameters
    ----------
    flow
        Of the first held-out height.
    surrogate
        Fitted: its fit is on no bill here.
    """
    exact, truth = data["y_test"][: len(flow.grid.cells)] * flow.viscosity, data["velocity_test"][0]

    def learnt() -> Iterator[State]:
        ratio = surrogate.predict([cases.potential_features(flow)])[0]
        return frozen(flow, ratio * flow.viscosity)

    tuned = _to_near(flow, lambda: spalart_allmaras(flow, NEAR_SOONEST), truth)
    bound = _to_near(flow, lambda: frozen(flow, exact), truth)
    found = _to_near(flow, learnt, None)
    return [*_near(flow, tuned, bound, found), *_strict(flow, exact)]


def _near(flow: Channel, tuned: Timing | None, bound: Timing | None, found: Timing | None) -> list[Figure]:
    """Return iterations to `NEAR`, and ratios of times to it; what was not reached is left out."""
    where = f"at height {flow.grid.height:.3g}"
    to = f"until velocity and reattachment length stay within {NEAR:.0%}"
    chosen = f"{_words(NEAR_SOONEST)}, the fastest to it of 36 settings"
    counts = (
        ("baseline_iterations", tuned, f"iterations of the turbulence model {to} of the truth, {where}; {chosen}"),
        ("bound_iterations", bound, f"iterations with the exact viscosity {to} of the truth, {where}"),
        ("surrogate_iterations", found, f"iterations with the learnt viscosity {to} of where they end, {where}"),
    )
    figures = [Figure(name=name, value=timing[0], condition=text) for name, timing, text in counts if timing]
    if tuned and found:
        text = (
            f"time of the tuned turbulence model over that of potential flow, prediction and a solve with the "
            f"viscosity frozen, both {to} (the model of the truth, the other of where it ends), {where}; without the "
            f"fit and the training flows"
        )
        figures.append(Figure(name="over_simulation", value=tuned[1] / found[1], condition=text))
    if tuned and bound:
        text = f"the same with the exact viscosity, {to} of the truth, {where}"
        figures.append(Figure(name="over_simulation_bound", value=tuned[1] / bound[1], condition=text))
    return figures


def _strict(flow: Channel, exact: Floats) -> list[Figure]:
    """Return the ratio of times to a strictly steady state: of the faster of two settings, by the exact viscosity."""
    models = {relaxation: _to_strict(flow, _model(flow, relaxation)) for relaxation in (STRICT_SOONEST, CAREFUL)}
    steady = {relaxation: timing for relaxation, timing in models.items() if timing}
    bound = _to_strict(flow, lambda: frozen(flow, exact))
    if not steady or not bound:
        return []
    fastest = min(steady, key=lambda relaxation: steady[relaxation][1])
    text = (
        f"time of the turbulence model ({steady[fastest][0]} iterations; {_words(fastest)}) over that of a solve with "
        f"the exact viscosity ({bound[0]} iterations), both until no velocity changes by {STRICT:g}, "
        f"at height {flow.grid.height:.3g}"
    )
    return [Figure(name="over_simulation_strict", value=steady[fastest][1] / bound[1], condition=text)]


def _model(flow: Channel, relaxation: Relaxation) -> Start:
    return lambda: spalart_allmaras(flow, relaxation)


def _to_near(flow: Channel, start: Start, truth: Floats | None) -> Timing | None:
    """Return when errors fell below `NEAR` for good: against the truth, or against the last state."""
    runs = [_timed(flow, start, _NEAR_ITERATIONS) for _ in range(_REPEATS)]
    velocities = [flow.grid.centred(state.velocity) for state, _ in runs[0]]
    aim = velocities[-1] if truth is None else truth
    far = [k for k, velocity in enumerate(velocities) if _distance(flow, velocity, aim) >= NEAR]
    first = far[-1] + 1 if far else 0
    return (first + 1, min(run[first][1] for run in runs)) if first < len(velocities) else None


def _to_strict(flow: Channel, start: Start) -> Timing | None:
    """Return when the state was strictly steady."""
    runs = [_timed(flow, start, _STRICT_ITERATIONS) for _ in range(_REPEATS)]
    steady = runs[0][-1][0].stands_still(STRICT)
    return (len(runs[0]), min(run[-1][1] for run in runs)) if steady else None


def _timed(flow: Channel, start: Start, most: int) -> list[tuple[State, float]]:
    """Return the states up to a strictly steady one with the seconds until each, potential flow included."""
    _ = flow.momentum, flow.scalar
    flow.__dict__.pop("potential", None)  # what the flow remembers is on the bill again
    began = perf_counter()
    passed: list[tuple[State, float]] = []
    for state in islice(start(), most):
        passed.append((state, perf_counter() - began))
        if state.stands_still(STRICT):
            break
    return passed


def _distance(flow: Channel, velocity: Floats, aim: Floats) -> float:
    return max(error(flow.grid, velocity, aim) for error in (cases.velocity_error, cases.reattachment_error))


def _words(relaxation: Relaxation) -> str:
    steps = f"{relaxation.steps} step{'s' if relaxation.steps > 1 else ''}"
    return f"velocity relaxed by {relaxation.velocity:g}, turbulence by {relaxation.turbulence:g} in {steps}"
