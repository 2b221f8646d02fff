"""From recorded jets to the probability that an event is signal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

from suite.workloads.science.calibration import of_probabilities
from suite.workloads.science.collider.features import features, pairing
from suite.workloads.science.tabular import learnt_again, standardise
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Model, Results, Series, Workflow, series

#: Share of the signal that is kept where the rejection of background is given.
KEPT = 0.5

#: Points of a curve that is shown.
POINTS = 101


class FindResonances(Workflow):
    """Compute the masses of all pairs of jets, then classify the event; fitted `attributes` are returned."""

    def __init__(self, *attributes: str) -> None:
        self._attributes = attributes

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `signal`, the probability of each held-out event to be signal.

        Copying back the attributes by which the fit is judged is timed with the rest.
        """
        train, test = standardise(*(features(data[name]) for name in ("X_train", "X_test")))
        model = learner.fit(train, data["y_train"])
        return {"signal": _signal(model, test), **{name: model.attribute(name) for name in self._attributes}}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Leave the masses out, look for them without learning, and use a detector that is out of calibration."""
        truth, y = data["y_test"], data["y_train"]
        train, test, far = standardise(*(features(data[f"X_{part}"]) for part in ("train", "test", "far")))

        def score(signal: NDArray[Any]) -> float:
            return float(roc_auc_score(truth, signal))

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            return _signal(learner.fit(train[rows].astype(dtype), y[rows]), test.astype(dtype))

        found = score(results["signal"])
        low, low_test = standardise(*(features(data[name], high_level=False) for name in ("X_train", "X_test")))
        without = score(_signal(learner.fit(low, y), low_test))
        unlearnt = pairing(data["X_test"])
        base = score(unlearnt)
        moved = float(roc_auc_score(data["y_far"], _signal(learner.fit(train, y), far)))
        again = learnt_again(repeat, score, found, len(train), train.dtype, name="AUC")
        off, calibration = of_probabilities(truth, results["signal"], "held-out events")
        figures = [
            _figure("error_in", 1.0 - found, "1 - AUC, held-out events of the same detector"),
            _figure("error_out", 1.0 - moved, "1 - AUC, energies 5 % too high and measured with twice the error"),
            _figure("baseline", base, "AUC of the best pairing's chi square to the known masses: nothing is learnt"),
            _figure("gain", found - base, "AUC over that of the best pairing's chi square"),
            _figure("without_masses", without, "AUC of the same estimator without the masses: 15 low-level features"),
            _rejection("rejection", truth, results["signal"], "by the estimator"),
            _rejection("rejection_pairing", truth, unlearnt, "by the best pairing's chi square to the known masses"),
            off,
            *again.figures,
        ]
        curves = [_roc(truth, results["signal"], "learnt"), _roc(truth, unlearnt, "best pairing"), calibration]
        return Findings(figures=figures, series=[*curves, *again.series])


def _signal(model: Model, X: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(model.predict_proba(X)[:, 1], dtype=np.float64)


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=float(value), condition=condition)


def rejection(truth: NDArray[Any], signal: NDArray[Any]) -> float:
    """Return how many background events there are to one that is let through with `KEPT` of the signal."""
    level = np.quantile(signal[truth == 1], 1.0 - KEPT)
    background = signal[truth == 0]
    let_through = int(np.count_nonzero(background >= level))
    return len(background) / max(let_through, 1)


def _rejection(name: str, truth: NDArray[Any], signal: NDArray[Any], how: str) -> Figure:
    when = f"background events to one let through with {KEPT:.0%} of the signal, {how}"
    return _figure(name, rejection(truth, signal), when)


def _roc(truth: NDArray[Any], signal: NDArray[Any], label: str) -> Series:
    false, true, _ = roc_curve(truth, signal)
    shown = np.linspace(0.0, 1.0, POINTS)
    return series(
        "roc",
        label,
        "share of background let through",
        "share of signal kept",
        shown,
        np.interp(shown, false, true),
        shares=True,
    )


WORKFLOWS: Mapping[str, Workflow] = {"collider": FindResonances(), "linear": FindResonances("coef_", "intercept_")}
