"""The heat-map as a figure for a paper: the cells of the page's table, drawn, with the scale and the marks below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suite.analyse.rows import Analysis
from suite.report.draw import HATCHED, Spec
from suite.report.heatmap import STEPS, heat_section
from suite.report.page import Cell, Table
from suite.report.text import NAME_LIMIT, visible

#: The page's steps away from 1, `color-mix(in oklab)` of `--heat-fast` and `--heat-slow` with white (`charts.css`).
FASTER = ("#eaf4fb", "#d6e8f6", "#c2ddf1", "#add1ed", "#99c6e8", "#84bae3")
SLOWER = ("#fcf1e9", "#fae3d2", "#f6d5bc", "#f3c8a6", "#efba90", "#ebac79")
COLOURS = {
    **{f"heat-s{step}": colour for step, colour in reversed([*enumerate(SLOWER, 1)])},
    "heat-0": "#ffffff",
    **{f"heat-f{step}": colour for step, colour in enumerate(FASTER, 1)},
}
#: The marks, drawn and not written: a font that lacks one would be replaced for the whole cell.
SHAPES = {
    "faster": "triangle-up", "slower": "triangle-down", "same": "square", "ambiguous": "diamond",
    "bound": "triangle-right",
}  # fmt: skip
#: Pixels of a cell's height, of a character, of a step and of a mark with its word in the legend.
ROW, CHARACTER, STEP, WORD = 22, 6.3, 24, 92


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart for a file, with its title and what must be known to read it."""

    name: str
    title: str
    spec: Spec
    note: str = ""

    @property
    def width(self) -> float:
        """The pixels between its axes."""
        return float(self.spec.get("vconcat", [self.spec])[0]["width"])


def heat_figures(analysis: Analysis) -> list[Figure]:
    """Return the heat-map of data in place and that end to end; nothing where nothing is compared."""
    if analysis.reached or analysis.info.imported:
        return []
    return [_figure(analysis, table) for table in heat_section(analysis).tables if table.rows]


def _figure(analysis: Analysis, table: Table) -> Figure:
    name = "heat-map" if table.span == "resident" else f"heat-map-{table.span}"
    said = f"times as fast as {visible(analysis.reference, NAME_LIMIT)} at equal quality"
    shared = ", ".join(_shared([row[0] for row in table.rows]))
    return Figure(name, table.caption, _chart(table), f"{said}; all of them {shared}" if shared else said)


def _chart(table: Table) -> Spec:
    headings = [row[0] for row in table.rows]
    cases = _distinct([_label(heading, _shared(headings)) for heading in headings])
    backends = _distinct([column.title for column in table.columns[1:]])
    values = [
        _value(case, backend, cell)
        for case, row in zip(cases, table.rows, strict=True)
        for backend, cell in zip(backends, row[1:], strict=True)
    ]
    widest = max(*(len(cell.text) + 5 for row in table.rows for cell in row[1:]), *(len(name) + 2 for name in backends))
    width = max(84.0, CHARACTER * widest)
    plain = {
        "title": None,
        "ticks": False,
        "domain": False,
        "labelColor": "var(--ink)",
        "labelLimit": 600,
        "labelPadding": 5,
    }
    x = _names("backend", backends, plain | {"orient": "top", "labelAngle": 0})
    y = _names("case", cases, plain)
    ink = {"condition": {"test": "datum.quiet", "value": "var(--quiet)"}, "value": "var(--ink)"}
    grid: Spec = {
        "width": width * len(backends),
        "height": {"step": ROW},
        "data": {"values": values},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": _rect("transparent")},
            {**_where("isValid(datum.heat)"), "mark": _rect(), "encoding": {"fill": _FILL}},
            {**_where("datum.ambiguous"), "mark": _rect(HATCHED)},
            {**_where("isValid(datum.shape)"), "mark": {**_POINT, "xOffset": 12 - width / 2}, "encoding": _SHAPE},
            {"mark": {"type": "text", "fontSize": 11, "dx": {"expr": "isValid(datum.shape) ? 7 : 0"}},
             "encoding": {"text": {"field": "text"}, "color": ink}},
        ],
    }  # fmt: skip
    return {"vconcat": [grid, _legend(table)], "spacing": 14}


