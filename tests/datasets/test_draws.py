"""The draws that the generators make: normal ones, from a table that is the same on every machine."""

import numpy as np
import pytest
from numpy.random import SFC64, Generator
from scipy import stats
from scipy.special import ndtri

from suite.datasets.generators.draws import AT_ONCE, DECIMALS, SHARES, normals, quantiles, students

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
