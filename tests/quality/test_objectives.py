"""Objectives of linear models and support vector machines, against definitions, dense solvers and long fits."""

import os
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, PoissonRegressor, Ridge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR

from suite.datasets import prepare
from suite.quality import GarbageError, judge, products
from suite.quality.metrics import METRICS
from suite.workloads.entry import DataSpec, Quality, Size, Task, Workload

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CLASSES = {"n_informative": 6, "separation": 0.5}
TWO = DataSpec(source="classification", n_train=800, n_test=10, n_features=10, args={**CLASSES, "n_classes": 2})
FOUR = DataSpec(source="classification", n_train=800, n_test=10, n_features=10, args={**CLASSES, "n_classes": 4})
VALUES = DataSpec(source="regression", n_train=500, n_test=10, n_features=12, args={"n_informative": 6})
POSITIVE = DataSpec(source="diabetes")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


class Judge:
    """One metric on one data set."""

    def __init__(self, cache, metric, model, spec, dtype="float64"):
        self.data = prepare(spec, dtype=dtype, order="C", seed=0, cache=cache)
        self.X, self.y = (np.load(self.data.paths[name]) for name in ("X_train", "y_train"))
        self.model, self.metric = model, metric

    def kept(self, model):
        return {name: np.asarray(getattr(model, name)) for name in METRICS[self.metric].products}

    def value(self, model=None, **more):
        """Return the metric of a fitted model, with some of its attributes replaced."""
        model = self.model.fit(self.X, self.y) if model is None else model
        quality = Quality(metric=self.metric, direction=METRICS[self.metric].direction, tolerance=0, origin="")
        work = Workload(
            name="w", algorithm=type(model).__name__, task=METRICS[self.metric].tasks[0], about="", data={Size.S: TWO},
            quality=quality, params={**model.get_params()},
        )  # fmt: skip
        return judge(work, self.data, {**self.kept(model), **more})[0]


@pytest.mark.parametrize("spec", [TWO, FOUR], ids=["two", "four"])
@pytest.mark.parametrize("params", [{"C": 0.1}, {"C": 10.0}, {"fit_intercept": False}, {"C": np.inf}], ids=str)
def test_the_logistic_gap_is_the_distance_to_the_optimum(cache, spec, params):
    judged = Judge(cache, "logistic_objective_gap", LogisticRegression(tol=1e-12, max_iter=10_000, **params), spec)
    plain = Judge(cache, "logistic_objective", judged.model, spec)
    best, gap = plain.value(), judged.value()
    assert abs(gap) < 1e-12
    for steps, within in ((3, 0.5), (8, 0.1), (12, 0.05)):
        early = LogisticRegression(tol=1e-12, max_iter=steps, **params).fit(judged.X, judged.y)
        value = plain.value(early)
        assert judged.value(early) == pytest.approx((value - best) / value, rel=within, abs=1e-9)


SAGA = {"solver": "saga", "random_state": 0}
NEWTON = {"solver": "newton-cholesky"}
PLAIN_SVC = {"dual": False, "intercept_scaling": 3.0}
SQUARED = {"loss": "squared_epsilon_insensitive", "dual": False, "epsilon": 0.1}


