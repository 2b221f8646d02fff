from __future__ import annotations

from math import inf, log, nan

import numpy as np
import pytest

from suite.stats.means import geometric_mean, performance_profile


def test_the_mean_is_geometric_and_its_interval_reproducible() -> None:
    logs = np.log([0.5, 2.0, 4.0, 1.0, 8.0])
    assert geometric_mean(logs)[0] == pytest.approx(32 ** (1 / 5))
    assert geometric_mean(logs, seed=3) == geometric_mean(logs, seed=3)


def test_twice_as_fast_and_twice_as_slow_cancel() -> None:
    estimate, low, high = geometric_mean(np.log([2.0, 0.5, 2.0, 0.5]))
    assert estimate == pytest.approx(1.0)
    assert low < 1 < high


def test_fewer_than_three_workloads_say_nothing_of_others() -> None:
    assert geometric_mean(np.log([2.0, 2.1]))[1:] == (0.0, inf)


def test_coverage_with_few_workloads() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        _, low, high = geometric_mean(rng.normal(log(2), 0.7, 8), resamples=500)
        covered += low <= 2 <= high
    assert covered >= 273  # 91 % of 95 %; the plain percentile bootstrap reaches 88 %


def test_profile_counts_failures_as_never_solved() -> None:
    profile = performance_profile(np.array([[1.0, 2.0], [3.0, 1.0], [1.0, nan], [inf, nan]]))
    assert profile.factors.tolist() == [1.0, 2.0, 3.0]
    assert profile.shares[:, 0].tolist() == [0.5, 0.5, 0.75]
    assert profile.shares[:, 1].tolist() == [0.25, 0.5, 0.5]


def test_profile_of_nothing() -> None:
    assert performance_profile(np.empty((0, 2))).shares.tolist() == [[0.0, 0.0]]
