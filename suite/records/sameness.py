"""What two groups of one name have in common: the work, the data, and how quality is judged; words are none of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from suite.records.schema import Group, GroupLine
from suite.workloads.entry import Quality, Workload


def other_work(old: Group, new: Group) -> list[str]:
    """Name what decides the work and is not the same: times of other work are not compared."""
    before, after = old.workload.params, new.workload.params
    params = [f"parameter {name}" for name in _differing(before, after)]
    return [*_differing(_work(old), _work(new)), *params]


def other_data(old: Group, new: Group, begun: tuple[GroupLine | None, GroupLine | None]) -> list[str]:
    """Name the arrays that are not the same bytes; where they are not known of both, what is asked of the source."""
    before, after = (line.data if line else {} for line in begun)
    if before and after:
        return _differing(before, after)
    asked = [msgspec.to_builtins(group.workload.data[group.size]) for group in (old, new)]
    return _differing(*asked)


def judged_otherwise(old: Group, new: Group) -> list[str]:
    """Name what differs without any bearing on times: how quality is judged, and the times that are expected."""
    return _differing(_beside(old), _beside(new))


def without_words(group: Group) -> Group:
    """Return the group without what is only said of it, and without the times that are expected."""
    workload = group.workload
    bare = replace(
        workload,
        about="",
        why="",
        fit_s={},
        quality=_unfounded(workload.quality),
        checks=tuple(map(_unfounded, workload.checks)),
    )
    return msgspec.structs.replace(group, workload=bare, expected_s=0.0)


def content(value: object) -> str:
    """Return a value in a form in which lists and tuples are the same, as they are once stored; of any text."""
    return json.dumps(msgspec.to_builtins(value), sort_keys=True)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of what differs, or is missing on one side."""
    names = dict.fromkeys([*before, *after])
    return [
        name
        for name in names
        if (name in before) != (name in after) or content(before.get(name)) != content(after.get(name))
    ]


def _work(group: Group) -> dict[str, Any]:
    workload = group.workload
    return {
        "the algorithm": workload.algorithm,
        "what is timed": (workload.operation, workload.output),
        "the workflow": workload.workflow,
        "its further estimators": workload.also,
        "the target": workload.supervised,
        "the seeds": workload.stochastic,
        "the metric": (workload.quality.metric, workload.quality.direction),
        "the dtype": group.dtype,
        "the order": group.order,
    }


def _beside(group: Group) -> dict[str, Any]:
    workload: Workload = without_words(group).workload
    return {
        "tolerance": workload.quality,
        "checks": workload.checks,
        "expected times": (group.workload.fit_s, group.expected_s),
    }


def _unfounded(quality: Quality) -> Quality:
    return replace(quality, origin="")
