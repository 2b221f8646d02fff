"""A small run to keep, and a disk that can be filled."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from record_samples import BACKENDS, make_lines, make_plan

from backends.protocol import Diagnosis, State
from suite.records.begin import new_run
from suite.records.schema import BackendLine, RunInfo
from suite.records.store import RunStore


@pytest.fixture
def info() -> RunInfo:
    return new_run(make_plan(), command=["python", "-m", "suite", "run"])


@pytest.fixture
def run_path(tmp_path: Path, info: RunInfo) -> Path:
    """A run whose first group is measured and whose second has not begun."""
    with RunStore.create(tmp_path / "results", info) as store:
        for backend in BACKENDS:
            store.append(BackendLine(backend=backend, diagnosis=Diagnosis(State.READY), import_s=0.5))
        for line in make_lines("first"):
            store.append(line)
    return store.path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 20 MiB; mounting needs root."""
    point = tmp_path / "disk"
    point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(point)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)
