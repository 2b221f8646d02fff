"""The use of a fitted model: of a batch of rows, and of one row at a time, from the host and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from backends.protocol import Array, Backend, Estimator
from suite.measure.messages import ENOUGH_ROWS

#: Calls for a single row before the timed ones: a worker that was stopped finds its caches cold, a server does not.
WARM_CALLS = 5
#: Rows that are predicted both ways, and the share of them that may differ: rounding can move a row over a border.
COMPARED_ROWS, MAY_DIFFER = 100, 0.02
#: How far a number may lie from that of the batch, as a share of the batch's spread.
CLOSE = 1e-3

Method = Callable[[Array], Array]


class RowsDifferError(Exception):
    """Rows are predicted otherwise than they were before: one at a time, or by the workflow that is judged."""


@dataclass(frozen=True, slots=True)
class Use:
    """What is asked of what was fitted: methods of one estimator, or of several that together are one surrogate.

    Attributes
    ----------
    estimator
        The first one.
    rows
        On the host, (rows, features).
    methods
        Each is called with the same rows, in the engine's form.
    answers
        What a workflow was given for these rows, by method; empty if there was none.
    """

    backend: Backend
    estimator: Estimator
    rows: Any
    methods: list[Method]
    answers: list[NDArray[Any]] = field(default_factory=list)

    def ask(self, rows: Array) -> list[Array]:
        """Return what each method says of rows, both in the engine's form."""
        return [method(rows) for method in self.methods]

    def on_host(self, outputs: Sequence[Array]) -> Array:
        """Copy what the methods said back; of several methods as columns."""
        arrays = [self.backend.to_host(output) for output in outputs]
        return arrays[0] if len(arrays) == 1 else np.column_stack(arrays)

    def single(self, count: int) -> list[Any]:
        """Return the first rows, each as an array of its own, as a request brings it.

        Where there are fewer than make a 99th percentile, they come again.
        """
        X = self.rows
        there = X.shape[0]
        rows = range(min(count, max(there, ENOUGH_ROWS)))
        if isinstance(X, csr_array):
            return [X[[row % there]] for row in rows]
        return [np.array(X[row % there][None, :], order="C") for row in rows]

    def one_by_one(self, rows: Sequence[Array]) -> tuple[NDArray[np.float64], list[Array]]:
        """Return the seconds of each call's phases (copy in, predict, copy out), of (rows, 3), and what came back."""
        backend, clock = self.backend, perf_counter
        seconds, results = np.empty((len(rows), 3)), []
        for index, row in enumerate(rows):
            backend.synchronize()
            start = clock()
            on_device = backend.to_device(row)
            backend.synchronize()
            copied = clock()
            outputs = self.ask(on_device)
            backend.synchronize()
            predicted = clock()
            results.append(self.on_host(outputs))
            seconds[index] = copied - start, predicted - copied, clock() - predicted
        return seconds, results

    def batch(self) -> Array:
        """Ask about all rows at once, untimed; the single rows must give the same, or RowsDifferError is raised."""
        batch = self.on_host(self.ask(self.backend.to_device(self.rows)))
        _, singles = self.one_by_one(self.single(min(COMPARED_ROWS, len(batch))))
        found = np.concatenate([np.asarray(one) for one in singles])
        compare_rows(found, np.asarray(batch), "one at a time than all at once")
        return batch

    def check_answers(self, batch: Array) -> None:
        """Hold all rows' batch against what the workflow was given; raises RowsDifferError."""
        if self.answers:
            asked = self.answers[0] if len(self.answers) == 1 else np.column_stack(self.answers)
            compare_rows(np.asarray(batch), asked, "when they are timed than within the workflow")


def compare_rows(found: NDArray[Any], batch: NDArray[Any], how: str) -> None:
    """Hold rows against the first of a batch; raises RowsDifferError, `how` says in its message what differs."""
    first = batch[: len(found)]
    if found.shape != first.shape:
        raise RowsDifferError(f"rows have the shape {found.shape} and not {first.shape}, {how}")
    if first.dtype.kind == "f":
        spread = float(np.std(batch, dtype=np.float64))
        same = np.isclose(found, first, rtol=CLOSE, atol=CLOSE * spread, equal_nan=True)
    else:
        same = found == first
    other = int((~same.reshape(len(same), -1).all(axis=1)).sum())
    if other > MAY_DIFFER * len(found):
        raise RowsDifferError(f"{other} of {len(found)} rows are predicted otherwise {how}")
