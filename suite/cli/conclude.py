"""The end of a run: its table, its report, and the exit code that says how it went."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from suite.analyse import analyse
from suite.analyse.rows import CaseRow
from suite.cli.output import print_json
from suite.errors import NothingMeasuredError
from suite.records.schema import Status
from suite.records.store import load
from suite.report.html import write_report
from suite.report.table import print_analysis
from suite.report.text import count_text

#: Statuses that say what an engine or the machine can do; all others are failures of something that was asked for.
ANSWERS = frozenset({Status.MEASURED, Status.FELL_BACK, Status.UNSUPPORTED, Status.SKIPPED})


def conclude(run: Path, report: Path | None, *, as_json: bool) -> int:
    """Show the run, write its report unless that is None, and return the exit code.

    Raises
    ------
    NothingMeasuredError
        If no case was measured.
    """
    loaded = load(run)
    analysis = analyse(loaded)
    if report is not None:
        write_report([analysis], report, runs=[loaded])
    if as_json:
        print_json(analysis)
    else:
        print_analysis(analysis)
        if report is not None:
            print(report)
    plan = loaded.info.plan
    return exit_code(analysis.rows, {plan.reference, *plan.named})


def exit_code(rows: Iterable[CaseRow], asked: Collection[str]) -> int:
    """Return 0 if all went well and 1 if a case failed.

    What an engine does not support is no failure, nor is an engine that does not load and that nobody asked for.

    Raises
    ------
    NothingMeasuredError
        If no case was measured.
    """
    every = [*rows]
    statuses = {row.status for row in every}
    if not {Status.MEASURED, Status.FELL_BACK} & statuses:
        endings = [row.ending for row in every]
        reasons = ", ".join(f"{endings.count(ending)} {ending}" for ending in dict.fromkeys(endings))
        raise NothingMeasuredError(f"of {count_text(len(every), 'case')}, {reasons}")
    failed = (row for row in every if row.status not in ANSWERS)
    return int(any(row.backend in asked or row.status is not Status.UNAVAILABLE for row in failed))
