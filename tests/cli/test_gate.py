"""`gate` and `compare` on real runs, through the real command line."""

import json
import sys
from importlib.util import find_spec
from xml.etree import ElementTree as ET

import pytest

RULES = """
[run]
backend = ["onedal"]
workload = ["linear_regression-diabetes"]
budget = "4s"
processes = 1

[[rule]]
min-speedup = {least}
ambiguous = "{ambiguous}"
"""


def test_the_gate_measures_and_judges(cli):
    """It measures what passes; the same run by a rule that nothing can keep fails."""
    for least, run, code, word in ((0.0001, ("--longer", "0"), 0, "passed"), (10000, ("latest",), 1, "FAILED")):
        (cli.folder / "gate.toml").write_text(RULES.format(least=least, ambiguous="warn"))
        done = cli("gate", "gate.toml", *run, "--junit", "out/gate.xml", "--markdown", "out/gate.md")
        assert done.code == code, done.err
        assert done.out.splitlines()[-1].startswith(word)
        root = ET.parse(cli.folder / "out/gate.xml").getroot()
        assert len(root.findall(".//testcase")) == 2
        assert len(root.findall(".//failure")) == code
        assert f"**Gate {word}" in (cli.folder / "out/gate.md").read_text()
        again = cli("gate", "gate.toml", "latest", "--json")
        assert again.code == code
        assert {finding["result"] for finding in json.loads(again.out)} == ({"pass"} if code == 0 else {"pass", "fail"})


def test_what_is_ambiguous_is_measured_longer(cli):
    """One process of a few rounds cannot tell a factor this close to that of the engine itself: it is asked again."""
    rules = RULES.replace('["onedal"]', '["sklearn", "sklearn@again"]').format(least=1.0, ambiguous="fail")
    (cli.folder / "gate.toml").write_text(rules.replace("4s", "1s"))
    done = cli("gate", "gate.toml", "--longer", "1")
    runs = len(list((cli.folder / "results").iterdir()))
    assert done.code in (0, 1)
    assert runs == 2 or (runs == 1 and "ambiguous" not in done.out)


@pytest.mark.skipif(find_spec("cuml") is not None, reason="cuML is here")
@pytest.mark.parametrize("others", ["", ', "sklearn@again"'])
def test_a_rule_that_judged_nothing_does_not_pass(cli, others):
    """Whatever else was measured, and it is told everywhere."""
    rules = RULES.replace('["onedal"]', f'["cuml"{others}]').format(least=5, ambiguous="warn")
    (cli.folder / "gate.toml").write_text(f'{rules}backend = "cuml"')
    done = cli("gate", "gate.toml", "--junit", "gate.xml", "--markdown", "gate.md")
    assert done.code == 3
    assert done.out.splitlines()[-1] == "NOTHING MEASURED: of 2 checks, 2 skip; rule 1 judged nothing"
    (said,) = (line for line in done.err.splitlines() if line.startswith("evenhand: "))
    assert said.startswith(
        "evenhand: nothing was measured: rule 1, quality equal to the reference's and fit+predict at"
    )
    assert "cuml: unavailable" in said
    (error,) = ET.parse(cli.folder / "gate.xml").getroot().iter("error")
    assert error.get("message").startswith("nothing was judged: cuml: unavailable")
    assert "**Gate NOTHING MEASURED" in (cli.folder / "gate.md").read_text()
    as_json = cli("gate", "gate.toml", "latest", "--json")
    assert (as_json.code, as_json.err) == (3, f"{said}\n")
    assert [one["result"] for one in json.loads(as_json.out)] == ["skip", "skip", "nothing"]


