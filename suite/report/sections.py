"""The tables of a run's results, one row a case: speed-ups, quality, phases, coverage, samples."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from suite.analyse.rows import Analysis, CaseRow, Parity, Ratio, Verdict
from suite.records.schema import FELL_BACK_SUFFIX, Group, Status
from suite.report.charts import backend_names, quality_chart
from suite.report.draw import draw_svg
from suite.report.figures import (
    IntervalFigure,
    LogAxis,
    bar_figure,
    bound_figure,
    interval_figure,
    log_axis,
    strip_figure,
)
from suite.report.page import Block, Cell, Chart, Column, Section, Table
from suite.report.text import (
    NAME_LIMIT,
    at_least_text,
    count_text,
    interval_text,
    lost_text,
    number_text,
    percent_text,
    ratio_text,
    visible,
)
from suite.units import format_bytes, format_time

EMPTY = Cell("–")
PHASES = ("copy in", "fit", "predict", "copy out")


#: By case (id): seconds of fit and predict of every sample in run order, and whether it was disturbed.
Strips = Mapping[str, Sequence[tuple[float, bool]]]


def speedup_section(analysis: Analysis) -> Section:
    """Return the table of every case's speed-ups, with their intervals."""
    axis = log_axis(_shown_ratios(analysis.rows))
    reference = visible(analysis.reference, NAME_LIMIT)
    confidence = percent_text(analysis.info.plan.settings.confidence)
    rows = [row for row in analysis.rows if row.backend != analysis.reference and not row.absent]
    return Section(
        "speedups",
        "Speed-ups",
        [_speedup_table(reference, rows, axis)] if rows else [],
        [
            f"How many times as fast as {reference} on the same data at equal quality; above 1 is faster. "
            f"Each figure has its {confidence} interval, drawn on a logarithmic axis whose strong line is 1."
        ],
    )


def _shown_ratios(rows: Iterable[CaseRow]) -> list[float]:
    shown = []
    for row in rows:
        for ratio in (row.speedup, row.end_to_end):
            if ratio is not None:
                shown += [ratio.low, ratio.estimate, ratio.high]
        if row.speedup_at_least is not None:
            shown.append(row.speedup_at_least)
    return shown


def _speedup_table(reference: str, rows: Sequence[CaseRow], axis: LogAxis) -> Table:
    def cells(row: CaseRow) -> list[Cell]:
        return [
            case_cell(row),
            backend_cell(row),
            verdict_cell(row),
            _ratio_cell(row.speedup, row, axis),
            _ratio_cell(row.end_to_end, row, axis),
            engine_cell(row),
        ]

    columns = [
        Column("Workload"),
        Column("Backend"),
        Column("Verdict"),
        Column("Speed-up, data in place", axis=axis),
        Column("Speed-up, end to end", axis=axis),
        Column("Engine that ran"),
    ]
    return Table(f"Every backend against {reference}", columns, [Block([cells(row) for row in rows])], of_cases=True)


def case_cell(row: CaseRow) -> Cell:
    """Return the heading of a case's row: the workload, and what data it ran on."""
    shape = f"{row.rows:,} × {row.features:,}" if row.rows else ""
    order = "Fortran order" if row.order == "F" else ""
    return Cell(
        visible(row.workload, NAME_LIMIT),
        detail=" · ".join(part for part in (row.size, shape, row.dtype, order) if part),
        case=row.case,
    )


def verdict_cell(row: CaseRow) -> Cell:
    """Return a case's verdict, or why it has none."""
    verdict = row.verdict.value
    if row.verdict is not Verdict.NONE:
        return Cell(verdict, verdict, tone=verdict)
    if row.speedup_at_least is not None:
        return Cell("lower bound only", verdict, "the reference did not finish", tone="bound")
    return Cell("no speed-up", verdict, why_none(row), tone="none")


def why_none(row: CaseRow) -> str:
    """Return why a case has no speed-up, in a few words."""
    if row.status is not Status.MEASURED:
        return row.status.value
    words = {
        Parity.LOST: f"quality is not equal ({lost_text(row)})" if lost_text(row) else "quality is not equal",
        Parity.UNDECIDED: "too few seeds to tell whether quality is equal",
        Parity.UNKNOWN: "no reference quality to compare with",
    }
    return words.get(row.parity, row.reason or "nothing to compare with")


