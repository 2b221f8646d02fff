"""The metrics by which results are judged, each a function of a data set and of what a pass left."""

from __future__ import annotations

from collections.abc import Mapping

from suite.quality.evidence import Metric
from suite.quality.metrics import classification, clustering, embedding, regression

METRICS: Mapping[str, Metric] = {
    **classification.METRICS,
    **regression.METRICS,
    **clustering.METRICS,
    **embedding.METRICS,
}
