"""`run` and what reads its runs, for real."""

import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from backends.discovery import GROUP
from suite.cli.columns import COLUMNS
from suite.cli.export import harmless

QUICK = ("--workload", "linear_regression-diabetes", "--budget", "1s", "--processes", "1", "--no-report")

#: The contract: exactly these, in this order.
NAMES = re.split(
    r"\s+",
    "run machine workload algorithm task size rows features dtype backend device engine_fit engine_predict status"
    " reason verdict speedup speedup_low speedup_high speedup_end_to_end cold_s copy_in_s fit_s predict_s copy_out_s"
    " cpu_over_wall peak_host_bytes peak_device_bytes metric quality quality_reference parity samples disturbed"
    " stop_reason operation rows_per_s latency_p50_s latency_p99_s own_s workflow_s speedup_workflow"
    " speedup_workflow_low speedup_workflow_high host_joules device_joules verdict_end_to_end speedup_end_to_end_low"
    " speedup_end_to_end_high",
)


def test_a_run_ends_with_the_table_and_the_path_of_the_report(measured):
    cli, result = measured
    assert result.code == 0, result.err
    assert result.err == ""
    lines = result.out.splitlines()
    assert lines[0] == "note: sklearn is measured too: it is the reference (see --reference)"
    assert any(line.startswith("[1/1] linear_regression-diabetes/S/float64/C: slowed:5 ") for line in lines)
    assert any("slowed:5: geometric mean" in line for line in lines)
    assert lines[-1].startswith("reports/")
    assert (cli.folder / lines[-1]).read_text().startswith("<!DOCTYPE html>")
    table = lines[next(number for number, line in enumerate(lines) if line.startswith("Run ")) :]
    assert max(map(len, table)) <= 80
    assert "\x1b" not in result.out


def test_the_run_records_what_was_asked(measured):
    cli, _ = measured
    (folder,) = (cli.folder / "results").iterdir()
    info = json.loads((folder / "run.json").read_text())
    assert info["command"][:4] == ["python", "-m", "suite", "run"]
    assert info["plan"]["settings"]["seed"] == 4
    assert info["plan"]["settings"]["budget_s"] == 3
    assert [case["backend"] for case in info["plan"]["groups"][0]["cases"]] == ["sklearn", "slowed:5"]


def test_show_is_the_table_again(measured):
    cli, ran = measured
    shown = cli("show")
    assert shown.code == 0
    assert shown.out.splitlines()[0] in ran.out
    assert cli("show", "latest").out == cli("show", next((cli.folder / "results").iterdir())).out == shown.out


def test_show_as_json_is_the_whole_analysis(measured):
    cli, _ = measured
    analysis = json.loads(cli("show", "--json").out)
    assert [row["backend"] for row in analysis["rows"]] == ["sklearn", "slowed:5"]
    assert analysis["rows"][0]["verdict"] == "reference"


def test_another_reference_turns_the_comparison_round(measured):
    cli, _ = measured
    analysis = json.loads(cli("show", "--json", "--reference", "slowed:5").out)
    assert [row["backend"] for row in analysis["rows"] if row["verdict"] == "reference"] == ["slowed:5"]
    wrong = cli("show", "--reference", "slowed:3")
    assert wrong.code == 2
    assert "has no backend 'slowed:3'" in wrong.err


def test_list_runs_tells_of_it(measured):
    cli, _ = measured
    assert "sklearn slowed:5" in cli("list", "runs").out
    (entry,) = json.loads(cli("list", "runs", "--json").out)
    assert entry["groups"] == 1


def test_report_writes_a_page_where_it_is_told(measured):
    cli, _ = measured
    result = cli("report", "latest", "-o", "deep/page.html", "--title", "One <run>")
    assert (result.code, result.out) == (0, "deep/page.html\n")
    assert "One &lt;run&gt;" in (cli.folder / "deep/page.html").read_text()


