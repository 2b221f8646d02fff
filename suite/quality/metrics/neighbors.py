"""Metrics of searches for neighbours, and of scores of oddness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import CHUNK_ROWS, Evidence, Floats, Metric, chunks
from suite.quality.metrics.density import sample_of
from suite.workloads.entry import Direction, Task

#: Held-out rows whose exact neighbours are computed: each is compared with all training rows.
SEARCHED_ROWS = 500
#: Further candidates whose distances are computed exactly.
SPARE = 8
#: How much further than the exact k-th neighbour still counts as near: float32 cannot tell such distances apart.
NEARLY = 1e-5
#: How far a returned distance may be from the true one, as a share of the exact k-th distance.
TRUTHFUL = 0.01


def recall(evidence: Evidence) -> float:
    """Share of the exact nearest neighbours that were found: mean over held-out rows (a sample of 500 at most).

    A neighbour counts if it is as near as the exact k-th, is named once, and comes with its true distance. What the
    timed `kneighbors` returned is an array of (2, rows, neighbours): distances, and indices of training rows, -1 where
    an approximate search found none.
    """
    queries, X = evidence.data("X_test"), evidence.data("X_train")
    wanted = int(evidence.workload.params.get("n_neighbors", 5))
    told, indices = evidence.floats("output", (2, len(queries), wanted))
    if (indices != np.floor(indices)).any() or indices.min() < -1 or indices.max() >= len(X):
        raise GarbageError(f"output has indices that are no rows of the training data, such as {indices.max():g}")
    sample = sample_of(len(queries), SEARCHED_ROWS)
    rows = queries[sample].astype(np.float64)
    nearest = nearest_of(X, rows, wanted)[0][:, -1]
    found = 0
    for row, distances, names, limit in zip(rows, told[sample], indices[sample].astype(np.int64), nearest, strict=True):
        names, first = np.unique(names, return_index=True)
        first, names = first[names >= 0], names[names >= 0]
        true = np.sqrt(((X[names].astype(np.float64) - row) ** 2).sum(axis=1))
        honest = np.abs(distances[first] - true) <= TRUTHFUL * limit
        found += int(np.count_nonzero((true <= limit * (1 + NEARLY)) & honest))
    return found / (len(rows) * wanted)


def nearest_of(X: NDArray[Any], rows: Floats, k: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return the exact Euclidean distances of each row to its k nearest of X in order, and which these are.

    X is read once. The quick formula for distances cancels: those of the few that may be near are computed again.
    """
    from sklearn.metrics import pairwise_distances

    nearest = np.full((len(rows), k), np.inf)
    names = np.zeros((len(rows), k), dtype=np.int64)
    for start, chunk in zip(range(0, len(X), CHUNK_ROWS), chunks(X), strict=True):
        squared = pairwise_distances(rows, chunk, metric="sqeuclidean")
        few = min(k + SPARE, len(chunk))
        candidates = np.argpartition(squared, few - 1, axis=1)[:, :few]
        exact = np.stack([((chunk[some] - row) ** 2).sum(axis=1) for row, some in zip(rows, candidates, strict=True)])
        nearest, names = np.hstack([nearest, exact]), np.hstack([names, candidates + start])
        order = np.argsort(nearest, axis=1, kind="stable")[:, :k]
        nearest, names = np.take_along_axis(nearest, order, 1), np.take_along_axis(names, order, 1)
    return np.sqrt(nearest), names


def outlier_auc(evidence: Evidence) -> float:
    """Area under the ROC curve of the scores of oddness against the known outliers (the rarest label).

    The scores are the timed output on held-out rows, or `negative_outlier_factor_` of the training rows where there is
    no output; lower is odder.
    """
    from sklearn.metrics import roc_auc_score

    name = "output" if evidence.workload.output else "negative_outlier_factor_"
    truth = _truth(evidence, ("truth_test", "y_test") if name == "output" else ("truth", "y_train"))
    scores = evidence.floats(name, (len(truth),))
    labels, counts = np.unique(truth, return_counts=True)
    if len(labels) < 2:
        raise GarbageError("the data have no known outliers to compare with")
    return float(roc_auc_score(truth == labels[counts.argmin()], -scores))


def _truth(evidence: Evidence, names: tuple[str, str]) -> NDArray[Any]:
    for name in names:
        if name in evidence.dataset.paths:
            truth: NDArray[Any] = evidence.data(name)
            return truth
    raise GarbageError(f"the data have no {names[0]} that says which rows are outliers")


_HIGHER = Direction.HIGHER

METRICS: Mapping[str, Metric] = {
    "recall": Metric("share of the nearest neighbours found", _HIGHER, (Task.NEIGHBORS,), ("output",), recall),
    "outlier_auc": Metric(
        "ranking of the known outliers (held-out rows)", _HIGHER, (Task.OUTLIERS,), ("output",), outlier_auc
    ),
    "outlier_factor_auc": Metric(
        "ranking of the known outliers (training rows)",
        _HIGHER,
        (Task.OUTLIERS,),
        ("negative_outlier_factor_",),
        outlier_auc,
    ),
}
