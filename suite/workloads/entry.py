"""A workload: an algorithm with its hyper-parameters, a data set, and how quality is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Task(StrEnum):
    """What kind of learning a workload is."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    CLUSTERING = "clustering"
    EMBEDDING = "embedding"
    NEIGHBORS = "neighbors"
    OUTLIERS = "outliers"
    DENSITY = "density"
    PREPROCESSING = "preprocessing"


class Size(StrEnum):
    """How large: seconds / tens of seconds / minutes / beyond for a whole measurement on two cores."""

    S = "S"
    M = "M"
    L = "L"
    XL = "XL"


class Operation(StrEnum):
    """What of a workload is timed: all of it, the use of a model fitted once a process, or a workflow around it."""

    FIT = "fit"  # fit and output
    PREDICT = "predict"  # output on all held-out rows at once
    PREDICT_ONE = "predict_one"  # output on one held-out row at a time
    WORKFLOW = "workflow"  # a whole scientific workflow: what learns by the engine, the rest by NumPy and SciPy


class Direction(StrEnum):
    """Which way a metric improves."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How a result is judged: the metric, which way is better, and how much worse still counts as equal.

    `tolerance` is in units of the metric, or a share of the reference's value if `relative`;
    `origin` says where it comes from.
    """

    metric: str
    direction: Direction
    tolerance: float
    origin: str
    relative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSpec:
    """Where the bytes come from: a source by name, its shape and its arguments.

    `n_train` and `n_test` are rows; zero means "what the source has" (bundled and user files).
    """

    source: str
    n_train: int = 0
    n_test: int = 0
    n_features: int = 0
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A parameter and its values from coarse to fine, for time to quality; the workload's own value comes last."""

    parameter: str
    values: tuple[int | float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One entry of the catalogue.

    Attributes
    ----------
    params
        In scikit-learn's vocabulary. The strings "$seed" and "$NAME" stand for the sample's seed and
        for the array NAME of the data set (`init="$centers"`). What is absent keeps scikit-learn's default,
        except a solver, which each backend may choose for speed as long as the problem stays the same.
    why
        Why these parameters; every entry of the catalogue that has some says it.
    checks
        Further metrics, each with its own tolerance, that must hold for parity too.
    output
        The method that is timed after fit: `predict`, `transform`, or empty where the algorithm has none.
    operation
        What of it is timed.
    workflow
        The topic under `suite.workloads.science` that says what is done with the estimators; empty if nothing is.
    also
        Further estimators of a workflow by role, each `{"algorithm": ..., "params": {...}}`; the role of `algorithm`
        is "model".
    stochastic
        True if the result depends on the seed: then quality is compared over several seeds.
    fit_s
        Expected seconds of one fit and predict of stock scikit-learn on two cores, by size: for estimates only.
    ladder
        How it is coarsened for time to quality, where not as its algorithm is in `suite.workloads.ladders`.
    """

    name: str
    algorithm: str
    task: Task
    about: str
    data: Mapping[Size, DataSpec]
    quality: Quality
    checks: tuple[Quality, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    output: str = "predict"
    operation: Operation = Operation.FIT
    workflow: str = ""
    also: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stochastic: bool = False
    fit_s: Mapping[Size, float] = field(default_factory=dict)
    ladder: Ladder | None = None
    why: str = ""

    @property
    def uses_only(self) -> bool:
        """Whether a model is fitted once and only its use is timed."""
        return self.operation in (Operation.PREDICT, Operation.PREDICT_ONE)

    @property
    def parts(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The algorithms with their parameters: its own, then those of a workflow's further estimators."""
        yield self.algorithm, self.params
        for part in self.also.values():
            yield part["algorithm"], part.get("params", {})

    @property
    def supervised(self) -> bool:
        """Whether fit takes a target."""
        needed = ("TargetEncoder", "train_test_split")
        return self.task in (Task.CLASSIFICATION, Task.REGRESSION) or self.algorithm in needed
