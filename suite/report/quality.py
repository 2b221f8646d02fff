"""The quality of every case against its tolerance, and the chart of speed against quality."""

from __future__ import annotations

from collections.abc import Mapping

from suite.analyse.rows import Analysis, CaseRow
from suite.records.schema import Group
from suite.report.alternatives import quality_words
from suite.report.cells import EMPTY, backend_cell, by_case, offered
from suite.report.charts import backend_names, quality_chart
from suite.report.draw import draw_svg
from suite.report.page import Cell, Chart, Column, Section, Table
from suite.report.text import NAME_LIMIT, lost_text, number_text, percent_text, visible


def quality_section(analysis: Analysis, numbers: Mapping[str, int], *, draw: bool, part_id: str) -> Section:
    """Return the quality of every case against the tolerance, and the chart of speed-ups against it."""
    groups = {group.id: group for group in analysis.info.plan.groups}

    def cells(row: CaseRow) -> list[Cell]:
        return [
            backend_cell(row),
            Cell(number_text(row.quality), row.quality),
            _difference_cell(row, analysis.reference),
            _tolerance_cell(row, groups.get(row.group)),
            Cell(row.parity.value, row.parity.value, lost_text(row), tone=f"parity-{row.parity.value}"),
        ]

    chart = quality_chart(analysis, backend_names(analysis), numbers) if draw else None
    charts = [
        Chart(
            "speed-and-quality",
            "Speed against quality: the thin line is the Pareto front, below the dashed line parity is lost",
            draw_svg(spec, f"{part_id}-quality"),
            tuple(row.case for row in shown),
            quality_words(shown),
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
                by_case(offered(analysis), cells, lambda row: _judged(row, groups.get(row.group))),
                of_cases=True,
            )
        ],
        [
            "A result that is worse than the reference's by more than the workload's tolerance has lost parity: its "
            "time is kept, but it has no speed-up and enters no mean."
        ],
        charts=charts,
    )


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