def test_export_as_csv_has_one_row_a_case_and_the_stable_columns(measured):
    cli, _ = measured
    rows = list(csv.DictReader(io.StringIO(cli("export").out)))
    assert [*rows[0]] == NAMES
    assert [row["backend"] for row in rows] == ["sklearn", "slowed:5"]
    assert rows[0]["speedup"] == ""
    assert float(rows[1]["speedup_low"]) <= float(rows[1]["speedup"]) <= float(rows[1]["speedup_high"])
    assert rows[1]["status"] == "measured"
    assert rows[0]["rows"].isdecimal()


def test_export_as_json_keeps_numbers_and_nulls(measured):
    cli, _ = measured
    result = cli("export", "latest", "latest", "-o", "out.json")
    assert (result.code, result.out) == (0, "")
    rows = json.loads((cli.folder / "out.json").read_text())
    assert len(rows) == 2
    assert [*rows[0]] == NAMES
    assert rows[0]["speedup"] is None
    assert isinstance(rows[1]["fit_s"], float)


def test_export_as_parquet_keeps_the_types(measured):
    parquet = pytest.importorskip("pyarrow.parquet")
    cli, _ = measured
    assert cli("export", "-o", "out.parquet").code == 0
    table = parquet.read_table(cli.folder / "out.parquet")
    assert table.column_names == NAMES
    types = {str: "string", int: "int64", float: "double"}
    assert [str(field.type) for field in table.schema] == [types[column.kind] for column in COLUMNS]
    assert table.num_rows == 2


def test_export_where_nothing_can_be_written_is_one_line(measured):
    cli, _ = measured
    (cli.folder / "file").write_text("")
    result = cli("export", "-o", "file/out.csv")
    assert result.code == 2
    assert result.err.startswith("evenhand: error: cannot write 'file/out.csv'")
    assert result.err.count("\n") == 1


def test_columns_are_documented_by_the_command(cli):
    listed = [line.split()[0] for line in cli("export", "--columns").out.splitlines()[1:]]
    assert listed == NAMES == [column.name for column in COLUMNS]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\rx"])
def test_texts_that_a_spreadsheet_would_run_are_made_harmless(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["sklearn", "", -1.5, 3, None])
def test_other_cells_stay_as_they_are(value):
    assert harmless(value) == value


def test_a_run_as_json_is_nothing_but_json_on_stdout(cli):
    result = cli("run", *QUICK, "--backend", "sklearn", "--json")
    assert result.code == 0
    assert json.loads(result.out)["reference"] == "sklearn"
    assert "1 group to measure" in result.err


def test_what_was_asked_for_and_failed_is_exit_code_1(cli):
    result = cli("run", *QUICK, "--backend", "faulty:raise", "--results", "mine")
    assert result.code == 1
    assert "faulty:raise: failed: ValueError" in result.out
    assert (cli.folder / "mine").is_dir()
    assert not (cli.folder / "reports").exists()


BROKEN = """
from backends.sklearn import Sklearn

class Broken(Sklearn):
    name = "broken"
    title = "seems ready"

    def load(self, algorithms):
        raise ImportError("libengine.so: cannot open shared object file")
"""


def test_an_engine_that_does_not_load_and_that_nobody_asked_for_does_not_fail_the_run(cli):
    alone = replace(cli, environment=cli.environment | {"PYTHONPATH": str(install(cli.folder, "broken", BROKEN))})
    (cli.folder / "mine.toml").write_text(
        '[[workload]]\nname = "mine"\nalgorithm = "KernelRidge"\ndata = { bundled = "diabetes" }\n'
        'quality = { metric = "r2", tolerance = 0.01 }\n'
    )
    result = alone("run", "--workload-file", "mine.toml", "--budget", "1s", "--processes", "1", "--no-report")
    assert result.code == 0, result.err
    assert "broken unavailable: library fails to load: ImportError: libengine.so" in result.out


