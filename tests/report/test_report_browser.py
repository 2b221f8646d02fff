"""The page of a real run in a real browser."""

from __future__ import annotations

import csv
import json
import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from browser import Browser
from report_samples import make_analysis, make_row
from test_report_html import HOSTILE
from test_report_science import science_analysis

from suite.analyse import analyse
from suite.records.run import Run
from suite.report.draw import can_draw
from suite.report.html import render_report, write_report


def test_page_draws_and_asks_nothing_of_the_network(browser: Browser, recorded: tuple[Run, Path]) -> None:
    browser.open(recorded[1])
    assert browser.errors == []
    assert {address for address in browser.requests if not address.startswith("data:")} <= {
        recorded[1].resolve().as_uri()[:100],
        "about:blank",
    }
    assert browser.value("document.querySelectorAll('.dt-container').length") >= browser.value(
        "document.querySelectorAll('table.cases').length"
    )
    if can_draw():
        boxes = browser.value(
            "[...document.querySelectorAll('svg.chart')].map(one => one.getBoundingClientRect().height)"
        )
        assert boxes
        assert min(boxes) > 40


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser: Browser, recorded: tuple[Run, Path], width: int, scheme: str) -> None:
    browser.scheme(scheme)
    browser.resize(width)
    browser.open(recorded[1])
    assert browser.value("document.documentElement.scrollWidth") <= width


def test_filters_work_together_and_the_link_restores_them(browser: Browser, recorded: tuple[Run, Path]) -> None:
    browser.open(recorded[1])
    everything = browser.value("document.querySelector('output').textContent")
    browser.choose("backend", "sklearn")
    browser.choose("q", "kmeans")
    browser.choose("span", "end-to-end")
    shown = browser.value("document.querySelector('output').textContent")
    assert shown.startswith("1 of ")
    assert shown != everything
    fragment = browser.value("location.hash")
    for part in ("backend=sklearn", "q=kmeans", "span=end-to-end"):
        assert part in fragment
    browser.open(recorded[1], fragment)
    assert browser.value("document.querySelector('output').textContent") == shown
    assert browser.value("document.querySelector('.span-resident').hidden") is True
    browser.value("document.querySelector('#run-1-quality').scrollIntoView()")
    until = time.monotonic() + 10
    count = "document.querySelectorAll('#run-1-quality tbody tr[data-cases]').length"
    while browser.value(count) != 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert browser.value(count) == 1


def test_what_a_link_names_and_the_page_has_not_is_left_as_it_is(browser: Browser, run_page: Path) -> None:
    browser.open(run_page, "#span=bogus&size=QQ&backend=nobody&q=ridge")
    chosen = "[...document.querySelectorAll('#filters select')].map(one => [one.name, one.selectedIndex])"
    assert {index for _, index in browser.value(chosen)} == {0}
    assert browser.value("document.getElementById('filters').elements.q.value") == "ridge"
    assert browser.value("document.querySelector('.span-resident').hidden") is False
    assert browser.value("document.querySelector('.span-end-to-end').hidden") is True


def test_the_page_of_an_imported_run_has_nothing_of_speed_ups(browser: Browser, imported: tuple[Run, Path]) -> None:
    browser.open(imported[1])
    assert "speed-up" not in browser.value("document.body.innerText").lower()
    assert browser.value("document.querySelectorAll('[name=span], #how-to-read, [href=\"#how-to-read\"]').length") == 0
    browser.choose("q", "sort")
    assert browser.value("document.querySelector('output').textContent") == "1 of 2 cases"
    assert browser.errors == []


