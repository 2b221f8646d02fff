"""The sections that look at many cases together: scaling and break-even sizes, the summary, throughput and cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from suite.analyse.operations import Operations, operations
from suite.analyse.rows import Analysis, BackendMean, CaseRow, Ratio
from suite.analyse.scaling import Curve, Scaling, scalings
from suite.records.run import Run
from suite.records.schema import Group
from suite.report.alternatives import mean_words, profile_words, rate_words, scaling_words
from suite.report.cells import EMPTY, backend_cell, case_cell
from suite.report.charts import backend_names, mean_chart, profile_chart, rate_chart, scaling_chart
from suite.report.draw import MISSING, Spec, draw_svg
from suite.report.page import Block, Cell, Chart, Column, Section, Table
from suite.report.text import NAME_LIMIT, interval_text, number_text, percent_text, ratio_text, visible
from suite.stats.breakeven import BreakEven
from suite.stats.means import geometric_mean
from suite.units import format_time

#: More panels than this are left to the table: each takes 0.1 s and 20 kB.
MOST_PANELS = 9
ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2}


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
        "on logarithmic axes. The break-even size, an upright line, is where the speed-up last rises through 1, along "
        "straight lines between the sizes measured; dashed it is extrapolated beyond them."
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
        return Cell(found.kind.value)
    high = f"{_rows(found.high)}" if math.isfinite(found.high) else "perhaps never"
    low = _rows(found.low) if found.low > 0 else "below all sizes"
    return Cell(f"{_rows(found.rows)} rows", found.rows, f"{low} to {high}; {found.kind.value}")


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


def throughput_section(
    analysis: Analysis,
    run: Run | None,
    numbers: Mapping[str, int],
    prices: Mapping[str, float],
    *,
    draw: bool,
    part_id: str,
) -> Section:
    """Return rows and bytes a second, operations a second where they are known, and cost where prices are given."""
    groups = {group.id: group for group in analysis.info.plan.groups}
    tests = _test_rows(analysis, run)
    points: list[Spec] = []
    cases: list[str] = []
    formulas: dict[str, str] = {}

    def cells(row: CaseRow) -> list[Cell]:
        price = _price(row, analysis, prices)
        return [
            case_cell(row),
            backend_cell(row),
            *_rate_cells(row, tests[row.group]),
            rate(row),
            *([_cost_cell(row, price)] if prices else []),
        ]

    def rate(row: CaseRow) -> Cell:
        counted = _counted(groups.get(row.group), row, tests)
        if counted is None or not row.fit_s or not counted.fit:
            return EMPTY
        per_second = counted.fit / row.fit_s / 1e9
        formulas[row.algorithm] = counted.formula
        size = row.rows * row.features * ITEM_BYTES.get(row.dtype, 8)
        cases.append(row.case)
        point = {"intensity": counted.fit / size, "rate": per_second, "backend": visible(row.backend, 32)}
        points.append(point | {"href": f"#case-{numbers[row.case]}"})
        return Cell(number_text(float(f"{per_second:.3g}")), per_second)

    rows = [cells(row) for row in analysis.rows if row.fit_s is not None]
    titles = ("Fit, rows/s", "Predict, held-out rows/s", "Fit, GB/s", "Fit, GFLOP/s")
    columns = [Column("Workload"), Column("Backend"), *(Column(title, numeric=True) for title in titles)]
    columns += [Column("Cost of 1,000 passes", numeric=True)] if prices else []
    known = "; ".join(f"{visible(name, NAME_LIMIT)}: {formula}" for name, formula in sorted(formulas.items()))
    text = ["GB/s is the training data's bytes over the time of fit: what it would take to read them once."]
    if known:
        text.append(
            f"Operations are the textbook's, whatever an engine does (n rows, m held-out rows, p features): {known}. "
            "The peaks of the machine are not in the records, so that the chart has no roof."
        )
    if prices:
        text.append("Cost is of passes from end to end at the prices per hour given when the page was written.")
    charts = []
    if draw and points:
        svg = draw_svg(rate_chart(points, backend_names(analysis)), f"{part_id}-rates")
        charts.append(
            Chart(
                "operations",
                "Operations a second against operations per byte; without a roof, as no peak was measured",
                svg,
                tuple(cases),
                rate_words(points),
            )
        )
    tables = [Table("Throughput", columns, [Block(rows)], of_cases=True)] if rows else []
    return Section("throughput", "Throughput", tables, text, charts=charts)


def _test_rows(analysis: Analysis, run: Run | None) -> dict[str, int]:
    planned = {group.id: group.workload.data[group.size].n_test for group in analysis.info.plan.groups}
    started = {one.group.id: one.started for one in run.groups} if run else {}
    measured = {name: line.data["X_test"].shape[0] for name, line in started.items() if line and "X_test" in line.data}
    tests = planned | measured
    return {row.group: tests.get(row.group, 0) for row in analysis.rows}


def _counted(group: Group | None, row: CaseRow, tests: Mapping[str, int]) -> Operations | None:
    return operations(group, row.rows, tests[row.group], row.features) if group else None


def _rate_cells(row: CaseRow, test_rows: int) -> list[Cell]:
    if not row.fit_s or not row.rows:
        return [EMPTY, EMPTY, EMPTY]
    rate = row.rows / row.fit_s
    gigabytes = rate * row.features * ITEM_BYTES.get(row.dtype, 8) / 1e9
    predict = EMPTY
    if row.predict_s and test_rows:
        predict = Cell(f"{test_rows / row.predict_s:,.0f}", test_rows / row.predict_s)
    return [Cell(f"{rate:,.0f}", rate), predict, Cell(f"{gigabytes:.3g}", gigabytes)]


def _price(row: CaseRow, analysis: Analysis, prices: Mapping[str, float]) -> float | None:
    """Return what an hour costs: the price of the backend, of the machine's id, or of any machine."""
    for name in (row.backend, analysis.info.machine.id, "machine"):
        if name in prices:
            return prices[name]
    return None


def _cost_cell(row: CaseRow, price: float | None) -> Cell:
    times = [one for one in (row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s) if one is not None]
    if price is None or not times:
        return EMPTY
    cost = 1000 * sum(times) / 3600 * price
    return Cell(f"{cost:.3g}", cost, f"{format_time(sum(times))} each")
