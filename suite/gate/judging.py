"""Judges a run by rules: what passes, what fails, and what the noise leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from suite.analyse.rows import Analysis, CaseRow, Parity, Ratio, Verdict
from suite.analyse.speedups import Span, Speedups
from suite.errors import UsageError
from suite.gate.rules import Rule
from suite.records.run import GroupRecord, Run
from suite.records.schema import Plan, Status
from suite.report.text import interval_text, lost_text, percent_text, ratio_text
from suite.stats.paired import Interval


class Result(StrEnum):
    """How one case fares by one rule; of a whole rule, that it has judged nothing."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    AMBIGUOUS = "ambiguous"
    SKIP = "skip"  # there is nothing to judge
    NOTHING = "nothing"  # by what the rule asks there was nothing to judge in any of its cases


#: Reasons that are told of a rule that has judged nothing.
MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule on one case (`case` is empty for what is of a whole rule). `ratio` is reference time / own time."""

    rule: int
    case: str
    group: str
    workload: str
    backend: str
    asked: str
    result: Result
    fails: bool
    detail: str
    ratio: Ratio | None = None


@dataclass(frozen=True, slots=True)
class _Judge:
    run: Run
    analysis: Analysis
    alpha: float
    again: bool

    def findings(self, rule: Rule) -> Iterator[Finding]:
        rows = [row for row in self.analysis.rows if rule.is_for(row) and row.verdict is not Verdict.REFERENCE]
        if not rows and not self.again:
            raise _for_none(rule, f"run {self.run.info.id}")
        found = [*self._of_cases(rule, rows)]
        yield from found
        if self.again:
            return
        if rule.coverage is not None:
            yield _coverage(rule, rows, rule.coverage)
        asked = dict.fromkeys(one.asked for one in found)
        if idle := [each for each in asked if all(one.result is Result.SKIP for one in found if one.asked == each)]:
            yield _nothing(rule, idle, [f"{one.backend}: {one.detail}" for one in found if one.asked in idle])

    def _of_cases(self, rule: Rule, rows: Sequence[CaseRow]) -> Iterator[Finding]:
        for row in rows:
            if rule.parity:
                yield self._parity(rule, row)
            if rule.least_speedup is not None:
                yield self._speedup(rule, row, rule.least_speedup)

    def _parity(self, rule: Rule, row: CaseRow) -> Finding:
        asked = "quality equal to the reference's"
        if row.status is not Status.MEASURED:
            return _unmeasured(rule, row, asked)
        if row.parity.holds:
            return _finding(rule, row, asked, Result.PASS, f"{row.metric} is {row.parity.value}")
        if row.parity is Parity.UNKNOWN:
            return _finding(rule, row, asked, Result.SKIP, f"{self.analysis.reference} has no quality to compare with")
        result = Result.FAIL if row.parity is Parity.LOST else Result.AMBIGUOUS
        return _finding(rule, row, asked, result, lost_text(row) or f"parity is {row.parity.value}")

    def _speedup(self, rule: Rule, row: CaseRow, least: float) -> Finding:
        asked = f"{rule.of} at least {least:.3g} times as fast as {self.analysis.reference}"
        if row.status is not Status.MEASURED:
            return _unmeasured(rule, row, asked)
        record = next(one for one in self.run.groups if one.group.id == row.group)
        interval = _interval(record, self.analysis.reference, row.case, rule.span, self.alpha)
        if interval is None:
            return _finding(
                rule, row, asked, Result.SKIP, f"no {rule.of} was measured beside {self.analysis.reference}"
            )
        ratio = Ratio(*interval.ratio)
        result = Result.FAIL if ratio.high < least else Result.PASS if ratio.low >= least else Result.AMBIGUOUS
        return _finding(rule, row, asked, result, f"{ratio_text(ratio)} ({interval_text(ratio)})", ratio)


def judge_run(
    run: Run, analysis: Analysis, rules: Sequence[Rule], *, looks: int = 1, earlier: Sequence[Finding] = ()
) -> list[Finding]:
    """Return how every case fares by every rule that is for it.

    The run's confidence holds for all comparisons together (Bonferroni), also where up to `looks` runs are made
    because the first ones left something open. `earlier` are the findings of those: what was ambiguous among them is
    judged anew as far as this run has measured it again, the rest stays. A rule of which all checks of quality, or all
    of speed, are skipped has a finding of its own beside them: NOTHING.

    Raises
    ------
    UsageError
        If a rule is for none of the cases.
    """
    if not earlier and all(row.backend == analysis.reference for row in analysis.rows):
        return judge_nothing(rules, analysis.reference)
    if earlier:
        comparisons = sum(finding.ratio is not None for finding in earlier)
    else:
        asked = [rule for rule in rules if rule.least_speedup is not None]
        rows = [row for row in analysis.rows if row.verdict is not Verdict.REFERENCE]
        comparisons = sum(rule.is_for(row) for rule in asked for row in rows)
    alpha = (1 - run.info.plan.settings.confidence) / max(1, comparisons * looks)
    judge = _Judge(run, analysis, alpha, again=bool(earlier))
    every = [finding for rule in rules for finding in judge.findings(rule)]
    found: dict[tuple[str, str], Finding] = {}
    for one in every:  # what two rules ask is said once, by the rule that lets it fail if only one of them does
        key = (one.case or str(one.rule), one.asked)
        if key not in found or (one.fails and not found[key].fails):
            found[key] = one
    return _merged(earlier, [*found.values()]) if earlier else [*found.values()]


def judge_nothing(rules: Sequence[Rule], reference: str) -> list[Finding]:
    """Return what is to be said where nothing but the reference is measured."""
    return [_nothing(rule, ["something beside the reference"], [f"there is only {reference}"]) for rule in rules]


def check_rules(plan: Plan, rules: Sequence[Rule]) -> None:
    """Find out before measuring that a rule is for none of the planned cases.

    Raises
    ------
    UsageError
        If one is.
    """
    compared = [(group, case) for group in plan.groups for case in group.cases if case.backend != plan.reference]
    for rule in rules:
        if compared and not any(
            rule.matches(group.workload.name, group.size_name, group.dtype, case.backend) for group, case in compared
        ):
            raise _for_none(rule, "what [run] asks for")


def outcome(findings: Sequence[Finding]) -> Result:
    """Return how all of it ends: FAIL if anything fails, else NOTHING if a rule has judged nothing, else PASS."""
    if any(one.fails for one in findings):
        return Result.FAIL
    return Result.NOTHING if any(one.result is Result.NOTHING for one in findings) else Result.PASS


def _merged(earlier: Sequence[Finding], later: Sequence[Finding]) -> list[Finding]:
    """Return the findings, those that were ambiguous replaced by what measuring again has found."""
    again = {(one.case, one.asked): one for one in later if one.case and one.result is not Result.SKIP}
    return [again.get((one.case, one.asked), one) if one.result is Result.AMBIGUOUS else one for one in earlier]


def _interval(record: GroupRecord, reference: str, case: str, span: Span, alpha: float) -> Interval | None:
    speedups = Speedups(record.group.cases, reference, span)
    for line in record.rounds:
        speedups.add(line)
    pairs = speedups.pairs(case)
    return pairs.interval(alpha) if len(pairs) else None


def _unmeasured(rule: Rule, row: CaseRow, asked: str) -> Finding:
    """Judge a case without figures: what an engine or this machine does not have is no failure, all else is."""
    harmless = (Status.UNSUPPORTED, Status.UNAVAILABLE)
    result = Result.SKIP if row.status in harmless else Result.FAIL
    return _finding(rule, row, asked, result, ": ".join(filter(None, (row.status.value, row.reason))))


def _for_none(rule: Rule, where: str) -> UsageError:
    """Word the error for a rule that is for nothing."""
    patterns = ", ".join(f"{name} {pattern!r}" for name, pattern in rule.patterns.items() if pattern != "*")
    return UsageError(f"rule {rule.number} is for none of the cases of {where}{patterns and f': {patterns}'}")


def _nothing(rule: Rule, asked: Sequence[str], reasons: Sequence[str]) -> Finding:
    """Say that nothing was judged by what a rule asks, with the first reasons."""
    distinct = list(dict.fromkeys(reasons))
    more = len(distinct) - MOST_REASONS
    return _of_rule(
        rule, " and ".join(asked), Result.NOTHING, "; ".join(distinct[:MOST_REASONS]) + (f"; {more} more" * (more > 0))
    )


def _coverage(rule: Rule, rows: Sequence[CaseRow], least: float) -> Finding:
    covered = sum(row.status is Status.MEASURED and row.parity.holds for row in rows)
    share = covered / len(rows)
    return _of_rule(
        rule,
        f"at least {percent_text(least)} of the cases measured at parity",
        Result.PASS if share >= least else Result.FAIL,
        f"{covered} of {len(rows)} are",
    )


def _of_rule(rule: Rule, asked: str, result: Result, detail: str) -> Finding:
    return Finding(
        rule=rule.number,
        case="",
        group="",
        workload=rule.workload,
        backend=rule.backend,
        asked=asked,
        result=result,
        fails=result is Result.FAIL,
        detail=detail,
    )


def _finding(rule: Rule, row: CaseRow, asked: str, result: Result, detail: str, ratio: Ratio | None = None) -> Finding:
    return Finding(
        rule=rule.number,
        case=row.case,
        group=row.group,
        workload=row.workload,
        backend=row.backend,
        asked=asked,
        result=result,
        fails=result is Result.FAIL or (result is Result.AMBIGUOUS and rule.ambiguous_fails),
        detail=detail,
        ratio=ratio,
    )
