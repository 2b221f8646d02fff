"""Simulated maps of the exit plane, and designs to explore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats.qmc import LatinHypercube

from suite.datasets.source import Request
from suite.workloads.science.injector.nozzle import DURATION, PARAMETERS, physical, simulate
from suite.workloads.science.injector.solver import Grid

#: Coded values of what lies outside the range: thinner fluid, up to a Reynolds number of 360, and half the lift.
_THINNER, _LOWER = (1.0, 5 / 3), (-0.375, 0.0)


def make(request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the designs, their maps, and where and when the values of a map are.

    - `X_train` (n, 5), `X_test`, `X_far`: the parameters, coded such that 0 and 1 are the ends of the range. The
      training designs are a Latin hypercube, the held-out ones uniform; those of `X_far` have a Reynolds number above
      the range (the first half) or a needle lift below it.
    - `X_designs`: what to explore: the held-out designs, then uniform ones.
    - `y_train` (n, times · 3 · heights), `y_test`, `y_far`: u, v and void fraction at each of `times` over `heights`,
      dimensionless; those held out are in float64.
    - `points`: which values of (simulation, time, height), counted through, are for learning point by point.
    """
    grid, records = Grid(request.args["cells"], request.args["cells"] // 2), request.args["records"]
    designs = _designs(request)
    for name, coded in designs.items():
        yield f"X_{name}", np.asarray(coded, request.dtype, order="F" if request.order == "F" else "C")
    simulated = {name: designs[name] for name in ("train", "test", "far")}
    identity = {"cells": grid.nx, "records": records, "seed": request.seed}
    maps = request.keep(
        identity | {f"n_{name}": len(coded) for name, coded in simulated.items()},
        lambda _: _simulated(simulated, grid, records, request.progress),
    )
    yield "y_train", np.asarray(maps["train"], request.dtype)
    yield "y_test", maps["test"]
    yield "y_far", maps["far"]
    yield "times", DURATION / records * (np.arange(records) + 1)
    yield "heights", grid.y_cells
    yield "points", _points(request, request.n_train * records * grid.ny)


def _simulated(
    designs: Mapping[str, NDArray[np.float64]], grid: Grid, records: int, progress: Callable[[float], None]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the maps of each set of coded designs, (designs, values)."""
    done, count = 0, sum(map(len, designs.values()))

    def tell(ready: int) -> None:
        progress((done + ready) / count)

    for name, coded in designs.items():
        maps = simulate(physical(coded), grid, records, tell)
        done += len(coded)
        yield name, maps.reshape(len(coded), -1)


def _designs(request: Request) -> dict[str, NDArray[np.float64]]:
    """Return the coded designs by the name of their set."""
    train, test, far, more = (np.random.default_rng([request.seed, part]) for part in range(4))
    k = len(PARAMETERS)
    held_out = test.random((request.n_test, k))
    outside = far.random((request.args["n_far"], k))
    thinner = len(outside) // 2
    outside[:thinner, 1] = _THINNER[0] + (_THINNER[1] - _THINNER[0]) * outside[:thinner, 1]
    outside[thinner:, 0] = _LOWER[0] + (_LOWER[1] - _LOWER[0]) * outside[thinner:, 0]
    return {
        "train": LatinHypercube(k, rng=train).random(request.n_train),
        "test": held_out,
        "far": outside,
        "designs": np.concatenate([held_out, more.random((request.args["n_designs"], k))]),
    }


def _points(request: Request, available: int) -> NDArray[np.int64]:
    """Return the points to learn, all different, in order."""
    wanted = request.args["n_points"] or available
    if wanted >= available:
        return np.arange(available)
    return np.sort(np.random.default_rng([request.seed, 4]).choice(available, wanted, replace=False))
