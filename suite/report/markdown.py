"""The verdicts of a run as Markdown, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from suite.analyse.rows import Analysis, CaseRow, Ratio, Verdict
from suite.report.cells import case_cell, labelled, why_none
from suite.report.reached import reached_section
from suite.report.text import NAME_LIMIT, TEXT_LIMIT, at_least_text, interval_text, ratio_text, visible
from suite.report.verdict import default_title, silence_sentence, taken_on_sentence, verdict_sentences
from suite.units import format_time

#: The columns of cases; those of figures alone stand right.
COLUMNS = (
    "Workload", "Backend", "Verdict, data in place", "Speed-up, data in place", "Verdict, end to end",
    "Speed-up, end to end", "Fit", "Quality", "Parity",
)  # fmt: skip
RIGHT = ("Fit", "Quality")

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@!])")


def to_markdown(analyses: Sequence[Analysis], title: str = "") -> str:
    """Return the verdicts, the notes and a table of every case; texts of records can start no markup."""
    lines = [f"## {plain(title) or default_title(analyses)}", ""]
    for analysis in analyses:
        if len(analyses) > 1:
            lines += [f"### Run {plain(visible(analysis.info.id, NAME_LIMIT))}", ""]
        lines += [f"**{plain(sentence, None)}**\n" for sentence in verdict_sentences(analysis)]
        lines += [plain(taken_on_sentence(analysis), None), "", plain(silence_sentence(analysis), None), ""]
        lines += [f"- {plain(note)}" for note in analysis.notes]
        rows = (_cells(row) for row in analysis.rows if not row.absent)
        lines += ["", *(_reached(analysis) if analysis.reached else table(COLUMNS, rows, RIGHT)), ""]
    return "\n".join(lines)


def table(titles: Sequence[str], rows: Iterable[Iterable[str]], right: Collection[str] = ()) -> Iterator[str]:
    """Yield the lines of a table; the columns of these titles stand `right`."""
    yield f"| {' | '.join(titles)} |"
    yield f"| {' | '.join('---:' if title in right else '---' for title in titles)} |"
    yield from (f"| {' | '.join(map(plain, row))} |" for row in rows)


def plain(text: str, limit: int | None = TEXT_LIMIT) -> str:
    """Return the text, on one line, with everything escaped that Markdown or HTML would take for markup."""
    return _SPECIAL.sub(
        lambda match: f"&#{ord(match[1])};" if match[1] in "<>&@" else f"\\{match[1]}", visible(text, limit)
    )


def _cells(row: CaseRow) -> list[str]:
    heading = case_cell(row)
    speedup = _ratio(row.speedup) if row.speedup_at_least is None else at_least_text(row.speedup_at_least)
    return [
        labelled(heading.text, heading.detail),
        visible(row.backend, NAME_LIMIT),
        row.verdict.value if row.verdict is not Verdict.NONE else visible(why_none(row)),
        speedup,
        row.verdict_end_to_end.value if row.verdict_end_to_end is not Verdict.NONE else "–",
        _ratio(row.end_to_end),
        format_time(row.fit_s),
        f"{row.quality:.6g}" if row.quality is not None else "–",
        row.parity.value,
    ]


def _ratio(ratio: Ratio | None) -> str:
    return f"{ratio_text(ratio)} ({interval_text(ratio)})" if ratio else "–"


def _reached(analysis: Analysis) -> Iterator[str]:
    """Return the table of time to quality; single steps have no verdicts."""
    [found] = reached_section(analysis).tables
    rows = (
        [labelled(block.heading, block.detail), *(labelled(cell.text, cell.detail) for cell in row)]
        for block in found.blocks
        for row in block.rows
    )
    return table(["Workload", *(column.title for column in found.columns)], rows)
