"""`doctor` and `list`."""

import json
from dataclasses import replace

import msgspec
import pytest

from backends.discovery import find
from suite.cli.advice import Surroundings, advise
from suite.records.machine import describe_machine
from suite.workloads import everything

QUIET = Surroundings(load_per_cpu=0.0, available_bytes=2**36, swap_used_share=0.0, on_battery=False, has_pressure=True)


@pytest.fixture(scope="module")
def tuned():
    """This machine as it should be."""
    machine = describe_machine()
    return msgspec.structs.replace(
        machine, governor="performance", virtual="", logical_cpus=8, usable_cpus=8, cgroup_cpus=None, no_energy=""
    )


def test_a_quiet_machine_needs_no_advice(tuned):
    assert advise(tuned, QUIET) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"governor": "powersave"}, "cpupower frequency-set -g performance"),
        ({"virtual": "kvm"}, "virtual machine (kvm)"),
        ({"cgroup_cpus": 2.5}, "use --threads 2"),
        ({"usable_cpus": 4}, "4 of 8 CPUs may be used"),
        ({"no_energy": "by root only: sudo chmod a+r x"}, "energy will not be measured: by root only"),
    ],
)
def test_what_is_wrong_with_a_machine_is_said_with_what_to_do(tuned, changes, words):
    (sentence,) = advise(msgspec.structs.replace(tuned, **changes), QUIET)
    assert words in sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"load_per_cpu": 0.5}, "the load is 50% of the CPUs"),
        ({"available_bytes": 2**30}, "only 1.00 GiB of memory are free"),
        ({"swap_used_share": 0.9}, "more than half of the swap"),
        ({"on_battery": True}, "plug it in"),
        ({"has_pressure": False}, "psi=1"),
    ],
)
def test_what_disturbs_right_now_is_said_with_what_to_do(tuned, changes, words):
    (sentence,) = advise(tuned, replace(QUIET, **changes))
    assert words in sentence


def test_doctor_tells_every_backend_and_the_machine(cli):
    result = cli("doctor")
    assert result.code == 0
    for name in find():
        assert f"  {name} " in result.out
    for heading in ("ENGINES", "MACHINE", "ADVICE"):
        assert heading in result.out.splitlines()


def test_doctor_as_json(cli):
    findings = json.loads(cli("doctor", "--json", "--backend", "sklearn", "--backend", "faulty:diagnose").out)
    states = {one["backend"]: one["diagnosis"]["state"] for one in findings["backends"]}
    assert states["sklearn"] == "ready"
    assert findings["machine"]["host"] == ""


def test_a_backend_that_is_named_decides_the_exit_code(cli):
    assert cli("doctor", "--backend", "sklearn").code == 0
    result = cli("doctor", "--backend", "sklearn", "--backend", "faulty:diagnose")
    assert result.code == 1
    assert result.err == ""
    assert "its diagnosis failed: RuntimeError: cannot even say how it feels" in " ".join(result.out.split())


def test_list_workloads_has_the_whole_catalogue(cli):
    lines = cli("list", "workloads").out.splitlines()
    assert lines[0].split() == ["NAME", "TASK", "ALGORITHM", "SIZES", "QUALITY", "ABOUT"]
    assert [line.split()[0] for line in lines[1:]] == [workload.name for workload in everything()]


def test_list_workloads_says_how_each_is_judged(cli):
    told = {entry["name"]: entry["quality"] for entry in json.loads(cli("list", "workloads", "--json").out)}
    for workload in everything():
        judged = {one.metric: one for one in (workload.quality, *workload.checks)}
        assert [*told[workload.name]] == [*judged]
        for name, one in judged.items():
            assert told[workload.name][name] == {
                "direction": one.direction, "tolerance": one.tolerance, "relative": one.relative, "origin": one.origin,
            }  # fmt: skip


@pytest.mark.parametrize("what", ["workloads", "backends", "datasets", "runs"])
def test_every_list_has_json(cli, what):
    (cli.folder / "results").mkdir()
    entries = json.loads(cli("list", what, "--json").out)
    assert isinstance(entries, list)
    assert what == "runs" or {"name"} <= set(entries[0])


def test_list_backends_shows_a_third_party_and_where_it_comes_from(cli):
    (line,) = [line for line in cli("list", "backends").out.splitlines() if line.startswith("slowed")]
    assert "evenhand-testing" in line.replace("_", "-")


def test_a_damaged_run_is_listed_with_what_is_wrong(cli):
    folder = cli.folder / "results" / "20260101T000000Z-aaaa-bb"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{")
    result = cli("list", "runs")
    assert result.code == 0
    assert "unreadable: " in result.out
