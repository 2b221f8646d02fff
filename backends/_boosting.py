"""What the gradient boosting engines share: scikit-learn's vocabulary, a thin estimator, and how their calls are seen.

The vocabulary is that of `HistGradientBoostingClassifier` and `HistGradientBoostingRegressor`: trees of second-order
boosting on histograms. Copying to the engine's own binned matrix happens inside `fit`, and is on its bill, for
scikit-learn bins inside `fit` too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import ceil
from types import MappingProxyType
from typing import Any, ClassVar

from backends._parameters import Only, Target, translate
from backends.algorithms import ALGORITHMS, FUNCTIONS
from backends.protocol import (
    Array,
    Backend,
    Diagnosis,
    EngineReport,
    Fate,
    Observation,
    Offer,
    Problem,
    State,
    UnsupportedError,
)

CLASSIFIER, REGRESSOR = "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"
#: scikit-learn refuses to split a node if a child's sum of second derivatives is below this (`min_hessian_to_split`).
MIN_HESSIAN = 1e-3

_SHARED = MappingProxyType(
    {
        "learning_rate": 0.1, "max_iter": 100, "max_leaf_nodes": 31, "max_depth": None, "min_samples_leaf": 20,
        "l2_regularization": 0.0, "max_features": 1.0, "max_bins": 255, "categorical_features": "from_dtype",
        "monotonic_cst": None, "interaction_cst": None, "warm_start": False, "early_stopping": "auto",
        "scoring": "loss", "validation_fraction": 0.1, "n_iter_no_change": 10, "tol": 1e-7, "verbose": 0,
        "random_state": None,
    }
)  # fmt: skip
#: scikit-learn's defaults, so that it need not be imported (a test compares them with the installed version's).
DEFAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        CLASSIFIER: MappingProxyType({"loss": "log_loss", **_SHARED, "class_weight": None}),
        REGRESSOR: MappingProxyType({"loss": "squared_error", "quantile": None, **_SHARED}),
    }
)

_SAME = MappingProxyType(
    {
        "categorical_features": Only(("from_dtype", None), "columns of numbers only: categories are coded otherwise"),
        "monotonic_cst": Only((None,), "the bounds on leaves below a constrained split differ"),
        "interaction_cst": Only((None,), "features outside the sets are treated differently"),
        "warm_start": Only((False,), "each fit starts anew"),
        "early_stopping": Only((False,), "each engine stops by rules of its own; 'auto' stops above 10,000 rows"),
        "verbose": Only((0,), "it is kept silent"),
    }
)
#: algorithm -> what none of the engines honours.
ONLY: Mapping[str, Mapping[str, Only]] = MappingProxyType(
    {
        CLASSIFIER: {**_SAME, "class_weight": Only((None,), "rows are not weighted")},
        REGRESSOR: {**_SAME, "quantile": Only((None,), "it belongs to the quantile loss")},
    }
)
IDLE: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("scoring", "validation_fraction", "n_iter_no_change", "tol"), "of early stopping, which is off")
)


def seed_as(name: str, params: Mapping[str, Any], problem: Problem) -> dict[str, Any]:
    """Return the seed under the engine's name, nothing where it is left open."""
    seed = params["random_state"]
    if seed is None:
        return {}
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise UnsupportedError(f"{problem.algorithm}(random_state={seed!r}): the seed must be an integer")
    return {name: seed}


def features_per_split(share: float, n_features: int) -> int:
    """Return how many features scikit-learn draws at each split."""
    return max(1, min(n_features, ceil(share * n_features)))


