"""The report as plain data: sections of tables of cells, which the templates only lay out."""

from __future__ import annotations

from dataclasses import dataclass, field

from suite.report.figures import BarFigure, IntervalFigure, LogAxis


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, the exact figure behind it, small print, and a mark or figure beside it.

    `tone` names the mark (a verdict's, a parity's or a status's shape and colour); empty where there is none.
    """

    text: str
    value: float | str | None = None
    detail: str = ""
    tone: str = ""
    figure: IntervalFigure | BarFigure | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `numeric` ones stand right, `axis` or the `legend` of phases is drawn under the heading."""

    title: str
    numeric: bool = False
    axis: LogAxis | None = None
    legend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one heading; the first cell of a row is its heading."""

    rows: list[list[Cell]]
    heading: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption."""

    caption: str
    columns: list[Column]
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a run's report."""

    id: str
    title: str
    tables: list[Table]
    text: list[str] = field(default_factory=list)
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """The report of one run."""

    id: str
    title: str
    verdicts: list[str]
    silent_on: str
    taken_on: str
    notes: list[str]
    sections: list[Section]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole report."""

    title: str
    runs: list[RunPart]
