"""The gate on runs whose times are known."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from analysed_runs import make_group, make_record, make_rounds, make_run

from suite.analyse import analyse
from suite.errors import UsageError
from suite.gate.judging import Finding, Result, judge_run, outcome
from suite.gate.output import sentence, to_complaints, to_junit, to_markdown, to_text
from suite.gate.rules import Rule
from suite.records.run import Run
from suite.records.schema import QualityValue, Status

TENTH = Rule(number=1, least_speedup=1 / 1.1, parity=False)


def run_of(
    onedal_s: float | None, *, noise: float = 0.01, count: int = 400, outcomes: Any = None, seed: int = 0
) -> Run:
    group = make_group()
    fit_s = {"sklearn": 0.1} | ({} if onedal_s is None else {"onedal": onedal_s})
    return make_run(
        make_record(group, make_rounds(group, fit_s, count=count, processes=8, noise=noise, seed=seed), outcomes)
    )


def judged(run: Run, *rules: Rule, **options: Any) -> list[Finding]:
    return judge_run(run, analyse(run), rules, **options)


@pytest.mark.parametrize(
    ("onedal_s", "result"), [(0.1, Result.PASS), (0.105, Result.PASS), (0.13, Result.FAIL), (0.11, Result.AMBIGUOUS)]
)
def test_a_slow_down_beyond_what_is_allowed_fails(onedal_s: float, result: Result) -> None:
    (finding,) = judged(run_of(onedal_s), TENTH)
    assert finding.result is result
    assert finding.fails is (result is Result.FAIL)
    assert finding.ratio is not None
    assert finding.ratio.low < 0.101 / (onedal_s + 0.001) < finding.ratio.high


def test_what_is_ambiguous_fails_only_where_the_rule_says_so() -> None:
    (finding,) = judged(run_of(0.11), Rule(number=1, least_speedup=1 / 1.1, parity=False, ambiguous_fails=True))
    assert (finding.result, finding.fails) == (Result.AMBIGUOUS, True)


def test_what_was_measured_again_replaces_what_was_ambiguous_and_nothing_else() -> None:
    group = make_group()
    first = judged(run_of(0.112, count=20, noise=0.1), TENTH, looks=3)
    assert first[0].result is Result.AMBIGUOUS
    later = judged(run_of(0.13), TENTH, looks=3, earlier=first)
    assert [finding.result for finding in later] == [Result.FAIL]
    passed = judged(run_of(0.1), TENTH, looks=3)
    assert judged(run_of(0.13), TENTH, looks=3, earlier=passed) == passed
    elsewhere = make_run(make_record(make_group("lasso"), []))
    assert judged(elsewhere, Rule(number=1, workload=group.workload.name), earlier=first) == first


def test_what_is_ambiguous_stays_where_measuring_again_came_to_nothing() -> None:
    first = judged(run_of(0.112, count=20, noise=0.1), TENTH, looks=2)
    gone = {"onedal": {"status": Status.UNAVAILABLE, "reason": "because"}}
    assert judged(run_of(None, outcomes=gone), TENTH, looks=2, earlier=first) == first


def test_more_comparisons_and_more_looks_ask_for_more_evidence() -> None:
    (one,) = judged(run_of(0.1), TENTH)
    (three,) = judged(run_of(0.1), TENTH, looks=3)
    assert one.ratio is not None
    assert three.ratio is not None
    assert three.ratio.low < one.ratio.low < one.ratio.high < three.ratio.high


def test_the_reference_is_no_comparison_of_its_own() -> None:
    run = run_of(0.12)
    (finding,) = judged(run, TENTH)
    (row,) = (row for row in analyse(run).rows if row.backend == "onedal")
    assert finding.ratio == row.end_to_end


def test_quality_and_failures() -> None:
    worse = {"onedal": {"quality": [QualityValue(seed=0, value=0.5, sha256="x")]}}
    (lost,) = judged(run_of(0.05, outcomes=worse), Rule(number=1))
    assert (lost.result, lost.detail) == (Result.FAIL, "r2 0.5 against 0.9")
    for status, results in (
        (Status.FAILED, {Result.FAIL}),
        (Status.UNSUPPORTED, {Result.SKIP, Result.NOTHING}),
        (Status.FELL_BACK, {Result.FAIL}),
    ):
        outcomes = {"onedal": {"status": status, "reason": "because"}}
        findings = judged(run_of(None, outcomes=outcomes), Rule(number=1, least_speedup=1.0))
        assert {finding.result for finding in findings} == results
        assert all("because" in finding.detail for finding in findings)


UNSUPPORTED = {"onedal": {"status": Status.UNSUPPORTED, "reason": "because"}}


def two_of(first_s: float | None, second_s: float | None, **changes: Any) -> Run:
    """Return a run of two workloads; where there is no time the engine does not have it."""
    records = []
    for name, own_s in (("ridge", first_s), ("lasso", second_s)):
        group = make_group(name)
        fit_s = {"sklearn": 0.1} | ({} if own_s is None else {"onedal": own_s})
        rounds = make_rounds(group, fit_s, count=400, processes=8, noise=0.01)
        records.append(make_record(group, rounds, UNSUPPORTED if own_s is None else changes.get(name)))
    return make_run(*records)


def test_a_rule_that_judged_nothing_has_not_passed() -> None:
    findings = judged(two_of(0.05, None), Rule(number=1), Rule(number=2, workload="lasso", least_speedup=1.0))
    assert outcome(findings) is Result.NOTHING
    (nothing,) = (one for one in findings if one.result is Result.NOTHING)
    assert (nothing.rule, nothing.detail) == (2, "onedal: unsupported: because")
    assert nothing.asked == "quality equal to the reference's and fit+predict at least 1 times as fast as sklearn"
    assert sentence(findings) == "NOTHING MEASURED: of 3 checks, 1 pass, 2 skip; rule 2 judged nothing"


def test_a_rule_that_skipped_some_has_passed_by_the_others() -> None:
    findings = judged(two_of(0.05, None), Rule(number=1, least_speedup=1.0))
    assert outcome(findings) is Result.PASS
    assert sentence(findings) == "passed: of 4 checks, 2 pass, 2 skip"


def test_a_slow_down_elsewhere_is_told_first() -> None:
    findings = judged(two_of(0.2, None), TENTH, Rule(number=2, workload="lasso"))
    assert outcome(findings) is Result.FAIL
    assert sentence(findings) == "FAILED: of 3 checks, 1 fail, 2 skip; rule 2 judged nothing"


def test_quality_alone_does_not_answer_a_question_about_time() -> None:
    """As of fit, where a model is only used."""
    group = make_group()
    rounds = make_rounds(group, {"sklearn": 0.0, "onedal": 0.0})
    findings = judged(make_run(make_record(group, rounds)), Rule(number=1, of="fit", least_speedup=1.0))
    assert [one.result for one in findings] == [Result.PASS, Result.SKIP, Result.NOTHING]
    assert (findings[2].asked, findings[2].detail) == (
        "fit at least 1 times as fast as sklearn",
        "onedal: no fit was measured beside sklearn",
    )


def test_without_the_result_of_the_reference_nothing_is_judged() -> None:
    lost = {"sklearn": {"status": Status.FAILED, "reason": "because", "quality": []}}
    findings = judged(run_of(0.05, outcomes=lost), Rule(number=1, backend="onedal"))
    assert [one.result for one in findings] == [Result.SKIP, Result.NOTHING]
    assert outcome(judged(run_of(0.05, outcomes=lost), Rule(number=1))) is Result.FAIL  # the reference's own case


def test_a_run_of_the_reference_alone_judges_nothing() -> None:
    group = make_group(backends=("sklearn",))
    findings = judged(make_run(make_record(group, [])), TENTH, Rule(number=2, backend="onedal"))
    assert [(one.rule, one.result, one.detail) for one in findings] == [
        (1, Result.NOTHING, "there is only sklearn"),
        (2, Result.NOTHING, "there is only sklearn"),
    ]


def test_many_reasons_are_cut() -> None:
    groups = [make_group(f"ridge-{number}") for number in range(5)]
    records = [
        make_record(group, [], {"onedal": {"status": Status.UNAVAILABLE, "reason": f"of {group.id}"}})
        for group in groups
    ]
    *_, nothing = judged(make_run(*records), TENTH)
    assert nothing.detail.endswith("; onedal: unavailable: of ridge-2/S/float64/C; 2 more")


def test_coverage() -> None:
    outcomes = {"onedal": {"status": Status.UNSUPPORTED, "reason": "because"}}
    run = run_of(None, outcomes=outcomes)
    (finding,) = judged(run, Rule(number=1, parity=False, coverage=0.5))
    assert (finding.fails, finding.detail) == (True, "0 of 1 are")
    (finding,) = judged(run_of(0.1), Rule(number=1, parity=False, coverage=1.0))
    assert not finding.fails


def test_a_rule_for_nothing_is_an_error() -> None:
    with pytest.raises(UsageError, match="rule 2 is for none of the cases"):
        judged(run_of(0.1), TENTH, Rule(number=2, workload="lasso"))


def test_what_two_rules_ask_is_said_once() -> None:
    findings = judged(run_of(0.1), Rule(number=1), Rule(number=2, least_speedup=0.5))
    assert [(finding.rule, finding.ratio is None) for finding in findings] == [(1, True), (2, False)]
    strict = Rule(number=2, least_speedup=1 / 1.1, ambiguous_fails=True)
    findings = judged(run_of(0.11), TENTH, strict)
    assert [(finding.rule, finding.fails) for finding in findings] == [(2, True), (2, False)]  # by the stricter rule


def test_the_outputs_say_the_same() -> None:
    findings = judged(run_of(0.13), TENTH, Rule(number=2, coverage=1.0))
    assert sentence(findings) == "FAILED: of 3 checks, 1 fail, 2 pass"
    lines = list(to_text(findings))
    assert len(lines) == 2
    assert lines[0].startswith("FAIL: rule 1, ridge/S/float64/C onedal: fit+predict at least 0.909 times as fast")
    root = ET.fromstring(to_junit(findings, "gate.toml"))
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert len(root.findall(".//failure")) == 1
    assert sum(line.startswith("| FAIL") for line in to_markdown(findings)) == 1
    assert list(to_complaints(findings)) == []


def test_the_outputs_say_that_a_rule_has_what_is_ambiguous_fail() -> None:
    findings = judged(run_of(0.11), Rule(number=1, least_speedup=1 / 1.1, ambiguous_fails=True))
    assert sentence(findings) == 'FAILED: of 2 checks, 1 ambiguous (ambiguous = "fail"), 1 pass'
    why = ', which cannot be told: the rule has ambiguous = "fail"'
    line, _ = to_text(findings)
    assert line.startswith("FAIL: rule 1, ")
    assert line.endswith(why)
    (failure,) = ET.fromstring(to_junit(findings, "gate.toml")).iter("failure")
    assert failure.get("message").endswith(why)
    assert failure.text.endswith(why)
    (row,) = (line for line in to_markdown(findings) if line.startswith("| FAIL"))
    assert "which cannot be told" in row


def test_the_outputs_say_that_a_rule_judged_nothing() -> None:
    findings = judged(run_of(None, outcomes=UNSUPPORTED), TENTH)
    asked = "fit+predict at least 0.909 times as fast as sklearn"
    assert list(to_complaints(findings)) == [
        f"nothing was measured: rule 1, {asked}: onedal: unsupported: because",
    ]
    (suite,) = ET.fromstring(to_junit(findings, "gate.toml"))
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["2", "0", "1", "1"]
    (error,) = suite.iter("error")
    assert error.get("message") == "nothing was judged: onedal: unsupported: because"
    title, *_, nothing, _ = to_markdown(findings)
    assert title.startswith("**Gate NOTHING MEASURED")
    assert nothing.startswith("| NOTHING | 1 |")
