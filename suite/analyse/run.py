"""A whole run, analysed: rows, verdicts that stand together, means, and notes for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np

from suite.analyse.compare import Comparison, compare
from suite.analyse.imported import imported
from suite.analyse.notes import notes
from suite.analyse.rows import Analysis, BackendMean, CaseRow, Ratio, Verdict
from suite.analyse.time_to_quality import time_to_quality
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.records.run import Run
from suite.records.schema import Settings
from suite.stats.means import geometric_mean
from suite.stats.verdicts import IntervalAt, standing
from suite.workloads.choice import Division


def analyse(run: Run, reference: str | None = None) -> Analysis:
    """Return what a run's records say, finished or not.

    Parameters
    ----------
    reference
        The backend spec to compare with; the plan's if None.

    Raises
    ------
    UsageError
        If `reference` is not a backend of the run.
    """
    plan = run.info.plan
    chosen = plan.reference if reference is None else reference
    backends = list(dict.fromkeys(case.backend for group in plan.groups for case in group.cases))
    if reference is not None and reference not in backends:
        raise UsageError(f"run {run.info.id} has no backend {reference!r}{did_you_mean(reference, backends)}")
    compared = [comparison for record in run.groups for comparison in compare(run, record, chosen)]
    if run.info.imported:
        return imported(run, [one.row for one in compared])
    if plan.division is Division.TIME_TO_QUALITY:
        return _by_time(run, [one.row for one in compared], chosen)
    rows, unsettled = _together(compared, plan.settings)
    return Analysis(
        info=run.info,
        reference=chosen,
        rows=rows,
        means=[_mean(backend, rows, plan.settings.seed) for backend in _compared(backends, rows) if backend != chosen],
        disturbed_share=_disturbed_share(rows),
        notes=notes(run, rows, unsettled=unsettled, differing=[one.row for one in compared if one.processes_differ]),
        engines=_engines(run),
    )


def _by_time(run: Run, rows: list[CaseRow], reference: str) -> Analysis:
    """Return the analysis in the division time-to-quality: at single steps quality differs, no speed-up is stated."""
    verdicts = {True: Verdict.REFERENCE, False: Verdict.NONE}
    bare = [
        replace(
            row,
            verdict=verdicts[row.verdict is Verdict.REFERENCE],
            speedup=None,
            end_to_end=None,
            verdict_end_to_end=Verdict.NONE,
            fit=None,
            predict=None,
            speedup_at_least=None,
        )
        for row in rows
    ]
    return Analysis(
        info=run.info,
        reference=reference,
        rows=bare,
        means=[],
        disturbed_share=_disturbed_share(rows),
        notes=notes(run, bare, unsettled=[], differing=[]),
        reached=time_to_quality(run, rows, reference),
        engines=_engines(run),
    )


def _engines(run: Run) -> dict[str, str]:
    """Return by backend its engine's package, which is the first that it names, with the version and the device."""
    found = {}
    for spec, line in run.backends.items():
        for package, version in [*line.versions.items()][:1]:
            device = line.diagnosis.device
            found[spec] = f"{package} {version}" + (f" on {device}" if device not in ("", "CPU") else "")
    return found


def _disturbed_share(rows: Sequence[CaseRow]) -> float:
    samples = sum(row.samples for row in rows)
    return sum(row.disturbed for row in rows) / samples if samples else 0.0


def _together(compared: Sequence[Comparison], settings: Settings) -> tuple[list[CaseRow], list[CaseRow]]:
    """Return the rows with verdicts that hold for all of them at once, and those that are ambiguous only for that."""
    rows = [one.row for one in compared]
    unsettled = _unsettled([one.interval_at for one in compared], [row.verdict for row in rows], settings)
    for index in unsettled:
        rows[index] = replace(rows[index], verdict=Verdict.AMBIGUOUS)
    whole = [row.verdict_end_to_end for row in rows]
    for index in _unsettled([one.end_to_end_at for one in compared], whole, settings):
        rows[index] = replace(rows[index], verdict_end_to_end=Verdict.AMBIGUOUS)
    return rows, [rows[index] for index in unsettled]


def _unsettled(intervals: Sequence[IntervalAt | None], verdicts: Sequence[Verdict], settings: Settings) -> list[int]:
    """Return which of the verdicts do not stand among all of them (rows by number)."""
    tested = [index for index, one in enumerate(intervals) if one]
    stands = standing([one for one in intervals if one], settings.same_within, 1 - settings.confidence)
    claims = (Verdict.FASTER, Verdict.SLOWER, Verdict.SAME)
    return [index for index, ok in zip(tested, stands, strict=True) if not ok and verdicts[index] in claims]


def _compared(backends: Sequence[str], rows: Sequence[CaseRow]) -> list[str]:
    """Return the backends that have any of the algorithms."""
    return [backend for backend in backends if not all(row.absent for row in rows if row.backend == backend)]


def _mean(backend: str, rows: Sequence[CaseRow], seed: int) -> BackendMean:
    """Return a backend's mean: every workload weighs the same, however many sizes and dtypes of it were measured."""
    asked = [row for row in rows if row.backend == backend]
    by_workload: dict[str, list[float]] = {}
    for row in asked:
        if row.speedup is not None:
            by_workload.setdefault(row.workload, []).append(log(row.speedup.estimate))
    means = np.array([sum(logs) / len(logs) for logs in by_workload.values()])
    verdicts = [row.verdict for row in asked]
    return BackendMean(
        backend=backend,
        speedup=Ratio(*geometric_mean(means, seed=seed)) if by_workload else None,
        covered=sum(row.speedup is not None for row in asked),
        asked=len(asked),
        faster=verdicts.count(Verdict.FASTER),
        slower=verdicts.count(Verdict.SLOWER),
        same=verdicts.count(Verdict.SAME),
        ambiguous=verdicts.count(Verdict.AMBIGUOUS),
    )
