"""What the harness itself costs: of a whole sweep, and inside the timed region.

    python scripts/benchmark_harness.py sweep [--size S] [--budget 2m]     wall time that is not measured work
    python scripts/benchmark_harness.py call [--callgrind]                 microseconds (and instructions) a call
    python scripts/benchmark_harness.py reads                              how often each byte of the data is read

`sweep` runs the command line on the twelve workloads of the suite `quick` that both engines have, with stock
scikit-learn and oneDAL. Measured work is the time inside timed phases: each engine's imports (those of its further
processes run side by side, one a CPU, and count as that share of their time), cold passes, rounds, and the peaks of the
roofline; everything else
(start of interpreters, checking data, quality, records) is overhead. Data are made before, once a machine.
`reads` needs strace: it counts the bytes of cached data that controller and workers read, when they are made and when
they are there already.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes

from backends.diagnosis import check_all
from backends.discovery import create
from backends.protocol import Problem, State
from suite.datasets import cache_dir, prepare
from suite.measure.passes import Stopwatch
from suite.measure.processes import worker_cpus
from suite.records.run import Run
from suite.records.store import load
from suite.workloads import catalogue
from suite.workloads.entry import Size
from suite.workloads.suites import find_suite

REPEATS, LONGEST_S = 1000, 10.0
#: The smallest fits of size S, the first that an engine has: its algorithm and parameters.
SMALLEST: dict[str, dict[str, Any]] = {
    "Ridge": {"alpha": 1.0},
    "HistGradientBoostingRegressor": {
        "early_stopping": False,
        "l2_regularization": 1.0,
        "max_depth": 16,
        "min_samples_leaf": 1,
        "random_state": 0,
    },
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    sweeping = verbs.add_parser("sweep")
    sweeping.add_argument("--size", default="S")
    sweeping.add_argument("--budget", default="2m")
    verbs.add_parser("reads")
    calling = verbs.add_parser("call")
    calling.add_argument("--callgrind", action="store_true")
    calling.add_argument("--only-passes", type=int, help=argparse.SUPPRESS)
    calling.add_argument("--only-dispatch", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.verb == "sweep":
        sweep(options.size, options.budget)
    elif options.verb == "reads":
        reads()
    elif options.only_passes is not None:
        empty_passes(options.only_passes)
    elif options.only_dispatch is not None:
        dispatch_cost(options.only_dispatch)
    else:
        call(callgrind=options.callgrind)


def sweep(size: str, budget: str) -> None:
    """Run the command line and compare its wall time with the time inside timed phases."""
    quick = [name for entry in find_suite("quick").entries for name in entry.workload]
    names = [name for name in quick if "boosting" not in name]  # which oneDAL has not
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "suite", "run", "--size", size, "--budget", budget]
        command += ["--results", folder]
        for option in ("sklearn", "onedal"):
            command += ["--backend", option]
        for name in names:
            command += ["--workload", name]
        start = time.perf_counter()
        make_data(names, Size(size))
        print(f"data of {len(names)} workloads, unless there already, made in {time.perf_counter() - start:.1f} s")
        start = time.perf_counter()
        subprocess.run([*command, "--no-report"], check=True, stdout=subprocess.DEVNULL)
        wall_s = time.perf_counter() - start
        (path,) = [path for path in Path(folder).iterdir() if path.is_dir()]
        run = load(path)
    cases = sum(len(record.group.cases) for record in run.groups)
    cold_s = sum(line.sample.wall_s for record in run.groups for line in record.cold)
    rounds_s = sum(sample.wall_s for record in run.groups for line in record.rounds for sample in line.samples)
    settings = run.info.plan.settings
    import_s = sum(
        (line.import_s or 0.0) + sum(line.imports_s) / max(1, len(worker_cpus(settings.threads)))
        for line in run.backends.values()
    )
    peaks_s = sum(peak.took_s for line in run.backends.values() for peak in line.peaks)
    measured_s = import_s + cold_s + rounds_s + peaks_s
    overhead_s = wall_s - measured_s
    print(f"size {size}: {cases} cases, {sum(len(record.rounds) for record in run.groups)} rounds, {wall_s:.1f} s")
    print(f"measured work {measured_s:.1f} s = {measured_s / wall_s:.1%}", end=" ")
    print(f"(imports {import_s:.1f} s, cold passes {cold_s:.1f} s, rounds {rounds_s:.1f} s, peaks {peaks_s:.1f} s)")
    between_s, samples = between_samples(run)
    print(f"overhead {overhead_s:.1f} s = {overhead_s / cases:.3f} s a case:", end=" ")
    print(
        f"between samples {between_s:.1f} s = {1e3 * between_s / samples:.2f} ms each, the rest once a run or a group"
    )


def make_data(names: list[str], size: Size) -> None:
    """Have the data of these workloads in the cache, as a run asks for them."""
    for workload in catalogue():
        if workload.name in names:
            prepare(workload.data[size], dtype="float64", order="C", seed=0, cache=cache_dir())


def between_samples(run: Run) -> tuple[float, int]:
    """Return the seconds from round to round that were not inside timed phases, and how many samples that was."""
    between_s, samples = 0.0, 0
    for record in run.groups:
        for before, line in pairwise(record.rounds):
            between_s += line.at_s - before.at_s - sum(sample.wall_s for sample in line.samples)
            samples += len(line.samples)
    return between_s, samples


def reads() -> None:
    """Run the command line twice on one workload a task, traced, and print how often each byte of data was read."""
    with tempfile.TemporaryDirectory() as folder:
        cache, log = Path(folder, "cache"), Path(folder, "trace")
        command = ["strace", "-f", "-y", "-s", "0", "-e", "trace=read,pread64,readv", "-o", str(log)]
        command += [sys.executable, "-m", "suite", "run", "--results", folder, "--no-report", "--budget", "8s"]
        for name in ("svc", "ridge", "kmeans", "pca"):
            command += ["--workload", name]
        for what in ("made", "found"):
            environment = os.environ | {"EVENHAND_CACHE": str(cache)}
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            read = Counter[str]()
            for path, count in re.findall(r"\(\d+<([^>]+\.npy)>.* = (\d+)$", log.read_text(), re.MULTILINE):
                if Path(path).is_relative_to(cache):
                    read[path] += int(count)
            sizes = {str(path): path.stat().st_size for path in cache.glob("*/*.npy")}
            most = max(read[path] / size for path, size in sizes.items())
            total = sum(read[path] for path in sizes) / sum(sizes.values())
            print(f"data {what}: {len(sizes)} arrays, {sum(sizes.values()):,} bytes,", end=" ")
            print(f"each byte read {total:.3f} times on average, {most:.3f} times of the array read most")


class Nothing:
    """An estimator that does nothing."""

    def fit(self, *_: Any) -> None:
        """Do nothing."""


def empty_passes(count: int) -> None:
    """Time nothing, so many times."""
    watch, nothing = Stopwatch(lambda: None), Nothing()
    for _ in range(count):
        with watch.phase("fit"):
            nothing.fit()


def call(*, callgrind: bool) -> None:
    """Print the cost of the stopwatch, and of observing each engine, per call."""
    watch, nothing = Stopwatch(lambda: None), Nothing()
    seen = []
    for _ in range(5 * REPEATS):
        with watch.phase("fit"):
            nothing.fit()
        seen.append(watch.wall_s["fit"])
    print(f"stopwatch, inside the timed region: {1e6 * statistics.median(seen):.2f} us a sample")
    if callgrind:
        few, many = (instructions(count) for count in (1000, 11000))
        print(f"stopwatch, whole: {(many - few) / 10000:.0f} instructions a sample (callgrind)")
    for spec in ready_on_this_cpu():
        subprocess.run([sys.executable, __file__, "call", "--only-dispatch", spec], check=True, env=environment(spec))


def ready_on_this_cpu() -> list[str]:
    """Return the backends that are ready, each on its default device."""
    return [checked.backend for checked in check_all() if checked.diagnosis.state is State.READY]


def environment(spec: str) -> dict[str, str]:
    """Return the variables of a worker of this backend."""
    return os.environ | dict(create(spec).environment(1))


def dispatch_cost(spec: str) -> None:
    """Print what our dispatch adds to the smallest fit of S that the engine has, in random-order pairs.

    Ours is the estimator that the backend builds, observed. The vendor's is its own class with the same parameters, or,
    where the vendor has only functions and ours calls them, ours unobserved.
    """
    backend = create(spec)
    algorithm = next(name for name in SMALLEST if not backend.offer(name).reason)
    backend.load(frozenset({algorithm}))
    backend.start(1)
    X, y = (backend.to_device(array) for array in load_diabetes(return_X_y=True))
    problem = Problem(algorithm, SMALLEST[algorithm], X.shape[0], X.shape[1], 0, "float64", 1)
    module, _, name = backend.offer(algorithm).estimator.rpartition(".")
    cls, params = getattr(import_module(module), name, None), backend.estimator(problem).get_params()
    its_own = isinstance(cls, type) and isinstance(backend.estimator(problem), cls)

    def vendors() -> Any:
        return cls(**params) if its_own else backend.estimator(problem)

    rng = np.random.default_rng(1)
    times: tuple[list[float], list[float]] = ([], [])
    until = time.perf_counter() + LONGEST_S
    while len(times[1]) < REPEATS and time.perf_counter() < until:
        for ours in rng.permutation([1, 0]):
            candidates = vendors(), backend.estimator(problem)  # both, so that the caches are alike
            estimator = candidates[ours]
            with backend.observe(strict=False) if ours else nullcontext():
                start = time.perf_counter()
                estimator.fit(X, y)
                times[ours].append(time.perf_counter() - start)
    differences = np.array(times[1]) - np.array(times[0])
    fit_s, cost_s = statistics.median(times[0]), float(np.median(differences))
    low_s, high_s = median_interval_s(differences, rng)
    print(
        f"{spec}: {algorithm}.fit of {1e6 * fit_s:.0f} us: our dispatch adds {1e6 * cost_s:+.1f} us "
        f"({1e6 * low_s:+.1f} to {1e6 * high_s:+.1f}) = {cost_s / fit_s:+.2%}"
    )


def median_interval_s(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the 99 % bootstrap interval of the median."""
    medians = np.median(rng.choice(values, (2000, len(values))), axis=1)
    low, high = np.quantile(medians, [0.005, 0.995])
    return float(low), float(high)


def instructions(count: int) -> int:
    """Count the instructions of a process that times nothing `count` times."""
    with tempfile.NamedTemporaryFile() as out:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", sys.executable, __file__]
        done = subprocess.run(
            [*command, "call", "--only-passes", str(count)], capture_output=True, text=True, check=True
        )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError(done.stderr)
    return int(found[1])


if __name__ == "__main__":
    main()
