"""One group, analysed: a row for every case, and how sure each comparison with the reference is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from suite.analyse.figures import Figures, figures
from suite.analyse.rows import CaseRow, Judged, Ratio, Verdict
from suite.analyse.speedups import Pairs, Span, Speedups, fell_back
from suite.quality import qualities
from suite.quality.parity import Parity, by_metric, mean_quality, overall, parities
from suite.records.run import GroupRecord, Run
from suite.records.schema import Case, OutcomeLine, QualityValue, Settings, Status
from suite.stats.verdicts import IntervalAt, judge
from suite.workloads.entry import Operation, Workload

#: Fields of a row that are the samples' figures as they are.
FIGURES = (
    "engine_fit", "engine_predict", "resident_s", "cold_s", "copy_in_s", "copy_out_s", "cpu_over_wall",
    "peak_host_bytes", "peak_device_bytes", "host_joules", "device_joules", "samples", "disturbed", "processes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row with what its verdicts rest on; the intervals are None where there is no verdict to be tested."""

    row: CaseRow
    interval_at: IntervalAt | None = None
    end_to_end_at: IntervalAt | None = None
    processes_differ: bool = False


def compare(run: Run, record: GroupRecord, reference: str) -> list[Comparison]:
    """Return the group's cases in the order of the plan, compared with the backend `reference`."""
    base = next((case for case in record.group.cases if case.backend == reference), None)
    wanted = [
        span for span in Span if span is not Span.WORKFLOW or record.group.workload.operation is Operation.WORKFLOW
    ]
    spans = {span: Speedups(record.group.cases, reference, span) for span in wanted}
    for line in record.rounds:
        samples, fallen = line.chosen(), [sample.case for sample in line.samples if fell_back(sample)]
        for speedups in spans.values():
            speedups.add_samples(line.process, samples, fallen)
    found = {case.id: figures(case.id, record.rounds, record.cold) for case in record.group.cases}
    rows = {case.id: _row(run, record, case, found[case.id], base) for case in record.group.cases}
    if base is None:
        return [Comparison(row) for row in rows.values()]
    return [
        Comparison(rows[case.id])
        if case is base
        else _compared(rows[case.id], rows[base.id], found[case.id], spans, record, run.info.plan.settings)
        for case in record.group.cases
    ]


def _compared(
    row: CaseRow,
    base: CaseRow,
    own: Figures,
    spans: dict[Span, Speedups],
    record: GroupRecord,
    settings: Settings,
) -> Comparison:
    """Add the speed-ups to a row, if it may have any (rules 2 and 4)."""
    if row.status is not Status.MEASURED or own.fell_back:
        return Comparison(row)
    ended = record.outcomes.get(base.case)
    if base.status is Status.TIMED_OUT and ended and ended.timed_out_after_s and own.end_to_end_s:
        # Without the reference's result quality cannot be compared: the bound is stated, a verdict is not.
        return Comparison(replace(row, speedup_at_least=ended.timed_out_after_s / own.end_to_end_s))
    if base.status is not Status.MEASURED or not row.parity.holds:
        return Comparison(row)
    alpha = 1 - settings.confidence
    pairs, whole = spans[Span.RESIDENT].pairs(row.case), spans[Span.END_TO_END].pairs(row.case)
    if whole.is_like(pairs):
        whole = pairs  # whose intervals are known already
    ratios = {span: _ratio(speedups.pairs(row.case), alpha) for span, speedups in spans.items()}
    if ratios[Span.RESIDENT] is None:
        return Comparison(row)
    complete = replace(
        row,
        verdict=_verdict(pairs, alpha, settings),
        speedup=ratios[Span.RESIDENT],
        end_to_end=ratios[Span.END_TO_END],
        verdict_end_to_end=_verdict(whole, alpha, settings),
        fit=ratios[Span.FIT],
        predict=ratios[Span.PREDICT],
        workflow=ratios.get(Span.WORKFLOW),
    )
    differ = pairs.scatter > settings.same_within
    return Comparison(complete, pairs.interval, whole.interval, differ)


def _verdict(pairs: Pairs, alpha: float, settings: Settings) -> Verdict:
    return Verdict(judge(pairs.interval(alpha), settings.same_within).value)


def _ratio(pairs: Pairs, alpha: float) -> Ratio | None:
    """Return the ratio of the pairs, None where nothing was paired."""
    return Ratio(*pairs.interval(alpha).ratio) if len(pairs) else None