class Trees(ABC):
    """An estimator over an engine's own training call. Labels are encoded and decoded here; nothing else is added.

    Of scikit-learn's interface it has what is measured, fit and predict, `predict_proba` to judge the fit by, and
    `get_params` for the record.
    """

    def __init__(self, settings: Mapping[str, Any], problem: Problem, calls: Calls) -> None:
        self.settings = dict(settings)
        self.problem = problem
        self.calls = calls
        self.classes: Array = None
        self.model: Any = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the engine's parameters."""
        return dict(self.settings)

    def fit(self, X: Array, y: Array) -> Trees:
        """Bin and train."""
        if self.problem.algorithm == CLASSIFIER:
            import numpy as np

            self.classes, y = np.unique(y, return_inverse=True)
            self.check(len(self.classes))
        self.model = self.train(X, y)
        self.calls.seen.append(partial(self.trained, self.model))
        return self

    def predict(self, X: Array) -> Array:
        """Return targets, or the class with the highest margin."""
        margins = self.margins(X)
        self.calls.seen.append(partial(self.predicted, self.model))
        if self.classes is None:
            return margins
        return self.classes[margins.argmax(axis=1) if margins.ndim == 2 else (margins > 0).astype(int)]

    def predict_proba(self, X: Array) -> Array:
        """Return the classes' probabilities, of (n, classes), from the margins; for the judge, and not observed."""
        from scipy.special import expit, softmax

        margins = self.margins(X)
        if margins.ndim == 2:
            return softmax(margins, axis=1)
        import numpy as np

        return np.column_stack([expit(-margins), expit(margins)])

    def check(self, n_classes: int) -> None:
        """Refuse labels that are not what the estimator was made for."""
        if n_classes != self.problem.n_classes:
            raise UnsupportedError(f"made for {self.problem.n_classes} classes, fitted on {n_classes}")

    @abstractmethod
    def train(self, X: Array, y: Array) -> Any:
        """Return the engine's trained model."""

    @abstractmethod
    def margins(self, X: Array) -> Array:
        """Return the model's sum of leaves, of (n,) or (n, classes)."""

    @abstractmethod
    def trained(self, model: Any) -> EngineReport:
        """Say what the model was trained on, from what the model says."""

    @abstractmethod
    def predicted(self, model: Any) -> EngineReport:
        """Say what the model was applied on."""


class Calls(Observation):
    """The calls since the last report; the models are asked when the report is, outside the timed region."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.strict = False
        self.seen: list[partial[EngineReport]] = []

    def report(self) -> EngineReport:
        """Return the last call's report, or the first one that fell back."""
        reports = [ask() for ask in self.seen]
        self.seen.clear()
        if not reports:
            return EngineReport(self.title, accelerated=False, cause="no call of the engine was seen")
        return next((report for report in reports if not report.accelerated), reports[-1])


class Boosting(Backend):
    """A gradient boosting engine: one table of parameters and one `Trees` class.

    Attributes
    ----------
    lacks
        For algorithms that the engine has in another form: why that is not the same.
    """

    lacks: ClassVar[Mapping[str, str]]
    trees: ClassVar[type[Trees]]

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._calls = Calls(self.title)

    @abstractmethod
    def targets(self) -> Mapping[str, Target]:
        """Return the tables for this device, by algorithm."""

    def offer(self, algorithm: str) -> Offer:
        """Say whether the engine has the algorithm."""
        if target := self.targets().get(algorithm):
            return Offer(target.estimator, note=target.note)
        if reason := self.lacks.get(algorithm):
            return Offer(reason=reason)
        if algorithm in ("GradientBoostingClassifier", "GradientBoostingRegressor"):
            return Offer(reason="it fits Newton steps on histograms, not gradients on all values: see Hist…")
        if algorithm not in ALGORITHMS and algorithm not in FUNCTIONS:
            return Offer(reason="this suite knows no such algorithm")
        return Offer(reason="it boosts trees and does nothing else")

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield the table's rows."""
        target = self.targets().get(algorithm)
        return target.fates() if target else iter(())

    def settings(self, problem: Problem) -> dict[str, Any]:
        """Return the engine's parameters for the problem; raises UnsupportedError."""
        target = self.targets().get(problem.algorithm)
        if target is None:
            raise UnsupportedError(f"{self.title} has no {problem.algorithm}: {self.offer(problem.algorithm).reason}")
        return translate(target, DEFAULTS[problem.algorithm], problem, self.title)

    def estimator(self, problem: Problem) -> Trees:
        """Return the engine's trees for the problem, with all threads."""
        return self.trees(self.settings(problem), problem, self._calls)

    @contextmanager
    def observe(self, *, strict: bool) -> Iterator[Observation]:
        """Ask each model that is trained or applied what it ran on."""
        calls = self._calls
        calls.strict = strict
        calls.seen.clear()
        try:
            yield calls
        finally:
            calls.strict = False
            calls.seen.clear()


def ask_python(code: str, found: Diagnosis, cure: str) -> tuple[str, Diagnosis]:
    """Run code in a process of its own: its output, and what was found or why the engine does not load."""
    import subprocess  # 10 ms, for the closer look only
    import sys

    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", Diagnosis(State.LOAD_FAILURE, str(error), cure, found.version, found.device)
    if done.returncode == 0:
        return done.stdout.strip(), found
    reason = done.stderr.strip().rpartition("\n")[2] or f"the process ended with code {done.returncode}"
    return "", Diagnosis(State.LOAD_FAILURE, reason, cure, found.version, found.device)
