"""How names of workloads are matched."""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches(name: str, pattern: str) -> bool:
    """Whether a shell pattern is for this name: `kmeans*` for training alone, `kmeans*@*` for the use of a model."""
    return fnmatchcase(name, pattern) and ("@" in pattern or "@" not in name)
