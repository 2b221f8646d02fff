"""Every way to call it wrongly is one line, with the nearest right name, and exit code 2."""

import json

import pytest

VERBS = ["run", "list", "show", "doctor", "report", "export"]

WRONG = {
    "unknown verb": (["runn"], "unknown command 'runn'; did you mean 'run'?"),
    "verb far from all": (
        ["zzz"],
        "unknown command 'zzz'; known are compare, doctor, export, gate, import-benchmark, list, report, run, show",
    ),
    "unknown option": (["run", "--backends", "x"], "unknown option '--backends'; did you mean '--backend'?"),
    "abbreviation": (["run", "--budg", "3m"], "unknown option '--budg'; did you mean '--budget'?"),
    "unknown option with a value": (["show", "--jsno=1"], "unknown option '--jsno'; did you mean '--json'?"),
    "unknown option before the verb": (["--verbose"], "unknown option '--verbose'; did you mean '--version'?"),
    "argument that is none": (["run", "kmeans"], "unexpected argument 'kmeans'"),
    "missing value": (["run", "--budget"], "--budget: expected one argument"),
    "missing argument": (["list"], "required: WHAT"),
    "list of what": (["list", "workload"], "unknown list 'workload'; did you mean 'workloads'?"),
    "format": (["export", "--format", "xslx"], "unknown format 'xslx'"),
    "size": (["run", "--size", "XXL"], "--size: unknown size 'XXL'; did you mean 'XL'?"),
    "task": (["run", "--task", "clusterin"], "--task: unknown task 'clusterin'; did you mean 'clustering'?"),
    "dtype": (["run", "--dtype", "float46"], "--dtype: unknown dtype 'float46'; did you mean 'float64'?"),
    "order": (["run", "--order", "A"], "--order: unknown order 'A'; known are C, F"),
    "threads": (["run", "--threads", "0"], "--threads: must be at least 1, not 0"),
    "threads not a number": (["run", "--threads", "all"], "--threads: not a whole number: 'all'"),
    "processes": (["run", "--processes", "0"], "--processes: must be at least 1, not 0"),
    "seed": (["run", "--seed", "-1"], "--seed: must be at least 0, not -1"),
    "budget": (["run", "--budget", "ten"], "--budget: not a duration: 'ten'"),
    "timeout": (["run", "--timeout", "0s"], "--timeout: not a duration: '0s'"),
    "memory": (["run", "--memory", "lots"], "--memory: not a size: 'lots'"),
    "precision": (["run", "--precision", "3"], "--precision: not a share between 0 and 100 %: '3'"),
    "confidence": (["run", "--confidence", "101%"], "--confidence: not a share"),
    "same within": (["run", "--same-within", "-1%"], "--same-within"),
    "empty": (["run", "--workload", ""], "--workload: must not be empty"),
    "no such configuration": (["run", "--config", "none.toml"], "cannot read the configuration 'none.toml'"),
    "no runs": (["show"], "there are no runs in results"),
    "no folder of runs": (["list", "runs", "--results", "/dev/null"], "there are no runs in /dev/null"),
    "no such folder of runs": (["list", "runs", "--results", "none"], "there are no runs in none"),
    "no run to export": (["export", "latest"], "there are no runs in results"),
    "no run to resume": (["run", "--resume", "latest"], "there are no runs in results"),
    "resume with another plan": (["run", "--resume", "x", "--size", "M"], "--size cannot be given with --resume"),
    "how often longer": (["gate", "gate.toml", "--longer", "x"], "--longer: not a whole number: 'x'"),
    "a folder for a file": (["compare", "a", "b", "-o", "x.html/"], "cannot write 'x.html/': it names a folder"),
    "a folder for a page": (["report", "-o", "x/"], "cannot write 'x/': it names a folder"),
    "a folder for rows": (["export", "-o", "x.csv/"], "cannot write 'x.csv/': it names a folder"),
    "a folder for a verdict": (["gate", "gate.toml", "--junit", "x/"], "cannot write 'x/': it names a folder"),
    "backend of a run": (["run", "--backend", "sklaern"], "--backend: unknown backend 'sklaern'"),
    "unknown algorithm": (["list", "backends", "--algorithm", "SVX"], "unknown algorithm 'SVX'; did you mean 'SVR'?"),
    "algorithm of runs": (
        ["list", "runs", "--algorithm", "SVC"],
        "--algorithm is for list backends, not for list runs",
    ),
    "unknown backend": (["doctor", "--backend", "sklaern"], "unknown backend 'sklaern'; did you mean 'sklearn'?"),
    "unknown device": (["doctor", "--backend", "sklearn:cuda"], "backend 'sklearn' has no device 'cuda'"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_call_is_one_line_and_exit_code_2(cli, arguments, message):
    result = cli(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("evenhand: error: ")
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_has_examples_that_name_it(cli, verb):
    result = cli(verb, "--help")
    assert result.code == 0
    assert result.err == ""
    assert "examples:" in result.out
    assert f"python -m suite {verb}" in result.out
    assert max(map(len, result.out.split("examples:")[0].splitlines())) <= 80


def test_help_of_run_groups_its_options_and_tells_defaults(cli):
    text = " ".join(cli("run", "--help").out.split())
    for heading in ("what to measure:", "how to measure:", "limits:", "the run and its results:", "configuration:"):
        assert heading in text
    assert "(default: 3%)" in text
    assert "(default: S 2m, M 15m, L 1h, XL 4h)" in text


def test_no_arguments_shows_the_help_and_is_a_usage_error(cli):
    result = cli()
    assert result.code == 2
    assert "start here:" in result.out


def test_help_and_version_succeed(cli):
    assert cli("--help").code == 0
    assert cli("--version").out.startswith("evenhand 0.")


def test_an_algorithm_is_shown_with_every_parameter_on_every_engine(cli):
    shown = cli("list", "backends", "--algorithm", "svc").out
    assert "sklearn: sklearn.svm.SVC\n    passed: C break_ties" in shown
    assert "max_iter: only, oneDAL counts rounds of working sets" in shown
    entries = json.loads(cli("list", "backends", "--algorithm", "SVC", "--json").out)
    for entry in entries:
        if entry["backend"].partition(":")[0] in ("faulty", "slowed"):
            continue
        names = {row["name"] for row in entry["parameters"]}
        assert bool(entry["reason"]) != bool(entry["estimator"]), entry["backend"]
        assert bool(entry["reason"]) or {"C", "kernel", "max_iter"} <= names, entry["backend"]


def test_no_cell_of_the_matrix_is_empty(cli):
    entries = json.loads(cli("list", "algorithms", "--json").out)
    assert len(entries) > 50
    for entry in entries:
        words = {name: word for name, word in entry.items() if name not in ("algorithm", "task", "reasons")}
        assert all(words.values())
        assert {name for name, word in words.items() if word == "no"} == {*entry["reasons"]}
        assert all(entry["reasons"].values())
