"""cuml.accel: scikit-learn's own classes, run by cuML where it takes them ("zero code change").

The arrays stay on the host; the copies are inside fit and predict. What cuml.accel quietly does otherwise than
scikit-learn is refused here as far as it changes the problem, and told in `fates` where it is a rule of stopping.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NoReturn

from backends._cuml.accel_tables import NOT_PROXIED, RULES, SUBSTITUTES, WRONG, refuse_substitutes
from backends._cuml.targets import FLOAT32_ONLY, TARGETS
from backends._estimators import build, import_stock, stock_class
from backends._pipelines import COMPOSED, composed, offer_of
from backends.algorithms import ALGORITHMS
from backends.cuml import Cuml
from backends.protocol import (
    Array,
    EngineReport,
    Estimator,
    Fate,
    Observation,
    Offer,
    Problem,
    Treatment,
    UnsupportedError,
)

ENGINE = "cuml.accel"


class CumlAccel(Cuml):
    """scikit-learn under `cuml.accel.install()`, without managed memory."""

    name = "cuml-accel"
    title = "NVIDIA cuml.accel"

    def offer(self, algorithm: str) -> Offer:
        """Say which class of scikit-learn's it runs on the GPU."""
        if algorithm in COMPOSED:
            return offer_of(algorithm)
        if algorithm in WRONG:
            return Offer(reason=WRONG[algorithm])
        if algorithm not in TARGETS or algorithm in NOT_PROXIED:
            return Offer(reason="cuml.accel leaves it to scikit-learn")
        float32 = "float32 only" if algorithm in FLOAT32_ONLY else ""
        return Offer(f"{ALGORITHMS[algorithm].module}.{algorithm}", note=float32)

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield what is refused because cuml.accel would quietly do otherwise, and what stops by another rule."""
        for parameter, substitute in SUBSTITUTES.get(algorithm, {}).items():
            yield Fate(parameter, Treatment.ONLY, substitute.reason)
        for parameter, rule in RULES.get(algorithm, {}).items():
            yield Fate(parameter, Treatment.RENAMED, rule)

    def load(self, algorithms: frozenset[str]) -> None:
        """Install cuml.accel, then import scikit-learn's modules of these algorithms: through its wrapper."""
        import_module("cuml.accel").install(disable_uvm=True)
        import_module("rmm.statistics")
        import_stock(algorithms)
        self._pools.find()

    def estimator(self, problem: Problem) -> Estimator:
        """Return scikit-learn's estimator as cuml.accel wraps it, unless it would quietly solve another problem."""
        if reason := self.offer(problem.algorithm).reason:
            raise UnsupportedError(f"{problem.algorithm}: {reason}")
        if problem.algorithm in COMPOSED:
            return composed(self, problem)
        if problem.dtype != "float32" and problem.algorithm in FLOAT32_ONLY:
            raise UnsupportedError(f"{problem.algorithm} of cuML computes in float32 only, not in {problem.dtype}")
        cls = stock_class(problem.algorithm)
        if not import_module("cuml.accel").is_proxy(cls):
            raise UnsupportedError(f"{problem.algorithm}: cuml.accel leaves it to scikit-learn")
        params = dict(problem.params)
        if problem.algorithm == "KMeans" and not isinstance(params.get("init", ""), str):
            params.setdefault("n_init", 1)  # scikit-learn's meaning of "auto" for given centres
        estimator = build(cls, params, ENGINE)
        refuse_substitutes(problem, estimator.get_params(deep=False))
        self._latest = weakref.ref(estimator)
        return estimator

    def to_device(self, array: Array) -> Array:
        """Leave the array on the host, where cuml.accel's users have theirs."""
        self.memory.use(pool=False)
        return array

    @contextmanager
    def observe(self, *, strict: bool) -> Iterator[Observation]:
        """Watch the calls by cuml.accel's own profiler; with `strict` stop it before it calls scikit-learn."""
        accel: Any = import_module("cuml.accel")
        profilers: Any = import_module("cuml.accel.profilers")
        estimator = self._latest() if self._latest else None
        if strict and estimator is not None:
            _refuse_fallback(estimator)
        before = profilers.track_cpu_call
        if strict:
            profilers.track_cpu_call = _stop
        try:
            with accel.profile(quiet=True) as results:
                yield _Calls(self, results.method_calls)
        finally:
            profilers.track_cpu_call = before


class _Calls(Observation):
    """The calls since the last report, by method: on the GPU, on the CPU and why."""

    def __init__(self, backend: CumlAccel, methods: dict[str, Any]) -> None:
        self._backend = backend
        self._methods = methods
        self._allocated = backend.memory.allocations()

    def report(self) -> EngineReport:
        calls, total = dict(self._methods), self._backend.memory.allocations()
        self._methods.clear()
        allocated, self._allocated = total - self._allocated, total
        counted = (f"{name}: {calls[name].gpu_calls} on the GPU, {calls[name].cpu_calls} on the CPU" for name in calls)
        evidence = "; ".join(filter(None, [*counted, f"{allocated} allocations", self._backend.memory.about]))
        reasons = sorted({reason for stats in calls.values() for reason in stats.fallback_reasons})
        if any(stats.cpu_calls for stats in calls.values()):
            return EngineReport("scikit-learn", False, "; ".join(reasons) or "no reason was given", evidence)
        if not calls or not allocated:
            cause = "no call of scikit-learn's was recorded" if not calls else "nothing was allocated on the device"
            return EngineReport("unknown", False, cause, evidence)
        return EngineReport(ENGINE, True, "", evidence)


def _stop(qualname: str, reason: str | None = None) -> NoReturn:
    """Stand in for `cuml.accel.profilers.track_cpu_call`, which is entered just before a call of scikit-learn's."""
    raise UnsupportedError(f"cuml.accel would run {qualname} on the CPU: {reason}")


def _refuse_fallback(estimator: Estimator) -> None:
    """Raise what cuml.accel itself has against the parameters, before any fit."""
    unsupported = import_module("cuml.internals.interop").UnsupportedOnGPU
    try:
        type(estimator)._gpu_class._params_from_cpu(estimator._cpu)
    except unsupported as error:
        raise UnsupportedError(f"cuml.accel would run {type(estimator).__name__} on the CPU: {error}") from error
