"""Intel's OpenCL for CPUs, through which SYCL runs on them: where pip puts it the system knows nothing of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from backends._installed import metadata_folders

#: What the OpenCL loader reads beside the system's own list of drivers.
VARIABLE = "OCL_ICD_FILENAMES"
LIBRARY = "libintelocl.so"
_VENDORS = Path("/etc/OpenCL/vendors")


def runtime() -> str:
    """Return the path of the library in this environment, empty if it is not installed there."""
    beside = Path(sys.prefix, "lib", LIBRARY)
    if beside.is_file():
        return str(beside)
    for folder in metadata_folders(sys.path):
        if folder.name.startswith("intel_opencl_rt-"):
            for line in text(folder / "RECORD").splitlines():
                path = (folder.parent / line.partition(",")[0]).resolve()
                if path.name == LIBRARY and path.is_file():
                    return str(path)
    return ""


def variables() -> dict[str, str]:
    """Return what shows the loader the library of this environment, unless the user has named one."""
    found = "" if os.environ.get(VARIABLE) else runtime()
    return {VARIABLE: found} if found else {}


def is_there() -> bool:
    """Say whether the loader can find it: named by the user, known to the system, or in this environment."""
    registered = any("intelocl" in text(path) for path in _VENDORS.glob("*.icd"))
    return bool(os.environ.get(VARIABLE) or registered or runtime())


def text(path: Path) -> str:
    """Return the text of a small file, empty if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
