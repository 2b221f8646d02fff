"""daal4py's model builders: oneDAL applies models that others have trained, `daal4py.mb.convert_model`.

Boosted trees are trained by XGBoost, LightGBM or CatBoost (what follows the colon) with the same settings as those
engines have here; logistic regression is scikit-learn's own. Trees of scikit-learn would have to come through Treelite,
and lose the starting value of `HistGradientBoostingRegressor` on the way (scikit-learn-intelex 2026.2).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

from backends._boosting import CLASSIFIER, REGRESSOR
from backends._inference import Converted, InferenceEngine
from backends._installed import how_to_install
from backends.catboost import CatBoostBackend
from backends.lightgbm import LightGBM
from backends.protocol import Array, Backend, Diagnosis, EngineReport, Estimator, Offer, Problem, State
from backends.xgboost import XGBoost

TRAINERS: Mapping[str, type[Backend]] = MappingProxyType(
    {"xgboost": XGBoost, "lightgbm": LightGBM, "catboost": CatBoostBackend}
)


class BuiltModel(Converted):
    """oneDAL's form of a model."""

    def convert(self, X: Array) -> None:  # noqa: ARG002
        """Convert the booster, or scikit-learn's coefficients."""
        import daal4py.mb

        self.model = daal4py.mb.convert_model(getattr(self.stock, "model", self.stock))

    def apply(self, X: Array) -> Array:
        """Return values or labels; oneDAL numbers the classes."""
        result = self.model.predict(X).reshape(-1)
        classes = getattr(self.stock, "classes", None)
        if classes is None:
            classes = getattr(self.stock, "classes_", None)
        return result if classes is None else classes[result.astype(int)]

    def evidence(self) -> EngineReport:
        """Say whose model it was, and what oneDAL's is called."""
        inner = getattr(self.model, "daal_model_", None)
        evidence = f"{type(self.model).__name__}{f' of {type(inner).__name__}' if inner is not None else ''}"
        whose = self.engine.trainer if inner is not None else "scikit-learn"
        return EngineReport(f"oneDAL, {whose}'s model", accelerated=True, evidence=evidence)


class Daal4py(InferenceEngine):
    """daal4py's model builders on the CPU, for models of one trainer."""

    name = "daal4py"
    title = "daal4py model builders"
    packages = (
        "scikit-learn-intelex", "daal", "xgboost", "xgboost-cpu", "lightgbm", "catboost", "scikit-learn", "numpy",
    )  # fmt: skip
    devices = tuple(TRAINERS)
    fork_safe = sys.platform == "linux"
    estimators = MappingProxyType(dict.fromkeys((CLASSIFIER, REGRESSOR, "LogisticRegression"), BuiltModel))
    lacks = MappingProxyType(
        dict.fromkeys(
            ("RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor"),
            "it has no converter for scikit-learn's forests",
        )
    )
    otherwise = "it converts boosted trees and logistic regression"
    modules = ("daal4py", "daal4py.mb")
    cure = how_to_install("daal4py")

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._trainer = TRAINERS[self.device]()

    @property
    def trainer(self) -> str:
        """What trains the boosted trees."""
        return self._trainer.title

    def diagnose(self) -> Diagnosis:
        """Say whether daal4py and the trainer are installed."""
        found = super().diagnose()
        if found.state is not State.READY:
            return found
        if find_spec(self.device) is None:
            detail = f"no module named {self.device}, which trains"
            return Diagnosis(State.NOT_INSTALLED, detail, how_to_install(self.device))
        return found

    def offer(self, algorithm: str) -> Offer:
        """Say whether there are models to convert."""
        if algorithm not in (CLASSIFIER, REGRESSOR):
            if algorithm == "LogisticRegression" and self.device != self.devices[0]:
                return Offer(reason=f"{self.trainer} trains boosted trees alone: see daal4py")
            return super().offer(algorithm)
        offer = self._trainer.offer(algorithm)
        return Offer(f"daal4py.mb of {offer.estimator}", offer.reason, f"inference of {self.trainer}'s model")

    def load(self, algorithms: frozenset[str]) -> None:
        """Import daal4py and the trainer."""
        super().load(algorithms)
        import_module(self.device)

    def simd(self) -> str:
        """Say which instructions oneDAL's code uses."""
        from backends._onedal import dispatch

        return dispatch.simd()

    def stock(self, problem: Problem) -> Estimator:
        """Return the trainer's trees, or scikit-learn's regression."""
        return super().stock(problem) if problem.algorithm == "LogisticRegression" else self._trainer.estimator(problem)
