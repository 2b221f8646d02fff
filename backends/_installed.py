"""What is installed, read from the names of the metadata folders: `importlib.metadata` alone takes 60 ms to import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


def metadata_folders(path: Iterable[str]) -> Iterator[Path]:
    """Yield every `*.dist-info` and `*.egg-info` on this path, in its order."""
    for folder in path:
        try:
            with os.scandir(folder or ".") as entries:
                names = [entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        yield from (Path(folder, name) for name in sorted(names))


def version(distribution: str) -> str:
    """Return the installed version of a distribution, empty if it is not installed (or has no metadata)."""
    wanted = distribution.lower().replace("-", "_").replace(".", "_")
    for folder in metadata_folders(sys.path):
        name, _, rest = folder.stem.partition("-")
        if name.lower().replace(".", "_") == wanted:
            return rest.partition("-")[0]
    return ""


def how_to_install(extra: str) -> str:
    """Return how to get what an extra of ours has: no package index has us, where others may take our name."""
    return f"pip install '.[{extra}]' in a clone of the repository"
