"""The verdicts of a run as Markdown, for a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from suite.analyse.rows import Analysis, CaseRow
from suite.report.cells import case_cell, why_none
from suite.report.text import NAME_LIMIT, at_least_text, interval_text, ratio_text, visible
from suite.report.verdict import default_title, silence_sentence, taken_on_sentence, verdict_sentences
from suite.units import format_time

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@!])")


def to_markdown(analyses: Sequence[Analysis], title: str = "") -> str:
    """Return the verdicts, the notes and a table of every case; texts of records can start no markup."""
    lines = [f"## {plain(title) or default_title(analyses)}", ""]
    for analysis in analyses:
        if len(analyses) > 1:
            lines += [f"### Run {plain(visible(analysis.info.id, NAME_LIMIT))}", ""]
        lines += [f"**{plain(sentence)}**\n" for sentence in verdict_sentences(analysis)]
        lines += [plain(taken_on_sentence(analysis)), "", plain(silence_sentence(analysis)), ""]
        lines += [f"- {plain(note)}" for note in analysis.notes]
        lines += ["", "| Workload | Backend | Verdict | Speed-up | End to end | Fit | Quality | Parity |"]
        lines += ["| --- | --- | --- | --- | --- | ---: | ---: | --- |"]
        lines += [_line(row) for row in analysis.rows if not row.absent]
        lines += [""]
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return the text, on one line, with everything escaped that Markdown or HTML would take for markup."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[1])};" if match[1] in "<>&@" else f"\\{match[1]}", visible(text))


def _line(row: CaseRow) -> str:
    heading = case_cell(row)
    verdict = row.verdict.value if row.verdict.value != "none" else visible(why_none(row))
    ratios = [f"{ratio_text(one)} ({interval_text(one)})" if one else "–" for one in (row.speedup, row.end_to_end)]
    if row.speedup_at_least is not None:
        ratios[0] = at_least_text(row.speedup_at_least)
    quality = f"{row.quality:.6g}" if row.quality is not None else "–"
    cells = [f"{heading.text} ({heading.detail})", visible(row.backend, NAME_LIMIT), verdict, *ratios]
    cells += [format_time(row.fit_s), quality, row.parity.value]
    return f"| {' | '.join(plain(cell) for cell in cells)} |"
