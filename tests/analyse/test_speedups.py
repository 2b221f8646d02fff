from __future__ import annotations

from math import inf, log

import pytest
from analysed_runs import SETTINGS, make_group, make_rounds

from suite.analyse.speedups import Span, Speedups, widest
from suite.records.schema import FELL_BACK_SUFFIX, Group, RoundLine
from suite.stats.paired import Interval

FIT_S = {"sklearn": 0.2, "onedal": 0.1, "cuml": 0.02}


def intervals(group: Group, rounds: list[RoundLine], *, looking: bool = False) -> dict[str, Interval]:
    """Return the intervals after all rounds, perhaps having looked after each."""
    kept = Speedups(group.cases, "sklearn")
    for line in rounds:
        kept.add(line)
        if looking:
            kept.intervals(0.01)
    return kept.intervals(1 - SETTINGS.confidence)


def test_every_backend_has_its_interval() -> None:
    group = make_group(backends=list(FIT_S))
    found = intervals(group, make_rounds(group, FIT_S))
    assert found.keys() == {"onedal", "cuml"}
    assert found["onedal"].estimate == pytest.approx(log(0.201 / 0.101), abs=0.01)
    assert found["cuml"].estimate == pytest.approx(log(0.201 / 0.021), abs=0.02)


def test_round_by_round_is_the_same_as_all_at_once() -> None:
    group = make_group(backends=list(FIT_S))
    rounds = make_rounds(group, FIT_S, count=50, marked=0.2)
    assert intervals(group, rounds, looking=True) == intervals(group, rounds)


def test_rounds_without_the_reference_pair_nothing() -> None:
    group = make_group()
    found = intervals(group, make_rounds(group, {"onedal": 0.1}))
    assert found["onedal"].pairs == 0
    assert widest(found) == inf


def test_a_backend_that_fell_back_once_is_left_out() -> None:
    group = make_group(backends=list(FIT_S))
    rounds = make_rounds(group, FIT_S, count=20)
    rounds += make_rounds(group, FIT_S, count=1, changes={"cuml": {"engine_fit": "stock" + FELL_BACK_SUFFIX}})
    assert intervals(group, rounds).keys() == {"onedal"}


def test_nothing_stands_on_a_reference_that_fell_back() -> None:
    group = make_group()
    rounds = make_rounds(group, FIT_S, count=5, changes={"sklearn": {"engine_fit": "stock" + FELL_BACK_SUFFIX}})
    assert intervals(group, rounds) == {}
    assert widest({}) == inf


def test_a_pair_is_disturbed_if_either_sample_is() -> None:
    group = make_group()
    kept = Speedups(group.cases, "sklearn")
    for line in make_rounds(group, FIT_S, count=300, marked=0.5):
        kept.add(line)
    undisturbed = kept.pairs(group.cases[1].id).undisturbed()[0]
    assert 0.15 < undisturbed.mean() < 0.35


def test_spans() -> None:
    group = make_group()
    line = make_rounds(group, FIT_S, count=1, noise=0.0, changes={"onedal": {"copy_in_s": 0.1}})[0]
    estimates = {}
    for span in Span:
        kept = Speedups(group.cases, "sklearn", span)
        kept.add(line)
        estimates[span] = float(kept.pairs(group.cases[1].id).log_ratios()[0][0])
    assert estimates == pytest.approx(
        {
            Span.RESIDENT: log(0.201 / 0.101),
            Span.END_TO_END: log(0.201 / 0.201),
            Span.FIT: log(2),
            Span.PREDICT: 0.0,
            Span.WORKFLOW: log(0.201 / 0.201),
        }
    )
