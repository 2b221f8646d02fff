"""From the diagnostics' time series to an alarm for each discharge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from suite.workloads.science.calibration import of_probabilities
from suite.workloads.science.disruption.discharges import SLICE_S, SLICES
from suite.workloads.science.disruption.features import (
    LATE,
    alarms,
    standing,
    threshold,
    window_features,
)
from suite.workloads.science.tabular import standardise
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Model, Results, Series, Workflow, series

#: Share of the quiet discharges that may raise an alarm, for the time of warning.
FALSE_ALARMS = 0.1


class DisruptionWarning(Workflow):
    """Describe each slice by its recent past and classify it; the worst standing risk raises the discharge's alarm.

    `attributes` of the fitted estimator are returned.
    """

    def __init__(self, *attributes: str) -> None:
        self._attributes = attributes

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `risk` of (held-out rows,) to disrupt soon, and `alarm` of (held-out discharges,).

        Copying back the attributes by which the fit is judged is timed with the rest.
        """
        train, test = standardise(*(window_features(data[name]) for name in ("X_train", "X_test")))
        model = learner.fit(train, data["y_train"])
        risk = _risk(model, test)
        return {"risk": risk, "alarm": alarms(risk), **{name: model.attribute(name) for name in self._attributes}}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with the locked-mode threshold, go to another machine, and see how early the alarms come."""
        truth = data["disrupts_test"]
        train, test, far = standardise(*(window_features(data[f"X_{part}"]) for part in ("train", "test", "far")))
        found = _auc(truth, results["alarm"])
        locked, island = (_auc(truth, threshold(data["X_test"], channel)) for channel in ("n1_locked", "n1_rms"))
        moved = _auc(data["disrupts_far"], alarms(_risk(learner.fit(train, data["y_train"]), far)))
        tenth = _tenth(data["shot_train"], data["y_train"])
        fewer = _auc(truth, alarms(_risk(learner.fit(train[:tenth], data["y_train"][:tenth]), test)))
        other = np.dtype(np.float32 if train.dtype == np.float64 else np.float64)
        cast = _auc(truth, alarms(_risk(learner.fit(train.astype(other), data["y_train"]), test.astype(other))))
        off, calibration = of_probabilities(data["y_test"], results["risk"], "held-out slices")
        figures = [
            _figure("error_in", 1.0 - found, "1 - AUC by discharge, held-out discharges of the same machine"),
            _figure("error_out", 1.0 - moved, "1 - AUC by discharge on a machine with higher beta and less rotation"),
            _figure("baseline", max(locked, island), "AUC by discharge of the better of two thresholds"),
            _figure("gain", found - max(locked, island), "AUC by discharge over that of the better threshold"),
            _figure("baseline_locked", locked, "AUC by discharge of a threshold on the locked mode's amplitude"),
            _figure(
                "baseline_rms", island, "AUC by discharge of a threshold on the mode's amplitude, locked or rotating"
            ),
            _figure("with_a_tenth", fewer, "AUC by discharge when trained on a tenth of the discharges"),
            _figure("other_precision", cast, f"AUC by discharge with the features cast to {other}"),
            off,
            *_warning_figures(results["risk"], truth),
        ]
        curves = [_roc(truth, results["alarm"]), _in_time(results["risk"], truth), calibration]
        return Findings(figures=figures, series=curves)


def _risk(model: Model, X: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(model.predict_proba(X)[:, 1], dtype=np.float64)


def _auc(truth: NDArray[Any], alarm: NDArray[Any]) -> float:
    return float(roc_auc_score(truth, alarm))


def _tenth(shot: NDArray[Any], y: NDArray[Any]) -> int:
    """Return the rows of a tenth of the discharges, or of as many as it takes to have both classes."""
    discharges = max(1, len(np.unique(shot)) // 10)
    both = int(np.argmax(y != y[0])) // SLICES + 1
    return max(discharges, both) * SLICES


def _figure(name: str, value: float, condition: str, unit: str = "") -> Figure:
    return Figure(name=name, value=float(value), unit=unit, condition=condition)


def warning_times(risk: NDArray[Any], disrupts: NDArray[Any]) -> NDArray[np.float64]:
    """Return how long before its end each disruptive discharge first raises an alarm, in s; zero if never in time.

    The alarm's level is that which `FALSE_ALARMS` of the other discharges raise.
    """
    quiet = disrupts == 0
    level = np.quantile(alarms(risk)[quiet], 1.0 - FALSE_ALARMS)
    raised = standing(risk)[~quiet, :-LATE] > level
    first = np.where(raised.any(axis=1), raised.argmax(axis=1), SLICES)
    return (SLICES - first) * SLICE_S


def _warning_figures(risk: NDArray[Any], disrupts: NDArray[Any]) -> list[Figure]:
    times = warning_times(risk, disrupts)
    when = f"with alarms in {FALSE_ALARMS:.0%} of the held-out discharges that do not disrupt"
    return [
        _figure(
            "detected",
            float(np.mean(times > 0)),
            f"share of disruptions announced at least {LATE * SLICE_S:g} s, {when}",
        ),
        _figure(
            "warning_time",
            float(np.median(times)),
            f"median over disruptions, those missed counted as zero, {when}",
            "s",
        ),
    ]


def _roc(truth: NDArray[Any], alarm: NDArray[Any]) -> Series:
    false, true, _ = roc_curve(truth, alarm)
    return series(
        "roc",
        "alarms by discharge",
        "share of false alarms",
        "share of disruptions announced",
        false,
        true,
        shares=True,
    )


def _in_time(risk: NDArray[Any], disrupts: NDArray[Any]) -> Series:
    times = warning_times(risk, disrupts)
    before = np.arange(LATE, SLICES + 1) * SLICE_S
    announced = [np.mean(times >= time - SLICE_S / 2) for time in before]
    return series("announced", "disruptions announced", "time before the end, s", "share announced", before, announced)


WORKFLOWS: Mapping[str, Workflow] = {
    "disruption": DisruptionWarning(),
    "linear": DisruptionWarning("coef_", "intercept_"),
}
