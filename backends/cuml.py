"""NVIDIA RAPIDS cuML: its own estimators on one GPU, arrays kept there from fit to predict."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from backends import _cuda
from backends._cuml import device as gpu
from backends._cuml.fit import exact_class
from backends._cuml.targets import FLOAT32_ONLY, LACKS, ORDERS, TARGETS
from backends._estimators import ThreadPools, build, import_stock, stock_class
from backends._installed import how_to_install, version
from backends._parameters import Target, translate
from backends._pipelines import COMPOSED, composed, offer_of
from backends.algorithms import FUNCTIONS
from backends.protocol import (
    Array,
    Backend,
    Diagnosis,
    EngineReport,
    Estimator,
    Fate,
    Observation,
    Offer,
    Problem,
    State,
    UnsupportedError,
)

ENGINE = "cuML"
#: distribution -> what its build needs of driver and device (RAPIDS' platform support, 26.10).
BUILDS = {
    "cuml-cu13": _cuda.Needs(13000, (7, 5)),
    "cuml-cu12": _cuda.Needs(12020, (7, 0)),
    "cuml": _cuda.Needs(12020, (7, 0)),
}
_CURE = how_to_install("cuml")
#: The oldest nvJitLink that libcuml 26.10 for CUDA 13 loads with; other packages pin older ones.
_NVJITLINK = (13, 3)
_PROBE_TIMEOUT_S = 300.0
#: libcuml's own message names libcuml.so itself; this loads what it needs one after another.
_FIND_MISSING = """
import ctypes, libcuvs, libkvikio, libraft, librmm
for module in (libkvikio, librmm, libraft):
    module.load_library()