@pytest.mark.parametrize(
    ("objective", "model", "spec", "early"),
    [
        ("logistic_objective", LogisticRegression(C=0.3, l1_ratio=1.0, **SAGA), TWO, (2, 20)),
        ("logistic_objective", LogisticRegression(C=0.02, l1_ratio=0.5, **SAGA), TWO, (2, 9)),
        ("logistic_objective", LogisticRegression(C=0.02, l1_ratio=0.5, fit_intercept=False, **SAGA), TWO, (2, 9)),
        ("logistic_objective", LogisticRegression(C=0.1, l1_ratio=1.0, **SAGA), FOUR, (2, 10)),
        ("linear_svc_objective", LinearSVC(C=1.0, **PLAIN_SVC), TWO, (1, 3)),
        ("linear_svc_objective", LinearSVC(C=0.1, fit_intercept=False, **PLAIN_SVC), TWO, (1, 2)),
        ("linear_svc_objective", LinearSVC(C=0.1, **PLAIN_SVC), FOUR, (2, 7)),
        ("linear_svc_objective", LinearSVC(C=0.1, penalty="l1", **PLAIN_SVC), FOUR, (3, 30)),
        ("linear_svr_objective", LinearSVR(**SQUARED), VALUES, (2, 5)),
        ("poisson_objective", PoissonRegressor(alpha=0.01, **NEWTON), POSITIVE, (1, 2)),
        ("poisson_objective", PoissonRegressor(alpha=0.01, fit_intercept=False, **NEWTON), POSITIVE, (4, 5)),
    ],
    ids=lambda value: str(value) if isinstance(value, BaseEstimator) else "",
)
def test_a_gap_is_the_distance_to_the_optimum_with_any_penalty(cache, objective, model, spec, early):
    model.set_params(tol=1e-10, max_iter=10_000)
    judged, plain = (Judge(cache, metric, model, spec) for metric in (f"{objective}_gap", objective))
    best = plain.value()
    assert abs(judged.value()) < 1e-9
    for steps in early:
        stopped = clone(model).set_params(max_iter=steps).fit(judged.X, judged.y)
        value = plain.value(stopped)
        assert value > best * (1 + 1e-12)
        assert judged.value(stopped) == pytest.approx((value - best) / value, rel=0.1)


def test_the_logistic_objective_is_scikit_learn_s(cache):
    from sklearn.metrics import log_loss

    for ratio, spec in ((0.0, TWO), (0.5, TWO), (1.0, FOUR)):
        model = LogisticRegression(C=0.3, l1_ratio=ratio, solver="saga", max_iter=50, random_state=0)
        judged = Judge(cache, "logistic_objective", model, spec)
        value = judged.value()
        size = ratio * np.abs(model.coef_).sum() + (1 - ratio) / 2 * (model.coef_**2).sum()
        expected = log_loss(judged.y, model.predict_proba(judged.X)) + size / 0.3 / len(judged.y)
        assert value == pytest.approx(expected, rel=1e-10)


def test_the_hessian_of_a_sample_of_rows_will_do(cache, monkeypatch):
    from suite.quality.metrics import newton

    judged = Judge(cache, "logistic_objective_gap", LogisticRegression(max_iter=8), FOUR)
    every = judged.value()
    monkeypatch.setattr(newton, "HESSIAN_ROWS", 400)
    assert judged.value(judged.model) == pytest.approx(every, rel=0.3)


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(), LinearRegression(fit_intercept=False), Ridge(alpha=30.0), Ridge(fit_intercept=False),
        Lasso(alpha=0.05, tol=1e-10), ElasticNet(alpha=0.1, l1_ratio=0.3, tol=1e-10),
        Lasso(alpha=0.05, tol=1e-10, fit_intercept=False),
    ],
    ids=str,
)  # fmt: skip
def test_the_squared_error_gap_is_nothing_at_the_optimum_and_exact_elsewhere(cache, model):
    judged = Judge(cache, "squared_error_gap", model, VALUES)
    assert abs(judged.value()) < 1e-9
    alpha = getattr(model, "alpha", 0.0)
    ratio = {"Lasso": 1.0, "ElasticNet": getattr(model, "l1_ratio", 0)}.get(type(model).__name__, 0.0)
    scale = len(judged.y) if isinstance(model, Ridge) else 1

    def objective(coef, intercept):
        error = ((judged.y - judged.X @ coef - intercept) ** 2).mean() / 2
        return error + alpha / scale * (ratio * np.abs(coef).sum() + (1 - ratio) / 2 * (coef**2).sum())

    off, moved = model.coef_ + 0.02, np.asarray(model.intercept_ + 0.1 * model.fit_intercept)
    expected = objective(off, moved) / objective(model.coef_, model.intercept_) - 1
    assert judged.value(model, coef_=off, intercept_=moved) == pytest.approx(expected, rel=1e-6)
    assert judged.value(model, coef_=off[None, :], intercept_=moved[None]) == pytest.approx(expected, rel=1e-6)


