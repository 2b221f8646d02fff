"""The geometry of the report's small figures: an interval on a logarithmic axis, and the parts of a time as a bar."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.analyse.rows import Ratio, Verdict
from suite.report.axes import log_ticks

#: Width of every figure in user units of its SVG, with a margin for the marks at its ends.
WIDTH = 200.0
MARGIN = 8.0
STRIP_HEIGHT = 36.0


@dataclass(frozen=True, slots=True)
class LogAxis:
    """A logarithmic axis of speed-ups from `low` to `high` with a few round `ticks`; it always holds 1."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def x(self, ratio: float) -> float:
        """Return where a ratio stands; what lies beyond an end stands at the end."""
        inside = min(max(ratio, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 2)

    def labels(self) -> list[tuple[float, str]]:
        """Return where each tick stands and what is written there, `0.5`, `1`, `10k`."""
        return [(self.x(tick), f"{tick / 1000:g}k" if tick >= 1000 else f"{tick:g}") for tick in self.ticks]


@dataclass(frozen=True, slots=True)
class IntervalFigure:
    """A speed-up with its interval on an axis; `x` is None where only the lower bound is known.

    `caps` are the ends at which the interval is bounded.
    """

    axis: LogAxis
    shape: str
    low_x: float
    high_x: float
    x: float | None
    caps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a bar: which phase, where it begins and how wide it is."""

    phase: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class BarFigure:
    """The phases of one case end to end, on an axis that all cases of its group share."""

    parts: tuple[Part, ...]


def log_axis(ratios: Iterable[float]) -> LogAxis:
    """Return the axis that holds all these ratios, 1, and at least from one half to double."""
    known = [ratio for ratio in ratios if 0 < ratio < math.inf]
    lowest, highest = min([*known, 0.5]), max([*known, 2.0])
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    steps = [float(f"{step}e{power}") for power in powers for step in (1, 2, 5)]
    low = max(step for step in steps if step <= lowest)
    high = min(step for step in steps if step >= highest)
    return LogAxis(low, high, tuple(log_ticks([low, high], ((1, 2, 5), (1,)))))


def interval_figure(axis: LogAxis, ratio: Ratio, verdict: Verdict) -> IntervalFigure:
    """Return the figure of a speed-up; its shape tells the verdict without colour."""
    low, high = axis.x(ratio.low), axis.x(ratio.high)
    caps = (*([low] if ratio.low > 0 else []), *([high] if math.isfinite(ratio.high) else []))
    return IntervalFigure(axis, verdict.value, low, high, axis.x(ratio.estimate), caps)


def bound_figure(axis: LogAxis, at_least: float) -> IntervalFigure:
    """Return the figure of a speed-up of which only a lower bound is known."""
    low = axis.x(at_least)
    return IntervalFigure(axis, "bound", low, axis.x(axis.high), None, (low,))


def bar_figure(phases: Sequence[tuple[str, float]], longest_s: float) -> BarFigure:
    """Return the bar of these (phase, seconds), as wide as their share of the longest time of the group."""
    parts = []
    x = 0.0
    for phase, seconds in phases:
        width = WIDTH * seconds / longest_s if longest_s > 0 else 0.0
        if width > 0:
            parts.append(Part(phase, round(x, 2), round(width, 2)))
        x += width
    return BarFigure(tuple(parts))


@dataclass(frozen=True, slots=True)
class StripFigure:
    """The samples of one case in run order: `clean` and `disturbed` are the paths of their dots, time upwards."""

    clean: str
    disturbed: str


def strip_figure(samples: Sequence[tuple[float, bool]]) -> StripFigure | None:
    """Return the strip of these (seconds, disturbed), on a logarithmic axis from the shortest to the longest."""
    shown = [(seconds, disturbed) for seconds, disturbed in samples if seconds > 0]
    if not shown:
        return None
    low, high = (math.log(end(seconds for seconds, _ in shown)) for end in (min, max))
    across = (WIDTH - 2 * MARGIN) / max(len(shown) - 1, 1)
    paths: dict[bool, list[str]] = {False: [], True: []}
    for place, (seconds, disturbed) in enumerate(shown):
        height = (math.log(seconds) - low) / (high - low) if high > low else 0.5
        paths[disturbed].append(
            f"M{MARGIN + across * place:.0f} {STRIP_HEIGHT - 4 - height * (STRIP_HEIGHT - 8):.0f}h0"
        )
    return StripFigure("".join(paths[False]), "".join(paths[True]))
