"""Simulated trajectories to learn from, held-out ones, and observations of these to assimilate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.source import Allocate, ArgumentError, Request
from suite.workloads.science.weather.climate import (
    BACKGROUND,
    FAR,
    LONGEST_LEAD,
    NOISE,
    SPIN_UP,
    WINDOW,
    advance,
    plane,
    start,
)
from suite.workloads.science.weather.turbulence import BetaPlane

#: Points of the trajectories that are advanced as one array: it stays in a core's cache.
_POINTS_AT_ONCE = 128**2


def make(request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield snapshots of the stream function ψ, trajectory after trajectory, and what is assimilated.

    - `X_train` (n, points), `X_test`, `X_far`: snapshots at equal intervals, each [y, x] counted through. `X_test` has
      one trajectory for each case, whose window starts at its first row; `X_far` is the same under a stronger forcing.
    - `trajectory` (n,), `trajectory_test`, `trajectory_far`: which of its set's simulations a row is of.
    - `deviation` (1,): the standard deviation of ψ about the mean snapshot, over the training set.
    - `stations` (s,): the points that are observed, counted through.
    - `members` (cases, members): training rows, whose departures from the mean spread the ensemble.
    - `observations` (cases, window + 1, s), `observations_far`: ψ at the stations with errors, in the window.
    - `background` (cases, points), `background_far`: the first guess of ψ at the start of the window, off by a share of
      the departure from the mean of another case's last snapshot.
    """
    simulation = _Simulation(request)
    kept = request.keep(simulation.identity, simulation.run)
    cases, rng = request.args["cases"], np.random.default_rng([request.seed, 3])
    X = kept["X_train"]
    climate = X.mean(axis=0)
    deviation = float(np.sqrt(X.var(axis=0).mean()))
    stations = np.sort(rng.choice(len(climate), min(request.args["stations"], len(climate)), replace=False))
    members = [rng.choice(len(X), min(request.args["members"], len(X)), replace=False) for _ in range(cases)]
    yield "X_train", _cast(request, "X_train", X)
    yield "trajectory", _numbers(len(X), request.args["trajectories"])
    yield "deviation", np.array([deviation])
    yield "stations", stations
    yield "members", np.stack(members)
    for name, kind in (("test", ""), ("far", "_far")):
        X = kept[f"X_{name}"]
        truth = X.reshape(cases, -1, len(climate))
        seen = truth[:, : WINDOW + 1, stations]
        yield f"X_{name}", _cast(request, f"X_{name}", X)
        yield f"trajectory_{name}", _numbers(len(X), cases)
        yield f"observations{kind}", seen + NOISE * deviation * rng.standard_normal(seen.shape)
        yield f"background{kind}", truth[:, 0] + BACKGROUND * (np.roll(truth[:, -1], 1, axis=0) - climate)


def _cast(request: Request, name: str, X: NDArray[np.float64]) -> NDArray[Any]:
    """Return the array in the dtype and the order that are asked for."""
    room = request.allocate(name, X.shape, request.dtype, request.order)
    room[...] = X
    return room


def _numbers(rows: int, count: int) -> NDArray[np.int64]:
    """Return which of `count` trajectories of equal length each row is of."""
    return np.repeat(np.arange(count), rows // count)


class _Simulation:
    """Simulates trajectories, and says how much of all is done."""

    def __init__(self, request: Request) -> None:
        args, self.n = request.args, isqrt(request.n_features)
        if self.n**2 != request.n_features or self.n < 32:
            raise ArgumentError("n_features", f"n_features must be a square from 32² on, not {request.n_features}")
        for name, rows, parts in (("n_train", request.n_train, "trajectories"), ("n_test", request.n_test, "cases")):
            if rows % args[parts]:
                raise ArgumentError(parts, f"{parts} must divide {name} of {rows}, which {args[parts]} does not")
        if request.n_test // args["cases"] <= WINDOW + LONGEST_LEAD:
            raise ArgumentError("n_test", f"each case needs {WINDOW + LONGEST_LEAD + 1} held-out snapshots at least")
        self.request = request
        self.intervals = request.n_train + 2 * request.n_test + SPIN_UP * (args["trajectories"] + 2 * args["cases"])
        self.done = 0
        self.lock = Lock()

    @property
    def identity(self) -> dict[str, int]:
        """All that determines the trajectories."""
        request, args = self.request, self.request.args
        counts = {"trajectories": args["trajectories"], "cases": args["cases"]}
        return {"n": self.n, "n_train": request.n_train, "n_test": request.n_test, "seed": request.seed, **counts}

    def run(self, allocate: Allocate) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the snapshots for training, held-out ones, and those under a stronger forcing."""
        rows, args = self.request.n_test, self.request.args
        yield "X_train", self._trajectories(allocate, "X_train", 0, self.request.n_train, args["trajectories"])
        yield "X_test", self._trajectories(allocate, "X_test", 1, rows, args["cases"])
        yield "X_far", self._trajectories(allocate, "X_far", 2, rows, args["cases"], FAR)

    def _trajectories(
        self, allocate: Allocate, name: str, part: int, rows: int, count: int, strength: float = 1.0
    ) -> NDArray[Any]:
        """Return the snapshots of `count` trajectories of equal length.

        Which are advanced together depends on the grid only, and so do the bytes.
        """
        flow = plane(self.n, strength)
        X = allocate(name, (rows, self.n**2), "float64", "C")
        length, together = rows // count, max(1, _POINTS_AT_ONCE // self.n**2)
        groups = [range(first, min(first + together, count)) for first in range(0, count, together)]
        flow.step(flow.spectrum(np.zeros((self.n, self.n))))  # what is computed once is there for all threads
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda group: self._simulate(X, group, length, flow, part), groups))
        return X

    def _simulate(self, X: NDArray[Any], group: range, length: int, flow: BetaPlane, part: int) -> None:
        """Write the snapshots of some trajectories, each from a start of its own."""
        w = start(flow, [np.random.default_rng([self.request.seed, part, i]) for i in group])
        self._tell(SPIN_UP * len(group))
        for row in range(length):
            X[[i * length + row for i in group]] = flow.streamfunction(w).reshape(len(group), -1)
            w = advance(flow, w)
            self._tell(len(group))

    def _tell(self, intervals: int) -> None:
        with self.lock:
            self.done += intervals
            self.request.progress(self.done / self.intervals)
