from __future__ import annotations

from dataclasses import replace
from math import inf

import msgspec
import pytest
from analysed_runs import SETTINGS, make_group, make_record, make_rounds, make_run, make_sample

from suite.analyse import analyse
from suite.analyse.rows import CaseRow, Parity, Verdict
from suite.errors import UsageError
from suite.records.run import GroupRecord, Run
from suite.records.schema import FELL_BACK_SUFFIX, ColdLine, QualityValue, Status

TWICE = {"sklearn": 0.2, "onedal": 0.1}


def row_of(run: Run, backend: str = "onedal", reference: str | None = None) -> CaseRow:
    return next(row for row in analyse(run, reference).rows if row.backend == backend)


def test_a_measured_group_has_a_reference_and_a_speed_up() -> None:
    group = make_group()
    analysis = analyse(make_run(make_record(group, make_rounds(group, TWICE))))
    reference, own = analysis.rows
    assert (reference.verdict, reference.parity, reference.speedup) == (Verdict.REFERENCE, Parity.IDENTICAL, None)
    assert own.verdict is Verdict.FASTER
    assert own.parity is Parity.EQUAL
    assert own.speedup is not None
    assert own.speedup.low < 0.201 / 0.101 < own.speedup.high
    assert own.speedup.high / own.speedup.low < 1.08
    assert own.fit is not None
    assert own.fit.estimate == pytest.approx(2.0, rel=0.02)
    assert own.predict is not None
    assert own.predict.estimate == pytest.approx(1.0)
    assert (own.rows, own.features, own.samples, own.disturbed, own.processes) == (800, 12, 200, 0, 1)
    assert (own.device, own.import_s, own.stop_reason, own.cpu_over_wall) == ("cpu", 0.5, "precision reached", 2.0)
    assert analysis.notes == []


def test_copies_count_end_to_end_only() -> None:
    group = make_group()
    rounds = make_rounds(group, TWICE, changes={"onedal": {"copy_in_s": 0.1, "copy_out_s": 0.1}})
    own = row_of(make_run(make_record(group, rounds)))
    assert own.speedup is not None
    assert own.end_to_end is not None
    assert own.speedup.estimate > 1.9
    assert own.end_to_end.estimate < 0.7
    assert own.verdict is Verdict.FASTER
    assert own.verdict_end_to_end is Verdict.SLOWER


@pytest.mark.parametrize(
    ("onedal_s", "verdict"), [(0.4, Verdict.SLOWER), (0.2, Verdict.SAME), (0.198, Verdict.AMBIGUOUS)]
)
def test_verdicts(onedal_s: float, verdict: Verdict) -> None:
    group = make_group()
    rounds = make_rounds(group, {"sklearn": 0.2, "onedal": onedal_s}, count=600, processes=20)
    assert row_of(make_run(make_record(group, rounds))).verdict is verdict


def test_a_call_that_fell_back_has_times_but_no_speed_up() -> None:
    group = make_group()
    rounds = make_rounds(group, TWICE)
    engine = "scikit-learn" + FELL_BACK_SUFFIX
    case = group.cases[1].id
    spoilt = [msgspec.structs.replace(s, engine_predict=engine) if s.case == case else s for s in rounds[7].samples]
    rounds[7] = msgspec.structs.replace(rounds[7], samples=spoilt)
    own = row_of(make_run(make_record(group, rounds)))
    assert own.status is Status.FELL_BACK
    assert own.engine_predict == engine
    assert own.fit_s == pytest.approx(0.1, rel=0.05)
    assert (own.verdict, own.speedup, own.end_to_end, own.fit) == (Verdict.NONE, None, None, None)


def test_a_reference_that_fell_back_compares_with_nothing() -> None:
    group = make_group()
    rounds = make_rounds(group, TWICE, changes={"sklearn": {"engine_fit": "other" + FELL_BACK_SUFFIX}})
    reference, own = analyse(make_run(make_record(group, rounds))).rows
    assert (reference.verdict, own.verdict, own.speedup) == (Verdict.NONE, Verdict.NONE, None)


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_lost_quality_has_times_but_no_speed_up_and_enters_no_mean(value: float) -> None:
    group = make_group()
    quality = [QualityValue(seed=0, value=value, sha256="")]
    run = make_run(make_record(group, make_rounds(group, TWICE), {"onedal": {"quality": quality}}))
    own, mean = row_of(run), analyse(run).means[0]
    assert (own.parity, own.verdict, own.speedup) == (Parity.LOST, Verdict.NONE, None)
    assert own.fit_s is not None
    assert (mean.speedup, mean.covered, mean.asked) == (None, 0, 1)
    assert any("quality" in note for note in analyse(run).notes)


