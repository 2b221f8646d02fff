"""What a scientific workflow is: everything that is done around the estimators, on the same data by every engine.

A topic is a package beside this module, with these parts:

- `source.py`: SOURCES, what its data are called and which arguments they take; imports no NumPy.
- `data.py`: `make(request)` yields the arrays: a simulation, a generator, or real data of an installed package.
- `entry.py`: WORKLOADS, the entries of the catalogue; imports no NumPy.
- `workflow.py`: WORKFLOWS, by name.
- `metrics.py`: METRICS, by which results are judged against truth in the data; imports NumPy only at its top.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from suite.records.findings import Figure, Findings, Picture, Series

Data = Mapping[str, NDArray[Any]]
Results = dict[str, NDArray[Any]]

#: Values in a picture at most: it is there to be looked at.
MOST_PIXELS = 96 * 96


class Model(Protocol):
    """A fitted estimator of the engine, fed from the host and read back to it."""

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the predictions of rows."""

    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the classes' probabilities of rows, of (rows, classes)."""

    def deviations(self, X: NDArray[Any]) -> NDArray[Any] | None:
        """Return the standard deviations that the estimator gives its predictions, None where it gives none."""

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the rows, transformed."""

    def attribute(self, name: str) -> NDArray[Any]:
        """Return a fitted attribute."""


class Learner(Protocol):
    """Makes and fits the engine's estimators; its time is the learning's, all other time is the workflow's own.

    `seed` is the pass's; `threads` is how many the workflow's own steps may use as well.
    """

    seed: int
    threads: int

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds in the estimators' calls until now, by phase: copy_in, fit, predict, copy_out."""

    def fit(self, X: NDArray[Any], y: NDArray[Any] | None = None, *, role: str = "model", **params: Any) -> Model:
        """Fit the estimator of this role, its parameters overridden by `params`; the dtype is that of X."""


class Workflow(ABC):
    """One scientific workflow."""

    @abstractmethod
    def run(self, data: Data, learner: Learner) -> Results:
        """Do all of it, timed; return the arrays that the metrics take, by name.

        `data` are the arrays of the data set, mapped read-only.
        """

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:  # noqa: ARG002
        """Look closer at what `run` returned, untimed and once a case: errors, curves, pictures."""
        return Findings()


def picture(name: str, label: str, field: NDArray[Any]) -> Picture:
    """Return a field of (rows, columns), top row first, thinned out to what can be shown."""
    step = int(np.ceil(np.sqrt(max(1.0, field.size / MOST_PIXELS))))
    shown = np.asarray(field, dtype=np.float64)[::step, ::step]
    return Picture(
        name=name, label=label, columns=shown.shape[1], values=[float(f"{value:.4g}") for value in shown.ravel()]
    )


def series(name: str, label: str, x_label: str, y_label: str, x: Any, y: Any, *, shares: bool = False) -> Series:
    """Return a curve from any two sequences of numbers; `shares` if both axes go from 0 to 1."""
    return Series(
        name=name,
        label=label,
        x_label=x_label,
        y_label=y_label,
        x=[float(v) for v in x],
        y=[float(v) for v in y],
        shares=shares,
    )


__all__ = [
    "Data",
    "Figure",
    "Findings",
    "Learner",
    "Model",
    "Picture",
    "Results",
    "Series",
    "Workflow",
    "picture",
    "series",
]
