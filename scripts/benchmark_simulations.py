"""Time and memory of the three simulations against the size of their grids, with the exponents; and what a size takes.

    python scripts/benchmark_simulations.py [rans|injector_map|weather_turbulence ...]
    python scripts/benchmark_simulations.py --size S|M|L|XL [rans|injector_map|weather_turbulence ...]

A few simulations are made on each of three grids, each grid in a process of its own, without a cache. Memory is the
peak beyond that of a process that has the simulation's code in place and has made nothing. With a size, all data of its
workloads are made in both dtypes, in a new cache.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from suite.datasets import prepare, source_of
from suite.workloads.entry import DataSpec, Size
from suite.workloads.science import part
from suite.workloads.science.rans.resolution import Resolution


def rans(level: int) -> tuple[int, DataSpec]:
    """Two steps to learn from and two held out."""
    cells = Resolution.of(level).cells
    args = {"level": level, "features": "potential"}
    return cells, DataSpec(source="rans", n_train=2 * cells, n_test=2 * cells, n_features=9, args=args)


def injector(cells: int) -> tuple[int, DataSpec]:
    """Eight simulations."""
    args = {"cells": cells, "records": 50, "n_far": 2, "n_designs": 0}
    return cells * cells // 2, DataSpec(source="injector_map", n_train=4, n_test=2, n_features=5, args=args)


def weather(side: int) -> tuple[int, DataSpec]:
    """Two trajectories to learn from, and two held out of each climate."""
    args = {"trajectories": 2, "cases": 2, "members": 2}
    return side**2, DataSpec(source="weather_turbulence", n_train=80, n_test=80, n_features=side**2, args=args)


#: What is simulated, and the grids.
SIMULATIONS: Mapping[str, tuple[Callable[[int], tuple[int, DataSpec]], tuple[int, ...]]] = {
    "rans": (rans, (5, 7, 10)),
    "injector_map": (injector, (48, 96, 192)),
    "weather_turbulence": (weather, (32, 64, 128)),
}


def main(names: list[str]) -> None:
    """Print a table for each simulation."""
    for name in names or SIMULATIONS:
        plan, grids = SIMULATIONS[name]
        found = []
        for grid in grids:
            line = subprocess.run([sys.executable, __file__, "--one", name, str(grid)], capture_output=True, check=True)
            cells, seconds, peak_bytes = json.loads(line.stdout)
            found.append((cells, seconds, peak_bytes))
            print(
                f"{name} {plan.__name__}: {cells:>7,} cells {seconds:9.2f} s {peak_bytes / 2**20:9.1f} MiB", flush=True
            )
        cells, seconds, peak_bytes = np.log(np.array(found, dtype=np.float64)).T
        time_power, memory_power = (np.polyfit(cells, values, 1)[0] for values in (seconds, peak_bytes))
        print(f"{name}: time ~ cells^{time_power:.2f}, memory ~ cells^{memory_power:.2f}", flush=True)


def one(name: str, grid: int) -> None:
    """Make the data on one grid and print (cells, seconds, peak bytes)."""
    cells, spec = SIMULATIONS[name][0](grid)
    part(source_of(spec.source).topic, "data")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        prepare(spec, dtype="float64", order="C", seed=0, cache=Path(folder))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps([cells, seconds, peak * 1024]))


def whole(size: Size, names: list[str]) -> None:
    """Print the seconds that all data of the workloads take at this size, what they share being made once."""
    total_s = 0.0
    for name in names or SIMULATIONS:
        specs = [workload.data[size] for workload in part(source_of(name).topic, "entry").WORKLOADS]
        begun, cpu_begun = time.perf_counter(), time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            for spec in specs:
                for dtype in ("float32", "float64"):
                    prepare(spec, dtype=dtype, order="C", seed=0, cache=Path(folder))
        seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_begun
        total_s += seconds
        print(f"{name} {size}: {seconds:.1f} s ({cpu_s:.1f} s of CPU), {len(specs)} workloads", flush=True)
    print(f"{size} in all: {total_s:.1f} s", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--size"]:
        whole(Size(sys.argv[2]), sys.argv[3:])
    else:
        main(sys.argv[1:])
