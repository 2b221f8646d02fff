"""Figures as files for a paper: the heat-map with all that reads it, and titles, legends and marks of the others."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from report_samples import every_kind, make_analysis, make_info, make_row
from test_report_science import findings, science_row

from suite.analyse.rows import Ratio, Verdict
from suite.records.findings import Findings, Series
from suite.report.charts import mean_chart, quality_chart
from suite.report.draw import HATCHED, can_draw, draw_file
from suite.report.export_figures import titled
from suite.report.heat_figure import COLOURS, FASTER, SLOWER, Figure, factor, heat_figures
from suite.report.heatmap import heat_section
from suite.report.science_charts import curves_chart
from suite.report.text import ratio_text

pytestmark = pytest.mark.skipif(not can_draw(), reason="needs vl-convert")

CHARTS_CSS = Path(__file__).parents[2] / "suite" / "report" / "templates" / "charts.css"


def drawn(figure: Figure, analysis: Any) -> str:
    return draw_file(titled(figure, analysis), "svg").decode()


def texts(svg: str) -> list[str]:
    return [
        text for one in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if (text := "".join(one.itertext()))
    ]


def test_the_heat_map_says_over_what_in_what_and_where() -> None:
    analysis = every_kind()
    resident, whole = heat_figures(analysis)
    assert (resident.name, whole.name) == ("heat-map", "heat-map-end-to-end")
    said = texts(drawn(resident, analysis))
    assert "Speed-ups over sklearn, data in place" in said
    assert any(text.startswith("times as fast as sklearn at equal quality") for text in said)
    assert any("Example CPU 9000, 4 threads" in text for text in said)
    assert "Speed-ups over sklearn, end to end" in texts(drawn(whole, analysis))


def test_the_heat_map_has_the_digits_and_words_of_the_page() -> None:
    analysis = every_kind()
    [resident, _] = heat_section(analysis).tables
    said = texts(drawn(heat_figures(analysis)[0], analysis))
    for row in resident.rows:
        assert row[0].text in said
        assert row[1].text in said
    assert ratio_text(Ratio(1.0012, 0.9941, 1.0077)) in said


def test_ambiguous_cells_are_hatched_and_the_legend_says_so() -> None:
    analysis = every_kind()
    svg = drawn(heat_figures(analysis)[0], analysis)
    assert svg.count('<pattern id="hatched"') == 1
    assert svg.count(f'fill="{HATCHED}"') == 2  # the cell, and the legend
    assert {"faster", "slower", "same", "ambiguous", "lower bound", "≤ 1/8×", "1×", "≥ 8×"} <= {*texts(svg)}
    sure = make_analysis()
    assert HATCHED not in drawn(heat_figures(sure)[0], sure)


def test_marks_are_drawn_so_that_no_cell_is_in_another_font() -> None:
    analysis = every_kind()
    svg = drawn(heat_figures(analysis)[0], analysis)
    assert not set("▲▼■◇▷≠↩⊘✕◷▣∅") & set("".join(texts(svg)))


def test_columns_and_rows_stand_in_the_order_of_the_page() -> None:
    names = ("sklearn", "b", "c", "a")
    rows = [make_row(backend=name, workload=workload) for workload in ("one", "two") for name in names]
    rows[1] = make_row(backend="b", workload="one", verdict=Verdict.NONE, speedup=None, end_to_end=None)
    analysis = make_analysis(rows)
    said = texts(drawn(heat_figures(analysis)[0], analysis))
    assert [text for text in said if text in names] == ["b", "c", "a"]
    assert [text for text in said if text in ("one", "two")] == ["one", "two"]


def test_what_all_rows_share_is_said_once() -> None:
    rows = [
        make_row(backend=backend, workload=workload, rows=count)
        for workload, count in (("one", 10_000), ("two", 20_000))
        for backend in ("sklearn", "onedal")
    ]
    analysis = make_analysis(rows)
    [resident, _] = heat_figures(analysis)
    assert resident.note == "times as fast as sklearn at equal quality; all of them S, float32"
    assert {"one · 10,000 × 20", "two · 20,000 × 20"} <= {*texts(drawn(resident, analysis))}


def test_rows_whose_names_are_cut_alike_stay_apart() -> None:
    rows = [
        make_row(backend=backend, workload=f"{'w' * 80}{number}")
        for number in (1, 2)
        for backend in ("sklearn", "onedal")
    ]
    cells = [one["case"] for one in heat_figures(make_analysis(rows))[0].spec["vconcat"][0]["data"]["values"]]
    assert len({*cells}) == 2


def test_the_scale_is_that_of_the_page() -> None:
    css = CHARTS_CSS.read_text()
    for name in ("f", "s"):
        shares = [int(share) for share in re.findall(rf"\.heat-{name}\d {{ background: .*? (\d+)%", css)]
        assert shares == [12, 24, 36, 48, 60, 72]
    assert "--heat-fast: #4f9fd6; --heat-slow: #e08a3c" in css  # of which the colours of files are made
    assert [*COLOURS] == [f"heat-s{step}" for step in range(6, 0, -1)] + ["heat-0"] + [
        f"heat-f{step}" for step in range(1, 7)
    ]
    assert (COLOURS["heat-s6"], COLOURS["heat-f6"]) == (SLOWER[-1], FASTER[-1])
    assert [factor(step) for step in (-6, -2, 0, 4, 6)] == ["≤ 1/8×", "1/2×", "1×", "4×", "≥ 8×"]


def test_png_is_of_the_hatched_drawing() -> None:
    analysis = every_kind()
    figure = titled(heat_figures(analysis)[0], analysis)
    assert draw_file(figure, "png").startswith(b"\x89PNG\r\n")


def test_a_long_title_is_broken_into_lines() -> None:
    analysis = make_analysis(info=make_info(id="x" * 30))
    spec = titled(Figure("a", "word " * 60, {"width": 270}), analysis)
    assert len(spec["title"]["text"]) > 3
    assert max(map(len, spec["title"]["text"])) <= 56


def test_legends_have_the_backends_that_are_drawn() -> None:
    rows = [make_row(backend="sklearn"), make_row(), make_row(backend="absent", speedup=None)]
    analysis = make_analysis(rows)
    found = quality_chart(analysis, ["sklearn", "onedal", "absent"], {row.case: 0 for row in rows})
    assert found
    svg = draw_file(found[0], "svg").decode()
    assert "onedal" in texts(svg)
    assert not {"sklearn", "absent"} & {*texts(svg)}


def test_a_mark_hides_the_interval_below_it() -> None:
    spec = mean_chart(make_analysis(), ["sklearn", "onedal"])
    assert spec
    assert spec["layer"][-1]["mark"]["opacity"] == 1


def test_the_legend_of_curves_shows_the_dashes_of_their_labels() -> None:
    both = [
        Series(name="drift", label=label, x_label="step", y_label="error", x=[0, 1], y=[1, 2])
        for label in ("in", "out")
    ]
    row = science_row(findings=Findings(figures=[], series=both, pictures=[]))
    assert row.findings != findings()
    svg = draw_file(curves_chart([("onedal", one) for one in both], ["sklearn", "onedal"]), "svg").decode()
    assert {"in", "out", "onedal"} <= {*texts(svg)}
    symbols = svg.split("mark-group role-legend")[-1]
    assert "stroke-dasharray" in symbols
