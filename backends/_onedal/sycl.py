"""oneDAL on SYCL devices: Intel GPUs, and CPUs through OpenCL, by which the same code is tried out without a GPU.

scikit-learn-intelex-gpu adds oneDAL's SYCL build to scikit-learn-intelex; arrays are dpnp's, on one queue of dpctl's.
With `array_api_dispatch` they stay on the device: without it, scikit-learn-intelex copies them to the host and back
within `fit` and `predict`, and returns NumPy arrays. Source: its documentation, "GPU support" and "Array API".
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

from backends import _opencl
from backends._installed import version
from backends.algorithms import FUNCTIONS
from backends.onedal import BEST_SOLVER, DISTRIBUTION, OneDal, answer_of
from backends.protocol import Array, Diagnosis, Estimator, Observation, Offer, Problem, State, UnsupportedError

GPU_DISTRIBUTION = "scikit-learn-intelex-gpu"
_INTEL = "0x8086"
_SELECTORS = {"cpu-sycl": "cpu", "gpu": "gpu"}

_HOST_ONLY = "oneDAL has it for the host only, not for SYCL devices"
_NO_GPU = "oneDAL has it for CPUs only"
_TEMPLATE = "scikit-learn-intelex has it as a pattern for its developers, on the host"
#: device -> algorithm -> why it does not run there, seen with scikit-learn-intelex-gpu 2026.2 (for a GPU: read from its
#: own conditions, which a test asks).
ELSEWHERE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "cpu-sycl": {
            **dict.fromkeys(("ElasticNet", "Lasso", "TSNE"), _HOST_ONLY),
            "DummyRegressor": _TEMPLATE,
            "LogisticRegression": "oneDAL has it for the host and for GPUs, not for a CPU through SYCL",
        },
        "gpu": {
            **dict.fromkeys(("ElasticNet", "Lasso", "TSNE"), _HOST_ONLY),
            "DummyRegressor": _TEMPLATE,
            **dict.fromkeys(("NuSVC", "NuSVR", "SVR"), _NO_GPU),
        },
    }
)
TWO_CLASSES = frozenset({"LogisticRegression", "SVC"})


class OneDalSycl(OneDal):
    """oneDAL on a SYCL device. The peak of its memory is not known: neither dpctl nor oneDAL counts it."""

    packages = (*OneDal.packages, GPU_DISTRIBUTION, "dpctl", "dpnp", "intel-opencl-rt", "intel-sycl-rt")
    fork_safe = False

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._queue: Any = None

    def diagnose(self) -> Diagnosis:
        """Say whether oneDAL's SYCL build, its array library and a way to the device are here, importing none."""
        host = super().diagnose()
        if host.state is State.WRONG_ARCHITECTURE:
            return host
        if host.state is not State.READY:
            return replace(host, cure=install("", self.device))
        if not _has_sycl_build():
            seen = f"{DISTRIBUTION} {host.version} is installed for the host only: {GPU_DISTRIBUTION} adds SYCL"
            return replace(host, state=State.NOT_INSTALLED, detail=seen, cure=install(host.version, self.device))
        for module in ("dpctl", "dpnp"):
            if find_spec(module) is None:
                cure = install(host.version, self.device)
                return replace(host, state=State.NOT_INSTALLED, detail=f"no module named {module}", cure=cure)
        known = replace(host, version=version(GPU_DISTRIBUTION) or host.version, device=f"SYCL {self.device}")
        return _cpu(known) if self.device == "cpu-sycl" else _gpu(known)

    def probe(self) -> Diagnosis:
        """Say the same, after making a queue on the device in a process of its own."""
        diagnosis = self.diagnose()
        if diagnosis.state is not State.READY:
            return diagnosis
        selector = _SELECTORS[self.device]
        said, error = answer_of(_PROBE.replace("SELECTOR", repr(selector)), self._variables())
        if "SyclQueueCreationError" in error:
            return _no_queue(diagnosis, self.device)
        if error:
            cure = f"pip install --force-reinstall {GPU_DISTRIBUTION}=={diagnosis.version}"
            return replace(diagnosis, state=State.LOAD_FAILURE, detail=error, cure=cure)
        seen = json.loads(said.rpartition("\n")[2])
        about = f"{seen['name']}, {seen['backend']}, driver {seen['driver']}"
        if not seen["fp64"]:
            detail = "the device has no float64: only float32 data run there"
            return replace(diagnosis, state=State.NO_FLOAT64, detail=detail, cure="--dtype float32", device=about)
        return replace(diagnosis, device=about)

    def environment(self, threads: int) -> Mapping[str, str]:
        """Switch on the previews and SciPy's side of the array API.

        On a CPU, OpenCL's threads follow the process's affinity; DPCPP_CPU_NUM_CUS does not change their number.
        """
        return {**super().environment(threads), "SCIPY_ARRAY_API": "1"}

    def offer(self, algorithm: str) -> Offer:
        """Say where scikit-learn-intelex has the algorithm, as far as it runs on this device."""
        if algorithm in FUNCTIONS:
            return Offer(reason=_HOST_ONLY)
        offer = super().offer(algorithm)
        if offer.estimator and (reason := ELSEWHERE[self.device].get(algorithm)):
            return Offer(reason=reason)
        if self.device == "gpu" and algorithm in TWO_CLASSES:
            return replace(offer, note="two classes")
        return offer

    def _variables(self) -> dict[str, str]:
        return _opencl.variables() if self.device == "cpu-sycl" else {}

    def load(self, algorithms: frozenset[str]) -> None:
        """Import scikit-learn-intelex, whose SYCL build must load, and dpnp. No queue is made yet."""
        # Not by `environment`, which is asked in another process, maybe under another interpreter than this.
        os.environ.update(self._variables())
        super().load(algorithms)
        import_module("dpnp")
        onedal = import_module("onedal")
        if not onedal._default_backend.is_dpc:
            raise ImportError(onedal._dpc_load_error or f"oneDAL's SYCL build is missing: {GPU_DISTRIBUTION}")

    def start(self, threads: int) -> None:
        """Limit the host's threads and make the queue, on which all is computed from now on, in this process.

        Raises
        ------
        dpctl.SyclQueueCreationError
            If there is no such device.
        """
        from dpctl import SyclQueue
        from sklearnex import set_config

        super().start(threads)
        self._queue = SyclQueue(_SELECTORS[self.device])
        set_config(target_offload=self._queue, array_api_dispatch=True)

    def estimator(self, problem: Problem) -> Estimator:
        """Return scikit-learn-intelex's estimator, unless the device cannot have the algorithm or the data."""
        if reason := self.offer(problem.algorithm).reason:
            raise UnsupportedError(reason)
        if self.device == "gpu" and problem.algorithm in TWO_CLASSES and problem.n_classes > 2:
            raise UnsupportedError(f"oneDAL's {problem.algorithm} on GPUs is for two classes, not {problem.n_classes}")
        if problem.dtype == "float64" and self._queue is not None and not self._queue.sycl_device.has_aspect_fp64:
            raise UnsupportedError(f"{self._queue.sycl_device.name.strip()} has no float64")
        return super().estimator(problem)

    def to_device(self, array: Array) -> Array:
        """Copy a host array to the queue's device, in its own order (float64 targets to float32 where it has none)."""
        from dpnp import asarray

        return asarray(array, order="K", sycl_queue=self._queue)

    def to_host(self, array: Array) -> Array:
        """Copy a dpnp array, or a tuple of them, to NumPy; what is on the host stays as it is."""
        if isinstance(array, tuple):
            return tuple(map(self.to_host, array))
        return array.asnumpy() if hasattr(array, "asnumpy") else array

    def synchronize(self) -> None:
        """Wait until the queue is empty."""
        if self._queue is not None:
            self._queue.wait()

    def observe(self, *, strict: bool) -> AbstractContextManager[Observation]:
        """Watch what runs: oneDAL's code on the host is a fallback here."""
        from backends._onedal.watch import watch  # logging and re: 10 ms that a list of backends need not pay

        kind = _SELECTORS[self.device].upper()
        where = f"SYCL on {self._queue.sycl_device.name.strip()}" if self._queue is not None else ""
        note = "; ".join(filter(None, [self._note, where]))
        return watch(f"{self._engine} on SYCL {kind}", strict=strict, note=note, offloaded_to=kind)

    def _best_solvers(self) -> Mapping[str, Callable[[Problem], dict[str, Any]]]:
        return GPU_SOLVER if self.device == "gpu" else BEST_SOLVER

    def _is_preview(self, params: Mapping[str, Any]) -> bool:  # noqa: ARG002 - no preview on a GPU
        return False