def test_float32_data_with_large_means_are_judged_in_float64(cache):
    judged = Judge(cache, "squared_error_gap", LinearRegression(), VALUES, "float32")
    exact = LinearRegression().fit(judged.X.astype(np.float64), judged.y.astype(np.float64))
    assert abs(judged.value(exact)) < 1e-13


@pytest.mark.parametrize(
    ("metric", "model", "spec"),
    [
        ("linear_svc_objective", LinearSVC(tol=1e-8, max_iter=10_000), TWO),
        ("linear_svc_objective", LinearSVC(tol=1e-8, max_iter=10_000, C=0.1), FOUR),
        ("linear_svc_objective", LinearSVC(loss="hinge", tol=1e-6, max_iter=100_000, C=0.1), TWO),
        ("linear_svr_objective", LinearSVR(loss="squared_epsilon_insensitive", dual=False, tol=1e-8), VALUES),
        ("linear_svr_objective", LinearSVR(epsilon=0.1, tol=1e-6, max_iter=100_000), VALUES),
        ("poisson_objective", PoissonRegressor(alpha=0.01, tol=1e-8, max_iter=10_000), POSITIVE),
    ],
    ids=["two", "four", "hinge", "squared", "absolute", "poisson"],
)
def test_an_objective_is_least_at_the_solution(cache, metric, model, spec):
    judged = Judge(cache, metric, model, spec)
    best = judged.value()
    rng = np.random.default_rng(0)
    for name in ("coef_", "intercept_"):
        fitted = np.asarray(getattr(model, name), dtype=float)
        for _ in range(10):
            step = 0.01 * np.abs(fitted).max() * rng.standard_normal(fitted.shape)
            assert judged.value(model, **{name: fitted + step}) > best


@pytest.mark.parametrize(
    ("metric", "model", "spec"),
    [
        ("svc_dual_objective", SVC(tol=1e-8), TWO),
        ("svc_dual_objective", SVC(kernel="linear", C=0.1, tol=1e-8), TWO),
        ("svc_dual_objective", SVC(kernel="poly", degree=2, coef0=1.0, gamma="auto", tol=1e-8), TWO),
        ("svc_dual_objective", NuSVC(nu=0.3, tol=1e-8), TWO),
        ("svc_dual_objective", SVC(tol=1e-8), FOUR),
        ("svc_dual_objective", NuSVC(nu=0.3, tol=1e-8), FOUR),
        ("svc_duality_gap", SVC(tol=1e-8), FOUR),
        ("svr_dual_objective", SVR(tol=1e-8, gamma=0.1), VALUES),
        ("svr_dual_objective", NuSVR(nu=0.4, tol=1e-8), VALUES),
    ],
    ids=["svc", "linear", "poly", "nu_svc", "four", "nu_four", "gap", "svr", "nu_svr"],
)
def test_a_dual_objective_is_least_at_the_solution(cache, metric, model, spec):
    judged = Judge(cache, metric, model, spec)
    best = judged.value()
    for tol in (1.0, 0.1, 0.01, 0.001):
        early = type(model)(**{**model.get_params(), "tol": tol}).fit(judged.X, judged.y)
        assert judged.value(early) > best - 1e-9
    assert judged.value(early) - best < 0.05 * max(abs(best), 1.0 if "gap" in metric else 0.0)


