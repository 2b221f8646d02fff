"""Where a logarithmic axis has its ticks: at round numbers, few enough to be read in a small chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

from suite.report.draw import Spec

#: Steps within a decade, the finest first.
STEPS = ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
#: An axis has no more ticks than this.
MOST_TICKS = 6


def chart_axis(values: Iterable[float], label: str = "~g") -> Spec:
    """Return a chart's axis for these positive values on a logarithmic scale, its labels in a format of d3."""
    ticks = log_ticks(values)
    axis: Spec = {"labelExpr": f"format(datum.value, '{label}')"}
    return axis | ({"values": ticks} if len(ticks) > 1 else {"tickCount": 4, "labelSeparation": 6})


def log_ticks(values: Iterable[float], steps: Sequence[Sequence[float]] = STEPS) -> list[float]:
    """Return round numbers from the least to the greatest value, by the first of the `steps` that makes few of them."""
    known = [value for value in values if value > 0]
    if not known:
        return []
    low, high = min(known), max(known)
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for within in steps:
        ticks = [tick for decade in decades for step in within if low <= (tick := float(f"{step}e{decade}")) <= high]
        if len(ticks) <= MOST_TICKS:
            return ticks
    every = ceil(len(decades) / MOST_TICKS)
    return [tick for decade in decades if decade % every == 0 and low <= (tick := float(f"1e{decade}")) <= high]
