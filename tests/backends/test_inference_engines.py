"""The engines that only apply models, the real ones: what they offer they convert, and predict the same."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from backend_calls import make_data, problem

from backends._inference import InferenceEngine
from backends.algorithms import ALGORITHMS
from backends.discovery import create
from backends.protocol import State, UnsupportedError

MODULES = {"onnxruntime": "skl2onnx", "treelite": "treelite", "daal4py": "daal4py"}
SPECS = ["onnxruntime", "treelite", "daal4py", "daal4py:lightgbm", "daal4py:catboost"]
READY = [spec for spec in SPECS if create(spec).diagnose().state is State.READY]
BOOSTING = {"max_iter": 10, "min_samples_leaf": 1, "max_leaf_nodes": 8, "max_depth": 6, "early_stopping": False}
PARAMS: dict[str, dict[str, Any]] = {
    "HistGradientBoostingClassifier": BOOSTING,
    "HistGradientBoostingRegressor": BOOSTING,
    "MLPClassifier": {"max_iter": 20},
    "MLPRegressor": {"max_iter": 20},
}
OFFERS = [
    (spec, algorithm, dtype)
    for spec in READY
    for algorithm in ALGORITHMS
    if not create(spec).offer(algorithm).reason
    for dtype in ("float32", "float64")
]
pytestmark = pytest.mark.filterwarnings("ignore")


def engine(spec: str) -> InferenceEngine:
    if spec not in READY:
        pytest.skip(f"{spec} is not installed")
    backend = create(spec)
    assert isinstance(backend, InferenceEngine)
    backend.load(frozenset())
    return backend


@pytest.mark.parametrize(("spec", "algorithm", "dtype"), OFFERS)
def test_what_is_offered_predicts_as_the_stock_model(spec: str, algorithm: str, dtype: str) -> None:
    backend, data = engine(spec), make_data(dtype)
    X, y = data.X, data.y(algorithm)
    if algorithm in ("MultinomialNB", "PoissonRegressor"):
        X, y = np.abs(X), np.abs(y)
    classes = 2 if ALGORITHMS[algorithm].task == "classification" else 0
    asked = problem(algorithm, PARAMS.get(algorithm, {}), dtype=dtype, n_classes=classes)
    if dtype == "float64" and algorithm in backend.float32_only:
        with pytest.raises(UnsupportedError, match="float32 only"):
            backend.estimator(asked)
        return
    estimator = backend.estimator(asked)
    with backend.observe(strict=False) as observation:
        estimator.fit(X, y)
        assert "trained there" in observation.report().evidence
        result = estimator.predict(X)
        report = observation.report()
    assert report.accelerated
    assert report.evidence
    expected = np.asarray(estimator.stock.predict(X))
    assert result.shape == expected.shape
    if ALGORITHMS[algorithm].task == "regression":
        np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-3 * float(expected.std()))
    else:
        assert (result != expected).mean() <= 0.02


@pytest.mark.parametrize("spec", READY)
def test_three_classes_of_other_names(spec: str) -> None:
    backend, data = engine(spec), make_data("float32")
    labels = np.array([2, 5, 9])[np.digitize(data.targets, np.quantile(data.targets, [0.3, 0.7]))]
    refused = []
    for algorithm in ("HistGradientBoostingClassifier", "LogisticRegression", "RandomForestClassifier"):
        asked = problem(algorithm, PARAMS.get(algorithm, {}), dtype="float32", n_classes=3)
        try:
            estimator = backend.estimator(asked).fit(data.X, labels)
        except UnsupportedError:
            refused.append(algorithm)
            continue
        assert (estimator.predict(data.X) != estimator.stock.predict(data.X)).mean() <= 0.02
    # CatBoost grows one tree for all classes, which is another model.
    trees = ["HistGradientBoostingClassifier"] if spec == "daal4py:catboost" else []
    assert set(refused) <= {*trees, *(name for name in refused if create(spec).offer(name).reason)}


def test_a_failing_conversion_is_a_reason() -> None:
    backend, data = engine("onnxruntime"), make_data("float32")
    estimator = backend.estimator(problem("LinearRegression", dtype="float32", n_classes=0))
    estimator.stock = type("Strange", (), {"fit": lambda self, X, y: self})()
    with pytest.raises(UnsupportedError, match="ONNX Runtime: LinearRegression cannot be converted"):
        estimator.fit(data.X, data.targets)


@pytest.mark.parametrize("spec", SPECS)
def test_they_train_nothing_and_say_so(spec: str) -> None:
    backend = create(spec)
    assert backend.inference_only
    assert "trains nothing" in backend.aside
    for algorithm in ALGORITHMS:
        offer = backend.offer(algorithm)
        assert bool(offer.reason) or offer.estimator
    assert backend.offer("TSNE").reason
    assert backend.offer("NoSuchThing").reason


def test_nothing_is_called_an_engines_that_was_not_called() -> None:
    with create("treelite").observe(strict=False) as observation:
        assert not observation.report().accelerated


@pytest.mark.parametrize("spec", SPECS)
def test_what_is_beside_a_model_is_stocks_and_said_to_be(spec: str) -> None:
    backend, data = engine(spec), make_data("float32")
    with backend.observe(strict=True) as observation:
        steps = backend.auxiliary(problem("PCA", {"n_components": 2}, dtype="float32", n_classes=0)).fit(data.X)
        fitted = observation.report()
        assert steps.transform(data.X).shape == (len(data.X), 2)
        used = observation.report()
    assert fitted == used
    assert fitted.accelerated
    assert "beside its model" in fitted.evidence
    assert steps.components_.shape == (2, data.X.shape[1])


@pytest.mark.parametrize("algorithm", ["RandomForestClassifier", "HistGradientBoostingClassifier"])
@pytest.mark.parametrize(("spec", "n_classes"), [(spec, n) for spec in ("onnxruntime", "treelite") for n in (2, 3)])
def test_probabilities_are_the_engines_own(spec: str, n_classes: int, algorithm: str) -> None:
    backend, data = engine(spec), make_data("float32")
    labels = np.digitize(data.targets, np.quantile(data.targets, [0.5] if n_classes == 2 else [0.3, 0.6]))
    asked = problem(algorithm, PARAMS.get(algorithm, {}), dtype="float32", n_classes=n_classes)
    estimator = backend.estimator(asked).fit(data.X, labels)
    with backend.observe(strict=True) as observation:
        found = estimator.predict_proba(data.X)
        report = observation.report()
    assert report.accelerated
    assert report.engine == ("ONNX Runtime" if spec == "onnxruntime" else "Treelite GTIL")
    np.testing.assert_allclose(found, estimator.stock.predict_proba(data.X), atol=1e-4)


def test_no_probabilities_where_an_engine_gives_labels_alone() -> None:
    pytest.importorskip("daal4py")
    backend, data = engine("daal4py"), make_data("float32")
    labels = (data.targets > np.median(data.targets)).astype(np.int64)
    asked = problem("LogisticRegression", dtype="float32", n_classes=2)
    with pytest.raises(UnsupportedError, match="gives labels here, and no probabilities"):
        backend.estimator(asked).fit(data.X, labels).predict_proba(data.X)


@pytest.mark.parametrize("algorithm", ["KNeighborsRegressor", "Ridge"])
def test_several_values_of_a_row_stay_apart(algorithm: str) -> None:
    backend, data = engine("onnxruntime"), make_data("float32")
    targets = np.column_stack([data.targets, -data.targets])
    estimator = backend.estimator(problem(algorithm, dtype="float32", n_classes=0)).fit(data.X, targets)
    np.testing.assert_allclose(estimator.predict(data.X), estimator.stock.predict(data.X), rtol=1e-3, atol=1e-3)


def test_trees_of_several_values_are_a_reason_for_treelite() -> None:
    backend, data = engine("treelite"), make_data("float32")
    targets = np.column_stack([data.targets, -data.targets])
    estimator = backend.estimator(problem("RandomForestRegressor", {"n_estimators": 2}, dtype="float32", n_classes=0))
    with pytest.raises(UnsupportedError, match="cannot be converted: ValueError: a tree gives one value"):
        estimator.fit(data.X, targets)


def test_stock_attributes_are_there() -> None:
    backend, data = engine("onnxruntime"), make_data("float32")
    estimator = backend.estimator(problem("LinearRegression", dtype="float32", n_classes=0)).fit(data.X, data.targets)
    assert estimator.coef_.shape == (data.X.shape[1],)
    assert estimator.get_params() == estimator.stock.get_params(deep=True)
    assert find_spec("skl2onnx")
    assert import_module("onnxruntime")