def test_nothing_measured_is_exit_code_3(cli):
    result = cli("run", *QUICK, "--backend", "faulty:load", "--reference", "faulty:load")
    assert result.code == 3
    assert result.err == "evenhand: nothing was measured: of 1 case, 1 unavailable\n"


def test_a_run_is_resumed_as_it_was_or_by_force_and_marked(cli):
    assert cli("run", *QUICK, "--backend", "sklearn").code == 0
    assert "0 groups, 0 cases" in cli("run", "--resume", "latest", "--dry-run").out
    again = cli("run", "--resume", "latest", "--no-report")
    assert again.code == 0, again.err
    assert "0 groups to measure, 1 measured before" in again.out
    head = next((cli.folder / "results").iterdir()) / "run.json"
    head.write_text(head.read_text().replace('"numpy": "', '"numpy": "0.'))
    refused = cli("run", "--resume", "latest", "--no-report")
    assert refused.code == 2
    assert "cannot be continued: numpy: 0." in refused.err
    assert "--force" in refused.err
    assert cli("run", "--resume", "latest", "--no-report", "--force").code == 0
    assert "numpy: 0." in json.loads(head.read_text())["forced"][0]


def test_dry_run_prints_the_plan_and_touches_nothing(cli):
    result = cli("run", "--dry-run", "--workload", "kmeans*", "--size", "S", "--size", "M", "--dtype", "float32")
    assert result.code == 0
    assert "kmeans/M/float32/C" in result.out
    assert "expected time: " in result.out.splitlines()[-1]
    assert "budget 17m" in result.out
    assert [*cli.folder.iterdir()] == []


def test_dry_run_as_json_is_the_plan(cli):
    result = cli("run", "--dry-run", "--json", "--backend", "sklearn", "--task", "embedding", "--threads", "1")
    plan = json.loads(result.out)
    assert plan["settings"]["threads"] == 1
    assert {group["workload"]["task"] for group in plan["groups"]} == {"embedding"}


ABSENT = """
from backends.protocol import Diagnosis, State
from backends.sklearn import Sklearn

class Absent(Sklearn):
    name = "absent"
    title = "not there"

    def diagnose(self):
        return Diagnosis(State.NOT_INSTALLED, "no module named absent", cure="pip install absent")
"""


def install(folder, name, code):
    """Install a third party's backend in a folder of this one, and return that."""
    plugin = folder / "plugin"
    installed = plugin / f"{name}_backend-1.0.dist-info"
    installed.mkdir(parents=True)
    (plugin / f"{name}_backend.py").write_text(code)
    (installed / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-backend\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}_backend:{name.capitalize()}\n")
    return plugin


def test_backends_that_are_not_ready_are_left_out_with_a_note_unless_asked_for(cli):
    plugin = install(cli.folder, "absent", ABSENT)
    asked = ("run", "--dry-run", "--json", "--workload", "kmeans")
    left_out = cli(*asked, PYTHONPATH=str(plugin))
    assert "note: absent is left out: not installed (to have it: pip install absent)" in left_out.err
    assert "absent" not in {case["backend"] for case in json.loads(left_out.out)["groups"][0]["cases"]}
    planned = cli(*asked, "--backend", "absent", PYTHONPATH=str(plugin))
    assert [case["backend"] for case in json.loads(planned.out)["groups"][0]["cases"]] == ["sklearn", "absent"]


def test_workloads_of_the_users_own_replace_the_catalogue(cli):
    (cli.folder / "mine.toml").write_text(
        """
        [[workload]]
        name = "mine"
        algorithm = "Ridge"
        data = { bundled = "diabetes" }
        quality = { metric = "r2", direction = "higher", tolerance = 0.01 }
        """
    )
    result = cli("run", "--dry-run", "--backend", "sklearn", "--workload-file", "mine.toml")
    assert result.code == 0, result.err
    assert "mine/S/float64/C" in result.out
    assert "1 group, 1 case," in result.out


