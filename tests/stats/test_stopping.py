from __future__ import annotations

from math import inf

import numpy as np
from noise import normal

from suite.stats.paired import median_interval
from suite.stats.stopping import Decision, StoppingRule


def trace(rng: np.random.Generator, rounds: int, floor: float = 0.0) -> list[float]:
    """Half-widths as they come, never below a floor."""
    values = normal(rng, rounds)
    return [max(floor, median_interval(values[:n]).precision) for n in range(1, rounds + 1)]


def test_goes_on_until_precise_and_for_the_least_rounds() -> None:
    rule = StoppingRule(precision=0.03, min_rounds=5)
    assert rule.decide([]) is Decision.GO_ON
    assert rule.decide([0.01] * 4) is Decision.GO_ON
    assert rule.decide([0.01] * 5) is Decision.PRECISE
    assert rule.decide([0.04] * 5) is Decision.GO_ON
    assert rule.decide([inf] * 300) is Decision.GO_ON


def test_independent_noise_is_no_plateau() -> None:
    rng = np.random.default_rng(0)
    rule = StoppingRule(precision=0.0001)
    for _ in range(3):
        half_widths = trace(rng, 600)
        assert all(rule.decide(half_widths[:n]) is Decision.GO_ON for n in range(1, 601))


def test_a_floor_is_a_plateau() -> None:
    half_widths = trace(np.random.default_rng(1), 600, floor=0.06)
    decisions = [StoppingRule(precision=0.03).decide(half_widths[:n]) for n in range(1, 601)]
    first = decisions.index(Decision.PLATEAU)
    assert 255 <= first < 500
    assert Decision.PRECISE not in decisions


def test_one_wide_look_is_no_plateau() -> None:
    half_widths = [1 / n**0.5 for n in range(1, 401)]
    half_widths[-1] = 1.0
    assert StoppingRule(precision=0.001).decide(half_widths) is Decision.GO_ON


def test_a_disturbance_that_has_passed_is_no_plateau() -> None:
    narrow_at_first = [1 / n**0.5 for n in range(1, 65)]
    disturbed = [1.0] * 64
    shrinking_again = [1.0 * (128 / n) ** 0.5 for n in range(129, 601)]
    half_widths = narrow_at_first + disturbed + shrinking_again
    rule = StoppingRule(precision=0.001)
    assert all(rule.decide(half_widths[:n]) is Decision.GO_ON for n in range(1, 601))
