"""A page opened at the link of a section, a reader who scrolls, and links beside filters, in a real browser."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from browser import Browser
from reference_runs import ALL_ENGINES, reference_run
from report_samples import make_analysis, make_group, make_info, make_row

from suite.analyse import analyse
from suite.report.html import render_report, write_report

#: How far the target of the address stands below the filters, or below the top of a window that they do not stick to.
BELOW = (
    "(() => { const form = document.getElementById('filters');"
    "const edge = getComputedStyle(form).position === 'sticky' ? form.getBoundingClientRect().bottom : 0;"
    "return Math.round(document.querySelector(':target').getBoundingClientRect().top - edge); })()"
)
AT_END = "scrollY + innerHeight >= document.documentElement.scrollHeight - 1"


@pytest.fixture(scope="module")
def long_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return pages, by how many runs they are of, whose tables the script makes shorter: of over 50 rows."""
    groups = [make_group(f"workload-{number}") for number in range(60)]
    rows = [make_row(backend=case.backend, workload=group.workload.name) for group in groups for case in group.cases]
    info = make_info(groups)
    runs = [make_analysis(rows, info=info), make_analysis(rows, info=msgspec.structs.replace(info, id="another"))]
    folder = tmp_path_factory.mktemp("long")
    for number in (1, 2):
        (folder / f"{number}.html").write_text(render_report(runs[:number]), encoding="utf-8")
    return {number: folder / f"{number}.html" for number in (1, 2)}


def stands(browser: Browser) -> bool:
    """Return whether the target of the address stands just below the filters, or as high as the page's end lets it."""
    below = browser.value(BELOW)
    return 0 <= below <= 16 or (below > 0 and bool(browser.value(AT_END)))


def wheel(browser: Browser, by: int) -> None:
    """Scroll as a reader does, and wait until the page has moved."""
    at = browser.value("scrollY")
    browser.call("Input.dispatchMouseEvent", type="mouseWheel", x=300, y=500, deltaX=0, deltaY=by)
    browser.until(f"Math.abs(scrollY - {at}) > {abs(by) - 100}")


@pytest.mark.parametrize("width", [360, 900, 1280])
@pytest.mark.parametrize(("runs", "sections"), [(1, ("quality", "summary", "samples")), (2, ("speedups", "again"))])
def test_a_page_opened_at_a_link_stands_there(
    browser: Browser, long_pages: dict[int, Path], width: int, runs: int, sections: tuple[str, ...]
) -> None:
    browser.resize(width)
    for section in sections:
        browser.open(long_pages[runs], f"#run-{runs}-{section}")
        assert stands(browser), (section, browser.value(BELOW))
        browser.screenshot(Path("/dev/null"), whole=False)  # a frame, with what it draws
        assert stands(browser), (section, browser.value(BELOW))


@pytest.mark.parametrize("width", [360, 1280])
def test_it_still_stands_there_a_second_later(browser: Browser, width: int, tmp_path: Path) -> None:
    """On the page of the reference run, with its charts and thousands of cells above the section."""
    run = reference_run(ALL_ENGINES)
    page = tmp_path / "page.html"
    write_report([analyse(run)], page, runs=[run])
    browser.resize(width)
    for link in ("#run-1-summary", "#run-1-samples"):
        browser.open(page, link)
        assert stands(browser), (link, browser.value(BELOW))
        time.sleep(1)
        assert stands(browser), (link, browser.value(BELOW))


def test_a_reader_who_scrolls_is_not_pulled_back(browser: Browser, long_pages: dict[int, Path]) -> None:
    browser.open(long_pages[1], "#run-1-quality")
    wheel(browser, -700)
    time.sleep(1)  # were there a pull, it would have come
    assert browser.value(BELOW) > 400


def test_a_reader_who_scrolls_while_the_page_is_made_is_not_pulled_back(
    browser: Browser, long_pages: dict[int, Path]
) -> None:
    hold = (
        "const held = new Promise(go => { window.go = go; }), json = Response.prototype.json;"
        "Response.prototype.json = async function () { await held; return json.call(this); };"
    )
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=hold)
    browser.call("Page.navigate", url=f"{long_pages[1].resolve().as_uri()}#run-1-quality")
    browser.until("document.readyState === 'complete' && scrollY > 1000")
    wheel(browser, 700)
    browser.value("window.go()")
    browser.until("document.documentElement.dataset.ready", "yes")
    assert browser.value(BELOW) < -400


def test_a_reload_leaves_the_reader_where_they_stood(browser: Browser, long_pages: dict[int, Path]) -> None:
    browser.open(long_pages[1], "#run-1-quality")
    wheel(browser, 700)
    browser.until("history.state?.top", browser.value("scrollY"))
    before = browser.value(BELOW)
    browser.value("window.old = true")
    browser.call("Page.reload")
    browser.until("!window.old && document.documentElement?.dataset.ready", "yes")
    assert browser.value(BELOW) == before


def test_a_link_leads_to_its_section_where_filters_have_emptied_those_above(
    browser: Browser, long_pages: dict[int, Path]
) -> None:
    browser.open(long_pages[1])
    browser.choose("q", "workload-7")
    for link in browser.value("[...document.querySelectorAll('nav.contents a')].map(one => one.hash)"):
        browser.value(f"document.querySelector('nav.contents a[href=\"{link}\"]').click()")
        time.sleep(0.3)
        here = BELOW.replace(":target", link)
        below = browser.value(here)
        assert 0 <= below <= 16 or browser.value(AT_END), (link, below)
    assert browser.value("location.hash") == "#q=workload-7"
