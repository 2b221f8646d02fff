"""What assimilation is worth: the error of the analysed weather, and of the forecast from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suite.quality.evidence import Evidence, Floats, Metric
from suite.workloads.entry import Direction, Task
from suite.workloads.science.weather.climate import LEAD, WINDOW


def nrmse(predicted: Floats, truth: Floats, deviation: float) -> float:
    """Return the root mean square of the errors, in the climate's standard deviation."""
    return float(np.sqrt(np.mean((predicted - truth) ** 2)) / deviation)


def _error(evidence: Evidence, product: str, interval: int) -> float:
    """Return the error of a product, of shape (cases, points), at an interval from the start of the window."""
    X, cases = evidence.data("X_test"), len(evidence.data("background"))
    truth = X[interval :: len(X) // cases].astype(np.float64)
    return nrmse(evidence.floats(product, truth.shape), truth, float(evidence.data("deviation")[0]))


def end_nrmse(evidence: Evidence) -> float:
    """Error of the stream function analysed at the end of the window."""
    return _error(evidence, "analysis", WINDOW)


def forecast_nrmse(evidence: Evidence) -> float:
    """Error of the stream function forecast from the analysis."""
    return _error(evidence, "forecast", WINDOW + LEAD)


METRICS: Mapping[str, Metric] = {
    "weather_end_nrmse": Metric(
        "error of the analysis at the end of the window, in the climate's deviation",
        Direction.LOWER,
        (Task.REGRESSION,),
        ("analysis",),
        end_nrmse,
    ),
    "weather_forecast_nrmse": Metric(
        "error of the forecast from the analysis, in the climate's deviation",
        Direction.LOWER,
        (Task.REGRESSION,),
        ("forecast",),
        forecast_nrmse,
    ),
}
