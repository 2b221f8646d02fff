"""The tuning of the turbulence model that the learnt viscosities are compared with, as a table.

    python scripts/rans_tuning.py [LEVEL [HEIGHT ...]]

Of each setting, iterations (and seconds) at each height: until velocity and reattachment length stay within 1 % of the
steady flow's, and to a strictly steady state. A dash: not within 80 iterations.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from suite.workloads.science.rans.solver import NEAR_SOONEST, STRICT_SOONEST
from suite.workloads.science.rans.timing import Timing
from suite.workloads.science.rans.tuning import Tried, tuning


def main(level: int, heights: list[float]) -> None:
    """Print the table, settings by the iterations to 1 %."""
    tried = [list(tuning(height, level)) for height in heights]
    settings = sorted(zip(*tried, strict=True), key=effort)
    names = [f"{what}, height {height:g}" for height in heights for what in ("to 1 %", "strict")]
    print("| velocity | turbulence | steps |", *(f"{name} |" for name in names))
    print("| --- " * (3 + len(names)) + "|")
    for each in settings:
        one = each[0].relaxation
        mark = {NEAR_SOONEST: " (near)", STRICT_SOONEST: " (strict)"}.get(one, "")
        cells = [text(timing) for trial in each for timing in (trial.near, trial.strict)]
        print(f"| {one.velocity:g} | {one.turbulence:g} | {one.steps}{mark} |", *(f"{cell} |" for cell in cells))


def effort(each: Sequence[Tried]) -> tuple[float, int]:
    """Return the iterations to 1 % at all heights, and the steps in each."""
    return sum(one.near[0] if one.near else float("inf") for one in each), each[0].relaxation.steps


def text(timing: Timing | None) -> str:
    """Return iterations and seconds."""
    return f"{timing[0]} ({timing[1]:.2f} s)" if timing else "–"


if __name__ == "__main__":
    with threadpool_limits(1):
        main(int((sys.argv[1:] or ["8"])[0]), [float(height) for height in sys.argv[2:] or ("0.72", "1.32")])
