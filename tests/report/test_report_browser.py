"""The page of a real run in a real browser, and its figures recomputed from the records in it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from browser import Browser

from suite.analyse import analyse
from suite.analyse.rows import Verdict
from suite.records.run import Run
from suite.records.store import load
from suite.report.draw import can_draw
from suite.report.embed import script
from suite.report.html import write_report

REFERENCE = Path(__file__).parents[2] / "results" / "reference"
SPANS = {
    "resident": "speedup", "end_to_end": "end_to_end", "fit": "fit", "predict": "predict", "workflow": "workflow",
}  # fmt: skip
#: Columns of the script that are a field of a row.
FIELDS = (
    "samples", "disturbed", "processes", "peak_host_bytes", "quality", "cpu_over_wall", "import_s", "cold_s",
    "copy_in_s", "fit_s", "predict_s", "copy_out_s", "latency_p50_s", "latency_p99_s", "own_s", "host_joules",
    "device_joules",
)  # fmt: skip


def recomputed(run: Run, run_page: Path, tmp_path: Path) -> set[str]:
    """Compare all that the snippet finds with what is shown, and return which figures nothing shows."""
    snippet = tmp_path / "recompute.py"
    snippet.write_text(script("recompute.txt"))
    ended = subprocess.run([sys.executable, snippet, run_page], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    found = {row["case"]: row for row in csv.DictReader(io.StringIO(ended.stdout))}
    rows = [row for row in analyse(run).rows if row.samples]
    assert {row.case for row in rows} == {*found}
    compared = dict.fromkeys((*FIELDS, *SPANS, "fit_rows_per_s", "rows_per_s"), 0)

    def compare(name: str, own: str, shown: float | None, rel: float = 1e-12) -> None:
        if shown is not None:
            assert float(own) == pytest.approx(shown, rel=rel), name
            compared[name] += 1

    trained = {record.group.id: record.started.data["X_train"].shape[0] for record in run.groups if record.started}
    for row in rows:
        own = found[row.case]
        for name in FIELDS:
            compare(name, own[name], getattr(row, name))
        compare("fit_rows_per_s", own["fit_rows_per_s"], trained[row.group] / row.fit_s if row.fit_s else None)
        compare("rows_per_s", own["predict_rows_per_s"], row.rows_per_s)
        for span, name in SPANS.items():
            ratio = getattr(row, name)
            if ratio is not None:
                for end, value in (("", ratio.estimate), ("_low", ratio.low), ("_high", ratio.high)):
                    compare(span, own[f"{span}{end}"], value, rel=1e-9)
    return {name for name, count in compared.items() if not count}


def test_snippet_recomputes_every_figure(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    absent = recomputed(*recorded, tmp_path)
    # No workflow was measured, inference only in the run of now, and energy not on every machine.
    absent -= {"latency_p50_s", "latency_p99_s", "rows_per_s", "host_joules", "device_joules"}
    assert absent == {"own_s", "workflow"}


def test_snippet_recomputes_parity_verdicts_and_means(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    run, page = recorded
    snippet = tmp_path / "verdicts.py"
    snippet.write_text(script("verdicts.txt"))
    ended = subprocess.run([sys.executable, snippet, page], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    table, _, rest = ended.stdout.partition("mean of,")
    found = {row["case"]: row for row in csv.DictReader(io.StringIO(table))}
    analysis = analyse(run)
    assert [row.case for row in analysis.rows] == [*found]
    claims = 0
    for row in analysis.rows:
        own = found[row.case]
        assert own["parity"] == row.parity.value, row.case
        assert (own["verdict"] or None) == (row.verdict.value if row.speedup else None), row.case
        if row.speedup:
            assert np.exp(float(own["log"])) == pytest.approx(row.speedup.estimate, rel=1e-9)
            claims += row.verdict in (Verdict.FASTER, Verdict.SLOWER)
    assert claims or run.path.parent != REFERENCE  # noise may leave the run of now without any
    means = {line.split(",")[0]: [float(one) for one in line.split(",")[1:]] for line in rest.split("\nmean of,")}
    shown = [mean for mean in analysis.means if mean.speedup]
    assert {*means} == {mean.backend for mean in shown}
    for mean in shown:
        ratio = [mean.speedup.estimate, mean.speedup.low, mean.speedup.high] if mean.speedup else []
        assert means[mean.backend] == pytest.approx([*ratio, mean.faster, mean.slower, mean.same, mean.ambiguous])


def test_snippet_recomputes_energy(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / run.info.id
    shutil.copytree(run.path, folder)
    lines = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    for number, sample in enumerate(one for line in lines if line["line"] == "round" for one in line["samples"]):
        sample["host_watts"] = 40.0 + number % 7
        if sample["case"].endswith("onedal"):
            sample["device_watts"] = 100.0 - number % 5
    (folder / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    powered = load(folder)
    page = tmp_path / "page.html"
    write_report([analyse(powered)], page, runs=[powered])
    assert not {"host_joules", "device_joules"} & recomputed(powered, page, tmp_path)


def test_page_draws_and_asks_nothing_of_the_network(browser: Browser, recorded: tuple[Run, Path]) -> None:
    browser.open(recorded[1])
    assert browser.errors == []
    assert {address for address in browser.requests if not address.startswith("data:")} <= {
        recorded[1].resolve().as_uri()[:100],
        "about:blank",
    }
    assert browser.value("document.querySelectorAll('.dt-container').length") == browser.value(
        "document.querySelectorAll('table.cases').length"
    )
    if can_draw():
        boxes = browser.value(
            "[...document.querySelectorAll('svg.chart')].map(one => one.getBoundingClientRect().height)"
        )
        assert boxes
        assert min(boxes) > 40


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser: Browser, recorded: tuple[Run, Path], width: int, scheme: str) -> None:
    browser.scheme(scheme)
    browser.resize(width)
    browser.open(recorded[1])
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_filters_work_together_and_the_link_restores_them(browser: Browser, recorded: tuple[Run, Path]) -> None:
    browser.open(recorded[1])
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
    browser.open(recorded[1], fragment)
    assert browser.value("document.querySelector('output').textContent") == shown
    assert browser.value("document.querySelector('.span-resident').hidden") is True
    browser.value("document.querySelector('#run-1-quality').scrollIntoView()")
    until = time.monotonic() + 10
    count = "document.querySelectorAll('#run-1-quality tbody tr[data-cases]').length"
    while browser.value(count) != 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert browser.value(count) == 1


def test_download_holds_the_shown_rows(browser: Browser, recorded: tuple[Run, Path], tmp_path: Path) -> None:
    browser.open(recorded[1])
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


def test_a_click_leads_to_the_case(browser: Browser, recorded: tuple[Run, Path]) -> None:
    browser.open(recorded[1])
    browser.value("document.querySelector('#run-1-heat-map a.to-case').click()")
    assert browser.value("document.getElementById('case').open") is True
    assert "case=" in browser.value("location.hash")
    assert len(browser.value("document.getElementById('case').textContent")) > 200
