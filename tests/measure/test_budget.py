"""How the time of a run is shared among its groups."""

from __future__ import annotations

import pytest

from suite.measure.budget import LEAST, Budget


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def shares(expected_s: list[float], taken_s: list[float], total_s: float = 120.0) -> list[float]:
    """Return what each group may use where each takes so long."""
    clock = Clock()
    budget = Budget(total_s, expected_s, clock)
    found = []
    for taken in taken_s:
        found.append(budget.next_group())
        clock.now += taken
    return found


def test_groups_share_by_what_they_are_expected_to_take() -> None:
    assert shares([10, 20, 30], [20, 40, 60]) == pytest.approx([20, 40, 60])


def test_what_is_left_over_goes_to_those_that_follow() -> None:
    assert shares([10, 10], [20, 0]) == pytest.approx([60, 100])


def test_who_comes_last_is_not_left_without_time() -> None:
    first, _, last = shares([10, 10, 10], [100, 100, 0])
    assert last == pytest.approx(LEAST * first)


def test_time_lost_to_faults_is_not_charged() -> None:
    clock = Clock()
    budget = Budget(60.0, [1, 1], clock)
    clock.now = 50.0
    budget.forgive(50.0)
    assert budget.next_group() == pytest.approx(30)
