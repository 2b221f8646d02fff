"""What keeps a verdict from being reached or told: never exit code 1, which says that a rule failed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

RUN = Path(__file__).parents[2] / "results" / "reference" / "20261127T090312Z-e75cddb7-67eda3"
PASSES = '[[rule]]\nbackend = "onedal"\nworkload = "svc"\n'
FAILS = f"{PASSES}min-speedup = 1000\n"
FULL = Path("/dev/full")

full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


def started(cli, *arguments, **options):
    command = [sys.executable, "-m", "suite", *map(str, arguments)]
    return subprocess.run(command, cwd=cli.folder, env=cli.environment, text=True, timeout=120, **options)


@full
@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "gate.toml", RUN),
        ("gate", "gate.toml", RUN, "--json"),
        ("show", RUN),
        ("export", RUN),
        ("compare", f"{RUN}:sklearn", f"{RUN}:onedal"),
        ("report", RUN, "--format", "md", "-o", "report.md"),
    ],
    ids=lambda arguments: " ".join(text for text in arguments if not str(text).startswith(str(RUN))),
)
def test_a_full_disk_beyond_stdout_is_one_line_and_exit_code_2(cli, arguments):
    """Whether Python finds out when it prints or when it has ended."""
    (cli.folder / "gate.toml").write_text(PASSES)
    cli.environment["PYTHONUNBUFFERED"] = "1" if "--json" in arguments else ""
    with FULL.open("w") as out:
        done = started(cli, *arguments, stdout=out, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "evenhand: error: No space left on device: what is printed cannot be written\n"


@full
def test_where_nothing_can_be_told_at_all_it_is_exit_code_2_too(cli):
    with FULL.open("w") as out:
        done = started(cli, "gate", "none.toml", stdout=out, stderr=out)
    assert done.returncode == 2


def test_an_error_of_ours_is_exit_code_2(cli):
    (cli.folder / "gate.toml").write_text(PASSES)
    broken = cli.folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text("import suite.gate.rules\nsuite.gate.rules.Rule.is_for = None\n")
    done = cli("gate", "gate.toml", RUN, PYTHONPATH=str(broken))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("evenhand: internal error: TypeError")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(("rules", "code"), [(PASSES, 0), (FAILS, 1)])
def test_a_reader_that_leaves_early_changes_no_verdict(cli, rules, code):
    (cli.folder / "gate.toml").write_text(rules)
    script = f"{sys.executable} -m suite gate gate.toml {RUN} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=cli.folder, env=cli.environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (code, "")


def test_a_pipe_that_breaks_while_measuring_is_no_verdict(monkeypatch, tmp_path, capsys):
    from suite.cli import gate, main

    def broken(*_):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(gate, "_measured", broken)
    (tmp_path / "gate.toml").write_text(PASSES)
    assert main(["gate", str(tmp_path / "gate.toml")]) == 2
    assert "before there was a verdict" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--junit", "--markdown"])
@pytest.mark.parametrize("run", [(), (RUN,)], ids=["measuring", "judging"])
@pytest.mark.parametrize("target", ["folder", "taken/gate.out"])
def test_files_that_cannot_be_written_are_found_out_before(cli, option, run, target):
    (cli.folder / "gate.toml").write_text(PASSES)
    (cli.folder / "folder").mkdir()
    (cli.folder / "taken").write_text("")
    done = cli("gate", "gate.toml", *run, option, target)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"evenhand: error: cannot write '{target}': ")
    assert done.err.count("\n") == 1
    assert not (cli.folder / "results").exists()


@pytest.mark.parametrize("run", [(), (RUN,)], ids=["measuring", "judging"])
@pytest.mark.parametrize("files", [("--junit", "out", "--markdown", "./out"), ("--markdown", "gate.toml")])
def test_a_file_that_is_named_twice_is_not_overwritten(cli, run, files):
    (cli.folder / "gate.toml").write_text(PASSES)
    done = cli("gate", "gate.toml", *run, *files)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"{files[1]!r} is named twice: the rules, --junit and --markdown are a file each" in done.err
    assert [path.name for path in cli.folder.iterdir()] == ["gate.toml"]
    assert (cli.folder / "gate.toml").read_text() == PASSES


def test_a_run_of_the_other_division_is_refused(cli):
    """Its cases are single steps, of which none alone says when the quality is reached."""
    copied = cli.folder / "results" / "run"
    shutil.copytree(RUN, copied)
    info = json.loads((copied / "run.json").read_text())
    info["plan"]["division"] = "time-to-quality"
    (copied / "run.json").write_text(json.dumps(info))
    (cli.folder / "gate.toml").write_text(PASSES)
    done = cli("gate", "gate.toml", "run")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "is of the division time-to-quality: a gate compares single cases of equal work" in done.err


def test_checking_a_file_leaves_it_as_it_was(cli):
    (cli.folder / "gate.toml").write_text('[[rule]]\nbackend = "nobody"')
    (cli.folder / "old.xml").write_text("old")
    done = cli("gate", "gate.toml", RUN, "--junit", "old.xml", "--markdown", "new/gate.md")
    assert done.code == 2
    assert "rule 1 is for none of the cases of run" in done.err
    assert (cli.folder / "old.xml").read_text() == "old"
    assert not (cli.folder / "new" / "gate.md").exists()


@full
@pytest.mark.parametrize(("rules", "word"), [(PASSES, "passed"), (FAILS, "FAILED")])
def test_the_verdict_is_told_where_a_file_cannot_be_written_after_all(cli, rules, word):
    (cli.folder / "gate.toml").write_text(rules)
    done = cli("gate", "gate.toml", RUN, "--junit", FULL, "--markdown", "gate.md")
    assert done.code == 2
    assert done.out.splitlines()[-1].startswith(f"{word}: of ")
    assert done.err == "evenhand: error: cannot write '/dev/full': no space left on device\n"
    assert f"**Gate {word}" in (cli.folder / "gate.md").read_text()


def test_a_failure_elsewhere_is_told_before_a_rule_that_judged_nothing(cli):
    nothing = '[[rule]]\nbackend = "xgboost"\nworkload = "svc"\nmin-speedup = 2\n'
    for rules, code in ((nothing + PASSES, 3), (nothing + FAILS, 1)):
        (cli.folder / "gate.toml").write_text(rules)
        done = cli("gate", "gate.toml", RUN, "--junit", "gate.xml", "--markdown", "gate.md")
        assert done.code == code
        assert done.out.endswith("; rule 1 judged nothing\n")
        assert done.err.startswith("evenhand: nothing was measured: rule 1, quality equal to the reference's and fit+")
        assert "xgboost: unsupported: XGBoost has no SVC" in done.err
        assert done.err.count("\n") == 1
        suite = ET.parse(cli.folder / "gate.xml").getroot()[0]
        assert (suite.get("errors"), suite.get("failures")) == ("1", str(int(code == 1)))
        assert (cli.folder / "gate.md").read_text().count("| NOTHING | 1 |") == 1


@pytest.mark.parametrize("arguments", [("gate", "gate.toml"), ("import-benchmark", "bench.json"), ("show",)])
def test_advice_names_the_option_that_there_is(cli, arguments):
    (cli.folder / "results").write_text("")
    (cli.folder / "gate.toml").write_text('[run]\nbackend = "onedal"\nworkload = "pca-digits"\n[[rule]]')
    stats = dict.fromkeys(["min", "max", "mean", "median", "rounds"], 1) | {"stddev": 0}
    head = {"machine_info": {}, "datetime": "2026-01-01T00:00:00", "version": "5"}
    (cli.folder / "bench.json").write_text(json.dumps(head | {"benchmarks": [{"fullname": "a", "stats": stats}]}))
    done = cli(*arguments)
    assert done.code == 2
    assert "--results" in done.err


def test_the_workflow_shows_the_verdict_only_where_there_is_one():
    workflow = Path(__file__).parents[2] / ".github" / "workflows" / "ci.yml"
    (line,) = (line for line in workflow.read_text().splitlines() if "cat gate.md" in line)
    assert "test ! -f gate.md || cat gate.md" in line
