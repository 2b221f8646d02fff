"""The report as plain data: sections of tables of cells and of charts, which the templates only lay out."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property

from suite.report.figures import BarFigure, IntervalFigure, LogAxis, StripFigure

#: Rows of a table of cases that stand in the page itself; a longer one has all its rows as data.
STATIC_ROWS = 100


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
    """A table with its caption. `of_cases` ones follow the filters; `span` ones are shown by the switch of spans.

    `others` has the tables that stand in its place where another baseline is chosen; they have as many columns.
    """

    caption: str
    columns: list[Column]
    blocks: list[Block]
    of_cases: bool = False
    span: str = ""
    others: Mapping[str, Table] = field(default_factory=dict)

    @property
    def rows(self) -> list[list[Cell]]:
        """All rows, of all blocks."""
        return [row for block in self.blocks for row in block.rows]

    @property
    def static_rows(self) -> list[list[Cell]]:
        """The rows that stand in the page itself, for readers without JavaScript."""
        return self.rows[:STATIC_ROWS] if self.of_cases else self.rows

    @property
    def as_data(self) -> bool:
        """Whether all rows are data of the page too, because there are too many or others may take their place."""
        return len(self.static_rows) < len(self.rows) or bool(self.others)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: its name (for files), what it shows, its SVG (perhaps being drawn), and the cases (by id) in it.

    `alternative` says in words what the chart shows, for those who cannot see it; the title stands before it.
    """

    name: str
    title: str
    svg: str | Future[str]
    cases: tuple[str, ...] = ()
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A text to copy or to save as `file`, folded away below its title."""

    title: str
    code: str
    file: str

    @property
    def command(self) -> str:
        """How a script is run, as the end of its first line says."""
        return self.code.partition("\n")[0].rpartition(": ")[2].removesuffix('"""')


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a run's report."""

    id: str
    title: str
    tables: list[Table]
    text: list[str] = field(default_factory=list)
    code: str = ""
    listings: list[Listing] = field(default_factory=list)
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
    reference: str
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


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole report. `cases` has the values of the facets of every case, by the case's number.

    `baselines` are the names that the switch of baselines offers beside each run's own reference. Without `compares` it
    can have no speed-ups, and explains none.
    """

    title: str
    runs: list[RunPart]
    together: list[Section] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    cases: list[list[int | str]] = field(default_factory=list)
    baselines: list[str] = field(default_factory=list)
    recompute: list[Listing] = field(default_factory=list)
    compares: bool = True

    @cached_property
    def tables(self) -> list[Table]:
        """All tables, in the order of the page."""
        sections = [*self.together, *(section for run in self.runs for section in run.sections)]
        return [table for section in sections for table in section.tables]

    @cached_property
    def axes(self) -> list[LogAxis]:
        """The axes of all figures that stand in the page, each once."""
        return list(dict.fromkeys(one.axis for table in self.tables for one in table.columns if one.axis))

    @cached_property
    def long_tables(self) -> list[Table]:
        """The tables whose rows are data of the page too."""
        return [table for table in self.tables if table.as_data]

    def id_of(self, table: Table) -> str:
        """Return the id of a long table."""
        return f"table-{next(number for number, one in enumerate(self.long_tables) if one is table)}"

    @property
    def targets(self) -> dict[int, list[Cell]]:
        """By case (number): the row that a link to the case leads to without JavaScript.

        It is the first row about the case in a table of cases other than the heat-map, among those rows that stand in
        the page itself.
        """
        found: dict[int, list[Cell]] = {}
        for run in self.runs:
            for table in (table for section in run.sections for table in section.tables):
                if table.of_cases and not table.span:
                    for row in table.static_rows:
                        if row[0].case in run.numbers:
                            found.setdefault(run.numbers[row[0].case], row)
        return found
