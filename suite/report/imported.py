"""The sections of a report on a run that another tool measured: its times, and what is told of where they come from."""

from __future__ import annotations

import shlex

from suite.analyse.rows import Analysis, CaseRow
from suite.report.cells import EMPTY
from suite.report.figures import strip_figure
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.samples import Strips
from suite.report.text import NAME_LIMIT, visible
from suite.units import format_time


def imported_sections(analysis: Analysis, strips: Strips) -> list[Section]:
    """Return the table of times, and the machine and versions as far as the other tool told them."""
    info = analysis.info

    def cells(row: CaseRow) -> list[Cell]:
        strip = strip_figure(strips.get(row.case, ()))
        return [
            Cell(visible(row.workload, 2 * NAME_LIMIT), case=row.case, detail=visible(row.reason)),
            EMPTY if row.fit_s is None else Cell(format_time(row.fit_s), row.fit_s),
            Cell(f"{row.samples:,}", row.samples),
            Cell("", figure=strip) if strip else EMPTY,
        ]

    columns = [Column("Benchmark"), Column("Median", numeric=True), Column("Samples", numeric=True)]
    rows = [cells(row) for row in analysis.rows]
    times = Table("Times of the benchmarks", [*columns, Column("In run order")], [Block(rows)], of_cases=True)
    facts = [
        ("Measured by", info.imported),
        ("Started (UTC)", info.started_utc),
        ("CPU", info.machine.cpu),
        ("System", f"{info.machine.system} {info.machine.kernel} {info.machine.architecture}".strip()),
        ("Machine id (a hash)", info.machine.id),
        ("Python", info.python),
        ("Source commit", info.git.commit if info.git else ""),
    ]
    known = [[Cell(name), Cell(visible(text))] for name, text in facts if text]
    table = Table("What the file says", [Column("What"), Column("Value")], [Block(known)])
    command = visible(shlex.join(info.command), None)
    return [
        Section("benchmarks", "Imported benchmarks", [times], ["The dots are samples, on a logarithmic axis."]),
        Section("machine", "Where the times come from", [table], ["They were imported with:"], command),
    ]
