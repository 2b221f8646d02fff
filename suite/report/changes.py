"""What has changed between two sides, as terminal text, Markdown and HTML: differences first, then verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from suite.analyse.changes import Change, Changes
from suite.analyse.rows import Ratio, Verdict
from suite.report.markdown import plain
from suite.report.text import NAME_LIMIT, count_text, interval_text, ratio_text, visible
from suite.units import format_time

HEADER = ("workload", "backend", "base", "new", "base / new", "verdict")
_SHOWN = (Verdict.SLOWER, Verdict.FASTER, Verdict.SAME, Verdict.AMBIGUOUS)
_RELATIVE = "of speed-ups"


def sentence(changes: Changes) -> str:
    """Return what has changed in one sentence."""
    counts = Counter(change.verdict for change in changes.changes)
    parts = [f"{counts[verdict]} {verdict.value}" for verdict in _SHOWN if counts[verdict]]
    if counts[Verdict.NONE]:
        parts.append(f"{counts[Verdict.NONE]} without a verdict")
    return f"{count_text(len(changes.changes), 'case')}: {', '.join(parts) or 'nothing to compare'}"


def cells(change: Change) -> tuple[str, ...]:
    """Return a row of the table."""
    ratio = change.change or change.relative
    what = f" {_RELATIVE}" if change.change is None and change.relative is not None else ""
    backend = change.backend_new if change.backend_new == change.backend_base else _arrow(change)
    return (
        visible(f"{change.workload} {change.size} {change.dtype}{'' if change.order == 'C' else ' F'}", NAME_LIMIT),
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
    table = [tuple(name.upper() for name in HEADER), *map(cells, ordered(changes))]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADER))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    yield from _missing(changes)
    yield sentence(changes)


def to_markdown(changes: Changes) -> Iterator[str]:
    """Yield the lines of the Markdown, for a pull request."""
    yield f"**{sentence(changes)}**"
    yield ""
    yield f"base {_code(changes.base)}, new {_code(changes.new)}; base / new above 1 is faster now."
    yield ""
    for line in [*changes.differences, *changes.warnings]:
        yield f"- {plain(line)}"
    yield ""
    yield f"| {' | '.join(HEADER)} |"
    yield "| --- | --- | ---: | ---: | --- | --- |"
    for change in ordered(changes):
        yield f"| {' | '.join(map(plain, cells(change)))} |"
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
            notes=[*changes.differences, *changes.warnings, *_missing(changes)],
            header=HEADER,
            rows=[cells(change) for change in ordered(changes)],
        )
    )


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
