"""What has changed from one side to another: two runs, or two backends of one run that were measured side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np

from suite.analyse.figures import figures
from suite.analyse.rows import Parity, Ratio, Verdict
from suite.analyse.speedups import Pairs, Speedups, fell_back
from suite.quality import qualities
from suite.quality.parity import mean_quality, overall, parities
from suite.records.resume import circumstances, same_content
from suite.records.run import GroupRecord, Run
from suite.records.schema import Case, OutcomeLine, Status
from suite.stats.paired import Interval
from suite.stats.types import Floats
from suite.stats.unpaired import unpaired_interval
from suite.stats.verdicts import IntervalAt, judge, standing


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a run, or one backend of it (an empty `backend` means all)."""

    run: Run
    backend: str = ""

    @property
    def name(self) -> str:
        """The run's name, and the backend's where only one is meant."""
        return f"{self.run.info.id}:{self.backend}" if self.backend else self.run.info.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One case on both sides. Times are medians of fit + predict in seconds per call.

    `change` is base time / new time: above 1 is faster now. `relative` is the change of the speed-up over the reference
    that was measured beside each of the two: it says the same of the engine alone, whatever befell the machine in
    between. `verdict` rests on `change` where both sides come from one machine, else on `relative`; it is none, with
    the `reason`, where nothing may be claimed.
    """

    group: str
    workload: str
    size: str
    dtype: str
    order: str
    backend_base: str
    backend_new: str
    base_s: float | None
    new_s: float | None
    change: Ratio | None
    relative: Ratio | None
    paired: bool
    verdict: Verdict
    metric: str
    quality_base: float | None
    quality_new: float | None
    parity: Parity
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Two sides, compared. `differences` come first wherever they are shown: what else has changed between them."""

    base: str
    new: str
    differences: list[str]
    warnings: list[str]
    changes: list[Change]
    only_base: list[str]
    only_new: list[str]

    def having(self, verdict: Verdict) -> list[Change]:
        """Return the changes of this verdict."""
        return [change for change in self.changes if change.verdict is verdict]


@dataclass(frozen=True, slots=True)
class _Matched:
    """A case of both sides."""

    base: GroupRecord
    new: GroupRecord
    base_case: Case
    new_case: Case


def compare_sides(base: Side, new: Side) -> Changes:
    """Return what has changed from `base` to `new`, case by case; verdicts stand together (Benjamini-Hochberg)."""
    ours, theirs = _cases(base), _cases(new)
    common = [key for key in ours if key in theirs]
    together = base.run.path == new.run.path and not base.run.info.imported
    same_machine = base.run.info.machine.id == new.run.info.machine.id
    alpha = 1 - max(side.run.info.plan.settings.confidence for side in (base, new))
    same_within = max(side.run.info.plan.settings.same_within for side in (base, new))
    found: list[tuple[Change, IntervalAt | None]] = []
    for key in common:
        (base_record, base_case), (new_record, new_case) = ours[key], theirs[key]
        matched = _Matched(base_record, new_record, base_case, new_case)
        found.append(_change(matched, _references(base, new), together, same_machine, alpha, same_within))
    return Changes(
        base=base.name,
        new=new.name,
        differences=_differences(base, new),
        warnings=list(_warnings(together, same_machine)),
        changes=_together(found, same_within, alpha),
        only_base=sorted(" ".join(key).strip() for key in ours if key not in theirs),
        only_new=sorted(" ".join(key).strip() for key in theirs if key not in ours),
    )


def _cases(side: Side) -> dict[tuple[str, str], tuple[GroupRecord, Case]]:
    """Return the side's cases by group, and by backend where all are meant."""
    return {
        (record.group.id, "" if side.backend else case.backend): (record, case)
        for record in side.run.groups
        for case in record.group.cases
        if side.backend in ("", case.backend)
    }


def _references(base: Side, new: Side) -> tuple[str, str]:
    return base.run.info.plan.reference, new.run.info.plan.reference


