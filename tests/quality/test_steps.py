"""Pipelines and searches by the objective of their last step, and what is said of training rows, on real engines."""

import os
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from backends.discovery import create
from backends.protocol import Problem
from suite.datasets import prepare
from suite.quality import DivergedError, GarbageError, judge, products
from suite.quality.metrics import METRICS
from suite.workloads.entry import DataSpec, Direction, Quality, Size, Task, Workload
from suite.workloads.products import TRAINING_ROWS, product_of

SPEC = DataSpec(
    source="classification", n_train=400, n_test=50, n_features=12,
    args={"n_classes": 3, "n_informative": 6, "separation": 0.5},
)  # fmt: skip
SCALE, DIRECTIONS = {"algorithm": "StandardScaler"}, {"algorithm": "PCA", "params": {"n_components": 5}}
LOGISTIC = {"algorithm": "LogisticRegression", "params": {"C": 0.3, "tol": 1e-9, "max_iter": 1000}}
MACHINE = {"algorithm": "SVC", "params": {"C": 2.0, "tol": 1e-6}}
BOOSTED = {"max_iter": 20, "early_stopping": False, "min_samples_leaf": 1, "l2_regularization": 1.0, "max_depth": 6}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def workload(metric, algorithm, params, spec=SPEC, task=Task.CLASSIFICATION):
    quality = Quality(metric=metric, direction=METRICS[metric].direction, tolerance=0, origin="")
    return Workload(name="w", algorithm=algorithm, task=task, about="", data={Size.S: spec}, quality=quality,
                    params=params)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return lambda spec=SPEC: prepare(spec, dtype="float64", order="C", seed=0, cache=cache)


def arrays(found):
    return [np.load(found.paths[name]) for name in ("X_train", "y_train")]


def kept_of(work, model, X):
    return {
        name: np.asarray(product_of(model, name, lambda: X[:TRAINING_ROWS]))
        for name in products(work)
        if name != "output"
    }


def fitted(work, found, engine="sklearn", dtype="float64"):
    os.environ["SKLEARNEX_PREVIEW"] = "1"
    backend = create(engine)
    backend.load(frozenset([work.algorithm]))
    X, y = arrays(found)
    shape = found.n_samples, found.n_features, found.n_classes
    model = backend.estimator(Problem(work.algorithm, work.params, *shape, dtype, 1)).fit(X.astype(dtype), y)
    return kept_of(work, model, X.astype(dtype))


