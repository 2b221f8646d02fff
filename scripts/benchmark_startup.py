"""Measures how long the command line takes to answer, as a multiple of `python -c pass` in the same environment.

Interleaved in random order, so that drift and neighbours hit all alike; the ratios are paired by round. The limit is 5.
Run it as `python scripts/benchmark_startup.py [ROUNDS]`; it exits with 1 if a median is over the limit.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time

LIMIT = 5.0

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "--help": ["-m", "suite", "--help"],
    "run --help": ["-m", "suite", "run", "--help"],
    "list workloads": ["-m", "suite", "list", "workloads"],
    "list backends": ["-m", "suite", "list", "backends"],
    "list datasets": ["-m", "suite", "list", "datasets"],
    "list runs": ["-m", "suite", "list", "runs"],
}
BASE = "python -c pass"


def seconds(arguments: list[str]) -> float:
    """Return the wall time of one call."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, list[float]]:
    """Return the seconds of every command in every round; one round before them warms the caches."""
    order = [*COMMANDS]
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        random.shuffle(order)
        taken = {name: seconds(COMMANDS[name]) for name in order}
        for name, value in taken.items() if number else ():
            times[name].append(value)
    return times


def main() -> int:
    """Print a line a command."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    times = measure(rounds)
    worst = 0.0
    print(f"{'command':<16} {'median':>9} {'ratio':>7} {'quartiles':>15}")
    for name, values in times.items():
        ratios = [value / base for value, base in zip(values, times[BASE], strict=True)]
        low, ratio, high = statistics.quantiles(ratios, n=4)
        worst = max(worst, ratio)
        print(f"{name:<16} {statistics.median(values) * 1e3:>6.1f} ms {ratio:>7.2f} {low:>7.2f} {high:>7.2f}")
    print(f"largest median ratio {worst:.2f}, limit {LIMIT:g}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
