"""The communities that were found, judged by the planted ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def ari(evidence: Evidence) -> float:
    """Adjusted Rand index between the communities found and those planted, of all nodes."""
    from sklearn.metrics import adjusted_rand_score

    truth = evidence.data("truth")
    return float(adjusted_rand_score(truth, evidence.labels("communities", len(truth))))


def inertia_gap(evidence: Evidence) -> float:
    """Share of the inertia of the embedded nodes that goes if each centre moves to the mean of those nearest to it."""
    from suite.quality.metrics import clustering

    nodes, clusters = len(evidence.data("truth")), int(evidence.workload.params["n_clusters"])
    points = evidence.floats("points", (nodes, clusters))
    return clustering.inertia_gap(replace(evidence, instead={"X_train": points}))


METRICS: Mapping[str, Metric] = {
    "communities_ari": Metric(
        "adjusted Rand index of the communities found against those planted",
        Direction.HIGHER,
        (Task.CLUSTERING,),
        ("communities",),
        ari,
    ),
    "communities_inertia_gap": Metric(
        "inertia of the embedded nodes that one more step takes away",
        Direction.LOWER,
        (Task.CLUSTERING,),
        ("points", "cluster_centers_"),
        inertia_gap,
    ),
}
