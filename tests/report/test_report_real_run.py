"""The page of a real run, made by the real command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from page_reader import assert_harmless, read_page

from suite.analyse import analyse
from suite.records.store import load


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    options = ["--workload", "ridge-diabetes", "--workload", "kmeans-digits", "--budget", "4s", "--processes", "1"]
    command = [sys.executable, "-m", "suite", "run", *options, "--results", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    return Path(ended.stdout.splitlines()[-1])


def test_page_of_a_real_run_shows_its_figures(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    assert_harmless(html)
    shown = read_page(html)
    [run] = {path.parent for path in page.parents[0].rglob("records.jsonl")}
    loaded = load(run)
    analysis = analyse(loaded)
    assert analysis.info.id in shown.text
    assert analysis.info.machine.cpu in shown.text
    for spec, line in loaded.backends.items():
        assert (f"Vector instructions chosen by {spec}" in shown.text) == bool(line.simd)
    for row in analysis.rows:
        times = [row.cold_s, row.fit_s, row.predict_s, row.quality, row.samples]
        times += [ratio.estimate for ratio in (row.speedup, row.end_to_end) if ratio]
        assert {str(figure) for figure in times if figure is not None} <= set(shown.figures)
        assert row.absent or row.parity.value in shown.figures


def test_command_of_a_real_run_can_be_given_again(page: Path) -> None:
    text = read_page(page.read_text(encoding="utf-8")).text
    assert "suite run --workload ridge-diabetes --workload kmeans-digits --budget 4s" in text
