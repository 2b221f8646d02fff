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


def test_stock_attributes_are_there() -> None:
    backend, data = engine("onnxruntime"), make_data("float32")
    estimator = backend.estimator(problem("LinearRegression", dtype="float32", n_classes=0)).fit(data.X, data.targets)
    assert estimator.coef_.shape == (data.X.shape[1],)
    assert estimator.get_params() == estimator.stock.get_params(deep=True)
    assert find_spec("skl2onnx")
    assert import_module("onnxruntime")