def test_undecided_quality_has_no_speed_up() -> None:
    group = make_group(stochastic=True)
    own = row_of(make_run(make_record(group, make_rounds(group, TWICE))))
    assert (own.parity, own.verdict) == (Parity.UNDECIDED, Verdict.NONE)


def test_a_reference_that_timed_out_gives_a_lower_bound_and_no_verdict() -> None:
    group = make_group()
    late = {"sklearn": {"status": Status.TIMED_OUT, "timed_out_after_s": 60.0, "quality": []}}
    run = make_run(make_record(group, make_rounds(group, {"onedal": 0.1}, noise=0.0), late))
    own = row_of(run)
    assert own.speedup_at_least == pytest.approx(60 / 0.101)
    assert (own.verdict, own.parity, own.speedup) == (Verdict.NONE, Parity.UNKNOWN, None)
    assert any("lower bound" in note for note in analyse(run).notes)


def test_a_failed_case_keeps_its_reason_and_the_times_it_had() -> None:
    group = make_group()
    failed = {"onedal": {"status": Status.OUT_OF_MEMORY, "reason": "3 GiB asked, 2 GiB allowed"}}
    own = row_of(make_run(make_record(group, make_rounds(group, TWICE, count=3), failed)))
    assert (own.status, own.reason, own.verdict) == (Status.OUT_OF_MEMORY, "3 GiB asked, 2 GiB allowed", Verdict.NONE)
    assert own.samples == 3
    assert own.fit_s is not None


def test_a_group_without_outcomes_was_interrupted() -> None:
    group = make_group()
    run = make_run(make_record(group, make_rounds(group, TWICE, count=20), ended=False))
    own = row_of(run)
    assert (own.status, own.verdict, own.samples) == (Status.INTERRUPTED, Verdict.NONE, 20)
    assert own.fit_s is not None
    assert any("did not finish" in note for note in analyse(run).notes)


def test_a_group_that_was_not_begun_is_a_row_without_figures() -> None:
    group = make_group()
    own = row_of(make_run(GroupRecord(group, None, [], [], {})))
    assert (own.status, own.reason) == (Status.INTERRUPTED, "the run ended before it began")
    assert (own.rows, own.features) == (1000, 10)
    assert (own.samples, own.fit_s, own.cold_s, own.peak_host_bytes, own.quality) == (0, None, None, None, None)


def test_few_rounds_are_ambiguous_with_an_open_interval() -> None:
    group = make_group()
    own = row_of(make_run(make_record(group, make_rounds(group, {"sklearn": 0.2, "onedal": 0.19}, count=1))))
    assert own.verdict is Verdict.AMBIGUOUS
    assert own.speedup is not None
    assert (own.speedup.low, own.speedup.high) == (0.0, inf)


def test_another_reference_turns_the_comparison_round() -> None:
    group = make_group()
    run = make_run(make_record(group, make_rounds(group, TWICE)))
    analysis = analyse(run, "onedal")
    own = row_of(run, "sklearn", "onedal")
    assert analysis.reference == "onedal"
    assert own.verdict is Verdict.SLOWER
    assert [mean.backend for mean in analysis.means] == ["sklearn"]


def test_an_unknown_reference_is_one_line_with_the_nearest_name() -> None:
    run = make_run(make_record(make_group(), []))
    with pytest.raises(UsageError, match=r"no backend 'onedl'; did you mean 'onedal'\?"):
        analyse(run, "onedl")


def test_a_run_without_its_reference_still_has_rows() -> None:
    group = make_group(backends=["onedal"])
    own = row_of(make_run(make_record(group, make_rounds(group, TWICE))))
    assert (own.status, own.verdict, own.parity) == (Status.MEASURED, Verdict.NONE, Parity.UNKNOWN)
    assert own.fit_s == pytest.approx(0.1, rel=0.02)


def test_medians_are_of_undisturbed_samples_while_they_are_half() -> None:
    group = make_group()
    some = row_of(make_run(make_record(group, make_rounds(group, TWICE, marked=0.3))))
    most = row_of(make_run(make_record(group, make_rounds(group, TWICE, marked=0.8))))
    assert some.fit_s == pytest.approx(0.1, rel=0.02)
    assert some.disturbed > 30
    assert most.fit_s == pytest.approx(0.3, rel=0.05)


