"""Suites, cases too large for the memory, and divisions, through the real command line on real engines."""

import csv
import io
import json
import re
from math import inf
from pathlib import Path

import pytest
from command_line import make_cli

from suite.cli.options import RunOptions
from suite.cli.selection import plan_run
from suite.records.machine import describe_machine
from suite.units import parse_duration
from suite.workloads import catalogue, everything
from suite.workloads.entry import Size
from suite.workloads.suites import Narrowing, choose, find_suite, names

SUITE = """
about = "two small regressions"
source = "a paper"
budget = "2s"

[[entry]]
workload = "tiny"
shapes = [
    {{ n_train = 400, n_features = 12, published = {{ speedup = 7.5, of = "training", backend = "other" }} }},
    {{ n_train = 800 }},
]

[[workload]]
name = "tiny"
algorithm = "{algorithm}"
data = {{ generator = "regression", n_train = 400, n_test = 50, n_features = 15 }}
quality = {{ metric = "r2", tolerance = 0.01 }}
"""

LARGE = SUITE.replace("n_train = 800", "n_train = 60_000")
QUICK = ("--processes", "1", "--no-report")


def write(cli, text=SUITE, algorithm="Ridge"):
    (cli.folder / "mine.toml").write_text(text.format(algorithm=algorithm))


def records(cli):
    (run,) = (cli.folder / "results").iterdir()
    lines = [json.loads(line) for line in (run / "records.jsonl").read_text().splitlines()]
    return json.loads((run / "run.json").read_text()), lines


def test_the_suites_are_listed(cli):
    listed = cli("list", "suites").out
    for name in ("quick", "core", "full", "inference", "scaling", "published-cuml", "published-onedal"):
        assert f"\n{name} " in listed
    (quick,) = [suite for suite in json.loads(cli("list", "suites", "--json").out) if suite["name"] == "quick"]
    assert quick["file"].endswith("suites/quick.toml")


def test_a_plain_run_is_the_quick_suite(cli):
    plan = json.loads(cli("run", "--dry-run", "--json", "--backend", "sklearn").out)
    assert plan["suite"] == "quick"
    assert plan["settings"]["budget_s"] == 120
    named = json.loads(cli("run", "--dry-run", "--json", "--backend", "sklearn", "--suite", "quick").out)
    assert [group["id"] for group in named["groups"]] == [group["id"] for group in plan["groups"]]
    whole = json.loads(cli("run", "--dry-run", "--json", "--backend", "sklearn", "--task", "regression").out)
    assert whole["suite"] == ""


def test_options_narrow_a_suite_and_win_over_its_limits(cli):
    options = ("--suite", "scaling", "--workload", "ridge", "--size", "S", "--budget", "9m", "--dtype", "float64")
    plan = json.loads(cli("run", "--dry-run", "--json", "--backend", "sklearn", *options).out)
    assert {group["workload"]["algorithm"] for group in plan["groups"]} == {"Ridge"}
    assert {(group["size"], group["dtype"]) for group in plan["groups"]} == {("S", "float64")}
    assert plan["settings"]["budget_s"] == 540
    assert plan["groups"][0]["id"].startswith("ridge/1000x")


def test_the_plan_tells_time_and_memory_of_each_group(cli):
    write(cli)
    lines = cli("run", "--dry-run", "--suite", "mine.toml", "--backend", "sklearn").out.splitlines()
    assert lines[0].split() == ["GROUP", "ROWS", "COLUMNS", "MEMORY", "EXPECTED", "BACKENDS"]
    name, rows, columns, memory, unit, *_ = lines[1].split()
    assert (name, rows, columns, unit) == ("tiny/400x12/float64/C", "400", "12", "MiB")
    assert 150 <= int(memory) < 250
    assert any(line.startswith("suite mine, ") for line in lines)


