"""The figures of pages recomputed from the records in them, by the scripts that the pages themselves show."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from reference_runs import ALL_ENGINES, FIVE_SIZES, REFERENCE, reference_run

from suite.analyse import analyse
from suite.analyse.rows import Analysis, Verdict
from suite.analyse.scaling import scalings
from suite.records.run import Run
from suite.records.store import load
from suite.report.assemble import SCRIPTS, with_baseline
from suite.report.charts import backend_names, profile_seconds
from suite.report.embed import script
from suite.report.html import render_report, write_report
from suite.report.overview import summary_section
from suite.report.throughput import throughput_section
from suite.stats.breakeven import Kind
from suite.stats.means import performance_profile

#: Another baseline than the reference run's own.
BASELINE = "onedal"
LISTING = re.compile(r'<details class="listing" data-file="(.*?)">.*?<code>(.*?)</code>', re.DOTALL)
SPANS = {
    "resident": "speedup", "end_to_end": "end_to_end", "fit": "fit", "predict": "predict", "workflow": "workflow",
}  # fmt: skip
#: By script: the file for the table that it prints.
TABLES = {
    "recompute": "cases.csv", "speedups": "speedups.csv", "parity": "parity.csv", "verdicts": "verdicts.csv",
}  # fmt: skip
#: Columns of the script that are a field of a row.
FIELDS = (
    "samples", "disturbed", "processes", "peak_host_bytes", "quality", "cpu_over_wall", "import_s", "cold_s",
    "copy_in_s", "fit_s", "predict_s", "copy_out_s", "latency_p50_s", "latency_p99_s", "own_s", "host_joules",
    "device_joules",
)  # fmt: skip


def print_tables(page: Path, folder: Path, names: Sequence[str] = (*TABLES,), more: Sequence[str] = ()) -> None:
    """Save in the folder what the scripts that print tables say of the page."""
    for name in names:
        (folder / TABLES[name]).write_text(output_of(name, page, folder, *more))


def output_of(name: str, page: Path, folder: Path, *more: str) -> str:
    """Return what a script of the page prints about it, in a folder with what the scripts before it printed."""
    for file, code in LISTING.findall(page.read_text()):
        if file in ("records.py", f"{name}.py"):
            (folder / file).write_text(html.unescape(code))
    snippet = folder / f"{name}.py"
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(folder), redirect_stdout(printed):
        patch.setattr(sys, "argv", [str(snippet), str(page), *more])
        patch.syspath_prepend(folder)
        patch.delitem(sys.modules, "records", raising=False)
        runpy.run_path(str(snippet), run_name="__main__")
    return printed.getvalue()


@dataclass(frozen=True)
class Shown:
    """A page, what it shows, and the folder with the tables that its scripts print."""

    run: Run
    page: Path
    analysis: Analysis
    printed: Path


@pytest.fixture(scope="session", params=["now", "reference", "with a baseline", "five sizes"])
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Return the run of now, those that lie in the repository, and one of these over another baseline."""
    folder = tmp_path_factory.mktemp("printed")
    if request.param == "now":
        run, page = request.getfixturevalue("run"), request.getfixturevalue("run_page")
        analysis = analyse(run)
    else:
        run = reference_run(FIVE_SIZES if request.param == "five sizes" else ALL_ENGINES)
        page = folder / "page.html"
        analysis = analyse(run, BASELINE if request.param == "with a baseline" else None)
        write_report([analysis], page, runs=[run])
    print_tables(page, folder)
    return Shown(run, page, analysis, folder)


def rows_of(file: Path) -> dict[str, dict[str, str]]:
    """Return a table that a script has printed, by case."""
    return {row["case"]: row for row in csv.DictReader(io.StringIO(file.read_text()))}


def recomputed(analysis: Analysis, run: Run, printed: Path) -> set[str]:
    """Compare all that scripts find of single cases with what is shown, and return which figures nothing shows."""
    cases, speedups = rows_of(printed / "cases.csv"), rows_of(printed / "speedups.csv")
    assert {*cases} == {*speedups}
    found = {case: row | speedups[case] for case, row in cases.items()}
    assert {row["over"] for row in speedups.values()} == {analysis.reference}
    rows = [row for row in analysis.rows if row.samples]
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


def test_snippet_recomputes_every_figure(shown: Shown) -> None:
    rebased = shown.analysis.reference != shown.run.info.plan.reference
    assert ("with their intervals, over onedal</summary>" in shown.page.read_text()) == rebased
    absent = recomputed(shown.analysis, shown.run, shown.printed)
    # No workflow was measured, inference only in the run of now, and energy not on every machine.
    absent -= {"latency_p50_s", "latency_p99_s", "rows_per_s", "host_joules", "device_joules"}
    assert absent == {"own_s", "workflow"}


