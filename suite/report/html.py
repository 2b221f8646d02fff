"""Write the report: one offline HTML file, whose every text from records is escaped and made visible."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from suite.analyse.rows import Analysis
from suite.errors import UsageError
from suite.records.run import Run
from suite.report.assemble import Extras, make_page
from suite.report.embed import packed, policy_hash, row_data, script
from suite.report.marks import MARKS, SHAPES
from suite.report.page import Page
from suite.report.place import write_whole
from suite.report.text import TEXT_LIMIT, visible


def write_report(
    analyses: list[Analysis],
    path: Path,
    title: str = "",
    *,
    runs: Sequence[Run] = (),
    prices: Mapping[str, float] | None = None,
) -> None:
    """Write the report of these runs, one part each and never merged, to `path`, all at once or not at all.

    The parent folder is created. The file needs no network, and no JavaScript to be read.

    Parameters
    ----------
    runs
        The records of the analyses, in their order: then the page carries them and shows single samples.
    prices
        Per hour, by backend, machine id or "machine".

    Raises
    ------
    UsageError
        If there is no run to report, or the file cannot be written.
    """
    if not analyses:
        raise UsageError("nothing to report: name at least one run")
    write_whole(render_report(analyses, title, runs=runs, prices=prices, path=path).encode("utf-8"), path)


def render_report(
    analyses: list[Analysis],
    title: str = "",
    *,
    runs: Sequence[Run] = (),
    prices: Mapping[str, float] | None = None,
    path: Path | None = None,
) -> str:
    """Return the report as HTML."""
    page = make_page(analyses, Extras(title=title, runs=runs, prices=prices or {}, path=path))
    scripts = [script("dataTables.min.js"), script("report.js")]
    return (
        environment()
        .get_template("report.html")
        .render(
            page=page,
            scripts=[Markup(text) for text in scripts],  # noqa: S704 - our own files
            policy=" ".join(map(policy_hash, scripts)),
            targets=page.targets,
            case_data=packed(msgspec.json.encode({"cases": page.cases, "marks": MARKS, "shapes": SHAPES})),
        )
    )


def environment() -> Environment:
    """Return the environment in which every page is made: all text is escaped and made visible."""
    environment = Environment(
        loader=PackageLoader("suite.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.globals |= {"marks": MARKS, "shapes": SHAPES, "row_data": row_data, "label_rules": label_rules}
    environment.filters["svg"] = _labelled
    environment.filters["code"] = escape
    environment.filters["cut"] = lambda text: visible(text, TEXT_LIMIT)
    return environment


def label_rules(page: Page) -> Markup:
    """Return the rules that name the cells of long tables on small screens, where they stand below each other.

    At each cell, as short tables have them, these names would be a tenth of the page.
    """
    cells = [
        (f"#{page.id_of(table)} td:nth-child({place}):not([data-label])", _in_css(column.title))
        for table in page.long_tables
        for place, column in enumerate(table.columns[1:], 2)
    ]
    rules = [f'{cell}::before {{ content: "{title}"; }}' for cell, title in cells]
    return Markup("\n".join(["@media screen and (max-width: 48rem) {", *rules, "}"]) if rules else "")  # noqa: S704


def _in_css(text: str) -> str:
    """Return a text as it may stand in a string of a style sheet."""
    return re.sub(r"[^\w ,.-]", lambda found: f"\\{ord(found[0]):x} ", visible(text), flags=re.ASCII)


def _labelled(svg: str | Future[str], label: str) -> Markup:
    """Return a chart's SVG with the words that stand for it, in the place of the attribute that would hide it."""
    words = escape(visible(label, None))
    drawn = svg.result() if isinstance(svg, Future) else svg
    return Markup(drawn.replace('aria-hidden="true"', f'aria-label="{words}"', 1))  # noqa: S704 - drawn by us


def _finalize(value: Any) -> Any:
    """Make visible whatever a template prints, so that none can forget to; what is already HTML stays."""
    return visible(value, None) if isinstance(value, str) and not isinstance(value, Markup) else value
