import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from suite.datasets.source import Request
from suite.datasets.split import How, Keys, choose, split
from suite.errors import UsageError


def request(n_train=0, n_test=0, seed=0, dtype="float64", order="C", **args):
    args = {"test_share": 0.25, **args}
    return Request(n_train=n_train, n_test=n_test, n_features=0, args=args, dtype=dtype, order=order, seed=seed)


GROUPS = np.repeat(np.arange(20), np.arange(1, 21))


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_both_sides(seed):
    train, test = choose(request(seed=seed), len(GROUPS), Keys(how=How.GROUPED, groups=GROUPS), "d")
    assert not set(GROUPS[train]) & set(GROUPS[test])
    assert sorted([*train, *test]) == list(range(len(GROUPS)))
    assert 0.25 * len(GROUPS) <= len(test) <= 0.25 * len(GROUPS) + 20


def test_groups_are_seeded_and_may_be_limited():
    keys = Keys(how=How.GROUPED, groups=GROUPS)
    first, again, other = (choose(request(seed=seed), len(GROUPS), keys, "d")[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    train, test = choose(request(n_train=50, n_test=30), len(GROUPS), keys, "d")
    assert (len(train), len(test)) == (50, 30)
    assert not set(GROUPS[train]) & set(GROUPS[test])


def test_groups_that_leave_nothing_to_learn_from():
    with pytest.raises(UsageError, match="d has 1 groups: with 1 of them held out"):
        choose(request(), 9, Keys(how=How.GROUPED, groups=np.zeros(9)), "d")


def test_the_last_rows_are_held_out():
    train, test = choose(request(), 8, Keys(how=How.ORDERED), "d")
    assert (train.tolist(), test.tolist()) == ([0, 1, 2, 3, 4, 5], [6, 7])
    order = np.array([5, 1, 4, 1, 3, 0, 2, 9])
    train, test = choose(request(), 8, Keys(how=How.ORDERED, order=order), "d")
    assert (train.tolist(), test.tolist()) == ([5, 1, 3, 6, 4, 2], [0, 7])
    train, test = choose(request(n_train=2, n_test=3), 8, Keys(how=How.ORDERED), "d")
    assert (train.tolist(), test.tolist()) == ([3, 4], [5, 6, 7])


def test_a_given_split_is_kept_and_may_be_limited():
    keys = Keys(how=How.GIVEN, n_given=6)
    train, test = choose(request(), 8, keys, "d")
    assert (train.tolist(), test.tolist()) == ([0, 1, 2, 3, 4, 5], [6, 7])
    train, test = choose(request(n_train=3, n_test=1), 8, keys, "d")
    assert (len(train), len(test)) == (3, 1)
    assert max(train) < 6 <= min(test)
    with pytest.raises(UsageError, match="d has 2 held-out rows: not enough for 3"):
        choose(request(n_test=3), 8, keys, "d")


def test_one_row_cannot_be_split():
    with pytest.raises(UsageError, match="d has 1 row: not enough for 1 training and 1 held-out rows"):
        choose(request(), 1, Keys(), "d")


def test_sparse_features_stay_sparse():
    X = csr_array(random_array((40, 7), density=0.2, rng=np.random.default_rng(0)))
    made = dict(split(request(dtype="float32"), X, np.arange(40) % 2, stratify=True, what="d"))
    assert made["X_train"].format == "csr"
    assert made["X_train"].dtype == np.float32
    assert made["X_train"].shape == (30, 7)


def test_only_the_training_rows_decide_how_features_are_standardised():
    X = np.arange(80.0).reshape(40, 2)
    made = dict(split(request(standardize=True), X, None, stratify=False, what="d"))
    np.testing.assert_allclose(made["X_train"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(made["X_train"].std(axis=0), 1)
    assert abs(made["X_test"].mean()) > 1e-3
