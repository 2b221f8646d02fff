"""Steady states: velocity and eddy viscosity in turn, until both stand still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import Floats
from suite.workloads.science.rans.turbulence import SpalartAllmaras, eddy_viscosity


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """How far an iteration goes.

    Attributes
    ----------
    velocity
        Share of the way to the velocity that the momentum balance gives.
    turbulence, steps
        Share of the way of each step of the turbulence model, and how many steps come before each of the velocity.
    """

    velocity: float
    turbulence: float
    steps: int


#: What a surrogate is compared with: of the 36 settings of `tuning` (level 8; docs/science.md has the table) this takes
#: the least time to 1 % error, but need not settle beyond that.
NEAR_SOONEST = Relaxation(velocity=1.0, turbulence=1.0, steps=1)
#: Of the same settings the fastest to a strict steady state: 26 and 29 iterations. On coarse grids `CAREFUL` can be
#: faster.
STRICT_SOONEST = Relaxation(velocity=0.85, turbulence=1.0, steps=2)
#: Slower there (49 and 60 iterations), but steady on coarse grids too: what data are made with.
CAREFUL = Relaxation(velocity=0.5, turbulence=0.9, steps=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an iteration left.

    Attributes
    ----------
    velocity
        On all faces; mass is conserved.
    eddy, working
        Eddy viscosity and the working variable of the turbulence model, (fluid cells,).
    change, turbulence_change
        By how much the balances would still move any velocity, and any working variable as a share of the largest.
    """

    velocity: Floats
    eddy: Floats
    working: Floats
    change: float
    turbulence_change: float

    def stands_still(self, tolerance: float) -> bool:
        """Return whether velocities change less than this, and the working variable, which lags, ten times that."""
        return self.change < tolerance and self.turbulence_change < 10 * tolerance


class NotSteadyError(ArithmeticError):
    """The iterations did not arrive at a steady state."""


def spalart_allmaras(channel: Channel, relaxation: Relaxation, start: State | None = None) -> Iterator[State]:
    """Yield the states of the solver with the turbulence model: from potential flow, or from another state."""
    model = SpalartAllmaras(channel)
    velocity, working = (start.velocity, start.working) if start else (channel.potential, model.start())
    while True:
        before = working
        for _ in range(relaxation.steps):
            working = model.step(velocity, working, relaxation.turbulence)
        eddy = eddy_viscosity(working, channel.viscosity)
        step = channel.oseen(velocity, eddy) - velocity
        velocity = velocity + relaxation.velocity * step
        yield State(
            velocity=velocity,
            eddy=eddy,
            working=working,
            change=float(np.abs(step).max()),
            turbulence_change=float(np.abs(working - before).max() / working.max()),
        )


def frozen(channel: Channel, eddy: Floats) -> Iterator[State]:
    """Yield the states of the solver with a given eddy viscosity, (fluid cells,).

    Velocity is not relaxed: of nine relaxations from 0.6 to 1.4 that is within two iterations of the best.
    """
    velocity = channel.potential
    while True:
        arrived = channel.oseen(velocity, eddy)
        change = float(np.abs(arrived - velocity).max())
        velocity = arrived
        yield State(velocity=velocity, eddy=eddy, working=eddy, change=change, turbulence_change=0.0)


def until_steady(states: Iterator[State], tolerance: float, most: int) -> list[State]:
    """Return the states up to the first that stands still, or `most` of them."""
    passed: list[State] = []
    for state in islice(states, most):
        passed.append(state)
        if state.stands_still(tolerance):
            break
    return passed


def steady(states: Iterator[State], tolerance: float, most: int) -> State:
    """Return the first state that stands still.

    Raises
    ------
    NotSteadyError
        If there is none among the first `most`.
    """
    last = until_steady(states, tolerance, most)[-1]
    if not last.stands_still(tolerance):
        raise NotSteadyError(f"after {most} iterations velocities still change by {last.change:.1e}")
    return last
