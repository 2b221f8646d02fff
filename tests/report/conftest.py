"""A real run, its page, and a browser, for the tests of the report."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser

from suite.analyse import analyse
from suite.records.run import Run
from suite.records.store import load
from suite.report.html import write_report

WORKLOADS = ("ridge-diabetes", "kmeans-digits", "knn_classifier-digits", "logistic_regression@predict", "ridge@latency")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a short run of three engines."""
    folder = tmp_path_factory.mktemp("run")
    workloads = [option for name in WORKLOADS for option in ("--workload", name)]
    options = [
        *workloads,
        "--backend",
        "onedal",
        "--backend",
        "patched",
        "--budget",
        "6s",
        "--no-report",
        "--output",
        str(folder),
    ]
    command = [sys.executable, "-m", "suite", "run", *options]
    subprocess.run(command, capture_output=True, timeout=300, check=False)
    [records] = folder.rglob("records.jsonl")
    return load(records.parent)


@pytest.fixture(scope="session")
def run_page(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return its page."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_report([analyse(run)], path, runs=[run])
    return path


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Return a browser, which ends with the test."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    tab = Browser(tmp_path)
    yield tab
    tab.close()
