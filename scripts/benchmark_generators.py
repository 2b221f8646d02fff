"""Measures the generator of classes against scikit-learn's make_classification: 10^6 × 50 float32, both on two CPUs.

Ours makes the data set in the cache, written and digested; scikit-learn's is in memory and brought to float32. Both
have 10 informative and 10 redundant features and 2 classes. They take turns in random order, and the ratio is of pairs.
Then the memory of ours, beyond that of making next to nothing, and its digests with 1 and with 2 threads.

Asked is a ratio of at least 5, as estimated: its interval is printed beside it, and whether that reaches below 5.

Run it as `python scripts/benchmark_generators.py [ROUNDS]`; it exits with 1 if the estimate of the ratio is below 5,
the memory is above 1.2 times the bytes, or the digests differ. It needs Linux.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from math import log
from pathlib import Path

import numpy as np

from suite.datasets import DataSet, prepare
from suite.stats.paired import median_interval
from suite.units import format_bytes
from suite.workloads.entry import DataSpec

ROWS, FEATURES, INFORMATIVE, REDUNDANT = 1_000_000, 50, 10, 10
LEAST_RATIO, MOST_MEMORY = 5.0, 1.2
CPUS = 2


def ours(rows: int = ROWS) -> DataSet:
    """Make our data set in a cache of its own."""
    spec = DataSpec(
        source="classification",
        n_train=rows,
        n_features=FEATURES,
        args={"n_informative": INFORMATIVE, "n_redundant": REDUNDANT},
    )
    with tempfile.TemporaryDirectory() as folder:
        return prepare(spec, dtype="float32", order="C", seed=0, cache=Path(folder))


def theirs() -> None:
    """Make scikit-learn's."""
    from sklearn.datasets import make_classification

    X, _ = make_classification(
        ROWS, FEATURES, n_informative=INFORMATIVE, n_redundant=REDUNDANT, n_clusters_per_class=1, random_state=0
    )
    X.astype(np.float32)


def measure(rounds: int) -> bool:
    """Print seconds and their ratio; return whether it is large enough."""
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(rounds + 1):
        taken = {}
        for name in random.sample([*times], 2):
            start = time.perf_counter()
            ours() if name == "ours" else theirs()
            taken[name] = time.perf_counter() - start
        for name, seconds in taken.items() if number else ():  # the first round warms up
            times[name].append(seconds)
    pairs = zip(times["theirs"], times["ours"], strict=True)
    interval = median_interval(np.array([log(their / our) for their, our in pairs]))
    medians = ", ".join(f"{name} {statistics.median(seconds):.3f} s" for name, seconds in times.items())
    good, said = judged(*interval.ratio)
    print(f"{ROWS} x {FEATURES} float32: {medians}; {said}, {rounds} pairs")
    return good


def judged(ratio: float, low: float, high: float) -> tuple[bool, str]:
    """Return whether the estimate is as large as asked, and what is printed of it and of its interval."""
    good = ratio >= LEAST_RATIO
    said = f"ratio {ratio:.2f} [{low:.2f}, {high:.2f}], 99 %, asked: at least {LEAST_RATIO:g}"
    if good and low < LEAST_RATIO:
        said += f" (the interval reaches below {LEAST_RATIO:g})"
    return good, said


def memory(threads: int) -> tuple[int, int, str]:
    """Return the bytes of memory, the bytes of the data set and its digest, from a process of its own."""
    command = [sys.executable, __file__, "--one", str(threads)]
    peak, size, digest = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(peak), int(size), digest


def peak_bytes() -> int:
    """Return this program's own peak: Linux's `getrusage` begins with that of the process which started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def one(threads: int) -> None:
    """Print what `memory` returns."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    ours(10)
    before = peak_bytes()
    made = ours()
    print(peak_bytes() - before, made.bytes, end=" ")
    print(made.arrays["X_train"].sha256)


def main() -> int:
    """Print everything."""
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
        return 0
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CPUS])
    good = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    digests = set()
    for threads in (1, CPUS):
        peak, size, digest = memory(threads)
        digests.add(digest)
        good = good and peak <= MOST_MEMORY * size
        print(f"{threads} threads: {format_bytes(peak)} for {format_bytes(size)}, {peak / size:.2f}; sha256 {digest}")
    return int(not good or len(digests) > 1)


if __name__ == "__main__":
    sys.exit(main())