def test_snippet_recomputes_parity_verdicts_and_means(shown: Shown) -> None:
    run, page, analysis, printed = shown.run, shown.page, shown.analysis, shown.printed
    found = rows_of(printed / "verdicts.csv")
    assert [row.case for row in analysis.rows] == [*found]
    claims = 0
    for row in analysis.rows:
        own = found[row.case]
        assert own["parity"] == row.parity.value, row.case
        assert (own["verdict"] or None) == (row.verdict.value if row.speedup else None), row.case
        assert (own["verdict_end_to_end"] or None) == (row.verdict_end_to_end.value if row.end_to_end else None)
        if row.speedup:
            assert np.exp(float(own["log_verdict"])) == pytest.approx(row.speedup.estimate, rel=1e-9)
            claims += row.verdict in (Verdict.FASTER, Verdict.SLOWER)
    assert claims or run.path.parent != REFERENCE  # noise may leave the run of now without any
    lines = [line.split(",") for line in output_of("means", page, printed).splitlines()]
    assert {line[0] for line in lines} == {f"mean over {analysis.reference} of"}
    means = {(backend, task): figures for _, backend, task, *figures in lines}
    tables = [one for one in summary_section(analysis, draw=False, part_id="run-0").tables if one.rows]
    cells = [[cell.value if cell.value is not None else cell.text for cell in row] for row in tables[0].rows]
    stated = {(row[0], row[1]): [row[2], *row[5:]] for row in cells if isinstance(row[2], float)}
    assert {*means} == {*stated}
    for name, (estimate, low, high, *counts) in means.items():
        assert [float(one) for one in (estimate, *counts)] == pytest.approx(stated[name])
        assert float(low) < float(estimate) < float(high)
    for mean in analysis.means:
        if mean.speedup:
            ends = [float(one) for one in means[mean.backend, "all tasks"][1:3]]
            assert ends == pytest.approx([mean.speedup.low, mean.speedup.high])


def test_snippet_recomputes_the_profile_and_rates(shown: Shown) -> None:
    run, analysis = shown.run, shown.analysis
    lines = [line.split(",") for line in output_of("rates", shown.page, shown.printed).splitlines()]
    names = backend_names(analysis)
    profile = performance_profile(profile_seconds(analysis, names))
    found = {(name, float(factor)): float(share) for kind, name, factor, share, *_ in lines if kind == "profile"}
    for column, name in enumerate(names):
        own = [found.get((name, factor), 0.0) for factor in profile.factors]
        assert own == pytest.approx(list(profile.shares[:, column]))
    stated = {
        row[0].case: row for row in throughput_section(analysis, run, {}, {}, draw=False, part_id="").tables[0].rows
    }
    rates = {case: rest for kind, case, *rest in lines if kind == "rate"}
    assert {*rates} == {case for case, row in stated.items() if row[4].value}
    known = 0
    for case, (bytes_per_s, flops_per_s, _) in rates.items():
        assert float(bytes_per_s) == pytest.approx(stated[case][4].value)
        if stated[case][5].value is None:
            assert flops_per_s == "None"
        else:
            assert float(flops_per_s) / 1e9 == pytest.approx(stated[case][5].value)
            known += 1
    assert known


def test_snippet_recomputes_break_even_sizes_and_shares_of_the_roof(scaled: tuple[Run, Path], tmp_path: Path) -> None:
    run, page = scaled
    analysis = analyse(run)
    print_tables(page, tmp_path)
    printed = [line.split(",") for line in output_of("breakeven", page, tmp_path).splitlines()]
    growths = scalings(analysis, run)
    assert {one.workload for one in growths} == {"kmeans", "logistic_regression", "pca", "ridge"}
    found = {(line[1], line[5], line[6]): line[7:] for line in printed}
    stated = {
        (growth.workload, curve.backend, span): one
        for growth in growths
        for curve in growth.curves
        for span, one in (("resident", curve.resident), ("end_to_end", curve.end_to_end))
        if one
    }
    assert {*found} == {*stated}
    for key, one in stated.items():
        kind, rows, low, high = found[key]
        assert kind == one.kind.value
        assert (rows == "None") == (one.rows is None)
        assert [float(rows) if one.rows else None, float(low), float(high)] == pytest.approx(
            [one.rows, one.low, one.high]
        )
    cases = rows_of(tmp_path / "speedups.csv")
    assert {Kind.WITHIN, Kind.BELOW, Kind.NEVER, Kind.BETWEEN} <= {one.kind for one in stated.values()}
    for point in (point for growth in growths for curve in growth.curves for point in curve.points):
        own = cases[point.row.case]
        assert float(own["pass_s"]) == pytest.approx(point.seconds)
        assert [float(own["pass_s_low"]), float(own["pass_s_high"])] == pytest.approx(
            [point.low or 0.0, point.high or np.inf]
        )
    shown = throughput_section(analysis, run, {}, {}, draw=False, part_id="").tables[0].rows
    shares = {row[0].case: row[6].value for row in shown if row[6].value is not None}
    assert len(shares) >= 6
    rates = [line.split(",") for line in output_of("rates", page, tmp_path).splitlines()]
    found_shares = {line[1]: float(line[4]) for line in rates if line[0] == "rate" and line[4] != "None"}
    assert found_shares == pytest.approx(shares)


