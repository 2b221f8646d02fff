"""What the charts show, as Vega-Lite specifications of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from typing import Any

import numpy as np

from suite.analyse.rows import Analysis, CaseRow, Parity, Verdict
from suite.analyse.scaling import Curve, Scaling
from suite.report.axes import chart_axis
from suite.report.draw import Spec
from suite.report.text import visible
from suite.stats.breakeven import Kind
from suite.stats.means import performance_profile

COLOURS = [f"var(--s{number})" for number in range(8)]
SHAPES = ["circle", "triangle-up", "square", "diamond", "triangle-down", "cross", "triangle-right", "triangle-left"]
DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [10, 2], [1, 3], [6, 2, 2, 2]]
#: Size of a line in a legend that shows its dashes.
LONG_DASH = 600
#: Names of backends in a legend are cut here.
NAME = 32
_SMALL: Spec = {"width": 210, "height": 175}
_WIDE: Spec = {"width": 560, "height": 300}


def backend_names(analysis: Analysis) -> list[str]:
    """Return the backends in the order of the plan, which is that of their colours and shapes."""
    return list(dict.fromkeys(row.backend for row in analysis.rows))


def _by_backend(names: Sequence[str], channel: str, values: Sequence[Any], drawn: Sequence[Spec] = ()) -> Spec:
    """Return the encoding of backends; the legend has those of the values that are drawn, by default all."""
    shown = [visible(name, NAME) for name in names]
    ring = [values[number % len(values)] for number in range(len(shown))]
    encoding: Spec = {"field": "backend", "type": "nominal", "scale": {"domain": shown, "range": ring}}
    return {channel: encoding | ({"legend": {"values": present(shown, drawn)}} if drawn else {})}


def present(names: Sequence[str], values: Sequence[Spec]) -> list[str]:
    """Return the names of the backends that any value is of, in their order."""
    found = {value["backend"] for value in values}
    return [name for name in names if name in found]


def _x(field: str, title: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _log(**more: Any) -> Spec:
    return {"type": "log", "nice": False, **more}


def scaling_chart(scaling: Scaling, names: Sequence[str], numbers: Mapping[str, int]) -> Spec:
    """Time of fit and predict against rows, with the intervals of the medians and the break-even sizes."""
    points = [_time_point(curve, point, numbers) for curve in scaling.curves for point in curve.points]
    measured = [point["rows"] for point in points]
    marks = [
        {
            "rows": one.rows,
            "low": max(one.low, min(measured)),
            "high": min(one.high, max(*measured, one.rows)),
            "backend": visible(curve.backend, NAME),
            "kind": one.kind.value,
        }
        for curve in scaling.curves
        if (one := curve.resident) is not None and one.rows is not None
    ]
    x = _x("rows", "rows trained on", scale=_log(padding=12),
           axis=chart_axis([*measured, *(mark["rows"] for mark in marks)], "~s"))  # fmt: skip
    y = _x("seconds", "fit + predict, s", scale=_log(padding=8), axis=chart_axis(point["seconds"] for point in points))
    colour = _by_backend(names, "color", COLOURS, points)
    dash = _by_backend(names, "strokeDash", DASHES)
    dash["strokeDash"]["legend"] = None
    line = {
        "mark": {"type": "line"},
        "encoding": {"x": x, "y": y, **colour, **dash},
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 55},
        "encoding": {
            "x": x,
            "y": y,
            **colour,
            **_by_backend(names, "shape", SHAPES, points),
            "href": {"field": "href"},
        },
    }
    interval = {
        "transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
        "mark": {"type": "rule", "strokeWidth": 2},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, **colour},
    }
    layers = [*(_break_even_layers(marks, x, colour) if marks else []), line, interval, point]
    return {**_SMALL, "data": {"values": points}, "layer": layers, "resolve": {"scale": {"strokeDash": "independent"}}}


def _break_even_layers(marks: Sequence[Spec], x: Spec, colour: Spec) -> list[Spec]:
    """Return the intervals of break-even sizes, shaded, and the sizes, upright."""
    band = {
        "data": {"values": marks},
        "mark": {"type": "rect", "opacity": 0.12},
        "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, **colour},
    }
    crossing = {
        "data": {"values": marks},
        "mark": {"type": "rule", "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            **colour,
            "strokeDash": {
                "field": "kind",
                "type": "nominal",
                "legend": None,
                "scale": {"domain": [Kind.WITHIN.value, Kind.BEYOND.value], "range": [[1, 0], [3, 3]]},
            },
        },
    }
    return [band, crossing]


def _time_point(curve: Curve, point: Any, numbers: Mapping[str, int]) -> Spec:
    return {
        "backend": visible(curve.backend, NAME),
        "rows": point.row.rows,
        "seconds": point.seconds,
        "low": point.low,
        "high": point.high,
        "href": f"#case-{numbers[point.row.case]}",
    }


def pareto_front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that no other beats in both coordinates (larger is better), by falling second coordinate."""
    front: list[tuple[float, float]] = []
    best = -inf
    for x, y in sorted(points, key=lambda point: (-point[0], -point[1])):
        if y > best:
            front.append((x, y))
            best = y
    return front