@pytest.mark.parametrize("width", [360, 1280])
def test_links_of_the_navigation_can_be_hit(
    browser: Browser, run: Run, scaled: tuple[Run, Path], tmp_path: Path, width: int
) -> None:
    """As WCAG 2.2 asks of targets: 24 pixels either way."""
    write_report([analyse(run), analyse(scaled[0])], tmp_path / "two.html", runs=[run, scaled[0]])
    browser.resize(width)
    browser.open(tmp_path / "two.html")
    boxes = browser.value(
        "[...document.querySelectorAll('nav a')].map(one => one.getBoundingClientRect())"
        ".map(one => [one.width, one.height])"
    )
    assert len(boxes) > 20
    assert min(min(box) for box in boxes) >= 24


def test_download_holds_the_shown_rows(browser: Browser, recorded: tuple[Run, Path], tmp_path: Path) -> None:
    browser.open(recorded[1])
    browser.choose("q", "ridge")
    browser.value("document.querySelector('#run-1-phases').scrollIntoView()")
    time.sleep(0.3)
    browser.value("document.querySelector('#run-1-phases .save').click()")
    until = time.monotonic() + 10
    while not (files := [*tmp_path.glob("*.csv")]) and time.monotonic() < until:
        time.sleep(0.05)
    [lines] = [[*csv.reader(file.read_text().splitlines())] for file in files]
    run = analyse(recorded[0])
    shown = [row for row in run.rows if row.workload.startswith("ridge") and not row.absent]
    assert [(line[0], line[2]) for line in lines[1:]] == [(row.workload, row.backend) for row in shown]
    fit = lines[0].index("Fit")
    assert [float(line[fit]) for line in lines[1:] if line[fit] not in ("", "–")] == [
        row.fit_s for row in shown if row.fit_s is not None
    ]


def test_a_click_leads_to_the_case(browser: Browser, recorded: tuple[Run, Path]) -> None:
    browser.open(recorded[1])
    browser.value("document.querySelector('#run-1-heat-map a.to-case').click()")
    assert browser.value("document.getElementById('case').open") is True
    assert "case=" in browser.value("location.hash")
    assert len(browser.value("document.getElementById('case').textContent")) > 200


def charts(browser: Browser) -> set[str]:
    """Return the names of the charts of the page, all of which take room."""
    found = json.loads(
        browser.value(
            "JSON.stringify([...document.querySelectorAll('figure[data-name]')].map("
            "one => [one.dataset.name, one.querySelector('svg').getBoundingClientRect().height]))"
        )
    )
    assert all(height > 40 for _, height in found), found
    return {name for name, _ in found}


@pytest.mark.skipif(not can_draw(), reason="needs vl-convert")
def test_every_chart_draws(browser: Browser, scaled: tuple[Run, Path], tmp_path: Path) -> None:
    browser.open(scaled[1])
    wanted = {"scaling-0", "speed-and-quality", "means", "performance-profile", "operations"}
    assert wanted <= charts(browser)
    page = tmp_path / "science.html"
    page.write_text(render_report([science_analysis()]), encoding="utf-8")
    browser.open(page)
    assert {"science-curve-0", "science-gain", "science-picture-0"} <= charts(browser)
    assert browser.errors == []


@pytest.mark.skipif(not can_draw(), reason="needs vl-convert")
def test_the_filter_of_backends_reaches_lines_and_what_is_saved(
    browser: Browser, scaled: tuple[Run, Path], tmp_path: Path
) -> None:
    browser.open(scaled[1])
    scaling = "figure[data-name=scaling-0]"
    drawn = f"[...document.querySelectorAll('{scaling} path[stroke^=\"var(--s\"]')]"
    shown = "one => one.checkVisibility({visibilityProperty: true})"
    seen = f"new Set({drawn}.filter({shown}).map(one => one.getAttribute('stroke'))).size"
    assert browser.value(seen) == 3
    browser.value(f"document.querySelector('{scaling}').scrollIntoView({{behavior: 'instant'}})")
    browser.choose("backend", "onedal")
    browser.until(seen, 1)
    browser.value(f"document.querySelector('{scaling} .save').click()")
    until = time.monotonic() + 10
    while not (files := [*tmp_path.glob("scaling-0*.svg")]) and time.monotonic() < until:
        time.sleep(0.05)
    [text] = [file.read_text(encoding="utf-8") for file in files]
    assert ET.fromstring(text).tag.endswith("svg")
    assert "var(--" not in text
    browser.choose("backend", "")
    browser.until(seen, 3)


