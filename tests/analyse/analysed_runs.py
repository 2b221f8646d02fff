"""Runs built by hand, with times that are known, for the tests of the analysis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backends.protocol import Diagnosis, State
from suite.records.run import GroupRecord, Run
from suite.records.schema import (
    ArrayInfo,
    BackendLine,
    Case,
    ColdLine,
    Group,
    GroupLine,
    Machine,
    Mark,
    OutcomeLine,
    Plan,
    QualityValue,
    RoundLine,
    RunInfo,
    Sample,
    Settings,
    Status,
    StopReason,
)
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload

BACKENDS = ("sklearn", "onedal")
SETTINGS = Settings(threads=2, budget_s=60, precision=0.03, processes=1, seed=0, timeout_s=60, memory_bytes=2**30)


def make_group(name: str = "ridge", backends: Sequence[str] = BACKENDS, **changes: Any) -> Group:
    facts: dict[str, Any] = {
        "name": name,
        "algorithm": "Ridge",
        "task": Task.REGRESSION,
        "about": "a test",
        "data": {Size.S: DataSpec(source="regression", n_train=1000, n_test=200, n_features=10)},
        "quality": Quality(metric="r2", direction=Direction.HIGHER, tolerance=0.01, origin="a test"),
    }
    group = f"{name}/S/float64/C"
    return Group(
        id=group,
        workload=Workload(**(facts | changes)),
        size=Size.S,
        dtype="float64",
        order="C",
        cases=[Case(id=f"{group}/{backend}", backend=backend) for backend in backends],
        expected_s=1.0,
    )


def make_sample(case: str, fit_s: float, predict_s: float = 0.001, **changes: Any) -> Sample:
    facts: dict[str, Any] = {
        "case": case,
        "seed": 0,
        "copy_in_s": 0.0,
        "fit_s": fit_s,
        "predict_s": predict_s,
        "copy_out_s": 0.0,
        "wall_s": fit_s + predict_s,
        "cpu_s": 2 * (fit_s + predict_s),
        "engine_fit": "engine",
        "engine_predict": "engine",
        "peak_host_bytes": 1000,
    }
    return Sample(**(facts | changes))


def make_rounds(
    group: Group,
    fit_s: Mapping[str, float],
    *,
    count: int = 200,
    process: int = 0,
    processes: int = 1,
    noise: float = 0.02,
    marked: float = 0.0,
    seed: int = 0,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[RoundLine]:
    """Return rounds whose fit times scatter log-normally about `fit_s`, by backend, `process` being the first."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(count):
        samples = []
        for case in group.cases:
            if case.backend in fit_s:
                spoilt = rng.random() < marked
                samples.append(
                    make_sample(
                        case.id,
                        fit_s[case.backend] * float(np.exp(rng.normal(0, noise))) * (3.0 if spoilt else 1.0),
                        marks=[Mark.WAITED] if spoilt else [],
                        **(changes or {}).get(case.backend, {}),
                    )
                )
        lines.append(
            RoundLine(
                group=group.id,
                process=process + number * processes // count,
                round=number,
                at_s=float(number),
                samples=samples,
            )
        )
    return lines


def make_outcome(group: Group, case: Case, status: Status = Status.MEASURED, **changes: Any) -> OutcomeLine:
    facts: dict[str, Any] = {
        "group": group.id,
        "case": case.id,
        "status": status,
        "stop_reason": StopReason.PRECISION,
        "quality": [QualityValue(seed=0, value=0.9, sha256=case.backend)],
    }
    return OutcomeLine(**(facts | changes))


def make_record(
    group: Group,
    rounds: list[RoundLine],
    outcomes: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    ended: bool = True,
    cold: Iterable[ColdLine] = (),
) -> GroupRecord:
    """Return a group's record; `outcomes` changes outcome lines by backend."""
    lines = {case.id: make_outcome(group, case, **(outcomes or {}).get(case.backend, {})) for case in group.cases}
    data = {"X_train": ArrayInfo(shape=[800, 12], dtype="float64", order="C", bytes=76800, sha256="x")}
    started = GroupLine(group=group.id, at_s=0.0, data=data, data_bytes=76800)
    return GroupRecord(group, started, list(cold), rounds, lines if ended else {})


def make_run(*records: GroupRecord, settings: Settings = SETTINGS, reference: str = "sklearn", **changes: Any) -> Run:
    groups = [record.group for record in records]
    machine = Machine(
        id="abc",
        system="Linux",
        kernel="6",
        architecture="x86_64",
        cpu="a CPU",
        sockets=1,
        cores=2,
        logical_cpus=2,
        usable_cpus=2,
        caches=[],
        memory_bytes=2**33,
        cgroup_memory_bytes=None,
        cgroup_cpus=None,
        governor="",
        virtual="",
        container="",
        simd=[],
        gpus=[],
    )
    facts: dict[str, Any] = {
        "id": "run-1",
        "started_utc": "2026-01-01T00:00:00Z",
        "command": ["evenhand", "run"],
        "plan": Plan(reference=reference, settings=settings, groups=groups, expected_s=1.0),
        "machine": machine,
        "versions": {},
        "python": "3.11",
    }
    backends = {
        backend: BackendLine(backend=backend, diagnosis=Diagnosis(State.READY, device="cpu"), import_s=0.5)
        for backend in dict.fromkeys(case.backend for group in groups for case in group.cases)
    }
    return Run(Path("run-1"), RunInfo(**(facts | changes)), backends, list(records))
