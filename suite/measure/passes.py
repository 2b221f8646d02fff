"""One case in a worker: the data it maps, and timed passes through the phases."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.sparse import csr_array

from backends.protocol import Array, Backend, EngineReport, Estimator, Observation, Problem, UnsupportedError
from suite.datasets.arrays import names, open_array
from suite.measure.disturbance import Usage, Used, begin_on, current_cpu
from suite.measure.energy import Energy
from suite.measure.learning import EngineLearner, Watch, own_seconds, worst
from suite.measure.messages import ENOUGH_ROWS, Open, Pass, Passed, Product
from suite.records.findings import Findings
from suite.records.rapl import host_counters
from suite.records.schema import FELL_BACK_SUFFIX, Sample
from suite.workloads.entry import Operation
from suite.workloads.products import TRAINING_ROWS, attribute_of, product_of
from suite.workloads.science import workflow_of

if TYPE_CHECKING:
    from suite.workloads.science.workflow import Workflow

PAGE_BYTES = 4096
#: Calls for a single row before the timed ones: a worker that was stopped finds its caches cold, a server does not.
WARM_CALLS = 5
#: Rows that are predicted both ways, and the share of them that may differ: rounding can move a row over a border.
COMPARED_ROWS, MAY_DIFFER = 100, 0.02
#: How far a number may lie from that of the batch, as a share of the batch's spread.
CLOSE = 1e-3


class RowsDifferError(Exception):
    """Rows are predicted otherwise one at a time than all at once."""


@dataclass(frozen=True, slots=True)
class Reports(Observation):
    """The reports of a backend's observation, checked: not every fallback shows before it has run."""

    observation: Observation
    strict: bool

    def report(self) -> EngineReport:
        """Return the backend's report.

        Raises
        ------
        UnsupportedError
            If calls fell back, and that is refused.
        TypeError
            If it is no report.
        """
        report: object = self.observation.report()
        if not isinstance(report, EngineReport):
            raise TypeError(f"its observation reports {report!r}, not what ran")
        if self.strict and not report.accelerated:
            raise UnsupportedError(report.cause or f"it ran on {report.engine}")
        return report


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


