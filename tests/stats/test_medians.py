"""The interval of a median from order statistics."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from suite.stats.medians import median_interval


def test_few_values_are_unbounded() -> None:
    assert median_interval(np.array([3.0, 1.0]), alpha=0.05) == (2.0, 0.0, inf)
    with pytest.raises(ValueError, match="no values"):
        median_interval(np.array([]))


def test_known_ranks() -> None:
    """Conover's table: of 20 values the 95 % interval runs from the 6th to the 15th."""
    values = np.random.default_rng(0).permutation(np.arange(1.0, 21.0))
    assert median_interval(values, alpha=0.05) == (10.5, 6.0, 15.0)


def test_interval_covers_the_median() -> None:
    rng = np.random.default_rng(1)
    held = sum(
        low <= 1 <= high
        for _, low, high in (median_interval(np.exp(rng.normal(size=31)), alpha=0.1) for _ in range(500))
    )
    assert 445 <= held <= 490
