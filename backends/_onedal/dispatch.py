"""For which vector instructions oneDAL has chosen its code.

It has code for several and takes the best that the processor has, some only on Intel's own: a figure is that code's.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

LIBRARY = "libonedal_core.so.4"
#: A C++ class of that library, which alone tells; the Python packages do not.
_ENVIRONMENT = "_ZN4daal8services10interface111Environment"
#: `daal::CpuType` (daal/include/services/cpu_type.h).
_NAMES = {0: "SSE2", 1: "SSSE3", 2: "SSE4.2", 3: "AVX", 4: "AVX2", 5: "AVX-512 (Xeon Phi)", 6: "AVX-512"}


def simd() -> str:
    """Return the instructions that the loaded library has chosen on this CPU; empty if it cannot be asked.

    It starts no thread.
    """
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(LIBRARY)
        get_instance = getattr(library, f"{_ENVIRONMENT}11getInstanceEv")
        get_cpu_id = getattr(library, f"{_ENVIRONMENT}8getCpuIdEi")
        get_instance.restype, get_cpu_id.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_int)
        return _NAMES.get(get_cpu_id(get_instance(), -1), "")
    return ""
