"""What the tabular topics share."""

import numpy as np
import pytest

from suite.workloads.science.tabular import Standard, standardise


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_are_scaled_as_in_the_training_rows_in_their_own_dtype(dtype):
    rng = np.random.default_rng(0)
    train = (rng.normal(size=(500, 3)) * [1, 10, 100] + [0, 5, -50]).astype(dtype)
    before = train.copy()
    scaled, other = standardise(train, train[:7] + 1)
    assert scaled.dtype == other.dtype == np.dtype(dtype)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(other, scaled[:7] + 1 / before.std(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(train, before)


def test_a_constant_feature_is_only_shifted():
    X = np.array([[2.0, 1.0], [2.0, 3.0]])
    assert Standard.of(X)(X).tolist() == [[0.0, -1.0], [0.0, 1.0]]
    assert Standard.of(X)(X + 5).tolist() == [[5.0, 4.0], [5.0, 6.0]]
