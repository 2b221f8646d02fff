"""How small a slow-down is found, and how often one is found that is not there, on this machine as it is.

    python scripts/benchmark_detection.py [--groups 50] [--seconds 30] [--hogs 0] [--pinned]

Measures groups of stock scikit-learn (the reference) beside stock itself (A/A) and stock with 3 % and 5 % injected,
with the suite's own rounds, workers and stopping rule, and counts the verdicts. `--hogs 1` keeps a busy loop beside it,
on the worker's own CPU if `--pinned`.
The same samples are also judged as people usually do, each backend's in one block, for comparison.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from msgspec.structs import replace

PLUGINS = Path(__file__).parent.parent / "tests" / "plugins"
sys.path.insert(0, str(PLUGINS))
os.environ["PYTHONPATH"] = os.pathsep.join([str(PLUGINS), os.environ.get("PYTHONPATH", "")])

from suite.analyse.speedups import Speedups  # noqa: E402
from suite.datasets import cache_dir  # noqa: E402
from suite.measure.listener import Silent  # noqa: E402
from suite.measure.plan import make_plan  # noqa: E402
from suite.measure.processes import worker_cpus  # noqa: E402
from suite.measure.run import measure  # noqa: E402
from suite.records.begin import new_run  # noqa: E402
from suite.records.run import GroupRecord, Run  # noqa: E402
from suite.records.schema import Group, OutcomeLine, Settings  # noqa: E402
from suite.records.store import RunStore, load  # noqa: E402
from suite.stats.bootstrap import block_interval  # noqa: E402
from suite.stats.verdicts import judge  # noqa: E402
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload  # noqa: E402

INJECTED = {"slowed:0": "A/A", "slowed:3": "3 %", "slowed:5": "5 %"}
WORKLOAD = Workload(
    name="kmeans-detection",
    algorithm="KMeans",
    task=Task.CLUSTERING,
    about="Fits of a few milliseconds.",
    data={
        Size.S: DataSpec(
            source="blobs", n_train=2000, n_test=100, n_features=20, args={"n_clusters": 20, "init_centers": 20}
        )
    },
    params={"n_clusters": 20, "init": "$centers", "n_init": 1, "max_iter": 3, "tol": 0.0},
    quality=Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.01, relative=True, origin="the same code"),
)


def main() -> None:
    """Measure, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0, help="budget of a group")
    parser.add_argument("--hogs", type=int, default=0, help="busy loops beside the measuring")
    parser.add_argument("--pinned", action="store_true", help="tie the busy loops to the CPU that is measured on")
    parser.add_argument("--precision", type=float, default=0.01)
    parser.add_argument("--same-within", type=float, default=0.005)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, hogs(options.hogs, pinned=options.pinned):
        run = measured(options, Path(folder))
        show(run, options.hogs)


@contextmanager
def hogs(count: int, *, pinned: bool) -> Iterator[None]:
    """Keep so many CPUs busy, or one of them with so many loops."""
    tied = f"import os; os.sched_setaffinity(0, {worker_cpus(1)})\n" if pinned else ""
    busy = [subprocess.Popen([sys.executable, "-c", f"{tied}while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()


class Progress(Silent):
    """Prints a dot per group."""

    def group_ended(self, group: Group, index: int) -> None:  # noqa: ARG002
        """Print."""
        print(".", end="", flush=True)

    def case_ended(self, group: Group, outcome: OutcomeLine) -> None:
        """Complain about failures."""
        if outcome.reason:
            print(group.id, outcome.status, outcome.reason, flush=True)


def measured(options: argparse.Namespace, results: Path) -> Run:
    """Measure the groups: the same workload under different names, so that each has its own workers."""
    settings = Settings(
        threads=options.threads,
        budget_s=options.groups * options.seconds,
        precision=options.precision,
        processes=options.processes,
        seed=0,
        timeout_s=60,
        memory_bytes=4 << 30,
        same_within=options.same_within,
        min_phase_s=0.001,
    )
    plan = make_plan(
        [WORKLOAD],
        sizes=[Size.S],
        dtypes=["float64"],
        order="C",
        backends=list(INJECTED),
        reference="sklearn",
        settings=settings,
    )
    (group,) = plan.groups
    numbered = []
    for number in range(options.groups):
        cases = [replace(case, id=f"{number}/{case.backend}") for case in group.cases]
        numbered.append(replace(group, id=str(number), cases=cases))
    info = new_run(replace(plan, groups=numbered), command=["python", *sys.argv])
    store = RunStore.create(results, info)
    measure(info, store, Progress(), cache_dir())
    store.close()
    return load(store.path)


def show(run: Run, hogs: int) -> None:
    """Count the verdicts of every group and print them."""
    settings = run.info.plan.settings
    verdicts: dict[str, Counter[str]] = {name: Counter() for name in INJECTED.values()}
    blocks: dict[str, Counter[str]] = {name: Counter() for name in INJECTED.values()}
    widths: dict[str, list[float]] = {name: [] for name in INJECTED.values()}
    for record in run.groups:
        kept = Speedups(record.group.cases, "sklearn")
        for line in record.rounds:
            kept.add(line)
        for backend, interval in kept.intervals(1 - settings.confidence).items():
            name = INJECTED[backend]
            verdicts[name][judge(interval, settings.same_within).value] += 1
            widths[name].append(interval.precision)
            reference, own = samples_s(record, backend)
            half = len(own) // 2
            apart = np.log(own[half:].mean() / reference[:half].mean())
            _, low, high = block_interval(reference, own, alpha=1 - settings.confidence)
            blocks[name]["means apart by 1.5 %"] += abs(apart) > np.log(1.015)
            blocks[name]["bootstrap excludes 0"] += not low <= 0 <= high
    rounds = [len(record.rounds) for record in run.groups]
    seconds = durations(run)
    disturbed = [
        np.mean([any(sample.marks for sample in line.samples) for line in record.rounds]) for record in run.groups
    ]
    print(f"\n{len(run.groups)} groups, {hogs} hogs, {settings.threads} threads, zone ±{settings.same_within:.1%}, ")
    print(f"confidence {settings.confidence:.0%}, precision asked ±{settings.precision:.1%}")
    print(f"rounds a group: median {np.median(rounds):.0f}, {min(rounds)} to {max(rounds)}")
    print(f"seconds a group: median {np.median(seconds):.1f}, at most {max(seconds):.1f}")
    print(f"rounds with a disturbed sample: median {np.median(disturbed):.0%}")
    print("| injected | slower | same | ambiguous | faster | half-width, median | blocks: means | blocks: bootstrap |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, counts in verdicts.items():
        shown = [str(counts[verdict]) for verdict in ("slower", "same", "ambiguous", "faster")]
        usual = [str(blocks[name][how]) for how in ("means apart by 1.5 %", "bootstrap excludes 0")]
        print("|", " | ".join([name, *shown, f"±{np.median(widths[name]):.1%}", *usual]), "|")


def samples_s(record: GroupRecord, backend: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples of the reference and of the backend in the order of the rounds, in seconds."""
    cases = {case.backend: case.id for case in record.group.cases}
    chosen = [line.chosen() for line in record.rounds]
    reference, own = ([round_[cases[name]].resident_s for round_ in chosen] for name in ("sklearn", backend))
    return np.array(reference), np.array(own)


def durations(run: Run) -> list[float]:
    """Return the seconds from a group's start to its last round."""
    return [record.rounds[-1].at_s - record.started.at_s for record in run.groups if record.started and record.rounds]


if __name__ == "__main__":
    main()
