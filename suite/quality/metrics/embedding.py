"""Metrics of what a transformation keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Floats, Metric
from suite.quality.metrics.density import sample_of
from suite.quality.metrics.neighbors import nearest_of
from suite.workloads.entry import Direction, Task

#: Rows whose divergence is summed, and how many distances of the embedding are in memory at once.
DIVERGENCE_ROWS = 1_000
BLOCK_VALUES = 1 << 22
TRUST_ROWS = 2_000
#: Held-out rows, the distances between which are judged.
DISTANCE_ROWS = 1_000
#: Those that keep distances in the space of a kernel, and where none is named which; others keep the features'.
KERNELS: Mapping[str, str] = {"KernelPCA": "linear", "Nystroem": "rbf"}
#: Those whose components lead to the scores only: the way back is their pseudo-inverse.
ONE_WAY = ("FastICA", "GaussianRandomProjection")
Rows = NDArray[np.int64]
TINY = float(np.finfo(np.float64).tiny)


def reconstruction_error(evidence: Evidence) -> float:
    """Share of the held-out rows' variance that is lost by going to the components and back.

    Uses the timed `transform`'s output, so that it is judged together with the components.
    """
    X = evidence.data("X_test").astype(np.float64)
    scores, components = _scores_and_components(evidence, X.shape)
    mean = evidence.floats("mean_", (X.shape[1],))
    lost = X - mean - scores @ components
    centred = X - X.mean(axis=0)
    return float((lost * lost).sum() / (centred * centred).sum())


def _scores_and_components(evidence: Evidence, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the held-out rows' scores (rows, components) and the way back from them (components, features)."""
    scores = _scores(evidence, shape[0])
    components = evidence.floats("components_", (scores.shape[1], shape[1]))
    if evidence.workload.algorithm in ONE_WAY:
        components = np.linalg.pinv(components).T.astype(np.float64)
    return scores, components


def _scores(evidence: Evidence, rows: int) -> Floats:
    output = np.asarray(evidence.products.get("output", np.empty(0)))
    n_components = output.shape[1] if output.ndim == 2 else 0
    expected = evidence.workload.params.get("n_components")
    if isinstance(expected, int) and n_components != expected:
        raise GarbageError(f"output has {n_components} components instead of {expected}")
    return evidence.floats("output", (rows, n_components))


def distance_error(evidence: Evidence) -> float:
    """Root mean squared error of the squared distances between held-out rows, relative to their root mean square.

    Of distances in the space of the kernel for `KERNELS`, which no mean that is taken away changes. On a fixed random
    sample of 1,000 rows where there are more.
    """
    X = evidence.data("X_test")
    scores = _scores(evidence, X.shape[0])
    rows = sample_of(X.shape[0], DISTANCE_ROWS)
    right = _squared_distances(_kernel(evidence, X[rows].astype(np.float64)))
    told = _squared_distances(scores[rows] @ scores[rows].T)
    return float(np.sqrt(((told - right) ** 2).sum() / (right * right).sum()))


def _kernel(evidence: Evidence, X: Any) -> Floats:
    """Return the products (rows, rows) of the rows, or of what a kernel makes of them."""
    from sklearn.metrics.pairwise import pairwise_kernels

    params, algorithm = evidence.workload.params, evidence.workload.algorithm
    kernel = params.get("kernel", KERNELS[algorithm]) if algorithm in KERNELS else "linear"
    if kernel == "precomputed":
        raise GarbageError("distance_error needs the kernel by its name, not precomputed")
    given = {name: params[name] for name in ("gamma", "degree", "coef0") if params.get(name) is not None}
    products: Floats = pairwise_kernels(X, metric=kernel, filter_params=True, **given)
    return products


def _squared_distances(products: Floats) -> Floats:
    lengths = np.diag(products)
    squared: Floats = lengths[:, None] + lengths - 2 * products
    return squared


def energy_lost(evidence: Evidence) -> float:
    """Share of the held-out rows' squared length that is lost by going to the components and back.

    As `reconstruction_error`, for what subtracts no mean (TruncatedSVD).
    """
    X = evidence.data("X_test").astype(np.float64)
    scores, components = _scores_and_components(evidence, X.shape)
    lost = X - scores @ components
    return float((lost * lost).sum() / (X * X).sum())


