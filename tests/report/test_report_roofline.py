"""The roofline: how high it is, what is under it, and what is said where it was not measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from page_reader import read_page

from suite.analyse import analyse
from suite.records.run import Run
from suite.records.schema import Peak
from suite.report.html import write_report
from suite.report.roofline import rates, roofs


def peak(flops_per_s: float, bytes_per_s: float) -> Peak:
    return Peak(dtype="float64", flops_per_s=flops_per_s, bytes_per_s=bytes_per_s)


def reached(run: Run, **peaks: Peak) -> Run:
    """Return the run as if these had been measured."""
    lines = {
        name: structs.replace(line, peaks=[peaks[name]] if name in peaks else []) for name, line in run.backends.items()
    }
    return replace(run, backends=lines)


def test_a_roof_is_the_most_that_any_backend_reached_on_the_device(run: Run) -> None:
    found = roofs(reached(run, sklearn=peak(5e10, 1e10), onedal=peak(4e10, 2e10)))
    assert found == {("CPU", "float64"): peak(5e10, 2e10)}
    assert roofs(reached(run)) == roofs(None) == {}


@pytest.mark.parametrize(("roof", "bound"), [(peak(1e12, 1e6), "bytes"), (peak(1e6, 1e12), "flops")])
def test_the_share_is_of_the_lower_of_both_roofs(run: Run, roof: Peak, bound: str) -> None:
    analysis = analyse(run)
    known = rates(analysis, dict.fromkeys((row.group for row in analysis.rows), 110), roofs(reached(run, sklearn=roof)))
    rows = {row.case: row for row in analysis.rows if row.case in known}
    assert {(row.workload, row.backend) for row in rows.values()} >= {("ridge-diabetes", "sklearn")}
    for case, row in rows.items():
        assert row.fit_s
        a_second = row.rows * row.features * 8 / row.fit_s
        operations = row.rows * row.features**2 + row.features**3 / 3
        expected = a_second / 1e6 if bound == "bytes" else operations / row.fit_s / 1e6
        assert known[case].share == pytest.approx(expected)


def test_the_page_says_how_high_the_roof_is_or_that_there_is_none(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_report([analyse(run)], path, runs=[reached(run, sklearn=peak(5e10, 1e10))])
    text = read_page(path.read_text(encoding="utf-8")).text
    assert "CPU, float64: 50 GFLOP/s, 10 GB/s" in text
    assert "Fit, share of the roof" in text
    write_report([analyse(run)], path, runs=[reached(run)])
    text = read_page(path.read_text(encoding="utf-8")).text
    assert "the chart has no roof" in text
    assert "share of the roof" not in text
