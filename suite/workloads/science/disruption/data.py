"""The discharges as rows, one a time slice; each is wholly for training, held out, or of the other regime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.source import Request
from suite.workloads.science.disruption.discharges import CHANNELS, FAR, HOME, SLICE_S, SLICES, simulate

#: A slice is positive if its discharge disrupts within so many seconds.
HORIZON_S = 0.25


def make(request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield X and y of each part, and `shot`: the number of each row's discharge; rows are in order of time.

    The parts are train, test and, of another regime and as many as test, far.
    """
    if request.n_features != len(CHANNELS):
        raise ValueError(f"there are {len(CHANNELS)} diagnostics, not {request.n_features}")
    if request.n_train % SLICES or request.n_test % SLICES:
        raise ValueError(f"discharges have {SLICES} slices: the numbers of rows must be multiples of that")
    order: Any = request.order
    first = 0
    for stream, (part, rows, regime) in enumerate(
        (("train", request.n_train, HOME), ("test", request.n_test, HOME), ("far", request.n_test, FAR))
    ):
        number = rows // SLICES
        progress = request.progress if part == "train" else None
        made = simulate(number, regime, (request.seed, stream), progress)
        soon = np.arange(SLICES, 0, -1) * SLICE_S <= HORIZON_S
        yield f"X_{part}", np.asarray(made.signals.reshape(rows, -1), request.dtype, order=order)
        yield f"y_{part}", (made.disrupts[:, None] & soon).ravel().astype(np.int64)
        yield f"shot_{part}", np.repeat(first + np.arange(number), SLICES)
        yield f"disrupts_{part}", made.disrupts.astype(np.int64)
        first += number
