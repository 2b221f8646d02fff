"""Learn melting points from descriptors, in units of their deviation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.records.findings import Figure, Findings, Series
from suite.workloads.science.calibration import of_model
from suite.workloads.science.tabular import learnt_again, mean_absolute_error, standardise
from suite.workloads.science.workflow import Data, Learner, Model, Results, Workflow, series

#: Molecules in each point of the curve of errors against masses.
_BINS = 8


class MeltingPoints(Workflow):
    """Predict the melting points of held-out molecules; `attributes` of the fitted estimator are returned."""

    def __init__(self, *attributes: str) -> None:
        self._attributes = attributes

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `output`, (held-out molecules,), and `far`, of the heavy ones, in kelvin.

        Copying back the attributes by which the fit is judged is timed with the rest.
        """
        model, (output, far) = _learn(learner, data["X_train"], data["y_train"], (data["X_test"], data["X_far"]))
        return {"output": output, "far": far, **{name: model.attribute(name) for name in self._attributes}}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with the mean, with heavier molecules, with fewer rows and in the other precision."""
        truth, far = data["y_test"], data["y_far"]
        error, mean = mean_absolute_error(truth, results["output"]), data["y_train"].mean(dtype=np.float64)
        baseline = mean_absolute_error(truth, np.full(len(truth), mean))

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            X_train, X_test = data["X_train"][rows].astype(dtype), data["X_test"].astype(dtype)
            return _learn(learner, X_train, data["y_train"][rows].astype(dtype), (X_test,))[1][0]

        again = learnt_again(
            repeat,
            lambda prediction: mean_absolute_error(truth, prediction),
            error,
            len(data["X_train"]),
            data["X_train"].dtype,
            name="mean absolute error",
            unit="K",
        )
        train, test = standardise(data["X_train"], data["X_test"])
        own = of_model(learner.fit(train, data["y_train"]), test, truth, results["output"])
        far_error = mean_absolute_error(far, results["far"])
        figures = [
            _kelvin("error_in", error, "mean absolute error on held-out molecules of the lighter nine tenths"),
            _kelvin("error_out", far_error, "mean absolute error on the heaviest tenth, when trained on lighter ones"),
            _kelvin("baseline", baseline, "mean absolute error of the training molecules' mean, on held-out ones"),
            _kelvin("gain", baseline - error, "how much smaller the mean absolute error is than that of the mean"),
        ]
        return Findings(figures=[*figures, *own, *again.figures], series=[*again.series, _by_mass(data, results)])


def _learn(
    learner: Learner, X: NDArray[Any], y: NDArray[Any], others: tuple[NDArray[Any], ...]
) -> tuple[Model, list[NDArray[Any]]]:
    """Return what was fitted, and the predictions of the other rows, in kelvin."""
    train, *rest = standardise(X, *others)
    model = learner.fit(train, y)
    return model, [model.predict(rows).ravel() for rows in rest]


def _kelvin(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=value, unit="K", condition=condition)


def _by_mass(data: Data, results: Results) -> Series:
    """Return the error in bins of equally many molecules, from the lightest held-out to the heaviest."""
    mass = np.concatenate([data["mass_test"], data["mass_far"]])
    errors = np.concatenate([np.abs(data["y_test"] - results["output"]), np.abs(data["y_far"] - results["far"])])
    bins = np.array_split(np.argsort(mass, kind="stable"), _BINS)
    return series(
        "error_by_mass", "error against the molar mass, the heaviest being unlike the training molecules",
        "molar mass (g/mol)", "mean absolute error (K)",
        [mass[rows].mean() for rows in bins], [errors[rows].mean(dtype=np.float64) for rows in bins],
    )  # fmt: skip


WORKFLOWS: Mapping[str, Workflow] = {
    "melting_point": MeltingPoints(),
    "support": MeltingPoints("dual_coef_", "support_"),
}
