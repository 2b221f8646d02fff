"""The science section: learning, the whole workflow, figures, curves and pictures of what workflows found."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from page_reader import assert_harmless
from report_samples import make_analysis, make_row
from test_report_html import HOSTILE, hostile_copy

from suite.analyse.rows import Analysis, Ratio
from suite.records.findings import Figure, Findings, Picture, Series
from suite.report.html import render_report
from suite.report.pictures import coloured, grid, limits, picture_svg, png
from suite.report.science import FIRST, MOST_CURVES, MOST_PICTURES, curves_of, in_turn, science_section
from suite.report.science_charts import curves_chart
from suite.workloads.science import entries
from suite.workloads.science.workflow import MOST_PIXELS, picture, series

FIELD = np.outer(np.linspace(-1, 1, 20), np.linspace(0, 2, 30))


def findings(error: float = 0.013) -> Findings:
    return Findings(
        figures=[Figure(name="error_out", value=error, unit="K", condition="on heights never seen in training")],
        series=[Series(name="drift", label="interpolated", x_label="step", y_label="error", x=[0, 1, 2], y=[1, 2, 4])],
        pictures=[picture("velocity", "reference", FIELD), picture("velocity", "difference", 0.1 * FIELD)],
    )


def science_row(**changes: Any) -> Any:
    backend = changes.get("backend", "onedal")
    ratio = None if backend == "sklearn" else Ratio(1.42, 1.35, 1.5)
    facts = {
        "workload": "rans_step-forest",
        "operation": "workflow",
        "own_s": 0.6,
        "workflow_s": 0.7,
        "workflow": ratio,
    }
    return make_row(**(facts | {"findings": findings()} | changes))


def science_analysis() -> Analysis:
    return make_analysis([science_row(backend="sklearn", findings=findings(0.011)), science_row(), make_row()])


def section(analysis: Analysis, *, draw: bool = True) -> Any:
    numbers = {row.case: number for number, row in enumerate(analysis.rows)}
    return science_section(analysis, numbers, draw=draw, part_id="run-1")[0]


def texts(table: Any) -> list[list[str]]:
    return [[cell.text for cell in line] for line in table.rows]


def test_there_is_no_section_without_workflows() -> None:
    assert not science_section(make_analysis(), {}, draw=True, part_id="run-1")


def test_learning_and_the_workflow_stand_side_by_side() -> None:
    speed = section(science_analysis()).tables[0]
    assert len(speed.rows) == 2
    assert texts(speed)[1][:7] == ["rans_step-forest", "onedal", "2.31×", "1.42×", "700 ms", "85.7 %", "0.343 %"]
    assert speed.rows[1][3].detail == "1.35 to 1.50"
    assert [part.phase for part in speed.rows[1][8].figure.parts] == ["own", "copy in", "fit", "predict", "copy out"]


def test_figures_of_the_backends_stand_side_by_side_with_their_condition() -> None:
    figures = section(science_analysis()).tables[1]
    row = ["rans_step-forest", "error out, K", "0.011", "0.013", "on heights never seen in training"]
    assert texts(figures) == [row]


def test_curves_and_pictures_are_drawn() -> None:
    pytest.importorskip("vl_convert")
    charts = {chart.name: chart for chart in section(science_analysis()).charts}
    assert set(charts) == {"science-curve-0", "science-gain", *(f"science-picture-{number}" for number in range(4))}
    assert len(charts["science-curve-0"].cases) == 2
    assert "difference" in charts["science-picture-1"].title


def test_shares_go_from_0_to_1_and_wide_ranges_are_logarithmic() -> None:
    wide = Series(name="growth", label="by cells", x_label="cells", y_label="s", x=[1, 1000], y=[0.01, 50])
    roc = Series(name="roc", label="learnt", x_label="false", y_label="true", x=[0.001, 1], y=[0.01, 1], shares=True)
    for curve, wanted in ((wide, "log"), (roc, [0, 1])):
        axes = curves_chart([("sklearn", curve)], ["sklearn"])["encoding"]
        for axis in ("x", "y"):
            assert wanted in axes[axis]["scale"].values()


def test_pictures_need_no_charting_package() -> None:
    names = [chart.name for chart in section(science_analysis(), draw=False).charts]
    assert names == [f"science-picture-{number}" for number in range(4)]


def test_the_pixels_are_those_of_the_field() -> None:
    pixels = coloured(FIELD, *limits([FIELD], signed=True), signed=True)
    content = png(pixels)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, kind = struct.unpack(">IIBB", content[16:26])
    assert (height, width, depth, kind) == (*FIELD.shape, 8, 2)
    start = content.index(b"IDAT") + 4
    lines = np.frombuffer(zlib.decompress(content[start:]), np.uint8).reshape(height, -1)
    assert np.array_equal(lines[:, 1:].reshape(pixels.shape), pixels)
    assert tuple(pixels[0, 0]) == (221, 221, 221)  # zero stands in the middle of a scale with two signs
    assert tuple(pixels[-1, -1]) == (180, 4, 38)


def test_the_scale_is_written_below() -> None:
    svg = picture_svg(FIELD, -2.0, 2.0, signed=True)
    assert ">-2</text>" in svg
    assert ">2</text>" in svg
    address = re.search(r"data:image/png;base64,([A-Za-z0-9+/=]+)", svg)
    assert address is not None
    assert base64.b64decode(address[1], validate=True).startswith(b"\x89PNG")


def test_a_large_field_is_thinned_out() -> None:
    shown = picture("field", "reference", np.zeros((1000, 2000)))
    assert len(shown.values) <= MOST_PIXELS
    thinned = grid(shown)
    assert thinned is not None
    assert thinned.shape[1] == pytest.approx(2 * thinned.shape[0], abs=2)


@pytest.mark.parametrize(
    "broken",
    [
        Picture(name="p", label="l", columns=0, values=[1.0]),
        Picture(name="p", label="l", columns=7, values=[1.0, 2.0]),
        Picture(name="p", label="l", columns=3, values=[]),
    ],
)
def test_fields_that_make_no_rows_are_left_out(broken: Picture) -> None:
    odd = Findings(pictures=[broken], series=[Series(name="s", label="", x_label="", y_label="", x=[1.0], y=[])])
    assert not section(make_analysis([science_row(findings=odd)]), draw=False).charts


def test_constant_fields_and_many_pictures_of_one_case() -> None:
    many = Findings(pictures=[picture(f"field {number}", "reference", np.ones((3, 3))) for number in range(99)])
    shown = section(make_analysis([science_row(findings=many)]), draw=False)
    assert len(shown.charts) == MOST_PICTURES[0]
    assert "0 charts of curves and 93 pictures" in shown.text[-1]


def whole_suite() -> list[Any]:
    """Rows of every science workload's variants on two backends, as they stand in the catalogue."""
    one = series("learning_curve", "", "rows", "error", [1, 2], [2, 1])
    found = Findings(series=[one, replace(one, name="drift_in")], pictures=findings().pictures)
    return [
        science_row(workload=workload.name, backend=backend, findings=found)
        for workload in entries()
        for backend in ("sklearn", "onedal")
    ]


def test_on_a_page_of_all_workloads_each_has_its_curves_and_pictures_and_the_simulations_come_first() -> None:
    rows = whole_suite()
    names = {row.workload.partition("-")[0] for row in rows}
    assert len(names) == 13
    shown, left_out = in_turn(curves_of(rows), lambda one: one.group, MOST_CURVES)
    begun = [one.group.partition("-")[0] for one in shown]
    assert set(begun) == names
    assert set(begun[:8]) == set(FIRST)
    assert {one.name for one in shown if one.group.startswith("rans_online")} == {"learning_curve", "drift_in"}
    assert left_out == len(rows) - len(shown) > 0
    page = section(make_analysis(rows), draw=False)
    titles = [chart.title for chart in page.charts]
    assert {title.partition("-")[0] for title in titles} == names
    assert {title.partition("-")[0] for title in titles[:8]} == set(FIRST)
    assert f"and {2 * len(rows) - len(titles)} pictures" in page.text[-1]


def test_nothing_is_said_of_what_is_not_left_out() -> None:
    assert len(section(science_analysis(), draw=False).text) == 1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_findings_of_strangers_do_no_harm(text: str) -> None:
    assert_harmless(render_report([hostile_copy(science_analysis(), text)], title=text))
