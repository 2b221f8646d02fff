"""The terminal table of an analysed run: colours on a terminal, plain aligned text elsewhere, sane at 80 columns."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TextIO

from suite.analyse.rows import Analysis, BackendMean, CaseRow, Parity, Verdict
from suite.records.schema import FELL_BACK_SUFFIX, Status
from suite.report.published import published_lines
from suite.report.reached import reached_lines
from suite.report.text import at_least_text, interval_text, lost_text, ratio_text, visible
from suite.report.verdict import mean_remark
from suite.units import format_share, format_time

HEADER = ("BACKEND", "VERDICT", "SPEED-UP", "FIT", "PREDICT", "QUALITY")
NUMERIC = frozenset({3, 4})

#: From this width on the engine has a column of its own.
WIDE = 110
NARROWEST = 40

STYLES = {
    Verdict.FASTER: "green",
    Verdict.SLOWER: "red",
    Verdict.SAME: "",
    Verdict.AMBIGUOUS: "yellow",
    Verdict.REFERENCE: "dim",
    Verdict.NONE: "magenta",
}
FAILURE = "magenta"
HEADING = "bold"
ASIDE = "dim"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text and rich's style for it."""

    text: str
    style: str = ""


def print_analysis(analysis: Analysis, file: TextIO | None = None) -> None:
    """Print the table, coloured where `file` (stdout) is a terminal and NO_COLOR is not set."""
    file = file or sys.stdout
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    if not file.isatty():
        file.write(to_text(analysis, width))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False)
    for line in lines(analysis, width):
        console.print(Text(line.text, style=line.style), soft_wrap=True)


def to_text(analysis: Analysis, width: int = 80) -> str:
    """Return the table as plain text."""
    return "".join(f"{line.text}\n" for line in lines(analysis, width))


def lines(analysis: Analysis, width: int) -> Iterator[Line]:
    """Yield the table: the run, each group with its backends, what failed, and the means with their coverage."""
    yield from _wrapped(_title(analysis), width, "", HEADING)
    yield Line("")
    yield from _reached(analysis, width) if analysis.reached else _groups(analysis, width)
    yield Line("")
    yield from _summary(analysis, width)


def _reached(analysis: Analysis, width: int) -> Iterator[Line]:
    """Yield the table of time to quality, in which single steps have no lines."""
    for text, verdict in reached_lines(analysis):
        if verdict is None:
            yield from _wrapped(text, width, "", HEADING)
        else:
            yield Line(text, STYLES[verdict])


def _groups(analysis: Analysis, width: int) -> Iterator[Line]:
    wide = width >= WIDE
    cells = {row.case: _cells(row, wide) for row in analysis.rows if not _failed(row)}
    header = [*HEADER, "ENGINE"] if wide else [*HEADER]
    widths = [max(len(row[i]) for row in (header, *cells.values())) for i in range(len(header))]
    yield Line(_joined(header, widths), ASIDE)
    for _, group in groupby(analysis.rows, key=lambda row: row.group):
        rows = [*group]
        if any(row.status is not Status.INTERRUPTED or row.samples for row in rows):
            yield from _group(rows, cells, widths, width)
            for text in published_lines(analysis, rows):
                yield from _wrapped(text, width, "    ", ASIDE)


def _title(analysis: Analysis) -> str:
    settings, machine = analysis.info.plan.settings, analysis.info.machine
    where = f"{machine.cpu} (machine {machine.id})"
    if analysis.info.imported:
        return visible(f"Run {analysis.info.id}: {where}, times imported from {analysis.info.imported}")
    threads = f"{settings.threads} thread{'s' if settings.threads > 1 else ''}"
    what = "time to the quality of" if analysis.reached else "speed-ups over"
    return visible(
        f"Run {analysis.info.id}: {where}, {threads}, {what} {analysis.reference} "
        f"with {format_share(settings.confidence)} intervals"
    )


def _group(rows: Sequence[CaseRow], cells: dict[str, list[str]], widths: Sequence[int], width: int) -> Iterator[Line]:
    first = rows[0]
    shape = f"{first.rows:,} × {first.features:,}, {first.metric}" if first.metric else ""
    yield from _wrapped(visible(f"{first.group}  {shape}"), width, "", HEADING)
    for row in rows:
        if row.case in cells:
            yield Line(_joined(cells[row.case], widths), STYLES[row.verdict])
        if not row.absent:
            yield from _remarks(row, width)
    absent = [row.backend for row in rows if row.absent]
    if absent:
        yield from _wrapped(visible(f"without {first.algorithm}: {', '.join(absent)}"), width, "  ", ASIDE)
    yield from _inference(rows, width)
    disturbed = [f"{row.backend} {row.disturbed} of {row.samples}" for row in rows if row.disturbed]
    if disturbed:
        yield from _wrapped(visible(f"disturbed samples: {', '.join(disturbed)}"), width, "    ", ASIDE)