def _ratio_cell(ratio: Ratio | None, row: CaseRow, axis: LogAxis) -> Cell:
    figure: IntervalFigure
    if ratio is not None:
        figure = interval_figure(axis, ratio, row.verdict)
        return Cell(ratio_text(ratio), ratio.estimate, interval_text(ratio), figure=figure)
    if row.speedup_at_least is not None:
        figure = bound_figure(axis, row.speedup_at_least)
        return Cell(at_least_text(row.speedup_at_least), row.speedup_at_least, "lower bound", figure=figure)
    return EMPTY


def engine_cell(row: CaseRow) -> Cell:
    """Return what fit and predict really ran on."""
    engines = [
        (engine, phase) for engine, phase in ((row.engine_fit, "fit"), (row.engine_predict, "predict")) if engine
    ]
    if not engines:
        return EMPTY
    names = list(dict.fromkeys(engine for engine, _ in engines))
    text = names[0] if len(names) == 1 else "; ".join(f"{phase}: {engine}" for engine, phase in engines)
    fell_back = row.status is Status.FELL_BACK or any(name.endswith(FELL_BACK_SUFFIX) for name in names)
    return Cell(
        visible(text, 2 * NAME_LIMIT), detail=row.reason if fell_back else "", tone="fell-back" if fell_back else ""
    )


def quality_section(analysis: Analysis, numbers: Mapping[str, int], *, draw: bool, part_id: str) -> Section:
    """Return the quality of every case against the tolerance, and the chart of speed-ups against it."""
    groups = {group.id: group for group in analysis.info.plan.groups}

    def cells(row: CaseRow) -> list[Cell]:
        return [
            backend_cell(row),
            Cell(number_text(row.quality), row.quality),
            _difference_cell(row, analysis.reference),
            _tolerance_cell(row, groups.get(row.group)),
            Cell(row.parity.value, row.parity.value, tone=f"parity-{row.parity.value}"),
        ]

    chart = quality_chart(analysis, backend_names(analysis), numbers) if draw else None
    charts = [
        Chart(
            "speed-and-quality",
            "Speed against quality: the thin line is the Pareto front, below the dashed line parity is lost",
            draw_svg(spec, f"{part_id}-quality"),
            tuple(row.case for row in shown),
        )
        for spec, shown in ([chart] if chart else [])
    ]
    return Section(
        "quality",
        "Quality and parity",
        [
            Table(
                "Quality of the results, computed in float64 outside the timed path",
                [
                    Column("Workload"),
                    Column("Backend"),
                    Column("Quality", numeric=True),
                    Column("Against the reference", numeric=True),
                    Column("Tolerance", numeric=True),
                    Column("Parity"),
                ],
                _by_case(_offered(analysis), cells, lambda row: _judged(row, groups.get(row.group))),
                of_cases=True,
            )
        ],
        [
            "A result that is worse than the reference's by more than the workload's tolerance has lost parity: its "
            "time is kept, but it has no speed-up and enters no mean."
        ],
        charts=charts,
    )


def _by_case(
    rows: Iterable[CaseRow],
    cells: Callable[[CaseRow], list[Cell]],
    remark: Callable[[CaseRow], str] | None = None,
) -> list[Block]:
    """Return one row a case: its workload, with a remark, then these cells."""

    def heading(row: CaseRow) -> Cell:
        cell = case_cell(row)
        return replace(cell, detail=f"{cell.detail} · {remark(row)}") if remark else cell

    return [Block([[heading(row), *cells(row)] for row in rows])]


def _offered(analysis: Analysis) -> list[CaseRow]:
    """Return the rows of what the engines have."""
    return [row for row in analysis.rows if not row.absent]


def backend_cell(row: CaseRow) -> Cell:
    """Return the heading of a row within its group."""
    return Cell(visible(row.backend, NAME_LIMIT))


def _judged(row: CaseRow, group: Group | None) -> str:
    metric = visible(row.metric, NAME_LIMIT)
    if group is None:
        return metric
    quality = group.workload.quality
    return f"{metric}, {quality.direction.value} is better; tolerance: {quality.origin}"


