"""The expression data: cells that are drawn from a mixture, or samples that packages ship."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets import source_of
from suite.datasets.source import Request
from suite.workloads.entry import DataSpec
from suite.workloads.science.subtypes.cells import (
    CHUNK,
    FAR,
    HOME,
    Labels,
    Laboratory,
    Population,
    batch_effects,
    draw,
    population,
)
from suite.workloads.science.subtypes.source import packaged

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: Of all_aml: intensities beyond these bounds are no signal, or saturated (Dudoit, Fridlyand and Speed 2002).
FLOOR, CEILING = 100.0, 16_000.0


def make(request: Request) -> Iterator[tuple[str, Made]]:
    """Yield the rows to be clustered and what they truly are, `truth`.

    Of cells there are held-out ones (`X_test`, `truth_test`), and as many from another laboratory (`far`); `batch` is
    that of each training cell.

    Raises
    ------
    UsageError
        If the package of the samples is not installed, or its copyleft licence not accepted.
    """
    if "samples" in request.args:
        yield from _samples(request)
    else:
        yield from _cells(request)


def _samples(request: Request) -> Iterator[tuple[str, Made]]:
    name = request.args["samples"]
    source = source_of(name)
    args = source.resolve(DataSpec(source=name, args=packaged(request.args)))
    plain = replace(request, n_train=0, n_test=0, n_features=0, args=args, dtype="float64", order="C")
    arrays: dict[str, Any] = dict(source.make(plain))
    X = arrays["X_train"]
    if name == "all_aml":
        X = np.log2(np.clip(X, FLOOR, CEILING))
    order: Any = request.order
    yield "X_train", np.asarray(X, request.dtype, order=order)
    yield "truth", arrays["y_train"].astype(np.int64)


def _cells(request: Request) -> Iterator[tuple[str, Made]]:
    cells = population(int(request.args["n_subtypes"]), request.n_features, request.seed)
    parts = (("train", request.n_train, HOME), ("test", request.n_test, HOME), ("far", request.n_test, FAR))
    for stream, (part, rows, laboratory) in enumerate(parts, start=1):
        X = request.allocate(f"X_{part}", (rows, request.n_features), request.dtype, request.order)
        kind, batch = _fill(request, X, cells, laboratory, stream)
        yield f"X_{part}", X
        yield ("truth" if part == "train" else f"truth_{part}"), kind
        if part == "train":
            yield "batch", batch


def _fill(
    request: Request, X: NDArray[Any], cells: Population, laboratory: Laboratory, stream: int
) -> tuple[Labels, Labels]:
    """Fill X with cells, chunk by chunk, each with random numbers of its own; return their subtypes and batches."""
    kinds, batches = np.empty(len(X), np.int64), np.empty(len(X), np.int64)
    where = 0 if laboratory is HOME else 1  # the batches of home are those of the training and the held-out cells
    effects = batch_effects(laboratory, X.shape[1], (request.seed, where))
    for chunk, at in enumerate(range(0, len(X), CHUNK)):
        here = slice(at, min(at + CHUNK, len(X)))
        rng = np.random.default_rng([request.seed, stream, 2 + chunk])
        counts, kind, batch = draw(cells, laboratory, effects, CHUNK, rng)
        size = here.stop - at
        X[here], kinds[here], batches[here] = counts[:size], kind[:size], batch[:size]
        if stream == 1:
            request.progress(here.stop / len(X))
    return kinds, batches
