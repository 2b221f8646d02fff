from __future__ import annotations

import numpy as np
import pytest

from suite.stats.paired import UNKNOWN, Interval, median_interval
from suite.stats.replicates import MOST_PROCESSES, doubt, processes_needed, replicated_interval, scatter


def processes(rng: np.random.Generator, count: int, tau: float, pairs: int = 100) -> list[np.ndarray]:
    return [rng.normal(shift, 0.05, pairs) for shift in rng.normal(0, tau, count)]


def clean(values: list[np.ndarray]) -> list[np.ndarray]:
    return [np.ones(len(one), dtype=bool) for one in values]


def shuffled(rng: np.random.Generator, values: list[np.ndarray], alpha: float = 0.01) -> Interval:
    """The interval as if all pairs were of one process."""
    return median_interval(rng.permutation(np.concatenate(values)), alpha=alpha)


def test_one_process_cannot_tell_how_others_would_differ() -> None:
    values = [np.random.default_rng(0).normal(0, 0.001, 500)]
    plain, replicated = median_interval(values[0]), replicated_interval(values, clean(values))
    assert replicated == plain.widened(doubt(1, 0.0, 0.01))
    assert plain.precision < 0.001
    assert 0.03 < replicated.precision < 0.04


def test_more_processes_remove_the_doubt() -> None:
    doubts = [doubt(count, 0.0, 0.01) for count in (1, 2, 4, 8, 20)]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[-1] < 0.005


def test_processes_for_a_precision() -> None:
    assert [processes_needed(precision, 0.01) for precision in (0.05, 0.03, 0.02, 0.015)] == [1, 2, 3, 5]
    assert processes_needed(0.0001, 0.01) == MOST_PROCESSES


def test_processes_that_agree_are_pooled() -> None:
    rng = np.random.default_rng(5)
    values = processes(rng, 4, tau=0.0)
    assert replicated_interval(values, clean(values)).precision < 1.5 * shuffled(rng, values).precision


def test_processes_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    values = processes(rng, 5, tau=0.1)
    assert replicated_interval(values, clean(values)).precision > 3 * shuffled(rng, values).precision


def test_coverage_of_the_mean_over_processes() -> None:
    rng = np.random.default_rng(2)
    covered = pooled_covered = 0
    for _ in range(200):
        values = processes(rng, 5, tau=0.05)
        interval = replicated_interval(values, clean(values), alpha=0.05)
        pooled = shuffled(rng, values, alpha=0.05)
        covered += interval.low <= 0 <= interval.high
        pooled_covered += pooled.low <= 0 <= pooled.high
    assert covered >= 180  # tau is itself estimated from five: 93 % of the 95 %
    assert pooled_covered < 120


def test_scatter_recovers_the_deviation_between_processes() -> None:
    rng = np.random.default_rng(3)
    assert scatter(processes(rng, 200, tau=0.04)) == pytest.approx(0.04, rel=0.15)
    assert scatter(processes(rng, 200, tau=0.0)) < 0.003


def test_empty_processes_are_left_out() -> None:
    empty = np.empty(0)
    values = np.linspace(-0.1, 0.1, 50)
    nothing = np.empty(0, dtype=bool)
    assert replicated_interval([empty, empty], [nothing, nothing]) == UNKNOWN
    alone = replicated_interval([values], [np.ones(50, bool)])
    assert replicated_interval([values, empty], [np.ones(50, bool), nothing]) == alone


def test_processes_of_one_pair_each_tell_nothing_of_their_scatter() -> None:
    assert scatter([np.array([0.1]), np.array([0.5])]) == 0.0


def test_a_process_of_one_pair_does_not_hide_what_the_others_tell() -> None:
    values = processes(np.random.default_rng(4), 3, tau=0.1)
    assert scatter([*values, np.array([0.1])]) == scatter(values) > 0.03


@pytest.mark.parametrize(("tau", "least"), [(0.0, 0.99), (0.005, 0.985), (0.02, 0.95)])
def test_coverage_of_four_processes(tau: float, least: float) -> None:
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(400):
        values = processes(rng, 4, tau)
        interval = replicated_interval(values, clean(values))
        held += interval.low <= 0 <= interval.high
    assert held >= least * 400
