"""The metrics by which results are judged, each a function of a data set and of what a pass left."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Metric
from suite.quality.metrics import (
    classification,
    clustering,
    density,
    duals,
    embedding,
    neighbors,
    objectives,
    preprocessing,
    regression,
    splits,
)
from suite.workloads.science import part, topics

#: Of the science workloads, each by the metrics of its topic.
SCIENCE: Mapping[str, Metric] = {
    name: metric for topic in topics() for name, metric in part(topic, "metrics").METRICS.items()
}
METRICS: Mapping[str, Metric] = {
    **classification.METRICS,
    **regression.METRICS,
    **objectives.METRICS,
    **duals.METRICS,
    **clustering.METRICS,
    **embedding.METRICS,
    **neighbors.METRICS,
    **density.METRICS,
    **preprocessing.METRICS,
    **splits.METRICS,
    **SCIENCE,
}
