"""scikit-learn's own estimators on arrays of another library: what PyTorch, CuPy and dpnp have in common.

scikit-learn dispatches to the library of its input (https://scikit-learn.org/stable/modules/array_api.html) where
`array_api_dispatch` is set and SCIPY_ARRAY_API was 1 before SciPy was imported. Without that, arrays silently become
NumPy's: see `backends._array_api.watch` for how that shows.
"""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from backends import _cuda
from backends._array_api.offers import ARRAYS, BEST_SOLVER, DISPATCHED, HOST_ONLY, LIMITS, NEEDED, refuse
from backends._array_api.watch import Place, Watch, watched, watching
from backends._estimators import ThreadPools, build, chosen
from backends._installed import version
from backends._pipelines import COMPOSED, composed, offer_of
from backends.algorithms import ALGORITHMS, FUNCTIONS
from backends.protocol import (
    Array,
    Backend,
    Diagnosis,
    Estimator,
    Fate,
    Observation,
    Offer,
    Problem,
    State,
    Treatment,
    UnsupportedError,
)

#: What the kernel's drivers list: AMD's compute nodes, and graphics devices with their maker.
_KFD = Path("/sys/class/kfd/kfd/topology/nodes")
_DRM = Path("/sys/class/drm")
INTEL = "0x8086"
#: The oldest compute capability that a major version of CUDA still makes code for (its release notes).
_OLDEST: Mapping[int, tuple[int, int]] = {11: (3, 5), 12: (5, 0), 13: (7, 5)}


class ArrayApi(Backend):
    """scikit-learn on arrays of one library.

    Attributes
    ----------
    module
        The name of its module.
    trial
        Python code that really uses the device, for the closer look; it gets the device's name as its argument.
    """

    module: ClassVar[str]
    trial: ClassVar[str]

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._pools = ThreadPools()
        self._watch: Watch | None = None

    def diagnose(self) -> Diagnosis:
        """Say whether scikit-learn and the library are installed and there is a device, importing neither."""
        have = version("scikit-learn")
        if tuple(int(part) for part in have.split(".")[:2] if part.isdigit()) < NEEDED:
            wanted = ".".join(map(str, NEEDED))
            detail = f"scikit-learn {have} is installed; {wanted} or later dispatches all that is offered"
            return Diagnosis(State.LOAD_FAILURE, detail, f"pip install -U 'scikit-learn>={wanted}'", have)
        return self._diagnose_library()

    @abstractmethod
    def _diagnose_library(self) -> Diagnosis:
        """Say the same of the library and its device."""

    def probe(self) -> Diagnosis:
        """Say the same, after computing on the device in a process of its own."""
        diagnosis = self.diagnose()
        if diagnosis.state is not State.READY:
            return diagnosis
        import subprocess  # 10 ms, for the closer look only

        try:
            command = [sys.executable, "-P", "-c", self.trial, self.device]
            environment = os.environ | self._needed()
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as error:
            return replace(diagnosis, state=State.LOAD_FAILURE, detail=str(error))
        if done.returncode == 0:
            return diagnosis
        reason = done.stderr.strip().rpartition("\n")[2] or f"a trial on the device ended with code {done.returncode}"
        return replace(diagnosis, state=State.LOAD_FAILURE, detail=reason)

    def _needed(self) -> dict[str, str]:
        """Return variables without which the library does not find the device here."""
        return {}

    def environment(self, threads: int) -> Mapping[str, str]:  # noqa: ARG002
        """Have SciPy dispatch too, without which scikit-learn does not."""
        return {"SCIPY_ARRAY_API": "1"}

    def offer(self, algorithm: str) -> Offer:
        """Say whether scikit-learn dispatches the algorithm (checked against the installed version by a test)."""
        if algorithm == "Pipeline":
            return offer_of(algorithm)
        if algorithm in COMPOSED:
            return Offer(reason="a search makes copies of its estimators, whose calls cannot be watched")
        if algorithm in DISPATCHED:
            return Offer(f"{ALGORITHMS[algorithm].module}.{algorithm}", note=DISPATCHED[algorithm])
        if algorithm in FUNCTIONS:
            return Offer(reason="of a function there is no fitted array that shows where it ran")
        return Offer(reason=HOST_ONLY.get(algorithm, "scikit-learn has no such class"))

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield what is limited to the values that dispatch, and what is chosen where the problem leaves it open."""
        for parameter, only in LIMITS.get(algorithm, {}).items():
            values = " or ".join(map(repr, only.values))
            yield Fate(parameter, Treatment.ONLY, f"{values}: {only.reason}")
        if algorithm in BEST_SOLVER:
            yield chosen(BEST_SOLVER[algorithm])

    def load(self, algorithms: frozenset[str]) -> None:
        """Import the library, and scikit-learn with its bridge to it and the modules of these algorithms."""
        os.environ.update(self._needed())
        import_module(self.module)
        self._import_bridge()
        for module in sorted({ALGORITHMS[name].module for name in algorithms if name in ALGORITHMS}):
            import_module(module)
        self._pools.find()

    def _import_bridge(self) -> None:
        """Import what scikit-learn would import at its first dispatch."""
        import_module(f"sklearn.externals.array_api_compat.{self.module}")

    def start(self, threads: int) -> None:
        """Switch the dispatch on, and limit OpenMP and BLAS for what stays with NumPy and SciPy."""
        from sklearn import set_config

        self._pools.limit(threads)
        set_config(array_api_dispatch=True)

    def estimator(self, problem: Problem) -> Estimator:
        """Return scikit-learn's estimator with a solver that dispatches."""
        if reason := self.offer(problem.algorithm).reason:
            raise UnsupportedError(f"{problem.algorithm} does not dispatch: {reason}")
        if problem.algorithm in COMPOSED:
            return self._pipeline(problem)
        if problem.dtype == "float64" and not self._has_float64():
            raise UnsupportedError(f"{self._place().engine} has no float64 on this device")
        entry = ALGORITHMS[problem.algorithm]
        cls = watched(getattr(import_module(entry.module), entry.name), entry.output)
        best = BEST_SOLVER.get(problem.algorithm)
        params = {**(best(problem) if best else {}), **problem.params}
        estimator = build(cls, self._with_arrays_here(params, problem.dtype), self.title)
        refuse(problem, estimator.get_params(deep=False))
        estimator._watch = self._watching()
        return estimator

    def _pipeline(self, problem: Problem) -> Estimator:
        """Return a pipeline that is watched as a whole; its steps are not, for they get what the step before left."""
        idle = Watch(self._place())
        pipeline = composed(self, problem, made=lambda step: setattr(step, "_watch", idle))
        cls: Any = type(pipeline)
        seen = watched(cls, COMPOSED[problem.algorithm].output)(pipeline.steps)
        seen._watch = self._watching()
        return seen

    def _with_arrays_here(self, params: Mapping[str, Any], dtype: str) -> dict[str, Any]:
        """Copy parameters that are arrays to the device, in the type of the data."""
        import numpy as np

        return {
            name: self.to_device(np.asarray(value, dtype=dtype))
            if isinstance(value, np.ndarray) or (name in ARRAYS and isinstance(value, list | tuple))
            else value
            for name, value in params.items()
        }

    def _has_float64(self) -> bool:
        """Say whether the device computes in double precision; the library is loaded."""
        return True

    @abstractmethod
    def _place(self) -> Place:
        """Return where arrays must lie; the library is loaded."""

    @abstractmethod
    def to_device(self, array: Array) -> Array:
        """Copy a host array to the device, its memory order kept."""

    def to_host(self, array: Array) -> Array:
        """Copy a result back to a NumPy array (it is one already after a fallback)."""
        return self._to_numpy(array) if isinstance(array, self._place().array) else array

    @abstractmethod
    def _to_numpy(self, array: Array) -> Array:
        """Copy an array of the library to the host."""

    def observe(self, *, strict: bool) -> AbstractContextManager[Observation]:
        """Watch whether fitted arrays and outputs are on the device, and what is made NumPy's meanwhile."""
        return watching(self._watching(), strict=strict)

    def _watching(self) -> Watch:
        if self._watch is None:
            self._watch = Watch(self._place())
        return self._watch


