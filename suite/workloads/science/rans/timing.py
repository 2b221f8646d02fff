"""Time to a flow: with the tuned turbulence model, with the exact viscosity, and with the learnt one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from suite.workloads.science.workflow import Data, Figure

#: The error of velocity and of reattachment length that counts as arrived, and what counts as strictly steady.
NEAR = 0.01
STRICT = 1e-5
#: Iterations to look at for arrival, within which it must hold, and at most to a strictly steady state.
_NEAR_ITERATIONS, STRICT_ITERATIONS = 20, 80
#: Runs of which the fastest counts.
_REPEATS = 2

Start = Callable[[], Iterator[State]]
#: Iterations and seconds.
Timing = tuple[int, float]
#: States with the seconds until each.
Run = list[tuple[State, float]]


def compare(data: Data, flow: Channel, learnt: Start, what: str) -> list[Figure]:
    """Return time ratios at one height; every solve has its operators at hand, and pays for its potential flow.

    Parameters
    ----------
    flow
        Of the first held-out height.
    learnt
        Starts the solve with a fitted surrogate: its fit is on no bill here.
    what
        What that solve consists of, in words.
    """
    exact, truth = _exact(data, flow), data["velocity_test"][0]
    (tuned,) = to_near(flow, lambda: spalart_allmaras(flow, NEAR_SOONEST), truth)
    (bound,) = to_near(flow, lambda: frozen(flow, exact), truth)
    found, ended = to_near(flow, learnt, truth, None)
    return _near(flow, tuned, bound, found, ended, what)


def _near(
    flow: Channel, tuned: Timing | None, bound: Timing | None, found: Timing | None, ended: Timing | None, what: str
) -> list[Figure]:
    """Return iterations to `NEAR`, and ratios of times to it."""
    where = f"at height {flow.grid.height:.3g}"
    to = f"until velocity and reattachment length stay within {NEAR:.0%} of the truth"
    chosen = f"{_words(NEAR_SOONEST)}, the fastest to it of 36 settings"
    never = "0: never reached"
    of_model = f"time of the tuned turbulence model over that of {what}, both {to}, {where}"
    without = "without the fit and the training flows"
    timings = (
        ("baseline_iterations", tuned, f"iterations of the turbulence model {to}, {where}; {chosen}; {never}"),
        ("bound_iterations", bound, f"iterations with the exact viscosity {to}, {where}; {never}"),
        ("surrogate_iterations", found, f"iterations with the learnt viscosity {to}, {where}; {never}"),
        (
            "surrogate_iterations_own_end",
            ended,
            f"iterations with the learnt viscosity until they stay within {NEAR:.0%} of where they end, {where}; "
            f"{never}",
        ),
    )
    figures = [Figure(name=name, value=timing[0] if timing else 0, condition=text) for name, timing, text in timings]
    ratios = (
        ("over_simulation", found, f"{of_model}; {without}; {never}"),
        (
            "over_simulation_own_end",
            ended,
            f"the same, but the learnt viscosity only until within {NEAR:.0%} of where it ends, be that right or wrong",
        ),
        (
            "over_simulation_bound",
            bound,
            f"the same with the exact viscosity and no prediction, {to}, {where}; {never}",
        ),
    )
    if tuned:
        figures += [
            Figure(name=name, value=tuned[1] / timing[1] if timing else 0.0, condition=text)
            for name, timing, text in ratios
        ]
    return figures


def strictly(data: Data, flow: Channel) -> list[Figure]:
    """Return the ratio of times to a strictly steady state: of the faster of two settings, by the exact viscosity."""
    exact = _exact(data, flow)
    models = [to_strict(flow, _model(flow, relaxation)) for relaxation in (STRICT_SOONEST, CAREFUL)]
    steady = [timing for timing in models if timing]
    bound = to_strict(flow, lambda: frozen(flow, exact))
    if not steady or not bound:
        return []
    fastest = min(steady, key=lambda timing: timing[1])
    to = f"until no velocity changes by {STRICT:g}, at height {flow.grid.height:.3g}"
    model = f"the turbulence model, the faster of two settings ({_words(STRICT_SOONEST)}; {_words(CAREFUL)})"
    return [
        Figure(
            name="over_simulation_strict",
            value=fastest[1] / bound[1],
            condition=f"time of {model} over that of a solve with the exact viscosity, both {to}",
        ),
        Figure(name="strict_iterations", value=fastest[0], condition=f"iterations of {model}, {to}"),
        Figure(name="strict_bound_iterations", value=bound[0], condition=f"iterations with the exact viscosity {to}"),
    ]


def _exact(data: Data, flow: Channel) -> Floats:
    """Return the eddy viscosity at the first held-out height."""
    viscosity: Floats = data["y_test"][: len(flow.grid.cells)] * flow.viscosity
    return viscosity


def _model(flow: Channel, relaxation: Relaxation) -> Start:
    return lambda: spalart_allmaras(flow, relaxation)


def to_near(flow: Channel, start: Start, *aims: Floats | None) -> list[Timing | None]:
    """Return when errors fell below `NEAR` for good, against each aim: a true velocity, or None for the last state."""
    runs = [timed(flow, start, _NEAR_ITERATIONS) for _ in range(_REPEATS)]
    return [arrival(flow, runs, flow.grid.centred(runs[0][-1][0].velocity) if aim is None else aim) for aim in aims]


def arrival(flow: Channel, runs: Sequence[Run], aim: Floats) -> Timing | None:
    """Return when errors against the aim fell below `NEAR` for good, in the fastest of some equal runs."""
    errors = [_distance(flow, flow.grid.centred(state.velocity), aim) for state, _ in runs[0]]
    first = max((k + 1 for k, error in enumerate(errors) if error >= NEAR), default=0)
    return (first + 1, min(run[first][1] for run in runs)) if first < len(errors) else None


def to_strict(flow: Channel, start: Start) -> Timing | None:
    """Return when the state was strictly steady."""
    runs = [timed(flow, start, STRICT_ITERATIONS) for _ in range(_REPEATS)]
    steady = runs[0][-1][0].stands_still(STRICT)
    return (len(runs[0]), min(run[-1][1] for run in runs)) if steady else None


def timed(flow: Channel, start: Start, most: int) -> Run:
    """Return the states up to a strictly steady one with the seconds until each, potential flow included."""
    _ = flow.momentum, flow.scalar
    flow.__dict__.pop("potential", None)  # what the flow remembers is on the bill again
    began = perf_counter()
    passed: Run = []
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
