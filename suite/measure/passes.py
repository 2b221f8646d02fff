"""One case in a worker: the data it maps, and timed passes through the phases."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from backends.protocol import Array, Backend, EngineReport, Estimator, Problem
from suite.measure.disturbance import Usage, Used, begin_on, current_cpu
from suite.measure.messages import Open, Pass, Passed, Product
from suite.records.schema import FELL_BACK_SUFFIX, Sample

PAGE_BYTES = 4096


class Stopwatch:
    """Wall and CPU seconds of named phases, device synchronised at both ends."""

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
        self.wall_s[name] = time.perf_counter() - start
        self.cpu_s += time.process_time() - cpu_start


class Bench:
    """A group's data and parameters, mapped and resolved for one backend."""

    def __init__(self, backend: Backend, order: Open) -> None:
        self.backend = backend
        self.order = order
        self.arrays = {name: map_array(Path(path)) for name, path in order.arrays.items()}
        self.phase = "open"

    def run(self, request: Pass) -> Passed:
        """Take one sample; what an engine raises is left to the caller, `phase` says where it was."""
        order, backend = self.order, self.backend
        self.phase = "construct"
        estimators = [backend.estimator(self._problem(request.seed)) for _ in range(request.fit_loops)]
        watch = Stopwatch(backend.synchronize)
        backend.peak_device_bytes()
        predicted: EngineReport | None = None
        output: Array = None
        if request.cpu is not None:
            begin_on(request.cpu)
        gc.collect()
        gc.disable()
        try:
            cpu = current_cpu()
            before = Usage.now(reset_peak=True)
            with backend.observe(strict=order.strict) as observation:
                self.phase = "copy_in"
                with watch.phase("copy_in"):
                    train = [backend.to_device(self.arrays[name]) for name in self._training_names()]
                    held_out = backend.to_device(self.arrays["X_test"]) if order.output else None
                self.phase = "fit"
                with watch.phase("fit"):
                    for estimator in estimators:
                        estimator.fit(*train)
                fitted = observation.report()
                estimator = estimators[-1]
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
            used = Usage.now().since(before)
        finally:
            gc.enable()
        sample = replace(
            sample_of(request, watch, used),
            engine_fit=engine_name(fitted),
            engine_predict=engine_name(predicted) if predicted else "",
            peak_device_bytes=backend.peak_device_bytes(),
            cpu=cpu,
        )
        self.phase = "quality"
        return Passed(
            sample=sample,
            cpu_s=time.process_time(),
            fit=fitted,
            predict=predicted,
            products=self._keep(estimator, result) if request.keep else [],
            settings=self._settings(estimator) if request.keep else {},
        )

    def _problem(self, seed: int) -> Problem:
        """Resolve "$seed" and "$NAME" among the parameters."""
        order, train = self.order, self.arrays["X_train"]

        def value(given: Any) -> Any:
            if isinstance(given, str) and given.startswith("$"):
                return seed if given == "$seed" else self.arrays[given[1:]]
            return given

        return Problem(
            algorithm=order.algorithm,
            params={name: value(given) for name, given in order.params.items()},
            n_samples=train.shape[0],
            n_features=train.shape[1],
            n_classes=order.n_classes,
            dtype=order.dtype,
            threads=order.threads,
        )

    def _training_names(self) -> list[str]:
        return ["X_train", "y_train"] if self.order.supervised else ["X_train"]

    def _attribute(self, estimator: Estimator, name: str) -> Array:
        return getattr(estimator, name)

    def _keep(self, estimator: Estimator, result: Array) -> list[Product]:
        """Save what the judge needs; its name is safe, for it comes from the catalogue of products."""
        products = []
        for name in self.order.products:
            value = result if name == "output" else self.backend.to_host(self._attribute(estimator, name))
            array = np.ascontiguousarray(value)
            path = Path(self.order.scratch, f"{name}.npy")
            np.save(path, array, allow_pickle=False)
            products.append(Product(name=name, path=str(path), sha256=digest(array)))
        return products

    def _settings(self, estimator: Estimator) -> dict[str, str]:
        """Every parameter the estimator really has, as text: what the backend chose is in the record."""
        get_params = getattr(estimator, "get_params", None)
        if get_params is None:
            return {}
        params = get_params(deep=False)
        return {str(name): repr(value) for name, value in params.items() if not isinstance(value, np.ndarray)}


def sample_of(request: Pass, watch: Stopwatch, used: Used) -> Sample:
    """Return what was timed and used as a sample, times per call."""
    wall = watch.wall_s
    return Sample(
        case=request.case,
        seed=request.seed,
        copy_in_s=wall["copy_in"],
        fit_s=wall["fit"] / request.fit_loops,
        predict_s=wall.get("predict", 0.0) / request.predict_loops,
        copy_out_s=wall["copy_out"],
        fit_loops=request.fit_loops,
        predict_loops=request.predict_loops,
        wall_s=sum(wall.values()),
        cpu_s=watch.cpu_s,
        waited_s=used.waited_s,
        involuntary_switches=used.involuntary_switches,
        peak_host_bytes=used.peak_host_bytes,
    )


def engine_name(report: EngineReport) -> str:
    """What a sample stores: the engine, and whether it was a fallback."""
    return report.engine if report.accelerated else report.engine + FELL_BACK_SUFFIX


def map_array(path: Path) -> NDArray[Any]:
    """Map a cached .npy read-only, with every page in place, as a plain ndarray."""
    array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    flat = array.ravel(order="K").view(np.uint8)
    flat[::PAGE_BYTES].max(initial=0)
    return array


def digest(array: NDArray[Any]) -> str:
    """Tell results apart bit by bit."""
    return hashlib.sha256(str((array.dtype.str, array.shape)).encode() + array.tobytes()).hexdigest()
