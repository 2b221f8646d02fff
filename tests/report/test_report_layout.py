"""What stands where on the page, and can be read, in a real browser: no label is cut and no name broken anywhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from browser import Browser
from reference_runs import ALL_ENGINES, reference_run
from report_samples import make_analysis, make_group, make_info, make_row
from test_report_print_and_keys import pages
from test_report_science import science_analysis

from suite.analyse import analyse
from suite.report.draw import can_draw
from suite.report.html import render_report, write_report


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of the reference run."""
    run = reference_run(ALL_ENGINES)
    page = tmp_path_factory.mktemp("reference") / "page.html"
    write_report([analyse(run)], page, runs=[run])
    return page


@pytest.fixture
def shown(browser: Browser, reference: Path) -> Browser:
    browser.open(reference)
    return browser


def test_every_table_has_room_on_a_wide_screen(shown: Browser) -> None:
    wide = "[...document.querySelectorAll('.table')].filter(one => one.scrollWidth > one.clientWidth + 1)"
    assert shown.value(f"{wide}.map(one => one.getAttribute('aria-label'))") == []


def test_the_axis_of_a_heading_is_as_wide_as_the_figures_below(shown: Browser) -> None:
    """So that its ticks stand above their lines."""
    widths = (
        "['.axis', '.interval'].map(one => document.querySelector('#run-1-speedups ' + one).getBoundingClientRect())"
        ".map(one => [one.left, one.right])"
    )
    axis, interval = shown.value(widths)
    assert axis == interval


def test_headings_have_no_empty_line(shown: Browser) -> None:
    gap = (
        "[...document.querySelectorAll('#run-1-throughput thead th')].map(one => one.getBoundingClientRect().bottom"
        "- one.querySelector('.dt-column-title').getBoundingClientRect().bottom)"
    )
    assert max(shown.value(gap)) < 14


@pytest.mark.skipif(not can_draw(), reason="needs vl-convert")
@pytest.mark.parametrize("width", [360, 1280])
def test_charts_are_drawn_at_their_size_and_no_label_is_cut(
    browser: Browser, reference: Path, tmp_path: Path, width: int
) -> None:
    science = tmp_path / "science.html"
    science.write_text(render_report([science_analysis()]), encoding="utf-8")
    browser.resize(width)
    for page in (reference, science):
        browser.open(page)
        shrunk = "one => one.getBoundingClientRect().width < one.viewBox.baseVal.width - 1"
        assert browser.value(f"[...document.querySelectorAll('svg.chart')].filter({shrunk}).length") == 0
        left = "[...document.querySelectorAll('figure')].filter(one => { const at = one.getBoundingClientRect().left;"
        left += (
            "return [...one.querySelectorAll('.chart text')].some(text => text.getBoundingClientRect().left < at); })"
        )
        assert browser.value(f"{left}.map(one => one.dataset.name).filter(one => one !== 'means')") == []
        assert browser.value("document.documentElement.scrollWidth") <= width
        apart = "one => one.getBoundingClientRect().width <= one.nextElementSibling.getBoundingClientRect().width + 1"
        assert browser.value(f"[...document.querySelectorAll('figcaption')].every({apart})")


def test_long_names_end_their_lines_after_an_underscore(browser: Browser, tmp_path: Path) -> None:
    """In tables that stand in the page, and in those whose rows are data of it."""
    groups = [make_group(f"some_long_name_{number}") for number in range(60)]
    rows = [make_row(backend=case.backend, workload=group.workload.name) for group in groups for case in group.cases]
    page = tmp_path / "page.html"
    page.write_text(render_report([make_analysis(rows, info=make_info(groups))]), encoding="utf-8")
    browser.open(page)
    for section in ("speedups", "quality"):
        name = f"document.querySelector('#run-1-{section} tbody th')"
        assert browser.value(f"{name}.innerHTML").startswith("some_<wbr>long_<wbr>name_<wbr>0")
        assert browser.value(f"{name}.textContent").startswith("some_long_name_0")


def test_a_small_screen_has_fewer_rows_at_a_time_and_no_label_that_says_value(
    browser: Browser, reference: Path
) -> None:
    browser.resize(360)
    browser.open(reference)
    assert browser.value("document.querySelectorAll('#run-1-quality tbody tr').length") == 20
    label = "getComputedStyle(document.querySelector('#run-1-machine td'), '::before').content"
    assert browser.value(label) == "none"


def test_the_first_page_on_paper_is_filled(shown: Browser) -> None:
    pdf = base64.b64decode(shown.call("Page.printToPDF", printBackground=False)["data"])
    drawn = pages(pdf)
    assert drawn[0] > sum(drawn) / len(drawn) / 4
