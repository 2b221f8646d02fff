"""Whether calibration tells true uncertainty from what only looks like it."""

import numpy as np
import pytest

from suite.workloads.science.calibration import of_deviations, of_probabilities


def events(n=20_000, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.beta(2, 3, n)
    return (rng.random(n) < probability).astype(int), probability


def test_true_probabilities_are_calibrated_and_sharpened_ones_are_not():
    truth, probability = events()
    figure, curve = of_probabilities(truth, probability, "held-out rows")
    assert figure.value < 0.015
    assert np.allclose(curve.x, curve.y, atol=0.04)
    assert len(curve.x) == 10
    odds = (probability / (1 - probability)) ** 3
    assert of_probabilities(truth, odds / (1 + odds), "held-out rows")[0].value > 0.1


def test_the_error_is_the_distance_in_the_only_group():
    truth = np.array([0, 0, 0, 1])
    figure, curve = of_probabilities(truth, np.full(4, 0.75), "held-out rows")
    assert figure.value == pytest.approx(0.5)
    assert (curve.x, curve.y) == ([0.75], [0.25])
    assert figure.condition.endswith("in groups of held-out rows by probability")


def test_true_deviations_hold_what_they_promise_and_halved_ones_do_not():
    rng = np.random.default_rng(1)
    prediction = rng.normal(size=20_000)
    deviation = rng.uniform(0.5, 2, 20_000)
    truth = prediction + deviation * rng.normal(size=20_000)
    assert of_deviations(truth, prediction, deviation, "themselves").value == pytest.approx(0.9, abs=0.01)
    assert of_deviations(truth, prediction, deviation / 2, "themselves").value == pytest.approx(0.589, abs=0.015)
