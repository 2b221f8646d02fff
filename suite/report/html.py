"""Write the report: one offline HTML file, whose every text from records is escaped and made visible."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from suite.analyse.rows import Analysis
from suite.errors import UsageError
from suite.report.circumstances import circumstance_sections
from suite.report.page import Page, RunPart
from suite.report.sections import result_sections
from suite.report.text import NAME_LIMIT, TEXT_LIMIT, visible
from suite.report.verdict import silence_sentence, taken_on_sentence, verdict_sentences


def write_report(analyses: list[Analysis], path: Path, title: str = "") -> None:
    """Write the report of these runs, one part each and never merged, to `path`, all at once or not at all.

    The parent folder is created. The file needs no network and no JavaScript.

    Raises
    ------
    UsageError
        If there is no run to report, or the file cannot be written.
    """
    if not analyses:
        raise UsageError("nothing to report: name at least one run")
    html = render_report(analyses, title)
    part = path.parent / f".{uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(html, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write the report {str(path)!r}: {error.strerror or error}; choose another place with -o"
        ) from None


def render_report(analyses: list[Analysis], title: str = "") -> str:
    """Return the report as HTML."""
    runs = [_run_part(analysis, f"run-{number}") for number, analysis in enumerate(analyses, 1)]
    page = Page(title=title or "Engines side by side, at equal quality", runs=runs)
    return _environment().get_template("report.html").render(page=page)


def _run_part(analysis: Analysis, part_id: str) -> RunPart:
    return RunPart(
        id=part_id,
        title=visible(analysis.info.id, NAME_LIMIT),
        verdicts=verdict_sentences(analysis),
        silent_on=silence_sentence(analysis),
        taken_on=taken_on_sentence(analysis),
        notes=analysis.notes,
        sections=[*result_sections(analysis), *circumstance_sections(analysis.info)],
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("suite.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters["cut"] = lambda text: visible(text, TEXT_LIMIT)
    return environment


def _finalize(value: Any) -> Any:
    """Make visible whatever a template prints, so that none can forget to; what is already HTML stays."""
    return visible(value, None) if isinstance(value, str) and not isinstance(value, Markup) else value
