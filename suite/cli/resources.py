"""How much memory can be had now, control groups of either version included."""

from __future__ import annotations

from pathlib import Path

from suite.records.cgroup import CGROUP_ROOT, OWN_CGROUPS, folders

#: Limit, use, and the line of memory.stat with the page cache that can be dropped: version 2, version 1.
_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory_bytes(root: Path = CGROUP_ROOT, own: Path = OWN_CGROUPS) -> int:
    """Return the memory that can be had now: the system's, or what the control groups leave of it."""
    import psutil

    left = [_left(folder, *files) for folder in folders("memory", root, own) for files in _FILES]
    return min([int(psutil.virtual_memory().available), *(size for size in left if size is not None)])


def _left(folder: Path, limit_file: str, use_file: str, cached: str) -> int | None:
    """Return limit - use of one control group; page cache that can be dropped is not counted as use."""
    try:
        limit = (folder / limit_file).read_text().strip()
        used = int((folder / use_file).read_text())
        statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    if not limit.isdecimal():
        return None
    return max(0, int(limit) - used + int(statistics.get(cached, 0)))
