"""What really ran on oneDAL, with the real package: every way in which its own words mislead."""

from __future__ import annotations

import logging
import subprocess
import sys
from types import FrameType

import numpy as np
import pytest
from backend_calls import Data, call, make_data, problem

from backends._onedal.watch import watch
from backends.algorithms import ALGORITHMS
from backends.protocol import UnsupportedError

#: algorithm -> (parameters, oneDAL's function that must be entered in fit, and in predict or transform)
PROVEN = {
    "LogisticRegression": ({}, "_daal4py_logistic_loss_extra_args", "logistic_regression_prediction"),
    "SVC": ({}, "svm.classification.train", "svm.classification.infer"),
    "NuSVC": ({}, "svm.nu_classification.train", "svm.nu_classification.infer"),
    "SVR": ({}, "svm.regression.train", "svm.regression.infer"),
    "KNeighborsClassifier": ({}, "neighbors.classification.train", "neighbors.classification.infer"),
    "KNeighborsRegressor": ({}, "neighbors.search.train_search", "neighbors.search.infer_search"),
    "NearestNeighbors": ({}, "neighbors.search.train", "neighbors.search.infer"),
    "RandomForestClassifier": (
        {"n_estimators": 3},
        "decision_forest.classification.train",
        "decision_forest.classification.infer",
    ),
    "RandomForestRegressor": (
        {"n_estimators": 3},
        "decision_forest.regression.train",
        "decision_forest.regression.infer",
    ),
    "ExtraTreesClassifier": (
        {"n_estimators": 3},
        "decision_forest.classification.train",
        "decision_forest.classification.infer",
    ),
    "LinearRegression": ({}, "linear_model.regression.train", "linear_model.regression.infer"),
    "Ridge": ({}, "linear_model.regression.train", "linear_model.regression.infer"),
    "KMeans": ({"n_clusters": 3}, "kmeans.clustering.train", "kmeans.clustering.infer"),
    "DBSCAN": ({}, "dbscan.clustering.compute", ""),
    "PCA": ({"n_components": 3}, "decomposition.dim_reduction.train", "decomposition.dim_reduction.infer"),
    "TSNE": ({"max_iter": 250}, "daal_tsne_gradient_descent", ""),
}
PREVIEW = {
    "Lasso": ({"alpha": 0.1}, "lasso_regression_training", "lasso_regression_prediction"),
    "ElasticNet": ({"alpha": 0.1}, "elastic_net_training", "elastic_net_prediction"),
    "IncrementalPCA": (
        {"n_components": 3},
        "decomposition.dim_reduction.finalize_train",
        "decomposition.dim_reduction.infer",
    ),
    "EmpiricalCovariance": ({}, "covariance.compute", ""),
}


class Entered:
    """The names of the Python functions of scikit-learn that are entered, as the interpreter sees them."""

    def __enter__(self):
        self.names: set[str] = set()
        sys.setprofile(self._see)
        return self.names

    def __exit__(self, *_):
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, _):
        if event == "call" and "/sklearn/" in frame.f_code.co_filename:
            self.names.add(frame.f_code.co_name)


@pytest.mark.parametrize("algorithm", PROVEN)
def test_acceleration_is_proven_by_the_function_entered(onedal, data, algorithm):
    params, trained, inferred = PROVEN[algorithm]
    called = call(onedal, algorithm, data, strict=True, **params)
    assert (called.fit.engine, called.fit.accelerated, called.fit.cause) == ("oneDAL", True, "")
    assert trained in called.fit.evidence
    if inferred:
        assert (called.output.engine, called.output.accelerated) == ("oneDAL", True)
        assert inferred in called.output.evidence


@pytest.mark.parametrize("algorithm", PREVIEW)
def test_a_preview_estimator_is_marked(onedal, data, algorithm):
    params, trained, inferred = PREVIEW[algorithm]
    called = call(onedal, algorithm, data, strict=True, **params)
    assert (called.fit.engine, called.fit.accelerated) == ("oneDAL preview", True)
    assert trained in called.fit.evidence
    if inferred:
        assert called.output.engine == "oneDAL preview"
        assert inferred in called.output.evidence


@pytest.mark.parametrize("algorithm", PREVIEW)
def test_a_preview_estimator_is_refused_unless_previews_are_switched_on(onedal, monkeypatch, algorithm):
    monkeypatch.delenv("SKLEARNEX_PREVIEW")
    with pytest.raises(UnsupportedError, match=f"{algorithm} is a preview of oneDAL: it needs SKLEARNEX_PREVIEW=1"):
        onedal.estimator(problem(algorithm))


