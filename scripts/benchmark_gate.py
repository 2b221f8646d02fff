"""How often the gate catches a slow-down of 5 %, and how often it lets an engine pass that is not slower.

    python scripts/benchmark_gate.py [--times 20] [--workload kmeans-digits]

The engine is stock scikit-learn on one thread, slowed by 5 % or by nothing (`tests/plugins`); the rule allows 2.5 %.
What is ambiguous is measured longer, and fails in the end only where that is said: here it counts as not caught and as
not failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = """
[run]
backend = ["slowed:{share}"]
workload = ["{workload}"]
budget = "{budget}"
precision = "2%"
threads = 1

[[rule]]
max-slowdown = "2.5%"
"""


def main() -> None:
    """Gate each engine so many times, in turn, and print how often it failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--workload", default="kmeans-digits")
    parser.add_argument("--budget", default="6s")
    options = parser.parse_args()
    outcomes = {share: Counter[str]() for share in (5, 0)}
    taken_s: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.times):
            for share, counts in outcomes.items():
                start = time.perf_counter()
                rules = RULES.format(share=share, workload=options.workload, budget=options.budget)
                counts[gate(Path(folder), rules)] += 1
                taken_s.append(time.perf_counter() - start)
    for share, counts in outcomes.items():
        print(f"slower by {share} %: {', '.join(f'{count} {result}' for result, count in counts.most_common())}")
    print(f"{sum(taken_s) / len(taken_s):.1f} s a gate")


def gate(folder: Path, rules: str) -> str:
    """Return what the gate says of the speed: pass, fail or ambiguous."""
    path = folder / "gate.toml"
    path.write_text(rules)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "plugins")])}
    command = [sys.executable, "-m", "suite", "gate", str(path), "--json", "--results", str(folder / "results")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    (result,) = (finding["result"] for finding in json.loads(done.stdout) if finding["ratio"])
    return str(result)


if __name__ == "__main__":
    main()
