"""Treelite's GTIL applies forests and boosted trees of scikit-learn: a library of plain C++ loops over the rows.

It keeps thresholds and sums in float64 for models of scikit-learn, whatever the data are in.
Source: the documentation of treelite.sklearn.import_model and treelite.gtil.predict, release 4.
"""

from __future__ import annotations

import sys
from types import MappingProxyType

from backends._inference import Converted, InferenceEngine
from backends._installed import how_to_install
from backends.protocol import Array, EngineReport

ENSEMBLES = (
    "RandomForestClassifier", "ExtraTreesClassifier", "GradientBoostingClassifier", "HistGradientBoostingClassifier",
    "RandomForestRegressor", "ExtraTreesRegressor", "GradientBoostingRegressor", "HistGradientBoostingRegressor",
)  # fmt: skip


class TreeliteModel(Converted):
    """Treelite's model of the trees."""

    def convert(self, X: Array) -> None:  # noqa: ARG002
        """Import the trees; raises ValueError if each gives several values."""
        import treelite.sklearn

        if getattr(self.stock, "n_outputs_", 1) > 1:
            raise ValueError("a tree gives one value here")
        self.model = treelite.sklearn.import_model(self.stock)

    def apply(self, X: Array) -> Array:
        """Return values, or the class of the highest probability."""
        result = self._outputs(X)
        if not hasattr(self.stock, "classes_"):
            return result[:, 0]
        return self.stock.classes_[result.argmax(axis=1) if result.shape[1] > 1 else (result[:, 0] > 0.5).astype(int)]

    def probabilities(self, X: Array) -> Array:
        """Return the probability of each class; of two Treelite may give that of the second alone."""
        import numpy as np

        result = self._outputs(X)
        return result if result.shape[1] > 1 else np.column_stack([1 - result[:, 0], result[:, 0]])

    def _outputs(self, X: Array) -> Array:
        from treelite import gtil

        return gtil.predict(self.model, X, nthread=self.problem.threads)[:, 0, :]

    def evidence(self) -> EngineReport:
        """Say what the model is."""
        model, threads = self.model, self.problem.threads
        evidence = f"gtil.predict, {model.num_tree} trees with {model.input_type} thresholds, {threads} threads"
        return EngineReport("Treelite GTIL", accelerated=True, evidence=evidence)


class Treelite(InferenceEngine):
    """Treelite on the CPU."""

    name = "treelite"
    title = "Treelite"
    packages = ("treelite", "scikit-learn", "numpy", "scipy")
    fork_safe = sys.platform == "linux"
    estimators = MappingProxyType(dict.fromkeys(ENSEMBLES, TreeliteModel))
    lacks = MappingProxyType(
        {
            **dict.fromkeys(("DecisionTreeClassifier", "DecisionTreeRegressor"), "it imports ensembles only"),
            "AdaBoostClassifier": "it does not import scikit-learn's AdaBoost",
            "IsolationForest": "it gives the score of the original paper: nothing is timed but predict",
        }
    )
    otherwise = "it applies ensembles of trees and nothing else"
    modules = ("treelite", "treelite.sklearn", "treelite.gtil")
    cure = how_to_install("treelite")
