"""Intervals of medians that were not measured side by side: how often they miss the truth."""

from __future__ import annotations

import numpy as np
import pytest
from noise import Noise, hog, student

from suite.stats.paired import UNKNOWN, Basis
from suite.stats.unpaired import FEWEST, unpaired_interval

TRIALS = 1000


@pytest.mark.parametrize("noise", [0.05, 0.3])
@pytest.mark.parametrize("counts", [(4, 4), (8, 8), (30, 30), (4, 100)])
def test_at_most_one_in_a_hundred_misses(counts: tuple[int, int], noise: float) -> None:
    """Of 1,000 with no difference between the sides; 1 % of them are more than 21 in one of a thousand tries."""
    rng = np.random.default_rng([*counts, int(100 * noise)])
    missed = 0
    for _ in range(TRIALS):
        base, new = (rng.normal(0, noise, count) for count in counts)
        interval = unpaired_interval([base], [new])
        missed += not interval.low <= 0 <= interval.high
    assert missed <= 21


@pytest.mark.parametrize("draw", [student, hog])
def test_noise_that_is_not_normal(draw: Noise) -> None:
    rng = np.random.default_rng(3)
    missed = 0
    for _ in range(TRIALS):
        interval = unpaired_interval([draw(rng, 5)], [draw(rng, 5)])
        missed += not interval.low <= 0 <= interval.high
    assert missed <= 21


def test_fewer_samples_than_can_tell_say_nothing() -> None:
    rng = np.random.default_rng(0)
    many, few = rng.normal(0, 0.05, 50), rng.normal(5, 0.05, FEWEST - 1)
    for sides in ((many, few), (few, many), (few, few), (many, few[:0])):
        assert unpaired_interval([sides[0]], [sides[1]]) == UNKNOWN
    two_processes = [few[:2], few[2:], few[:1]]
    assert unpaired_interval([many], two_processes).basis is Basis.UNPAIRED


def test_a_difference_is_found_and_more_samples_narrow_it() -> None:
    rng = np.random.default_rng(1)
    widths = []
    for count in (5, 20, 100, 1000):
        interval = unpaired_interval([rng.normal(0.5, 0.05, count)], [rng.normal(0, 0.05, count)])
        assert 0 < interval.low < 0.5 < interval.high
        widths.append(interval.high - interval.low)
    assert widths == sorted(widths, reverse=True)


def test_equal_times_leave_the_doubt_about_processes_alone() -> None:
    same = np.zeros(10)
    interval = unpaired_interval([same], [same])
    assert -0.05 < interval.low < 0 < interval.high < 0.05
