"""A real run, its page, and a browser, for the tests of the report."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import warm_command_line
from browser import CHROMIUM, Browser, Chromium
from reference_runs import ALL_ENGINES, FIVE_SIZES, reference_run

from suite.analyse import analyse
from suite.records.pytest_benchmark import import_file
from suite.records.run import Run
from suite.records.store import load
from suite.report.html import write_report

WORKLOADS = ("ridge-diabetes", "kmeans-digits", "knn_classifier-digits", "logistic_regression@predict", "ridge@latency")


def page_of(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a run, written now."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_report([analyse(run)], path, runs=[run])
    return path


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
            command = ["run", *options, "--no-report", "--results", str(folder)]
            warm_command_line.run(command, cwd=Path.cwd(), env=os.environ, timeout=300)
        [records] = folder.rglob("records.jsonl")
    return load(records.parent)


@pytest.fixture(scope="session")
def run_page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return its page."""
    return page_of(run, tmp_path_factory)


@pytest.fixture(scope="session", params=["now", "reference"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return a run with its page: that of now, and the reference run that lies in the repository."""
    if request.param == "now":
        return request.getfixturevalue("run"), request.getfixturevalue("run_page")
    run = reference_run(ALL_ENGINES)
    return run, page_of(run, tmp_path_factory)


@pytest.fixture(scope="session")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return the run of five sizes that lies in the repository, with its page."""
    run = reference_run(FIVE_SIZES)
    return run, page_of(run, tmp_path_factory)


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return a run that pytest-benchmark measured, of two benchmarks, with its page."""
    folder = tmp_path_factory.mktemp("imported")
    stats = {"min": 0.1, "max": 0.4, "mean": 0.25, "stddev": 0.1, "median": 0.2, "rounds": 4}
    content = {
        "machine_info": {"system": "Linux", "cpu": {"brand_raw": "Some CPU", "count": 8}},
        "datetime": "2026-03-01T12:00:00+00:00",
        "version": "5.1.0",
        "benchmarks": [
            {"fullname": name, "stats": stats | {"data": [0.1, 0.2, 0.2, 0.4]}}
            for name in ("t.py::test_sort", "t.py::test_sum")
        ],
    }
    (folder / "bench.json").write_text(json.dumps(content))
    run = load(import_file(folder / "bench.json", folder / "results", command=["python", "-m", "suite"])[0])
    return run, page_of(run, tmp_path_factory)


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
