"""From a network to its communities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, triu
from sklearn.metrics import adjusted_rand_score

from suite.workloads.science.communities.data import MORE_MIXING
from suite.workloads.science.communities.embedding import directions, leading, pivots
from suite.workloads.science.communities.network import COMMUNITIES, adjacency_of, matrix_of, modularity, planted
from suite.workloads.science.tabular import learnt_again
from suite.workloads.science.workflow import (
    Data,
    Figure,
    Findings,
    Learner,
    Picture,
    Results,
    Series,
    Workflow,
    picture,
    series,
)

#: Of the networks by which it is seen up to which mixing communities are found.
SCANNED = (0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SCAN_NODES = 2_000

#: Groups of nodes along a side of a picture.
BLOCKS = 48


class FindCommunities(Workflow):
    """Embed the nodes by the leading eigenvectors of the normalised adjacency, then group them by k-means."""

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `communities`, the group of each node, and by what the fit is judged.

        That is `points`, the nodes as they are grouped, and the centres; copying these back is timed with the rest.
        """
        points, start = embedded(_eigenvectors(matrix_of(data["indptr"], data["indices"])), data["X_train"].dtype)
        model = learner.fit(points, init=start)
        return {
            "communities": model.predict(points),
            "points": points,
            "cluster_centers_": model.attribute("cluster_centers_"),
        }

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Group by degrees alone, see fewer of the links, and mix the network more."""
        truth, own = data["truth"], data["X_train"].dtype
        adjacency = matrix_of(data["indptr"], data["indices"])
        start, end = triu(adjacency, format="coo").coords

        def score(labels: NDArray[Any]) -> float:
            return float(adjusted_rand_score(truth, labels))

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            return group(_eigenvectors(adjacency_of(start[rows], end[rows], len(truth))), learner, dtype)

        found, base = score(results["communities"]), score(by_degree(data["X_train"], learner))
        far = _eigenvectors(matrix_of(data["indptr_far"], data["indices_far"]))
        mixed = float(adjusted_rand_score(data["truth_far"], group(far, learner, own)))
        again = learnt_again(repeat, score, found, len(start), own, name="ARI", rows="links")
        labels = results["communities"].astype(np.int64)
        figures = [
            _figure("error_in", 1.0 - found, "1 - ARI, all nodes of the network"),
            _figure(
                "error_out", 1.0 - mixed, f"1 - ARI, a network of {len(far)} nodes with {MORE_MIXING:g} more mixing"
            ),
            _figure("baseline", base, "ARI of k-means on the nodes' local degree profiles"),
            _figure("gain", found - base, "ARI over that of k-means on local degree profiles"),
            _figure("modularity", modularity(adjacency, labels), "of the communities found"),
            _figure("modularity_planted", modularity(adjacency, truth), "of the communities planted"),
            *again.figures,
        ]
        return Findings(
            figures=figures,
            series=[detectability(learner, own), *again.series],
            pictures=_pictures(adjacency, {"planted": truth, "found": labels}),
        )


def _eigenvectors(adjacency: csr_array[Any]) -> NDArray[np.float64]:
    return leading(adjacency, COMMUNITIES)[1]


def embedded(vectors: NDArray[np.float64], dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return each node as a point, and the centres to start from: found on the host, the same for all engines."""
    points = directions(vectors).astype(dtype)
    return points, points[pivots(vectors)]


def group(vectors: NDArray[np.float64], learner: Learner, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the group of each node, by k-means."""
    points, start = embedded(vectors, dtype)
    return learner.fit(points, init=start).predict(points)


def by_degree(profile: NDArray[Any], learner: Learner) -> NDArray[Any]:
    """Return groups of nodes by k-means on their standardised degree profiles, from evenly spaced degrees."""
    deviation = np.maximum(profile.std(axis=0, dtype=np.float64), 1e-12)
    points = np.ascontiguousarray(
        ((profile - profile.mean(axis=0, dtype=np.float64)) / deviation).astype(profile.dtype)
    )
    spaced = (np.arange(COMMUNITIES) + 0.5) / COMMUNITIES * len(points)
    centres = np.argsort(points[:, 0], kind="stable")[spaced.astype(np.int64)]
    return learner.fit(points, init=points[centres]).predict(points)


def detectability(learner: Learner, dtype: np.dtype[Any]) -> Series:
    """Return how well communities are found against the mixing; at 1 - 1/k nothing is left to be found."""
    scores = []
    for mixing in SCANNED:
        network = planted(np.random.default_rng([learner.seed, round(100 * mixing)]), SCAN_NODES, mixing)
        found = group(_eigenvectors(network.adjacency), learner, dtype)
        scores.append(adjusted_rand_score(network.truth, found))
    label = f"communities found in networks of {SCAN_NODES} nodes"
    return series("detectability", label, "share of links that leave a community", "ARI", SCANNED, scores)


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=float(value), condition=condition)


def links(adjacency: csr_array[Any], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the density of links between blocks of nodes ordered by label, as (BLOCKS, BLOCKS), 1 on average."""
    n = len(labels)
    block = np.empty(n, dtype=np.int64)
    block[np.argsort(labels, kind="stable")] = np.arange(n) * BLOCKS // n
    rows = np.repeat(block, np.diff(adjacency.indptr))
    counts = np.bincount(rows * BLOCKS + block[adjacency.indices], minlength=BLOCKS**2)
    return np.asarray(counts.reshape(BLOCKS, BLOCKS) / counts.mean())


def _pictures(adjacency: csr_array[Any], orders: Mapping[str, NDArray[np.int64]]) -> list[Picture]:
    given = picture(
        "links", "links between nodes as they come", links(adjacency, np.zeros(adjacency.shape[0], np.int64))
    )
    ordered = [
        picture("links", f"links between nodes by the communities {how}", links(adjacency, labels))
        for how, labels in orders.items()
    ]
    return [given, *ordered]


WORKFLOWS: Mapping[str, Workflow] = {"communities": FindCommunities()}
