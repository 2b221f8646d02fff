"""Pipelines and searches of each engine's own estimators, run for real."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn import decomposition
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from backends._pipelines import COMPOSED, parts
from backends.discovery import create
from backends.protocol import Problem, UnsupportedError
from suite.measure.run import lacks
from suite.workloads import catalogue

ROWS, FEATURES = 300, 8
PCA = {"algorithm": "PCA", "params": {"n_components": 3}}
SCALE, LOGISTIC, SVC = ({"algorithm": name} for name in ("StandardScaler", "LogisticRegression", "SVC"))


def problem(algorithm, **params):
    return Problem(algorithm, params, ROWS, FEATURES, 2, "float64", 1)


@pytest.fixture
def data():
    X = np.random.default_rng(0).standard_normal((ROWS, FEATURES)) * np.arange(1, FEATURES + 1)
    return X, (X[:, -1] + X[:, -2] > 0).astype(np.int64)


def called(name, data, composite, strict=True):
    backend = create(name)
    backend.load(frozenset([composite.algorithm]))
    backend.start(1)
    estimator = backend.estimator(composite)
    with backend.observe(strict=strict) as observation:
        X, y = map(backend.to_device, data)
        estimator.fit(X, y)
        fitted = observation.report()
        output = backend.to_host(estimator.predict(X))
        return estimator, fitted, observation.report(), output


def test_an_engine_without_one_of_the_steps_is_known_before_anything_starts():
    by_name = {workload.name: workload for workload in catalogue()}
    scaled, searched = by_name["scale_pca_logistic"], by_name["search_scale_svc"]
    for workload in (scaled, searched):
        assert lacks("onedal", workload).startswith("Intel oneDAL has no StandardScaler: ")
        assert lacks("sklearn", workload) == ""
    assert lacks("onedal", by_name["search_svc"]) == ""
    assert "has no SVC" in lacks("torch", by_name["pca_svc-digits"])


def test_a_pipeline_is_of_the_engines_own_estimators_each_with_its_best_solver(data):
    estimator, fitted, given, output = called("sklearn", data, problem("Pipeline", steps=[SCALE, PCA, LOGISTIC]))
    assert [type(step).__module__.split(".")[0] for _, step in estimator.steps] == ["sklearn"] * 3
    assert estimator.steps[1][1].svd_solver == "covariance_eigh"
    assert fitted.accelerated
    assert given.accelerated
    stock = make_pipeline(StandardScaler(), decomposition.PCA(3), LogisticRegression()).fit(*data)
    assert np.mean(output == stock.predict(data[0])) > 0.99


@pytest.mark.parametrize(("last", "threads"), [(LOGISTIC, 1), (SVC, 2)], ids=["logistic", "svc"])
def test_blas_has_the_threads_that_suit_the_last_step_of_a_pipeline(last, threads):
    backend = create("sklearn")
    with threadpool_limits(2):
        backend.load(frozenset({"PCA"}))
        for part in (last, PCA):  # what another estimator has left is not what decides
            backend.estimator(replace(problem(part["algorithm"], **part.get("params", {})), threads=2))
            backend.estimator(replace(problem("Pipeline", steps=[SCALE, PCA, last]), threads=2))
            assert {it["num_threads"] for it in threadpool_info() if it["user_api"] == "blas"} == {threads}


@pytest.mark.skipif(find_spec("sklearnex") is None, reason="sklearnex is not installed")
def test_onedal_runs_all_steps_and_says_so(data):
    estimator, fitted, given, _ = called("onedal", data, problem("Pipeline", steps=[PCA, SVC]))
    assert [type(step).__module__.split(".")[0] for _, step in estimator.steps] == ["sklearnex"] * 2
    assert fitted.accelerated
    assert given.accelerated
    for entered in ("decomposition.dim_reduction.train", "svm.classification.train"):
        assert entered in fitted.evidence


@pytest.mark.skipif(find_spec("sklearnex") is None, reason="sklearnex is not installed")
@pytest.mark.parametrize("algorithm", COMPOSED)
def test_a_step_that_the_engine_lacks_is_the_reason(algorithm):
    pipeline = {"algorithm": "Pipeline", "params": {"steps": [SCALE, SVC]}}
    params = pipeline["params"] if algorithm == "Pipeline" else {"estimator": pipeline, "param_grid": {}}
    with pytest.raises(UnsupportedError, match="does not accelerate StandardScaler"):
        create("onedal").estimator(problem(algorithm, **params))


@pytest.mark.parametrize("name", ["sklearn", pytest.param("onedal", marks=pytest.mark.skipif(
    find_spec("sklearnex") is None, reason="sklearnex is not installed"))])  # fmt: skip
def test_a_search_fits_the_best_again(data, name):
    inner = {"algorithm": "Pipeline", "params": {"steps": [SVC]}}
    search = problem("GridSearchCV", estimator=inner, param_grid={"svc__C": [1e-4, 1.0]}, cv=3)
    estimator, fitted, given, output = called(name, data, search)
    assert estimator.best_params_ == {"svc__C": 1.0}
    assert fitted.accelerated
    assert given.accelerated
    assert np.mean(output == data[1]) > 0.9


def test_an_unknown_parameter_is_refused():
    with pytest.raises(UnsupportedError, match="Pipeline: 'memory' cannot be set"):
        create("sklearn").estimator(problem("Pipeline", steps=[SVC], memory="x"))
    with pytest.raises(UnsupportedError, match="GridSearchCV of scikit-learn has no parameter 'param_gird'"):
        create("sklearn").estimator(problem("GridSearchCV", estimator=SVC, param_gird={}))


def test_the_parts_of_every_composed_workload_are_algorithms():
    from backends.algorithms import ALGORITHMS

    composed = [workload for workload in catalogue() if workload.algorithm in COMPOSED]
    assert composed
    for workload in composed:
        assert set(parts(workload.algorithm, workload.params)) <= set(ALGORITHMS)
        assert COMPOSED[workload.algorithm].output == workload.output
