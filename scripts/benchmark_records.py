"""Writes synthetic runs of many cases and says how long the store takes to write them and pandas to read them.

python scripts/benchmark_records.py [--cases 100000] [--runs 100] [--rounds 10]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backends.protocol import Diagnosis, EngineReport, State
from suite.records.begin import new_run
from suite.records.frame import read, samples
from suite.records.schema import (
    ArrayInfo,
    BackendLine,
    Case,
    ColdLine,
    Group,
    GroupLine,
    OutcomeLine,
    Plan,
    QualityValue,
    RoundLine,
    Sample,
    Settings,
    Status,
    StopReason,
)
from suite.records.store import RunStore, load
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload

BACKENDS = ("sklearn", "onedal")
SETTINGS = Settings(threads=2, budget_s=600, precision=0.03, processes=1, seed=0, timeout_s=300, memory_bytes=8 * 2**30)
WORKLOAD = Workload(
    name="kmeans-blobs",
    algorithm="KMeans",
    task=Task.CLUSTERING,
    about="k-means from given centroids",
    data={Size.S: DataSpec(source="blobs", n_train=10_000, n_test=1_000, n_features=20)},
    quality=Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.01, relative=True, origin="made up"),
    params={"n_clusters": 8, "init": "$centers", "n_init": 1},
)


def plan_of(cases: int) -> Plan:
    """Return a plan of so many cases, side by side in groups of one case a backend."""
    groups = []
    for number in range(cases // len(BACKENDS)):
        name = f"kmeans-blobs-{number}/S/float64"
        groups.append(
            Group(
                id=name,
                workload=replace(WORKLOAD, name=f"kmeans-blobs-{number}"),
                size=Size.S,
                dtype="float64",
                order="C",
                cases=[Case(id=f"{name}/{backend}", backend=backend) for backend in BACKENDS],
                expected_s=1.0,
            )
        )
    return Plan(reference=BACKENDS[0], settings=SETTINGS, groups=groups, expected_s=float(len(groups)))


def sample_of(case: Case, number: int, chance: random.Random) -> Sample:
    """Return a sample as measuring would make it."""
    fit_s, predict_s = chance.lognormvariate(-4, 0.1), chance.lognormvariate(-6, 0.1)
    return Sample(
        case=case.id,
        seed=number,
        copy_in_s=1.1e-6,
        fit_s=fit_s,
        predict_s=predict_s,
        copy_out_s=0.9e-6,
        predict_loops=3,
        wall_s=fit_s + 3 * predict_s,
        cpu_s=1.9 * fit_s,
        engine_fit=case.backend,
        engine_predict=case.backend,
        waited_s=1e-4 * chance.random(),
        involuntary_switches=chance.randrange(3),
        foreign_cpus=0.02 * chance.random(),
        stolen_cpus=0.0,
        pressure=0.01,
        peak_host_bytes=150_000_000 + chance.randrange(1_000_000),
    )


def write_group(store: RunStore, group: Group, rounds: int, chance: random.Random) -> None:
    """Append all lines of one group."""
    data = {"X_train": ArrayInfo(shape=[10_000, 20], dtype="float64", order="C", bytes=1_600_000, sha256="0" * 64)}
    store.append(GroupLine(group=group.id, at_s=0.0, data=data, data_bytes=1_600_000))
    for case in group.cases:
        store.append(ColdLine(group=group.id, process=0, sample=sample_of(case, 0, chance)))
    for number in range(rounds):
        taken = [sample_of(case, number, chance) for case in group.cases]
        store.append(RoundLine(group=group.id, process=0, round=number, at_s=float(number), samples=taken))
    for case in group.cases:
        store.append(
            OutcomeLine(
                group=group.id,
                case=case.id,
                status=Status.MEASURED,
                stop_reason=StopReason.PRECISION,
                engines=[EngineReport(engine=case.backend, accelerated=True)],
                quality=[QualityValue(seed=0, value=1.0, sha256="0" * 64)],
            )
        )


def write_run(root: Path, cases: int, rounds: int) -> Path:
    """Write a run of so many cases and return its folder."""
    chance = random.Random(0)  # noqa: S311 (figures, not secrets)
    plan = plan_of(cases)
    with RunStore.create(root, new_run(plan, command=["python", "-m", "suite", "run"])) as store:
        for backend in BACKENDS:
            store.append(BackendLine(backend=backend, diagnosis=Diagnosis(State.READY), import_s=0.5))
        for group in plan.groups:
            write_group(store, group, rounds, chance)
    return store.path


def timed(what: str, action: Callable[[], object]) -> None:
    """Print how long the action takes, and how much of it on a CPU: on a busy machine the rest is waiting."""
    start, start_cpu = time.perf_counter(), time.process_time()
    action()
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"{what:<42} {wall_s:6.2f} s, {cpu_s:6.2f} s of CPU time", flush=True)


def main() -> None:
    """Write, then read in each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=100, help="among which the cases are spread")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, each = Path(folder), options.cases // options.runs
        timed(
            f"write {options.cases} cases of {options.rounds} rounds",
            lambda: [write_run(root, each, options.rounds) for _ in range(options.runs)],
        )
        paths = sorted(root.iterdir())
        megabytes = sum(file.stat().st_size for file in root.glob("*/*")) / 1e6
        print(f"{'on the disk':<42} {megabytes:6.0f} MB")
        timed("load: checked records", lambda: [len(load(path).groups) for path in paths])
        timed("read: a table of cases", lambda: read(paths))
        timed("samples: a table of samples", lambda: samples(paths))


if __name__ == "__main__":
    main()