def test_the_dual_objective_of_more_classes_is_the_sum_of_the_pairs(cache):
    judged = Judge(cache, "svc_dual_objective", SVC(tol=1e-9, gamma=0.05), FOUR)
    total = 0.0
    for pair in combinations(range(4), 2):
        rows = np.isin(judged.y, pair)
        machine = SVC(tol=1e-9, gamma=0.05).fit(judged.X[rows], judged.y[rows])
        beta = machine.dual_coef_[0]
        total += beta @ rbf_kernel(machine.support_vectors_, gamma=0.05) @ beta / 2 - np.abs(beta).sum()
    assert judged.value() == pytest.approx(total / len(judged.y), rel=1e-8)


def test_cuml_s_pairs_come_in_the_layout_of_libsvm():
    from backends._cuml.fit import exact_class
    from backends.protocol import Problem

    X, y = np.random.default_rng(0).standard_normal((2, 160, 5))
    y = (np.arange(160) * 7 % 4).astype(int)
    machines = []
    for pair in combinations(range(4), 2):
        rows = np.flatnonzero(np.isin(y, pair))
        machine = SVC(tol=1e-9, gamma=0.1).fit(X[rows], y[rows])
        machines.append(SimpleNamespace(support_=rows[machine.support_], dual_coef_=machine.dual_coef_))
    cls = type("SVC", (), {"gamma": "auto", "fit": lambda self, *_: vars(self).update(_multiclass=fitted)})
    fitted = SimpleNamespace(estimators_=machines)
    assert exact_class(cls, Problem("SVC", {}, 160, 5, 2, "float64", 1)) is cls
    model = exact_class(cls, Problem("SVC", {}, 160, 5, 4, "float64", 1))()
    model.fit(X, y)
    rows, coefficients = model.support_, model.dual_coef_
    stock = SVC(tol=1e-9, gamma=0.1).fit(X, y)
    order = np.argsort(stock.support_)
    np.testing.assert_array_equal(rows, stock.support_[order])
    np.testing.assert_allclose(coefficients, stock.dual_coef_[:, order], atol=1e-6)


@pytest.mark.parametrize("spec", [TWO, FOUR], ids=["two", "four"])
def test_the_duality_gap_encloses_the_optimum(cache, spec):
    dual, gap = (Judge(cache, name, SVC(tol=1e-9), spec) for name in ("svc_dual_objective", "svc_duality_gap"))
    best = -dual.value()
    assert 0 < gap.value() < 1e-6
    for tol in (0.5, 0.1, 0.01):
        early = SVC(tol=tol).fit(gap.X, gap.y)
        reached = -dual.value(early)
        primal = reached / (1 - gap.value(early))
        assert reached <= best * (1 + 1e-9) <= primal * (1 + 2e-9)
        loose = clone(early).fit(gap.X, gap.y)
        margin = np.where(gap.y == 1, 1, -1) * loose.decision_function(gap.X) if spec is TWO else None
        if margin is not None:  # no intercept is better than the best
            beta = loose.dual_coef_[0]
            width = beta @ rbf_kernel(loose.support_vectors_, gamma=loose._gamma) @ beta
            assert primal * len(gap.y) <= width / 2 + np.maximum(0, 1 - margin).sum() + 1e-9


def test_the_dual_objective_of_svc_is_the_primal_s(cache):
    judged = Judge(cache, "svc_dual_objective", SVC(tol=1e-9, gamma=0.05), TWO)
    value, model = judged.value(), judged.model
    beta = model.dual_coef_[0]
    width = beta @ rbf_kernel(model.support_vectors_, gamma=0.05) @ beta
    margin = np.where(judged.y == 1, 1, -1) * model.decision_function(judged.X)
    primal = width / 2 + np.maximum(0, 1 - margin).sum()
    assert -value * len(judged.y) == pytest.approx(primal, rel=1e-6)