def test_what_an_engine_has_not_stands_apart_in_the_plan_and_takes_no_time(cli):
    pytest.importorskip("lightgbm")
    options = ("run", "--dry-run", "--workload", "ridge,kmeans,hist_gradient_boosting_regressor")
    asked = ("--backend", "sklearn", "--backend", "lightgbm")
    lines = cli(*options, *asked).out.splitlines()
    ends = {line.split("/")[0]: line for line in lines if "/float64/" in line}
    assert ends["ridge"].endswith("  sklearn; not offered: lightgbm")
    assert ends["hist_gradient_boosting_regressor"].endswith("  sklearn lightgbm")
    assert "3 groups, 6 cases, 2 of them not offered, " in lines[-1]
    plan, alone = (json.loads(cli(*options, "--json", *backends).out) for backends in (asked, asked[:2]))
    for name in ("ridge", "kmeans"):
        (group,) = (group for group in plan["groups"] if group["id"].startswith(f"{name}/"))
        (same,) = (same for same in alone["groups"] if same["id"] == group["id"])
        assert group["expected_s"] == pytest.approx(same["expected_s"])
        assert group["cases"][1]["absent"].startswith(f"LightGBM has no {group['workload']['algorithm']}")


@pytest.fixture(scope="module")
def published(tmp_path_factory, data_cache):
    cli = make_cli(tmp_path_factory.mktemp("published"), data_cache)
    write(cli)
    return cli, cli("run", "--suite", "mine.toml", "--backend", "slowed:5", "--processes", "1")


def test_published_figures_are_printed_beside_ours(published):
    cli, ran = published
    assert ran.code == 0, ran.err
    shown = " ".join(ran.out.split())
    assert "published: other 7.5× of training; here: slowed:5 " in shown
    assert ran.out.count("published: ") == 1
    (page,) = (cli.folder / "reports").glob("*.html")
    text = page.read_text()
    assert "Published figures" in text
    assert "Theirs: a paper." in text


def test_the_record_says_what_was_published(published):
    cli, _ = published
    info, _ = records(cli)
    first, second = info["plan"]["groups"]
    assert info["plan"]["suite"] == "mine"
    assert first["published"]["speedup"] == 7.5
    assert second["published"] is None


def test_a_case_too_large_for_the_memory_is_named_and_not_tried(cli):
    write(cli, LARGE, "KernelRidge")
    ran = cli("run", "--suite", "mine.toml", "--backend", "sklearn", "--memory", "2GiB", *QUICK)
    assert ran.code == 0, ran.err
    reason = "needs about 53.8 GiB (a kernel matrix of 60,000 × 60,000 included); a worker may use 2.00 GiB here"
    assert f"note: tiny/60000x15/float64/C is skipped on sklearn: {reason}" in ran.out
    assert "1 of 2 cases have no result: 1 skipped" in ran.out
    _, lines = records(cli)
    (skipped,) = [line for line in lines if line.get("status") == "skipped"]
    assert skipped["group"] == "tiny/60000x15/float64/C"
    assert skipped["reason"].startswith(reason)
    assert not [line for line in lines if line["line"] == "group" and "60000" in line["group"]]
    resumed = cli("run", "--resume", "latest", "--dry-run")
    assert "0 groups" in resumed.out


def test_nothing_but_cases_too_large_is_nothing_measured(cli):
    write(cli, LARGE, "KernelRidge")
    ran = cli("run", "--suite", "mine.toml", "--backend", "sklearn", "--memory", "100MiB", *QUICK)
    assert ran.code == 3
    assert ran.err == "evenhand: nothing was measured: of 2 cases, 2 skipped\n"


def test_what_an_engine_has_not_is_counted_apart_from_what_it_refuses(cli):
    pytest.importorskip("lightgbm")
    write(cli)
    ran = cli("run", "--suite", "mine.toml", "--backend", "lightgbm", *QUICK)
    assert ran.code == 0, ran.err
    assert "2 of 4 cases have no result: 2 not offered" in ran.out


#: How the documentation writes the times of suites.
DOCUMENTED = re.compile(r"^\| `([a-z-]+)` \|.*\| (an?|\d+) (minute|hour|day)s? \|$", re.MULTILINE)
#: How much longer than its time a suite may be by the plan for stock and oneDAL.
LONGER = 1.25