def judge_cuda(build: str, engine_version: str) -> Diagnosis:
    """Say whether a build for this CUDA ("12.8"; "12" where it runs with all of them) can run here."""
    major, _, minor = build.partition(".")
    needs = _cuda.Needs(1000 * int(major) + 10 * int(minor or 0), _OLDEST.get(int(major), (0, 0)))
    return _cuda.judge(_cuda.look(), needs, engine_version)


def judge_rocm(build: str, engine_version: str) -> Diagnosis:
    """Say whether a build for ROCm finds an AMD GPU, as the kernel's amdkfd driver lists them (and CPUs) as nodes."""
    names = [name for node in sorted(_KFD.glob("*")) if (name := _gfx(node))]
    about = f"ROCm {build}".strip()
    if not _KFD.exists():
        cure = "install AMD's amdgpu driver; in a container, pass /dev/kfd and /dev/dri through"
        return Diagnosis(State.NO_DRIVER, f"there is no AMD compute driver ({_KFD})", cure, engine_version)
    if not names:
        detail = "AMD's driver sees no GPU"
        return Diagnosis(State.NO_DEVICE, detail, "check HIP_VISIBLE_DEVICES and rocminfo", engine_version)
    return Diagnosis(State.READY, version=engine_version, device=f"{names[0]}, {about}")


def _gfx(node: Path) -> str:
    """Return the architecture of a GPU in AMD's notation, "gfx90a"; empty for a CPU."""
    try:
        lines = dict(line.partition(" ")[::2] for line in (node / "properties").read_text().splitlines())
        target = int(lines.get("gfx_target_version", "0"))
    except (OSError, ValueError):
        return ""
    return f"AMD gfx{target // 10000}{target // 100 % 100:x}{target % 100:x}" if target else ""


def intel_gpus() -> int | None:
    """Return how many Intel GPUs Linux lists; None where it does not tell (nor does it under Windows' WSL)."""
    if sys.platform != "linux" or Path("/dev/dxg").exists():
        return None
    vendors = (path / "device" / "vendor" for path in _DRM.glob("renderD*"))
    return sum(1 for vendor in vendors if vendor.exists() and vendor.read_text().strip() == INTEL)
