"""Variational assimilation: a state at the start of a window, from a background and observations in the window.

In the control variable v = B^(-1/2) (x₀ − x_b), by which the background's term is preconditioned (Bannister 2008,
Q. J. R. Meteorol. Soc. 134, 1971), strong-constraint 4D-Var minimises

    J(v) = ½ vᵀv + ½ Σₖ ‖H xₖ − yₖ‖² / σ²,    xₖ₊₁ = M(xₖ),    x₀ = x_b + B^(1/2) v

with the gradient by the adjoint (Talagrand and Courtier 1987, Q. J. R. Meteorol. Soc. 113, 1311). `Dynamics` hides
what x is: the full model's spectrum, or coordinates of a reduced-order model. The ensemble form needs no adjoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

Vector: TypeAlias = NDArray[np.float64]
State: TypeAlias = NDArray[Any]
Pullback: TypeAlias = Callable[[State], State]

#: L-BFGS stops where J falls by less than this share in an iteration, or after so many iterations.
PRECISION, MOST_ITERATIONS = 1e-5, 100


class Dynamics(Protocol):
    """A model with its background, observed; every step comes with its adjoint about that step's trajectory."""

    @property
    def controls(self) -> int:
        """How many control variables there are."""

    def start(self, v: Vector) -> State:
        """Return x₀ = x_b + B^(1/2) v."""

    def start_adjoint(self, sensitivity: State) -> Vector:
        """Apply the adjoint of B^(1/2)."""

    def step(self, x: State) -> tuple[State, Pullback]:
        """Return the state one interval later, and the adjoint of that step."""

    def observe(self, x: State) -> Vector:
        """Return H x, of (stations,)."""

    def observe_adjoint(self, values: Vector) -> State:
        """Apply the adjoint of H."""


@dataclass(frozen=True)
class Analysis:
    """What was found: the control variable, all iterates before it, and the seconds each was reached after."""

    v: Vector
    iterates: Sequence[Vector]
    seconds: Sequence[float]
    evaluations: int


def cost(v: Vector, dynamics: Dynamics, observations: Vector, variance: Vector | float) -> tuple[float, Vector]:
    """Return J and its gradient.

    Parameters
    ----------
    observations
        y, of shape (times, stations), the first at the start of the window.
    variance
        σ², of each station or of all.
    """
    x = dynamics.start(v)
    pullbacks: list[Pullback] = []
    weighted: list[Vector] = []
    total = 0.5 * float(v @ v)
    for k, y in enumerate(observations):
        if k:
            x, pullback = dynamics.step(x)
            pullbacks.append(pullback)
        departure = dynamics.observe(x) - y
        weighted.append(departure / variance)
        total += 0.5 * float(departure @ weighted[-1])
    sensitivity = dynamics.observe_adjoint(weighted[-1])
    for pullback, values in zip(reversed(pullbacks), reversed(weighted[:-1]), strict=True):
        sensitivity = pullback(sensitivity) + dynamics.observe_adjoint(values)
    return total, v + dynamics.start_adjoint(sensitivity)


def assimilate(dynamics: Dynamics, observations: Vector, variance: Vector | float) -> Analysis:
    """Minimise J from the background by L-BFGS."""
    iterates: list[Vector] = []
    seconds: list[float] = []
    begun = perf_counter()

    def objective(v: Vector) -> Any:
        return cost(v, dynamics, observations, variance)

    def reached(xk: Vector) -> None:
        iterates.append(xk.copy())
        seconds.append(perf_counter() - begun)

    found = minimize(
        objective,
        np.zeros(dynamics.controls),
        jac=True,
        method="L-BFGS-B",
        callback=reached,
        options={"maxiter": MOST_ITERATIONS, "ftol": PRECISION, "gtol": 0.0, "maxcor": 20},
    )
    return Analysis(found.x, iterates, seconds, int(found.nfev))


def ensemble_analysis(members: Vector, predicted: Vector, observations: Vector, variance: Vector) -> Vector:
    """Return the mean of an ensemble updated by all observations in the window: 4D-EnVar without an adjoint.

    The minimum of J in the space of the members is x̄ + X Yᵀ (Y Yᵀ + R)⁻¹ (y − ȳ), with X and Y the departures from the
    means over √(members − 1) (Liu, Xiao and Wang 2008, Mon. Weather Rev. 136, 3363).

    Parameters
    ----------
    members
        At the start of the window, of shape (members, coordinates).
    predicted
        What the members would observe, of shape (members, times · stations).
    observations, variance
        y and the diagonal of R, of shape (times · stations,).
    """
    scale = 1 / np.sqrt(len(members) - 1)
    X, Y = scale * (members - members.mean(axis=0)), scale * (predicted - predicted.mean(axis=0))
    covariance = Y.T @ Y + np.diag(variance)
    weights = cho_solve(cho_factor(covariance), observations - predicted.mean(axis=0))
    return np.asarray(members.mean(axis=0) + X.T @ (Y @ weights))