def test_a_disturbed_machine_is_told() -> None:
    group = make_group()
    analysis = analyse(make_run(make_record(group, make_rounds(group, TWICE, marked=0.3))))
    assert 0.2 < analysis.disturbed_share < 0.4
    assert any("The machine was shared" in note for note in analysis.notes)
    quiet = analyse(make_run(make_record(group, make_rounds(group, TWICE, marked=0.02))))
    assert any("too few to matter" in note for note in quiet.notes)


def test_cold_is_the_median_over_processes() -> None:
    group = make_group()
    case = group.cases[1].id
    cold = [
        ColdLine(group=group.id, process=process, sample=make_sample(case, fit_s, predict_s=0.0))
        for process, fit_s in enumerate((3.0, 1.0, 2.0))
    ]
    assert row_of(make_run(make_record(group, make_rounds(group, TWICE), cold=cold))).cold_s == 2.0


def test_processes_that_differ_are_told_and_widen() -> None:
    group = make_group()
    one = make_rounds(group, TWICE, process=0)
    two, three = (
        make_rounds(group, {"sklearn": 0.2, "onedal": own_s}, process=process, seed=process)
        for process, own_s in ((1, 0.11), (2, 0.09))
    )
    run = make_run(make_record(group, one + two + three))
    own = row_of(run)
    assert own.processes == 3
    assert own.speedup is not None
    assert own.speedup.high / own.speedup.low > 1.3
    assert any("Fresh processes disagree" in note for note in analyse(run).notes)


def test_one_narrow_verdict_among_many_ambiguous_ones_does_not_stand() -> None:
    narrow, open_ = make_group("narrow"), [make_group(f"open{i}") for i in range(20)]
    edge = make_record(narrow, make_rounds(narrow, {"sklearn": 0.2, "onedal": 0.196}, count=700, processes=8, seed=3))
    alone = make_run(edge)
    assert row_of(alone).verdict is Verdict.FASTER
    others = [make_record(group, make_rounds(group, {"sklearn": 0.2, "onedal": 0.2}, count=8)) for group in open_]
    together = analyse(make_run(edge, *others))
    assert together.rows[1].verdict is Verdict.AMBIGUOUS
    assert together.rows[1].verdict_end_to_end is Verdict.AMBIGUOUS
    assert together.rows[1].speedup is not None
    assert any("Benjamini-Hochberg" in note for note in together.notes)


def test_means_cover_the_workloads_at_parity_and_count_verdicts() -> None:
    fit_s = {"a": 0.1, "b": 0.05, "c": 0.4, "d": 0.1}
    groups = {name: make_group(name) for name in fit_s}
    records = [
        make_record(group, make_rounds(group, {"sklearn": 0.2, "onedal": fit_s[name]}))
        for name, group in groups.items()
        if name != "d"
    ]
    broken = make_record(groups["d"], [], {"onedal": {"status": Status.FAILED, "reason": "no"}})
    mean = analyse(make_run(*records, broken)).means[0]
    assert mean.speedup is not None
    assert mean.speedup.estimate == pytest.approx((2 * 4 * 0.5) ** (1 / 3), rel=0.02)
    assert mean.speedup.low < mean.speedup.estimate < mean.speedup.high
    assert (mean.covered, mean.asked, mean.faster, mean.slower, mean.same, mean.ambiguous) == (3, 4, 2, 1, 0, 0)


def test_history_is_told() -> None:
    group = make_group()
    record = make_record(group, make_rounds(group, TWICE))
    run = make_run(record, resumed_utc=["2026-01-02T00:00:00Z"], forced=["numpy 2.0 became 2.1"])
    text = " ".join(analyse(replace(run, torn=True)).notes)
    assert "resumed on 2026-01-02" in text
    assert "numpy 2.0 became 2.1" in text
    assert "cut off" in text


def test_a_workload_without_output_has_no_prediction() -> None:
    group = make_group(output="")
    rounds = make_rounds(group, TWICE, changes={name: {"predict_s": 0.0} for name in TWICE})
    own = row_of(make_run(make_record(group, rounds)))
    assert (own.predict_s, own.predict) == (None, None)
    assert own.speedup is not None


def test_an_empty_run() -> None:
    analysis = analyse(make_run())
    assert (analysis.rows, analysis.means, analysis.disturbed_share, analysis.notes) == ([], [], 0.0, [])


def test_confidence_is_the_settings() -> None:
    group = make_group()
    rounds = make_rounds(group, TWICE)
    sure = row_of(make_run(make_record(group, rounds))).speedup
    unsure = row_of(
        make_run(make_record(group, rounds), settings=msgspec.structs.replace(SETTINGS, confidence=0.8))
    ).speedup
    assert sure is not None
    assert unsure is not None
    assert unsure.high - unsure.low < sure.high - sure.low
