"""The processes of one backend: a worker is forked for each group, whatever became of the process it is forked from."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from suite.measure.processes import Crew
from suite.records.schema import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks safely")


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    """Stock scikit-learn, imported in one process."""
    settings = Settings(threads=1, budget_s=1, precision=0.03, processes=1, seed=0, timeout_s=60, memory_bytes=2**30)
    it = Crew("sklearn", ["Ridge"], settings, tmp_path)
    it.begin(0)
    it.ready(0)
    yield it
    it.end()


def forks_of(crew: Crew) -> list[int]:
    """Return the live children of the process that forks."""
    (fresh,) = crew._fresh.values()
    return [child.pid for child in psutil.Process(fresh.pid).children() if child.status() != psutil.STATUS_ZOMBIE]


def test_workers_are_forked_at_once_or_begun_before_and_end(crew: Crew) -> None:
    for begun in (False, True):
        if begun:
            crew.begin_worker(0)
        worker = crew.worker(0)
        assert forks_of(crew) == [worker.pid]
        crew.dismiss([worker])
        assert not forks_of(crew)


@pytest.mark.parametrize("begun", [False, True], ids=["before it forks", "after it was asked to fork"])
def test_a_process_that_dies_is_replaced(crew: Crew, begun: bool) -> None:
    (fresh,) = crew._fresh.values()
    if begun:
        crew.begin_worker(0)
    os.kill(fresh.pid, signal.SIGKILL)
    fresh.popen.wait()
    if not begun:
        crew.begin_worker(0)
    worker = crew.worker(0)
    assert forks_of(crew) == [worker.pid]
    assert not psutil.pid_exists(fresh.pid)