def install(host_version: str, device: str) -> str:
    """Return the command that installs what the device needs, for this version of scikit-learn-intelex if any."""
    wanted = f"{GPU_DISTRIBUTION}=={host_version}" if host_version else GPU_DISTRIBUTION
    runtime = " intel-opencl-rt" if device == "cpu-sycl" else ""
    return f"pip install {wanted} dpctl==0.22.1 dpnp==0.20.0{runtime}"


def _has_sycl_build() -> bool:
    """Look for the extension module as a file: to import its package is to import the engine."""
    spec = find_spec("onedal")
    folders = (spec.submodule_search_locations or []) if spec else []
    return any(next(Path(folder).glob("_onedal_py_dpc.*"), None) for folder in folders)


def _cpu(known: Diagnosis) -> Diagnosis:
    if _opencl.is_there():
        return known
    detail = f"there is no OpenCL for CPUs ({_opencl.LIBRARY})"
    return replace(known, state=State.NO_DRIVER, detail=detail, cure="pip install intel-opencl-rt")


def _gpu(known: Diagnosis, root: Path = Path("/")) -> Diagnosis:
    """Look for the render node of an Intel GPU, and whether this user may open it (under WSL there is none)."""
    if (root / "dev/dxg").exists():
        return known
    nodes = [
        node.name
        for node in sorted(root.glob("sys/class/drm/renderD*"))
        if _opencl.text(node / "device/vendor").strip() == _INTEL
    ]
    if not nodes:
        cure = "in a container, pass /dev/dri through"
        return replace(known, state=State.NO_DEVICE, detail="Linux lists no Intel GPU (/sys/class/drm)", cure=cure)
    if not any(os.access(root / "dev/dri" / node, os.R_OK | os.W_OK) for node in nodes):
        detail = f"this user may not open the Intel GPU: /dev/dri/{nodes[0]}"
        return replace(known, state=State.NO_DEVICE, detail=detail, cure="sudo usermod -aG render $USER; log in again")
    return replace(known, device=f"Intel GPU {nodes[0]}")