OWN = """
[[workload]]
name = "own"
algorithm = "LogisticRegression"
data = {{ file = "{file}", target = "{target}" }}
quality = {{ metric = "accuracy", tolerance = 0.01 }}
"""


@pytest.mark.parametrize(
    ("rows", "target", "message"),
    [
        ("1,2,x", "lable", "d.csv has no column 'lable'; did you mean 'label'?"),
        ("1,,x", "label", "column 'b' has 1 missing value (the first in row 1); set missing = 'median' or 'drop'"),
    ],
)
def test_data_that_cannot_be_used_are_one_line_and_leave_no_run(cli, rows, target, message):
    (cli.folder / "d.csv").write_text("a,b,label\n" + f"{rows}\n" + "1,2,x\n3,4,y\n" * 10)
    (cli.folder / "own.toml").write_text(OWN.format(file="d.csv", target=target))
    result = cli("run", "--workload-file", "own.toml", "--backend", "sklearn")
    assert result.code == 2
    assert result.err.startswith("evenhand: error: ")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert [*(cli.folder / "results").iterdir()] == []


ELSEWHERE = """
[[workload]]
name = "elsewhere"
algorithm = "Ridge"
data = { bundled = "openml_regression", id = 4711 }
quality = { metric = "r2", tolerance = 0.01 }
"""
#: Nothing listens there.
NO_NETWORK = {"EVENHAND_OPENML": "http://127.0.0.1:1"}


def test_a_group_whose_data_cannot_be_had_is_unavailable_and_the_others_are_measured(cli):
    (cli.folder / "both.toml").write_text(
        ELSEWHERE
        + ELSEWHERE.replace("elsewhere", "here").replace("openml_regression", "diabetes").replace(", id = 4711", "")
    )
    command = ("run", "--workload-file", "both.toml", "--backend", "sklearn", "--budget", "1s", "--processes", "1")
    home = str(Path(cli.environment["EVENHAND_CACHE"]).parent)
    result = cli(*command, **NO_NETWORK, HOME=home)
    assert result.code == 1, result.err
    assert "no connection" in result.out
    rows = {row["workload"]: row for row in json.loads(cli("show", "--json").out)["rows"]}
    assert rows["here"]["status"] == "measured"
    assert rows["elsewhere"]["status"] == "unavailable"
    assert "cannot download" in rows["elsewhere"]["reason"]
    assert "put it at ~/" in rows["elsewhere"]["reason"]
    assert all(home not in file.read_text() for file in (cli.folder / "results").rglob("*.json*"))
    report = cli("report", "latest")
    assert report.code == 0, report.err
    assert "no connection" in (cli.folder / report.out.splitlines()[-1]).read_text()


def test_data_of_which_none_can_be_had_are_one_line_and_leave_no_run(cli):
    (cli.folder / "elsewhere.toml").write_text(ELSEWHERE)
    result = cli("run", "--workload-file", "elsewhere.toml", "--backend", "sklearn", **NO_NETWORK)
    assert result.code == 2
    assert result.err.startswith("evenhand: error: cannot download ")
    assert result.err.count("\n") == 1
    assert [*(cli.folder / "results").iterdir()] == []


def test_other_data_than_before_are_not_added_to_a_run(cli):
    (cli.folder / "d.csv").write_text("a,b,label\n" + "1,2,x\n3,4,y\n2,1,x\n" * 10)
    (cli.folder / "own.toml").write_text(OWN.format(file="d.csv", target="label"))
    command = ("run", "--workload-file", "own.toml", "--backend", "sklearn", "--no-report", "--processes", "1")
    assert cli(*command).code == 0
    records = next((cli.folder / "results").iterdir()) / "records.jsonl"
    kept = [line for line in records.read_text().splitlines() if '"line":"outcome"' not in line]
    records.write_text("\n".join([*kept, ""]))
    (cli.folder / "d.csv").write_text("a,b,label\n" + "1,2,x\n3,4,y\n2,2,x\n" * 10)
    refused = cli("run", "--resume", "latest", "--no-report")
    assert refused.code == 2
    assert "the data of own/S/float64/C are not those that were measured before (the file d.csv)" in refused.err
    assert records.read_text().splitlines() == kept


