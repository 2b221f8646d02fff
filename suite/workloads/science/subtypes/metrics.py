"""The subtypes that were found, judged by how well they agree with those that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def agreement(evidence: Evidence) -> float:
    """Adjusted Rand index between the clusters of the training rows and what these truly are."""
    from sklearn.metrics import adjusted_rand_score

    truth = evidence.data("truth")
    return float(adjusted_rand_score(truth, evidence.labels("subtypes", len(truth))))


def inertia_gap(evidence: Evidence) -> float:
    """Share of the components' inertia that goes if each centre moves to the mean of the rows nearest to it."""
    from suite.quality.metrics import clustering

    rows, width = len(evidence.data("truth")), int(evidence.workload.also["pca"]["params"]["n_components"])
    points = evidence.floats("points", (rows, width))
    return clustering.inertia_gap(replace(evidence, instead={"X_train": points}))


METRICS: Mapping[str, Metric] = {
    "subtypes_ari": Metric(
        "adjusted Rand index between the found and the known subtypes",
        Direction.HIGHER,
        (Task.CLUSTERING,),
        ("subtypes",),
        agreement,
    ),
    "subtypes_inertia_gap": Metric(
        "inertia of the components that one more step takes away",
        Direction.LOWER,
        (Task.CLUSTERING,),
        ("points", "cluster_centers_"),
        inertia_gap,
    ),
}
