"""The switch of baselines, and the page without JavaScript, in a real browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import Browser
from page_reader import assert_harmless, read_page
from report_samples import every_kind, make_analysis, make_group, make_info, make_row

from suite.analyse import analyse
from suite.analyse.rows import Analysis
from suite.records.run import Run
from suite.report import baselines
from suite.report.html import render_report
from suite.report.text import ratio_text

SHOWN = "document.querySelector('.span-{span}:not([hidden]) table')"


def heat_map(browser: Browser, span: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the caption of the heat-map, and by workload and backend the exact speed-ups in it."""
    found = browser.value(
        f"(() => {{ const table = {SHOWN.format(span=span)};"
        "const heads = [...table.tHead.rows[0].cells].map(one => one.textContent.trim());"
        "const rows = [...table.tBodies[0].rows].map(row => ["
        "[...row.cells[0].childNodes].filter(one => one.nodeName !== 'SMALL').map(one => one.textContent).join(''),"
        "[...row.cells].map((cell, at) => [heads[at], cell.querySelector('data')?.value])]);"
        "return JSON.stringify([table.caption.firstChild.textContent, rows]); })()"
    )
    caption, rows = json.loads(found)
    return caption, {name.strip(): {head: value for head, value in cells[1:] if value} for name, cells in rows}


def expected(analysis: Analysis, span: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in analysis.rows:
        own = found.setdefault(row.workload, {})
        ratio = row.speedup if span == "resident" else row.end_to_end
        if ratio is not None:
            own[row.backend] = str(ratio.estimate)
    return found


@pytest.mark.parametrize("span", ["resident", "end-to-end"])
def test_another_baseline_shows_what_an_analysis_over_it_says(
    browser: Browser, run: Run, run_page: Path, span: str
) -> None:
    browser.open(run_page)
    browser.choose("span", span)
    browser.value("document.querySelector('#run-1-heat-map').scrollIntoView({behavior: 'instant'})")
    own = heat_map(browser, span)
    assert own == (f"Speed-ups over sklearn, {span.replace('resident', 'data in place').replace('-', ' ')}", own[1])
    assert own[1] == expected(analyse(run), span)
    browser.choose("baseline", "onedal")
    caption, shown = heat_map(browser, span)
    assert caption.startswith("Speed-ups over onedal,")
    assert shown == expected(analyse(run, "onedal"), span)
    assert any("sklearn" in row for row in shown.values())
    assert "over onedal" in browser.value("document.querySelector('output').textContent")
    assert "baseline=onedal" in browser.value("location.hash")
    browser.choose("baseline", "")
    assert heat_map(browser, span) == own
    assert browser.errors == []


def test_a_link_restores_the_baseline_in_every_table(browser: Browser, run: Run, run_page: Path) -> None:
    browser.open(run_page, "#baseline=onedal&q=ridge")
    assert browser.value("document.getElementById('filters').elements.baseline.value") == "onedal"
    browser.value("document.querySelector('#run-1-speedups').scrollIntoView({behavior: 'instant'})")
    browser.until(
        "document.querySelector('#run-1-speedups caption').firstChild.textContent", "Every backend against onedal"
    )
    browser.until(
        "[...document.querySelectorAll('#run-1-speedups tbody tr')].every(row => row.cells[1].textContent !== 'onedal')"
    )
    text = browser.value("document.querySelector('#run-1-speedups table').textContent")
    over = analyse(run, "onedal")
    ratios = [ratio_text(row.speedup) for row in over.rows if row.speedup and "ridge" in row.workload]
    assert ratios
    assert all(one in text for one in ratios)
    browser.open(run_page, "#baseline=nobody")
    assert heat_map(browser, "resident")[0].startswith("Speed-ups over sklearn")


def test_the_switch_is_offered_only_where_its_figures_are_in_the_page(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = analyse(run)
    assert 'name="baseline"' in render_report([analysis], runs=[run])
    assert 'name="baseline"' not in render_report([analysis])
    assert baselines.other_baselines(replace(analysis, reached=[object()]), run) == {}  # type: ignore[list-item]
    monkeypatch.setattr(baselines, "MOST_ANALYSED", 3)
    html = render_report([analysis], runs=[run])
    assert 'name="baseline"' not in html
    assert "data-baseline=" not in html


def test_links_to_cases_have_their_targets_in_the_page() -> None:
    html = render_report([every_kind()])
    assert_harmless(html)
    page = read_page(html)
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [attributes["href"] for attributes in page.all("a") if attributes.get("class") == "to-case"]
    assert len(links) > 20
    assert {link.removeprefix("#") for link in links} <= ids


def test_a_link_to_a_row_that_needs_the_script_is_none_without_it() -> None:
    groups = [make_group(f"workload-{number}", ("sklearn", "onedal", "torch")) for number in range(120)]
    rows = [make_row(backend=case.backend, workload=group.workload.name) for group in groups for case in group.cases]
    html = render_report([make_analysis(rows, info=make_info(groups))])
    assert_harmless(html)
    heat_map = re.split('<section id="run-1-heat-map"', html)[1].split("</section>")[0]
    assert 0 < heat_map.count('<a class="to-case"') < heat_map.count("<data value=")


def test_without_javascript_a_cell_leads_to_the_row_of_its_case(browser: Browser, run_page: Path) -> None:
    browser.open_without_scripts(run_page)
    assert browser.value("document.documentElement.dataset.ready ?? ''") == ""
    assert browser.value("document.getElementById('filters').hidden") is True
    assert browser.value("document.querySelectorAll('.span-resident, .span-end-to-end').length") == 2
    browser.value(
        "document.querySelector('#run-1-heat-map a.to-case').scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    place = json.loads(
        browser.value("JSON.stringify(document.querySelector('#run-1-heat-map a.to-case').getBoundingClientRect())")
    )
    at = {"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)
    browser.until("/^#case-\\d+$/.test(location.hash)")
    browser.until(  # the way there is smooth
        "(() => { const box = document.querySelector(location.hash).getBoundingClientRect();"
        "return box.top >= 0 && box.top < innerHeight; })()"
    )
    row = browser.value(
        "(() => { const row = document.querySelector(location.hash);"
        "return [row.tagName, row.closest('section').id, getComputedStyle(row).outlineStyle].join(' '); })()"
    )
    assert row == "TR run-1-speedups solid"