def test_every_table_can_be_sorted_and_saved(browser: Browser, scaled: tuple[Run, Path]) -> None:
    browser.open(scaled[1])
    plain = "[...document.querySelectorAll('table')].filter(one => !one.querySelector('tr.heading'))"
    assert browser.value(f"{plain}.length") > 10
    assert browser.value(f"{plain}.filter(one => !one.querySelector('caption .save')).length") == 0
    heads = "[...document.querySelectorAll('#run-1-coverage tbody th')].map(one => one.textContent.trim()).join()"
    assert browser.value(heads).startswith("sklearn,")
    browser.value("document.querySelector('#run-1-coverage thead th').click()")
    assert browser.value(heads).startswith("onedal,")


def test_links_to_sections_keep_the_filters(browser: Browser, run_page: Path) -> None:
    browser.open(run_page, "#q=ridge")
    browser.value("document.querySelector('nav.contents a[href$=-samples]').click()")
    assert browser.value("location.hash") == "#q=ridge"
    browser.until("document.querySelector('#run-1-samples').getBoundingClientRect().top < innerHeight", True)


def test_pages_of_two_runs_are_filtered_together(
    browser: Browser, run: Run, scaled: tuple[Run, Path], tmp_path: Path
) -> None:
    page = tmp_path / "two.html"
    write_report([analyse(run), analyse(scaled[0])], page, runs=[run, scaled[0]])
    browser.open(page)
    browser.choose("q", "kmeans")
    count = sum("kmeans" in row.workload for one in (run, scaled[0]) for row in analyse(one).rows)
    assert browser.value("document.querySelector('output').textContent").startswith(f"{count} of ")
    assert browser.errors == []


@pytest.mark.parametrize("text", [HOSTILE[1], HOSTILE[3], HOSTILE[4]])
def test_hostile_names_stay_text_in_the_browser(browser: Browser, text: str, tmp_path: Path) -> None:
    rows = [make_row(workload=f"{text}{n}", backend=name, reason=text) for n in range(70) for name in ("sklearn", text)]
    page = tmp_path / "hostile.html"
    page.write_text(render_report([make_analysis(rows)], title=text), encoding="utf-8")
    browser.open(page)
    browser.value("document.querySelector('a.to-case').click()")
    assert browser.value("document.getElementById('case').open") is True
    assert re.sub(r"\s+", "", text[:20]) in re.sub(r"\s+", "", browser.value("document.body.textContent"))
    assert browser.value("document.querySelectorAll('main img, dialog img, [onmouseover], [onerror]').length") == 0
    assert browser.errors == []
    assert all(one.startswith(("file:", "data:", "about:")) for one in browser.requests)


def test_long_tables_are_sorted_by_their_figures(browser: Browser, tmp_path: Path) -> None:
    """Their rows are data of the page; what has no figure is below all that have one."""
    rows = [make_row(workload=f"work-{n:03}", backend=name, quality=(n * 37 % 101) / 7 if n else None)
            for n in range(101) for name in ("sklearn", "onedal")]  # fmt: skip
    page = tmp_path / "long.html"
    page.write_text(render_report([make_analysis(rows)]), encoding="utf-8")
    browser.open(page)
    browser.value("document.querySelector('#run-1-quality').scrollIntoView({behavior: 'instant'})")
    first = "document.querySelector('#run-1-quality tbody tr th').firstChild.textContent.trim()"
    head = "document.querySelectorAll('#run-1-quality thead th')[2].click()"
    browser.value(head)
    browser.until(first, "work-000")
    browser.value(head)
    most = max(range(1, 101), key=lambda n: n * 37 % 101)
    browser.until(first, f"work-{most:03}")
    assert browser.errors == []
