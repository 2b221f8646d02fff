"""The charts of the science section, as Vega-Lite specifications of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suite.analyse.rows import Analysis, CaseRow
from suite.records.findings import Series
from suite.report.axes import chart_axis
from suite.report.charts import COLOURS, DASHES, LONG_DASH, NAME, SHAPES, backend_names, margin_used, present
from suite.report.draw import Spec
from suite.report.text import visible

#: A logarithmic axis is taken where the values of a curve span more than this factor.
LOG_FROM = 30.0
#: Points of a curve at most: it is thinned out.
MOST_POINTS = 200


def curves_chart(curves: Sequence[tuple[str, Series]], names: Sequence[str]) -> Spec:
    """Curves by backend (colour) and label (dashes), on axes that fit their values."""
    values = [
        {"backend": visible(backend, NAME), "label": visible(curve.label, NAME), "x": x, "y": y}
        for backend, curve in curves
        for x, y in _thinned(curve)
    ]
    first = curves[0][1]
    labels = list(dict.fromkeys(visible(curve.label, NAME) for _, curve in curves))
    shown = [visible(name, NAME) for name in names]
    dash = _ring("label", labels, DASHES) | {"legend": {"symbolSize": LONG_DASH, "symbolStrokeColor": "var(--ink)"}}
    return {
        "width": 270,
        "height": 190,
        "data": {"values": values},
        "layer": [
            {"mark": "line", "encoding": {"strokeDash": dash}},
            {"mark": {"type": "point", "size": 22, "filled": True, "opacity": 1}},
        ],
        "encoding": {
            "x": _axis("x", first.x_label, [x for _, curve in curves for x in curve.x], shares=first.shares),
            "y": _axis("y", first.y_label, [y for _, curve in curves for y in curve.y], shares=first.shares),
            "color": _ring("backend", shown, COLOURS, present(shown, values)),
        },
    }


def gain_chart(analysis: Analysis, rows: Sequence[CaseRow], numbers: Mapping[str, int]) -> Spec | None:
    """The margin of the science metric against the speed-up of the whole workflow; None where nothing has both."""
    higher = {group.id: group.workload.quality.direction.value == "higher" for group in analysis.info.plan.groups}
    values = [
        {
            "backend": visible(row.backend, NAME),
            "speedup": row.workflow.estimate,
            "margin": min(max(used, -2.0), 2.0),
            "href": f"#case-{numbers[row.case]}",
        }
        for row in rows
        if row.workflow is not None and (used := margin_used(row, higher.get(row.group, True))) is not None
    ]
    if not values:
        return None
    shown = [visible(name, NAME) for name in backend_names(analysis)]
    x = _axis("speedup", f"speed-up of the workflow over {visible(analysis.reference, NAME)}", [1.0, LOG_FROM + 1])
    y = {"field": "margin", "type": "quantitative", "title": "science metric above the reference's, in tolerances",
         "scale": {"domain": [-2, 2]}}  # fmt: skip
    rule = {"mark": {"type": "rule", "stroke": "var(--quiet)"}}
    return {
        "width": 560,
        "height": 330,
        "data": {"values": values},
        "layer": [
            {**rule, "data": {"values": [{"at": -1}]}, "encoding": {"y": {"field": "at", "type": "quantitative"}}},
            {**rule, "data": {"values": [{"at": 1}]}, "encoding": {"x": {"field": "at", "type": "quantitative"}}},
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": _ring("backend", shown, COLOURS, present(shown, values)),
                    "shape": _ring("backend", shown, SHAPES, present(shown, values)),
                    "href": {"field": "href"},
                },
            },
        ],
    }


def _thinned(curve: Series) -> list[tuple[float, float]]:
    step = max(1, -(-len(curve.x) // MOST_POINTS))
    return list(zip(curve.x, curve.y, strict=True))[::step]


def _axis(field: str, title: str, values: Sequence[float], *, shares: bool = False) -> Spec:
    scale: Spec = {"zero": False, "padding": 6}
    axis: Spec = {"tickCount": 4, "labelExpr": "format(datum.value, '~g')"}
    if shares:
        scale = {"domain": [0, 1]}
    elif min(values) > 0 and max(values) > LOG_FROM * min(values):
        scale, axis = {"type": "log", "nice": False, "padding": 10}, chart_axis(values)
    return {"field": field, "type": "quantitative", "title": visible(title, 2 * NAME), "scale": scale, "axis": axis}


def _ring(field: str, domain: Sequence[str], values: Sequence[object], named: Sequence[str] = ()) -> Spec:
    ring = [values[number % len(values)] for number in range(len(domain))]
    encoding: Spec = {"field": field, "type": "nominal", "scale": {"domain": [*domain], "range": ring}}
    return encoding | ({"legend": {"values": [*named]}} if named else {})
