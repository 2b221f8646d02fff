"""What has changed between two sides, as terminal text, Markdown and HTML: differences first, then verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from suite.analyse.changes import Change, Changes
from suite.analyse.rows import Ratio, Verdict
from suite.report.cells import data_text, extent, labelled
from suite.report.markdown import plain, table
from suite.report.page import Block, Cell, Column, Table
from suite.report.text import NAME_LIMIT, count_text, interval_text, ratio_text, visible
from suite.units import format_time

HEADER = ("workload", "backend", "base", "new", "ratio", "verdict")
NUMERIC = ("base", "new")
_SHOWN = (Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.AMBIGUOUS)
_BY_TIME = "A ratio is base / new, of the times: above 1 is faster now."
_BY_SPEEDUP = (
    "A ratio is new / base, of the speed-ups over the reference measured beside each: above 1 is faster now, whatever "
    "the times."
)


def sentence(changes: Changes) -> str:
    """Return what has changed in one sentence."""
    counts = Counter(change.verdict for change in changes.changes)
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in _SHOWN if counts[verdict]]
    if counts[Verdict.NONE]:
        parts.append(f"{counts[Verdict.NONE]} without a verdict")
    by_speedup = "; judged by speed-ups over the reference, not by times" if _by_speedup(changes) else ""
    return f"{count_text(len(changes.changes), 'case')}: {', '.join(parts) or 'nothing to compare'}{by_speedup}"


def reading(changes: Changes) -> str:
    """Return what the ratios are of."""
    return _BY_SPEEDUP if _by_speedup(changes) else _BY_TIME


def _by_speedup(changes: Changes) -> bool:
    """Whether speed-ups are compared, as of runs on two machines, and no times."""
    return any(change.relative for change in changes.changes) and not any(change.change for change in changes.changes)


def cells(change: Change) -> tuple[str, ...]:
    """Return a row of the table."""
    ratio = change.change or change.relative
    what = " of speed-ups" if change.change is None and change.relative is not None else ""
    backend = change.backend_new if change.backend_new == change.backend_base else _arrow(change)
    data = data_text(extent(change.size, 0, 0), change.dtype, change.order)
    return (
        labelled(visible(change.workload, NAME_LIMIT), visible(data, NAME_LIMIT)),
        visible(backend, NAME_LIMIT),
        format_time(change.base_s),
        format_time(change.new_s),
        f"{_with_interval(ratio)}{what}" if ratio else "-",
        change.verdict.value if change.verdict is not Verdict.NONE else visible(change.reason or "no verdict"),
    )


def ordered(changes: Changes) -> list[Change]:
    """Return the changes: the slower ones first, then the faster, each by how much, then the rest."""
    rank = {verdict: place for place, verdict in enumerate((*_SHOWN, Verdict.NONE))}
    return sorted(changes.changes, key=lambda change: (rank.get(change.verdict, len(rank)), -_size(change)))


def to_text(changes: Changes) -> Iterator[str]:
    """Yield the lines of the terminal's text."""
    yield f"base {visible(changes.base)}"
    yield f"new  {visible(changes.new)}"
    yield from (f"differs: {visible(line)}" for line in changes.differences)
    yield from (f"warning: {line}" for line in changes.warnings)
    yield ""
    rows = [tuple(name.upper() for name in HEADER), *map(cells, ordered(changes))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield from _missing(changes)
    yield reading(changes)
    yield sentence(changes)


def to_markdown(changes: Changes) -> Iterator[str]:
    """Yield the lines of the Markdown, for a pull request."""
    yield f"**{sentence(changes)}**"
    yield ""
    yield f"base {_code(changes.base)}, new {_code(changes.new)}. {reading(changes)}"
    yield ""
    for line in [*changes.differences, *changes.warnings]:
        yield f"- {plain(line)}"
    yield ""
    yield from table(HEADER, map(cells, ordered(changes)), NUMERIC)
    yield ""
    yield from (f"- {plain(line)}" for line in _missing(changes))


def to_html(changes: Changes) -> str:
    """Return the comparison as one offline HTML page."""
    from suite.report.html import environment

    return (
        environment()
        .get_template("changes.html")
        .render(
            changes=changes,
            sentence=sentence(changes),
            reading=reading(changes),
            notes=[*changes.differences, *changes.warnings, *_missing(changes)],
            content=_table(changes),
            targets={},
        )
    )


def _table(changes: Changes) -> Table:
    """Return the table of the page: as on the terminal, with the mark of each verdict."""
    columns = [Column(name.capitalize(), numeric=name in NUMERIC) for name in HEADER]
    rows = []
    for change in ordered(changes):
        workload, backend, base, new, ratio, verdict = cells(change)
        times = [Cell(base, change.base_s), Cell(new, change.new_s)]
        rows.append([Cell(workload), Cell(backend), *times, Cell(ratio), Cell(verdict, tone=change.verdict.value)])
    return Table("Base and new, case by case", columns, [Block(rows)])


def _code(text: str) -> str:
    return f"`{visible(text).replace('`', '')}`"


def _missing(changes: Changes) -> Sequence[str]:
    sides = (("base", changes.only_base), ("new", changes.only_new))
    return [f"only in {side}: {visible(', '.join(names))}" for side, names in sides if names]


def _arrow(change: Change) -> str:
    return f"{change.backend_base} → {change.backend_new}"


def _with_interval(ratio: Ratio) -> str:
    return f"{ratio_text(ratio)} ({interval_text(ratio)})"


def _size(change: Change) -> float:
    ratio = change.change or change.relative
    return abs(ratio.estimate - 1) if ratio else 0.0
