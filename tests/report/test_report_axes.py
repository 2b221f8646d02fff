"""Ticks of logarithmic axes: round, few, within what is drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.report.axes import MOST_TICKS, chart_axis, log_ticks


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([1_000, 256_000, 16_000], [1e3, 3e3, 1e4, 3e4, 1e5]),
        ([0.0015, 0.04], [0.002, 0.005, 0.01, 0.02]),
        ([0.36, 2.2], [0.5, 0.7, 1, 1.5, 2]),
        ([1e-9, 1e9], [1e-8, 1e-4, 1, 1e4, 1e8]),
        ([0.0, 3.3], []),
        ([], []),
    ],
)
def test_ticks_are_round_numbers_within_the_values(values: list[float], ticks: list[float]) -> None:
    assert log_ticks(values) == ticks


@given(st.lists(st.floats(1e-12, 1e12), min_size=1))
def test_there_are_never_more_than_can_be_read(values: list[float]) -> None:
    ticks = log_ticks(values)
    assert len(ticks) <= MOST_TICKS
    assert ticks == sorted(ticks)
    assert all(min(values) <= tick <= max(values) for tick in ticks)
    assert 1.0 in ticks or not min(values) <= 1 <= max(values)


def test_an_axis_without_two_round_numbers_is_left_to_the_library() -> None:
    assert "values" not in chart_axis([3.1, 3.3])
    assert chart_axis([2_000, 7_000], "~s") == {
        "labelExpr": "format(datum.value, '~s')",
        "values": [2_000, 3_000, 5_000, 7_000],
    }
