"""Speed-ups at a glance: a table of workload × backend, whose cells are coloured, marked and lead to their case."""

from __future__ import annotations

from math import log2

from suite.analyse.rows import Analysis, CaseRow, Parity, Verdict
from suite.records.schema import Status
from suite.report.cells import case_cell, is_reference
from suite.report.charts import backend_names
from suite.report.marks import MARKS, tone_of
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import NAME_LIMIT, at_least_text, ratio_text, visible

#: Steps of the colour scale on either side of 1, each a factor of the square root of two.
STEPS = 6

SPANS = (("resident", "data in place"), ("end-to-end", "end to end"))
LEGEND = (
    "How many times as fast as the baseline, which the table's heading names: ▲ and blue is faster, ▼ and orange "
    "slower, the deeper the more, on a logarithmic scale; ■ is the same, hatched with ◇ ambiguous, ▷ a lower bound. "
    "Without a number there is no speed-up, for the reason given, each with its mark: ≠ lost parity, "
    "≟ parity undecided, "
    + ", ".join(f"{MARKS[tone_of(status)]} {status.value}" for status in Status if status is not Status.MEASURED)
    + ". A cell leads to its case."
)


def heat_section(analysis: Analysis) -> Section:
    """Return the heat-map, once for data in place and once end to end."""
    tables = [_table(analysis, span, words) for span, words in SPANS]
    return Section("heat-map", "Speed-ups at a glance", tables, [LEGEND])


def _table(analysis: Analysis, span: str, words: str) -> Table:
    backends = [name for name in backend_names(analysis) if name != analysis.reference]
    groups: dict[str, dict[str, CaseRow]] = {}
    for row in analysis.rows:
        groups.setdefault(row.group, {})[row.backend] = row
    rows = [
        [case_cell(next(iter(group.values()))), *(_cell(group.get(name), span) for name in backends)]
        for group in groups.values()
        if any(not is_reference(analysis, row) for row in group.values())
    ]
    columns = [Column(visible(name, NAME_LIMIT), numeric=True, backend=name) for name in backends]
    caption = f"Speed-ups over {visible(analysis.reference, NAME_LIMIT)}, {words}"
    return Table(caption, [Column("Workload"), *columns], [Block(rows)], of_cases=True, span=span)


def _cell(row: CaseRow | None, span: str) -> Cell:
    if row is None:
        return Cell("–")
    resident = span == "resident"
    ratio, verdict = (row.speedup, row.verdict) if resident else (row.end_to_end, row.verdict_end_to_end)
    if ratio is not None:
        hatched = " heat-ambiguous" if verdict is Verdict.AMBIGUOUS else ""
        heat = f"{heat_class(ratio.estimate)}{hatched}"
        return Cell(ratio_text(ratio), ratio.estimate, tone=verdict.value, case=row.case, heat=heat)
    if row.speedup_at_least is not None:
        return Cell(at_least_text(row.speedup_at_least), row.speedup_at_least, tone="bound", case=row.case)
    word, tone = _why(row)
    return Cell(word, tone=tone, case="" if row.absent else row.case, heat="heat-none")


def heat_class(ratio: float) -> str:
    """Return the class of a speed-up's colour: `heat-f3` is faster, three steps deep; `heat-0` is about the same."""
    step = max(-STEPS, min(STEPS, round(2 * log2(ratio)))) if ratio > 0 else -STEPS
    return f"heat-{'f' if step > 0 else 's' if step < 0 else ''}{abs(step)}"


def _why(row: CaseRow) -> tuple[str, str]:
    if row.absent:
        return "not offered", "unsupported"
    if row.status is not Status.MEASURED:
        return row.ending, tone_of(row.status)
    if row.parity in (Parity.LOST, Parity.UNDECIDED):
        return f"parity {row.parity.value}", f"parity-{row.parity.value}"
    return "no speed-up", "none"
