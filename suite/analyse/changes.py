"""What has changed from one side to another: two runs, or two backends of one run that were measured side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np

from suite.analyse.cautions import differences, elsewhere, warnings
from suite.analyse.figures import figures
from suite.analyse.rows import Parity, Ratio, Verdict
from suite.analyse.sides import Matched, Side, check_sides, one_run, shared
from suite.analyse.speedups import Pairs, Speedups, fell_back
from suite.quality import qualities
from suite.quality.parity import by_metric, mean_quality, overall, parity
from suite.records.run import GroupRecord
from suite.records.sameness import other_data, other_work
from suite.records.schema import Case, OutcomeLine, QualityValue, Status
from suite.stats.paired import Interval
from suite.stats.types import Floats
from suite.stats.unpaired import unpaired_interval
from suite.stats.verdicts import IntervalAt, judge, standing

#: Of several reasons, so many are named.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One case on both sides. Times are medians of fit + predict in seconds per call.

    `change` is base time / new time: above 1 is faster now. `relative` is the change of the speed-up over the reference
    that was measured beside each of the two: it says the same of the engine alone, whatever befell the machine in
    between. `verdict` rests on `change` where both sides surely come from one machine, else on `relative`; it is none,
    with the `reason`, where nothing may be claimed.
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

    @property
    def nothing(self) -> str:
        """Why nothing could be compared, in a line; empty where a case has a ratio."""
        if not self.changes:
            return f"{self.base} and {self.new} have no case in common"
        if any(change.change or change.relative for change in self.changes):
            return ""
        kinds = Counter(_kind(change.reason) for change in self.changes).most_common()
        shown = [f"{count} {kind}" for kind, count in kinds[:_SHOWN]]
        rest = sum(count for _, count in kinds[_SHOWN:])
        shown += [f"{rest} otherwise"] if rest else []
        return (
            f"none of the {len(self.changes)} cases that {self.base} and {self.new} share has a ratio "
            f"({'; '.join(shown)})"
        )


def compare_sides(base: Side, new: Side) -> Changes:
    """Return what has changed from `base` to `new`, case by case; verdicts stand together (Benjamini-Hochberg).

    Raises
    ------
    UsageError
        If both sides are the same, or only one of them is one backend.
    """
    check_sides(base, new)
    every, only_base, only_new = shared(base, new)
    together = one_run(base, new) and not base.run.info.imported
    where = elsewhere(base, new)
    references = base.run.info.plan.reference, new.run.info.plan.reference
    alpha = 1 - max(side.run.info.plan.settings.confidence for side in (base, new))
    same_within = max(side.run.info.plan.settings.same_within for side in (base, new))
    found = [_change(matched, references, together, where, alpha, same_within) for matched in every]
    used = [matched for matched, (change, _) in zip(every, found, strict=True) if change.change or change.relative]
    return Changes(
        base=base.name,
        new=new.name,
        differences=differences(base, new, used),
        warnings=list(warnings(base, new, used)),
        changes=_together(found, same_within, alpha),
        only_base=only_base,
        only_new=only_new,
    )


def _change(
    matched: Matched,
    references: tuple[str, str],
    together: bool,
    where: str,
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
            change=None if where else _ratio(by_time.interval(alpha)),
            relative=_ratio(by_reference.interval(alpha)) if by_reference.known else None,
        )
        if where and not by_reference.known:
            return replace(change, reason=f"{where}, and no common reference beside both"), None
        interval_at = by_reference.interval if where else by_time.interval
    if not interval_at(alpha).pairs:
        return replace(change, reason="too few samples"), None
    if not change.parity.holds:
        return replace(change, reason=f"quality: parity {change.parity.value}"), None
    verdict = Verdict(judge(interval_at(alpha), same_within).value)
    return replace(change, verdict=verdict), interval_at


def _described(matched: Matched, together: bool) -> Change:
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
        size=group.size_name if group.dtype else "",  # nothing is known of the data of an imported benchmark
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
        parity=_parity(matched, before, after),
    )


def _parity(matched: Matched, before: Sequence[QualityValue], after: Sequence[QualityValue]) -> Parity:
    """Return the parity of the new results with the old ones, by the metrics that both have."""
    then = [quality.metric for quality in qualities(matched.base.group.workload)]
    workload = matched.new.group.workload
    found = [
        parity(by_metric(after, at), by_metric(before, then.index(quality.metric)), quality, workload.stochastic)
        for at, quality in enumerate(qualities(workload))
        if quality.metric in then
    ]
    return overall(found) if found else Parity.UNKNOWN


def _incomparable(matched: Matched) -> str:
    """Say why nothing may be claimed of a case; empty if something may."""
    old, new = matched.base.group, matched.new.group
    work = other_work(old, new)
    data = other_data(old, new, (matched.base.started, matched.new.started))
    if work or data:
        sides = (("the work differs", work), ("the data differ", data))
        why = [f"{what}: {', '.join(names)}" for what, names in sides if names]
        return f"incomparable: {'; '.join(why)}"
    for when, record, case in (("then", matched.base, matched.base_case), ("now", matched.new, matched.new_case)):
        outcome = _outcome(record, case)
        if outcome is None:
            return f"{when} {Status.INTERRUPTED.value if record.started else 'not begun'}"
        if outcome.status is not Status.MEASURED:
            return f"{when} {outcome.status.value}{': ' if outcome.reason else ''}{outcome.reason}"
    return ""


def _kind(reason: str) -> str:
    """Return the beginning of a reason, for counting: `the data differ`, `then unsupported`."""
    return reason.removeprefix("incomparable: ").partition(":")[0] or "without a reason"


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

    def __init__(self, matched: Matched) -> None:
        self._base = _log_times(matched.base, matched.base_case)
        self._new = _log_times(matched.new, matched.new_case)

    def interval(self, alpha: float) -> Interval:
        """Return the interval of the log-ratio base / new."""
        return unpaired_interval(self._base, self._new, alpha=alpha)


class _Relative:
    """The ratio of a case's speed-ups over the reference that was measured beside it in each of the two runs."""

    def __init__(self, matched: Matched, references: tuple[str, str]) -> None:
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