def test_what_breaks_the_constraints_is_no_better(cache):
    judged = Judge(cache, "svc_dual_objective", SVC(tol=1e-8), TWO)
    best, model = judged.value(), judged.model
    assert judged.value(model, dual_coef_=-model.dual_coef_) == pytest.approx(best)
    assert judged.value(model, dual_coef_=model.dual_coef_ * 5) > best
    with pytest.raises(GarbageError, match=r"dual_coef_ sums to .* instead of 0"):
        judged.value(model, dual_coef_=np.abs(model.dual_coef_))
    for rows in (model.support_ + 800, model.support_ * 0, model.support_[:0]):
        with pytest.raises(GarbageError, match="support_ is not a choice of some of the 800 training rows"):
            judged.value(model, support_=rows)


def test_blocks_do_not_change_the_value(cache, monkeypatch):
    from suite.quality.metrics import duals

    judged = Judge(cache, "svr_dual_objective", SVR(), VALUES)
    whole = judged.value()
    monkeypatch.setattr(duals, "BLOCK_ROWS", 7)
    assert judged.value(judged.model) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(
    ("metric", "model", "spec", "message"),
    [
        ("linear_svc_objective_gap", LinearSVC(loss="hinge"), TWO, "judge by the objective"),
        ("linear_svr_objective_gap", LinearSVR(), VALUES, "judge by the objective"),
        ("linear_svr_objective_gap", LinearRegression(), VALUES, "is of LinearSVR, not of LinearRegression"),
        ("logistic_objective", LogisticRegression(class_weight="balanced"), TWO, "rows of equal weight"),
        ("logistic_objective", LinearSVC(), TWO, "is of LogisticRegression, not of LinearSVC"),
        ("squared_error_gap", Lasso(positive=True), VALUES, "not for positive=True"),
        ("squared_error_gap", LinearSVR(), VALUES, "not of LinearSVR"),
        ("linear_svr_objective", Ridge(), VALUES, "is of LinearSVR, not of Ridge"),
        ("svc_dual_objective", SVC(class_weight="balanced"), TWO, "classes of equal weight"),
        ("svc_duality_gap", NuSVC(nu=0.3), TWO, "is of SVC, not of NuSVC"),
    ],
)
def test_what_a_metric_does_not_judge_is_said(cache, metric, model, spec, message):
    with pytest.raises(GarbageError, match=message):
        Judge(cache, metric, model, spec).value()


@pytest.mark.parametrize(("algorithm", "metric", "spec"), [
    ("LogisticRegression", "logistic_objective_gap", FOUR), ("Ridge", "squared_error_gap", VALUES),
    ("Lasso", "squared_error_gap", VALUES), ("SVC", "svc_dual_objective", TWO),
    ("SVC", "svc_dual_objective", FOUR), ("SVC", "svc_duality_gap", FOUR),
    ("NuSVR", "svr_dual_objective", VALUES),
])  # fmt: skip
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_onedal_gives_what_is_judged(cache, monkeypatch, algorithm, metric, spec, dtype):
    pytest.importorskip("sklearnex", reason="scikit-learn-intelex is not installed")
    from backends.onedal import OneDal
    from backends.protocol import Problem
    from backends.sklearn import Sklearn

    monkeypatch.setitem(os.environ, "SKLEARNEX_PREVIEW", "1")
    judged = Judge(cache, metric, None, spec, dtype)
    made = []
    for backend in (Sklearn(), OneDal()):
        shape = (judged.data.n_samples, judged.data.n_features, judged.data.n_classes)
        model = backend.estimator(Problem(algorithm, {"tol": 1e-5}, *shape, dtype, 1)).fit(judged.X, judged.y)
        made.append(judged_as(judged, algorithm, model))
    assert made[1] == pytest.approx(made[0], rel=1e-5, abs=2e-5)


def judged_as(judged, algorithm, model):
    task = METRICS[judged.metric].tasks[0]
    quality = Quality(metric=judged.metric, direction=METRICS[judged.metric].direction, tolerance=0, origin="")
    work = Workload(name="w", algorithm=algorithm, task=Task(task), about="", data={Size.S: TWO}, quality=quality)
    return judge(work, judged.data, {name: getattr(model, name) for name in products(work)})[0]
