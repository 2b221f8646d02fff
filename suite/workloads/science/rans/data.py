"""Flows over steps: for training, between the training heights, and beyond them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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

#: A flow with its velocities on all faces and its eddy viscosities.
Solved = tuple[Channel, Floats, Floats]


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the features and eddy viscosities of all cells, height after height, and the held-out flows.

    Targets are eddy viscosities by the fluid's. `X_test` is of heights between those for training, `X_far` of heights
    beyond. `heights_*` are the steps' heights, `velocity_test` and `velocity_far` true velocities of
    (heights, fluid cells, 2), `level` the resolution, (1,).
    """
    level = request.args["level"]
    parts = _heights(request, Resolution.of(level).cells)
    solved = _solved(parts, level, request)
    local = request.args["features"] == "local"
    for part, heights in parts.items():
        flows = [solved[height] for height in heights.tolist()]
        rows = [local_features(flow, velocity) if local else potential_features(flow) for flow, velocity, _ in flows]
        yield f"X_{part}", np.asarray(np.concatenate(rows), request.dtype, order="F" if request.order == "F" else "C")
        target = np.concatenate([eddy / flow.viscosity for flow, _, eddy in flows])
        yield f"y_{part}", target.astype(request.dtype) if part == "train" else target
        yield f"heights_{part}", heights
        if part != "train":
            yield f"velocity_{part}", np.stack([flow.grid.centred(velocity) for flow, velocity, _ in flows])
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


def _solved(parts: Mapping[str, Floats], level: int, request: Request) -> dict[float, Solved]:
    """Return the flow of each height, solved or kept: held-out ones apart, for workloads differ in their number."""
    count = sum(map(len, parts.values()))
    solved: dict[float, Solved] = {}

    def add(heights: list[float]) -> None:
        before = len(solved)
        kept = request.keep(
            {"level": level, "heights": heights},
            lambda _: _solve(heights, level, lambda done: request.progress((before + done) / count)),
        )
        flows = [channel(height, level) for height in heights]
        solved.update(zip(heights, zip(flows, kept["velocity"], kept["eddy"], strict=True), strict=True))
        request.progress(len(solved) / count)

    add(sorted([*parts["train"].tolist(), *parts["far"].tolist()]))
    add(parts["test"].tolist())
    return solved


def _solve(heights: list[float], level: int, progress: Callable[[int], None]) -> Iterator[tuple[str, Floats]]:
    """Yield the steady velocities on all faces and the eddy viscosities, each flow found from the one before."""
    states: list[State] = []
    with threadpool_limits(1):
        for height in heights:
            start = states[-1] if states else None
            states.append(steady(spalart_allmaras(channel(height, level), CAREFUL, start), STEADY, MOST_ITERATIONS))
            progress(len(states))
    yield "velocity", np.stack([state.velocity for state in states])
    yield "eddy", np.stack([state.eddy for state in states])
