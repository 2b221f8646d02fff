"""What predicted drug responses are worth: beyond the drug's mean, and as curves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.drug_response.hill import area
from suite.workloads.science.drug_response.means import drug_means, drug_numbers
from suite.workloads.science.tabular import r2


def gain(evidence: Evidence) -> float:
    """R² of ln(IC50) on unseen cell lines, beyond that of the drug's mean over the training lines."""
    truth, tested = evidence.data("y_test"), drug_numbers(evidence.data("X_test"))
    trained, y_train = drug_numbers(evidence.data("X_train")), evidence.data("y_train")
    means = drug_means(trained, y_train, len(evidence.data("drug_target")))
    return r2(truth, evidence.floats("output", truth.shape)) - r2(truth, means[tested])


def area_error(evidence: Evidence) -> float:
    """Root mean square error of the area under the dose-response curve, which is between 0 and 1."""
    truth = evidence.data("y_test").astype(np.float64)
    slope = evidence.data("slope")[drug_numbers(evidence.data("X_test"))]
    error = evidence.floats("area", truth.shape) - area(np.log(evidence.data("doses")), truth, slope)
    return float(np.sqrt((error**2).mean()))


METRICS: Mapping[str, Metric] = {
    "drug_response_gain": Metric(
        "R² on unseen cell lines beyond the drug's mean", Direction.HIGHER, (Task.REGRESSION,), ("output",), gain
    ),
    "drug_response_area_error": Metric(
        "RMS error of the area under the dose-response curve",
        Direction.LOWER,
        (Task.REGRESSION,),
        ("area",),
        area_error,
    ),
}