def _differences(base: Side, new: Side) -> list[str]:
    """Return what differs in the circumstances: code, versions, machine, and each backend's own."""
    found = [] if base.run.path == new.run.path else circumstances(base.run.info, new.run.info)
    pairs = [(base.backend, new.backend)] if base.backend and new.backend else []
    pairs = pairs or [(name, name) for name in base.run.backends if name in new.run.backends]
    for ours, theirs in pairs:
        before, after = base.run.backends.get(ours), new.run.backends.get(theirs)
        if before is None or after is None or ours.partition("@")[0] != theirs.partition("@")[0]:
            continue
        for package in sorted(before.versions.keys() | after.versions.keys()):
            old, now = before.versions.get(package, "none"), after.versions.get(package, "none")
            line = f"{package}: {old} then, {now} now"
            if old != now and line not in found:
                found.append(f"{theirs}: {line}")
        if before.interpreter != after.interpreter:
            found.append(
                f"{theirs}: Python {before.interpreter or 'unknown'} then, {after.interpreter or 'unknown'} now"
            )
    ours_settings, theirs_settings = base.run.info.plan.settings, new.run.info.plan.settings
    if ours_settings.threads != theirs_settings.threads:
        found.append(f"threads: {ours_settings.threads} then, {theirs_settings.threads} now")
    return found


def _warnings(together: bool, same_machine: bool) -> Iterator[str]:
    if together:
        return
    if same_machine:
        yield (
            "the two runs were not measured side by side: what befell the machine in between is in these ratios "
            "(run --against ENV measures two environments in one run)"
        )
    else:
        yield (
            "the two runs come from different machines: their times are not compared, only their speed-ups over the "
            "reference that was measured beside each"
        )


def _change(
    matched: _Matched,
    references: tuple[str, str],
    together: bool,
    same_machine: bool,
    alpha: float,
    same_within: float,
) -> tuple[Change, IntervalAt | None]:
    """Return one case's change and what its verdict rests on, None where there is none."""
    change = _described(matched, together)
    if reason := _incomparable(matched):
        return replace(change, reason=reason), None
    if together:
        pairs = _pairs(matched.new, matched.base_case.backend, matched.new_case)
        interval_at: IntervalAt = pairs.interval
        change = replace(change, change=_ratio(pairs.interval(alpha)))
    else:
        by_time, by_reference = _Unpaired(matched), _Relative(matched, references)
        change = replace(
            change,
            change=_ratio(by_time.interval(alpha)) if same_machine else None,
            relative=_ratio(by_reference.interval(alpha)) if by_reference.known else None,
        )
        if not same_machine and not by_reference.known:
            return replace(change, reason="another machine, and no common reference beside both"), None
        interval_at = by_time.interval if same_machine else by_reference.interval
    if not change.parity.holds:
        return replace(change, reason=f"quality: parity {change.parity.value}"), None
    verdict = Verdict(judge(interval_at(alpha), same_within).value)
    return replace(change, verdict=verdict), interval_at


def _described(matched: _Matched, together: bool) -> Change:
    """Return the change without its ratios and verdict."""
    group, workload = matched.new.group, matched.new.group.workload
    times = [
        figures(case.id, record.rounds, record.cold)
        for record, case in ((matched.base, matched.base_case), (matched.new, matched.new_case))
    ]
    before, after = (
        outcome.quality if outcome else []
        for outcome in (_outcome(matched.base, matched.base_case), _outcome(matched.new, matched.new_case))
    )
    return Change(
        group=group.id,
        workload=workload.name,
        size=str(group.size),
        dtype=group.dtype,
        order=group.order,
        backend_base=matched.base_case.backend,
        backend_new=matched.new_case.backend,
        base_s=times[0].resident_s,
        new_s=times[1].resident_s,
        change=None,
        relative=None,
        paired=together,
        verdict=Verdict.NONE,
        metric=workload.quality.metric,
        quality_base=mean_quality(before),
        quality_new=mean_quality(after),
        parity=overall(parities(after, before, qualities(workload), workload.stochastic)),
    )


