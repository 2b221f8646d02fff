"""The page on paper, by keyboard and for a screen reader, in a real browser."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

from browser import Browser
from page_reader import read_page
from report_samples import make_analysis, make_group, make_info, make_row

from suite.report.draw import can_draw
from suite.report.html import render_report, write_report

FOCUS = (
    "(() => { const at = document.activeElement, style = getComputedStyle(at);"
    "return JSON.stringify([at.tagName, at.name ?? '', at.getAttribute('class') ?? '', at.closest('section')?.id ?? '',"
    "style.outlineStyle, parseFloat(style.outlineWidth)]); })()"
)


def pages(pdf: bytes) -> list[int]:
    """Return the bytes of drawing operators of every page of a PDF file."""
    objects = {int(number): body for number, body in re.findall(rb"(?:^|\n)(\d+) 0 obj\s*(.*?)endobj", pdf, re.DOTALL)}
    found = []
    for body in objects.values():
        if re.search(rb"/Type\s*/Page\b", body):
            contents = [int(one) for one in re.findall(rb"(\d+) 0 R", body.split(b"/Contents")[1].split(b"/", 1)[0])]
            found.append(sum(len(_stream(objects[one])) for one in contents))
    return found


def _stream(body: bytes) -> bytes:
    content = body.split(b"stream\n", 1)[1].rsplit(b"\nendstream", 1)[0]
    return zlib.decompress(content) if b"FlateDecode" in body else content


def test_no_page_on_paper_is_empty(browser: Browser, run_page: Path) -> None:
    browser.open(run_page)
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=False)["data"])
    assert pdf.startswith(b"%PDF")
    drawn = pages(pdf)
    assert len(drawn) > 2
    assert min(drawn) > 200


def test_on_paper_all_rows_stand_and_nothing_is_folded_or_cut(browser: Browser, tmp_path: Path) -> None:
    groups = [make_group(f"workload-{number}") for number in range(70)]
    rows = [make_row(backend=case.backend, workload=group.workload.name) for group in groups for case in group.cases]
    page = tmp_path / "page.html"
    write_report([make_analysis(rows, info=make_info(groups))], page)
    browser.open(page)
    count = "document.querySelectorAll('#run-1-quality tbody tr').length"
    browser.value("document.querySelector('#run-1-quality').scrollIntoView({behavior: 'instant'})")
    browser.until(count, 50)
    browser.value("document.querySelectorAll('details').forEach(one => { one.open = false; })")
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.resize(680)  # A4 within its margins
    browser.value("dispatchEvent(new Event('beforeprint'))")
    assert browser.value(count) == 140
    assert browser.value("[...document.querySelectorAll('details')].every(one => one.open)")
    wide = (
        "[...document.querySelectorAll('.table, pre, .chart')].filter(one => one.getBoundingClientRect().right > 681)"
    )
    assert browser.value(f"{wide}.length") == 0
    clipped = "[...document.querySelectorAll('.table, pre')].filter(one => one.scrollWidth > one.clientWidth + 1)"
    assert browser.value(f"{clipped}.map(one => one.textContent.trim().slice(0, 40)).join('|')") == ""
    hidden = "[...document.querySelectorAll('.filters, button, nav')].every(one => !one.checkVisibility())"
    assert browser.value(hidden)
    browser.value("dispatchEvent(new Event('afterprint'))")
    assert browser.value(count) == 50
    assert browser.value("[...document.querySelectorAll('details')].every(one => !one.open)")


def test_the_keyboard_reaches_filters_switches_and_cells_visibly(browser: Browser, run_page: Path) -> None:
    browser.open(run_page)
    stops = []
    for _ in range(60):
        browser.press("Tab")
        browser.until(f"JSON.parse({FOCUS})[4]", "solid")
        stops.append(json.loads(browser.value(FOCUS)))
        if stops[-1][2] == "to-case":
            break
    tags = [f"{tag} {name}".strip() for tag, name, *_ in stops]
    wanted = ["SELECT task", "SELECT size", "SELECT backend", "INPUT q", "SELECT baseline", "SELECT span"]
    assert [tag for tag in tags if tag in wanted] == wanted
    assert tags[0] == "A"  # leads past the filters
    assert stops[-1][2:4] == ["to-case", "run-1-heat-map"]
    assert all(width >= 2 for *_, width in stops), stops
    browser.press("Enter")
    browser.until("document.getElementById('case').open")
    for _ in range(3):  # the keyboard stays within it, and a click on what is behind only closes it
        assert browser.value("document.getElementById('case').contains(document.activeElement)")
        browser.press("Tab")
    assert browser.value("document.elementFromPoint(2, innerHeight / 2).className") == "behind"
    browser.press("Escape")
    browser.until("document.getElementById('case').open", False)
    browser.until(f"JSON.parse({FOCUS})[2]", "to-case")
    assert browser.value("document.elementFromPoint(2, innerHeight / 2).className") != "behind"
    assert "case=" not in browser.value("location.hash")


def test_everything_has_its_name_for_a_screen_reader(browser: Browser, run_page: Path) -> None:
    browser.open(run_page)
    browser.value("document.querySelectorAll('.table').forEach(one => one.scrollIntoView({behavior: 'instant'}))")
    problems = {
        "headings without scope": "thead th:not([scope]), tbody th:not([scope])",
        "tables without caption": "table:not(:has(> caption))",
        "charts without words": "svg.chart:not([role=img][aria-label])",
        "figures that are read although the text beside them says it": "td svg:not([aria-hidden=true])",
        "marks that are read": ".mark:not([aria-hidden=true])",
        "links within pictures by keyboard": "svg.chart a:not([tabindex='-1'])",
        "sections without name": "section:not([aria-labelledby]), article:not([aria-labelledby])",
    }
    for what, selector in problems.items():
        found = browser.value(f"[...document.querySelectorAll({selector!r})].slice(0, 3).map(one => one.outerHTML)")
        assert found == [], what
    assert browser.value("[...document.querySelectorAll('select, input')].every(one => one.labels.length === 1)")
    assert browser.value("[...document.querySelectorAll('button, summary')].every(one => one.textContent.trim())")
    assert browser.value("document.documentElement.lang") == "en"


def test_charts_say_their_figures_in_words() -> None:
    if not can_draw():
        return
    groups = [make_group(name) for name in ("one", "two")]
    rows = [make_row(backend=case.backend, workload=group.workload.name) for group in groups for case in group.cases]
    page = read_page(render_report([make_analysis(rows, info=make_info(groups))]))
    words = [attributes["aria-label"] for attributes in page.all("svg") if attributes.get("class") == "chart"]
    assert any("onedal: 2.31× (2.10 to 2.54)" in one for one in words)
    assert any("onedal: the fastest in 100 % of the cases" in one for one in words)
    assert any("Pareto front" in one and "2 cases, speed-ups from 2.31 to 2.31" in one for one in words)
