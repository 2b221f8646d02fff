"""Time to quality in the report and on the terminal: from which step on each backend has the quality, and when."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

from suite.analyse.rows import Analysis, Ratio, Reach, ReachRow, Verdict
from suite.report.cells import extent
from suite.report.figures import LogAxis, interval_figure, log_axis
from suite.report.page import Block, Cell, Column, Section, Table
from suite.report.text import (
    NAME_LIMIT,
    count_text,
    interval_text,
    measured_on,
    number_text,
    percent_text,
    ratio_text,
    visible,
)
from suite.units import format_time

HEADER = ("BACKEND", "VERDICT", "SPEED-UP", "REACHED AT", "TIME OF FIT")
EMPTY = Cell("–")

RULE = (
    "Each workload was fitted with one parameter set step by step. The target is the quality of the reference on the "
    "last step, less the tolerance. A backend reaches it at the first step from which on all have it; the true time "
    "lies between the last step that misses it and that one, so the interval is as wide as the step. Single steps have "
    "no speed-up: their quality differs by design."
)


def reached_sentences(analysis: Analysis) -> list[str]:
    """Return one sentence for each backend that was held against the reference."""
    sentences = []
    for backend in dict.fromkeys(row.backend for row in analysis.reached if row.backend != analysis.reference):
        rows = [row for row in analysis.reached if row.backend == backend]
        verdicts = [row.verdict for row in rows]
        counted = [
            f"{verdicts.count(verdict)} {word}"
            for verdict, word in (
                (Verdict.FASTER, "sooner"),
                (Verdict.SLOWER, "later"),
                (Verdict.AMBIGUOUS, "ambiguous"),
            )
            if verdict in verdicts
        ]
        never = sum(row.reach is Reach.NEVER for row in rows)
        counted += [f"{never} never"] if never else []
        unknown = sum(row.reach is Reach.UNKNOWN for row in rows)
        counted += [f"{unknown} not known"] if unknown else []
        name, reference = visible(backend, NAME_LIMIT), visible(analysis.reference, NAME_LIMIT)
        sentences.append(
            f"Time to quality of {name} against {reference}, over {count_text(len(rows), 'workload')}: "
            f"{', '.join(counted) or 'nothing to compare'}; {measured_on(analysis, backend)}."
        )
    return sentences or ["Only the reference was asked for: there is nothing to compare it with."]


def reached_section(analysis: Analysis) -> Section:
    """Return the section that stands in the place of the speed-ups."""
    ratios = [row.speedup for row in analysis.reached if row.speedup]
    ends = [end for ratio in ratios for end in (ratio.low, ratio.estimate, ratio.high)]
    axis = log_axis([end for end in ends if 0 < end < math.inf])
    confidence = percent_text(analysis.info.plan.settings.confidence)
    blocks = [
        Block([_cells(row, axis) for row in rows], visible(rows[0].workload, NAME_LIMIT), _detail(rows[0]))
        for rows in _by_ladder(analysis)
    ]
    columns = [
        Column("Backend"),
        Column("Reached at"),
        Column("Time of fit", numeric=True),
        Column("Speed-up to quality", axis=axis),
        Column("Verdict"),
        Column("Quality", numeric=True),
    ]
    table = Table("When each backend has the reference's quality", columns, [block for block in blocks if block.rows])
    return Section("time-to-quality", "Time to quality", [table], [RULE, f"Intervals hold with {confidence}."])


def reached_lines(analysis: Analysis) -> Iterator[tuple[str, Verdict | None]]:
    """Yield lines for the terminal with the verdict that colours them: ladders with a table of their backends."""
    cells = {id(row): _texts(row) for row in analysis.reached}
    widths = [max(len(texts[i]) for texts in (HEADER, *cells.values())) for i in range(len(HEADER))]
    yield _joined(HEADER, widths), None
    for rows in _by_ladder(analysis):
        yield visible(f"{rows[0].workload}  {_detail(rows[0])}"), None
        for row in rows:
            yield _joined(cells[id(row)], widths), row.verdict
            if row.reason:
                yield visible(f"    {row.reason}"), Verdict.NONE


def step_text(row: ReachRow) -> str:
    """Return the step at which the quality is reached, `max_iter=20`, or never, or that it is not known."""
    if row.reached_at is None:
        return "never" if row.reach is Reach.NEVER else "not known"
    return f"{row.parameter}={row.reached_at:g}"


def time_text(time: Ratio | None) -> str:
    """Return a time with its interval, as `8.10 ms (5.21–8.43)` where all are of one unit."""
    if time is None:
        return "-"
    (estimate, unit), low, high = _parts(time.estimate), _parts(time.low), _parts(time.high)
    texts = [number if its == unit else f"{number} {its}".rstrip() for number, its in (low, high)]
    return f"{estimate} {unit} ({texts[0]}–{texts[1]})"


def _parts(seconds: float) -> tuple[str, str]:
    number, _, unit = (format_time(seconds) if seconds > 0 else "0 ").partition(" ")
    return number, unit


def _by_ladder(analysis: Analysis) -> Iterator[list[ReachRow]]:
    def ladder(row: ReachRow) -> tuple[object, ...]:
        return row.workload, row.size, row.rows, row.features, row.dtype, row.order

    for _, rows in groupby(analysis.reached, key=ladder):
        yield [*rows]


def _detail(row: ReachRow) -> str:
    target = f"target {number_text(row.target)}" if row.target is not None else "no target"
    shape = extent(row.size, row.rows, row.features)
    return f"{shape} · {row.dtype} · {visible(row.metric, NAME_LIMIT)}, {target}, by {row.parameter}"


def _texts(row: ReachRow) -> list[str]:
    verdict = "-" if row.verdict is Verdict.NONE else row.verdict.value
    return [visible(row.backend), verdict, _speedup(row), step_text(row), time_text(row.time)]


def _speedup(row: ReachRow) -> str:
    if row.speedup is None:
        return "-"
    return f"{ratio_text(row.speedup)} ({interval_text(row.speedup).replace(' to ', '–')})"


def _joined(cells: tuple[str, ...] | list[str], widths: list[int]) -> str:
    return f"  {'  '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))}".rstrip()


def _cells(row: ReachRow, axis: LogAxis) -> list[Cell]:
    missed = f"missed at {row.parameter}={row.missed_at:g}" if row.missed_at is not None else ""
    tone = row.verdict.value if row.verdict is not Verdict.NONE else "none"
    return [
        Cell(visible(row.backend, NAME_LIMIT)),
        Cell(step_text(row), row.reached_at, missed or row.reason),
        EMPTY if row.time is None else Cell(format_time(row.time.estimate), row.time.estimate, _interval(row.time)),
        _speedup_cell(row, axis),
        Cell(row.verdict.value, row.verdict.value, tone=tone),
        Cell(number_text(row.quality), row.quality),
    ]


def _interval(time: Ratio) -> str:
    return f"{format_time(time.low) if time.low > 0 else '0'} to {format_time(time.high)}"


def _speedup_cell(row: ReachRow, axis: LogAxis) -> Cell:
    if row.speedup is None:
        return EMPTY
    drawn = row.speedup.low > 0 and math.isfinite(row.speedup.high)
    figure = interval_figure(axis, row.speedup, row.verdict) if drawn else None
    return Cell(ratio_text(row.speedup), row.speedup.estimate, interval_text(row.speedup), figure=figure)
