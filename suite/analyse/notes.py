"""What a reader must know before trusting the figures of a run, in plain English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suite.analyse.rows import CaseRow, Parity
from suite.records.run import Run
from suite.records.schema import Status
from suite.workloads.choice import Division

#: Share of disturbed samples from which a machine counts as disturbed.
DISTURBED = 0.1


def notes(
    run: Run, rows: Sequence[CaseRow], *, unsettled: Sequence[CaseRow], differing: Sequence[CaseRow]
) -> list[str]:
    """Return the notes that apply, the weightiest first.

    Parameters
    ----------
    unsettled
        Rows whose verdict does not stand among all of the run's.
    differing
        Rows whose processes disagree by more than their noise.
    """
    every = [
        *_history(run, rows),
        *_elsewhere(run),
        *_disturbance(rows),
        *_speedups(run, rows, unsettled, differing),
        *(_quality(rows) if run.info.plan.division is Division.SAME_WORK else ()),
    ]
    return [note for note in every if note]


def _history(run: Run, rows: Sequence[CaseRow]) -> Iterable[str]:
    interrupted = [row for row in rows if row.status is Status.INTERRUPTED]
    if interrupted:
        yield f"The run did not finish: {_of(len(interrupted), len(rows), 'case')} did not get to an end."
    if run.torn:
        yield "The last line of the records was cut off while it was written; it is left out."
    if run.info.resumed_utc:
        yield f"The run was resumed on {', '.join(run.info.resumed_utc)}: its groups were not all measured in one go."
    if run.info.forced:
        yield (
            f"The run was resumed by force although this differed: {'; '.join(run.info.forced)}. "
            "Do not compare its groups with each other."
        )
    if run.info.git is not None and run.info.git.dirty:
        yield "The source tree that measured held changes that were not committed."


def _elsewhere(run: Run) -> Iterable[str]:
    for spec in run.info.plan.settings.interpreters:
        line = run.backends.get(spec)
        if line and line.interpreter:
            versions = ", ".join(f"{name} {version}" for name, version in line.versions.items())
            yield f"{spec} ran in an environment of its own, under Python {line.interpreter} with {versions}."


def _disturbance(rows: Sequence[CaseRow]) -> Iterable[str]:
    samples, disturbed = sum(row.samples for row in rows), sum(row.disturbed for row in rows)
    if not disturbed:
        return
    share = disturbed / samples
    text = f"{_percent(share)} of the samples were disturbed (others used the CPU, or the sample had to wait for one). "
    if share < DISTURBED:
        yield text + "They are kept and marked; too few to matter."
        return
    yield text + (
        "The machine was shared while it measured: times are longer and less certain than on a quiet one. All backends "
        "were measured side by side, so the ratios hold for this load; on a quiet machine they may differ, since "
        "engines whose threads wait for each other suffer more from it."
    )
    mostly = [row for row in rows if row.samples and 2 * row.disturbed > row.samples]
    if mostly:
        yield f"In {_of(len(mostly), len(rows), 'case')} more than half were: there the times are of disturbed samples."


def _speedups(
    run: Run, rows: Sequence[CaseRow], unsettled: Sequence[CaseRow], differing: Sequence[CaseRow]
) -> Iterable[str]:
    confidence = _percent(run.info.plan.settings.confidence)
    if unsettled:
        yield (
            f"{_cases(unsettled)} would have a verdict alone, but not at {confidence} for all verdicts of the run "
            "together (Benjamini-Hochberg): ambiguous."
        )
    if differing:
        yield (
            f"Fresh processes disagree by more than the noise within them in {_cases(differing)}: "
            "the intervals are widened accordingly."
        )
    censored = [row for row in rows if row.speedup_at_least is not None]
    if censored:
        yield (
            f"The reference timed out beside {_cases(censored)}: only a lower bound of the speed-up is known, and "
            "quality could not be compared."
        )
    fell_back = [row for row in rows if row.status is Status.FELL_BACK]
    if fell_back:
        yield f"{_cases(fell_back)} fell back to another engine: the times are of that one, so there is no speed-up."


def _quality(rows: Sequence[CaseRow]) -> Iterable[str]:
    measured = [row for row in rows if row.status is Status.MEASURED]
    lost = [row for row in measured if row.parity is Parity.LOST]
    if lost:
        yield f"{_cases(lost)} did not reach the reference's quality: no speed-up is stated."
    undecided = [row for row in measured if row.parity is Parity.UNDECIDED]
    if undecided:
        yield (
            f"It is not decided whether {_cases(undecided)} reached the reference's quality: more seeds are needed, "
            "and no speed-up is stated."
        )


def _of(some: int, total: int, noun: str) -> str:
    return f"{some} of {total} {noun}{'' if total == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _cases(rows: Sequence[CaseRow], most: int = 3) -> str:
    """Name the cases, or the first few of many."""
    names = [f"{row.workload} {row.size} {row.dtype} on {row.backend}" for row in rows]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
