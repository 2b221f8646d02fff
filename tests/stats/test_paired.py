from __future__ import annotations

from itertools import pairwise
from math import inf, log, log1p

import numpy as np
import pytest
from noise import NOISES, drifting, hog, looks, normal, student

from suite.stats import signs
from suite.stats.bootstrap import median_interval as bootstrap_interval
from suite.stats.paired import UNKNOWN, Basis, Interval, median_interval

PROTECTED = ["normal", "Student t(2)", "hog", "drifting", "machine AR(0.6)"]


def ever_missed(values: np.ndarray, alpha: float, undisturbed: np.ndarray | None = None) -> bool:
    for n in looks(len(values)):
        interval = median_interval(values[:n], None if undisturbed is None else undisturbed[:n], alpha=alpha)
        if not interval.low <= 0 <= interval.high:
            return True
    return False


@pytest.mark.parametrize("name", PROTECTED)
def test_looking_all_the_time_misses_no_more_often_than_promised(name: str) -> None:
    rng = np.random.default_rng(1)
    missed = sum(ever_missed(NOISES[name](rng, 300), alpha=0.1) for _ in range(80))
    assert missed <= 8  # the most that is promised; the bets are never wholly spent, so 2 or 3 are usual


def test_the_bootstrap_misses_far_more_often_when_looked_at_all_the_time() -> None:
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(80):
        values = normal(rng, 300)
        ends = [bootstrap_interval(values[:n], alpha=0.1) for n in looks(300)]
        missed += any(not low <= 0 <= high for _, low, high in ends)
    assert missed > 32


def test_marks_that_choose_pairs_by_their_noise_do_not_break_coverage() -> None:
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(80):
        values = student(rng, 300)
        missed += ever_missed(values, 0.1, abs(values) < 0.2)
    assert missed <= 8


def test_width_shrinks_as_sampling_theory_says() -> None:
    rng = np.random.default_rng(4)
    widths = [median_interval(normal(rng, n)).precision for n in (250, 1000, 4000, 16000)]
    assert 0.010 < widths[1] < 0.019
    for wider, narrower in pairwise(widths):
        assert 1.4 < wider / narrower < 2.6


def test_a_three_percent_speed_up_is_found_in_a_thousand_noisy_pairs() -> None:
    rng = np.random.default_rng(5)
    found = sum(median_interval(log1p(0.03) + normal(rng, 1000)).low > log1p(0.01) for _ in range(40))
    assert found >= 28


def test_undisturbed_pairs_do_the_work_where_most_are_disturbed() -> None:
    rng = np.random.default_rng(6)
    disturbed = rng.random(400) < 0.7
    values = rng.normal(0, 0.01, 400) + disturbed * rng.normal(0, 0.5, 400)
    alone, helped = median_interval(values), median_interval(values, ~disturbed)
    assert helped.precision < 0.7 * alone.precision
    assert median_interval(values, rng.random(400) < 0.6).basis is Basis.UNDISTURBED


def test_all_pairs_do_the_work_where_nearly_all_are_disturbed() -> None:
    rng = np.random.default_rng(7)
    values = hog(rng, 400)
    none = np.zeros(400, dtype=bool)
    interval = median_interval(values, none)
    assert interval.basis is Basis.ALL
    assert interval.precision < 1.5 * median_interval(values).precision


def test_views_that_agree_lose_nothing() -> None:
    values = normal(np.random.default_rng(8), 300)
    assert median_interval(values, np.ones(300, dtype=bool)) == median_interval(values)


def test_contradicting_views_are_both_covered() -> None:
    rng = np.random.default_rng(9)
    disturbed = np.arange(2000) % 4 > 0
    values = np.where(disturbed, 0.5, 0.0) + rng.normal(0, 0.001, 2000)
    interval = median_interval(values, ~disturbed)
    assert interval.low < 0.001
    assert interval.high > 0.499
    assert interval.low <= interval.estimate <= interval.high


def test_few_quiet_pairs_give_an_interval_and_fewer_give_none() -> None:
    values = np.random.default_rng(10).normal(log(2), 0.01, 24)
    assert median_interval(values[:1]).basis is Basis.NOTHING
    assert median_interval(values[:1]).precision == inf
    assert median_interval(values[:4]).low > log1p(0.01)  # a factor of two shows in four pairs
    twelve = median_interval(values[:12])
    assert twelve.basis is Basis.FEW
    assert twelve.precision < 0.03
    assert twelve.low < log(2) < twelve.high


def test_three_equal_large_ratios_are_evidence_and_three_equal_small_ones_are_not() -> None:
    assert median_interval(np.full(3, log(10))).low > log1p(0.01)
    assert median_interval(np.full(3, log(1.3))).low < 0


def test_no_pairs_know_nothing() -> None:
    assert median_interval(np.empty(0)) == UNKNOWN
    assert UNKNOWN.ratio == (1.0, 0.0, inf)
    assert UNKNOWN.precision == inf
    assert Interval(0.0, -900.0, 900.0, 2, Basis.FEW).ratio == (1.0, 0.0, inf)


def test_ties_are_counted_against_the_refutation() -> None:
    assert median_interval(np.zeros(500)).ratio == (1.0, 1.0, 1.0)
    half_and_half = median_interval(np.tile([0.0, 1.0], 200))
    assert (half_and_half.low, half_and_half.high) == (0.0, 1.0)


def test_the_order_of_looking_does_not_matter_to_signs_that_are_independent() -> None:
    assert signs.independence(normal(np.random.default_rng(11), 4000), 0.0) == 1.0


def test_drifting_ratios_widen_the_interval() -> None:
    rng = np.random.default_rng(12)
    noise = normal(rng, 2000)
    slow = np.repeat(rng.normal(0, 0.1, 40), 50)
    worth = signs.independence(noise + slow, 0.0)
    assert worth < 0.2
    assert median_interval(noise + slow).precision > 2 * median_interval(rng.permutation(noise + slow)).precision


def test_noise_that_grows_is_no_drift_of_the_median() -> None:
    assert signs.independence(drifting(np.random.default_rng(13), 2000), 0.0) == 1.0


def test_widening_adds_in_quadrature() -> None:
    widened = Interval(1.0, 0.7, 1.3, 10, Basis.ALL).widened(0.4)
    assert (widened.low, widened.high) == pytest.approx((0.5, 1.5))
