"""The section of the science workloads: what learning gains, what the whole workflow gains, and at what quality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

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
#: More charts and pictures than these are left to the records: each takes 0.1 s or 10 kB. The first number is of one
#: case or group, the second of all: one variant of each workload is shown before a second one of any.
MOST_CURVES, MOST_PICTURES = (4, 40), (6, 60)
#: Workloads whose curves and pictures come before those of others: the simulations.
FIRST = ("rans_step", "rans_online", "injector_map", "weather_rom_da")
#: Pictures of this label are of differences: their scale has two signs and is their own.
DIFFERENCE = "difference"
GAIN_TITLE = "Science metric against the speed-up of the whole workflow"

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves of one kind and group, of all backends, which make one chart."""

    group: str
    name: str
    curves: list[tuple[CaseRow, Series]]

    @property
    def title(self) -> str:
        """What the curves are of."""
        return visible(f"{self.group} · {self.name.replace('_', ' ')}", 2 * NAME_LIMIT)


@dataclass(frozen=True, slots=True)
class Field:
    """A picture of a case, as a field with the ends of its scale."""

    row: CaseRow
    picture: Picture
    values: NDArray[np.float64]
    scale: tuple[float, float]


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
    curves, more_curves = in_turn(curves_of(rows), lambda one: one.group, MOST_CURVES)
    pictures, more_pictures = in_turn(fields_of(rows), lambda one: one.row.case, MOST_PICTURES)
    charts = [*_curves(curves, analysis, part_id), *_gains(rows, analysis, numbers, part_id)] if draw else []
    texts = [text, *_left_out(more_curves if draw else 0, more_pictures)]
    tables = [_speed_table(rows), *_figure_tables(rows)]
    return [Section("science", "Science", tables, texts, charts=[*charts, *_pictures(pictures)])]


def in_turn(items: Iterable[Item], of: Callable[[Item], str], most: tuple[int, int]) -> tuple[list[Item], int]:
    """Return what is shown, and how many are left out.

    The first case or group of each workload comes first, those of `FIRST` before others, then the second of each.

    Parameters
    ----------
    of
        Says of which case or group an item is; those of one stand together.
    most
        Items of one case or group that are shown, and items in all.
    """
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, bool, Item]] = []
    left_out = 0
    for key, found in groupby(items, key=of):
        together = [*found]
        workload = key.partition("-")[0]
        ranked += [(turns[workload], workload not in FIRST, item) for item in together[: most[0]]]
        left_out += len(together[most[0] :])
        turns[workload] += 1
    shown = [item for *_, item in sorted(ranked, key=itemgetter(0, 1))]
    return shown[: most[1]], left_out + len(shown[most[1] :])


def _left_out(curves: int, pictures: int) -> Iterator[str]:
    """Yield how many are not shown, where any are."""
    if curves or pictures:
        yield (
            f"{curves} charts of curves and {pictures} pictures, of further variants and backends, are left out here: "
            "they are in the records."
        )


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


def curves_of(rows: Sequence[CaseRow]) -> list[Curves]:
    """Return the curves of every kind, group by group."""
    kinds: dict[tuple[str, str], Curves] = {}
    for row in rows:
        for curve in row.findings.series if row.findings else ():
            if curve.x and len(curve.x) == len(curve.y):
                key = row.group, curve.name
                kinds.setdefault(key, Curves(*key, [])).curves.append((row, curve))
    return [*kinds.values()]


def _curves(shown: Sequence[Curves], analysis: Analysis, part_id: str) -> Iterator[Chart]:
    """Yield a chart for each kind of curve of each group, the backends in it side by side."""
    names = backend_names(analysis)
    for number, one in enumerate(shown):
        svg = draw_svg(
            curves_chart([(row.backend, curve) for row, curve in one.curves], names), f"{part_id}-curve-{number}"
        )
        yield Chart(f"science-curve-{number}", one.title, svg, tuple(dict.fromkeys(row.case for row, _ in one.curves)))


def _gains(rows: Sequence[CaseRow], analysis: Analysis, numbers: Mapping[str, int], part_id: str) -> Iterator[Chart]:
    """Yield the chart of the science metric's margin against the speed-up of the workflow."""
    shown = [row for row in rows if row.workflow is not None]
    spec = gain_chart(analysis, shown, numbers)
    if spec is not None:
        svg = draw_svg(spec, f"{part_id}-science-gain")
        yield Chart("science-gain", GAIN_TITLE, svg, tuple(row.case for row in shown))


def fields_of(rows: Sequence[CaseRow]) -> Iterator[Field]:
    """Yield the pictures case by case, those of one name and case in one scale; differences in a scale of their own."""
    for row in rows:
        for _, found in groupby(row.findings.pictures if row.findings else (), key=lambda one: one.name):
            fields = [(picture, values) for picture in found if (values := grid(picture)) is not None]
            plain = [values for picture, values in fields if picture.label != DIFFERENCE]
            for picture, values in fields:
                signed = picture.label == DIFFERENCE
                yield Field(row, picture, values, limits([values] if signed else plain, signed=signed))


def _pictures(shown: Sequence[Field]) -> Iterator[Chart]:
    """Yield the fields, drawn."""
    for number, field in enumerate(shown):
        row, picture = field.row, field.picture
        title = f"{row.workload} · {row.backend} · {picture.name.replace('_', ' ')}: {picture.label}"
        svg = picture_svg(field.values, *field.scale, signed=picture.label == DIFFERENCE)
        yield Chart(f"science-picture-{number}", visible(title, 2 * NAME_LIMIT), svg, (row.case,))
