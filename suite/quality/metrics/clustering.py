"""Metrics of clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Floats, Metric, chunks
from suite.workloads.entry import Direction, Task

Labels = NDArray[np.int64]
SILHOUETTE_ROWS = 5_000
LIKELIHOOD_ROWS = 100_000


def inertia(evidence: Evidence) -> float:
    """Mean squared distance of the training rows to the nearest returned centre.

    Computed from the centres, for what engines call inertia differs; divided by the rows, so that sizes compare.
    """
    total = sum(float(squared.sum()) for _, squared in _nearest_centers(evidence, "X_train"))
    return total / evidence.dataset.n_samples


def inertia_gap(evidence: Evidence) -> float:
    """Share of the inertia that goes if each returned centre moves to the mean of the training rows nearest to it.

    Nothing where Lloyd's iterations have come to rest: it tells an early stop from another start, which inertia does
    not.
    """
    X = evidence.data("X_train")
    n_clusters, total = int(evidence.workload.params.get("n_clusters", 8)), 0.0
    sums, rows = np.zeros((n_clusters, X.shape[1])), np.zeros(n_clusters)
    for chunk, (nearest, squared) in zip(chunks(X), _nearest_centers(evidence, "X_train"), strict=True):
        member = np.eye(n_clusters)[nearest]
        sums += member.T @ chunk
        rows += member.sum(axis=0)
        total += float(squared.sum())
    centers = evidence.floats("cluster_centers_", sums.shape)
    means = sums / np.maximum(rows, 1)[:, None]
    return float((rows * ((means - centers) ** 2).sum(axis=1)).sum()) / total if total else 0.0


def center_accuracy(evidence: Evidence) -> float:
    """Share of the held-out rows that are given the nearest of the returned centres."""
    return _share_given(evidence, [nearest for nearest, _ in _nearest_centers(evidence, "X_test")])


def _nearest_centers(evidence: Evidence, name: str) -> Iterator[tuple[Labels, Floats]]:
    """Go through the rows of an array of the data set: which returned centre is nearest, and its squared distance."""
    from sklearn.metrics import pairwise_distances_argmin_min

    X = evidence.data(name)
    n_clusters = evidence.workload.params.get("n_clusters", 8)
    centers = evidence.floats("cluster_centers_", (n_clusters, X.shape[1]))
    for chunk in chunks(X):
        yield pairwise_distances_argmin_min(chunk, centers, metric="sqeuclidean")


def _share_given(evidence: Evidence, right: list[Labels]) -> float:
    """Return the share of the held-out rows whose timed label is the right one."""
    expected = np.concatenate(right)
    return float(np.mean(evidence.labels("output", len(expected)) == expected))


def adjusted_rand(evidence: Evidence) -> float:
    """Agreement of the training rows' clusters with the truth, corrected for chance (Hubert and Arabie, 1985)."""
    from sklearn.metrics import adjusted_rand_score

    truth = evidence.data("truth" if "truth" in evidence.dataset.paths else "y_train")
    return float(adjusted_rand_score(truth, evidence.labels("labels_", len(truth))))


def reference_rand(evidence: Evidence) -> float:
    """Agreement of the training rows' clusters with those that the reference finds, corrected for chance; 1 for itself.

    Two clusterings can agree with the truth equally well, and not with each other.
    """
    from sklearn.metrics import adjusted_rand_score

    labels = evidence.labels("labels_", evidence.dataset.n_samples)
    return 1.0 if evidence.reference is None else float(adjusted_rand_score(evidence.reference["labels_"], labels))


def silhouette(evidence: Evidence) -> float:
    """Mean silhouette of the training rows (a seeded sample of 5,000 where there are more); -1 for a single cluster."""
    from sklearn.metrics import silhouette_score

    X = evidence.data("X_train")
    labels = evidence.labels("labels_", len(X))
    rows = np.sort(np.random.default_rng(0).permutation(len(X))[:SILHOUETTE_ROWS])
    if not 1 < len(np.unique(labels[rows])) < len(rows):
        return -1.0
    return float(silhouette_score(X[rows].astype(np.float64), labels[rows]))


