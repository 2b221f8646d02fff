"""The events: training ones, held-out ones, and those of a detector that is out of calibration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.source import Request
from suite.workloads.science.collider.events import (
    CALIBRATED,
    LOW_LEVEL,
    MISCALIBRATED,
    Detector,
    collisions,
    low_level,
    measured,
)

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: Events that are made at once, from their own random numbers.
CHUNK = 1 << 14

#: Events of the detector that is out of calibration, at most.
MOST_FAR = 200_000


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the parts train, test and far: what is recorded of each event (n, 15), and whether it is signal.

    An event depends on the seed, its part and its number alone.
    """
    if request.n_features != LOW_LEVEL:
        raise ValueError(f"events have {LOW_LEVEL} features, not {request.n_features}")
    parts = {
        "train": (request.n_train, CALIBRATED),
        "test": (request.n_test, CALIBRATED),
        "far": (min(request.n_test, MOST_FAR), MISCALIBRATED),
    }
    events = sum(n for n, _ in parts.values())
    done = 0
    for number, (part, (n, detector)) in enumerate(parts.items()):
        X = request.allocate(f"X_{part}", (n, LOW_LEVEL), request.dtype, request.order)
        y = np.empty(n, dtype=np.int64)
        for start in range(0, n, CHUNK):
            here = slice(start, min(start + CHUNK, n))
            rows, classes = chunk(request.seed, number, start // CHUNK, detector)
            X[here], y[here] = rows[: here.stop - start], classes[: here.stop - start]
            request.progress((done + here.stop) / events)
        done += n
        yield f"X_{part}", X
        yield f"y_{part}", y


def chunk(seed: int, part: int, number: int, detector: Detector) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return what is recorded of `CHUNK` events, and whether they are signal."""
    rng = np.random.default_rng([seed, part, number])
    jets, y = collisions(rng, CHUNK)
    return low_level(measured(rng, jets, detector)), y
