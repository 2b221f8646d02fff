"""What is learnt from snapshots, and how it assimilates: by the adjoint of what was learnt, or by an ensemble."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.weather.assimilation import Vector, assimilate, ensemble_analysis
from suite.workloads.science.weather.climate import BACKGROUND, NOISE, WINDOW
from suite.workloads.science.weather.entry import KERNEL_GAMMA
from suite.workloads.science.weather.reduced import (
    KernelModel,
    Observer,
    Pod,
    QuadraticModel,
    ReducedDynamics,
    ReducedModel,
    quadratic_features,
)
from suite.workloads.science.workflow import Data, Learner

#: Forecasts are kept within so many times the largest coordinate learnt from: beyond, products grow without end.
RANGE = 2.0

Rows: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class Cases:
    """What is assimilated: backgrounds (cases, points), observations (cases, times, stations), members (cases, m)."""

    background: Vector
    observations: Vector
    members: NDArray[np.int64]

    @classmethod
    def of(cls, data: Data, kind: str = "") -> Cases:
        """Return the cases of the data, or those of another climate with `kind` "_far"."""
        return cls(data[f"background{kind}"], data[f"observations{kind}"], data["members"])


class Surrogate(ABC):
    """A reduced-order model in coordinates z, learnt by the engine.

    Parameters
    ----------
    X, trajectory
        Snapshots to learn from, and which simulation each is of.
    data
        Of which the stations and the deviation are taken.
    """

    def __init__(self, X: Rows, trajectory: NDArray[np.int64], data: Data, learner: Learner) -> None:
        self.pod = Pod.fit(X, learner)
        self.coordinates = self.pod.encode_rows(X)
        self.limit = RANGE * float(np.abs(self.coordinates).max())
        noise = NOISE * float(data["deviation"][0])
        self.observer = Observer.of(self.pod, data["stations"], noise, X, self.coordinates)
        before = np.flatnonzero(trajectory[1:] == trajectory[:-1])
        self.learn(self.coordinates[before], self.coordinates[before + 1] - self.coordinates[before], learner)

    @abstractmethod
    def learn(self, Z: Rows, increments: Rows, learner: Learner) -> None:
        """Learn the increments over an interval from the coordinates before it."""

    @abstractmethod
    def analyse(self, cases: Cases) -> Vector:
        """Return the coordinates at the start of the window, of shape (cases, r)."""

    @abstractmethod
    def advance(self, z: Vector) -> Vector:
        """Return rows of coordinates one interval later."""

    def forecast(self, z: Vector, intervals: int) -> Vector:
        """Return rows of coordinates at each interval from the start, of shape (intervals + 1, rows, r)."""
        course = [z]
        for _ in range(intervals):
            course.append(np.clip(self.advance(course[-1]), -self.limit, self.limit))
        return np.stack(course)


class Variational(Surrogate):
    """4D-Var in the coordinates, its gradient by the adjoint of what was learnt."""

    model: ReducedModel

    def analyse(self, cases: Cases) -> Vector:
        """Minimise J of one case after another."""
        deviations = BACKGROUND * self.coordinates.std(axis=0, dtype=np.float64)
        found = []
        for background, observations in zip(self.pod.encode(cases.background), cases.observations, strict=True):
            dynamics = ReducedDynamics(self.model, background, deviations, self.observer)
            found.append(dynamics.start(assimilate(dynamics, observations, self.observer.variance).v))
        return np.stack(found)

    def advance(self, z: Vector) -> Vector:
        """Return rows of coordinates one interval later, one after another."""
        return np.stack([self.model.step(row)[0] for row in z])


class Quadratic(Variational):
    """By linear regression on quadratic features."""

    def learn(self, Z: Rows, increments: Rows, learner: Learner) -> None:
        """Take the operators from the regression's coefficients."""
        fitted = learner.fit(quadratic_features(Z), increments)
        coefficients = fitted.attribute("coef_").astype(np.float64)
        self.model = QuadraticModel(coefficients, fitted.attribute("intercept_").astype(np.float64).ravel())


class Kernel(Variational):
    """By ridge regression with a Gaussian kernel."""

    def learn(self, Z: Rows, increments: Rows, learner: Learner) -> None:
        """Take the dual coefficients; the kernel is set here, where it is differentiated."""
        fitted = learner.fit(Z, increments, kernel="rbf", gamma=KERNEL_GAMMA)
        dual = fitted.attribute("dual_coef_").astype(np.float64)
        self.model = KernelModel(Z.astype(np.float64), dual, KERNEL_GAMMA)


class Ensemble(Surrogate):
    """Ensembles advanced by the engine's predictions of all their members; no adjoint."""

    def learn(self, Z: Rows, increments: Rows, learner: Learner) -> None:
        """Learn from what `features` makes of the coordinates."""
        fitted, dtype = learner.fit(self.features(Z), increments), Z.dtype

        def increment(z: Vector) -> Vector:
            return np.asarray(fitted.predict(self.features(z.astype(dtype))), dtype=np.float64)

        self.increment: Callable[[Vector], Vector] = increment

    def features(self, z: Rows) -> Rows:
        """Return the coordinates themselves."""
        return z

    def analyse(self, cases: Cases) -> Vector:
        """Advance the members of all cases at once, then update each case's mean."""
        count, size = cases.members.shape
        departures = self.coordinates[cases.members].astype(np.float64)
        departures -= departures.mean(axis=1, keepdims=True)
        members = self.pod.encode(cases.background)[:, None] + BACKGROUND * departures
        course = self.forecast(members.reshape(count * size, -1), WINDOW)
        seen = (course @ self.observer.matrix.T + self.observer.offset).reshape(WINDOW + 1, count, size, -1)
        variance = np.tile(self.observer.variance, WINDOW + 1)
        return np.stack(
            [
                ensemble_analysis(
                    members[i],
                    seen[:, i].transpose(1, 0, 2).reshape(size, -1),
                    cases.observations[i].ravel(),
                    variance,
                )
                for i in range(count)
            ]
        )

    def advance(self, z: Vector) -> Vector:
        """Return rows of coordinates one interval later, all predicted at once."""
        return z + self.increment(z)


class QuadraticEnsemble(Ensemble):
    """The same on quadratic features."""

    def features(self, z: Rows) -> Rows:
        """Return coordinates and their products."""
        return quadratic_features(z)