def margin_used(row: CaseRow, higher: bool) -> float | None:
    """Return how far a quality is above the reference's, in units of its tolerance: -1 is the worst that is equal."""
    if row.quality is None or row.quality_reference is None:
        return None
    relative = next((one.relative for one in row.judged if one.metric == row.metric), False)
    tolerance = row.tolerance * abs(row.quality_reference) if relative else row.tolerance
    difference = row.quality - row.quality_reference if higher else row.quality_reference - row.quality
    if not tolerance:
        return 0.0 if difference == 0 else None
    return difference / tolerance


def quality_chart(
    analysis: Analysis, names: Sequence[str], numbers: Mapping[str, int]
) -> tuple[Spec, list[CaseRow]] | None:
    """Speed-up against quality in units of the tolerance, with the Pareto front; None where nothing has both."""
    higher = {g.id: g.workload.quality.direction.value == "higher" for g in analysis.info.plan.groups}
    shown: list[CaseRow] = []
    values = []
    for row in analysis.rows:
        used = margin_used(row, higher.get(row.group, True))
        if row.speedup is None or used is None:
            continue
        shown.append(row)
        margin = min(max(used, -2.0), 2.0)
        values.append(_quality_point(row, margin, numbers))
    if not values:
        return None
    front = pareto_front([(value["speedup"], value["margin"]) for value in values])
    x = _x("speedup", f"speed-up over {visible(analysis.reference, NAME)}, data in place", scale=_log(padding=16),
           axis=chart_axis([1.0, *(value["speedup"] for value in values)]))  # fmt: skip
    y = _x("margin", "quality above the reference's, in tolerances", scale={"domain": [-2, 2]})
    layers: list[Spec] = [
        {"data": {"values": [{"y": -1.0}]}, "mark": {"type": "rule", "strokeDash": [4, 3], "stroke": "var(--quiet)"},
         "encoding": {"y": {"field": "y", "type": "quantitative"}}},
        {"data": {"values": [{"x": 1.0}]}, "mark": {"type": "rule", "stroke": "var(--quiet)"},
         "encoding": {"x": {"field": "x", "type": "quantitative"}}},
        {"data": {"values": [{"speedup": a, "margin": b} for a, b in front]},
         "mark": {"type": "line", "interpolate": "step-before", "stroke": "var(--quiet)", "strokeWidth": 1},
         "encoding": {"x": x, "y": y}},
        {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85},
         "encoding": {"x": x, "y": y, **_by_backend(names, "color", COLOURS, values),
                      **_by_backend(names, "shape", SHAPES, values), "href": {"field": "href"}}},
    ]  # fmt: skip
    return {**_WIDE, "data": {"values": values}, "layer": layers}, shown


def _quality_point(row: CaseRow, margin: float, numbers: Mapping[str, int]) -> Spec:
    assert row.speedup is not None  # noqa: S101 - chosen so
    return {
        "backend": visible(row.backend, NAME),
        "speedup": row.speedup.estimate,
        "margin": margin,
        "href": f"#case-{numbers[row.case]}",
    }


