"""scikit-learn on CuPy arrays: NVIDIA GPUs, and AMD's with CuPy's ROCm builds."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from backends._array_api.base import ArrayApi, judge_cuda, judge_rocm
from backends._array_api.watch import Place
from backends._installed import metadata_folders
from backends.protocol import Array, Diagnosis, State

_BUILD = re.compile(r"cupy_(cuda|rocm)_?(\d+)(?:_(\d+))?x?")
#: What a build from source needs at least (CuPy's installation guide).
_SOURCE_CUDA = "12"


class Cupy(ArrayApi):
    """scikit-learn on arrays of a GPU."""

    name = "cupy"
    title = "CuPy (array API)"
    packages = (
        *("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x", "cupy-rocm-5-0", "cupy-rocm-7-0"),
        *("scikit-learn", "numpy", "scipy"),
    )
    devices = ("cuda",)
    module = "cupy"
    trial = "import cupy; a = cupy.ones((2, 2)); assert float((a @ a).sum()) == 8"

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._memory: Any = None

    def _diagnose_library(self) -> Diagnosis:
        if find_spec("cupy") is None:
            cure = "pip install cupy-cuda13x, cupy-cuda12x or cupy-rocm-7-0, as the driver is"
            return Diagnosis(State.NOT_INSTALLED, "no module named cupy", cure)
        found = list(_installed())
        if len(found) > 1:
            names = ", ".join(name for name, _ in found)
            return Diagnosis(State.LOAD_FAILURE, f"several builds are installed: {names}", "uninstall all but one")
        name, have = found[0] if found else ("cupy", "")
        build = _BUILD.fullmatch(name.replace("-", "_"))
        if build and build[1] == "rocm":
            return judge_rocm(".".join(filter(None, build.groups()[1:])), have)
        return judge_cuda(build[2][:2] if build else _SOURCE_CUDA, have)

    def load(self, algorithms: frozenset[str]) -> None:
        """Import CuPy and scikit-learn, and have CuPy count the memory it hands out (a microsecond an array)."""
        super().load(algorithms)
        self._memory = _count_memory()

    def to_device(self, array: Array) -> Array:
        """Copy to the GPU."""
        import cupy

        return cupy.asarray(array, order="K")

    def _to_numpy(self, array: Array) -> Array:
        return array.get()

    def synchronize(self) -> None:
        """Wait for the GPU."""
        import cupy

        cupy.cuda.Device().synchronize()

    def peak_device_bytes(self) -> int | None:
        """Return the most that arrays took of CuPy's pool since the last call."""
        peak = int(self._memory.peak_bytes)
        self._memory.peak_bytes = self._memory.used_bytes
        return peak

    def _place(self) -> Place:
        import cupy

        engine = "cupy rocm" if cupy.cuda.runtime.is_hip else "cupy cuda"
        exits = ("get", "tolist", "tobytes", "__dlpack__")
        return Place(engine, cupy.ndarray, lambda _: True, exits, on_host=False)


def _installed() -> Iterator[tuple[str, str]]:
    """Yield name and version of CuPy's distributions: they exclude each other."""
    for folder in metadata_folders(sys.path):
        name, _, rest = folder.stem.partition("-")
        if name == "cupy" or _BUILD.fullmatch(name):
            yield name.replace("_", "-"), rest.partition("-")[0]


class _Memory:
    """The bytes that arrays hold, and the most since the peak was last set, as CuPy's memory hooks tell."""

    name = "evenhand"
    used_bytes = peak_bytes = 0

    def malloc_postprocess(self, **what: Any) -> None:
        self.used_bytes += what["mem_size"]
        self.peak_bytes = max(self.peak_bytes, self.used_bytes)

    def free_postprocess(self, **what: Any) -> None:
        self.used_bytes -= what["mem_size"]


def _count_memory() -> Any:
    """Return a hook that counts from now on; for CuPy it must be of CuPy's class."""
    import cupy

    hook: Any = type("Memory", (_Memory, cupy.cuda.MemoryHook), {})()
    hook.__enter__()
    return hook