@pytest.mark.parametrize("name", names())
def test_a_suite_takes_the_time_that_it_states_and_is_documented_with(name, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "suites.md").read_text(encoding="utf-8")
    documented = {
        suite: parse_duration(count.replace("an", "1").replace("a", "1") + unit[0])
        for suite, count, unit in DOCUMENTED.findall(text)
    }
    assert documented[name] == find_suite(name).budget_s
    # As on a machine of 32 GiB, wherever this runs.
    monkeypatch.setattr("suite.cli.selection.available_memory_bytes", lambda: 32 * 2**30)
    plan, _ = plan_run(RunOptions(suite=name, backend=("sklearn", "onedal")), describe_machine())
    assert plan.expected_s <= LONGER * plan.settings.budget_s


def test_full_leaves_out_at_l_what_takes_more_than_two_minutes_a_fit_and_workflows():
    choices, _ = choose(find_suite("full"), everything(), Narrowing())
    taken = {choice.workload.name for choice in choices if choice.size is Size.L}
    quick = {one.name for one in catalogue() if not one.workflow and one.fit_s.get(Size.L, 121) <= 120}
    assert taken == quick
    smaller = {choice.workload.name for choice in choices if choice.size is not Size.L}
    assert smaller == {one.name for one in catalogue()}


WRONG = {
    "no such suite": (["--suite", "quik"], "no suite 'quik'; did you mean 'quick'?"),
    "no such file": (["--suite", "none.toml"], "cannot read the suite none.toml: No such file or directory"),
    "wrong key": (["--suite", "wrong.toml"], "wrong.toml:4: an entry has no key 'wrokload'; did you mean 'workload'?"),
    "nothing left": (["--suite", "core", "--size", "XL"], "nothing is left of the suite core: it has size M or S"),
    "not in it": (
        ["--suite", "quick", "--workload", "kmeans-digits"],
        "the suite quick has no workload 'kmeans-digits'",
    ),
    "no such division": (["--division", "time"], "--division: unknown division 'time'"),
    "nothing to stop early": (
        ["--division", "time-to-quality", "--workload", "pca-digits"],
        "nothing for time to quality: pca-digits cannot be stopped early",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_one_line_before_anything_is_measured(cli, arguments, message):
    (cli.folder / "wrong.toml").write_text('about = "a"\n\n[[entry]]\nwrokload = "pca"\n')
    result = cli("run", "--backend", "sklearn", *arguments)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not (cli.folder / "results").exists()


STEPPED = """
[[workload]]
name = "stepped"
algorithm = "KMeans"
params = { n_clusters = 10, init = "$centers", n_init = 1, max_iter = 5, tol = 1e-8 }
data = { bundled = "digits", init_centers = 10 }
quality = { metric = "inertia", tolerance = 0.005, relative = true }

[[workload]]
name = "direct"
algorithm = "Ridge"
data = { bundled = "diabetes" }
quality = { metric = "r2", tolerance = 0.01 }
"""


@pytest.fixture(scope="module")
def by_time(tmp_path_factory, data_cache):
    """Time to quality of stock, and of stock slowed by five per cent, on four steps."""
    cli = make_cli(tmp_path_factory.mktemp("by_time"), data_cache)
    (cli.folder / "mine.toml").write_text(STEPPED)
    # With less confidence the few rounds of a busy machine are enough for ends that are finite.
    limits = ("--budget", "6s", "--confidence", "90%", "--processes", "1")
    options = ("--division", "time-to-quality", "--workload-file", "mine.toml", *limits)
    return cli, cli("run", *options, "--backend", "sklearn", "--backend", "slowed:5")


def test_a_run_in_the_other_division_ends_with_the_time_to_quality(by_time):
    _, ran = by_time
    assert ran.code == 0, ran.err
    assert "note: left out of time to quality, as it cannot be stopped early: direct" in ran.out
    lines = ran.out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.split()[:1] == ["BACKEND"])
    head, stock, slowed = lines[start + 1 : start + 4]
    assert head.startswith("stepped  S · ")
    assert "inertia, target " in head
    assert stock.split()[:2] == ["sklearn", "reference"]
    assert slowed.split()[0] == "slowed:5"
    assert "max_iter=" in slowed
    table = lines[start:]
    assert not any("stepped[" in line for line in table)
    assert not any("geometric mean" in line for line in table)


def test_a_pipeline_is_stopped_early_at_its_last_step(cli):
    options = ("--division", "time-to-quality", "--workload", "scale_pca_logistic", "--budget", "10s")
    ran = cli("run", *options, "--backend", "sklearn", "--no-report", "--processes", "1")
    assert ran.code == 0, ran.err
    assert "left out" not in ran.out
    (stock,) = json.loads(cli("show", "--json").out)["reached"]
    assert (stock["workload"], stock["parameter"], stock["reach"]) == ("scale_pca_logistic", "max_iter", "reached")
    assert 1 < stock["reached_at"] <= 1000
    assert stock["missed_at"] < stock["reached_at"]


def test_quality_is_reached_at_the_same_step_by_the_same_code(by_time):
    cli, _ = by_time
    analysis = json.loads(cli("show", "--json").out)
    stock, slowed = analysis["reached"]
    assert stock["reached_at"] == slowed["reached_at"] > 1
    assert stock["missed_at"] == slowed["missed_at"] < stock["reached_at"]
    assert stock["quality"] <= stock["target"]
    assert 0 <= slowed["time"]["low"] <= slowed["time"]["estimate"] <= (slowed["time"]["high"] or inf)
    assert slowed["verdict"] == "ambiguous"
    assert {row["verdict"] for row in analysis["rows"]} == {"reference", "none"}
    assert {row["workload"] for row in analysis["rows"]} == {f"stepped[max_iter={n}]" for n in (1, 2, 3, 5)}


def test_the_report_has_a_section_in_the_place_of_the_speed_ups(by_time):
    cli, _ = by_time
    (page,) = (cli.folder / "reports").glob("*.html")
    text = page.read_text()
    assert "When each backend has the reference" in text
    assert "Speed-up, data in place" not in text
    assert "Time to quality of slowed:5 against sklearn" in text


def test_export_has_rows_of_its_own_for_it(by_time):
    cli, _ = by_time
    rows = list(csv.DictReader(io.StringIO(cli("export", "--time-to-quality").out)))
    assert [row["backend"] for row in rows] == ["sklearn", "slowed:5"]
    assert {row["reach"] for row in rows} == {"reached"}
    assert float(rows[1]["time_low_s"]) <= float(rows[1]["time_s"]) <= float(rows[1]["time_high_s"])
    described = [line.split()[0] for line in cli("export", "--time-to-quality", "--columns").out.splitlines()[1:]]
    assert [*rows[0]] == described
    assert len(list(csv.DictReader(io.StringIO(cli("export").out)))) == 8


def test_a_run_of_the_usual_division_has_no_such_rows(published):
    cli, _ = published
    result = cli("export", "--time-to-quality")
    assert result.code == 2
    assert "no run in the division time-to-quality" in result.err


def test_the_example_of_the_documentation_is_understood(cli):
    text = (Path(__file__).parents[2] / "docs" / "suites.md").read_text(encoding="utf-8")
    example = text.split("<!-- suite example -->")[1].split("```")[1].removeprefix("toml\n")
    (cli.folder / "example.toml").write_text(example, encoding="utf-8")
    result = cli("run", "--dry-run", "--json", "--backend", "sklearn", "--suite", "example.toml")
    assert result.code == 0, result.err
    groups = {group["id"]: group for group in json.loads(result.out)["groups"]}
    assert {"kmeans/S/float32/C", "pca/100000x256/float32/C", "mine/200000x50/float32/C"} <= set(groups)
    assert groups["mine/20000x50/float32/C"]["published"]["source"].startswith("A. Author, 2026")