def _difference_cell(row: CaseRow, reference: str) -> Cell:
    if row.backend == reference or row.quality is None or row.quality_reference is None:
        return EMPTY
    difference = row.quality - row.quality_reference
    return Cell(f"{difference:+.3g}" if difference else "0", difference)


def _tolerance_cell(row: CaseRow, group: Group | None) -> Cell:
    if group is None:
        return Cell(number_text(row.tolerance), row.tolerance)
    relative = group.workload.quality.relative
    return Cell(f"{percent_text(row.tolerance)} of it" if relative else number_text(row.tolerance), row.tolerance)


def phase_section(analysis: Analysis) -> Section:
    """Return where the time of every case goes."""
    longest: dict[str, float] = {}
    longest_first: dict[str, float] = {}
    for row in analysis.rows:
        longest[row.group] = max(longest.get(row.group, 0.0), sum(seconds for _, seconds in _phase_times(row)))
        first_s = (row.import_s or 0.0) + (row.cold_s or 0.0)
        longest_first[row.group] = max(longest_first.get(row.group, 0.0), first_s)

    def cells(row: CaseRow) -> list[Cell]:
        times = (row.import_s, row.cold_s, row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s)
        parts = _phase_times(row)
        bar = Cell("", figure=bar_figure(parts, longest[row.group])) if parts else EMPTY
        once = [("import", row.import_s or 0.0), ("cold", row.cold_s or 0.0)] if row.cold_s is not None else []
        first = Cell("", figure=bar_figure(once, longest_first[row.group])) if once else EMPTY
        return [backend_cell(row), *(_time_cell(seconds) for seconds in times), _moving_cell(row), bar, first]

    titles = ("Import", "Cold", "Copy in", "Fit", "Predict", "Copy out")
    return Section(
        "phases",
        "Phases",
        [
            Table(
                "Where the time goes: medians in wall-clock time per call",
                [
                    Column("Workload"),
                    Column("Backend"),
                    *(Column(title, numeric=True) for title in titles),
                    Column("Moves data", numeric=True),
                    Column("Share of the slowest", legend=PHASES),
                    Column("First pass, share of the slowest", legend=("import", "cold")),
                ],
                _by_case(_offered(analysis), cells),
                of_cases=True,
            )
        ],
        [
            "Import is loading the library, once a process; cold is the first pass in a fresh process, with context "
            "creation and compilation. Neither enters a speed-up. The bars of one workload share one axis. Moves data "
            "is the share of copies in the time from end to end."
        ],
    )


def _moving_cell(row: CaseRow) -> Cell:
    times = dict(_phase_times(row))
    whole = sum(times.values())
    if not whole:
        return EMPTY
    share = (times.get("copy in", 0.0) + times.get("copy out", 0.0)) / whole
    return Cell(percent_text(share), share)


def _time_cell(seconds: float | None) -> Cell:
    if seconds is None:
        return EMPTY
    return Cell(format_time(seconds) if seconds else "0", seconds)


def _phase_times(row: CaseRow) -> list[tuple[str, float]]:
    times = zip(PHASES, (row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s), strict=True)
    return [(phase, seconds) for phase, seconds in times if seconds is not None]


def coverage_section(analysis: Analysis) -> Section:
    """Return how the cases ended, and why some have no speed-up."""
    compared = not analysis.reached
    silent = [
        row for row in analysis.rows if row.status is not Status.MEASURED or (compared and row.verdict is Verdict.NONE)
    ]
    tables = [_coverage_table(analysis)]
    if silent:
        tables.append(_failure_table(silent))
    else:
        return Section("coverage", "Failures and coverage", tables, ["Nothing failed: every case has its speed-up."])
    return Section("coverage", "Failures and coverage", tables)


def _coverage_table(analysis: Analysis) -> Table:
    statuses = [status for status in Status if any(row.status is status for row in analysis.rows)]

    def cells(backend: str) -> list[Cell]:
        rows = [row for row in analysis.rows if row.backend == backend]
        ended = Counter(row.status for row in rows)
        compared = sum(row.speedup is not None for row in rows)
        return [
            Cell(visible(backend, NAME_LIMIT)),
            Cell(f"{len(rows):,}", len(rows)),
            *(Cell(f"{ended[status]:,}", ended[status]) for status in statuses),
            EMPTY if backend == analysis.reference else Cell(f"{compared:,}", compared),
        ]

    backends = dict.fromkeys(row.backend for row in analysis.rows)
    titles = ("Cases", *(status.value.capitalize() for status in statuses), "With a speed-up")
    return Table(
        "How the cases ended",
        [Column("Backend"), *(Column(title, numeric=True) for title in titles)],
        [Block([cells(backend) for backend in backends])],
    )


