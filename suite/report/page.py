"""The report as plain data: sections of tables of cells and of charts, which the templates only lay out."""

from __future__ import annotations

from dataclasses import dataclass, field

from suite.report.figures import BarFigure, IntervalFigure, LogAxis, StripFigure


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, the exact figure behind it, small print, and a mark or figure beside it.

    `tone` names the mark (a verdict's, a parity's or a status's shape and colour); empty where there is none. `case` is
    the case (by id) that the cell leads to; in the first cell of a row it is the case that the row is about. `heat` is
    the class of its background, `label` what a chart's or heat-map's cell means in words.
    """

    text: str
    value: float | str | None = None
    detail: str = ""
    tone: str = ""
    figure: IntervalFigure | BarFigure | StripFigure | None = None
    case: str = ""
    heat: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `numeric` ones stand right, `axis` or the `legend` of phases is drawn under the heading.

    `backend` is set where a column is about one backend: it is hidden with that backend.
    """

    title: str
    numeric: bool = False
    axis: LogAxis | None = None
    legend: tuple[str, ...] = ()
    backend: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one heading; the first cell of a row is its heading."""

    rows: list[list[Cell]]
    heading: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption. `of_cases` ones follow the filters; `span` ones are shown by the switch of spans."""

    caption: str
    columns: list[Column]
    blocks: list[Block]
    of_cases: bool = False
    span: str = ""

    @property
    def rows(self) -> list[list[Cell]]:
        """All rows, of all blocks."""
        return [row for block in self.blocks for row in block.rows]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: its name (for files), what it shows, its SVG, and the cases (by id) that are in it."""

    name: str
    title: str
    svg: str
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a run's report."""

    id: str
    title: str
    tables: list[Table]
    text: list[str] = field(default_factory=list)
    code: str = ""
    charts: list[Chart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The records of a run: gzip in base64, or the path relative to the page where they are too large for it."""

    content: str = ""
    link: str = ""


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
    numbers: dict[str, int] = field(default_factory=dict)
    records: Embedded | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing to filter by: its name in the URL, its label, and its values."""

    name: str
    label: str
    values: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole report. `cases` has the values of the facets of every case, by the case's number."""

    title: str
    runs: list[RunPart]
    together: list[Section] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    cases: list[list[int | str]] = field(default_factory=list)
    recompute: str = ""