class Bench:
    """A group's data and parameters, mapped and resolved for one backend.

    Where only the use of a model is timed, the first pass fits it and the later ones use it.
    """

    def __init__(self, backend: Backend, order: Open) -> None:
        self.backend = backend
        self.order = order
        paths = {name: Path(path) for name, path in order.arrays.items()}
        self.arrays = {name: map_array(paths, name) for name in names(paths)}
        if not backend.takes_sparse and any(isinstance(array, csr_array) for array in self.arrays.values()):
            raise UnsupportedError(f"{backend.title} takes no sparse matrix: leave sparse = true out of its data")
        self.phase = "open"
        self._model: Estimator = None
        self._workflow = workflow_of(order.workflow) if order.workflow else None

    def run(self, request: Pass) -> Passed:
        """Take one sample; what an engine raises is left to the caller, `phase` says where it was."""
        backend = self.backend
        self.phase = "construct"
        fits = 0 if self._model is not None or self._workflow else request.fit_loops
        estimators = [backend.estimator(self._problem(request.seed)) for _ in range(fits)]
        watch = Stopwatch(backend.synchronize)
        backend.peak_device_bytes()
        if request.cpu is not None:
            begin_on(request.cpu)
        gc.collect()
        gc.disable()
        try:
            cpu = current_cpu()
            counters = host_counters()
            energy = Energy.now(backend, counters)
            before = Usage.now(reset_peak=True)
            with backend.observe(strict=self.order.strict) as observed:
                observation = Reports(observed, self.order.strict)
                if self._workflow:
                    course = self._through(self._workflow, request, watch, observation)
                else:
                    course = self._course(request, estimators, watch, observation)
            used = Usage.now().since(before)
            spent = Energy.now(backend, counters)
        finally:
            gc.enable()
        sample = replace(
            sample_of(request, watch, used, course.single_s),
            engine_fit=engine_name(course.fitted) if course.fitted else "",
            engine_predict=engine_name(course.predicted) if course.predicted else "",
            peak_device_bytes=backend.peak_device_bytes(),
            host_watts=spent.host_watts(energy, counters),
            device_watts=spent.device_watts(energy),
            cpu=cpu,
        )
        self.phase = "quality"
        start = time.perf_counter()
        findings = self._examine(request, course) if request.examine else None
        return Passed(
            sample=sample,
            cpu_s=time.process_time(),
            fit=course.fitted,
            predict=course.predicted,
            products=self._keep(course) if request.keep else [],
            settings=self._settings(course.estimator) if request.keep else {},
            findings=findings,
            examined_s=time.perf_counter() - start if request.examine else 0.0,
        )

    def _through(self, workflow: Workflow, request: Pass, watch: Stopwatch, observation: Observation) -> Course:
        """Go through a workflow; its own time is all that its estimators do not take."""
        self.phase = "workflow"
        learner = self._learner(request, watch, observation)
        cpu_start, start = time.process_time(), time.perf_counter()
        results = workflow.run(self.arrays, learner)
        watch.wall_s["own"] = own_seconds(time.perf_counter() - start, watch.wall_s)
        watch.cpu_s = time.process_time() - cpu_start
        return Course(learner.estimator, worst(learner.fitted), worst(learner.used), None, results=results)

    def _examine(self, request: Pass, course: Course) -> Findings | None:
        """Let a workflow look closer at its results; what it times itself is its own."""
        if self._workflow is None:
            return None
        self.phase = "examine"
        with self.backend.observe(strict=False) as observation:
            learner = self._learner(request, Stopwatch(self.backend.synchronize), observation)
            return self._workflow.examine(self.arrays, learner, dict(course.results))

    def _learner(self, request: Pass, watch: Watch, observation: Observation) -> EngineLearner:
        order = self.order

        def problem(role: str) -> Problem:
            if role == "model":
                return self._problem(request.seed)
            part = order.also[role]
            return self._problem(request.seed, part["algorithm"], part.get("params", {}))

        return EngineLearner(self.backend, watch, observation, problem, request.seed)

    def _course(self, request: Pass, estimators: list[Estimator], watch: Stopwatch, observation: Observation) -> Course:
        """Go through the phases; without new estimators the model of an earlier pass is used."""
        order, backend = self.order, self.backend
        singly = order.operation is Operation.PREDICT_ONE
        self.phase = "copy_in"
        with watch.phase("copy_in"):
            train = [backend.to_device(self.arrays[name]) for name in self._training_names()] if estimators else []
            held_out = backend.to_device(self.arrays["X_test"]) if order.output and not singly else None
        estimator, fitted = self._model, None
        if estimators:
            self.phase = "fit"
            while estimators:
                estimator = estimators.pop()  # untimed, the one before is freed: who loops more needs no more memory
                with watch.phase("fit"):
                    estimator.fit(*train)
            fitted = observation.report()
        if order.operation is not Operation.FIT:
            self._model = estimator
        if singly:
            return self._one_by_one(request, estimator, fitted, watch, observation)
        predicted: EngineReport | None = None
        output: Array = None
        if order.output:
            self.phase = "predict"
            method = getattr(estimator, order.output)
            with watch.phase("predict"):
                for _ in range(request.predict_loops):
                    output = method(held_out)
            predicted = observation.report()
        self.phase = "copy_out"
        with watch.phase("copy_out"):
            result = backend.to_host(output if order.output else self._attribute(estimator, order.products[0]))
        return Course(estimator, fitted, predicted, result)

    def _one_by_one(
        self,
        request: Pass,
        estimator: Estimator,
        fitted: EngineReport | None,
        watch: Stopwatch,
        observation: Observation,
    ) -> Course:
        """Predict the first held-out rows one at a time, from the host and back; of a fresh model the first call."""
        self.phase = "predict"
        method = getattr(estimator, self.order.output)
        rows = self._rows(request.predict_loops)
        if fitted is None:
            self._single_calls(method, rows[:WARM_CALLS])
        with watch.phase("rows"):
            single_s, _ = self._single_calls(method, rows)
        predicted = observation.report()
        result = self._checked_batch(method) if request.keep else None
        return Course(estimator, fitted, predicted, result, single_s)

    def _rows(self, count: int) -> list[Any]:
        """Return the first held-out rows, each as an array of its own, as a request brings it.

        Where fewer are held out than make a 99th percentile, they come again.
        """
        X = self.arrays["X_test"]
        there = X.shape[0]
        rows = range(min(count, max(there, ENOUGH_ROWS)))
        if isinstance(X, csr_array):
            return [X[[row % there]] for row in rows]
        return [np.array(X[row % there][None, :], order="C") for row in rows]

    def _single_calls(
        self, method: Callable[[Array], Array], rows: list[Array]
    ) -> tuple[NDArray[np.float64], list[Array]]:
        """Return the seconds of each call's phases, of (rows, 3), and what came back."""
        backend, clock = self.backend, time.perf_counter
        seconds, results = np.empty((len(rows), 3)), []
        for index, row in enumerate(rows):
            backend.synchronize()
            start = clock()
            on_device = backend.to_device(row)
            backend.synchronize()
            copied = clock()
            output = method(on_device)
            backend.synchronize()
            predicted = clock()
            results.append(backend.to_host(output))
            seconds[index] = copied - start, predicted - copied, clock() - predicted
        return seconds, results

    def _checked_batch(self, method: Callable[[Array], Array]) -> Array:
        """Predict all held-out rows at once, untimed, for the judge; raises RowsDifferError.

        That stands for the single rows only if they give the same.
        """
        self.phase = "quality"
        batch = self.backend.to_host(method(self.backend.to_device(self.arrays["X_test"])))
        _, singles = self._single_calls(method, self._rows(min(COMPARED_ROWS, len(batch))))
        compare_rows(np.concatenate([np.asarray(one) for one in singles]), np.asarray(batch))
        return batch

    def _problem(self, seed: int, algorithm: str = "", params: Mapping[str, Any] | None = None) -> Problem:
        """Resolve "$seed" and "$NAME" among the parameters: of the workload's own estimator, or of another."""
        order, train = self.order, self.arrays["X_train"]

        def value(given: Any) -> Any:
            if isinstance(given, str) and given.startswith("$"):
                return seed if given == "$seed" else self.arrays[given[1:]]
            return given

        return Problem(
            algorithm=algorithm or order.algorithm,
            params={name: value(given) for name, given in (order.params if params is None else params).items()},
            n_samples=train.shape[0],
            n_features=train.shape[1],
            n_classes=order.n_classes,
            dtype=order.dtype,
            threads=order.threads,
        )

    def _training_names(self) -> list[str]:
        return ["X_train", "y_train"] if self.order.supervised else ["X_train"]

    def _attribute(self, estimator: Estimator, name: str) -> Array:
        return attribute_of(estimator, name)

    def _keep(self, course: Course) -> list[Product]:
        """Save what the judge needs; its name is safe, for it comes from the catalogue of products."""
        products = []
        for name in self.order.products:
            array = np.ascontiguousarray(self._product(course, name))
            path = Path(self.order.scratch, f"{name}.npy")
            np.save(path, array, allow_pickle=False)
            products.append(Product(name=name, path=str(path), sha256=digest(array)))
        return products

    def _product(self, course: Course, name: str) -> Array:
        """Return a result by name: of a workflow, else of the timed output, else of what was fitted."""
        if self._workflow:
            return course.results[name]
        if name == "output":
            return course.result
        backend = self.backend
        return backend.to_host(
            product_of(course.estimator, name, lambda: backend.to_device(self.arrays["X_train"][:TRAINING_ROWS]))
        )

    def _settings(self, estimator: Estimator) -> dict[str, str]:
        """Every parameter the estimator really has, as text: what the backend chose is in the record."""
        get_params = getattr(estimator, "get_params", None)
        if get_params is None:
            return {}
        params = get_params(deep=False)
        return {str(name): repr(value) for name, value in params.items() if not isinstance(value, np.ndarray)}