def _incomparable(matched: _Matched) -> str:
    """Say why nothing may be claimed of a case; empty if something may."""
    if not same_content(matched.base.group, matched.new.group):
        return "incomparable: its workload or data are not what they were"
    if matched.base.started and matched.new.started and matched.base.started.data != matched.new.started.data:
        return "incomparable: the data are not the same bytes"
    for when, record, case in (("then", matched.base, matched.base_case), ("now", matched.new, matched.new_case)):
        outcome = _outcome(record, case)
        status = outcome.status if outcome else Status.INTERRUPTED
        if status is not Status.MEASURED:
            return (
                f"{when} {status.value}{': ' if outcome and outcome.reason else ''}{outcome.reason if outcome else ''}"
            )
    return ""


def _outcome(record: GroupRecord, case: Case) -> OutcomeLine | None:
    return record.outcomes.get(case.id)


def _pairs(record: GroupRecord, reference: str, case: Case) -> Pairs:
    speedups = Speedups(record.group.cases, reference)
    for line in record.rounds:
        speedups.add(line)
    return speedups.pairs(case.id)


def _log_times(record: GroupRecord, case: Case) -> list[Floats]:
    """Return the logarithms of the times of fit + predict, one array a process."""
    found: dict[int, list[float]] = {}
    for line in record.rounds:
        sample = line.chosen().get(case.id)
        if sample is not None and sample.resident_s > 0 and not fell_back(sample):
            found.setdefault(line.process, []).append(log(sample.resident_s))
    return [np.array(values) for values in found.values()]


class _Unpaired:
    """The ratio of a case's times in two runs."""

    def __init__(self, matched: _Matched) -> None:
        self._base = _log_times(matched.base, matched.base_case)
        self._new = _log_times(matched.new, matched.new_case)

    def interval(self, alpha: float) -> Interval:
        """Return the interval of the log-ratio base / new."""
        return unpaired_interval(self._base, self._new, alpha=alpha)


class _Relative:
    """The ratio of a case's speed-ups over the reference that was measured beside it in each of the two runs."""

    def __init__(self, matched: _Matched, references: tuple[str, str]) -> None:
        own = (matched.base_case.backend, matched.new_case.backend)
        self.known = references[0] == references[1] and references[0] not in own
        sides = ((matched.base, matched.base_case), (matched.new, matched.new_case))
        self._pairs = [_pairs(record, references[0], case) for record, case in sides] if self.known else []
        self.known = self.known and all(len(pairs) for pairs in self._pairs)

    def interval(self, alpha: float) -> Interval:
        """Return the interval of the log-ratio of the speed-ups: each side's, joined in quadrature."""
        before, after = (pairs.interval(alpha) for pairs in self._pairs)
        shifted = replace(after, estimate=after.estimate - before.estimate, low=0.0, high=0.0)
        below = float(np.hypot(after.estimate - after.low, before.high - before.estimate))
        above = float(np.hypot(after.high - after.estimate, before.estimate - before.low))
        return replace(shifted, low=shifted.estimate - below, high=shifted.estimate + above)


def _ratio(interval: Interval) -> Ratio | None:
    return Ratio(*interval.ratio) if interval.pairs else None


def _together(found: Sequence[tuple[Change, IntervalAt | None]], same_within: float, alpha: float) -> list[Change]:
    """Return the changes with the verdicts that hold for all of them at once; the others are ambiguous."""
    stands = iter(standing([claim for _, claim in found if claim], same_within, alpha))
    return [
        change if not claim or next(stands) else replace(change, verdict=Verdict.AMBIGUOUS) for change, claim in found
    ]


def mean_change(changes: Sequence[Change]) -> float | None:
    """Return the geometric mean of the changes that may be stated; None where there is none."""
    stated = [one for change in changes if (one := change.change or change.relative) and change.parity.holds]
    return exp(sum(log(one.estimate) for one in stated) / len(stated)) if stated else None
