"""`import-benchmark` and the dashboards' formats of `export`, against the real pytest-benchmark."""

import json
import subprocess
import sys

import pytest

pytest.importorskip("pytest_benchmark")

TESTS = """
import time

def test_pause(benchmark):
    benchmark.pedantic(time.sleep, args=(0.001,), rounds=7)

def test_sum(benchmark):
    benchmark(sum, [1, 2, 3])
"""


def python(cli, *arguments):
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=cli.folder, env=cli.environment, capture_output=True, text=True, timeout=60)


def compared(cli, file):
    """Return what `pytest-benchmark compare` says of a file."""
    done = python(cli, "pytest_benchmark", "compare", file, "--group-by", "fullname")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def saved(cli):
    """A file as pytest-benchmark writes it, in the folder of the command line."""
    (cli.folder / "test_it.py").write_text(TESTS)
    done = python(cli, "pytest", "-q", "--benchmark-max-time", "0.02", "--benchmark-json", "bench.json")
    assert done.returncode == 0, done.stdout
    return json.loads((cli.folder / "bench.json").read_text())


def test_from_pytest_benchmark_and_back(cli, saved):
    done = cli("import-benchmark", "bench.json")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("2 benchmarks imported as results/")
    shown = " ".join(cli("show").out.split())
    assert "not side by side" in shown
    assert "test_it.py::test_pause" in shown
    report = cli("report", "-o", "page.html")
    assert (report.code, report.err) == (0, "")
    assert "Imported benchmarks" in (cli.folder / "page.html").read_text()
    back = cli("export", "--format", "pytest-benchmark", "-o", "back.json")
    assert (back.code, back.err) == (0, "")
    again = json.loads((cli.folder / "back.json").read_text())
    for ours, theirs in zip(again["benchmarks"], saved["benchmarks"], strict=True):
        assert ours["fullname"] == theirs["fullname"]
        assert ours["extra_info"] == {}
        known = {name: theirs["stats"][name] for name in ours["stats"] if name != "iterations"}
        assert {**ours["stats"], "iterations": 1} == {**known, "iterations": 1}
    assert "test_pause" in compared(cli, "back.json")
    twice = cli("import-benchmark", "bench.json")
    assert (twice.code, twice.err.count("\n")) == (2, 1)
    assert "was imported before" in twice.err


def test_two_imports_are_compared_without_a_verdict(cli, saved):
    saved["datetime"] = "2020-01-01T00:00:00+00:00"
    (cli.folder / "old.json").write_text(json.dumps(saved))
    assert cli("import-benchmark", "old.json", "--results", "kept").code == 0
    assert cli("import-benchmark", "bench.json", "--results", "kept").code == 0
    found = json.loads(cli("compare", "2020", "latest", "--results", "kept", "--format", "json").out)
    assert len(found["changes"]) == 2
    assert not any(change["paired"] for change in found["changes"])
    assert {change["verdict"] for change in found["changes"]} == {"none"}
    assert "not measured side by side" in found["warnings"][0]


def test_a_measured_run_for_dashboards(measured):
    cli, _ = measured
    done = cli("export", "--format", "pytest-benchmark", "-o", "run.json")
    assert (done.code, done.err) == (0, "")
    benchmarks = json.loads((cli.folder / "run.json").read_text())["benchmarks"]
    rows = {row["backend"]: row for row in json.loads(cli("export", "--format", "json").out)}
    assert {one["extra_info"]["backend"] for one in benchmarks} == {*rows}
    for one in benchmarks:
        row, extra = rows[one["extra_info"]["backend"]], one["extra_info"]
        assert (extra["quality"], extra["parity"], extra["verdict"]) == (row["quality"], row["parity"], row["verdict"])
        assert one["stats"]["min"] <= row["fit_s"] + row["predict_s"] <= one["stats"]["max"]
        assert one["stats"]["rounds"] == len(one["stats"]["data"]) > 4
    assert "linear_regression-diabetes/S/float64/C/slowed:5" in compared(cli, "run.json")
    entries = json.loads(cli("export", "--format", "github-action-benchmark").out)
    assert all({*entry} == {"name", "unit", "value", "range", "extra"} for entry in entries)
    assert [entry["value"] for entry in entries] == [1e3 * one["stats"]["median"] for one in benchmarks]
    assert all(entry["unit"] == "ms" and "parity: identical" in entry["extra"] for entry in entries)


def test_only_what_was_measured_as_asked_goes_to_dashboards(cli):
    """Unchanged code after patch_sklearn() gets stock's Lasso, for patching replaces it only as a preview."""
    pytest.importorskip("sklearnex")
    options = ("--workload", "lasso-diabetes", "--backend", "patched", "--backend", "faulty:raise", "--budget", "2s")
    cli("run", *options, "--processes", "1", "--no-report")
    done = cli("export", "--format", "github-action-benchmark")
    assert [entry["name"].rpartition("/")[2] for entry in json.loads(done.out)] == ["sklearn"]
    assert done.err == "2 of 3 cases are left out: they were not measured as asked\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import-benchmark"], "required: FILE"),
        (["import-benchmark", "none.json"], "cannot read 'none.json': no such file or directory"),
        (["import-benchmark", "."], "cannot read '.': is a directory"),
        (["import-benchmark", "bad.json"], "'bad.json' is not JSON"),
        (["export", "a", "b", "--format", "pytest-benchmark"], "--format pytest-benchmark takes one run"),
        (["export", "--format", "pytest-benchmrk"], "did you mean 'pytest-benchmark'?"),
    ],
)
def test_a_wrong_call_is_one_line(cli, arguments, message):
    (cli.folder / "bad.json").write_text("{'not': json}")
    done = cli(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err
    assert not (cli.folder / "results").exists()


def test_help_has_examples(cli):
    done = cli("import-benchmark", "--help")
    assert done.code == 0
    assert "python -m suite import-benchmark bench.json" in done.out
    assert max(map(len, done.out.split("examples:")[0].splitlines())) <= 80