def test_newton_cg_is_a_preview_too(onedal, data, monkeypatch):
    assert call(onedal, "LogisticRegression", data, solver="newton-cg").fit.engine == "oneDAL preview"
    monkeypatch.delenv("SKLEARNEX_PREVIEW")
    report = call(onedal, "LogisticRegression", data, solver="newton-cg").fit
    assert (report.engine, report.accelerated) == ("scikit-learn", False)
    assert "'newton-cg' is only supported in preview mode" in report.cause


def test_saga_says_accelerated_and_then_falls_back(onedal, data):
    estimator = onedal.estimator(problem("LogisticRegression", {"solver": "saga", "max_iter": 5000}))
    with onedal.observe(strict=False) as observation:
        estimator.fit(data.X, data.labels)
        said = [line for line in observation.messages if "setting" not in line]  # other threads than before
        report = observation.report()
    assert "running accelerated version" in said[0]
    assert "fallback to original Scikit-learn" in said[-1]
    assert (report.engine, report.accelerated) == ("scikit-learn", False)
    assert report.cause.startswith("'saga' solver is not supported.")


def test_liblinear_says_accelerated_and_is_stock_bit_for_bit(onedal, sklearn, data):
    params = {"solver": "liblinear", "random_state": 0}
    estimator = onedal.estimator(problem("LogisticRegression", params))
    with onedal.observe(strict=False) as observation:
        estimator.fit(data.X, data.labels)
        said = [line for line in observation.messages if "setting" not in line]  # other threads than before
        report = observation.report()
    stock = sklearn.estimator(problem("LogisticRegression", params)).fit(data.X, data.labels)
    assert "running accelerated version" in said[0]
    assert estimator.coef_.tobytes() == stock.coef_.tobytes()
    assert (report.engine, report.accelerated) == ("scikit-learn", False)
    assert report.cause == "solver 'liblinear' is scikit-learn's own code"


def test_a_fit_on_stock_code_and_a_predict_on_onedal_are_told_apart(onedal, data):
    called = call(onedal, "LogisticRegression", data, solver="liblinear")
    assert not called.fit.accelerated
    assert called.output.accelerated


def test_randomized_pca_falls_back(onedal, data):
    called = call(onedal, "PCA", data, n_components=2, svd_solver="randomized")
    assert (called.fit.engine, called.fit.accelerated) == ("scikit-learn", False)
    assert "Only 'covariance_eigh' and 'full' solvers are supported" in called.fit.cause
    assert (called.output.accelerated, called.output.cause) == (False, "oneDAL model was not trained")


def test_sparse_input_falls_back(onedal, data):
    from scipy.sparse import csr_array

    estimator = onedal.estimator(problem("RandomForestClassifier", {"n_estimators": 2}))
    with onedal.observe(strict=False) as observation:
        estimator.fit(csr_array(data.X), data.labels)
    assert observation.report().cause == "Sparse inputs are not supported."


def test_a_coordinate_descent_that_gives_up_in_the_middle_is_a_fallback(onedal, data, monkeypatch):
    """Told on the root logger only, after "running accelerated" on its own."""
    import daal4py

    class GivesUp:
        def __init__(self, **_):
            pass

        def compute(self, **_):
            raise RuntimeError("oneDAL gave up")

    monkeypatch.setattr(daal4py, "lasso_regression_training", GivesUp)
    estimator = onedal.estimator(problem("Lasso", {"alpha": 0.1}))
    with onedal.observe(strict=False) as observation:
        estimator.fit(data.X, data.targets)
        report = observation.report()
    assert (report.engine, report.accelerated) == ("scikit-learn", False)
    assert "failed to run accelerated version" in report.cause


def test_words_without_an_entered_function_are_no_proof():
    with watch("oneDAL", strict=False) as observation:
        logging.getLogger("sklearnex").info("sklearn.svm.SVC.fit: running accelerated version on CPU")
        report = observation.report()
    assert not report.accelerated
    assert report.cause == "it says that it runs accelerated, but none of oneDAL's functions was entered"


def test_the_tolerance_of_kmeans_is_no_proof_of_its_training():
    with watch("oneDAL", strict=False) as observation:
        logging.getLogger("sklearnex").debug(
            "Dispatching function 'basic_statistics.compute' with policy <onedal._onedal_py_host.host_policy object>"
        )
        assert not observation.report().accelerated


def test_a_method_that_stays_stock_is_no_acceleration(onedal, data):
    called = call(onedal, "MaxAbsScaler", data)
    assert called.fit.accelerated
    assert called.output.cause == "the call is not oneDAL's: nothing was logged"


def test_a_report_forgets_what_it_told(onedal, data):
    estimator = onedal.estimator(problem("Ridge"))
    with onedal.observe(strict=False) as observation:
        estimator.fit(data.X, data.targets)
        assert observation.report().accelerated
        assert not observation.report().accelerated


