"""Fixtures of the real command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from run_process import RunProcess


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data cache for all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cli(tmp_path: Path, shared_cache: Path) -> Iterator[RunProcess]:
    """Run the command line with an empty results folder; kills what a failed test leaves behind."""
    it = RunProcess(tmp_path / "results", shared_cache)
    yield it
    for process in it.started:
        process.kill()
        process.communicate()
    for left in it.alive():
        left.kill()
