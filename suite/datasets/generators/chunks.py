"""Rows in chunks: a random stream for each, filled by a pool of threads (NumPy's draws and loops release the GIL)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from numpy.random import SFC64, Generator
from numpy.typing import NDArray

from suite.datasets.source import Request

if TYPE_CHECKING:
    from suite.datasets.source import Made

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
#: Fills (features, rows) of the chunk and (rows,) of the target.
Fill = Callable[[Generator, Floats, NDArray[Any]], None]
Arrays: TypeAlias = "Iterator[tuple[str, Made]]"
Result = TypeVar("Result")

#: Larger chunks leave the caches of a core; of smaller ones, threads wait for each other between NumPy's calls.
CHUNK_VALUES = 1 << 19
#: As many keep the digest busy, which follows them; each takes the memory of a float64 chunk, 4 MB, and of its parts.
MOST_THREADS = 8
STRUCTURE, TRAIN, TEST = 0, 1, 2


class _Rooms(threading.local):
    """The arrays that a thread fills again for every chunk: new ones of this size come as pages to be zeroed."""

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}


_rooms = _Rooms()


def room(name: str, shape: tuple[int, ...]) -> Floats:
    """Return the calling thread's array of this name, with anything in it; good until asked for again."""
    array = _rooms.arrays.get(name)
    if array is None or array.shape != shape:
        array = _rooms.arrays[name] = np.empty(shape)
    return array


def n_threads() -> int:
    """Return how many threads fill chunks: the CPUs that this process may use, within reason."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_THREADS)


def stream(request: Request, part: int, chunk: int = 0) -> Generator:
    """Return the generator of a chunk of a part; of STRUCTURE there is one."""
    return Generator(SFC64([request.seed, part, chunk]))


def chunk_rows(values_a_row: int) -> int:
    """Return how many rows a chunk has; it must not depend on how many rows there are."""
    return max(1, CHUNK_VALUES // values_a_row)


def in_threads(work: Callable[[int], Result], count: int) -> Iterator[Result]:
    """Yield `work(0)`, `work(1)`, ... in this order, made in threads; the first error cancels what has not begun."""
    threads = min(n_threads(), count)
    if threads < 2:
        yield from map(work, range(count))
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, range(count))


def labelled(request: Request, fill: Fill, kind: str) -> Arrays:
    """Yield X and y of both parts."""
    yield from _part(request, fill, TRAIN, "X_train", "y_train", kind)
    yield from _part(request, fill, TEST, "X_test", "y_test", kind)


def clustered(request: Request, fill: Fill, truth_test: str = "") -> Arrays:
    """Yield X of both parts and the truth of the training rows; of the held-out ones too if that is given a name."""
    yield from _part(request, fill, TRAIN, "X_train", "truth", "int64")
    yield from _part(request, fill, TEST, "X_test", truth_test, "int64")


def unlabelled(request: Request, fill: Fill) -> Arrays:
    """Yield X of both parts."""
    yield from _part(request, fill, TRAIN, "X_train", "", "int8")
    yield from _part(request, fill, TEST, "X_test", "", "int8")


def _part(request: Request, fill: Fill, part: int, name: str, target_name: str, kind: str) -> Arrays:
    """Make the rows of a part: X of (n, features) in the asked dtype and order; the target of (n,) if it is named."""
    n = request.n_train if part == TRAIN else request.n_test
    if not n:
        return
    X = request.allocate(name, (n, request.n_features), request.dtype, request.order)
    target = request.allocate(target_name, (n,), kind, "C") if target_name else None
    rows = chunk_rows(request.n_features)

    def make(number: int) -> None:
        kept = slice(number * rows, min((number + 1) * rows, n))
        chunk, drawn = room("chunk", (request.n_features, rows)), np.empty(rows, kind)
        fill(stream(request, part, number), chunk, drawn)
        X[kept] = chunk.T[: kept.stop - kept.start]
        if target is not None:
            target[kept] = drawn[: kept.stop - kept.start]

    for number, _ in enumerate(in_threads(make, -(-n // rows)), 1):
        for made in filter(None, (name, target_name)):
            request.filled(made, min(number * rows, n))
    yield name, X
    if target is not None:
        yield target_name, target
