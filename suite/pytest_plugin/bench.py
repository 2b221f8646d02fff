"""One workload on one engine in this process: passes that are judged, and the call that pytest-benchmark times."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends.discovery import create
from backends.protocol import Array, Backend, EngineReport, Estimator
from suite.datasets import DataSet
from suite.measure.contender import Theirs
from suite.measure.group import QUALITY_SEEDS
from suite.measure.messages import Open, Pass
from suite.measure.passes import Bench
from suite.quality import compares, judge, products
from suite.records.schema import QualityValue, Sample
from suite.workloads.choice import Choice

SEED = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The quality of one backend's results by seed, on which engines they were computed, and the last pass's times.

    `kept` has the results themselves by seed, where those of others are held against them.
    """

    values: list[QualityValue]
    fit: EngineReport | None
    predict: EngineReport | None
    sample: Sample
    kept: Theirs

    @property
    def fallbacks(self) -> list[EngineReport]:
        """The calls that fell back."""
        return [report for report in (self.fit, self.predict) if report is not None and not report.accelerated]


class TimedBench(Bench):
    """A group's data for one backend, and its fit and predict for pytest-benchmark to time."""

    @classmethod
    def of(cls, choice: Choice, backend: Backend, dataset: DataSet, threads: int, scratch: str) -> TimedBench:
        """Map the data of a choice; raises UnsupportedError if the backend cannot take them."""
        workload = choice.workload
        order = Open(
            algorithm=workload.algorithm,
            params=workload.params,
            output=workload.output,
            supervised=workload.supervised,
            arrays={name: str(path) for name, path in dataset.paths.items()},
            n_classes=dataset.n_classes,
            dtype=choice.dtype,
            threads=threads,
            strict=False,
            scratch=scratch,
            products=list(products(workload)),
        )
        return cls(backend, order)

    def fresh(self, seed: int) -> tuple[Estimator, list[Array], Array]:
        """Return an unfitted estimator, the training data and the held-out rows on the device; nothing is pending."""
        backend = self.backend
        estimator = backend.estimator(self._problem(seed))
        train = self.training_data()
        held_out = backend.to_device(self.arrays["X_test"]) if self.order.output else None
        backend.synchronize()
        return estimator, train, held_out

    def fit_and_use(self, estimator: Estimator, train: list[Array], held_out: Array) -> None:
        """Fit, then predict or transform where the algorithm has that, until the device is done."""
        estimator.fit(*train)
        if self.order.output:
            getattr(estimator, self.order.output)(held_out)
        self.backend.synchronize()


def seeds_of(choice: Choice) -> range:
    """Return the seeds on which quality is compared: several where the result depends on the seed."""
    return range(SEED, SEED + (QUALITY_SEEDS if choice.workload.stochastic else 1))


def quality_of(bench: TimedBench, choice: Choice, dataset: DataSet, theirs: Theirs) -> Judgement:
    """Take one pass for every seed, and a last one that shows how long a warm one takes; `theirs` is the reference's.

    Raises
    ------
    UnsupportedError, DivergedError, GarbageError
        If the backend refuses the problem, or its result is none.
    """
    values: list[QualityValue] = []
    results: Theirs = {}
    reports: dict[str, EngineReport | None] = {"fit": None, "predict": None}
    for seed in seeds_of(choice):
        passed = bench.run(Pass(case=choice.id, seed=seed, fit_loops=1, predict_loops=1, keep=True))
        for name, report in (("fit", passed.fit), ("predict", passed.predict)):
            kept = reports[name]
            if kept is None or kept.accelerated:  # the first fallback is the one to tell of
                reports[name] = report
        arrays = {product.name: np.load(product.path, allow_pickle=False) for product in passed.products}
        value, *checks = judge(choice.workload, dataset, arrays, theirs.get(seed))
        digest = hashlib.sha256("".join(product.sha256 for product in passed.products).encode()).hexdigest()
        values.append(QualityValue(seed=seed, value=value, sha256=digest, checks=checks))
        if compares(choice.workload):
            results[seed] = arrays
    warm = bench.run(Pass(case=choice.id, seed=SEED, fit_loops=1, predict_loops=1, keep=False))
    return Judgement(values, reports["fit"], reports["predict"], warm.sample, results)


def stock_quality(
    choice: Choice, dataset: DataSet, threads: int, algorithms: frozenset[str], scratch: str
) -> Judgement:
    """Return the quality of stock scikit-learn; for a process of its own."""
    backend = create("sklearn")
    backend.load(algorithms)
    backend.start(threads)
    folder = os.path.join(scratch, "reference")  # noqa: PTH118 - a text, as `Open` has it
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    return quality_of(TimedBench.of(choice, backend, dataset, threads, folder), choice, dataset, {})


def use_environment(values: Mapping[str, Any]) -> None:
    """Set variables of the environment; None removes one."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