def warm_up() -> None:
    """Find the system's counters: where workers are forked they need not, each of them, do that in its cold pass."""
    host_counters()
    Usage.now()


def sample_of(request: Pass, watch: Stopwatch, used: Used, single_s: NDArray[np.float64] | None = None) -> Sample:
    """Return what was timed and used as a sample, times per call; of single rows the medians, and the latencies."""
    wall = watch.wall_s
    sample = Sample(
        case=request.case,
        seed=request.seed,
        copy_in_s=wall.get("copy_in", 0.0),
        fit_s=wall.get("fit", 0.0) / request.fit_loops,
        predict_s=wall.get("predict", 0.0) / request.predict_loops,
        copy_out_s=wall.get("copy_out", 0.0),
        fit_loops=request.fit_loops,
        predict_loops=request.predict_loops,
        wall_s=sum(wall.values()),
        cpu_s=watch.cpu_s,
        own_s=wall.get("own"),
        waited_s=used.waited_s,
        involuntary_switches=used.involuntary_switches,
        peak_host_bytes=used.peak_host_bytes,
    )
    if single_s is None:
        return sample
    copy_in, predict, copy_out = np.median(single_s, axis=0).tolist()
    p50, p99 = np.percentile(single_s.sum(axis=1), [50, 99]).tolist()
    return replace(
        sample,
        copy_in_s=copy_in + (wall["copy_in"] if "fit" in wall else 0.0),
        predict_s=predict,
        copy_out_s=copy_out,
        predict_loops=len(single_s),
        latency_p50_s=p50,
        latency_p99_s=p99,
    )


def compare_rows(singles: NDArray[Any], batch: NDArray[Any]) -> None:
    """Hold rows that were predicted one at a time against the first of a batch; raises RowsDifferError."""
    first = batch[: len(singles)]
    if singles.shape != first.shape:
        raise RowsDifferError(f"single rows give the shape {singles.shape}, the batch {first.shape}")
    if first.dtype.kind == "f":
        spread = float(np.std(batch, dtype=np.float64))
        same = np.isclose(singles, first, rtol=CLOSE, atol=CLOSE * spread, equal_nan=True)
    else:
        same = singles == first
    other = int((~same.reshape(len(same), -1).all(axis=1)).sum())
    if other > MAY_DIFFER * len(singles):
        raise RowsDifferError(f"{other} of {len(singles)} rows are predicted otherwise one at a time than all at once")


def engine_name(report: EngineReport) -> str:
    """What a sample stores: the engine, and whether it was a fallback."""
    return report.engine if report.accelerated else report.engine + FELL_BACK_SUFFIX


def map_array(paths: Mapping[str, Path], name: str) -> Any:
    """Map a cached array read-only, with every page in place: an ndarray, or a csr_array over mapped parts."""
    array = open_array(paths, name)
    for part in (array.data, array.indices, array.indptr) if isinstance(array, csr_array) else (array,):
        flat = part.ravel(order="K").view(np.uint8)
        flat[::PAGE_BYTES].max(initial=0)
    return array


def digest(array: NDArray[Any]) -> str:
    """Tell results apart bit by bit."""
    return hashlib.sha256(str((array.dtype.str, array.shape)).encode() + array.tobytes()).hexdigest()
