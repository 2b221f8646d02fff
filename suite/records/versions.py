"""Says which code measures: versions of distributions, the state of the source tree, a digest of the sources."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from suite.records.schema import Git

#: Recorded of every run, whatever its backends.
CORE = ("evenhand", "numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl", "pandas", "msgspec")

#: What determines figures, below the source tree; reports and the command line do not.
MEASURING = (
    "backends",
    "suite/analyse/speedups.py",
    "suite/datasets",
    "suite/measure",
    "suite/quality",
    "suite/records/schema.py",
    "suite/stats",
    "suite/workloads",
)

_SOURCE_TREE = Path(__file__).resolve().parents[2]


def installed_versions(distributions: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of the core's and of these distributions by their metadata; what is missing is left out."""
    found = {}
    for name in dict.fromkeys([*CORE, *distributions]):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_state(tree: Path = _SOURCE_TREE) -> Git | None:
    """Return the commit of the source tree and whether its packages differ from it; None if it is no checkout."""
    if not (tree / ".git").exists():
        return None
    commit = _git(tree, "rev-parse", "HEAD")
    if not commit:
        return None
    changed = _git(tree, "status", "--porcelain", "--", "backends", "suite", "pyproject.toml")
    return Git(commit=commit, dirty=bool(changed))


def _git(tree: Path, *arguments: str) -> str:
    """Return what git says; empty without git, or where it refuses."""
    command = ("git", "--no-optional-locks", "-C", str(tree), *arguments)
    try:
        answer = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def code_digest(tree: Path = _SOURCE_TREE) -> str:
    """Return a digest of the Python sources that determine figures, wherever they are installed."""
    digest = hashlib.sha256()
    for name in MEASURING:
        path = tree / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(tree).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]