def log_likelihood(evidence: Evidence) -> float:
    """Mean log-likelihood of the training rows (a sample of 100,000 at most) under the returned mixture, in nats.

    Computed from weights, means and covariances (of any `covariance_type`), which must be positive definite.
    """
    from scipy.special import logsumexp

    X = evidence.data("X_train")
    rows = np.sort(np.random.default_rng(0).permutation(len(X))[:LIKELIHOOD_ROWS])
    total = sum(float(logsumexp(logs, axis=1).sum()) for logs in _log_densities(evidence, X[rows]))
    return float(total / len(rows) - 0.5 * X.shape[1] * np.log(2 * np.pi))


def component_accuracy(evidence: Evidence) -> float:
    """Share of the held-out rows that are given the likeliest component of the returned mixture."""
    logs = _log_densities(evidence, evidence.data("X_test"))
    return _share_given(evidence, [densities.argmax(axis=1) for densities in logs])


def _log_densities(evidence: Evidence, X: NDArray[Any]) -> Iterator[Floats]:
    """Go through the rows: each component's weighted log density (rows, components), up to a constant of the width."""
    from scipy.linalg import solve_triangular

    params = evidence.workload.params
    k, d = int(params.get("n_components", 1)), X.shape[1]
    kind = params.get("covariance_type", "full")
    shape = {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}[kind]
    weights, means = evidence.floats("weights_", (k,)), evidence.floats("means_", (k, d))
    covariances = _matrices(evidence.floats("covariances_", shape), kind, k, d)
    try:
        factors = np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError as error:
        raise GarbageError("covariances_ are not positive definite") from error
    if weights.min() < 0 or abs(weights.sum() - 1) > 1e-3:
        raise GarbageError(f"weights_ are no shares of one whole: their sum is {weights.sum():g}")
    for chunk in chunks(X):
        logs = np.empty((len(chunk), k))
        for j, (mean, factor) in enumerate(zip(means, factors, strict=True)):
            scaled = solve_triangular(factor, (chunk - mean).T, lower=True)
            logs[:, j] = -0.5 * (scaled * scaled).sum(axis=0) - np.log(np.diag(factor)).sum()
        with np.errstate(divide="ignore"):  # a component may have died out
            yield logs + np.log(weights)


def _matrices(covariances: Floats, kind: str, k: int, d: int) -> Floats:
    """Return the covariances as (k, d, d)."""
    match kind:
        case "full":
            return covariances
        case "tied":
            return np.broadcast_to(covariances, (k, d, d))
    return np.stack([np.diag(np.broadcast_to(variances, d)) for variances in covariances])


_HIGHER, _LOWER, _CLUSTERS = Direction.HIGHER, Direction.LOWER, (Task.CLUSTERING,)
_CENTERS, _MIXTURE = ("cluster_centers_",), ("weights_", "means_", "covariances_")

METRICS: Mapping[str, Metric] = {
    "inertia": Metric("mean squared distance to the centres", _LOWER, _CLUSTERS, _CENTERS, inertia),
    "inertia_gap": Metric("inertia that one more step takes away", _LOWER, _CLUSTERS, _CENTERS, inertia_gap),
    "center_accuracy": Metric(
        "share of rows given their nearest centre", _HIGHER, _CLUSTERS, ("output", *_CENTERS), center_accuracy
    ),
    "adjusted_rand": Metric("agreement with the true clusters", _HIGHER, _CLUSTERS, ("labels_",), adjusted_rand),
    "reference_rand": Metric(
        "agreement with the reference's clusters", _HIGHER, _CLUSTERS, ("labels_",), reference_rand, True
    ),
    "log_likelihood": Metric("likelihood of the rows under the mixture", _HIGHER, _CLUSTERS, _MIXTURE, log_likelihood),
    "component_accuracy": Metric(
        "share of rows given their likeliest component", _HIGHER, _CLUSTERS, ("output", *_MIXTURE), component_accuracy
    ),
    "silhouette": Metric("separation of the clusters", _HIGHER, _CLUSTERS, ("labels_",), silhouette),
}
