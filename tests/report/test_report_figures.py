"""The geometry of the small figures."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.analyse.rows import Ratio, Verdict
from suite.report.figures import MARGIN, WIDTH, bar_figure, bound_figure, interval_figure, log_axis


@pytest.mark.parametrize(
    ("ratios", "low", "high", "ticks"),
    [
        ([], 0.5, 2, (0.5, 1, 2)),
        ([1.2, 7.9], 0.5, 10, (0.5, 1, 2, 5, 10)),
        ([0.7, 112.4], 0.5, 200, (1, 10, 100)),
        ([0.04, 12969], 0.02, 20000, (0.1, 1, 10, 100, 1000, 10000)),
        ([math.inf, 0.0, math.nan, 3.0], 0.5, 5, (0.5, 1, 2, 5)),
    ],
)
def test_axis_is_round_and_holds_all(ratios: list[float], low: float, high: float, ticks: tuple[float, ...]) -> None:
    axis = log_axis(ratios)
    assert (axis.low, axis.high, axis.ticks) == (low, high, ticks)


@given(st.lists(st.floats(1e-6, 1e6), max_size=5))
def test_axis_places_every_ratio_in_order(ratios: list[float]) -> None:
    axis = log_axis(ratios)
    places = [axis.x(ratio) for ratio in sorted([*ratios, 1.0])]
    assert places == sorted(places)
    assert places[0] >= MARGIN
    assert places[-1] <= WIDTH - MARGIN
    assert 1.0 in axis.ticks


def test_axis_is_logarithmic() -> None:
    axis = log_axis([0.1, 10])
    assert axis.x(1) == WIDTH / 2
    assert axis.x(10) - axis.x(1) == pytest.approx(axis.x(1) - axis.x(0.1))
    assert log_axis([0.1, 20_000]).labels()[-1][1] == "10k"


def test_interval_and_its_open_ends() -> None:
    axis = log_axis([2.0])
    figure = interval_figure(axis, Ratio(2.0, 1.5, math.inf), Verdict.AMBIGUOUS)
    assert figure.shape == "ambiguous"
    assert (figure.low_x, figure.x, figure.high_x) == (axis.x(1.5), axis.x(2.0), WIDTH - MARGIN)
    assert figure.caps == (axis.x(1.5),)
    assert interval_figure(axis, Ratio(2.0, 0.0, math.inf), Verdict.AMBIGUOUS).caps == ()
    assert interval_figure(axis, Ratio(2.0, 1.5, 2.0), Verdict.FASTER).caps == (axis.x(1.5), axis.x(2.0))
    bound = bound_figure(axis, 1.5)
    assert (bound.low_x, bound.x, bound.high_x) == (axis.x(1.5), None, WIDTH - MARGIN)


def test_bar_is_proportional_to_the_longest() -> None:
    bar = bar_figure([("copy in", 1.0), ("fit", 2.0), ("predict", 0.0), ("copy out", 1.0)], 8.0)
    assert [(part.phase, part.x, part.width) for part in bar.parts] == [
        ("copy in", 0.0, WIDTH / 8),
        ("fit", WIDTH / 8, WIDTH / 4),
        ("copy out", 3 * WIDTH / 8, WIDTH / 8),
    ]
    assert bar_figure([("fit", 0.0)], 0.0).parts == ()
