"""The draws that the generators make: normal ones, from a table that is the same on every machine."""

import numpy as np
import pytest
from numpy.random import SFC64, Generator
from scipy import stats
from scipy.special import ndtri

from suite.datasets.generators.draws import (
    AT_ONCE,
    COLUMNS_AT_ONCE,
    DECIMALS,
    SHARES,
    add_mixtures,
    add_products,
    normals,
    quantiles,
    students,
)

N = 4_000_000


@pytest.fixture(scope="module")
def drawn():
    return normals(Generator(SFC64(7)), np.empty(N))


def test_normal_draws_are_normal(drawn):
    # The distance that N truly normal draws exceed once in a thousand times is 1.95 / sqrt(N).
    assert stats.kstest(drawn, "norm").statistic < 1.95 / np.sqrt(N)
    deviations = np.array([1, 2, 15, 96]) ** 0.5 / np.sqrt(N)  # of the first four moments' estimates
    moments = np.array([(drawn**power).mean() for power in (1, 2, 3, 4)])
    np.testing.assert_array_less(np.abs(moments - [0, 1, 0, 3]), 4 * deviations)


def test_the_tails_are_as_heavy_as_they_should_be(drawn):
    for limit in (3.0, 4.0, 4.5):
        expected = 2 * stats.norm.sf(limit) * N
        assert abs((np.abs(drawn) > limit).sum() - expected) < 4 * np.sqrt(expected)


def test_draws_are_independent_of_each_other(drawn):
    for lag in (1, 2, 3, 4, AT_ONCE // 2, AT_ONCE):
        assert abs(np.corrcoef(drawn[:-lag], drawn[lag:])[0, 1]) < 4 / np.sqrt(N - lag)
        assert abs(np.corrcoef(drawn[:-lag] ** 2, drawn[lag:] ** 2)[0, 1]) < 4 / np.sqrt(N - lag)


def test_values_hardly_ever_repeat(drawn):
    assert len(np.unique(drawn)) > 0.998 * N
    assert np.all(drawn != 0)  # Student's t divides by them


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 5), (0,)])
def test_any_shape_is_filled(shape):
    out = np.full(shape, np.nan)
    assert normals(Generator(SFC64(1)), out) is out
    assert np.isfinite(out).all()


def test_few_degrees_of_freedom_are_finite():
    assert np.isfinite(students(Generator(SFC64(3)), 1, N)).all()


def test_the_table_does_not_depend_on_the_last_bits_of_a_machine():
    """No quantile is so near to where it would be rounded the other way that an error of 10^-13 could tell."""
    scaled = ndtri((np.arange(SHARES) + 0.5) / SHARES) * 10**DECIMALS
    assert np.abs(scaled - np.floor(scaled) - 0.5).min() > 1e-13 * 10**DECIMALS
    np.testing.assert_array_equal(quantiles(), -quantiles()[::-1])


@pytest.mark.parametrize("columns", [1, COLUMNS_AT_ONCE - 1, COLUMNS_AT_ONCE + 3])
def test_mixtures_are_exact(columns):
    """They are those of whole numbers of any length, so that no order of the sums could give others."""
    rng = np.random.default_rng(5)
    values, weights = 10 * rng.standard_normal((40, columns)), rng.uniform(-1, 1, (7, 40))
    whole = [np.array(np.rint(one * 2**18).astype(int).tolist(), dtype=object) for one in (weights, values)]
    expected = (whole[0] @ whole[1]).astype(float) / 2.0**36
    rows = np.zeros((7, columns))
    add_mixtures(rows, values.copy(), weights)
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(rows, weights @ values, atol=1e-3)


def test_mixtures_too_large_to_be_exact_are_made_one_by_one():
    rng = np.random.default_rng(6)
    values, weights = 1e6 * rng.standard_normal((4, 700)), rng.uniform(-1, 1, (9, 4))
    one_by_one, rows = np.ones((9, 700)), np.ones((9, 700))
    add_products(one_by_one, np.rint(values * 2**18), np.rint(weights * 2**18) / 2.0**36)
    add_mixtures(rows, values.copy(), weights)
    np.testing.assert_array_equal(rows, one_by_one)
    np.testing.assert_allclose(rows, 1 + weights @ values, rtol=1e-4, atol=100)
