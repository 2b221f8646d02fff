"""The roofline: operations a second of fits whose operations are known, under what their device reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from suite.analyse.rows import Analysis, CaseRow
from suite.records.run import Run
from suite.records.schema import Peak
from suite.report.alternatives import rate_words
from suite.report.charts import backend_names, roofline_chart
from suite.report.draw import Spec, draw_svg
from suite.report.page import Chart
from suite.report.text import NAME_LIMIT, number_text, visible
from suite.workloads.operations import operations

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2}
#: A roof's name: the device and the dtype.
Roofs = Mapping[tuple[str, str], Peak]


@dataclass(frozen=True, slots=True)
class Rate:
    """Operations of a fit that are known: how many, their formula, 10^9 of them a second; what its device reaches."""

    row: CaseRow
    operations: float
    formula: str
    giga_per_s: float
    peak: Peak | None

    @property
    def intensity(self) -> float:
        """Operations per byte of the training data."""
        return self.operations / (self.row.rows * self.row.features * ITEM_BYTES.get(self.row.dtype, 8))

    @property
    def share(self) -> float | None:
        """The rate over that of the roof at this intensity."""
        return 1e9 * self.giga_per_s / _height(self.peak, self.intensity) if self.peak else None


def roofs(run: Run | None) -> Roofs:
    """Return by device and dtype the most that any backend's arrays reached there."""
    found: dict[tuple[str, str], Peak] = {}
    for line in run.backends.values() if run else ():
        for one in line.peaks:
            name = line.diagnosis.device, one.dtype
            most = found.get(name, one)
            found[name] = Peak(
                dtype=one.dtype,
                flops_per_s=max(one.flops_per_s, most.flops_per_s),
                bytes_per_s=max(one.bytes_per_s, most.bytes_per_s),
            )
    return found


def rates(analysis: Analysis, tests: Mapping[str, int], peaks: Roofs) -> dict[str, Rate]:
    """Return by case what is known of the operations of its fit; `tests` are the held-out rows of every group."""
    groups = {group.id: group for group in analysis.info.plan.groups}
    found = {}
    for row in analysis.rows:
        group = groups.get(row.group)
        counted = operations(group.workload, row.rows, tests[row.group], row.features) if group else None
        if counted is not None and counted.fit and row.fit_s:
            giga_per_s = counted.fit / row.fit_s / 1e9
            found[row.case] = Rate(row, counted.fit, counted.formula, giga_per_s, peaks.get((row.device, row.dtype)))
    return found


def roofline(
    analysis: Analysis, known: Sequence[Rate], peaks: Roofs, numbers: Mapping[str, int], part_id: str
) -> Chart:
    """Return the chart for the page."""
    spec, points = roofline_spec(analysis, known, peaks, numbers)
    drawn = draw_svg(spec, f"{part_id}-rates")
    return Chart(
        "operations", roofline_title(known, peaks), drawn, tuple(one.row.case for one in known), rate_words(points)
    )


def roofline_title(known: Sequence[Rate], peaks: Roofs) -> str:
    """Return what the chart shows."""
    if _over(known, peaks):
        return "Roofline: operations a second against operations per byte, under what the device reaches"
    return "Operations a second against operations per byte; without a roof, as no peak was measured"


def roofline_spec(
    analysis: Analysis, known: Sequence[Rate], peaks: Roofs, numbers: Mapping[str, int]
) -> tuple[Spec, list[Spec]]:
    """Return the chart, with the roofs of the devices and dtypes of these rates, and its points."""
    points: list[Spec] = [
        {
            "intensity": one.intensity,
            "rate": one.giga_per_s,
            "backend": visible(one.row.backend, 32),
            "href": f"#case-{numbers[one.row.case]}",
        }
        for one in known
    ]
    over = _over(known, peaks)
    reach = [one.intensity for one in known] + [_ridge(peak) for peak in over.values()]
    ends = min(reach) / 2, max(reach) * 2
    lines: list[Spec] = [
        {"intensity": at, "rate": _height(peak, at) / 1e9, "roof": visible(" ".join(name), 48)}
        for name, peak in over.items()
        for at in (ends[0], _ridge(peak), ends[1])
    ]
    return roofline_chart(points, lines, backend_names(analysis)), points


def _over(known: Iterable[Rate], peaks: Roofs) -> Roofs:
    names = dict.fromkeys((one.row.device, one.row.dtype) for one in known)
    return {name: peaks[name] for name in names if name in peaks}


def operations_text(known: Iterable[Rate], peaks: Roofs) -> list[str]:
    """Say how operations are counted, and how the roofs were measured."""
    formulas = {one.row.algorithm: one.formula for one in known}
    if not formulas:
        return []
    counted = "; ".join(f"{visible(name, NAME_LIMIT)}: {formula}" for name, formula in sorted(formulas.items()))
    said = f"Operations are the textbook's, whatever an engine does (n rows, m held-out rows, p features): {counted}. "
    if not peaks:
        return [said + "What the device reaches is not in the records, so that the chart has no roof."]
    reached = "; ".join(
        f"{visible(device, NAME_LIMIT)}, {dtype}: {_short(peak.flops_per_s / 1e9)} GFLOP/s, "
        f"{_short(peak.bytes_per_s / 1e9)} GB/s"
        for (device, dtype), peak in peaks.items()
    )
    return [
        f"{said}The roof is what the device reached at the start of the run with its threads: the best of products of "
        f"two square matrices, and of a matrix larger than caches with a vector ({reached}). An engine whose method "
        "needs fewer operations than the textbook's, or whose data stay in the caches, can be above it."
    ]


def _height(peak: Peak, intensity: float) -> float:
    return min(peak.flops_per_s, intensity * peak.bytes_per_s)


def _ridge(peak: Peak) -> float:
    return peak.flops_per_s / peak.bytes_per_s


def _short(value: float) -> str:
    return number_text(float(f"{value:.3g}"))
