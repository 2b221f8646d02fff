"""What others have published for the same operation and shape, beside what was measured here."""

from __future__ import annotations

from collections.abc import Iterator

from suite.analyse.rows import Analysis, CaseRow, Ratio
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import NAME_LIMIT, interval_text, number_text, ratio_text, visible
from suite.workloads.choice import Published

EMPTY = Cell("–")


def published_sections(analysis: Analysis) -> list[Section]:
    """Return the section on published figures; none where the plan has no such figure."""
    published = _published(analysis)
    rows = [row for row in analysis.rows if row.group in published and row.backend != analysis.reference]
    if not rows:
        return []
    blocks: dict[str, Block] = {}
    for row in rows:
        theirs = published[row.group]
        heading = f"{visible(row.workload, NAME_LIMIT)}, {row.rows:,} × {row.features:,}, {row.dtype}"
        block = blocks.setdefault(row.group, Block([], heading, theirs_text(theirs)))
        block.rows.append(_cells(row, theirs))
    sources = dict.fromkeys(theirs.source for theirs in published.values() if theirs.source)
    columns = [
        Column("Backend"),
        Column("Theirs", numeric=True),
        Column("Ours, the same operation", numeric=True),
        Column("Ours, end to end", numeric=True),
        Column("Why none"),
    ]
    text = [f"Theirs: {visible(source)}." for source in sources]
    text.append("Another machine, other data and other versions: a difference is a question, not a contradiction.")
    return [Section("published", "Published figures", [Table("Theirs and ours", columns, [*blocks.values()])], text)]


def published_lines(analysis: Analysis, rows: list[CaseRow]) -> Iterator[str]:
    """Yield for the terminal what was published for a group beside what its backends did; nothing if nothing was."""
    theirs = _published(analysis).get(rows[0].group) if rows else None
    if theirs is None:
        return
    ours = [
        f"{visible(row.backend)} {ratio_text(ratio)} ({interval_text(ratio).replace(' to ', '–')})"
        for row in rows
        if row.backend != analysis.reference and (ratio := ours_of(row, theirs))
    ]
    yield f"published: {theirs_text(theirs)}; here: {', '.join(ours) or 'no speed-up'}"


def theirs_text(theirs: Published) -> str:
    """Return `cuml-accel 10.2× of training`."""
    bound = "at least " if theirs.at_least else ""
    backend = f"{visible(theirs.backend, NAME_LIMIT)} " if theirs.backend else ""
    return f"{backend}{bound}{number_text(theirs.speedup)}× of {visible(theirs.of, NAME_LIMIT)}"


def ours_of(row: CaseRow, theirs: Published) -> Ratio | None:
    """Return our speed-up of the same operation."""
    return {"training": row.fit, "inference": row.predict, "total": row.speedup}.get(theirs.of)


def _published(analysis: Analysis) -> dict[str, Published]:
    return {group.id: group.published for group in analysis.info.plan.groups if group.published}


def _cells(row: CaseRow, theirs: Published) -> list[Cell]:
    bound = "≥ " if theirs.at_least else ""
    why = "" if row.speedup else row.reason or f"quality {row.parity.value}"
    return [
        Cell(visible(row.backend, NAME_LIMIT)),
        Cell(f"{bound}{number_text(theirs.speedup)}×", theirs.speedup),
        _ratio(ours_of(row, theirs)),
        _ratio(row.end_to_end),
        Cell(visible(why)) if why else EMPTY,
    ]


def _ratio(ratio: Ratio | None) -> Cell:
    return EMPTY if ratio is None else Cell(ratio_text(ratio), ratio.estimate, interval_text(ratio))
