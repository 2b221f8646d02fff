"""Every workload at S: honest engines are at parity in both dtypes, a broken one is not."""

import os
from functools import cache as remember
from importlib.util import find_spec

import numpy as np
import pytest

from backends.discovery import create
from backends.protocol import Problem, UnsupportedError
from suite.datasets import prepare
from suite.quality import GarbageError, judge, products, qualities
from suite.quality.parity import overall, parities
from suite.records.schema import QualityValue
from suite.workloads import catalogue
from suite.workloads.entry import Size

BROKEN = {
    "LogisticRegression": {"max_iter": 1},
    "SVC": {"tol": 10.0},
    "KNeighborsClassifier": {"n_neighbors": 1},
    "RandomForestClassifier": {"n_estimators": 2},
    "LinearRegression": {"fit_intercept": False},
    "Ridge": {"alpha": 1e4},
    "Lasso": {"max_iter": 1},
    "RandomForestRegressor": {"n_estimators": 3},
    "KNeighborsRegressor": {"n_neighbors": 1},
    "KMeans": {"max_iter": 1, "n_init": 1},
    "DBSCAN": {"eps": 0.02},
    "PCA": {"svd_solver": "randomized", "iterated_power": 0, "n_oversamples": 1},
    "HistGradientBoostingClassifier": {"max_iter": 2},
    "HistGradientBoostingRegressor": {"max_iter": 2},
}
BROKEN |= {
    "MiniBatchKMeans": {"init": "random", "n_init": 1, "max_iter": 1, "batch_size": 10_000},
    "HDBSCAN": {"min_cluster_size": 500},
    "AgglomerativeClustering": {"n_clusters": 2},
    "SpectralClustering": {"n_clusters": 3},
    "GaussianMixture": {"max_iter": 1},
    "IncrementalPCA": {"whiten": True},
    "TruncatedSVD": {"n_iter": 0, "n_oversamples": 1},
    "TSNE": {"max_iter": 260},
    "UMAP": {"n_epochs": 1, "init": "random"},
    "NearestNeighbors": {"metric": "manhattan"},
    "IsolationForest": {"n_estimators": 1},
    "LocalOutlierFactor": {"n_neighbors": 1},
    "KernelDensity": {"rtol": 0.1},
    "EmpiricalCovariance": {"assume_centered": True},
    "LedoitWolf": {"assume_centered": True},
    "StandardScaler": {"with_mean": False},
    "PolynomialFeatures": {"interaction_only": True},
    "OneHotEncoder": {"drop": "first"},
    "TargetEncoder": {"smooth": 0.0},
    "Pipeline": {
        "steps": [
            {"algorithm": "StandardScaler"},
            {"algorithm": "PCA", "params": {"n_components": 2}},
            {"algorithm": "LogisticRegression"},
        ]
    },
    "GridSearchCV": {"param_grid": {"svc__C": [1e-4]}},
}
BROKEN |= {
    "LinearSVC": {"max_iter": 1},
    "NuSVC": {"tol": 1.0},
    "ExtraTreesClassifier": {"n_estimators": 2},
    "GaussianNB": {"var_smoothing": 1.0},
    "MultinomialNB": {"alpha": 1e4},
    "LinearDiscriminantAnalysis": {"solver": "lsqr", "shrinkage": 0.9},
    "DummyClassifier": {"strategy": "constant", "constant": 0},
    "ElasticNet": {"max_iter": 1},
    "LinearSVR": {"max_iter": 1},
    "SVR": {"tol": 1.0},
    "NuSVR": {"tol": 1.0},
    "KernelRidge": {"alpha": 100.0},
    "ExtraTreesRegressor": {"n_estimators": 3},
    "PoissonRegressor": {"max_iter": 1},
    "GaussianProcessRegressor": {"alpha": 100.0},
    "DummyRegressor": {"strategy": "constant", "constant": 0.0},
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


def result(workload, name, dtype, cache, seed, broken, spoil=None):
    data = prepare(workload.data[Size.S], dtype=dtype, order="C", seed=0, cache=cache)
    arrays = {key: np.load(path) for key, path in data.paths.items()}
    stands_for = {"$seed": seed, "$centers": arrays.get("centers")}
    params = {
        key: stands_for.get(value, value) if isinstance(value, str) else value
        for key, value in {**workload.params, **broken}.items()
    }
    problem = Problem(workload.algorithm, params, data.n_samples, data.n_features, data.n_classes, dtype, 1)
    estimator = backend(name).estimator(problem)
    estimator.fit(arrays["X_train"], *([arrays["y_train"]] if workload.supervised else []))
    output = getattr(estimator, workload.output)(arrays["X_test"]) if workload.output else None
    kept = {key: output if key == "output" else getattr(estimator, key) for key in products(workload)}
    if spoil:
        kept = spoil(kept)
    value, *checks = judge(workload, data, kept)
    return QualityValue(seed=seed, value=value, checks=checks, sha256="")


def results(workload, cache, name="sklearn", dtype="float64", spoil=None, **broken):
    seeds = SEEDS if workload.stochastic else SEEDS[:1]
    return [result(workload, name, dtype, cache, seed, broken, spoil) for seed in seeds]


def shuffled(kept):
    """Give every row the output of another one, or the label; a constant, which cannot be shuffled, is one less."""
    rng = np.random.default_rng(0)
    spoilt = dict(kept)
    for name in {"output", "labels_"} & set(kept):
        value = np.asarray(kept[name])
        rows = 1 if value.ndim == 3 else 0  # what kneighbors returns is of (2, rows, neighbours)
        order = rng.permutation(value.shape[rows])
        spoilt[name] = np.take(value, order, axis=rows) if np.ptp(value) else value - 1
    return spoilt


@pytest.fixture(scope="module", params=catalogue(), ids=lambda workload: workload.name)
def judged(request, data_cache):
    """Return a workload and the reference's quality."""
    return request.param, results(request.param, data_cache)


@pytest.mark.parametrize(("judged", "name", "dtype"), CASES, indirect=["judged"])
def test_honest_engines_are_at_parity(judged, name, dtype, data_cache):
    workload, reference = judged
    try:
        own = results(workload, data_cache, name, dtype)
    except UnsupportedError as reason:
        pytest.skip(str(reason))
    assert overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)