@pytest.mark.parametrize(
    ("metric", "steps", "last"),
    [
        ("logistic_objective", [SCALE, DIRECTIONS, LOGISTIC], LogisticRegression(**LOGISTIC["params"])),
        ("logistic_objective_gap", [DIRECTIONS, SCALE, LOGISTIC], LogisticRegression(**LOGISTIC["params"])),
        ("svc_dual_objective", [SCALE, DIRECTIONS, MACHINE], SVC(**MACHINE["params"])),
        ("svc_duality_gap", [DIRECTIONS, MACHINE], SVC(**MACHINE["params"])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pipeline_has_the_value_of_its_last_step_on_what_the_others_make(data, metric, steps, last, tmp_path):
    found = data()
    X, _ = arrays(found)
    made = {"StandardScaler": StandardScaler(), "PCA": PCA(5, svd_solver="covariance_eigh")}
    rows = make_pipeline(*(made[step["algorithm"]] for step in steps[:-1])).fit_transform(X)
    whole = workload(metric, "Pipeline", {"steps": steps})
    value = judge(whole, found, fitted(whole, found))[0]
    assert value == pytest.approx(value_on(metric, found, rows, last, steps[-1], tmp_path), rel=1e-6, abs=1e-9)
    if find_spec("sklearnex") and SCALE not in steps:
        assert judge(whole, found, fitted(whole, found, "onedal", "float32"))[0] == pytest.approx(value, abs=1e-5)


def value_on(metric, found, rows, last, step, folder):
    """Return the metric of an estimator that is fitted to these rows alone."""
    np.save(folder / "rows.npy", rows)
    made = replace(found, paths={**found.paths, "X_train": folder / "rows.npy"})
    alone = workload(metric, step["algorithm"], step["params"])
    return judge(alone, made, kept_of(alone, last.fit(*arrays(made)), rows))[0]


def test_a_search_is_judged_by_the_strength_that_it_has_chosen(data):
    found = data()
    X, y = arrays(found)
    params = {
        "estimator": {"algorithm": "Pipeline", "params": {"steps": [SCALE, MACHINE]}}, "cv": 3,
        "param_grid": {"svc__C": [0.01, 5.0]},
    }  # fmt: skip
    work = workload("svc_dual_objective", "GridSearchCV", params)
    kept = fitted(work, found)
    assert kept["best_index_"] == 1
    pipeline = workload("svc_dual_objective", "Pipeline", {"steps": [SCALE, {**MACHINE, "params": {"C": 5.0}}]})
    alone = judge(pipeline, found, fitted(pipeline, found))[0]
    assert judge(work, found, kept)[0] == pytest.approx(alone, rel=1e-4)
    assert judge(work, found, {**kept, "best_index_": np.array([0])})[0] != pytest.approx(alone, rel=0.5)
    with pytest.raises(GarbageError, match="best_index_ is 2, of 2 candidates"):
        judge(work, found, {**kept, "best_index_": np.array(2)})
    stock = GridSearchCV(make_pipeline(StandardScaler(), SVC(tol=1e-6)), {"svc__C": [0.01, 5.0]}, cv=3).fit(X, y)
    assert judge(work, found, kept_of(work, stock, X))[0] == pytest.approx(alone, rel=1e-4)


def test_what_is_wrong_in_a_step_is_named(data):
    found = data()
    work = workload("logistic_objective_gap", "Pipeline", {"steps": [SCALE, DIRECTIONS, LOGISTIC]})
    kept = fitted(work, found)
    assert set(kept) == {"2.coef_", "2.intercept_", "0.mean_", "0.scale_", "1.mean_", "1.components_"}
    with pytest.raises(GarbageError, match=r"there is no 1\.components_"):
        judge(work, found, {name: value for name, value in kept.items() if name != "1.components_"})
    with pytest.raises(DivergedError, match=r"of 0\.scale_ not finite"):
        judge(work, found, {**kept, "0.scale_": kept["0.scale_"] * np.nan})
    worse = judge(work, found, {**kept, "1.components_": kept["1.components_"][::-1]})[0]
    assert worse > 0.01 > judge(work, found, kept)[0]


@pytest.mark.parametrize(
    ("engine", "classes"),
    [(engine, 2) for engine in ("sklearn", "xgboost", "lightgbm", "catboost")] + [("xgboost", 3), ("lightgbm", 3)],
)
def test_boosting_says_how_well_it_fits_the_training_rows(data, engine, classes):
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    spec = DataSpec(source="classification", n_train=400, n_test=50, n_features=12, args={"n_classes": classes})
    work = workload("training_log_loss", "HistGradientBoostingClassifier", BOOSTED, spec)
    found = data(spec)
    kept = fitted(work, found)
    value = judge(work, found, kept)[0]
    assert value == pytest.approx(log_loss(arrays(found)[1], kept["training_probabilities"]), rel=1e-9)
    assert judge(work, found, fitted(work, found, engine))[0] == pytest.approx(value, rel=0.5)
    half = workload("training_log_loss", work.algorithm, {**BOOSTED, "max_iter": 10}, spec)
    assert judge(work, found, fitted(half, found, engine))[0] > 1.5 * value


def test_probabilities_and_errors_of_training_rows_are_checked(data):
    spec = DataSpec(source="regression", n_train=300, n_test=50, n_features=12)
    work = workload("training_mse", "HistGradientBoostingRegressor", BOOSTED, spec, Task.REGRESSION)
    found = data(spec)
    kept = fitted(work, found)
    expected = mean_squared_error(arrays(found)[1], kept["training_output"])
    assert judge(work, found, kept)[0] == pytest.approx(expected, rel=1e-9)
    with pytest.raises(GarbageError, match="training_output has the shape"):
        judge(work, found, {"training_output": kept["training_output"][:-1]})
    classes = workload("training_log_loss", "HistGradientBoostingClassifier", BOOSTED)
    with pytest.raises(GarbageError, match="no shares of one whole"):
        judge(classes, data(), {"training_probabilities": np.full((400, 3), 0.5)})
    sure = np.eye(3)[(arrays(data())[1] + 1) % 3]
    assert judge(classes, data(), {"training_probabilities": sure})[0] == pytest.approx(-np.log(1e-15))


def test_a_clustering_at_rest_has_no_inertia_to_lose(data):
    from sklearn.cluster import KMeans

    spec = DataSpec(source="blobs", n_train=900, n_test=0, n_features=3, args={"n_clusters": 6, "separation": 0.5})
    work = workload("inertia_gap", "KMeans", {"n_clusters": 6}, spec, Task.CLUSTERING)
    found = data(spec)
    X = np.load(found.paths["X_train"])
    gaps = []
    for steps in (1, 4, 300):
        model = KMeans(6, init=X[:6], n_init=1, max_iter=steps, tol=0).fit(X)
        gaps.append(judge(work, found, {"cluster_centers_": model.cluster_centers_})[0])
        nearest = model.predict(X)
        moved = np.array([X[nearest == label].mean(axis=0) for label in range(6)])
        before, after = (((X - centers[nearest]) ** 2).sum() for centers in (model.cluster_centers_, moved))
        assert gaps[-1] == pytest.approx((before - after) / before, abs=1e-12)
    assert gaps[0] > gaps[1] > 1e-6
    assert gaps[2] < 1e-12


def test_directions_are_those_of_the_field():
    assert METRICS["training_log_loss"].direction is METRICS["inertia_gap"].direction is Direction.LOWER
