"""Whether what a method says of its own uncertainty is true: probabilities of classes, deviations of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from suite.records.findings import Figure, Series
from suite.workloads.science.workflow import Model, series

Numbers = NDArray[Any]

#: Groups of equally many rows, by their probability.
GROUPS = 10
#: Probability that an interval should have.
NOMINAL = 0.9
#: Whose deviations are those of a model.
OWN = "the deviations that the models give themselves"


def of_probabilities(truth: Numbers, probability: Numbers, what: str) -> tuple[Figure, Series]:
    """Return the expected calibration error of the probability of class 1, and the curve that it sums up.

    The rows are put in `GROUPS` groups by their probability, and what was said of each is held against its share of
    class 1 (Naeini et al. 2015, with groups of equal size; so that groups never part rows of equal probability, there
    may be fewer). `what` says which rows they are.
    """
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    group = np.searchsorted(edges, probability, side="left")
    count = np.bincount(group, minlength=len(edges) + 1)
    there = count > 0
    said, came = (
        np.bincount(group, weights=values, minlength=len(count))[there] / count[there]
        for values in (probability, truth)
    )
    error = float(np.average(np.abs(said - came), weights=count[there]))
    figure = Figure(
        name="calibration_error",
        value=error,
        condition="mean distance of the probability that is said from the share that comes true, in groups of "
        f"{what} by probability",
    )
    curve = series(
        "calibration",
        "probabilities said and come true",
        "probability said",
        "share come true",
        said,
        came,
        shares=True,
    )
    return figure, curve


def of_model(model: Model, X: Numbers, truth: Numbers, prediction: Numbers) -> list[Figure]:
    """Return whether the deviations that a model gives its predictions of rows are true; nothing where it has none."""
    deviations = model.deviations(X)
    return [] if deviations is None else [of_deviations(truth, prediction, deviations, OWN)]


def of_deviations(truth: Numbers, prediction: Numbers, deviation: Numbers, what: str) -> Figure:
    """Return the share of values within the normal interval of nominally `NOMINAL` around their predictions.

    `what` says whose deviations they are, and of which values.
    """
    inside = np.abs(np.asarray(truth, np.float64) - prediction) <= norm.ppf((1 + NOMINAL) / 2) * deviation
    return Figure(
        name="calibration_own",
        value=float(inside.mean()),
        condition=f"share of held-out values in nominal {NOMINAL:.0%} intervals, from {what}",
    )
