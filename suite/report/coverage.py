"""How the cases ended, and why some have no speed-up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from suite.analyse.rows import Analysis, CaseRow, Verdict
from suite.records.schema import Status
from suite.report.cells import EMPTY, backend_cell, case_cell, last_line, why_none
from suite.report.marks import tone_of
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import NAME_LIMIT, visible


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
        tone = tone_of(row.status) if row.status is not Status.MEASURED else "none"
        reason = row.reason or (why_none(row) if row.status is Status.MEASURED else "")
        status = Cell(row.status.value, row.status.value, tone=tone)
        return [case_cell(row), backend_cell(row), status, Cell(reason or "–", detail=last_line(row.last_words))]

    return Table(
        "Cases without a speed-up, and why",
        [Column("Workload"), Column("Backend"), Column("Status"), Column("Reason")],
        [Block([cells(row) for row in rows])],
        of_cases=True,
    )