def _inference(rows: Sequence[CaseRow], width: int) -> Iterator[Line]:
    """Yield what the use of a model or a workflow is counted in: rows a second, a row's latency, or all of it."""
    counted = {
        "rows a second": [f"{row.backend} {row.rows_per_s:,.0f}" for row in rows if row.rows_per_s],
        "whole call for a row, median and 99th percentile": [
            f"{row.backend} {format_time(row.latency_p50_s)} and {format_time(row.latency_p99_s)}"
            for row in rows
            if row.latency_p50_s is not None
        ],
        "the whole workflow, its own steps and the copies included": [
            f"{row.backend} {format_time(row.workflow_s)}"
            + (f" ({ratio_text(row.workflow)}, {interval_text(row.workflow)})" if row.workflow else "")
            for row in rows
            if row.workflow_s is not None
        ],
    }
    for what, values in counted.items():
        if values:
            yield from _wrapped(visible(f"{what}: {', '.join(values)}"), width, "    ", "")


def _cells(row: CaseRow, wide: bool) -> list[str]:
    cells = [
        visible(row.backend),
        "-" if row.verdict is Verdict.NONE else row.verdict.value,
        _speedup(row),
        format_time(row.fit_s),
        format_time(row.predict_s),
        _quality(row),
    ]
    return [*cells, visible(_engine(row))] if wide else cells


def _speedup(row: CaseRow) -> str:
    if row.speedup is not None:
        return f"{ratio_text(row.speedup)} ({interval_text(row.speedup).replace(' to ', '–')})"
    return "-" if row.speedup_at_least is None else at_least_text(row.speedup_at_least)


def _quality(row: CaseRow) -> str:
    if row.quality is None:
        return "-"
    note = "" if row.verdict is Verdict.REFERENCE or row.parity is Parity.UNKNOWN else f" {row.parity.value}"
    return f"{row.quality:.4g}{note}"


def _engine(row: CaseRow) -> str:
    return " / ".join(dict.fromkeys(engine for engine in (row.engine_fit, row.engine_predict) if engine)) or "-"


def _failed(row: CaseRow) -> bool:
    return row.status not in (Status.MEASURED, Status.FELL_BACK)


def _remarks(row: CaseRow, width: int) -> Iterator[Line]:
    """Yield what must not be overlooked about a case, below its line."""
    if _failed(row):
        yield from _wrapped(visible(f"{row.backend}: {row.status.value}: {row.reason}"), width, "  ", FAILURE)
    elif row.status is Status.FELL_BACK:
        yield from _wrapped(visible(f"fell back, ran on {_engine(row)}: {row.reason}"), width, "    ", FAILURE)
    elif FELL_BACK_SUFFIX in _engine(row):
        yield from _wrapped(visible(f"ran on {_engine(row)}"), width, "    ", FAILURE)
    elif "preview" in _engine(row):
        yield from _wrapped(visible(f"{row.backend} ran a preview: {_engine(row)}"), width, "    ", ASIDE)
    if row.parity is Parity.LOST:
        text = f"{lost_text(row)}: not equal, no speed-up"
        yield from _wrapped(text, width, "    ", FAILURE)


def _summary(analysis: Analysis, width: int) -> Iterator[Line]:
    for mean in analysis.means:
        yield from _wrapped(_mean(mean), width, "", HEADING)
    failures = [row for row in analysis.rows if _failed(row)]
    if failures:
        yield from _wrapped(
            f"{len(failures)} of {len(analysis.rows)} cases have no result: {_counted(failures)}", width, "", FAILURE
        )
    for note in analysis.notes:
        yield from _wrapped(visible(f"- {note}"), width, "", "")


def _mean(mean: BackendMean) -> str:
    counts = {"faster": mean.faster, "slower": mean.slower, "same": mean.same, "ambiguous": mean.ambiguous}
    verdicts = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "no verdict"
    remark = f"; {words}" if (words := mean_remark(mean)) else ""
    coverage = f"{mean.covered} of {mean.asked} cases at parity; {verdicts}{remark}"
    if mean.speedup is None:
        return visible(f"{mean.backend}: no mean: {coverage}")
    return visible(
        f"{mean.backend}: geometric mean {ratio_text(mean.speedup)} ({interval_text(mean.speedup)}) over {coverage}"
    )


def _counted(rows: Iterable[CaseRow]) -> str:
    endings = [row.ending for row in rows]
    return ", ".join(f"{endings.count(ending)} {ending}" for ending in dict.fromkeys(endings))


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if i in NUMERIC else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"  {'  '.join(padded)}".rstrip()


def _wrapped(text: str, width: int, indent: str, style: str) -> Iterator[Line]:
    for part in textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=f"{indent}  "):
        yield Line(part, style)