def profile_seconds(analysis: Analysis, names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return end-to-end seconds, shape (groups, backends), of workflows all of them; NaN without a result at parity."""
    groups = list(dict.fromkeys(row.group for row in analysis.rows))
    seconds = np.full((len(groups), len(names)), np.nan)
    place = {group: number for number, group in enumerate(groups)}
    column = {name: number for number, name in enumerate(names)}
    for row in analysis.rows:
        counts = row.verdict is not Verdict.NONE and row.parity in (Parity.EQUAL, Parity.IDENTICAL)
        times = [row.copy_in_s, row.fit_s, row.predict_s, row.copy_out_s, row.own_s]
        known = [one for one in times if one is not None]
        if counts and known:
            seconds[place[row.group], column[row.backend]] = sum(known)
    return seconds


def profile_chart(analysis: Analysis, names: Sequence[str]) -> Spec:
    """Performance profile: the share of groups that a backend does at parity within a factor of the best time."""
    profile = performance_profile(profile_seconds(analysis, names))
    last = float(profile.factors[-1]) * 1.25
    long: Spec = {"legend": {"symbolSize": LONG_DASH}}
    values = [
        {"factor": float(factor), "share": float(share), "backend": visible(name, NAME)}
        for column, name in enumerate(names)
        for factor, share in [*zip(profile.factors, profile.shares[:, column], strict=True),
                              (last, profile.shares[-1, column])]
    ]  # fmt: skip
    return {
        **_WIDE,
        "data": {"values": values},
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5},
        "encoding": {
            "x": _x(
                "factor",
                "within this factor of the best time, end to end",
                scale=_log(domain=[1, max(last, 2)]),
                axis=chart_axis([1, max(last, 2)]),
            ),
            "y": _x("share", "share of cases at parity", scale={"domain": [0, 1]}, axis={"format": ".0%"}),
            "color": _by_backend(names, "color", COLOURS)["color"] | long,
            "strokeDash": _by_backend(names, "strokeDash", DASHES)["strokeDash"] | long,
        },
    }


def mean_chart(analysis: Analysis, names: Sequence[str]) -> Spec | None:
    """Geometric means with their intervals; None where there is none."""
    values = [
        {
            "backend": visible(mean.backend, NAME),
            "mean": mean.speedup.estimate,
            "low": mean.speedup.low if mean.speedup.low > 0 else None,
            "high": mean.speedup.high if isfinite(mean.speedup.high) else None,
        }
        for mean in analysis.means
        if mean.speedup is not None
    ]
    if not values:
        return None
    ends = [one for value in values for one in value.values() if isinstance(one, float)]
    x = _x("mean", f"geometric mean of speed-ups over {visible(analysis.reference, NAME)}", scale=_log(padding=16),
           axis=chart_axis([1.0, *ends]))  # fmt: skip
    y = {"field": "backend", "type": "nominal", "title": None, "sort": None}
    colour = _by_backend(names, "color", COLOURS)
    colour["color"]["legend"] = None
    shape = _by_backend(names, "shape", SHAPES)
    shape["shape"]["legend"] = None
    return {
        "width": 560,
        "height": {"step": 28},
        "data": {"values": values},
        "layer": [
            {"data": {"values": [{"x": 1.0}]}, "mark": {"type": "rule", "stroke": "var(--quiet)"},
             "encoding": {"x": {"field": "x", "type": "quantitative"}}},
            {"transform": [{"filter": "isValid(datum.low) && isValid(datum.high)"}],
             "mark": {"type": "rule", "strokeWidth": 2},
             "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y, **colour}},
            {"mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
             "encoding": {"x": x, "y": y, **colour, **shape}},
        ],
    }  # fmt: skip


def roofline_chart(values: list[Spec], roofs: list[Spec], names: Sequence[str]) -> Spec:
    """Operations a second against operations a byte of data, and lines of what the devices reach."""
    shown = list(dict.fromkeys(one["roof"] for one in roofs))
    dashes = {"domain": shown, "range": [DASHES[number % len(DASHES)] for number in range(len(shown))]}
    drawn = [*values, *roofs]
    x = _x("intensity", "operations per byte of training data", scale=_log(padding=12),
           axis=chart_axis(one["intensity"] for one in drawn))  # fmt: skip
    y = _x("rate", "fit, GFLOP/s", scale=_log(padding=12), axis=chart_axis(one["rate"] for one in drawn))
    roof = {
        "data": {"values": roofs},
        "mark": {"type": "line", "stroke": "var(--quiet)", "strokeWidth": 1.5},
        "encoding": {
            "x": x,
            "y": y,
            "strokeDash": {"field": "roof", "type": "nominal", "scale": dashes, "legend": {"symbolSize": LONG_DASH}},
        },
    }
    point = {
        "mark": {"type": "point", "filled": True, "size": 70},
        "encoding": {
            "x": x,
            "y": y,
            **_by_backend(names, "color", COLOURS, values),
            **_by_backend(names, "shape", SHAPES, values),
            "href": {"field": "href"},
        },
    }
    return {**_WIDE, "data": {"values": values}, "layer": [*([roof] if roofs else []), point]}
