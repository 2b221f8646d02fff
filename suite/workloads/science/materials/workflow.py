"""Learn conductivities from statistics of the elements' properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.calibration import of_model
from suite.workloads.science.materials.descriptors import statistics
from suite.workloads.science.tabular import learnt_again, r2, standardise
from suite.workloads.science.workflow import Data, Figure, Findings, Learner, Model, Results, Series, Workflow, series

#: Compounds of one number of elements that are needed for a point of a curve.
_FEWEST = 10


class Transport(Workflow):
    """Predict log10 of conductivities; `attributes` of the fitted estimator are returned."""

    def __init__(self, *attributes: str) -> None:
        self._attributes = attributes

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `output`, (held-out compounds,), and `far`, of those with the unseen element.

        Copying back the attributes by which the fit is judged is timed with the rest.
        """
        names = ("X_train", "X_test", "X_far")
        X_train, X_test, X_far = (statistics(data[name], data["properties"]) for name in names)
        model, (output, far) = _learn(learner, X_train, data["y_train"], (X_test, X_far))
        return {"output": output, "far": far, **{name: model.attribute(name) for name in self._attributes}}

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with a sum over elements, with an unseen element, with fewer rows and in the other precision."""
        truth, y = data["y_test"], data["y_train"]
        X, X_test = (statistics(data[name], data["properties"]) for name in ("X_train", "X_test"))

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            return _learn(learner, X[rows].astype(dtype), y[rows].astype(dtype), (X_test.astype(dtype),))[1][0]

        reached = r2(truth, results["output"])
        again = learnt_again(repeat, lambda prediction: r2(truth, prediction), reached, len(X), X.dtype, name="R²")
        train, test = standardise(X, X_test)
        own = of_model(learner.fit(train, y), test, truth, results["output"])
        baseline = r2(truth, data["X_test"] @ sum_over_elements(data["X_train"], y))
        figures = [
            _figure("error_in", 1 - reached, "1 - R² on held-out formulas of known elements"),
            _figure(
                "error_out", 1 - r2(data["y_far"], results["far"]), "1 - R² on compounds with an unseen element, Te"
            ),
            _figure(
                "baseline", baseline, "R² of a sum over the elements' shares, by least squares, on held-out formulas"
            ),
            _figure("gain", reached - baseline, "R² beyond that of a sum over the elements' shares"),
        ]
        return Findings(figures=[*figures, *own, *again.figures], series=[*again.series, _by_elements(data, results)])


def _learn(
    learner: Learner, X: NDArray[Any], y: NDArray[Any], others: tuple[NDArray[Any], ...]
) -> tuple[Model, list[NDArray[Any]]]:
    """Return what was fitted, and the predictions of the other rows."""
    train, *rest = standardise(X, *others)
    model = learner.fit(train, y)
    return model, [model.predict(rows).ravel() for rows in rest]


def sum_over_elements(X: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Return what each element contributes, (elements,): least squares on shares of atoms, zero where there is none."""
    shares = X.astype(np.float64)
    return np.asarray(np.linalg.lstsq(shares.T @ shares, shares.T @ y, rcond=1e-10)[0])


def _by_elements(data: Data, results: Results) -> Series:
    """Return the error against how many elements a held-out compound has."""
    number = np.count_nonzero(data["X_test"], axis=1)
    errors = np.abs(data["y_test"] - results["output"])
    there = [count for count in np.unique(number) if (number == count).sum() >= _FEWEST]
    return series(
        "error_by_elements", "error against the number of elements", "elements in a compound",
        "mean absolute error of log10 of the conductivity",
        there, [errors[number == count].mean(dtype=np.float64) for count in there],
    )  # fmt: skip


def _figure(name: str, value: float, condition: str) -> Figure:
    return Figure(name=name, value=value, condition=condition)


WORKFLOWS: Mapping[str, Workflow] = {"materials": Transport(), "linear": Transport("coef_", "intercept_")}
