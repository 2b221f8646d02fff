"""The limits that Linux control groups, version 1 or 2, set this process: containers and batch systems use them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def folders(controller: str, root: Path = CGROUP_ROOT, own: Path = OWN_CGROUPS) -> Iterator[Path]:
    """Yield the folders of this process's group and of those above it, for one controller ("memory", "cpu").

    Inside a container the own group may be mounted as the root: then only the root is there.
    """
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        bases = (root / controllers, root / controller) if controllers else (root, root / "unified")
        base = next((base for base in bases if base.is_dir()), None)
        if base is None or ".." in Path(path).parts:
            continue
        group = base / path.lstrip("/")
        yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(base) and folder.is_dir())


def memory_limit_bytes(root: Path = CGROUP_ROOT, own: Path = OWN_CGROUPS) -> int | None:
    """Return the least memory limit of this process's groups in bytes, None if there is none."""
    limits = []
    for folder in folders("memory", root, own):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _read(folder / name)
            if limit.isdecimal():
                limits.append(int(limit))
    return min(limits, default=None)


def cpu_limit(root: Path = CGROUP_ROOT, own: Path = OWN_CGROUPS) -> float | None:
    """Return the least CPU quota of this process's groups in CPUs, None if there is none."""
    limits = []
    for folder in folders("cpu", root, own):
        texts = _read(folder / "cpu.max").split() or [
            _read(folder / "cpu.cfs_quota_us"),
            _read(folder / "cpu.cfs_period_us"),
        ]
        if len(texts) == 2 and all(text.isdecimal() for text in texts) and int(texts[1]) > 0:
            limits.append(int(texts[0]) / int(texts[1]))
    return min(limits, default=None)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
