"""What a device reaches at best, by a backend's own arrays: products of matrices, and of a large matrix with a vector.

The first is bound by arithmetic, the second by reading memory: the two parts of a roofline (Williams, Waterman and
Patterson, "Roofline", Communications of the ACM 52(4), 2009).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from backends.protocol import Backend, UnsupportedError
from suite.records.schema import Peak

#: Sides of the square matrices: large enough for full speed, on a device more so.
HOST_SIDE, DEVICE_SIDE = 1024, 4096
#: More than caches hold.
MATRIX_BYTES, MATRIX_COLUMNS = 256 << 20, 8192
#: Runs with less time than this have none to spare for it.
LEAST_BUDGET_S = 30.0
LEAST_CALLS, LEAST_S = 3, 0.1


def peak(backend: Backend, dtype: str, *, host: bool) -> Peak:
    """Measure the device of a backend that has been started; about half a second.

    Raises
    ------
    UnsupportedError
        If its arrays are NumPy's, unless the host is meant.
    """
    import numpy as np

    start = time.perf_counter()
    rng = np.random.default_rng(0)
    mine = not isinstance(backend.to_device(np.zeros(1, dtype)), np.ndarray)
    if not (mine or host):
        raise UnsupportedError("its arrays are NumPy's")
    side = HOST_SIDE if not mine or backend.device.startswith("cpu") else DEVICE_SIDE
    square = backend.to_device(rng.random((side, side)).astype(dtype))
    rows = MATRIX_BYTES // np.dtype(dtype).itemsize // MATRIX_COLUMNS
    matrix = backend.to_device(np.tile(rng.random((64, MATRIX_COLUMNS)).astype(dtype), (rows // 64, 1)))
    vector = backend.to_device(rng.random(MATRIX_COLUMNS).astype(dtype))
    product_s = _shortest_s(lambda: square @ square, backend)
    reading_s = _shortest_s(lambda: matrix @ vector, backend)
    return Peak(
        dtype=dtype,
        flops_per_s=2.0 * side**3 / product_s,
        bytes_per_s=MATRIX_BYTES / reading_s,
        took_s=time.perf_counter() - start,
    )


def _shortest_s(call: Callable[[], object], backend: Backend) -> float:
    """Return the shortest of several calls."""
    times: list[float] = []
    while len(times) < LEAST_CALLS or sum(times) < LEAST_S:
        start = time.perf_counter()
        call()
        backend.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)