ctypes.CDLL(libcuvs.__path__[0] + "/lib64/libcuvs.so")
"""


class Cuml(Backend):
    """cuML on the first visible GPU."""

    name = "cuml"
    title = "NVIDIA cuML"
    packages = (
        *BUILDS,
        "libcuml-cu13",
        "libcuvs-cu13",
        "rmm-cu13",
        "cupy-cuda13x",
        "libcuml-cu12",
        "libcuvs-cu12",
        "rmm-cu12",
        "cupy-cuda12x",
        "nvidia-nvjitlink",
        "scikit-learn",
        "numpy",
    )
    devices = ("cuda",)

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self.memory = gpu.GpuMemory()
        self._pools = ThreadPools()
        self._order = ""
        self._latest: Any = None
        self._note = ""
        self._on_host = False

    def diagnose(self) -> Diagnosis:
        """Say whether cuML is installed and the driver and the device fit its build, without importing it."""
        if sys.platform != "linux":
            return Diagnosis(State.WRONG_ARCHITECTURE, f"cuML has no build for {sys.platform}")
        if find_spec("cuml") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named cuml", _CURE)
        build_name = next((name for name in BUILDS if version(name)), "cuml")
        return _cuda.judge(_cuda.look(), BUILDS[build_name], version(build_name))

    def probe(self) -> Diagnosis:
        """Say the same, after importing cuML in a process of its own; what it lacks is found even without a GPU."""
        diagnosis = self.diagnose()
        if diagnosis.state in (State.NOT_INSTALLED, State.WRONG_ARCHITECTURE):
            return diagnosis
        reason = _import_error("import cuml")
        if not reason:
            return diagnosis
        if "libcuml" in reason:
            reason = _import_error(_FIND_MISSING) or reason
        cure = f"pip install --force-reinstall cuml-cu13=={diagnosis.version}"
        jit = version("nvidia-nvjitlink")
        if jit and tuple(map(int, jit.split(".")[:2])) < _NVJITLINK and version("cuml-cu13"):
            needed = ".".join(map(str, _NVJITLINK))
            reason = f"nvidia-nvjitlink is {jit}, libcuml needs {needed}: {reason}"
            cure = f"pip install 'nvidia-nvjitlink>={needed},<14'"
        return Diagnosis(State.LOAD_FAILURE, reason, cure, diagnosis.version, diagnosis.device)

    def offer(self, algorithm: str) -> Offer:
        """Say where cuML has the algorithm (checked against the wheel's contract by a test)."""
        if algorithm in COMPOSED:
            return offer_of(algorithm)
        if algorithm in FUNCTIONS:
            return Offer(reason="its function of that name was not held against scikit-learn's yet")
        target = TARGETS.get(algorithm)
        if target is None:
            return Offer(reason=LACKS.get(algorithm, "cuML has no such class"))
        float32 = "float32 only" if algorithm in FLOAT32_ONLY else ""
        return Offer(target.estimator, note="; ".join(filter(None, [float32, target.note])))

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield what becomes of every parameter."""
        if algorithm in TARGETS:
            yield from TARGETS[algorithm].fates()

    def load(self, algorithms: frozenset[str]) -> None:
        """Import cuML with the modules of these algorithms, and scikit-learn's, whose defaults count."""
        import_module("cuml")
        import_module("rmm.statistics")
        import_stock(algorithms)
        for name in sorted(algorithms):
            if name in TARGETS:
                import_module(TARGETS[name].estimator.rpartition(".")[0])
        self._pools.find()

    def start(self, threads: int) -> None:
        """Limit the host's pools; the device is first touched by the first copy, so that its start is timed."""
        self._pools.limit(threads)

    def estimator(self, problem: Problem) -> Estimator:
        """Return cuML's estimator of exactly this problem, or scikit-learn's pipeline or search of several."""
        if problem.algorithm in COMPOSED:
            return self._composed(problem)
        target = TARGETS.get(problem.algorithm)
        if target is None:
            raise UnsupportedError(self.offer(problem.algorithm).reason)
        if problem.dtype != "float32" and problem.algorithm in FLOAT32_ONLY:
            raise UnsupportedError(f"{problem.algorithm} of cuML computes in float32 only, not in {problem.dtype}")
        params = translated(target, problem)
        module, _, name = target.estimator.rpartition(".")
        cls = exact_class(getattr(import_module(module), name), problem)
        estimator = cls(**params)
        self._order, self._note = ORDERS.get(problem.algorithm, ""), target.note
        self._latest = weakref.ref(estimator)
        self._on_host = False
        return estimator

    def _composed(self, problem: Problem) -> Estimator:
        """Return a pipeline on the device, or a search, whose folds scikit-learn can only cut out on the host."""
        orders: list[str] = []
        estimator = composed(self, problem, made=lambda _: orders.append(self._order))
        self._order = orders[0]
        self._on_host = problem.algorithm == "GridSearchCV"
        return estimator

    def to_device(self, array: Array) -> Array:
        """Copy to the GPU, in the order that the estimator made last reads."""
        self.memory.use(pool=True)
        if self._on_host:
            return array
        return gpu.to_device(array, self._order)

    def to_host(self, array: Array) -> Array:
        """Copy a result back to NumPy."""
        return gpu.to_host(array)

    def synchronize(self) -> None:
        """Wait for the device, if it is in use."""
        gpu.synchronize()

    def peak_device_bytes(self) -> int | None:
        """Return the peak of what cuML and CuPy held since the last call, as RMM counts it."""
        return self.memory.peak_bytes()

    @contextmanager
    def observe(self, *, strict: bool) -> Iterator[Observation]:
        """Watch what is allocated on the device."""
        yield _OnDevice(self, strict=strict)

    def evidence(self) -> list[str]:
        """Return which fitted attributes of the estimator made last are in device memory."""
        estimator = self._latest() if self._latest else None
        found = []
        for name, value in vars(estimator).items() if estimator is not None else ():
            inner = getattr(value, "value", value)  # the cache of an attribute that follows the output's type
            if gpu.is_on_device(inner) or gpu.is_on_device(getattr(inner, "array", None)):
                found.append(name)
        return [*([f"on the device: {', '.join(sorted(found))}"] if found else []), self._note, self.memory.about]


class _OnDevice(Observation):
    """cuML has no code for the CPU: a call that took device memory computed there, one that took none did not."""

    def __init__(self, backend: Cuml, *, strict: bool) -> None:
        self._backend = backend
        self._strict = strict
        self._seen = backend.memory.allocations()

    def report(self) -> EngineReport:
        total = self._backend.memory.allocations()
        count, self._seen = total - self._seen, total
        evidence = "; ".join(filter(None, [f"{count} allocations on the device", *self._backend.evidence()]))
        if count > 0:
            return EngineReport(ENGINE, accelerated=True, evidence=evidence)
        cause = "the call allocated nothing on the device"
        if self._strict:
            raise UnsupportedError(f"cuML: {cause}")
        return EngineReport("unknown", accelerated=False, cause=cause, evidence=evidence)


def translated(target: Target, problem: Problem) -> dict[str, Any]:
    """Return cuML's parameters; scikit-learn's own class has checked the problem's and has its defaults."""
    stock = build(stock_class(problem.algorithm), problem.params, ENGINE)
    return translate(target, stock.get_params(deep=False), problem, ENGINE)


def _import_error(code: str) -> str:
    """Run it in a process of its own and return the last line of what went wrong, empty if nothing did."""
    import subprocess  # 10 ms, for the closer look only

    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=_PROBE_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    return done.stderr.strip().rpartition("\n")[2] or f"the import ended with code {done.returncode}"