def test_scripts_read_the_folder_of_a_run_too(run: Run, run_page: Path, tmp_path: Path) -> None:
    """As they must where records are too large to embed; here as a reader starts them."""
    print_tables(run_page, tmp_path)
    for name in ("recompute", "rates"):
        wanted = output_of(name, run_page, tmp_path)
        command = [sys.executable, tmp_path / f"{name}.py", run.path]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == wanted


def test_snippet_recomputes_the_times_of_imported_benchmarks(imported: tuple[Run, Path], tmp_path: Path) -> None:
    run, page = imported
    assert [file for file, _ in LISTING.findall(page.read_text())] == ["records.py", "recompute.py"]
    print_tables(page, tmp_path, ("recompute",))
    found = rows_of(tmp_path / "cases.csv")
    assert {row.case: (row.fit_s, row.samples) for row in analyse(run).rows} == {
        case: (float(row["fit_s"]), float(row["samples"])) for case, row in found.items()
    }


def test_snippets_have_empty_tables_of_a_run_without_samples(tmp_path: Path) -> None:
    folder = tmp_path / ALL_ENGINES
    shutil.copytree(REFERENCE / ALL_ENGINES, folder)
    (folder / "records.jsonl").write_bytes(b"")
    run, page = load(folder), tmp_path / "page.html"
    write_report([analyse(run)], page, runs=[run])
    print_tables(page, tmp_path)
    assert [rows_of(tmp_path / TABLES[name]) for name in ("recompute", "speedups")] == [{}, {}]
    assert {row["verdict"] for row in rows_of(tmp_path / "verdicts.csv").values()} == {""}
    for name in ("means", "breakeven", "rates"):
        assert output_of(name, page, tmp_path).strip() == ""


@pytest.mark.parametrize("name", ["speedups", "parity"])
def test_a_baseline_that_no_run_has_is_one_line(name: str, run_page: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^no run in .*page\.html has the backend 'nosuch'$"):
        output_of(name, run_page, tmp_path, "nosuch")


def test_scripts_are_short() -> None:
    for name in SCRIPTS:
        lines = script(f"{name}.txt").splitlines()
        assert len(lines) <= 30, name
        assert max(map(len, lines)) <= 120, name


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
    print_tables(page, tmp_path, ("recompute", "speedups"))
    assert not {"host_joules", "device_joules"} & recomputed(analyse(powered), powered, tmp_path)


def test_what_the_switch_of_baselines_shows_is_recomputed_by_its_name(run: Run, run_page: Path, tmp_path: Path) -> None:
    """As the page says: the name after the page's, in the scripts that are over a baseline."""
    assert "python speedups.py report.html onedal" in html.unescape(run_page.read_text())
    over = analyse(run, "onedal")
    print_tables(run_page, tmp_path, ("recompute",))
    print_tables(run_page, tmp_path, ("speedups", "parity"), ["onedal"])
    print_tables(run_page, tmp_path, ("verdicts",))
    assert "workflow" in recomputed(over, run, tmp_path)
    verdicts = rows_of(tmp_path / "verdicts.csv")
    assert {row.case: row.verdict.value for row in over.rows if row.speedup} == {
        case: row["verdict"] for case, row in verdicts.items() if row["verdict"]
    }
    for line in output_of("means", run_page, tmp_path).splitlines():
        assert line.startswith("mean over onedal of,")


def test_a_page_without_a_switch_does_not_speak_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.report.baselines.MOST_ANALYSED", 0)
    assert "report.html onedal" not in render_report([analyse(run)], runs=[run])


@pytest.mark.parametrize("name", ["it's", '"; import os; "', "x\ny\\", "é\u202e"])
def test_no_name_of_a_baseline_is_more_than_a_string_in_a_script(name: str) -> None:
    code = with_baseline(script("records.txt"), name)
    [line] = [line for line in code.splitlines() if line.startswith("BASELINE")]
    assert eval(line.partition("else ")[2]) == name
    assert with_baseline(script("records.txt"), None) == script("records.txt")