def _value(case: str, backend: str, cell: Cell) -> Spec:
    colour, _, hatched = cell.heat.partition(" ")
    return {
        "case": case,
        "backend": backend,
        "text": visible(cell.text),
        "heat": colour if colour in COLOURS else None,
        "ambiguous": bool(hatched),
        "shape": cell.tone if cell.tone in SHAPES else None,
        "quiet": colour not in COLOURS,
    }


def _legend(table: Table) -> Spec:
    """Return the scale of colours with its factors, and below it the marks that are in the table, with their words."""
    tones = {cell.tone for row in table.rows for cell in row[1:]}
    marks = [name for name in SHAPES if name in tones]
    words = {"ambiguous": "ambiguous", "bound": "lower bound"}
    steps = [{"at": number * STEP, "to": (number + 1) * STEP, "heat": name} for number, name in enumerate(COLOURS)]
    ticks = [
        {"at": (step + STEPS + 0.5) * STEP, "text": factor(step)} for step in range(-STEPS, STEPS + 1) if not step % 2
    ]
    named = [
        {"at": 9 + number * WORD, "shape": name, "text": words.get(name, name), "ambiguous": name == "ambiguous"}
        for number, name in enumerate(marks)
    ]
    width = max(STEP * len(COLOURS), WORD * len(marks))

    def at(field: str) -> Spec:
        return {"field": field, "type": "quantitative", "axis": None, "scale": {"domain": [0, width], "nice": False}}

    text = {"type": "text", "fontSize": 11, "fill": "var(--ink)"}
    return {
        "width": width,
        "height": 52,
        "layer": [
            {"data": {"values": steps}, "mark": {**_rect(), "y": 0, "y2": 14},
             "encoding": {"x": at("at"), "x2": {"field": "to"}, "fill": _FILL}},
            {"data": {"values": ticks}, "mark": {**text, "y": 22},
             "encoding": {"x": at("at"), "text": {"field": "text"}}},
            {**_where("datum.ambiguous"), "data": {"values": named},
             "mark": {**_rect(HATCHED), "y": 36, "y2": 52, "width": 20}, "encoding": {"x": at("at")}},
            {"data": {"values": named}, "mark": {**_POINT, "y": 44}, "encoding": {"x": at("at"), **_SHAPE}},
            {"data": {"values": named}, "mark": {**text, "align": "left", "dx": 13, "y": 44},
             "encoding": {"x": at("at"), "text": {"field": "text"}}},
        ],
    }  # fmt: skip


def factor(step: int) -> str:
    """Return the speed-up in the middle of a step of the scale: `1/4×`, `1×`; `≥ 8×`, for the last has all beyond."""
    middle = f"1/{2 ** (-step // 2)}×" if step < 0 else f"{2 ** (step // 2)}×"
    return f"{'≤ ' if step == -STEPS else '≥ ' if step == STEPS else ''}{middle}"


def _names(field: str, domain: Sequence[str], axis: Spec) -> Spec:
    return {"field": field, "type": "nominal", "axis": axis, "scale": {"domain": [*domain]}}


_FILL: Spec = {
    "field": "heat", "type": "nominal", "legend": None,
    "scale": {"domain": [*COLOURS], "range": [*COLOURS.values()]},
}  # fmt: skip
_POINT: Spec = {"type": "point", "filled": True, "size": 45, "opacity": 1, "fill": "var(--ink)"}
_SHAPE: Spec = {
    "shape": {
        "field": "shape",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": [*SHAPES], "range": [*SHAPES.values()]},
    }
}


def _rect(fill: str = "") -> Spec:
    return {"type": "rect", "stroke": "var(--line)", "strokeWidth": 0.5, **({"fill": fill} if fill else {})}


def _where(test: str) -> Spec:
    return {"transform": [{"filter": test}]}


def _shared(headings: Sequence[Cell]) -> list[str]:
    """Return what small print all rows share, in its order: the size, the dtype."""
    parts = [heading.detail.split(" · ") for heading in headings]
    return [part for part in parts[0] if all(part in one for one in parts)] if parts else []


def _label(heading: Cell, shared: Sequence[str]) -> str:
    own = [part for part in heading.detail.split(" · ") if part and part not in shared]
    return " · ".join([heading.text, *own])


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names with a number where one comes again, as two that were cut may: each is a row of its own."""
    return [f"{name} ({names[:at].count(name) + 1})" if name in names[:at] else name for at, name in enumerate(names)]
