"""A small plan, and the lines that are recorded of its groups."""

from __future__ import annotations

from backends.protocol import EngineReport
from suite.records.schema import (
    ArrayInfo,
    Case,
    ColdLine,
    Group,
    GroupLine,
    Line,
    Mark,
    OutcomeLine,
    Plan,
    QualityValue,
    RoundLine,
    Sample,
    Settings,
    Status,
    StopReason,
)
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload

BACKENDS = ("sklearn", "onedal")


def make_group(name: str) -> Group:
    workload = Workload(
        name=name,
        algorithm="KMeans",
        task=Task.CLUSTERING,
        about="k-means from given centroids",
        data={Size.S: DataSpec(source="blobs", n_train=1000, n_test=100, n_features=8, args={"centers": 5})},
        quality=Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.01, relative=True, origin="test"),
        params={"n_clusters": 5, "init": "$centers", "hidden": [1, 2]},
    )
    cases = [Case(id=f"{name}/{backend}", backend=backend) for backend in BACKENDS]
    return Group(id=name, workload=workload, size=Size.S, dtype="float32", order="C", cases=cases, expected_s=1.0)


def make_plan() -> Plan:
    settings = Settings(threads=2, budget_s=60, precision=0.03, processes=1, seed=0, timeout_s=30, memory_bytes=2**30)
    return Plan(
        reference="sklearn", settings=settings, groups=[make_group("first"), make_group("second")], expected_s=2.0
    )


def make_sample(case: str, *, fit_s: float = 0.25, seed: int = 0, marks: list[Mark] | None = None) -> Sample:
    return Sample(
        case=case,
        seed=seed,
        copy_in_s=0.0,
        fit_s=fit_s,
        predict_s=0.125,
        copy_out_s=0.0,
        wall_s=fit_s + 0.125,
        cpu_s=2 * (fit_s + 0.125),
        engine_fit="stock",
        engine_predict="stock",
        waited_s=0.001,
        peak_host_bytes=1000,
        marks=marks or [],
    )


def make_round(group: str, number: int, *, process: int = 0, marks: list[Mark] | None = None) -> RoundLine:
    samples = [make_sample(f"{group}/{backend}", fit_s=0.25 + number, marks=marks) for backend in BACKENDS]
    return RoundLine(group=group, process=process, round=number, at_s=float(number), samples=samples)


def make_outcome(group: str, backend: str, status: Status = Status.MEASURED, reason: str = "") -> OutcomeLine:
    return OutcomeLine(
        group=group,
        case=f"{group}/{backend}",
        status=status,
        reason=reason,
        stop_reason=StopReason.PRECISION,
        engines=[EngineReport(engine="stock", accelerated=False, evidence="é")],
        quality=[QualityValue(seed=0, value=1.5, sha256="00"), QualityValue(seed=1, value=2.5, sha256="01")],
    )


def make_lines(group: str) -> list[Line]:
    """Everything that is recorded of a group in which all goes well."""
    data = {"X_train": ArrayInfo(shape=[1000, 8], dtype="float32", order="C", bytes=32000, sha256="ab")}
    return [
        GroupLine(group=group, at_s=0.5, data=data, data_bytes=32000),
        *(
            ColdLine(group=group, process=0, sample=make_sample(f"{group}/{backend}", fit_s=9.0))
            for backend in BACKENDS
        ),
        *(make_round(group, number) for number in range(3)),
        *(make_outcome(group, backend) for backend in BACKENDS),
    ]