def _failure_table(rows: Iterable[CaseRow]) -> Table:
    def cells(row: CaseRow) -> list[Cell]:
        tone = row.status.name.lower().replace("_", "-") if row.status is not Status.MEASURED else "none"
        reason = row.reason or (why_none(row) if row.status is Status.MEASURED else "")
        status = Cell(row.status.value, row.status.value, tone=tone)
        return [case_cell(row), backend_cell(row), status, Cell(reason or "–", detail=last_line(row.last_words))]

    return Table(
        "Cases without a speed-up, and why",
        [Column("Workload"), Column("Backend"), Column("Status"), Column("Reason")],
        [Block([cells(row) for row in rows])],
        of_cases=True,
    )


def last_line(text: str) -> str:
    """Return the last line of what a worker said, which names the error."""
    return visible(text.strip().rpartition("\n")[2])


def sample_section(analysis: Analysis, strips: Strips) -> Section:
    """Return the samples of every case in run order, disturbances and stop reasons."""

    def cells(row: CaseRow) -> list[Cell]:
        share = f"{percent_text(row.disturbed / row.samples)} of them" if row.samples and row.disturbed else ""
        return [
            backend_cell(row),
            Cell(f"{row.samples:,}", row.samples),
            Cell(f"{row.disturbed:,}", row.disturbed, share),
            Cell(f"{row.processes:,}", row.processes),
            EMPTY if row.cpu_over_wall is None else Cell(f"{row.cpu_over_wall:.2f}", row.cpu_over_wall),
            _bytes_cell(row.peak_host_bytes),
            _bytes_cell(row.peak_device_bytes),
            Cell(row.stop_reason or "–"),
            Cell("", figure=strip) if (strip := strip_figure(strips.get(row.case, ()))) else EMPTY,
        ]

    titles = ("Samples", "Disturbed", "Processes", "CPU ÷ wall", "Peak host memory", "Peak device memory")
    return Section(
        "samples",
        "Disturbance and stop reasons",
        [
            Table(
                "What was sampled, and why it stopped",
                [
                    Column("Workload"),
                    Column("Backend"),
                    *(Column(title, numeric=True) for title in titles),
                    Column("Stopped because"),
                    Column("In run order"),
                ],
                _by_case(_offered(analysis), cells),
                of_cases=True,
            )
        ],
        [
            f"{percent_text(analysis.disturbed_share)} of all samples were disturbed: others used the CPU, the clock "
            "was throttled, or the CPU time was far from its usual share. Disturbed samples are marked and kept; short "
            "ones that had to wait for a CPU were measured again beside them. In run order, a dot is a sample's fit "
            "and predict, from the shortest (below) to the longest on a logarithmic axis; hollow ones were disturbed.",
            *_noise_floor(analysis),
        ],
    )


def _noise_floor(analysis: Analysis) -> list[str]:
    """Say how far measurements of the reference against itself (A/A) were apart, where a run has such a backend."""
    engines = {row.group: (row.engine_fit, row.engine_predict) for row in analysis.rows if is_reference(analysis, row)}
    same = [
        row.speedup
        for row in analysis.rows
        if not is_reference(analysis, row)
        and row.backend.partition("@")[0].partition(":")[0] == analysis.reference
        and (row.engine_fit, row.engine_predict) == engines.get(row.group)
        and row.speedup is not None
    ]
    if not same:
        return []
    furthest = max(abs(math.log(ratio.estimate)) for ratio in same)
    return [
        f"Noise floor: in {count_text(len(same), 'case')} the reference was measured against itself; the largest "
        f"apparent difference is {percent_text(math.expm1(furthest))}."
    ]


def is_reference(analysis: Analysis, row: CaseRow) -> bool:
    """Whether a case is the reference's."""
    return row.backend == analysis.reference


def _bytes_cell(size: int | None) -> Cell:
    return EMPTY if size is None else Cell(format_bytes(size), size)
