"""Where a speed-up crosses 1, how sure that is, and what is extrapolated."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
import pytest

from suite.stats.breakeven import REACH, Kind, SizePoint, break_even


def points(*pairs: tuple[float, float], width: float = 1.02) -> list[SizePoint]:
    return [SizePoint(rows, ratio, ratio / width, ratio * width) for rows, ratio in pairs]


def test_crossing_is_a_straight_line_in_log_log() -> None:
    found = break_even(points((1000, 0.5), (100_000, 2.0)))
    assert found.kind is Kind.WITHIN
    assert found.rows == pytest.approx(10_000)
    assert found.low < 10_000 < found.high


def test_order_of_the_points_does_not_matter() -> None:
    given = points((1000, 0.5), (10_000, 0.9), (100_000, 2.0))
    assert break_even(given) == break_even(given[::-1])


def test_the_last_crossing_counts() -> None:
    found = break_even(points((10, 2.0), (100, 0.5), (1000, 2.0)))
    assert found.rows == pytest.approx(exp(log(100) + log(10) / 2))


def test_always_and_never_faster() -> None:
    always = break_even(points((10, 1.5), (100, 2.0)))
    assert (always.kind, always.rows, always.low, always.high) == (Kind.BELOW, None, 0.0, 0.0)
    never = break_even(points((10, 0.5), (100, 0.4)))
    assert (never.kind, never.rows, never.high) == (Kind.NEVER, None, inf)


def test_faster_at_smaller_sizes_alone_is_told_apart_from_never() -> None:
    found = break_even(points((10, 0.5), (100, 2.0), (1000, 0.5)))
    assert (found.kind, found.rows, found.high) == (Kind.BETWEEN, None, inf)


def test_beyond_is_called_extrapolated_and_has_its_reach() -> None:
    found = break_even(points((100, 0.25), (1000, 0.5)))
    assert found.kind is Kind.BEYOND
    assert found.rows == pytest.approx(10_000)
    assert 1000 < found.rows <= 1000 * REACH * (1 + 1e-9)
    assert break_even(points((100, 0.25), (1000, 0.3))).kind is Kind.NEVER


def test_uncertainty_moves_the_crossing() -> None:
    sure = break_even(points((1000, 0.5), (100_000, 2.0), width=1.01))
    unsure = break_even(points((1000, 0.5), (100_000, 2.0), width=1.3))
    assert unsure.low < sure.low
    assert unsure.high > sure.high


@pytest.mark.parametrize(
    "given",
    [
        [],
        points((10, 1.0)),
        [SizePoint(10, 1.0, 0.0, inf), *points((100, 2.0))],
        [SizePoint(10, 1.0, 0.5, inf), *points((100, 2.0))],
    ],
)
def test_too_little_is_unknown(given: list[SizePoint]) -> None:
    assert break_even(given).kind is Kind.UNKNOWN


def test_interval_covers_the_truth() -> None:
    """Speed-ups scatter about a line that crosses at 10,000 rows; 90 % intervals hold it often enough."""
    rng = np.random.default_rng(4)
    sizes, spread = np.array([1e3, 3e3, 3e4, 1e5]), 0.1
    truth = np.log(sizes / 1e4) * 0.4
    half = spread * 1.6448536
    held = 0
    for _ in range(200):
        seen = rng.normal(truth, spread)
        given = [SizePoint(r, exp(y), exp(y - half), exp(y + half)) for r, y in zip(sizes, seen, strict=True)]
        found = break_even(given, confidence=0.9, draws=400)
        held += found.low <= 1e4 <= found.high
    assert 170 <= held <= 196