@pytest.mark.parametrize(
    ("algorithm", "params", "stock"),
    [
        ("LogisticRegression", {"solver": "saga"}, "sag_solver"),
        ("LogisticRegression", {"solver": "liblinear"}, "_fit_liblinear"),
        ("PCA", {"n_components": 2, "svd_solver": "randomized"}, "_fit_truncated"),
        ("Ridge", {"solver": "svd"}, "_solve_svd"),
        ("RandomForestClassifier", {"n_estimators": 2, "criterion": "entropy"}, "_parallel_build_trees"),
        ("TSNE", {"method": "exact", "max_iter": 250}, "_kl_divergence"),
    ],
)
def test_strict_stops_before_the_stock_call(onedal, algorithm, params, stock):
    data = make_data(rows=60)
    params = params | ({"perplexity": 5.0} if algorithm == "TSNE" else {"n_jobs": 1})
    with Entered() as lenient:
        assert not call(onedal, algorithm, data, **params).fit.accelerated
    assert stock in lenient  # the stock code is entered, and seen

    with Entered() as strict, pytest.raises(UnsupportedError, match=r"oneDAL would fall back to scikit-learn: .+"):
        call(onedal, algorithm, data, strict=True, **params)
    assert stock not in strict


def test_everything_is_put_back(onedal, data):
    import daal4py
    from sklearn.linear_model import _logistic

    loggers = [logging.getLogger("sklearnex"), logging.getLogger()]
    before = [dict(vars(logger)) for logger in loggers]
    functions = (daal4py.lasso_regression_training, _logistic._fit_liblinear, _logistic._logistic_regression_path)
    with pytest.raises(UnsupportedError):
        call(onedal, "LogisticRegression", data, strict=True, solver="liblinear")
    call(onedal, "Lasso", data)
    assert [set(vars(logger)) for logger in loggers] == [set(own) for own in before]
    assert functions == (
        daal4py.lasso_regression_training,
        _logistic._fit_liblinear,
        _logistic._logistic_regression_path,
    )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("algorithm", [*PROVEN, *PREVIEW])
def test_read_only_mapped_input_is_accelerated_in_any_dtype_and_order(onedal, tmp_path, algorithm, dtype, order):
    whole = make_data(dtype, rows=80)
    for name in ("X", "labels", "targets"):
        np.save(tmp_path / f"{name}.npy", np.asarray(getattr(whole, name), order=order))
    mapped = type(whole)(*(np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("X", "labels", "targets")))
    assert not mapped.X.flags.writeable
    assert mapped.X.flags["F_CONTIGUOUS" if order == "F" else "C_CONTIGUOUS"]

    params = (PROVEN | PREVIEW)[algorithm][0] | ({"perplexity": 5.0} if algorithm == "TSNE" else {})
    called = call(onedal, algorithm, mapped, strict=True, **params)
    assert called.fit.accelerated
    assert called.output is None or called.output.accelerated
    if ALGORITHMS[algorithm].output in ("predict", "transform"):
        assert np.isfinite(called.result).all()
        assert len(called.result) == len(mapped.X)


def test_the_import_leaves_stock_scikit_learn_as_it_is():
    code = """
import sklearn.linear_model, sklearn.svm, sklearn.cluster, sklearn
stock = sklearn.linear_model.LogisticRegression, sklearn.svm.SVC, sklearn.cluster.KMeans, sklearn.set_config
from backends.discovery import create
from backends.algorithms import ALGORITHMS
create("onedal").load(frozenset(ALGORITHMS))
assert stock == (
    sklearn.linear_model.LogisticRegression, sklearn.svm.SVC, sklearn.cluster.KMeans, sklearn.set_config
)
import sklearnex
assert not sklearnex.sklearn_is_patched()
assert all(cls.__module__.startswith("sklearn.") for cls in stock[:3])
"""
    pytest.importorskip("sklearnex")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("algorithm", ["RandomForestClassifier", "RandomForestRegressor"])
def test_forests_split_at_histogram_bins_and_say_so(onedal, sklearn, algorithm):
    data = make_data(rows=3000)
    one_feature = Data(data.X[:, :1], data.labels, data.targets)
    params = {"n_estimators": 3, "random_state": 0}
    ours, stock = (call(backend, algorithm, one_feature, **params) for backend in (onedal, sklearn))
    assert "splits between 256 histogram bins a feature" in ours.fit.evidence
    assert "histogram" not in stock.fit.evidence
    assert most_thresholds(ours.estimator) < 256 < most_thresholds(stock.estimator)


def most_thresholds(forest):
    """Return the largest number of different values at which one tree splits."""
    trees = [tree.tree_ for tree in forest.estimators_]
    return max(len(np.unique(tree.threshold[tree.feature >= 0])) for tree in trees)
