"""Metrics of what a transformation keeps."""

from __future__ import annotations

from collections.abc import Mapping

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
    """Return the held-out rows' scores (rows, components) and the components (components, features)."""
    output = np.asarray(evidence.products.get("output", np.empty(0)))
    n_components = output.shape[1] if output.ndim == 2 else 0
    expected = evidence.workload.params.get("n_components")
    if isinstance(expected, int) and n_components != expected:
        raise GarbageError(f"output has {n_components} components instead of {expected}")
    scores = evidence.floats("output", (shape[0], n_components))
    return scores, evidence.floats("components_", (n_components, shape[1]))


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
    "kl_divergence": Metric("divergence that t-SNE minimises", _LOWER, _EMBEDDING, ("embedding_",), kl_divergence),
    "trustworthiness": Metric(
        "share of neighbours that were near before", _HIGHER, _EMBEDDING, ("embedding_",), trustworthiness
    ),
}