def kl_divergence(evidence: Evidence) -> float:
    """Kullback-Leibler divergence that t-SNE minimises, from its embedding, up to a constant of the data.

    The sum over i, j of p_j|i / n × log(p_j|i / n / q_ij), over the 3 × perplexity nearest neighbours j of i, as the
    rows' own nearest neighbours are all that a row needs. It exceeds that of the symmetric p_ij (van der Maaten and
    Hinton, 2008, eq. 2) by an amount that no embedding changes, q being symmetric. Exact up to 1,000 rows; beyond, i
    goes through a fixed random sample, and j still through all rows.
    """
    X = evidence.data("X_train")
    n = len(X)
    Y = evidence.floats("embedding_", (n, int(evidence.workload.params.get("n_components", 2))))
    perplexity = float(evidence.workload.params.get("perplexity", 30.0))
    near = min(n - 1, int(3 * perplexity + 1))
    rows = sample_of(n, DIVERGENCE_ROWS)
    distances, neighbors = _others(*nearest_of(X, X[rows].astype(np.float64), near + 1), rows)
    p = _conditional(distances**2, perplexity)
    repulsion = 0.0
    for block in np.array_split(rows, max(1, len(rows) * n // BLOCK_VALUES)):
        squared = ((Y[block, None] - Y) ** 2).sum(axis=2)
        repulsion += float((1.0 / (1.0 + squared)).sum()) - len(block)
    log_q = -np.log1p(((Y[rows, None] - Y[neighbors]) ** 2).sum(axis=2)) - np.log(repulsion * n / len(rows))
    return float((p * (np.log(np.maximum(p, TINY) / n) - log_q)).sum() / len(rows))


def _others(distances: Floats, neighbors: Rows, rows: Rows) -> tuple[Floats, Rows]:
    """Leave each row itself out of its neighbours (or the last, where its copies have crowded it out)."""
    order = np.argsort(neighbors == rows[:, None], axis=1, kind="stable")[:, :-1]
    return np.take_along_axis(distances, order, 1), np.take_along_axis(neighbors, order, 1)


def _conditional(squared: Floats, perplexity: float) -> Floats:
    """Return p_j|i (rows, neighbours) from squared distances: Gaussians of the width that gives the perplexity."""
    squared = squared - squared[:, :1]
    low, high = np.full(len(squared), -60.0), np.full(len(squared), 60.0)
    p = squared
    for _ in range(80):
        middle = (low + high) / 2
        p = np.exp(-np.exp(middle)[:, None] * squared)
        p /= p.sum(axis=1, keepdims=True)
        wide = -(p * np.log(np.maximum(p, TINY))).sum(axis=1) > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return p


def trustworthiness(evidence: Evidence) -> float:
    """How far rows that are near in the embedding were near before (Venna and Kaski, 2001), of 15 neighbours.

    On a fixed random sample of 2,000 rows where there are more.
    """
    from sklearn.manifold import trustworthiness as definition

    X = evidence.data("X_train")
    Y = evidence.floats("embedding_", (len(X), int(evidence.workload.params.get("n_components", 2))))
    rows = sample_of(len(X), TRUST_ROWS)
    near = min(15, (len(rows) - 1) // 2)
    return float(definition(X[rows].astype(np.float64), Y[rows], n_neighbors=near))


_HIGHER, _LOWER, _EMBEDDING = Direction.HIGHER, Direction.LOWER, (Task.EMBEDDING,)

METRICS: Mapping[str, Metric] = {
    "reconstruction_error": Metric(
        "share of variance lost", _LOWER, _EMBEDDING, ("output", "components_", "mean_"), reconstruction_error
    ),
    "energy_lost": Metric("share of squared length lost", _LOWER, _EMBEDDING, ("output", "components_"), energy_lost),
    "distance_error": Metric("error of distances between rows", _LOWER, _EMBEDDING, ("output",), distance_error),
    "kl_divergence": Metric("divergence that t-SNE minimises", _LOWER, _EMBEDDING, ("embedding_",), kl_divergence),
    "trustworthiness": Metric(
        "share of neighbours that were near before", _HIGHER, _EMBEDDING, ("embedding_",), trustworthiness
    ),
}
