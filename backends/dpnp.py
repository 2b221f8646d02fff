"""scikit-learn on dpnp arrays: SYCL devices, which are Intel's GPUs and, through Intel's OpenCL runtime, CPUs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from backends import _opencl
from backends._array_api.base import ArrayApi, intel_gpus
from backends._array_api.watch import Place
from backends._installed import version
from backends.protocol import Array, Diagnosis, State


class Dpnp(ArrayApi):
    """scikit-learn on arrays of a SYCL device."""

    name = "dpnp"
    title = "dpnp (array API)"
    packages = ("dpnp", "dpctl", "intel-opencl-rt", "scikit-learn", "numpy", "scipy")
    devices = ("cpu", "gpu")
    module = "dpnp"
    trial = (
        "import sys, dpnp; a = dpnp.ones((2, 2), dtype='float32', device=sys.argv[1]); assert float((a @ a).sum()) == 8"
    )

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._queue: Any = None

    def _diagnose_library(self) -> Diagnosis:
        if find_spec("dpnp") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named dpnp", "pip install dpnp intel-opencl-rt")
        have = version("dpnp")
        if self.device == "gpu":
            if intel_gpus() == 0:
                return Diagnosis(State.NO_DEVICE, "the kernel lists no Intel GPU", "see /sys/class/drm", have)
            return Diagnosis(State.READY, version=have, device="Intel GPU")
        if not _opencl.is_there():
            detail = "there is no OpenCL runtime for CPUs"
            return Diagnosis(State.NO_DRIVER, detail, "pip install intel-opencl-rt", have)
        return Diagnosis(State.READY, version=have, device="CPU through SYCL")

    def _needed(self) -> dict[str, str]:
        """Return where pip put Intel's OpenCL runtime for the CPU, of which the system knows nothing."""
        return _opencl.variables() if self.device == "cpu" else {}

    def environment(self, threads: int) -> Mapping[str, str]:
        """Give the CPU's kernels so many threads (DPCPP_CPU_NUM_CUS, Intel's oneAPI programming guide)."""
        return {**super().environment(threads), "DPCPP_CPU_NUM_CUS": str(threads)}

    def _import_bridge(self) -> None:
        """Do nothing: dpnp follows the standard by itself."""

    def to_device(self, array: Array) -> Array:
        """Copy to the device."""
        import dpnp

        copied = dpnp.asarray(array, device=self.device, order="K")
        self._queue = copied.sycl_queue
        return copied

    def _to_numpy(self, array: Array) -> Array:
        return array.asnumpy()

    def synchronize(self) -> None:
        """Wait for the queue of the data, which is that of all that is computed from them."""
        if self._queue is not None:
            self._queue.wait()

    def _has_float64(self) -> bool:
        import dpctl

        return bool(dpctl.SyclDevice(self.device).has_aspect_fp64)

    def _place(self) -> Place:
        import dpnp

        cpu = self.device == "cpu"

        def is_here(array: Array) -> bool:
            return bool(array.sycl_device.is_cpu) is cpu

        return Place(f"dpnp {self.device}", dpnp.ndarray, is_here, exits=("asnumpy", "__dlpack__"), on_host=cpu)
