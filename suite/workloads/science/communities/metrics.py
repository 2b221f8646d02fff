"""The communities that were found, judged by the planted ones."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task


def ari(evidence: Evidence) -> float:
    """Adjusted Rand index between the communities found and those planted, of all nodes."""
    from sklearn.metrics import adjusted_rand_score

    truth = evidence.data("truth")
    return float(adjusted_rand_score(truth, evidence.labels("communities", len(truth))))


METRICS: Mapping[str, Metric] = {
    "communities_ari": Metric(
        "adjusted Rand index of the communities found against those planted",
        Direction.HIGHER,
        (Task.CLUSTERING,),
        ("communities",),
        ari,
    ),
}