def test_where_there_is_only_the_reference_nothing_is_measured(cli):
    (cli.folder / "gate.toml").write_text(RULES.replace("onedal", "sklearn").format(least=1, ambiguous="warn"))
    done = cli("gate", "gate.toml", "--junit", "gate.xml", "--markdown", "gate.md")
    assert done.code == 3
    assert "rule 1, something beside the reference: there is only sklearn" in done.err
    assert {path.name for path in cli.folder.iterdir()} == {"gate.toml", "gate.xml", "gate.md"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\nbackendd = 'x'\n[[rule]]", "gate.toml:2: [run]: unknown option 'backendd'; did you mean 'backend'"),
        ("[run]\nbackend = ['onedall']\n[[rule]]", "gate.toml:2: [run]: backend: unknown backend 'onedall'; did you"),
        ("[run]\n\nreference = 'onedall'\n[[rule]]", "gate.toml:3: [run]: reference: unknown backend 'onedall'"),
        ("[run]\nenv = 'onedall=/x'\n[[rule]]", "gate.toml:2: [run]: env: unknown backend 'onedall'"),
        ("[run]\nsuite = 'quik'\n[[rule]]", "gate.toml:2: [run]: suite: no suite 'quik'; did you mean 'quick'"),
        ("[run]\nbudget = 'soon'\n[[rule]]", "gate.toml:2: [run]: budget: not a duration: 'soon'"),
        ("[run]\nseed = 1\nthreads = 99999\n[[rule]]", "gate.toml:3: [run]: --threads 99999: only"),
        ("[run]\nworkload = 'kmeens'\n[[rule]]", "gate.toml:1: [run]: no workload matches 'kmeens'"),
        ("[run]\nseed = 1\ndry_run = true\n[[rule]]", "gate.toml:3: [run]: dry_run is not for a gate: leave it out"),
        ("[run]\nresults = 'x'\n[[rule]]", "gate.toml:2: [run]: results is not for a gate"),
        (
            "[run]\ndivision = 'time-to-quality'\n[[rule]]",
            "gate.toml:2: [run]: division: a gate compares single cases of equal work",
        ),
        ("[[rul]]", "gate.toml:1: a file of rules has no key 'rul'"),
        (
            "[run]\nbackend = 'onedal'\n[[rule]]\n[[rule]]\nbackend = 'cuml*'\nsize = 'M'",
            "rule 2 is for none of the cases of what [run] asks for: size 'M', backend 'cuml*'",
        ),
    ],
)
def test_bad_rules_are_one_line(cli, text, message):
    (cli.folder / "gate.toml").write_text(text)
    done = cli("gate", "gate.toml")
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert not (cli.folder / "results").exists()


def test_two_environments_are_measured_in_one_run_and_compared_in_pairs(cli):
    """The other environment is our own here, reached as any other would be."""
    options = ("--backend", "sklearn", "--against", sys.prefix, "--workload", "linear_regression-diabetes")
    done = cli("run", *options, "--budget", "4s", "--processes", "1", "--no-report")
    assert done.code == 0, done.err
    assert "sklearn@base  reference" in done.out
    found = cli("compare", "latest:sklearn@base", "latest:sklearn", "--format", "json")
    assert found.code == 0, found.err
    (change,) = json.loads(found.out)["changes"]
    assert change["paired"]
    assert change["parity"] == "identical"
    assert change["change"]["low"] < 1 < change["change"]["high"]
    page = cli("compare", "latest:sklearn@base", "latest:sklearn", "--format", "html", "-o", "page.html")
    assert page.out == "page.html\n"
    assert "sklearn@base" in (cli.folder / "page.html").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--against", "x"), "--against compares one backend in two environments: name it with --backend"),
        (("--against", "x", "--backend", "sklearn"), "--against x: cannot be run: No such file or directory"),
        (("--against", ".", "--backend", "sklearn"), "--against .: there is no Python interpreter in this folder"),
        (("--against", sys.prefix, "--backend", "sklearn@new"), "leave the label and its --env out"),
        (("--against", sys.prefix, "--backend", "onedal", "--reference", "onedal"), "leave --reference out"),
        (("--backend", "sklearn@a b"), "after the @ come letters"),
    ],
)
def test_against_what_cannot_be(cli, options, message):
    done = cli("run", *options, "--dry-run")
    assert (done.code, message in done.err, len(done.err.splitlines())) == (2, True, 1), done.err


def test_compare_complains_in_one_line(cli):
    done = cli("compare", "a", "b")
    assert done.code == 2
    assert "there are no runs in results" in done.err
    assert len(done.err.splitlines()) == 1
