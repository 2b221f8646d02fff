"""What a metric is computed from, and what a metric is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from suite.datasets import DataSet
from suite.datasets.arrays import open_array
from suite.quality import DivergedError, GarbageError
from suite.workloads.entry import Direction, Task, Workload

Floats = NDArray[np.float64]

CHUNK_ROWS = 1 << 15


@dataclass(frozen=True, slots=True)
class Evidence:
    """A data set and what one pass left of it; everything is checked as it is taken.

    `reference` is what the reference left on the same seed; None for itself, and where it left nothing. `made` says
    what becomes of the features before the estimator that is judged takes them. `instead` are arrays that stand for
    those of the data set of the same name: what a workflow has made of them for its estimator.
    """

    workload: Workload
    dataset: DataSet
    products: Mapping[str, NDArray[Any]]
    reference: Mapping[str, NDArray[Any]] | None = None
    made: Callable[[Any], Any] | None = None
    instead: Mapping[str, Any] = field(default_factory=dict)

    def data(self, name: str) -> Any:
        """Map an array of the data set; the features of some are sparse, as a csr_array."""
        if name in self.instead:
            return self.instead[name]
        array = open_array(self.dataset.paths, name)
        return self.made(array) if self.made and name.startswith("X_") else array

    def numbers(self, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return a product as finite numbers of this shape; raises GarbageError or DivergedError otherwise.

        A column of shape (n, 1) counts as (n,), a single number as (1,).
        """
        if name not in self.products:
            raise GarbageError(f"there is no {name}")
        product = np.asarray(self.products[name])
        if product.dtype.kind not in "biuf":
            raise GarbageError(f"{name} is of dtype {product.dtype}, not numbers")
        if len(shape) == 1 and product.size == shape[0] and product.shape in ((*shape, 1), ()):
            product = product.reshape(shape)
        if product.shape != shape:
            raise GarbageError(f"{name} has the shape {product.shape} instead of {shape}")
        if not np.isfinite(product).all():
            raise DivergedError(
                f"{np.count_nonzero(~np.isfinite(product))} of {product.size} values of {name} not finite"
            )
        return product

    def floats(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Return a product as float64."""
        return self.numbers(name, shape).astype(np.float64)

    def labels(self, name: str, n: int) -> NDArray[np.int64]:
        """Return a product as integer labels, which an engine may give as floats."""
        labels = self.numbers(name, (n,))
        whole = labels.astype(np.int64)
        if not np.array_equal(whole, labels):
            raise GarbageError(f"{name} has fractions where labels belong")
        return whole


@dataclass(frozen=True, slots=True)
class Metric:
    """One way to judge: which way is better, for which tasks, from which products, and how it is computed.

    `against_reference` says that it compares with the reference's products, and is 1 where there are none.
    """

    about: str
    direction: Direction
    tasks: tuple[Task, ...]
    products: tuple[str, ...]
    compute: Callable[[Evidence], float]
    against_reference: bool = False

    def judge(self, evidence: Evidence, name: str) -> float:
        """Return the finite value of the metric of this name; see `suite.quality.judge`."""
        from suite.quality.steps import at_last_step

        value = float(self.compute(at_last_step(evidence, self.products)))
        if not math.isfinite(value):
            raise DivergedError(f"{name} is {value}")
        return value


def chunks(X: NDArray[Any] | csr_array[Any]) -> Iterator[Floats]:
    """Go through the rows in float64 without a copy of the whole."""
    for start in range(0, X.shape[0], CHUNK_ROWS):
        chunk = X[start : start + CHUNK_ROWS]
        yield (chunk.toarray() if isinstance(chunk, csr_array) else chunk).astype(np.float64)
