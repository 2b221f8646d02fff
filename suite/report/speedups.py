"""The table of every case's speed-ups, each with its interval on one axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suite.analyse.rows import Analysis, CaseRow, Ratio, Verdict
from suite.report.cells import EMPTY, backend_cell, case_cell, engine_cell, verdict_cell
from suite.report.figures import IntervalFigure, LogAxis, bound_figure, interval_figure, log_axis
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import NAME_LIMIT, at_least_text, interval_text, percent_text, ratio_text, visible


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
            "How many times as fast as the baseline on the same data at equal quality; above 1 is faster. "
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
            _ratio_cell(row.speedup, row.verdict, row, axis),
            _ratio_cell(row.end_to_end, row.verdict_end_to_end, row, axis),
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


def _ratio_cell(ratio: Ratio | None, verdict: Verdict, row: CaseRow, axis: LogAxis) -> Cell:
    figure: IntervalFigure
    if ratio is not None:
        figure = interval_figure(axis, ratio, verdict)
        return Cell(ratio_text(ratio), ratio.estimate, interval_text(ratio), figure=figure)
    if row.speedup_at_least is not None:
        figure = bound_figure(axis, row.speedup_at_least)
        return Cell(at_least_text(row.speedup_at_least), row.speedup_at_least, "lower bound", figure=figure)
    return EMPTY
