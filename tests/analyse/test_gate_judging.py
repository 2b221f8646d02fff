"""The gate on runs whose times are known."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from analysed_runs import make_group, make_record, make_rounds, make_run

from suite.analyse import analyse
from suite.errors import UsageError
from suite.gate.judging import Finding, Result, judge_run
from suite.gate.output import sentence, to_junit, to_markdown, to_text
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
    for status, result in (
        (Status.FAILED, Result.FAIL),
        (Status.UNSUPPORTED, Result.SKIP),
        (Status.FELL_BACK, Result.FAIL),
    ):
        outcomes = {"onedal": {"status": status, "reason": "because"}}
        findings = judged(run_of(None, outcomes=outcomes), Rule(number=1, least_speedup=1.0))
        assert {finding.result for finding in findings} == {result}
        assert all("because" in finding.detail for finding in findings)


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
