"""The page of a real run in a real browser, and its figures recomputed from the records in it."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser

from suite.analyse import analyse
from suite.records.store import load
from suite.report.draw import can_draw
from suite.report.embed import script
from suite.report.html import write_report

SPANS = {"resident": "speedup", "end_to_end": "end_to_end"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    workloads = ["--workload", "ridge-diabetes", "--workload", "kmeans-digits", "--workload", "knn_classifier-*"]
    options = [*workloads, "--budget", "4s", "--no-report", "--output", str(folder)]
    command = [sys.executable, "-m", "suite", "run", *options]
    subprocess.run(command, capture_output=True, timeout=300, check=False)
    [records] = folder.rglob("records.jsonl")
    return records.parent


@pytest.fixture(scope="module")
def page(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    loaded = load(run)
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_report([analyse(loaded)], path, runs=[loaded])
    return path


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    tab = Browser(tmp_path)
    yield tab
    tab.close()


def test_snippet_recomputes_every_figure(run: Path, page: Path, tmp_path: Path) -> None:
    snippet = tmp_path / "recompute.py"
    snippet.write_text(script("recompute.txt"))
    ended = subprocess.run([sys.executable, snippet, page], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    found = {row["case"]: row for row in csv.DictReader(io.StringIO(ended.stdout))}
    rows = [row for row in analyse(load(run)).rows if row.samples]
    assert {row.case for row in rows} == {*found}
    compared = 0
    for row in rows:
        own = found[row.case]
        for name in ("samples", "disturbed", "processes", "peak_host_bytes", "quality", "cpu_over_wall", "fit_s"):
            assert float(own[name]) == pytest.approx(getattr(row, name), rel=1e-12)
        for span, name in SPANS.items():
            ratio = getattr(row, name)
            if ratio is not None:
                shown = [float(own[f"{span}{end}"]) for end in ("", "_low", "_high")]
                assert shown == pytest.approx([ratio.estimate, ratio.low, ratio.high], rel=1e-9)
                compared += 1
    assert compared


def test_page_draws_and_asks_nothing_of_the_network(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.errors == []
    assert {address for address in browser.requests if not address.startswith("data:")} <= {
        page.resolve().as_uri()[:100],
        "about:blank",
    }
    assert browser.value("document.querySelectorAll('.dt-container').length") == 8
    if can_draw():
        boxes = browser.value(
            "[...document.querySelectorAll('svg.chart')].map(one => one.getBoundingClientRect().height)"
        )
        assert boxes
        assert min(boxes) > 40


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.scheme(scheme)
    browser.resize(width)
    browser.open(page)
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_filters_work_together_and_the_link_restores_them(browser: Browser, page: Path) -> None:
    browser.open(page)
    everything = browser.value("document.querySelector('output').textContent")
    browser.choose("backend", "sklearn")
    browser.choose("q", "kmeans")
    browser.choose("span", "end-to-end")
    shown = browser.value("document.querySelector('output').textContent")
    assert shown.startswith("1 of ")
    assert shown != everything
    fragment = browser.value("location.hash")
    for part in ("backend=sklearn", "q=kmeans", "span=end-to-end"):
        assert part in fragment
    browser.open(page, fragment)
    assert browser.value("document.querySelector('output').textContent") == shown
    assert browser.value("document.querySelector('.span-resident').hidden") is True
    browser.value("document.querySelector('#run-1-quality').scrollIntoView()")
    until = time.monotonic() + 10
    count = "document.querySelectorAll('#run-1-quality tbody tr[data-cases]').length"
    while browser.value(count) != 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert browser.value(count) == 1


def test_download_holds_the_shown_rows(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page)
    browser.choose("q", "ridge")
    browser.value("document.querySelector('#run-1-phases').scrollIntoView()")
    time.sleep(0.3)
    browser.value("document.querySelector('#run-1-phases .save').click()")
    until = time.monotonic() + 10
    while not (files := [*tmp_path.glob("*.csv")]) and time.monotonic() < until:
        time.sleep(0.05)
    [lines] = [[*csv.reader(file.read_text().splitlines())] for file in files]
    assert len(lines) > 1
    assert all(line[0].startswith("ridge") for line in lines[1:])


def test_a_click_leads_to_the_case(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.value("document.querySelector('#run-1-heat-map .to-case a').click()")
    assert browser.value("document.getElementById('case').open") is True
    assert "case=" in browser.value("location.hash")
    assert len(browser.value("document.getElementById('case').textContent")) > 200
