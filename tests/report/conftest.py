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

from suite.analyse import analyse
from suite.records.run import Run
from suite.records.store import find_run, load
from suite.report.html import write_report

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
WORKLOADS = ("ridge-diabetes", "kmeans-digits", "knn_classifier-digits", "logistic_regression@predict", "ridge@latency")

#: By engine: how many times as long the larger fit takes.
GROWTH = {"sklearn": 6.0, "onedal": 0.5, "patched": 3.0}


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
def grown(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return the run as if its ridge had been measured on four times the rows too, and the roof, with its page."""
    folder = tmp_path_factory.mktemp("grown") / run.info.id
    folder.mkdir()
    info = json.loads((run.path / "run.json").read_text())
    lines = [json.loads(line) for line in (run.path / "records.jsonl").read_text().splitlines()]
    [small] = [group for group in info["plan"]["groups"] if group["id"].startswith("ridge-diabetes/")]
    name = small["id"].replace("/S/", "/M/")
    large, *more = json.loads(json.dumps([small, *lines]).replace(small["id"], name))
    large["size"], large["workload"]["data"]["M"] = "M", small["workload"]["data"]["S"]
    info["plan"]["groups"].append(large)
    of_large = [line for line in more if name in json.dumps(line)]
    for line in of_large:
        if line["line"] == "group":
            line["data"]["X_train"]["shape"][0] *= 4
        for sample in line.get("samples", []):
            sample["fit_s"] *= GROWTH[sample["case"].rpartition("/")[2]]
    for line in lines:
        if line["line"] == "backend":
            line["peaks"] = [{"dtype": small["dtype"], "flops_per_s": 5e10, "bytes_per_s": 1e10}]
    (folder / "run.json").write_text(json.dumps(info))
    (folder / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines + of_large))
    grown = load(folder)
    page = folder.parent / "page.html"
    write_report([analyse(grown)], page, runs=[grown])
    return grown, page


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
