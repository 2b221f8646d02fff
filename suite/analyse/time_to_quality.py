"""The time at which each backend reaches the reference's quality, from runs in which parameters rise step by step.

Quality comes in steps, so the time at which it is reached lies between the last step that misses and the first that
reaches; that interval, widened by what is not known of the two times, is what is stated. The steps of two backends are
other groups, measured at other times: their times are compared as they are, without pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, log

import numpy as np

from suite.analyse.figures import figures
from suite.analyse.rows import CaseRow, Ratio, Reach, ReachRow, Verdict
from suite.quality import qualities
from suite.quality.parity import Parity, mean_quality, overall, parities
from suite.records.run import GroupRecord, Run
from suite.records.schema import Case, QualityValue, Settings, Status
from suite.stats.replicates import replicated_interval
from suite.workloads.choice import Step
from suite.workloads.entry import Direction, Quality

#: Why it is not known whether the last step reaches the target.
_UNDECIDED = {
    Parity.UNDECIDED: "too few seeds to tell whether the last step reaches the target",
    Parity.UNKNOWN: "the last step has no quality to hold against the target",
}


@dataclass(frozen=True, slots=True)
class _Rung:
    """One backend on one step; `why_not` is empty if it was measured on its own engine."""

    value: float
    why_not: str
    parity: Parity
    quality: float | None
    time: Ratio | None


def time_to_quality(run: Run, rows: Sequence[CaseRow], reference: str) -> list[ReachRow]:
    """Return a row for every backend and ladder of the run, in the order of the plan.

    Parameters
    ----------
    rows
        The run's cases as `suite.analyse.compare` has them.
    """
    by_case = {row.case: row for row in rows}
    ladders: dict[tuple[str, ...], list[tuple[Step, GroupRecord]]] = {}
    for record in run.groups:
        group = record.group
        if group.step is not None:
            shape = group.id.removeprefix(group.workload.name)
            ladders.setdefault((group.step.workload, shape), []).append((group.step, record))
    found = []
    for steps in ladders.values():
        steps.sort(key=lambda pair: pair[0].index)
        found += _ladder(run, steps, by_case, reference)
    return found


def _ladder(
    run: Run, steps: Sequence[tuple[Step, GroupRecord]], rows: Mapping[str, CaseRow], reference: str
) -> list[ReachRow]:
    last_step, last = steps[-1]
    base = _case(last, reference)
    complete = last_step.index == last_step.of - 1 and base is not None
    ended = last.outcomes.get(base.id) if base and complete else None
    target = ended.quality if ended and rows[ended.case].status is Status.MEASURED else []
    climbs = {
        case.backend: [_rung(run, step, record, case.backend, rows, target) for step, record in steps]
        for case in last.group.cases
    }
    of_reference = _reached(climbs.get(reference, []))
    return [
        _row(run, last_step, last, rows[case.id], climbs[case.backend], of_reference, target, reference)
        for case in last.group.cases
    ]


def _case(record: GroupRecord, backend: str) -> Case | None:
    return next((case for case in record.group.cases if case.backend == backend), None)


def _rung(
    run: Run, step: Step, record: GroupRecord, backend: str, rows: Mapping[str, CaseRow], target: list[QualityValue]
) -> _Rung:
    case = _case(record, backend)
    row = rows[case.id] if case else None
    ended = record.outcomes.get(case.id) if case else None
    if case is None or row is None or ended is None or row.status is not Status.MEASURED:
        return _Rung(
            step.value, f"{row.status.value}: {row.reason}" if row else "not measured", Parity.UNKNOWN, None, None
        )
    workload = record.group.workload
    found = parities(ended.quality, target, qualities(workload), workload.stochastic)
    return _Rung(
        value=step.value,
        why_not="",
        parity=overall(found),
        quality=mean_quality(ended.quality),
        time=_fit_time(record, case, run.info.plan.settings),
    )


def _fit_time(record: GroupRecord, case: Case, settings: Settings) -> Ratio | None:
    """Return the median of fit in seconds with its interval; half of the doubt is for each of two that are compared."""
    logs: dict[int, list[float]] = {}
    clean: dict[int, list[bool]] = {}
    for line in record.rounds:
        sample = line.chosen().get(case.id)
        if sample is not None and sample.fit_s > 0:
            logs.setdefault(line.process, []).append(log(sample.fit_s))
            clean.setdefault(line.process, []).append(not sample.marks)
    if not logs:
        return None
    interval = replicated_interval(
        [np.array(values) for values in logs.values()],
        [np.array(values, dtype=np.bool_) for values in clean.values()],
        alpha=(1 - settings.confidence) / 2,
    )
    _, low, high = interval.ratio
    median_s = figures(case.id, record.rounds, []).fit_s or 0.0
    return Ratio(min(max(median_s, low), high), low, high)


def _reached(rungs: Sequence[_Rung]) -> tuple[_Rung, _Rung | None] | None:
    """Return the first step from which on all reach the target, and the last that misses it; None if none reaches it.

    A step that reaches it by luck, with finer ones that miss, does not count; one that is undecided does neither.
    """
    first = len(rungs)
    while first and rungs[first - 1].parity.holds:
        first -= 1
    if first == len(rungs):
        return None
    return rungs[first], next((rung for rung in reversed(rungs[:first]) if rung.parity is Parity.LOST), None)


def _row(
    run: Run,
    step: Step,
    record: GroupRecord,
    row: CaseRow,
    rungs: Sequence[_Rung],
    of_reference: tuple[_Rung, _Rung | None] | None,
    target: list[QualityValue],
    reference: str,
) -> ReachRow:
    found = _reached(rungs)
    own, base = _span(found), _span(of_reference)
    speedup = _speedup(base, own) if row.backend != reference else None
    reason = _reason(rungs, target, reference) if found is None else ""
    return ReachRow(
        run=row.run,
        workload=step.workload,
        algorithm=row.algorithm,
        task=row.task,
        size=row.size,
        rows=row.rows,
        features=row.features,
        dtype=row.dtype,
        order=row.order,
        backend=row.backend,
        parameter=step.parameter,
        metric=row.metric,
        target=_target(target, record.group.workload.quality),
        reach=Reach.REACHED if found else Reach.UNKNOWN if reason else Reach.NEVER,
        reason=reason,
        reached_at=found[0].value if found else None,
        missed_at=found[1].value if found and found[1] else None,
        quality=found[0].quality if found else rungs[-1].quality,
        time=own,
        speedup=speedup,
        verdict=_verdict(speedup, run.info.plan.settings.same_within)
        if row.backend != reference
        else Verdict.REFERENCE,
    )


def _reason(rungs: Sequence[_Rung], target: list[QualityValue], reference: str) -> str:
    """Say why nothing is known; empty if the backend was measured on every step and misses the target on the last."""
    failed = next((rung for rung in rungs if rung.why_not), None)
    if failed is not None:
        return failed.why_not
    if not target:
        return f"{reference} was not measured on the last step: there is no target"
    return _UNDECIDED.get(rungs[-1].parity, "")


def _target(target: Iterable[QualityValue], quality: Quality) -> float | None:
    best = mean_quality(list(target))
    if best is None:
        return None
    slack = quality.tolerance * (abs(best) if quality.relative else 1.0)
    return best - slack if quality.direction is Direction.HIGHER else best + slack


def _span(found: tuple[_Rung, _Rung | None] | None) -> Ratio | None:
    """Return the time at the step that reaches, from the low end of the one that misses to its own high end."""
    if found is None or (reaches := found[0].time) is None:
        return None
    misses = found[1].time if found[1] else None
    return Ratio(reaches.estimate, min(misses.low, reaches.low) if misses else 0.0, reaches.high)


def _speedup(base: Ratio | None, own: Ratio | None) -> Ratio | None:
    """Return the reference's time over the own one, as wide as the two together."""
    if base is None or own is None or own.estimate <= 0:
        return None
    return Ratio(base.estimate / own.estimate, base.low / own.high, base.high / own.low if own.low > 0 else inf)


def _verdict(speedup: Ratio | None, same_within: float) -> Verdict:
    if speedup is None:
        return Verdict.NONE
    if speedup.low > 1 + same_within:
        return Verdict.FASTER
    return Verdict.SLOWER if speedup.high < 1 / (1 + same_within) else Verdict.AMBIGUOUS
