"""The sections that look at many cases together: scaling and break-even sizes, and the summary."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from suite.analyse.rows import Analysis, BackendMean, Ratio
from suite.analyse.scaling import Curve, Scaling, scalings
from suite.records.run import Run
from suite.report.alternatives import mean_words, profile_words, scaling_words
from suite.report.cells import EMPTY, backend_cell
from suite.report.charts import backend_names, mean_chart, profile_chart, scaling_chart
from suite.report.draw import MISSING, draw_svg
from suite.report.page import Block, Cell, Chart, Column, Section, Table
from suite.report.text import NAME_LIMIT, interval_text, percent_text, ratio_text, visible
from suite.stats.breakeven import BreakEven
from suite.stats.means import geometric_mean

#: More panels than this are left to the table: each takes 0.1 s and 20 kB.
MOST_PANELS = 9


def scaling_section(
    analysis: Analysis, run: Run | None, numbers: Mapping[str, int], *, draw: bool, part_id: str
) -> list[Section]:
    """Return times against rows with the break-even sizes; nothing where no workload has two sizes."""
    found = scalings(analysis, run)
    if not found:
        return []
    names = backend_names(analysis)
    charts = [
        Chart(
            f"scaling-{number}",
            f"{visible(one.workload, NAME_LIMIT)} · {one.features:,} features · {one.dtype}",
            draw_svg(scaling_chart(one, names, numbers), f"{part_id}-scaling-{number}"),
            tuple(point.row.case for curve in one.curves for point in curve.points),
            scaling_words(one),
        )
        for number, one in enumerate(found[:MOST_PANELS] if draw else [])
    ]
    more = (
        f"The first {MOST_PANELS} of {len(found)} workloads are drawn; the table has all. "
        if charts and len(found) > MOST_PANELS
        else ""
    )
    confidence = percent_text(analysis.info.plan.settings.confidence)
    text = (
        f"{more}Dots are medians of fit and predict with their {confidence} intervals where samples suffice for one, "
        "on logarithmic axes. The break-even size, an upright line with its interval shaded, is where the speed-up "
        "rises through 1 to stay above it, along straight lines between the sizes measured; dashed it is extrapolated "
        "beyond them."
    )
    return [Section("scaling", "Scaling and break-even sizes", [_scaling_table(found)], [text], charts=charts)]


def _scaling_table(found: Sequence[Scaling]) -> Table:
    def cells(one: Scaling, curve: Curve) -> list[Cell]:
        sizes = ", ".join(f"{point.row.rows:,}" for point in curve.points)
        last = curve.points[-1].row
        detail = f"{one.features:,} features · {one.dtype}{' · Fortran order' if one.order == 'F' else ''}"
        return [
            Cell(visible(one.workload, NAME_LIMIT), detail=detail, case=last.case),
            backend_cell(last),
            Cell(sizes),
            _break_even_cell(curve.resident),
            _break_even_cell(curve.end_to_end),
        ]

    rows = [cells(one, curve) for one in found for curve in one.curves if curve.resident is not None]
    titles = ("Workload", "Backend", "Rows measured", "Break-even, data in place", "Break-even, end to end")
    return Table(
        "From which number of rows on a backend pays", [Column(t) for t in titles], [Block(rows)], of_cases=True
    )


def _break_even_cell(found: BreakEven | None) -> Cell:
    if found is None:
        return EMPTY
    if found.rows is None:
        return Cell(found.kind.value, detail=_ends(found))
    high = f"{_rows(found.high)}" if math.isfinite(found.high) else "perhaps never"
    low = _rows(found.low) if found.low > 0 else "below all sizes"
    return Cell(f"{_rows(found.rows)} rows", found.rows, f"{low} to {high}; {found.kind.value}")


def _ends(found: BreakEven) -> str:
    """Say what the interval leaves open of a size that is not among those measured."""
    if math.isfinite(found.low) and found.low > 0:
        return f"perhaps from {_rows(found.low)} rows on"
    return f"for sure from {_rows(found.high)} rows on" if 0 < found.high < math.inf else ""


def _rows(rows: float) -> str:
    return f"{float(f'{rows:.2g}'):,.0f}"


def summary_section(analysis: Analysis, *, draw: bool, part_id: str) -> Section:
    """Return geometric means with their coverage, by task too, and the performance profile."""
    names = backend_names(analysis)
    charts = []
    if draw and analysis.means:
        means = mean_chart(analysis, names)
        if means:
            charts.append(
                Chart(
                    "means",
                    "Geometric means with their 95 % intervals",
                    draw_svg(means, f"{part_id}-means"),
                    alternative=mean_words(analysis),
                )
            )
        profile = draw_svg(profile_chart(analysis, names), f"{part_id}-profile")
        charts.append(
            Chart(
                "performance-profile",
                "Performance profile: higher is better, failures never rise",
                profile,
                alternative=profile_words(analysis, names),
            )
        )
    rows = [_mean_cells(mean, "all tasks") for mean in analysis.means]
    rows += [_mean_cells(mean, task) for task, mean in _by_task(analysis)]
    titles = ("Tasks", "Geometric mean", "At parity", "Asked", "Faster", "Slower", "Same", "Ambiguous")
    columns = [Column("Backend"), *(Column(title, numeric=title != "Tasks") for title in titles)]
    text = [
        "A mean is over cases at parity only, every workload weighing the same; its interval is over workloads, not "
        "over noise. The profile says for what share of the cases a backend is at parity and within a factor of the "
        "best time from end to end (Dolan & Moré 2002): where a curve begins is how often it is the "
        "fastest, where it ends is its coverage.",
        *([] if draw else [MISSING]),
    ]
    tables = [Table("Geometric means of speed-ups, data in place", columns, [Block(rows)])] if rows else []
    return Section("summary", "Summary", tables, text, charts=charts)


def _by_task(analysis: Analysis) -> list[tuple[str, BackendMean]]:
    tasks = dict.fromkeys(row.task for row in analysis.rows)
    if len(tasks) < 2:
        return []
    return [(task, _mean_of(analysis, mean.backend, task)) for mean in analysis.means for task in tasks]


def _mean_of(analysis: Analysis, backend: str, task: str) -> BackendMean:
    rows = [row for row in analysis.rows if row.backend == backend and row.task == task]
    logs: dict[str, list[float]] = {}
    for row in rows:
        if row.speedup is not None:
            logs.setdefault(row.workload, []).append(math.log(row.speedup.estimate))
    means = np.array([sum(one) / len(one) for one in logs.values()])
    verdicts = [row.verdict.value for row in rows]
    seed = analysis.info.plan.settings.seed
    return BackendMean(
        backend=backend,
        speedup=Ratio(*geometric_mean(means, seed=seed)) if logs else None,
        covered=sum(row.speedup is not None for row in rows),
        asked=len(rows),
        faster=verdicts.count("faster"),
        slower=verdicts.count("slower"),
        same=verdicts.count("same"),
        ambiguous=verdicts.count("ambiguous"),
    )


def _mean_cells(mean: BackendMean, tasks: str) -> list[Cell]:
    counts = (mean.covered, mean.asked, mean.faster, mean.slower, mean.same, mean.ambiguous)
    ratio = EMPTY
    if mean.speedup is not None:
        ratio = Cell(ratio_text(mean.speedup), mean.speedup.estimate, interval_text(mean.speedup))
    return [Cell(visible(mean.backend, NAME_LIMIT)), Cell(tasks), ratio, *(Cell(f"{one:,}", one) for one in counts)]
