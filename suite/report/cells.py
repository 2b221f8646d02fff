"""What the tables of a run share: the cells that say which case a row is about, how it ended, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from suite.analyse.rows import Analysis, CaseRow, Parity, Verdict
from suite.records.schema import FELL_BACK_SUFFIX, Status
from suite.report.page import Block, Cell
from suite.report.text import NAME_LIMIT, lost_text, visible
from suite.units import format_bytes, format_time
from suite.workloads.entry import Size

EMPTY = Cell("–")


def case_cell(row: CaseRow) -> Cell:
    """Return the heading of a case's row: the workload, and what data it ran on."""
    data = data_text(extent(row.size, row.rows, row.features), row.dtype, row.order)
    return Cell(visible(row.workload, NAME_LIMIT), detail=data, case=row.case)


def labelled(text: str, detail: str) -> str:
    """Return a text with its detail, if it has one, on one line: `kmeans (S · float64)`."""
    return f"{text} ({detail})" if detail else text


def data_text(extent: str, dtype: str, order: str) -> str:
    """Return what data a case ran on, as far as it is known: `S · 10,000 × 16 · float64`."""
    return " · ".join(part for part in (extent, dtype, "Fortran order" if order == "F" else "") if part)


def extent(size: str, rows: int, features: int) -> str:
    """Return a size with its rows and features; these alone where they were asked for, as size they have no name."""
    shape = f"{rows:,} × {features:,}" if rows else ""
    return " · ".join(part for part in (size if size in Size.__members__ or not shape else "", shape) if part)


def backend_cell(row: CaseRow) -> Cell:
    """Return the heading of a row within its group."""
    return Cell(visible(row.backend, NAME_LIMIT))


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


def time_cell(seconds: float | None) -> Cell:
    """Return a time in seconds; empty where there is none."""
    if seconds is None:
        return EMPTY
    return Cell(format_time(seconds) if seconds else "0", seconds)


def bytes_cell(size: int | None) -> Cell:
    """Return a number of bytes; empty where there is none."""
    return EMPTY if size is None else Cell(format_bytes(size), size)


def by_case(
    rows: Iterable[CaseRow],
    cells: Callable[[CaseRow], list[Cell]],
    remark: Callable[[CaseRow], str] | None = None,
) -> list[Block]:
    """Return one row a case: its workload, with a remark, then these cells."""

    def heading(row: CaseRow) -> Cell:
        cell = case_cell(row)
        return replace(cell, detail=f"{cell.detail} · {remark(row)}") if remark else cell

    return [Block([[heading(row), *cells(row)] for row in rows])]


def offered(analysis: Analysis) -> list[CaseRow]:
    """Return the rows of what the engines have."""
    return [row for row in analysis.rows if not row.absent]


def is_reference(analysis: Analysis, row: CaseRow) -> bool:
    """Whether a case is the reference's."""
    return row.backend == analysis.reference


def last_line(text: str) -> str:
    """Return the last line of what a worker said, which names the error."""
    return visible(text.strip().rpartition("\n")[2])
