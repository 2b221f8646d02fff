"""What predicted drug responses are worth: beyond the drug's mean, and as curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.drug_response.hill import area
from suite.workloads.science.drug_response.means import beyond_means, drug_means, drug_numbers
from suite.workloads.science.drug_response.pairs import N_PROFILES, Pairs
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


def squared_error_gap(evidence: Evidence) -> float:
    """Distance of the penalised squared error beyond the drugs' means to its optimum, as a share of the optimum."""
    from suite.quality.metrics import objectives

    X, y = evidence.data("X_train"), evidence.data("y_train")
    n_lines, n_drugs = len(evidence.data("line_features")), len(evidence.data("drug_target"))
    profiles = evidence.numbers("profiles", (n_drugs, N_PROFILES))
    width = int(evidence.workload.also["reduction"]["params"]["n_components"])
    lines = evidence.numbers("lines", (n_lines, width))
    beyond = beyond_means(X, y, drug_means(drug_numbers(X), y, n_drugs))
    try:
        return objectives.squared_error_gap(
            replace(evidence, instead={"X_train": Pairs(X, profiles, lines), "y_train": beyond})
        )
    except np.linalg.LinAlgError as error:
        raise GarbageError(f"profiles and lines are out of range: {error}") from error


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
    "drug_response_squared_error_gap": Metric(
        "distance to the least penalised squared error beyond the drugs' means",
        Direction.LOWER,
        (Task.REGRESSION,),
        ("profiles", "lines", "coef_", "intercept_"),
        squared_error_gap,
    ),
}
