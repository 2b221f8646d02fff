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
def test_nothing_measured_beside_the_reference_does_not_pass(cli):
    (cli.folder / "gate.toml").write_text(RULES.replace('"onedal"', '"cuml"').format(least=1, ambiguous="warn"))
    done = cli("gate", "gate.toml")
    assert done.code == 3
    assert "nothing measured beside sklearn: cuml: unavailable" in done.err
    assert "passed" not in done.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\nbackendd = 'x'\n[[rule]]", "gate.toml: [run]: unknown option 'backendd'; did you mean 'backend'"),
        ("[run]\nbackend = ['onedall']\n[[rule]]", "unknown backend 'onedall'; did you mean 'onedal'"),
        ("[run]\nbudget = 'soon'\n[[rule]]", "not a duration: 'soon'"),
        ("[[rul]]", "gate.toml:1: a file of rules has no key 'rul'"),
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
        (("--against", "x", "--backend", "sklearn"), "--env sklearn@base="),
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
