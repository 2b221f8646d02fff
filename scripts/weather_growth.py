"""Print how the factor between full and reduced-order 4D-Var grows with the grid, by the time of one gradient.

    python scripts/weather_growth.py [points along a side ...]

Without arguments: 32, 64 and 128. Set OMP_NUM_THREADS=1 for figures of one thread.
"""

from __future__ import annotations

import sys

from suite.workloads.science.weather.climate import WINDOW, steps
from suite.workloads.science.weather.growth import growth


def main(grids: list[int]) -> None:
    """Print one line for each grid."""
    print(f"One gradient over a window of {WINDOW} intervals; the shortest of several")
    print(f"{'grid':>9}{'time steps':>12}{'full, s':>11}{'reduced, s':>13}{'factor':>9}")
    for n in grids:
        found = growth(n)
        print(
            f"{f'{n} x {n}':>9}{WINDOW * steps(n):12}{found.full_s:11.4f}{found.reduced_s:13.6f}{found.factor:8.0f}x",
            flush=True,
        )


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [32, 64, 128])
