"""The section of the science workloads: what learning gains, what the whole workflow gains, and at what quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from suite.analyse.rows import Analysis, CaseRow, Ratio
from suite.records.findings import Figure, Picture, Series
from suite.report.cells import EMPTY, backend_cell, case_cell
from suite.report.charts import backend_names
from suite.report.draw import draw_svg
from suite.report.figures import bar_figure
from suite.report.page import Block, Cell, Chart, Column, Section, Table
from suite.report.pictures import grid, limits, picture_svg
from suite.report.science_charts import curves_chart, gain_chart
from suite.report.text import NAME_LIMIT, interval_text, number_text, percent_text, ratio_text, visible
from suite.units import format_time

#: Where the time of a workflow goes.
PARTS = ("own", "copy in", "fit", "predict", "copy out")
#: More curves and pictures than this are left to the table and the records: each takes 0.1 s or 10 kB.
MOST_CHARTS, MOST_PICTURES = 24, 36
#: Pictures of this label are of differences: their scale has two signs and is their own.
DIFFERENCE = "difference"


def science_section(analysis: Analysis, numbers: Mapping[str, int], *, draw: bool, part_id: str) -> list[Section]:
    """Return the section; nothing where no scientific workflow was measured."""
    rows = [row for row in analysis.rows if row.workflow_s is not None]
    if not rows:
        return []
    text = (
        "A science workload is a whole workflow: what learns is the engine's, all else is the same NumPy and SciPy "
        "code for every engine. Learning is fit and predict, data in place; the workflow is everything, copies and its "
        "own steps included, so its speed-up is smaller the more it does beside learning. Parity is by the science "
        "metric. Figures below hold under their conditions only."
    )
    charts = [*_curves(rows, analysis, part_id), *_gains(rows, analysis, numbers, part_id)] if draw else []
    tables = [_speed_table(rows), *_figure_tables(rows)]
    return [Section("science", "Science", tables, [text], charts=[*charts, *_pictures(rows)])]


def _speed_table(rows: Sequence[CaseRow]) -> Table:
    longest = {row.group: 0.0 for row in rows}
    for row in rows:
        longest[row.group] = max(longest[row.group], row.workflow_s or 0.0)

    def cells(row: CaseRow) -> list[Cell]:
        whole = row.workflow_s or 0.0
        moved = (row.copy_in_s or 0.0) + (row.copy_out_s or 0.0)
        times = (row.own_s, row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s)
        parts = [(name, seconds or 0.0) for name, seconds in zip(PARTS, times, strict=True)]
        return [
            case_cell(row),
            backend_cell(row),
            _ratio(row.speedup),
            _ratio(row.workflow),
            Cell(format_time(whole), whole),
            _share(row.own_s, whole),
            _share(moved, whole),
            Cell(
                number_text(row.quality), row.quality, detail=f"{visible(row.metric, NAME_LIMIT)}, {row.parity.value}"
            ),
            Cell("", figure=bar_figure(parts, longest[row.group])),
        ]

    return Table(
        "Learning, the whole workflow, and the science metric",
        [
            Column("Workload"),
            Column("Backend"),
            Column("Learning faster", numeric=True),
            Column("Workflow faster", numeric=True),
            Column("Workflow", numeric=True),
            Column("Its own steps", numeric=True),
            Column("Moves data", numeric=True),
            Column("Science metric", numeric=True),
            Column("Share of the slowest", legend=PARTS),
        ],
        [Block([cells(row) for row in rows])],
        of_cases=True,
    )


def _ratio(ratio: Ratio | None) -> Cell:
    return EMPTY if ratio is None else Cell(ratio_text(ratio), ratio.estimate, detail=interval_text(ratio))


def _share(seconds: float | None, whole: float) -> Cell:
    return Cell(percent_text(seconds / whole), seconds / whole) if seconds is not None and whole > 0 else EMPTY


def _figure_tables(rows: Sequence[CaseRow]) -> Iterator[Table]:
    """Yield, where any workflow found some, the figures beside the metrics, the backends side by side."""
    found: dict[tuple[str, str, str, str], dict[str, tuple[CaseRow, Figure]]] = {}
    for row in rows:
        for figure in row.findings.figures if row.findings else ():
            key = (row.group, figure.name, figure.unit, figure.condition)
            found.setdefault(key, {})[row.backend] = (row, figure)
    backends = list(dict.fromkeys(row.backend for row in rows))
    if found:
        columns = [
            Column("Workload"),
            Column("Figure"),
            *(Column(visible(name, NAME_LIMIT), numeric=True, backend=name) for name in backends),
            Column("Holds under this condition"),
        ]
        lines = [_figure_cells(by_backend, backends) for by_backend in found.values()]
        yield Table("What the workflows found", columns, [Block(lines)], of_cases=True)


def _figure_cells(by_backend: Mapping[str, tuple[CaseRow, Figure]], backends: Sequence[str]) -> list[Cell]:
    row, figure = next(iter(by_backend.values()))
    unit = f", {visible(figure.unit, NAME_LIMIT)}" if figure.unit else ""
    values = [by_backend[name][1].value if name in by_backend else None for name in backends]
    return [
        case_cell(row),
        Cell(f"{visible(figure.name.replace('_', ' '), NAME_LIMIT)}{unit}"),
        *(EMPTY if value is None else Cell(f"{value:.4g}", value) for value in values),
        Cell(visible(figure.condition)),
    ]


def _curves(rows: Sequence[CaseRow], analysis: Analysis, part_id: str) -> Iterator[Chart]:
    """Yield a chart for every kind of curve of every group, the backends in it side by side."""
    names = backend_names(analysis)
    kinds: dict[tuple[str, str], list[tuple[CaseRow, Series]]] = {}
    for row in rows:
        for curve in row.findings.series if row.findings else ():
            if curve.x and len(curve.x) == len(curve.y):
                kinds.setdefault((row.group, curve.name), []).append((row, curve))
    for number, ((group, name), curves) in enumerate([*kinds.items()][:MOST_CHARTS]):
        svg = draw_svg(curves_chart([(row.backend, one) for row, one in curves], names), f"{part_id}-curve-{number}")
        cases = tuple(dict.fromkeys(row.case for row, _ in curves))
        yield Chart(
            f"science-curve-{number}", visible(f"{group} · {name.replace('_', ' ')}", 2 * NAME_LIMIT), svg, cases
        )


def _gains(rows: Sequence[CaseRow], analysis: Analysis, numbers: Mapping[str, int], part_id: str) -> Iterator[Chart]:
    """Yield the chart of the science metric's margin against the speed-up of the workflow."""
    shown = [row for row in rows if row.workflow is not None]
    spec = gain_chart(analysis, shown, numbers)
    if spec is not None:
        svg = draw_svg(spec, f"{part_id}-science-gain")
        title = "Science metric against the speed-up of the whole workflow"
        yield Chart("science-gain", title, svg, tuple(row.case for row in shown))


def _pictures(rows: Sequence[CaseRow]) -> Iterator[Chart]:
    """Yield the fields, those of one name and case in one scale; differences in a scale of their own."""
    yielded = 0
    for row in rows:
        by_name = groupby(row.findings.pictures if row.findings else (), key=lambda one: one.name)
        for name, found in by_name:
            pictures = [*found]
            for label, svg in _drawn(pictures):
                if yielded == MOST_PICTURES:
                    return
                title = f"{row.workload} · {row.backend} · {name.replace('_', ' ')}: {label}"
                yield Chart(f"science-picture-{yielded}", visible(title, 2 * NAME_LIMIT), svg, (row.case,))
                yielded += 1


def _drawn(pictures: Sequence[Picture]) -> Iterator[tuple[str, str]]:
    fields = [(picture.label, field) for picture in pictures if (field := grid(picture)) is not None]
    plain = [field for label, field in fields if label != DIFFERENCE]
    for label, field in fields:
        signed = label == DIFFERENCE
        low, high = limits([field] if signed else plain, signed=signed)
        yield label, picture_svg(field, low, high, signed=signed)