def test_names_are_kept_out_of_what_a_failing_engine_says(cli):
    home = Path(__file__).parents[3]
    result = cli("run", *QUICK, "--backend", "faulty:raise", HOME=str(home))
    assert result.code == 1
    records = (next((cli.folder / "results").iterdir()) / "records.jsonl").read_text()
    assert "the engine says no" in records
    assert "~/" in records
    assert f"{home}/" not in records


WRONG = {
    "seed too large": (["--seed", "4294967296"], "--seed: must be at most 4294966296, not 4294967296"),
    "unknown backend": (["--backend", "sklaern"], "unknown backend 'sklaern'; did you mean 'sklearn'?"),
    "backend that cannot be made": (
        ["--backend", "faulty:make"],
        "backend 'faulty' of evenhand-testing cannot be made: RuntimeError: this method is broken",
    ),
    "unknown reference": (["--reference", "sklaern"], "unknown backend 'sklaern'"),
    "unknown workload": (["--workload", "kmeens"], "no workload matches 'kmeens'; did you mean 'kmeans'?"),
    "size it has not": (["--workload", "pca-digits", "--size", "M"], "workload 'pca-digits' has size S, not M"),
    "nothing left": (
        ["--workload", "kmeans*", "--task", "regression"],
        "no workload among kmeans* is of task regression",
    ),
    "too many threads": (["--threads", "100000"], "--threads 100000: only"),
    "too much memory": (["--memory", "9999TiB"], "--memory 9999 TiB: this machine has"),
    "no such workload file": (["--workload-file", "none.toml"], "none.toml"),
    "force without resume": (["--force"], "--force is for --resume"),
    "output is a file": (["--workload", "pca-digits", "--results", "taken"], "cannot keep results in taken"),
    "reports is a file": (["--workload", "pca-digits"], "cannot keep results in reports"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_measured_is_one_line_before_anything_is(cli, arguments, message):
    (cli.folder / "taken").write_text("")
    (cli.folder / "reports").write_text("")
    result = cli("run", *arguments)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err


def test_options_from_a_file_reach_the_plan(cli):
    (cli.folder / "my.toml").write_text('workload = "pca-digits"\nbackend = ["sklearn"]\nthreads = 1\nbudget = "7m"\n')
    plan = json.loads(cli("run", "--config", "my.toml", "--budget", "5m", "--dry-run", "--json").out)
    assert plan["settings"]["threads"] == 1
    assert plan["settings"]["budget_s"] == 300
    assert [group["id"] for group in plan["groups"]] == ["pca-digits/S/float64/C"]


def test_an_error_of_ours_is_one_line_and_a_traceback_only_for_debugging(cli):
    broken = cli.folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text("import suite.nearest\nsuite.nearest.did_you_mean = None\n")
    plain = cli("runn", PYTHONPATH=str(broken))
    assert plain.code == 2
    assert plain.err.startswith("evenhand: internal error: TypeError")
    assert "report it" in plain.err
    assert plain.err.count("\n") == 1
    debugged = cli("runn", PYTHONPATH=str(broken), EVENHAND_DEBUG="1")
    assert "Traceback" in debugged.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_reader_that_has_seen_enough_is_no_error(cli):
    script = f"{sys.executable} -m suite list workloads --json | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=cli.folder, env=cli.environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    run = f"{sys.executable} -m suite run --workload pca-digits --workload ridge-diabetes --budget 2s --processes 1"
    script = f"{run} --backend sklearn | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=cli.folder, env=cli.environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    (entry,) = (cli.folder / "results").iterdir()
    assert (cli.folder / "reports" / f"{entry.name}.html").is_file()
    assert {row["status"] for row in json.loads(cli("show", "--json").out)["rows"]} == {"measured"}
