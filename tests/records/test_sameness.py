"""What decides whether two groups of one name measure the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from record_samples import make_group

from suite.records.sameness import judged_otherwise, other_data, other_work
from suite.records.schema import ArrayInfo, Group, GroupLine
from suite.workloads.entry import Direction, Operation, Size, Task

GROUP = make_group("first")
WORKLOAD = GROUP.workload


def changed(**fields: Any) -> Group:
    return msgspec.structs.replace(GROUP, workload=replace(WORKLOAD, **fields))


def begun(**digests: str) -> GroupLine:
    data = {
        name: ArrayInfo(shape=[8, 2], dtype="float64", order="C", bytes=128, sha256=digest)
        for name, digest in digests.items()
    }
    return GroupLine(group=GROUP.id, at_s=0.0, data=data, data_bytes=128)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"algorithm": "Lasso"}, "the algorithm"),
        ({"params": {**WORKLOAD.params, "hidden": (3,)}}, "parameter hidden"),
        ({"output": "transform"}, "what is timed"),
        ({"operation": Operation.PREDICT}, "what is timed"),
        ({"workflow": "collider"}, "the workflow"),
        ({"also": {"second": {"algorithm": "Lasso"}}}, "its further estimators"),
        ({"stochastic": not WORKLOAD.stochastic}, "the seeds"),
        ({"task": Task.REGRESSION}, "the target"),
        ({"quality": replace(WORKLOAD.quality, metric="other")}, "the metric"),
    ],
)
def test_what_decides_the_work_is_named(fields: dict[str, Any], what: str) -> None:
    assert what in other_work(GROUP, changed(**fields))


def test_dtype_and_order_are_of_the_work() -> None:
    other = msgspec.structs.replace(GROUP, dtype="another", order="F")
    assert other_work(GROUP, other) == ["the dtype", "the order"]


def test_what_is_stored_is_the_same_work_as_what_was_planned() -> None:
    planned = changed(params={"hidden": (1, 2)}, also={"second": {"params": {"hidden": (1, 2)}, "algorithm": "x"}})
    stored = msgspec.json.decode(msgspec.json.encode(planned), type=Group)
    assert other_work(planned, stored) == judged_otherwise(planned, stored) == []


def test_any_text_can_be_told_from_another() -> None:
    assert other_work(changed(workflow="\ud800"), changed(workflow="\ud800")) == []
    assert other_work(changed(workflow="\ud800"), changed(workflow="\ud801")) == ["the workflow"]


def test_how_it_is_judged_and_described_is_no_work() -> None:
    quality = WORKLOAD.quality
    judged = changed(
        about="other",
        why="other",
        quality=replace(quality, tolerance=0.5, origin="other"),
        checks=(replace(quality, metric="further", direction=Direction.LOWER),),
        fit_s={Size.S: 7.0},
    )
    assert other_work(GROUP, judged) == other_data(GROUP, judged, (None, None)) == []
    assert judged_otherwise(GROUP, judged) == ["tolerance", "checks", "expected times"]
    assert judged_otherwise(GROUP, changed(about="other", quality=replace(quality, origin="other"))) == []


def test_data_are_the_same_by_their_bytes_and_only_else_by_what_is_asked() -> None:
    asked = changed(data={size: replace(spec, n_train=spec.n_train + 1) for size, spec in WORKLOAD.data.items()})
    one, same, other = begun(X="a", y="b"), begun(X="a", y="b"), begun(X="a", y="c", z="d")
    assert other_data(GROUP, asked, (one, same)) == []
    assert other_data(GROUP, GROUP, (one, other)) == ["y", "z"]
    for unknown in ((None, one), (one, None), (None, None), (begun(), begun())):
        assert other_data(GROUP, asked, unknown) == ["n_train"]
        assert other_data(GROUP, GROUP, unknown) == []
