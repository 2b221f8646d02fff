"""Flows with a learnt eddy viscosity: fitted, predicted for all cells of all flows at once, and solved with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import DTypeLike, NDArray

from suite.workloads.science.rans import cases
from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import Floats
from suite.workloads.science.rans.solver import State, frozen, until_steady
from suite.workloads.science.tabular import Standard
from suite.workloads.science.workflow import Learner, Model

#: When a flow with frozen viscosity counts as steady, and the most iterations it gets.
FROZEN_STEADY = 1e-3
FROZEN_ITERATIONS = 40
#: Relaxation of velocity and viscosity where the viscosity is predicted at every iteration.
ONLINE_VELOCITY, ONLINE_VISCOSITY = 0.85, 0.7


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted regression of the eddy viscosity by the fluid's on features in units of their deviation."""

    model: Model
    standard: Standard
    dtype: DTypeLike

    @classmethod
    def learn(cls, learner: Learner, X: NDArray[np.floating], y: NDArray[np.floating]) -> Surrogate:
        """Fit the engine's estimator on rows of features, (rows, features), and targets, (rows,)."""
        standard = Standard.of(X)
        return cls(learner.fit(standard(X), y), standard, X.dtype)

    def rows(self, features: Sequence[Floats]) -> NDArray[np.floating]:
        """Return what the engine is given for features of several flows."""
        return self.standard(np.concatenate(features).astype(self.dtype))

    def predict(self, features: Sequence[Floats]) -> list[Floats]:
        """Return the viscosities of several flows, none negative, by one call of the engine."""
        predicted = np.maximum(np.asarray(self.model.predict(self.rows(features)), np.float64).ravel(), 0.0)
        return np.split(predicted, np.cumsum([len(part) for part in features])[:-1])

    def start_frozen(self, flow: Channel) -> Iterator[State]:
        """Yield the states of a flow with the viscosity predicted from potential flow."""
        (ratio,) = self.predict([cases.potential_features(flow)])
        return frozen(flow, ratio * flow.viscosity)


def once(surrogate: Surrogate, flows: Sequence[Channel]) -> tuple[list[Floats], list[list[State]]]:
    """Return the viscosities predicted from potential flow, and the states of each flow solved with them."""
    viscosities = surrogate.predict([cases.potential_features(flow) for flow in flows])
    return viscosities, [solve_frozen(flow, ratio) for flow, ratio in zip(flows, viscosities, strict=True)]


def solve_frozen(flow: Channel, ratio: Floats) -> list[State]:
    """Return the states of a flow with this eddy viscosity by the fluid's, up to the steady one."""
    return until_steady(frozen(flow, ratio * flow.viscosity), FROZEN_STEADY, FROZEN_ITERATIONS)


def online(surrogate: Surrogate, flows: Sequence[Channel]) -> Iterator[list[State]]:
    """Yield the states of all flows, advanced together: one prediction an iteration is of all their cells."""
    velocities = [flow.potential for flow in flows]
    eddies: list[Floats] | None = None
    while True:
        features = [cases.local_features(flow, velocity) for flow, velocity in zip(flows, velocities, strict=True)]
        new = [ratio * flow.viscosity for flow, ratio in zip(flows, surrogate.predict(features), strict=True)]
        eddies = (
            new
            if eddies is None
            else [old + ONLINE_VISCOSITY * (to - old) for old, to in zip(eddies, new, strict=True)]
        )
        states = [_advance(*each) for each in zip(flows, velocities, eddies, strict=True)]
        velocities = [state.velocity for state in states]
        yield states


def coupled(surrogate: Surrogate, flows: Sequence[Channel], iterations: int) -> list[State]:
    """Return the states of all flows after so many iterations, advanced together."""
    (last,) = deque(islice(online(surrogate, flows), iterations), maxlen=1)
    return last


def _advance(flow: Channel, velocity: Floats, eddy: Floats) -> State:
    step = flow.oseen(velocity, eddy) - velocity
    return State(
        velocity=velocity + ONLINE_VELOCITY * step,
        eddy=eddy,
        working=eddy,
        change=float(np.sqrt(np.sum(step**2) / np.sum(velocity**2))),
        turbulence_change=0.0,
    )