def test_a_broken_engine_is_not(judged, data_cache):
    workload, reference = judged
    try:
        own = results(workload, data_cache, **BROKEN[workload.algorithm])
    except GarbageError:
        return
    assert not overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)


def test_shuffled_results_are_not(judged, data_cache):
    workload, reference = judged
    if not {"output", "labels_"} & set(products(workload)):
        pytest.skip("judged by what was fitted alone, which has no rows")
    own = results(workload, data_cache, spoil=shuffled)
    assert not overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)


#: Workloads whose solvers come to the optimum step by step, and what they come to.
STEPWISE = [
    workload
    for workload in catalogue()
    if workload.algorithm in {"LogisticRegression", "LinearSVC", "LinearSVR", "SVC", "NuSVC", "SVR", "NuSVR"}
    and workload.checks
    and workload.params.get("solver") != "saga"  # which is at the optimum long before it stops
]


@pytest.mark.parametrize("workload", STEPWISE, ids=lambda workload: workload.name)
def test_half_the_steps_of_a_solver_are_noticed(workload, data_cache):
    reference = results(workload, data_cache)
    own = results(workload, data_cache, max_iter=int(steps(workload, data_cache) * 0.5))
    assert not overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)


def steps(workload, cache):
    """Return how many steps stock takes."""
    taken = []
    counting = backend("sklearn").estimator

    def count(problem):
        estimator = counting(problem)
        taken.append(estimator)
        return estimator

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend("sklearn"), "estimator", count)
        results(workload, cache)
    return int(np.max(taken[-1].n_iter_))


@pytest.mark.parametrize("name", ["random_forest_classifier", "random_forest_regressor"])
def test_half_the_depth_of_a_forest_is_noticed(name, data_cache):
    workload = next(entry for entry in catalogue() if entry.name == name)
    reference = results(workload, data_cache)
    own = results(workload, data_cache, max_depth=workload.params["max_depth"] // 2)
    assert not overall(parities(own, reference, qualities(workload), workload.stochastic)).holds, (own, reference)
