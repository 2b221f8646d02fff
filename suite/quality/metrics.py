"""The metrics by which results are judged, each a function of a data set and of what a pass left."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets import DataSet
from suite.quality import DivergedError, GarbageError
from suite.workloads.entry import Direction, Task, Workload

Floats = NDArray[np.float64]

CHUNK_ROWS = 1 << 15
SILHOUETTE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """A data set and what one pass left of it; everything is checked as it is taken."""

    workload: Workload
    dataset: DataSet
    products: Mapping[str, NDArray[Any]]

    def data(self, name: str) -> NDArray[Any]:
        """Map an array of the data set."""
        array: NDArray[Any] = np.load(self.dataset.paths[name], mmap_mode="r", allow_pickle=False)
        return array

    def numbers(self, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return a product as finite numbers of this shape; raises GarbageError or DivergedError otherwise.

        A column of shape (n, 1) counts as (n,).
        """
        if name not in self.products:
            raise GarbageError(f"there is no {name}")
        product = np.asarray(self.products[name])
        if product.dtype.kind not in "biuf":
            raise GarbageError(f"{name} is of dtype {product.dtype}, not numbers")
        if len(shape) == 1 and product.shape == (*shape, 1):
            product = product[:, 0]
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
    """One way to judge: which way is better, for which tasks, from which products, and how it is computed."""

    about: str
    direction: Direction
    tasks: tuple[Task, ...]
    products: tuple[str, ...]
    compute: Callable[[Evidence], float]

    def judge(self, evidence: Evidence) -> float:
        """Return the finite value of the metric; see `suite.quality.judge`."""
        value = float(self.compute(evidence))
        if not math.isfinite(value):
            raise DivergedError(f"{evidence.workload.quality.metric} is {value}")
        return value


def _classes(evidence: Evidence) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the true and the predicted classes of the held-out rows."""
    truth = evidence.data("y_test")
    predicted = evidence.labels("output", len(truth))
    unknown = np.setdiff1d(predicted, evidence.data("y_train"))
    if len(unknown):
        raise GarbageError(
            f"output has {len(unknown)} labels that are no class of the training data, such as {unknown[0]}"
        )
    return truth, predicted


def _targets(evidence: Evidence) -> tuple[Floats, Floats]:
    """Return the true and the predicted targets of the held-out rows."""
    truth = evidence.data("y_test").astype(np.float64)
    return truth, evidence.floats("output", truth.shape)


def accuracy(evidence: Evidence) -> float:
    """Share of the held-out rows whose class is right."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(*_classes(evidence)))


def balanced_accuracy(evidence: Evidence) -> float:
    """Mean over the classes of the share found."""
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(*_classes(evidence)))


def f1_macro(evidence: Evidence) -> float:
    """Mean over the classes of the F1 score."""
    from sklearn.metrics import f1_score

    return float(f1_score(*_classes(evidence), average="macro"))


def r2(evidence: Evidence) -> float:
    """Share of the held-out target's variance that is explained."""
    from sklearn.metrics import r2_score

    return float(r2_score(*_targets(evidence)))


def rmse(evidence: Evidence) -> float:
    """Root of the mean squared error on held-out rows."""
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(*_targets(evidence)))


def mae(evidence: Evidence) -> float:
    """Mean absolute error on held-out rows."""
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(*_targets(evidence)))


def inertia(evidence: Evidence) -> float:
    """Mean squared distance of the training rows to the nearest returned centre.

    Computed from the centres, for what engines call inertia differs; divided by the rows, so that sizes compare.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    X = evidence.data("X_train")
    n_clusters = evidence.workload.params.get("n_clusters", 8)
    centers = evidence.floats("cluster_centers_", (n_clusters, X.shape[1]))
    total = sum(
        float(pairwise_distances_argmin_min(chunk, centers, metric="sqeuclidean")[1].sum()) for chunk in _chunks(X)
    )
    return total / len(X)


def adjusted_rand(evidence: Evidence) -> float:
    """Agreement of the training rows' clusters with the truth, corrected for chance (Hubert and Arabie, 1985)."""
    from sklearn.metrics import adjusted_rand_score

    truth = evidence.data("truth" if "truth" in evidence.dataset.paths else "y_train")
    return float(adjusted_rand_score(truth, evidence.labels("labels_", len(truth))))


def silhouette(evidence: Evidence) -> float:
    """Mean silhouette of the training rows (a seeded sample of 5,000 where there are more); -1 for a single cluster."""
    from sklearn.metrics import silhouette_score

    X = evidence.data("X_train")
    labels = evidence.labels("labels_", len(X))
    rows = np.sort(np.random.default_rng(0).permutation(len(X))[:SILHOUETTE_ROWS])
    if not 1 < len(np.unique(labels[rows])) < len(rows):
        return -1.0
    return float(silhouette_score(X[rows].astype(np.float64), labels[rows]))


def reconstruction_error(evidence: Evidence) -> float:
    """Share of the held-out rows' variance that is lost by going to the components and back.

    Uses the timed `transform`'s output, so that it is judged together with the components.
    """
    X = evidence.data("X_test").astype(np.float64)
    output = np.asarray(evidence.products.get("output", np.empty(0)))
    n_components = output.shape[1] if output.ndim == 2 else 0
    expected = evidence.workload.params.get("n_components")
    if isinstance(expected, int) and n_components != expected:
        raise GarbageError(f"output has {n_components} components instead of {expected}")
    scores = evidence.floats("output", (len(X), n_components))
    components = evidence.floats("components_", (n_components, X.shape[1]))
    mean = evidence.floats("mean_", (X.shape[1],))
    lost = X - mean - scores @ components
    centred = X - X.mean(axis=0)
    return float((lost * lost).sum() / (centred * centred).sum())


def _chunks(X: NDArray[Any]) -> Iterator[Floats]:
    """Go through the rows in float64 without a copy of the whole."""
    for start in range(0, len(X), CHUNK_ROWS):
        yield X[start : start + CHUNK_ROWS].astype(np.float64)


_HIGHER, _LOWER = Direction.HIGHER, Direction.LOWER
_CLASSES, _VALUES = (Task.CLASSIFICATION,), (Task.REGRESSION,)
_CLUSTERS, _EMBEDDING = (Task.CLUSTERING,), (Task.EMBEDDING,)

METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("share of right classes", _HIGHER, _CLASSES, ("output",), accuracy),
    "balanced_accuracy": Metric("mean share of each class found", _HIGHER, _CLASSES, ("output",), balanced_accuracy),
    "f1_macro": Metric("mean F1 of the classes", _HIGHER, _CLASSES, ("output",), f1_macro),
    "r2": Metric("share of variance explained", _HIGHER, _VALUES, ("output",), r2),
    "rmse": Metric("root mean squared error", _LOWER, _VALUES, ("output",), rmse),
    "mae": Metric("mean absolute error", _LOWER, _VALUES, ("output",), mae),
    "inertia": Metric("mean squared distance to the centres", _LOWER, _CLUSTERS, ("cluster_centers_",), inertia),
    "adjusted_rand": Metric("agreement with the true clusters", _HIGHER, _CLUSTERS, ("labels_",), adjusted_rand),
    "silhouette": Metric("separation of the clusters", _HIGHER, _CLUSTERS, ("labels_",), silhouette),
    "reconstruction_error": Metric(
        "share of variance lost", _LOWER, _EMBEDDING, ("output", "components_", "mean_"), reconstruction_error
    ),
}
