"""One case in a worker: the data it maps, and timed passes through the phases."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.sparse import csr_array

from backends.protocol import Array, Backend, EngineReport, Estimator, Observation, Problem, UnsupportedError
from suite.datasets.arrays import names, open_array
from suite.measure.course import Course, Passage, Stopwatch
from suite.measure.disturbance import Usage, Used, begin_on, current_cpu
from suite.measure.energy import Energy
from suite.measure.learning import EngineLearner, Watch
from suite.measure.messages import Open, Pass, Passed, Product
from suite.measure.use import Use
from suite.records.findings import Findings
from suite.records.rapl import host_counters
from suite.records.schema import FELL_BACK_SUFFIX, Sample
from suite.workloads.products import TRAINING_ROWS, product_of
from suite.workloads.science import workflow_of

AnyLearner = TypeVar("AnyLearner", bound=EngineLearner)

PAGE_BYTES = 4096


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


class Bench:
    """A group's data and parameters, mapped and resolved for one backend.

    Where only the use of a model is timed, the first pass makes what the later ones `use`.
    """

    def __init__(self, backend: Backend, order: Open) -> None:
        self.backend = backend
        self.order = order
        paths = {name: Path(path) for name, path in order.arrays.items()}
        self.arrays = {name: map_array(paths, name) for name in names(paths)}
        if not backend.takes_sparse and any(isinstance(array, csr_array) for array in self.arrays.values()):
            raise UnsupportedError(f"{backend.title} takes no sparse matrix: leave sparse = true out of its data")
        self.phase = "open"
        self.use: Use | None = None
        self.workflow = workflow_of(order.workflow) if order.workflow else None

    def run(self, request: Pass) -> Passed:
        """Take one sample; what an engine raises is left to the caller, `phase` says where it was."""
        backend = self.backend
        self.phase = "construct"
        fits = 0 if self.use or self.workflow else request.fit_loops
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
                course = Passage(self, request, estimators, watch, observation).go()
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
            asked_rows=self.use.rows.shape[0] if self.use and self.workflow else None,
        )

    def training_data(self) -> list[Array]:
        """Copy what is fitted to the device."""
        names = ["X_train", "y_train"] if self.order.supervised else ["X_train"]
        return [self.backend.to_device(self.arrays[name]) for name in names]

    def _examine(self, request: Pass, course: Course) -> Findings | None:
        """Let a workflow look closer at its results; what it times itself is its own."""
        if self.workflow is None:
            return None
        self.phase = "examine"
        with self.backend.observe(strict=False) as observation:
            learner = self.learner(EngineLearner, request.seed, Stopwatch(self.backend.synchronize), observation)
            return self.workflow.examine(self.arrays, learner, dict(course.results))

    def learner(self, kind: type[AnyLearner], seed: int, watch: Watch, observation: Observation) -> AnyLearner:
        """Return what fits the estimators of the workflow."""

        def problem(role: str) -> Problem:
            if role == "model":
                return self._problem(seed)
            part = self.order.also[role]
            return self._problem(seed, part["algorithm"], part.get("params", {}))

        return kind(self.backend, watch, observation, problem, seed)

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
        if self.workflow:
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
