"""Finding subtypes: normalise, choose genes, reduce to a few components, cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from suite.workloads.science.subtypes.preparing import Preparation, prepare_counts, prepare_logarithms
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Model, Picture, Results, Workflow, picture


@dataclass(frozen=True, slots=True)
class Found:
    """A clustering that can be used on other rows; `points` are the components of its own, `labels` their clusters."""

    prepare: Preparation
    components: Model
    clusters: Model
    points: NDArray[Any]
    labels: NDArray[Any]

    def subtypes(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the nearest cluster of each row."""
        return self.clusters.predict(self.components.transform(self.prepare(X)))


@dataclass(frozen=True, slots=True)
class FindSubtypes(Workflow):
    """Prepare the rows, then PCA (role "pca") and k-means (role "model").

    Attributes
    ----------
    prepare
        Learns from the training rows how to prepare them, given how many genes to keep.
    n_genes
        The genes that are kept.
    """

    prepare: Callable[[NDArray[Any], int], Preparation]
    n_genes: int

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `subtypes`, the cluster of each training row, and by what the fit is judged.

        That is `points`, the components of the rows, and the centres; copying these back is timed with the rest.
        """
        found = self._find(data["X_train"], learner)
        return {
            "subtypes": found.labels,
            "points": found.points,
            "cluster_centers_": found.clusters.attribute("cluster_centers_"),
        }

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Assign other cells, cluster fewer and in the other precision, and by what is trivial."""
        X, truth = data["X_train"], data["truth"]
        ari = adjusted_rand_score(truth, results["subtypes"])
        other = np.dtype(np.float32 if X.dtype == np.float64 else np.float64)
        cast = adjusted_rand_score(truth, self._find(X, learner, other).labels)
        total = adjusted_rand_score(truth, _by_total(X, learner))
        raw = adjusted_rand_score(truth, _clustered(np.ascontiguousarray(X), learner)[-1])
        figures = [
            _figure("baseline", max(total, raw), "ARI of the better of two that prepare nothing"),
            _figure("gain", ari - max(total, raw), "ARI over that of the better of two that prepare nothing"),
            _figure("baseline_total", total, "ARI of k-means on the sum over the genes alone"),
            _figure("baseline_raw", raw, "ARI of PCA and k-means on the rows as they are, all genes"),
            _figure("other_precision", cast, f"ARI when the estimators are given {other}"),
        ]
        if "X_test" in data:
            figures += _elsewhere(data, self._find(X, learner))
            rows = np.sort(np.random.default_rng(0).permutation(len(X))[: len(X) // 10])
            fewer = adjusted_rand_score(truth, self._find(X[rows], learner).subtypes(X))
            figures.append(
                _figure("with_a_tenth", fewer, "ARI of all rows when the clusters come from a tenth of them")
            )
        return Findings(figures=figures, pictures=[_shares(truth, results["subtypes"])])

    def _find(self, X: NDArray[Any], learner: Learner, dtype: np.dtype[Any] | None = None) -> Found:
        """Return the clustering of rows, learnt in this dtype (None: that of X)."""
        prepare = self.prepare(X, self.n_genes)
        return Found(prepare, *_clustered(prepare(X).astype(dtype or X.dtype, copy=False), learner))


def _clustered(rows: NDArray[Any], learner: Learner) -> tuple[Model, Model, NDArray[Any], NDArray[Any]]:
    """Return the fitted PCA and k-means, the components of each row, and its cluster."""
    components = learner.fit(rows, role="pca")
    points = components.transform(rows)
    clusters = learner.fit(points)
    return components, clusters, points, clusters.predict(points)


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=float(value), condition=condition)


def _elsewhere(data: Data, found: Found) -> list[Figure]:
    """Return the errors on cells that were not clustered."""
    where = {
        "error_in": ("test", "1 - ARI of held-out cells, each assigned to the nearest cluster"),
        "error_out": ("far", "1 - ARI of cells of a laboratory with stronger batch effect and loss, assigned likewise"),
    }
    return [
        _figure(name, 1.0 - adjusted_rand_score(data[f"truth_{part}"], found.subtypes(data[f"X_{part}"])), condition)
        for name, (part, condition) in where.items()
    ]


def _by_total(X: NDArray[Any], learner: Learner) -> NDArray[Any]:
    """Cluster rows by their sum alone, which of counts is the library size."""
    totals = np.asarray(X.sum(axis=1, dtype=np.float64)[:, None], dtype=X.dtype)
    return learner.fit(totals).predict(totals)


def _shares(truth: NDArray[Any], found: NDArray[Any]) -> Picture:
    """Show which share of each subtype is in which cluster; the clusters in the order of their main subtype."""
    kinds, number = np.unique(truth, return_inverse=True)
    clusters, cluster = np.unique(found, return_inverse=True)
    table = np.zeros((len(kinds), len(clusters)))
    np.add.at(table, (number, cluster), 1.0)
    table /= table.sum(axis=1, keepdims=True)
    return picture("shares", "subtypes (rows) by cluster", table[:, np.argsort(table.argmax(axis=0), kind="stable")])


WORKFLOWS: Mapping[str, Workflow] = {
    "subtypes": FindSubtypes(prepare_counts, 300),
    "arrays": FindSubtypes(prepare_logarithms, 2000),
}