def _no_queue(diagnosis: Diagnosis, device: str) -> Diagnosis:
    if device == "gpu":
        detail = "the Intel GPU is there, but SYCL sees none: its Level Zero driver is missing or too old"
        return replace(diagnosis, state=State.NO_DRIVER, detail=detail, cure="apt install libze-intel-gpu1 libze1")
    detail = "SYCL sees no CPU: the OpenCL runtime does not load"
    cure = "pip install --force-reinstall intel-opencl-rt"
    return replace(diagnosis, state=State.NO_DEVICE, detail=detail, cure=cure)


#: Prints, as the last line, what SYCL says of the device; oneDAL's SYCL build must load for it.
_PROBE = """
import json
import dpctl
device = dpctl.SyclQueue(SELECTOR).sycl_device
import dpnp, onedal, sklearnex
if not onedal._default_backend.is_dpc:
    raise ImportError(onedal._dpc_load_error)
about = {"name": device.name.strip(), "fp64": device.has_aspect_fp64, "driver": device.driver_version}
print("\\n" + json.dumps(about | {"backend": device.backend.name}), end="")
"""


def _newton(_: Problem) -> dict[str, Any]:
    """Newton's method with conjugate gradients, the one solver that oneDAL has on GPUs."""
    return {"solver": "newton-cg"}


def _brute(_: Problem) -> dict[str, Any]:
    """Search by brute force: oneDAL has no tree on GPUs."""
    return {"algorithm": "brute"}


def _covariance(_: Problem) -> dict[str, Any]:
    """Exact components by the covariance, oneDAL's method on GPUs."""
    return {"svd_solver": "covariance_eigh"}


_NEIGHBORS = ("KNeighborsClassifier", "KNeighborsRegressor", "NearestNeighbors", "LocalOutlierFactor")
#: As `BEST_SOLVER`, on a GPU.
GPU_SOLVER: Mapping[str, Callable[[Problem], dict[str, Any]]] = MappingProxyType(
    {
        "SVC": BEST_SOLVER["SVC"],
        "PCA": _covariance,
        "LogisticRegression": _newton,
        **dict.fromkeys(_NEIGHBORS, _brute),
    }
)
