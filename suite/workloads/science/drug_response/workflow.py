"""Predict how unseen cell lines respond to drugs: what is left of ln(IC50) beyond the drug's mean.

All that is said of a drug is learnt from the training lines: its mean and deviation, and its profile, by which drugs
are alike that work on the same lines. A line is told by the principal components of its genome and tissue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.workloads.science.calibration import of_model
from suite.workloads.science.drug_response.hill import area
from suite.workloads.science.drug_response.means import beyond_means, drug_means, drug_numbers, line_numbers
from suite.workloads.science.drug_response.pairs import N_PROFILES, Pairs
from suite.workloads.science.drug_response.report import findings
from suite.workloads.science.workflow import Data, Findings, Learner, Model, Results, Workflow

Floats = NDArray[np.float64]

#: Of the tissue among the features that are reduced: it tells more than any mutation, which are many.
TISSUE_WEIGHT = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """What is known of drugs and lines from the training pairs.

    Attributes
    ----------
    means
        (drugs,): of ln(IC50).
    drugs
        (drugs, properties): mean, deviation and profiles, each of unit deviation, then targets as 0 or 1.
    lines
        (lines, components): of genome and tissue.
    """

    means: Floats
    drugs: NDArray[Any]
    lines: NDArray[Any]

    @property
    def profiles(self) -> NDArray[Any]:
        """(drugs, profiles), of the drugs' properties."""
        return self.drugs[:, 2 : 2 + N_PROFILES]


#: Returns the features of pairs of the numbers of line and drug.
Assemble = Callable[[Encoding, NDArray[Any]], NDArray[Any]]


def side_by_side(encoding: Encoding, X: NDArray[Any]) -> NDArray[Any]:
    """Return the drug's properties and the line's components: for models that find products themselves."""
    return np.hstack([encoding.drugs[drug_numbers(X)], encoding.lines[line_numbers(X)]])


def products(encoding: Encoding, X: NDArray[Any]) -> NDArray[Any]:
    """Return all products of (1, the drug's profiles) and (1, the line's components): for linear models."""
    return Pairs(X, encoding.profiles, encoding.lines)[:]


class DrugResponse(Workflow):
    """Encode, learn, predict ln(IC50), and draw the curves; `assemble` makes the features of pairs.

    With `coefficients` those of the fitted estimator are returned.
    """

    def __init__(self, assemble: Assemble, *, coefficients: bool = False) -> None:
        self._assemble = assemble
        self._coefficients = coefficients

    def run(self, data: Data, learner: Learner) -> Results:
        """Return `output` and `far`, (pairs,) ln(IC50), and `area`, the mean viability of `output` over the doses.

        The coefficients, of which copying back is timed with the rest, are judged on what the pairs are made of:
        `profiles` of (drugs, profiles) and `lines` of (lines, components).
        """
        encoding, model = self._fit(learner, data, data["X_train"], data["y_train"])
        output, far = self._predict(encoding, model, data, ("X_test", "X_far"))
        slope = data["slope"][drug_numbers(data["X_test"])]
        results = {"output": output, "far": far, "area": area(np.log(data["doses"]), output, slope)}
        if self._coefficients:
            results |= {"profiles": encoding.profiles, "lines": encoding.lines}
            results |= {name: model.attribute(name) for name in ("coef_", "intercept_")}
        return results

    def examine(self, data: Data, learner: Learner, results: Results) -> Findings:
        """Compare with the drugs' means, on lines of unseen tissue, with fewer rows and in the other precision."""

        def repeat(rows: NDArray[np.int64], dtype: np.dtype[Any]) -> NDArray[Any]:
            y = data["y_train"][rows].astype(dtype)
            return self._predict(*self._fit(learner, data, data["X_train"][rows], y), data, ("X_test",))[0]

        encoding, model = self._fit(learner, data, data["X_train"], data["y_train"])
        own = of_model(model, self._assemble(encoding, data["X_test"]), data["y_test"], results["output"])
        return findings(data, results, repeat, own)

    def _predict(self, encoding: Encoding, model: Model, data: Data, others: tuple[str, ...]) -> list[Floats]:
        """Return ln(IC50) of the other pairs."""
        predicted = []
        for name in others:
            beyond = model.predict(self._assemble(encoding, data[name])).astype(np.float64).ravel()
            predicted.append(encoding.means[drug_numbers(data[name])] + beyond)
        return predicted

    def _fit(self, learner: Learner, data: Data, X: NDArray[Any], y: NDArray[Any]) -> tuple[Encoding, Model]:
        """Learn what is beyond the drugs' means, from pairs X and their ln(IC50) in the dtype of y."""
        encoding = _encode(learner, data, X, y)
        return encoding, learner.fit(self._assemble(encoding, X), beyond_means(X, y, encoding.means))


def _encode(learner: Learner, data: Data, X: NDArray[Any], y: NDArray[Any]) -> Encoding:
    """Learn from the training pairs alone who the drugs and the lines are."""
    lines, drugs = line_numbers(X), drug_numbers(X)
    n_lines, n_drugs = len(data["line_features"]), len(data["drug_target"])
    means = drug_means(drugs, y, n_drugs)
    beyond = np.zeros((n_lines, n_drugs))
    beyond[lines, drugs] = y - means[drugs]
    deviation = np.sqrt((beyond**2).sum(axis=0) / np.maximum(np.bincount(drugs, minlength=n_drugs), 1))
    targets = np.eye(int(data["drug_target"].max()) + 1)[data["drug_target"]]
    told = [_unit(means), _unit(deviation), _profiles(beyond), *([targets] if targets.shape[1] > 1 else [])]
    tissue = TISSUE_WEIGHT * np.eye(int(data["line_tissue"].max()) + 1)[data["line_tissue"]]
    genome = np.hstack([data["line_features"], tissue]).astype(y.dtype)
    components = learner.fit(genome[np.unique(lines)], role="reduction").transform(genome)
    return Encoding(means=means, drugs=np.column_stack(told).astype(y.dtype), lines=components.astype(y.dtype))


def _profiles(beyond: Floats) -> Floats:
    """Return (drugs, profiles): the leading right singular vectors of (lines, drugs), scaled to unit mean square."""
    _, vectors = np.linalg.eigh(beyond.T @ beyond)
    leading = vectors[:, : -N_PROFILES - 1 : -1]
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(N_PROFILES)])
    return np.asarray(leading * signs * np.sqrt(len(leading)))


def _unit(values: Floats) -> Floats:
    """Return values of mean 0 and deviation 1."""
    return np.asarray((values - values.mean()) / (values.std() or 1.0))


WORKFLOWS: Mapping[str, Workflow] = {
    "drug_response": DrugResponse(side_by_side),
    "products": DrugResponse(products, coefficients=True),
}
