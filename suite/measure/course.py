"""The way of one pass through its phases: fit and use, only use, or a whole workflow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backends.protocol import Array, EngineReport, Estimator, Observation
from suite.measure.learning import EngineLearner, NotingLearner, own_seconds, worst
from suite.measure.messages import Pass
from suite.measure.use import WARM_CALLS, Use
from suite.workloads.entry import Operation
from suite.workloads.products import attribute_of

if TYPE_CHECKING:
    from suite.measure.passes import Bench
    from suite.workloads.science.workflow import Workflow


class Stopwatch:
    """Wall and CPU seconds of named phases, device synchronised at both ends; what recurs adds up."""

    def __init__(self, synchronize: Callable[[], None]) -> None:
        self._synchronize = synchronize
        self.wall_s: dict[str, float] = {}
        self.cpu_s = 0.0

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time the block as this phase."""
        self._synchronize()
        cpu_start = time.process_time()
        start = time.perf_counter()
        yield
        self._synchronize()
        self.wall_s[name] = self.wall_s.get(name, 0.0) + time.perf_counter() - start
        self.cpu_s += time.process_time() - cpu_start


@dataclass(frozen=True, slots=True)
class Course:
    """What a pass left.

    `single_s` are seconds of copy in, predict and copy out, one row a call for a single row; `results` a workflow's.
    """

    estimator: Estimator
    fitted: EngineReport | None
    predicted: EngineReport | None
    result: Array
    single_s: NDArray[np.float64] | None = None
    results: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Made:
    """What is used from now on; what was fitted for it, and a workflow's results, if that was in this pass."""

    use: Use
    fitted: EngineReport | None = None
    results: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """One pass of a bench; `estimators` are those to fit, made before it is timed."""

    bench: Bench
    request: Pass
    estimators: list[Estimator]
    watch: Stopwatch
    observation: Observation

    def go(self) -> Course:
        """Go through the phases, and leave the model with the bench where it is to be used again."""
        bench = self.bench
        if bench.order.operation in (Operation.PREDICT, Operation.PREDICT_ONE):
            return self._only_use()
        if bench.workflow:
            learner = bench.learner(EngineLearner, self.request.seed, self.watch, self.observation)
            return self._through(bench.workflow, learner)
        return self._fit_and_use()

    def _fit_and_use(self) -> Course:
        bench, backend = self.bench, self.bench.backend
        output = bench.order.output
        bench.phase = "copy_in"
        with self.watch.phase("copy_in"):
            train = bench.training_data()
            held_out = backend.to_device(bench.arrays["X_test"]) if output else None
        estimator, fitted = self._fit(train)
        if output:
            predicted, result = self._batch(self._use_of(estimator), held_out)
            return Course(estimator, fitted, predicted, result)
        bench.phase = "copy_out"
        with self.watch.phase("copy_out"):
            result = backend.to_host(attribute_of(estimator, bench.order.products[0]))
        return Course(estimator, fitted, None, result)

    def _fit(self, train: list[Array]) -> tuple[Estimator, EngineReport]:
        """Fit one estimator after another; return the last one, and what it ran on."""
        self.bench.phase = "fit"
        estimator = None
        while self.estimators:
            estimator = self.estimators.pop()  # untimed, the one before is freed: who loops more needs no more memory
            with self.watch.phase("fit"):
                estimator.fit(*train)
        return estimator, self.observation.report()

    def _use_of(self, estimator: Estimator) -> Use:
        bench = self.bench
        return Use(bench.backend, estimator, bench.arrays["X_test"], [getattr(estimator, bench.order.output)])

    def _batch(self, use: Use, rows: Array) -> tuple[EngineReport, Array]:
        """Ask about rows that are in place; return what that ran on, and what came back to the host."""
        self.bench.phase = "predict"
        outputs: list[Array] = []
        with self.watch.phase("predict"):
            for _ in range(self.request.predict_loops):
                outputs = use.ask(rows)
        predicted = self.observation.report()
        self.bench.phase = "copy_out"
        with self.watch.phase("copy_out"):
            result = use.on_host(outputs)
        return predicted, result

    def _only_use(self) -> Course:
        """Use what the first pass made."""
        bench, keep = self.bench, self.request.keep
        fresh = bench.use is None
        if bench.use:
            made = Made(bench.use)
        elif bench.workflow:
            made = self._surrogate(bench.workflow)
        else:
            made = self._model()
        use, single_s = made.use, None
        bench.use = use
        if bench.order.operation is Operation.PREDICT_ONE:
            predicted, single_s = self._one_by_one(use, fresh=fresh)
            bench.phase = "quality"
            result = use.batch() if keep else None
        else:
            bench.phase = "copy_in"
            with self.watch.phase("copy_in"):
                rows = bench.backend.to_device(use.rows)
            predicted, result = self._batch(use, rows)
        if keep:
            bench.phase = "quality"
            use.check_answers(result)
        return Course(use.estimator, made.fitted, predicted, result, single_s, made.results)

    def _one_by_one(self, use: Use, *, fresh: bool) -> tuple[EngineReport, NDArray[np.float64]]:
        """Ask about the first rows one at a time, from the host and back; of a fresh model the first call is timed."""
        self.bench.phase = "predict"
        rows = use.single(self.request.predict_loops)
        if not fresh:
            use.one_by_one(rows[:WARM_CALLS])
        with self.watch.phase("rows"):
            single_s, _ = use.one_by_one(rows)
        return self.observation.report(), single_s

    def _model(self) -> Made:
        """Fit the model that is used from now on."""
        self.bench.phase = "copy_in"
        with self.watch.phase("copy_in"):
            train = self.bench.training_data()
        estimator, fitted = self._fit(train)
        return Made(self._use_of(estimator), fitted)

    def _surrogate(self, workflow: Workflow) -> Made:
        """Go through the workflow whose model is used from now on; what is neither copy in nor fit is its own."""
        within = Stopwatch(self.bench.backend.synchronize)
        learner = self.bench.learner(NotingLearner, self.request.seed, within, self.observation)
        course = self._through(workflow, learner)
        made = {name: within.wall_s.get(name, 0.0) for name in ("copy_in", "fit")}
        self.watch.wall_s = {**made, "own": own_seconds(sum(within.wall_s.values()), made)}
        self.watch.cpu_s = within.cpu_s
        return Made(learner.noted(), course.fitted, course.results)

    def _through(self, workflow: Workflow, learner: EngineLearner) -> Course:
        """Go through a workflow; its own time is all that its estimators do not take."""
        self.bench.phase = "workflow"
        watch = learner.watch
        cpu_start, start = time.process_time(), time.perf_counter()
        results = workflow.run(self.bench.arrays, learner)
        watch.wall_s["own"] = own_seconds(time.perf_counter() - start, watch.wall_s)
        watch.cpu_s = time.process_time() - cpu_start
        return Course(learner.estimator, worst(learner.fitted), worst(learner.used), None, results=results)
