"""Measure what the statistics promise: false alarms of intervals that are looked at all the time, and their power.

    python scripts/check_statistics.py [--repeats 1000]

Every repeat looks at the interval after every pair up to 40, then by 8 % up to 2,000 pairs, and counts as a miss if the
truth was ever outside, as a false verdict if the claim ever was "faster" or "slower" beyond ±1 %. For comparison: the
percentile bootstrap, looked at equally often.
"""

from __future__ import annotations

import argparse
import sys
from math import log1p
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "stats"))

from noise import NOISES, Noise, looks, normal

from suite.stats import bootstrap
from suite.stats.paired import Basis, Interval, median_interval
from suite.stats.replicates import PRIOR_SCATTER, replicated_interval
from suite.stats.verdicts import Claim, judge

ALPHA, SAME_WITHIN, MOST = 0.01, 0.01, 2000
WRONG = (Claim.FASTER, Claim.SLOWER)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print(f"A/A, {options.repeats} repeats, alpha {ALPHA}: share of repeats in which it ever happened")
    print(f"{'noise':18}{'missed':>9}{'false verdict':>15}{'bootstrap missed':>18}{'its false verdict':>19}")
    for name, noise in NOISES.items():
        shares = np.mean([_false_alarms(noise, rng) for _ in range(options.repeats)], axis=0)
        print(f"{name:18}{shares[0]:9.2%}{shares[1]:15.2%}{shares[2]:18.2%}{shares[3]:19.2%}", flush=True)
    print("\nPower, normal noise of 10 %: share decided as faster at that many pairs; half-width")
    for effect in (0.03, 0.05):
        for pairs in (100, 200, 500, 1000, 2000):
            print("  {:.0%} at {:5} pairs: {:6.1%}  ±{:.2%}".format(effect, pairs, *_power(effect, pairs, rng)))
    print("\nFresh processes, 400 pairs in all of 2 % noise: share of intervals that hold the truth; half-width")
    for tau in (0.0, PRIOR_SCATTER, 0.02):
        for processes in (1, 2, 4, 8):
            held, width = _over_processes(tau, processes, options.repeats, rng)
            print(f"  that scatter by {tau:.1%}, {processes}: {held:6.1%}  ±{width:.2%}", flush=True)


def _false_alarms(noise: Noise, rng: np.random.Generator) -> tuple[bool, bool, bool, bool]:
    """Return whether the interval and the bootstrap ever missed zero, and ever led to a wrong verdict."""
    pairs = noise(rng, MOST)
    valid = [median_interval(pairs[:n], alpha=ALPHA) for n in looks(MOST)]
    naive = [bootstrap.median_interval(pairs[:n], alpha=ALPHA) for n in looks(MOST) if n > 9]
    usual = [Interval(*ends, MOST, Basis.ALL) for ends in naive]
    return (_missed(valid), _wrong(valid), _missed(usual), _wrong(usual))


def _missed(intervals: list[Interval]) -> bool:
    return any(not interval.low <= 0 <= interval.high for interval in intervals)


def _wrong(intervals: list[Interval]) -> bool:
    return any(judge(interval, SAME_WITHIN) in WRONG for interval in intervals)


def _power(effect: float, pairs: int, rng: np.random.Generator, repeats: int = 400) -> tuple[float, float]:
    """Return how often a speed-up is found with exactly this many pairs, and the median half-width."""
    found = [median_interval(log1p(effect) + normal(rng, pairs), alpha=ALPHA) for _ in range(repeats)]
    decided = np.mean([judge(interval, SAME_WITHIN) is Claim.FASTER for interval in found])
    return float(decided), float(np.median([interval.precision for interval in found]))


def _over_processes(tau: float, count: int, repeats: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return how often the interval over processes that scatter by `tau` holds the truth, and its median half-width."""
    found = []
    for _ in range(repeats):
        pairs = [rng.normal(shift, 0.02, 400 // count) for shift in rng.normal(0, tau, count)]
        found.append(replicated_interval(pairs, [np.ones(len(one), dtype=bool) for one in pairs], alpha=ALPHA))
    held = np.mean([not _missed([interval]) for interval in found])
    return float(held), float(np.median([interval.precision for interval in found]))


if __name__ == "__main__":
    main()
