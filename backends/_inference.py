"""What the engines share that train nothing: a stock model that is fitted and converted, and how their calls are seen.

`fit` trains the stated stock model with the same parameters and converts it. It happens once a process, in the cold
pass, and counts for nobody: only the output is timed, on workloads of inference.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

from backends._boosting import Calls
from backends._installed import version
from backends.algorithms import ALGORITHMS
from backends.protocol import (
    Array,
    Backend,
    Diagnosis,
    EngineReport,
    Estimator,
    Observation,
    Offer,
    Problem,
    State,
    UnsupportedError,
)
from backends.sklearn import Sklearn

STOCK = "scikit-learn"
#: What is said of its steps of a workflow.
BESIDE = "a step of the workflow beside its model"


class Converted(ABC):
    """A stock estimator and, once it is fitted, the engine's form of it; all else is asked of the stock one."""

    def __init__(self, stock: Estimator, problem: Problem, engine: InferenceEngine) -> None:
        self.stock = stock
        self.problem = problem
        self.engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["stock"], name)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters with which the stock model was trained."""
        return dict(self.stock.get_params(deep))

    def fit(self, X: Array, y: Array = None) -> Converted:
        """Train the stock model and convert it; raises UnsupportedError where the converter gives up."""
        self.stock.fit(X, *([] if y is None else [y]))
        try:
            self.convert(X)
        except Exception as error:
            words = " ".join(str(error).split())
            short = words if len(words) <= 300 else f"{words[:150]} … {words[-150:]}"
            raise UnsupportedError(
                f"{self.engine.title}: {self.problem.algorithm} cannot be converted: {type(error).__name__}: {short}"
            ) from error
        self.engine.note(self.engine.trainer, f"trained there, used by {self.engine.title}")
        return self

    def predict(self, X: Array) -> Array:
        """Return what the engine predicts."""
        result = self.apply(X)
        self.engine.calls.seen.append(partial(self.evidence))
        return result

    def predict_proba(self, X: Array) -> Array:
        """Return the probabilities that the engine predicts, of (rows, classes)."""
        result = self.probabilities(X)
        self.engine.calls.seen.append(partial(self.evidence))
        return result

    def probabilities(self, X: Array) -> Array:  # noqa: ARG002
        """Return the classes' probabilities; an engine that gives labels alone leaves it at this."""
        raise UnsupportedError(f"{self.engine.title} gives labels here, and no probabilities")

    @abstractmethod
    def convert(self, X: Array) -> None:
        """Make the engine's model of the fitted stock one; `X` is what it was trained on."""

    @abstractmethod
    def apply(self, X: Array) -> Array:
        """Return the engine's predictions, labels in the stock model's terms."""

    @abstractmethod
    def evidence(self) -> EngineReport:
        """Say what the last call ran on, from what the engine says."""


class Beside:
    """A stock estimator of a workflow beside its model; its calls are seen as what they are."""

    def __init__(self, stock: Estimator, engine: InferenceEngine) -> None:
        self.stock = stock
        self.engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["stock"], name)

    def fit(self, *data: Array) -> Beside:
        """Fit it."""
        self.stock.fit(*data)
        self.engine.note(STOCK, BESIDE)
        return self

    def transform(self, X: Array) -> Array:
        """Return the rows, transformed."""
        result = self.stock.transform(X)
        self.engine.note(STOCK, BESIDE)
        return result


def _same(report: EngineReport) -> EngineReport:
    return report


class InferenceEngine(Backend):
    """An engine that applies models of scikit-learn.

    Attributes
    ----------
    estimators
        algorithm -> the converted estimator's class.
    lacks
        For algorithms that it seems to have: why not.
    otherwise
        Why it has none of the others.
    float32_only
        Algorithms that it computes in float32 only.
    modules
        What must be importable, and is imported before a worker is forked.
    """

    inference_only = True
    aside = "it trains nothing: for inference workloads (NAME@predict, NAME@latency)"
    estimators: ClassVar[Mapping[str, type[Converted]]]
    lacks: ClassVar[Mapping[str, str]] = {}
    otherwise: ClassVar[str]
    float32_only: ClassVar[frozenset[str]] = frozenset()
    modules: ClassVar[tuple[str, ...]]
    cure: ClassVar[str]

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self.calls = Calls(self.title)
        self._stock = Sklearn()

    @property
    def trainer(self) -> str:
        """What trains the models."""
        return STOCK

    def diagnose(self) -> Diagnosis:
        """Say whether the engine and its converter are installed, without importing them."""
        missing = [name for name in self.modules if find_spec(name.partition(".")[0]) is None]
        if missing:
            return Diagnosis(State.NOT_INSTALLED, f"no module named {missing[0]}", cure=self.cure)
        return Diagnosis(State.READY, version=version(self.packages[0]), device="CPU")

    def offer(self, algorithm: str) -> Offer:
        """Say whether its models can be converted."""
        if algorithm in self.estimators:
            note = "inference of scikit-learn's model"
            only = "; float32 only" if algorithm in self.float32_only else ""
            return Offer(f"{self.title} of {ALGORITHMS[algorithm].module}.{algorithm}", note=note + only)
        return Offer(reason=self.lacks.get(algorithm, self.otherwise))

    def load(self, algorithms: frozenset[str]) -> None:
        """Import the engine, its converter and scikit-learn's modules."""
        for module in self.modules:
            import_module(module)
        self._stock.load(algorithms)

    def start(self, threads: int) -> None:
        """Limit the threads with which the stock models are trained."""
        self._stock.start(threads)

    def stock(self, problem: Problem) -> Estimator:
        """Return the unfitted stock model of the problem."""
        return self._stock.estimator(problem)

    def estimator(self, problem: Problem) -> Estimator:
        """Return an estimator that trains the stock model and applies the engine's form of it."""
        cls = self.estimators.get(problem.algorithm)
        if cls is None or self.offer(problem.algorithm).reason:
            raise UnsupportedError(f"{self.title} has no {problem.algorithm}: {self.offer(problem.algorithm).reason}")
        if problem.dtype == "float64" and problem.algorithm in self.float32_only:
            raise UnsupportedError(f"{self.title}: {problem.algorithm}: it computes this in float32 only")
        return cls(self.stock(problem), problem, self)

    def auxiliary(self, problem: Problem) -> Estimator:
        """Return the stock estimator: what is beside the model is done once, and counts for nobody."""
        return Beside(self._stock.estimator(problem), self)

    def note(self, trainer: str, evidence: str) -> None:
        """Note a call of what trains, and uses nothing."""
        self.calls.seen.append(partial(_same, EngineReport(trainer, accelerated=True, evidence=evidence)))

    @contextmanager
    def observe(self, *, strict: bool) -> Iterator[Observation]:  # noqa: ARG002 - there is nothing to fall back to
        """Note each call of the engine."""
        self.calls.seen.clear()
        try:
            yield self.calls
        finally:
            self.calls.seen.clear()
