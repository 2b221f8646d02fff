from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from record_samples import make_group

from backends.protocol import Diagnosis, State
from suite.records.reading import read_info
from suite.records.resume import differences, elsewhere, what_is_left
from suite.records.schema import BackendLine, Git, Gpu, RunInfo
from suite.records.store import load


def changed(info: RunInfo, **fields: Any) -> RunInfo:
    return msgspec.structs.replace(info, **fields)


def test_the_same_run_later(run_path: Path, info: RunInfo) -> None:
    later = changed(info, id="later", started_utc="2030-01-01T00:00:00Z", command=["--resume"])
    assert differences(read_info(run_path), later) == []


def test_what_is_left_has_its_share_of_the_budget(run_path: Path) -> None:
    run = load(run_path)
    _, second = run.info.plan.groups
    left = what_is_left(run)
    assert [group.id for group in left.groups] == [second.id]
    assert left.settings.budget_s == run.info.plan.settings.budget_s / 2
    assert left.expected_s == second.expected_s


def test_a_plan_that_was_stored_equals_one_made_anew(info: RunInfo) -> None:
    group = make_group("first")
    tuples = replace(group.workload, params={**group.workload.params, "hidden": (1, 2)})
    again = msgspec.structs.replace(group, workload=tuples, expected_s=7.0)
    plan = msgspec.structs.replace(info.plan, groups=[again, info.plan.groups[1]])
    assert differences(info, changed(info, plan=plan)) == []


def test_other_words_are_no_reason_but_another_tolerance_is(info: RunInfo) -> None:
    def later(**fields: Any) -> RunInfo:
        group = info.plan.groups[0]
        again = msgspec.structs.replace(group, workload=replace(group.workload, **fields))
        return changed(info, plan=msgspec.structs.replace(info.plan, groups=[again, *info.plan.groups[1:]]))

    quality = info.plan.groups[0].workload.quality
    assert differences(info, later(about="other", why="other", quality=replace(quality, origin="other"))) == []
    reason = "group first: its workload, data or backends are not what they were"
    for fields in ({"quality": replace(quality, tolerance=0.5)}, {"checks": (quality,)}, {"stochastic": True}):
        assert differences(info, later(**fields)) == [reason]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"code": "1" * 16, "git": None}, "the measuring code: {code} then, digest 1111111111111111 now"),
        ({"python": "CPython 3.99"}, "Python: {python} then, CPython 3.99 now"),
        ({"versions": {}}, "numpy: {numpy} then, none now"),
    ],
)
def test_code_and_versions(info: RunInfo, fields: dict[str, Any], reason: str) -> None:
    old = changed(info, versions={"numpy": "2.0"}, git=Git(commit="a" * 40, dirty=True), code="0" * 16)
    new = changed(old, **fields)
    code = "commit aaaaaaaaaaaa with changes (digest 0000000000000000)"
    assert differences(old, new) == [reason.format(code=code, python=old.python, numpy="2.0")]


def test_a_new_commit_with_the_same_measuring_code_is_no_reason(info: RunInfo) -> None:
    old = changed(info, git=Git(commit="a" * 40, dirty=True))
    assert differences(old, changed(old, git=Git(commit="b" * 40, dirty=False))) == []


def test_versions_under_interpreters_of_their_own() -> None:
    ready = Diagnosis(State.READY)
    then = {
        "onedal": BackendLine(backend="onedal", diagnosis=ready, interpreter="3.11.4", versions={"numpy": "2.0"}),
        "cuml": BackendLine(backend="cuml", diagnosis=Diagnosis(State.NO_DEVICE)),
    }
    same = {"Python": "3.11.4", "numpy": "2.0"}
    assert elsewhere(then, {"onedal": same, "cuml": same, "torch": same}) == []
    assert elsewhere(then, {"onedal": same | {"numpy": "2.1"}}) == ["onedal: numpy: 2.0 then, 2.1 now"]
    gone = ["onedal: Python: 3.11.4 then, none now", "onedal: numpy: 2.0 then, none now"]
    assert elsewhere(then, {"onedal": {}}) == gone


def test_machine(info: RunInfo) -> None:
    old = msgspec.structs.replace(info.machine, usable_cpus=2, cgroup_cpus=None, gpus=[])
    gpu = Gpu(name="H200", memory_bytes=1, driver="600")
    new = msgspec.structs.replace(old, id="other", usable_cpus=1, cgroup_cpus=1.5, gpus=[gpu])
    assert differences(changed(info, machine=old), changed(info, machine=new)) == [
        f"the machine: {old.id} then, other now",
        "usable CPUs: 2 then, 1 now",
        "CPU quota: none then, 1.5 now",
        "GPUs: none then, H200 (driver 600) now",
    ]


def test_plan(info: RunInfo) -> None:
    second = info.plan.groups[1]
    other_data = msgspec.structs.replace(second, dtype="float64")
    plan = msgspec.structs.replace(
        info.plan,
        reference="onedal",
        settings=msgspec.structs.replace(info.plan.settings, threads=1),
        groups=[other_data, make_group("third")],
    )
    assert differences(info, changed(info, plan=plan)) == [
        "the reference: sklearn then, onedal now",
        "setting threads: 2 then, 1 now",
        "group first: no longer in the plan",
        "group third: not in the plan then",
        "group second: its workload, data or backends are not what they were",
    ]