def _row(run: Run, record: GroupRecord, case: Case, own: Figures, base: Case | None) -> CaseRow:
    """Return the row of a case without its speed-ups."""
    workload = record.group.workload
    status, reason, stop_reason = _ending(record, case)
    if own.fell_back and status is Status.MEASURED:
        status, reason = Status.FELL_BACK, reason or "at least one timed call fell back"
    quality, reference_quality = _quality(record, case), _quality(record, base)
    outcome = record.outcomes.get(case.id)
    is_reference = base is not None and case.id == base.id
    judged = _judged(quality, reference_quality, workload, is_reference=is_reference)
    verdict = Verdict.REFERENCE if is_reference and status is Status.MEASURED else Verdict.NONE
    return CaseRow(
        run=run.info.id,
        machine=run.info.machine.id,
        **_of_group(record),
        case=case.id,
        **_of_backend(run, case.backend),
        status=status,
        reason=reason,
        verdict=verdict,
        speedup=None,
        end_to_end=None,
        verdict_end_to_end=verdict,
        fit=None,
        predict=None,
        speedup_at_least=None,
        fit_s=None if workload.uses_only else own.fit_s,
        predict_s=own.predict_s if workload.output or workload.workflow else None,
        **{name: getattr(own, name) for name in FIGURES},
        metric=workload.quality.metric,
        quality=mean_quality(quality),
        quality_reference=mean_quality(reference_quality),
        tolerance=workload.quality.tolerance,
        judged=judged,
        parity=overall([one.parity for one in judged]),
        stop_reason=stop_reason,
        last_words=outcome.stderr_tail if outcome else "",
        operation=workload.operation.value,
        **_of_operation(record, own, outcome),
    )


def _of_group(record: GroupRecord) -> dict[str, Any]:
    """Return what all cases of a group share: the workload and its data."""
    group, workload = record.group, record.group.workload
    rows, features = _shape(record)
    return {
        "group": group.id,
        "workload": workload.name,
        "algorithm": workload.algorithm,
        "task": str(workload.task),
        "size": group.size_name,
        "rows": rows,
        "features": features,
        "dtype": group.dtype,
        "order": group.order,
    }


def _of_backend(run: Run, spec: str) -> dict[str, Any]:
    line = run.backends.get(spec)
    device = (line.diagnosis.device if line else "") or spec.partition("@")[0].partition(":")[2]
    return {"backend": spec, "device": device, "import_s": line.import_s if line else None}


def _of_operation(record: GroupRecord, own: Figures, outcome: OutcomeLine | None) -> dict[str, Any]:
    """Return the fields that only some operations have: inference, and scientific workflows."""
    return {
        "rows_per_s": _rows_per_s(record, own, outcome),
        "latency_p50_s": own.latency_p50_s,
        "latency_p99_s": own.latency_p99_s,
        "own_s": own.own_s,
        "workflow_s": own.workflow_s if record.group.workload.operation is Operation.WORKFLOW else None,
        "findings": outcome.findings if outcome else None,
    }


def _ending(record: GroupRecord, case: Case) -> tuple[Status, str, str]:
    """Return status, reason and stop reason; a case without an outcome was interrupted."""
    outcome: OutcomeLine | None = record.outcomes.get(case.id)
    if outcome is not None:
        return outcome.status, outcome.reason, str(outcome.stop_reason or "")
    reason = "the run ended before it began" if record.started is None else "the run ended before this case did"
    return Status.INTERRUPTED, reason, ""


def _quality(record: GroupRecord, case: Case | None) -> list[QualityValue]:
    outcome = record.outcomes.get(case.id) if case else None
    return outcome.quality if outcome else []


def _judged(
    own: list[QualityValue], reference: list[QualityValue], workload: Workload, *, is_reference: bool
) -> tuple[Judged, ...]:
    """Return the case by each of its workload's metrics."""
    by_all = qualities(workload)
    found = parities(own, reference, by_all, workload.stochastic)
    return tuple(
        Judged(
            metric=quality.metric,
            quality=mean_quality(by_metric(own, index)),
            quality_reference=mean_quality(by_metric(reference, index)),
            tolerance=quality.tolerance,
            relative=quality.relative,
            parity=Parity.IDENTICAL if is_reference and own else found[index],
        )
        for index, quality in enumerate(by_all)
    )


def _rows_per_s(record: GroupRecord, own: Figures, outcome: OutcomeLine | None) -> float | None:
    """Return the rows a second of a batch, None where that is not what is timed."""
    if record.group.workload.operation is not Operation.PREDICT or record.started is None or not own.predict_s:
        return None
    if outcome and outcome.asked_rows:
        return outcome.asked_rows / own.predict_s
    held_out = record.started.data.get("X_test")  # not of that name if it is sparse
    planned = record.group.workload.data[record.group.size]
    return (held_out.shape[0] if held_out else planned.n_test) / own.predict_s


def _shape(record: GroupRecord) -> tuple[int, int]:
    """Return rows and features of the training data: as measured, else as planned."""
    if record.started is not None and "X_train" in record.started.data:
        rows, features = record.started.data["X_train"].shape
        return rows, features
    planned = record.group.workload.data[record.group.size]
    return planned.n_train, planned.n_features
