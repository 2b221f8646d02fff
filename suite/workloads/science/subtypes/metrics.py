"""The subtypes that were found, judged by how well they agree with those that are known."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def agreement(evidence: Evidence) -> float:
    """Adjusted Rand index between the clusters of the training rows and what these truly are."""
    from sklearn.metrics import adjusted_rand_score

    truth = evidence.data("truth")
    return float(adjusted_rand_score(truth, evidence.labels("subtypes", len(truth))))


METRICS: Mapping[str, Metric] = {
    "subtypes_ari": Metric(
        "adjusted Rand index between the found and the known subtypes",
        Direction.HIGHER,
        (Task.CLUSTERING,),
        ("subtypes",),
        agreement,
    ),
}
