"""The engine's estimators as a scientific workflow uses them: fed from the host, every step of theirs timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from backends.protocol import Backend, EngineReport, Estimator, Observation, Problem
from suite.measure.use import Use


class Watch(Protocol):
    """Times what is done within named phases; `wall_s` is how long each has taken by now, `cpu_s` all of them."""

    wall_s: dict[str, float]
    cpu_s: float

    def phase(self, name: str) -> Any:
        """Time the block as this phase."""


class EngineLearner:
    """Fits the estimators of a workflow by role; `fitted` and `used` say what the calls ran on.

    `problem` makes the problem of a role, its parameters resolved but for those of the call.
    """

    def __init__(
        self, backend: Backend, watch: Watch, observation: Observation, problem: Callable[[str], Problem], seed: int
    ) -> None:
        self.seed = seed
        self.threads = problem("model").threads
        self.backend = backend
        self.watch = watch
        self.observation = observation
        self.fitted: list[EngineReport] = []
        self.used: list[EngineReport] = []
        self.estimator: Estimator = None
        self._problem = problem

    def fit(self, X: NDArray[Any], y: NDArray[Any] | None = None, *, role: str = "model", **params: Any) -> EngineModel:
        """Fit the estimator of this role, its parameters overridden by `params`; the dtype is that of X."""
        asked = self._problem(role)
        problem = Problem(
            algorithm=asked.algorithm,
            params={**asked.params, **params},
            n_samples=X.shape[0],
            n_features=X.shape[1],
            n_classes=asked.n_classes,
            dtype=str(X.dtype),
            threads=asked.threads,
        )
        make = self.backend.estimator if role == "model" else self.backend.auxiliary
        estimator = make(problem)
        with self.watch.phase("copy_in"):
            train = [self.backend.to_device(array) for array in (X, y) if array is not None]
        with self.watch.phase("fit"):
            estimator.fit(*train)
        self.fitted.append(self.observation.report())
        if role == "model" or self.estimator is None:
            self.estimator = estimator
        return EngineModel(self, estimator, role)

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds in the estimators' calls until now, by phase."""
        return self.watch.wall_s

    def call(self, model: EngineModel, method: Callable[[Any], Any], X: NDArray[Any]) -> NDArray[Any]:  # noqa: ARG002
        """Call a method of a fitted model's estimator on host rows; return its result on the host."""
        with self.watch.phase("copy_in"):
            rows = self.backend.to_device(X)
        with self.watch.phase("predict"):
            output = method(rows)
        self.used.append(self.observation.report())
        return self.host(output)

    def host(self, array: Any) -> NDArray[Any]:
        """Copy a result back."""
        with self.watch.phase("copy_out"):
            return np.asarray(self.backend.to_host(array))


class NotingLearner(EngineLearner):
    """Notes what a workflow first asks of its model, and of the other models of that role about the same rows.

    With several models a surrogate gives several numbers of a row, one of each.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._noted: dict[EngineModel, tuple[Callable[[Any], Any], NDArray[Any]]] = {}
        self._rows: NDArray[Any] | None = None

    def call(self, model: EngineModel, method: Callable[[Any], Any], X: NDArray[Any]) -> NDArray[Any]:
        """Call the method, and note it."""
        answer = super().call(model, method, X)
        if model.role == "model" and (self._rows is None or X is self._rows):
            self._rows = X
            self._noted.setdefault(model, (method, answer))
        return answer

    def noted(self) -> Use:
        """Return the use of the model that was noted.

        Raises
        ------
        LookupError
            If the workflow asked nothing of its model.
        """
        if self._rows is None:
            raise LookupError("the workflow asks nothing of its model")
        methods, answers = zip(*self._noted.values(), strict=True)
        return Use(self.backend, self.estimator, self._rows, [*methods], [*answers])


class EngineModel:
    """A fitted estimator of the engine, in a role of the workflow."""

    def __init__(self, learner: EngineLearner, estimator: Estimator, role: str) -> None:
        self._learner = learner
        self._estimator = estimator
        self.role = role

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the predictions of rows."""
        return self._learner.call(self, self._estimator.predict, X)

    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the classes' probabilities of rows, of (rows, classes)."""
        return self._learner.call(self, self._estimator.predict_proba, X)

    def deviations(self, X: NDArray[Any]) -> NDArray[Any] | None:
        """Return the standard deviations that the estimator gives its predictions, None where it gives none."""
        method = deviations_of(self._estimator)
        return self._learner.call(self, method, X) if method else None

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the rows, transformed."""
        return self._learner.call(self, self._estimator.transform, X)

    def attribute(self, name: str) -> NDArray[Any]:
        """Return a fitted attribute."""
        return self._learner.host(getattr(self._estimator, name))


def deviations_of(estimator: Estimator) -> Callable[[Any], Any] | None:
    """Return what gives the standard deviations of an estimator's predictions, None where nothing does.

    A Gaussian process has its own, a forest of scikit-learn's kind that of its trees' predictions.
    """
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
    from sklearn.gaussian_process import GaussianProcessRegressor

    if isinstance(estimator, GaussianProcessRegressor):
        return lambda rows: estimator.predict(rows, return_std=True)[1]
    if isinstance(estimator, RandomForestRegressor | ExtraTreesRegressor):
        return lambda rows: np.std([tree.predict(rows) for tree in estimator.estimators_], axis=0)
    return None


def worst(reports: list[EngineReport]) -> EngineReport | None:
    """Return the first report of a fallback, else the first of all."""
    return next((report for report in reports if not report.accelerated), next(iter(reports), None))


def own_seconds(total_s: float, phases: Mapping[str, float]) -> float:
    """Return what a workflow took beside the phases of its estimators, in seconds."""
    return max(0.0, total_s - sum(phases.values()))
