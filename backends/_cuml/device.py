"""The GPU under cuML: its memory as RMM counts it, copies to and from it, and when to wait for it.

Nothing here touches the driver before the first copy, so that the start of the driver and of the context is in the
first timed phase (rule 5). CuPy and RMM are imported where they are used, after cuML.
"""

from __future__ import annotations

import ctypes
from typing import Any

from backends.protocol import UnsupportedError

#: cudaDevAttrMemoryPoolsSupported (driver_types.h).
_MEMORY_POOLS_SUPPORTED = 115


class GpuMemory:
    """Counts what RMM allocates, for cuML and CuPy alike; says nothing before `use`."""

    def __init__(self) -> None:
        self.about = ""
        self._in_use = False
        self._held_bytes = 0

    def use(self, *, pool: bool) -> None:
        """Count from now on; with `pool`, take memory from the driver's stream-ordered pool, as RMM advises.

        Without a pool every allocation is a cudaMalloc, which waits for the device.

        Raises
        ------
        UnsupportedError
            If there is no GPU.
        """
        if self._in_use:
            return
        import cupy
        import rmm
        from rmm import statistics

        runtime = cupy.cuda.runtime
        try:
            supported = runtime.deviceGetAttribute(_MEMORY_POOLS_SUPPORTED, runtime.getDevice())
        except runtime.CUDARuntimeError as error:
            raise UnsupportedError(f"there is no GPU that CUDA can use: {error}") from error
        if pool and supported:
            rmm.mr.set_current_device_resource(rmm.mr.CudaAsyncMemoryResource())
            self.about = "memory from the driver's pool"
        else:
            self.about = "memory by cudaMalloc"
        statistics.enable_statistics()
        statistics.push_statistics()
        self._in_use = True

    def allocations(self) -> int:
        """Return how many allocations there were since `peak_bytes` was last asked."""
        if not self._in_use:
            return 0
        from rmm import statistics

        return int(statistics.get_statistics().total_count)

    def peak_bytes(self) -> int | None:
        """Return the most that was allocated at a time since the last call; None before `use`.

        The driver's context and what libraries take for themselves are not in it.
        """
        if not self._in_use:
            return None
        from rmm import statistics

        since = statistics.pop_statistics()
        peak = self._held_bytes + since.peak_bytes
        self._held_bytes += since.current_bytes
        statistics.push_statistics()
        return int(peak)


def synchronize() -> None:
    """Wait for the device; without a context there is nothing to wait for, and none is made."""
    if has_context():
        import cupy

        cupy.cuda.Device().synchronize()


def has_context() -> bool:
    """Say whether this thread has a CUDA context (cuCtxGetCurrent), without starting the driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    context = ctypes.c_void_p()
    return driver.cuCtxGetCurrent(ctypes.byref(context)) == 0 and bool(context.value)


def to_device(array: Any, order: str) -> Any:
    """Copy a host array to the GPU; a matrix is brought into the order there, which is faster than here."""
    import cupy

    copied = cupy.asarray(array)
    if copied.ndim < 2 or not order:
        return copied
    return cupy.asfortranarray(copied) if order == "F" else cupy.ascontiguousarray(copied)


def to_host(value: Any) -> Any:
    """Copy an array, or each of several, to NumPy; numbers and host arrays stay."""
    if isinstance(value, tuple):
        return tuple(to_host(one) for one in value)
    return value.get() if is_on_device(value) else value


def is_on_device(value: Any) -> bool:
    """Say whether this is an array in device memory, by the CUDA array interface."""
    return hasattr(value, "__cuda_array_interface__")
