"""Flows over steps: for training, between the training heights, and beyond them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from suite.datasets.source import Request
from suite.errors import UsageError
from suite.workloads.science.rans.cases import (
    BEYOND,
    channel,
    held_out_heights,
    local_features,
    potential_features,
    training_heights,
)
from suite.workloads.science.rans.flow import Channel
from suite.workloads.science.rans.grid import Floats
from suite.workloads.science.rans.resolution import Resolution
from suite.workloads.science.rans.solver import CAREFUL, State, spalart_allmaras, steady

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: When a flow counts as steady, and after how many iterations it should long have been.
STEADY = 1e-5
MOST_ITERATIONS = 400


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the features and eddy viscosities of all cells, height after height, and the held-out flows.

    Targets are eddy viscosities by the fluid's. `X_test` is of heights between those for training, `X_far` of heights
    beyond. `heights_*` are the steps' heights, `velocity_test` and `velocity_far` true velocities of
    (heights, fluid cells, 2), `level` the resolution, (1,).
    """
    level = request.args["level"]
    parts = _heights(request, Resolution.of(level).cells)
    with threadpool_limits(1):
        solved = _solve(sorted({height for heights in parts.values() for height in heights}), level, request)
    local = request.args["features"] == "local"
    for part, heights in parts.items():
        flows = [solved[height] for height in heights]
        rows = [local_features(flow, state.velocity) if local else potential_features(flow) for flow, state in flows]
        yield f"X_{part}", np.asarray(np.concatenate(rows), request.dtype, order="F" if request.order == "F" else "C")
        target = np.concatenate([state.eddy / flow.viscosity for flow, state in flows])
        yield f"y_{part}", target.astype(request.dtype) if part == "train" else target
        yield f"heights_{part}", heights
        if part != "train":
            yield f"velocity_{part}", np.stack([flow.grid.centred(state.velocity) for flow, state in flows])
    yield "level", np.array([level], np.int64)


def _heights(request: Request, cells: int) -> dict[str, Floats]:
    n_train, n_test = request.n_train // cells, request.n_test // cells
    whole = (request.n_train, request.n_test) == (n_train * cells, n_test * cells)
    if not whole or n_train < 2 or n_test < 1:
        raise UsageError(f"rows must be whole flows of {cells} cells: two or more for training, one or more held out")
    return {
        "train": training_heights(n_train),
        "test": held_out_heights(n_test, n_train),
        "far": np.array(BEYOND),
    }


def _solve(heights: list[float], level: int, request: Request) -> dict[float, tuple[Channel, State]]:
    """Return the steady flow of each height, each found from the one before."""
    solved: dict[float, tuple[Channel, State]] = {}
    last: State | None = None
    for done, height in enumerate(heights, start=1):
        flow = channel(height, level)
        last = steady(spalart_allmaras(flow, CAREFUL, last), STEADY, MOST_ITERATIONS)
        solved[height] = flow, last
        request.progress(done / len(heights))
    return solved
