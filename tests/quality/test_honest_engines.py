"""Every workload at S: honest engines are at parity in both dtypes, a broken one is not."""

import os
from functools import cache as remember
from importlib.util import find_spec

import numpy as np
import pytest

from backends.discovery import create
from backends.protocol import Problem
from suite.datasets import prepare
from suite.quality import judge, products, qualities
from suite.quality.parity import overall, parities
from suite.records.schema import QualityValue
from suite.workloads import catalogue
from suite.workloads.entry import Size, Task

BROKEN = {
    "LogisticRegression": {"max_iter": 1, "solver": "lbfgs"},
    "SVC": {"tol": 10.0},
    "KNeighborsClassifier": {"n_neighbors": 1},
    "RandomForestClassifier": {"n_estimators": 2},
    "LinearRegression": {"fit_intercept": False},
    "Ridge": {"alpha": 1e4},
    "Lasso": {"max_iter": 1},
    "RandomForestRegressor": {"n_estimators": 3},
    "KNeighborsRegressor": {"n_neighbors": 1},
    "KMeans": {"max_iter": 1},
    "DBSCAN": {"eps": 0.02},
    "PCA": {"svd_solver": "randomized", "iterated_power": 0, "n_oversamples": 1},
    "HistGradientBoostingClassifier": {"max_iter": 2},
    "HistGradientBoostingRegressor": {"max_iter": 2},
}
SEEDS = range(5)

#: Engine -> the module that it needs.
ENGINES = {
    "sklearn": "sklearn",
    "onedal": "sklearnex",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
}
CASES = [
    pytest.param(
        workload, name, dtype,
        marks=pytest.mark.skipif(find_spec(module) is None, reason=f"{module} is not installed"),
        id=f"{workload.name}-{name}-{dtype}",
    )
    for workload in catalogue()
    for name, module in ENGINES.items()
    for dtype in ("float64", "float32")
    if (name, dtype) != ("sklearn", "float64") and not create(name).offer(workload.algorithm).reason
]  # fmt: skip
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def data_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@remember
def backend(name):
    os.environ["SKLEARNEX_PREVIEW"] = "1"
    made = create(name)
    offered = (workload.algorithm for workload in catalogue() if not made.offer(workload.algorithm).reason)
    made.load(frozenset(offered))
    return made


def result(workload, name, dtype, cache, seed, broken):
    data = prepare(workload.data[Size.S], dtype=dtype, order="C", seed=0, cache=cache)
    arrays = {key: np.load(path) for key, path in data.paths.items()}
    stands_for = {"$seed": seed, "$centers": arrays.get("centers")}
    params = {
        key: stands_for.get(value, value) if isinstance(value, str) else value
        for key, value in {**workload.params, **broken}.items()
    }
    problem = Problem(workload.algorithm, params, data.n_samples, data.n_features, data.n_classes, dtype, 1)
    estimator = backend(name).estimator(problem)
    supervised = workload.task in (Task.CLASSIFICATION, Task.REGRESSION)
    estimator.fit(arrays["X_train"], *([arrays["y_train"]] if supervised else []))
    output = getattr(estimator, workload.output)(arrays["X_test"]) if workload.output else None
    kept = {key: output if key == "output" else getattr(estimator, key) for key in products(workload)}
    value, *checks = judge(workload, data, kept)
    return QualityValue(seed=seed, value=value, checks=checks, sha256="")


def results(workload, cache, name="sklearn", dtype="float64", **broken):
    seeds = SEEDS if workload.stochastic else SEEDS[:1]
    return [result(workload, name, dtype, cache, seed, broken) for seed in seeds]


@pytest.fixture(scope="module", params=catalogue(), ids=lambda workload: workload.name)
def judged(request, data_cache):
    """Return a workload and the reference's quality."""
    return request.param, results(request.param, data_cache)


@pytest.mark.parametrize(("judged", "name", "dtype"), CASES, indirect=["judged"])
def test_honest_engines_are_at_parity(judged, name, dtype, data_cache):
    workload, reference = judged
    own = results(workload, data_cache, name, dtype)
    assert overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)


def test_a_broken_engine_is_not(judged, data_cache):
    workload, reference = judged
    own = results(workload, data_cache, **BROKEN[workload.algorithm])
    assert not overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)


@pytest.mark.parametrize("name", ["random_forest_classifier", "random_forest_regressor"])
def test_half_the_depth_of_a_forest_is_noticed(name, data_cache):
    workload = next(entry for entry in catalogue() if entry.name == name)
    reference = results(workload, data_cache)
    own = results(workload, data_cache, max_depth=workload.params["max_depth"] // 2)
    assert not overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)
