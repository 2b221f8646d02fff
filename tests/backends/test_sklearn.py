"""Stock scikit-learn's backend: its solvers, its threads, and what it refuses."""

from __future__ import annotations

import importlib.metadata
import warnings

import numpy as np
import pytest
from backend_calls import call, problem

from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.protocol import Problem, State, UnsupportedError


@pytest.mark.parametrize(
    ("algorithm", "params", "shape", "expected"),
    [
        ("LogisticRegression", {}, {"n_samples": 500, "n_features": 49}, {"solver": "newton-cholesky"}),
        ("LogisticRegression", {}, {"n_samples": 499, "n_features": 49}, {"solver": "lbfgs"}),
        ("LogisticRegression", {}, {"n_samples": 10**6, "n_features": 50}, {"solver": "lbfgs"}),
        ("LogisticRegression", {}, {"n_samples": 10**6, "n_features": 20, "n_classes": 3}, {"solver": "lbfgs"}),
        ("LogisticRegression", {"solver": "saga"}, {}, {"solver": "saga"}),
        ("LinearDiscriminantAnalysis", {}, {}, {"solver": "lsqr"}),
        ("PoissonRegressor", {}, {"n_samples": 10_000, "n_features": 50}, {"solver": "newton-cholesky"}),
        ("PoissonRegressor", {}, {"n_samples": 400, "n_features": 10}, {"solver": "lbfgs"}),
        ("Ridge", {}, {}, {"solver": "cholesky"}),
        ("Ridge", {"positive": True}, {}, {"solver": "auto"}),
        ("Lasso", {}, {"n_samples": 1000, "n_features": 10}, {"precompute": True}),
        ("ElasticNet", {}, {"n_samples": 999, "n_features": 10}, {"precompute": False}),
        ("SVC", {}, {}, {"cache_size": 1000.0}),
        ("SVC", {"cache_size": 50}, {}, {"cache_size": 50}),
        ("KNeighborsClassifier", {}, {"n_features": 8}, {"algorithm": "kd_tree"}),
        ("KNeighborsRegressor", {}, {"n_features": 9}, {"algorithm": "brute"}),
        ("NearestNeighbors", {"metric": "cosine"}, {"n_features": 2}, {"algorithm": "auto"}),
        ("NearestNeighbors", {"p": 1}, {"n_features": 2}, {"algorithm": "auto"}),
        ("PCA", {"n_components": 3}, {"n_samples": 50, "n_features": 50}, {"svd_solver": "covariance_eigh"}),
        ("PCA", {"n_components": 3}, {"n_samples": 50, "n_features": 51}, {"svd_solver": "arpack"}),
        ("PCA", {"n_components": 6}, {"n_samples": 50, "n_features": 51}, {"svd_solver": "full"}),
        ("PCA", {}, {"n_samples": 50, "n_features": 51}, {"svd_solver": "full"}),
        ("PCA", {"n_components": 3, "svd_solver": "randomized"}, {}, {"svd_solver": "randomized"}),
        ("KMeans", {}, {}, {"algorithm": "lloyd"}),
    ],
)
def test_the_solver_is_chosen_where_the_problem_leaves_it_open(sklearn, algorithm, params, shape, expected):
    assert expected.items() <= sklearn.estimator(problem(algorithm, params, **shape)).get_params().items()


@pytest.mark.parametrize(
    ("algorithm", "params", "attribute"),
    [
        ("LogisticRegression", {"tol": 1e-8}, "coef_"),
        ("Ridge", {}, "coef_"),
        ("Lasso", {"alpha": 0.01, "tol": 1e-8}, "coef_"),
        ("SVC", {}, "dual_coef_"),
        ("PCA", {"n_components": 3}, "explained_variance_"),
    ],
)
def test_the_chosen_solver_reaches_the_optimum_of_the_default_one(sklearn, data, algorithm, params, attribute):
    from importlib import import_module

    default = getattr(import_module(ALGORITHMS[algorithm].module), algorithm)(**params)
    default.fit(data.X, data.y(algorithm))
    chosen = call(sklearn, algorithm, data, **params).estimator
    np.testing.assert_allclose(getattr(chosen, attribute), getattr(default, attribute), rtol=1e-4)


def test_both_indices_find_the_same_neighbours(sklearn, data):
    found = [call(sklearn, "NearestNeighbors", data, algorithm=name).result[1] for name in ("kd_tree", "brute")]
    np.testing.assert_array_equal(*found)


def test_all_threads_where_the_class_takes_them(sklearn):
    for algorithm in ("RandomForestClassifier", "KNeighborsRegressor", "DBSCAN", "TSNE"):
        assert sklearn.estimator(problem(algorithm, threads=3)).get_params()["n_jobs"] == 3
    assert sklearn.estimator(problem("DBSCAN", {"n_jobs": 1}, threads=3)).get_params()["n_jobs"] == 1


def test_no_threads_where_they_are_deprecated(sklearn, data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        called = call(sklearn, "LogisticRegression", data)
    assert called.estimator.get_params()["n_jobs"] is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_can_be_made(sklearn, algorithm):
    assert type(sklearn.estimator(problem(algorithm))).__name__ == algorithm


def test_an_unknown_parameter_is_refused_with_the_nearest_one(sklearn):
    with pytest.raises(
        UnsupportedError, match=r"^SVC of scikit-learn has no parameter 'kernal'; did you mean 'kernel'"
    ):
        sklearn.estimator(problem("SVC", {"kernal": "rbf"}))


def test_a_value_that_the_class_does_not_allow_is_refused(sklearn):
    with pytest.raises(UnsupportedError, match="SVC of scikit-learn: The 'C' parameter of SVC must be a float"):
        sklearn.estimator(problem("SVC", {"C": -1.0}))


def test_an_unknown_algorithm_is_refused(sklearn):
    with pytest.raises(UnsupportedError, match="no algorithm 'SVCC' that this suite knows"):
        sklearn.estimator(problem("SVCC"))


def test_it_is_what_it_says(sklearn, data):
    called = call(sklearn, "SVC", data, strict=True)
    assert (called.fit.engine, called.fit.accelerated, called.fit.cause) == ("scikit-learn", True, "")


def test_diagnosis(sklearn):
    diagnosis = sklearn.diagnose()
    assert diagnosis.state is State.READY
    assert diagnosis.version == importlib.metadata.version("scikit-learn")


def test_blas_has_one_thread_where_that_is_fastest_and_all_elsewhere() -> None:
    from threadpoolctl import threadpool_info, threadpool_limits

    def blas_threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    backend = create("sklearn")
    backend.load(frozenset({"LogisticRegression", "PCA"}))
    with threadpool_limits(2):
        backend.estimator(Problem("LogisticRegression", {}, 1000, 20, 5, "float64", 2))
        assert blas_threads() == {1}
        with backend.observe(strict=False) as observation:
            assert "BLAS on 1 threads" in observation.report().evidence
        backend.estimator(Problem("PCA", {"n_components": 2}, 1000, 20, 0, "float64", 2))
        assert blas_threads() == {2}
