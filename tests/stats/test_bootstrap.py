from __future__ import annotations

import numpy as np
import pytest
from noise import normal

from suite.stats.bootstrap import block_interval, median_error, median_interval, median_ranks


def test_the_closed_form_is_the_bootstrap() -> None:
    rng = np.random.default_rng(0)
    values = normal(rng, 101)
    drawn = np.median(values[rng.integers(101, size=(20000, 101))], axis=1)
    centre, low, high = median_interval(values, alpha=0.05)
    assert centre == np.median(values)
    assert (low, high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.002)


@pytest.mark.parametrize("count", [1, 4, 5, 101])
def test_the_closed_form_of_the_error_is_the_bootstrap(count: int) -> None:
    rng = np.random.default_rng(3)
    values = normal(rng, count)
    drawn = np.sort(values)[median_ranks(count, 50_000, rng)]
    assert median_error(values) == pytest.approx(drawn.std(), rel=0.02)


def test_one_look_covers() -> None:
    rng = np.random.default_rng(1)
    ends = [median_interval(normal(rng, 100), alpha=0.05) for _ in range(400)]
    assert 370 <= sum(low <= 0 <= high for _, low, high in ends) <= 396


def test_blocks_find_a_speed_up_and_take_drift_for_one() -> None:
    rng = np.random.default_rng(2)
    steady = np.exp(rng.normal(0, 0.02, 400))
    assert block_interval(1.05 * steady, steady)[1] > 0
    drift = np.linspace(1.0, 1.1, 400)
    assert block_interval(steady * drift, steady * drift)[2] < 0  # the same engine, "slower" because it came second
