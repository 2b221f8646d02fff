"""A real run, its page, and a browser, for the tests of the report."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import warm_command_line
from browser import CHROMIUM, Browser, Chromium

from suite.analyse import analyse
from suite.records.run import Run
from suite.records.store import find_run, load
from suite.report.html import write_report

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
WORKLOADS = ("ridge-diabetes", "kmeans-digits", "knn_classifier-digits", "logistic_regression@predict", "ridge@latency")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a short run of three engines, made once by whichever of several test processes is the first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared-run"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not [*folder.rglob("records.jsonl")]:
            options = [option for name in WORKLOADS for option in ("--workload", name)]
            options += ["--backend", "onedal", "--backend", "patched", "--processes", "2", "--budget", "6s"]
            command = ["run", *options, "--no-report", "--output", str(folder)]
            warm_command_line.run(command, cwd=Path.cwd(), env=os.environ, timeout=300)
        [records] = folder.rglob("records.jsonl")
    return load(records.parent)


@pytest.fixture(scope="session")
def run_page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return its page."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_report([analyse(run)], path, runs=[run])
    return path


@pytest.fixture(scope="session", params=["now", "reference"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return a run with its page: that of now, and the reference run that lies in the repository."""
    if request.param == "now":
        return request.getfixturevalue("run"), request.getfixturevalue("run_page")
    run = load(find_run(REFERENCE, "latest"))
    page = tmp_path_factory.mktemp("reference") / "page.html"
    write_report([analyse(run)], page, runs=[run])
    return run, page


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Return a browser that all tests share, each with a tab and a profile of its own."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    process = Chromium(tmp_path_factory.mktemp("chromium"))
    yield process
    process.close()


@pytest.fixture
def browser(chromium: Chromium, tmp_path: Path) -> Iterator[Browser]:
    """Return a tab, which ends with the test."""
    tab = Browser(chromium, tmp_path)
    yield tab
    tab.close()
