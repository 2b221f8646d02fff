"""What the use of fitted models costs: rows a second of a batch, and the latency of single rows."""

from __future__ import annotations

from collections.abc import Sequence

from suite.analyse.rows import Analysis, CaseRow, Ratio
from suite.report.cells import EMPTY, backend_cell, case_cell, time_cell
from suite.report.figures import bar_figure
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import interval_text, percent_text, ratio_text

#: The parts of the bar of a latency: up to the median, and on from there to the 99th percentile.
LATENCIES = ("median", "to the 99th percentile")

TEXT = (
    "The model was fitted once, before the timed path. Rows a second are the held-out rows over the median time of "
    "predict, data in place. A latency is of a whole call for one row that comes from the host and goes back there: "
    "copy in, predict, copy out; each sample has many such calls, of which its median and 99th percentile are taken, "
    "and the table has the medians of those over the samples. Speed-ups are of predict, with {confidence} intervals."
)


def inference_section(analysis: Analysis) -> list[Section]:
    """Return the section; nothing where no model was only used."""
    batches = [row for row in analysis.rows if row.rows_per_s]
    singles = [row for row in analysis.rows if row.latency_p50_s is not None]
    tables = [*([_batch_table(batches)] if batches else []), *([_latency_table(singles)] if singles else [])]
    if not tables:
        return []
    confidence = percent_text(analysis.info.plan.settings.confidence)
    return [Section("inference", "Inference", tables, [TEXT.format(confidence=confidence)])]


def _batch_table(rows: Sequence[CaseRow]) -> Table:
    most = {row.group: max(one.rows_per_s or 0.0 for one in rows if one.group == row.group) for row in rows}

    def cells(row: CaseRow) -> list[Cell]:
        rate = row.rows_per_s or 0.0
        bar = bar_figure([("predict", rate)], most[row.group])
        return [
            case_cell(row),
            backend_cell(row),
            Cell(f"{rate:,.0f}", rate),
            time_cell(row.predict_s),
            _ratio_cell(row.predict),
            Cell("", figure=bar),
        ]

    columns = [
        Column("Workload"),
        Column("Backend"),
        Column("Rows/s", numeric=True),
        Column("A batch", numeric=True),
        Column("Speed-up", numeric=True),
        Column("Share of the fastest"),
    ]
    return Table("Batches: all held-out rows at once", columns, [Block([cells(row) for row in rows])], of_cases=True)


def _latency_table(rows: Sequence[CaseRow]) -> Table:
    longest = {
        row.group: max(one.latency_p99_s or one.latency_p50_s or 0.0 for one in rows if one.group == row.group)
        for row in rows
    }

    def cells(row: CaseRow) -> list[Cell]:
        middle, tail = row.latency_p50_s or 0.0, row.latency_p99_s or row.latency_p50_s or 0.0
        parts = zip(LATENCIES, (middle, tail - middle), strict=True)
        return [
            case_cell(row),
            backend_cell(row),
            time_cell(row.latency_p50_s),
            time_cell(row.latency_p99_s),
            _ratio_cell(row.predict),
            Cell("", figure=bar_figure([*parts], longest[row.group])),
        ]

    columns = [
        Column("Workload"),
        Column("Backend"),
        Column("Median", numeric=True),
        Column("99th percentile", numeric=True),
        Column("Speed-up", numeric=True),
        Column("Share of the slowest", legend=LATENCIES),
    ]
    caption = "Latency: one row, from the host and back"
    return Table(caption, columns, [Block([cells(row) for row in rows])], of_cases=True)


def _ratio_cell(ratio: Ratio | None) -> Cell:
    return EMPTY if ratio is None else Cell(ratio_text(ratio), ratio.estimate, interval_text(ratio))
