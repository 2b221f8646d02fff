"""Metrics of clusters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality.evidence import Evidence, Metric, chunks
from suite.workloads.entry import Direction, Task

SILHOUETTE_ROWS = 5_000


def inertia(evidence: Evidence) -> float:
    """Mean squared distance of the training rows to the nearest returned centre.

    Computed from the centres, for what engines call inertia differs; divided by the rows, so that sizes compare.
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    X = evidence.data("X_train")
    n_clusters = evidence.workload.params.get("n_clusters", 8)
    centers = evidence.floats("cluster_centers_", (n_clusters, X.shape[1]))
    total = sum(
        float(pairwise_distances_argmin_min(chunk, centers, metric="sqeuclidean")[1].sum()) for chunk in chunks(X)
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


_HIGHER, _LOWER, _CLUSTERS = Direction.HIGHER, Direction.LOWER, (Task.CLUSTERING,)

METRICS: Mapping[str, Metric] = {
    "inertia": Metric("mean squared distance to the centres", _LOWER, _CLUSTERS, ("cluster_centers_",), inertia),
    "adjusted_rand": Metric("agreement with the true clusters", _HIGHER, _CLUSTERS, ("labels_",), adjusted_rand),
    "silhouette": Metric("separation of the clusters", _HIGHER, _CLUSTERS, ("labels_",), silhouette),
}
