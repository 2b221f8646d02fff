"""How times grow with the rows, and from which size on a backend pays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suite.analyse.rows import Analysis, CaseRow, Ratio
from suite.analyse.speedups import Span
from suite.records.run import Run
from suite.stats.breakeven import BreakEven, SizePoint, break_even
from suite.stats.medians import median_interval


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """One size of a curve: seconds of fit and predict, and their interval where the samples are at hand."""

    row: CaseRow
    seconds: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One backend over the sizes of a workload that differ in rows only; `points` ascend.

    The break-even sizes are None for the reference, and where fewer than two sizes have a speed-up.
    """

    backend: str
    points: tuple[ScalePoint, ...]
    resident: BreakEven | None
    end_to_end: BreakEven | None


@dataclass(frozen=True, slots=True)
class Scaling:
    """A workload with at least two sizes of the same features, and the curve of each backend."""

    workload: str
    algorithm: str
    dtype: str
    order: str
    features: int
    curves: tuple[Curve, ...]


def scalings(analysis: Analysis, run: Run | None = None) -> list[Scaling]:
    """Return the workloads that were measured at several numbers of rows, in the order of the plan.

    Times have intervals only if `run`, with the samples, is given.
    """
    families: dict[tuple[str, str, str, int], list[CaseRow]] = {}
    for row in analysis.rows:
        if row.fit_s is not None and row.resident_s is not None and row.rows:
            families.setdefault((row.workload, row.dtype, row.order, row.features), []).append(row)
    seconds = _resident_seconds(run) if run else {}
    found = []
    for (workload, dtype, order, features), rows in families.items():
        if len({row.rows for row in rows}) > 1:
            curves = tuple(
                _curve(analysis, backend, rows, seconds) for backend in dict.fromkeys(r.backend for r in rows)
            )
            found.append(Scaling(workload, rows[0].algorithm, dtype, order, features, curves))
    return found


def _curve(analysis: Analysis, backend: str, rows: Iterable[CaseRow], seconds: Mapping[str, Sequence[float]]) -> Curve:
    own = sorted((row for row in rows if row.backend == backend), key=lambda row: row.rows)
    settings = analysis.info.plan.settings
    points = tuple(_point(row, seconds.get(row.case, ()), 1 - settings.confidence) for row in own)

    def crossing(ratios: Sequence[tuple[int, Ratio | None]]) -> BreakEven | None:
        sizes = {rows: SizePoint(rows, r.estimate, r.low, r.high) for rows, r in ratios if r is not None}
        if len(sizes) < 2:
            return None
        return break_even([*sizes.values()], confidence=settings.confidence, seed=settings.seed)

    return Curve(
        backend,
        points,
        crossing([(row.rows, row.speedup) for row in own]),
        crossing([(row.rows, row.end_to_end) for row in own]),
    )


def _point(row: CaseRow, seconds: Sequence[float], alpha: float) -> ScalePoint:
    if not seconds:
        return ScalePoint(row, row.resident_s or 0.0, None, None)
    centre, low, high = median_interval(np.array(seconds), alpha=alpha)
    return ScalePoint(row, centre, low if low > 0 else None, high if np.isfinite(high) else None)


def _resident_seconds(run: Run) -> dict[str, list[float]]:
    """Return by case the seconds of the samples that are compared: the undisturbed ones if they are at least half."""
    clean: dict[str, list[float]] = {}
    every: dict[str, list[float]] = {}
    for record in run.groups:
        for line in record.rounds:
            for case, sample in line.chosen().items():
                seconds = Span.RESIDENT.seconds(sample)
                every.setdefault(case, []).append(seconds)
                if not sample.marks:
                    clean.setdefault(case, []).append(seconds)
    return {
        case: own if 2 * len(own := clean.get(case, [])) >= len(values) else values for case, values in every.items()
    }
