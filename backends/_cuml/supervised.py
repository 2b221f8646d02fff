"""What becomes of scikit-learn's parameters in cuML: classifiers and regressors.

Read in the sources of cuML 26.10 (the Python side), and of libcuml for what its solvers minimise and when they stop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from backends._parameters import Computed, Fixed, Only, Renamed, Target
from backends.protocol import Problem, UnsupportedError

#: How cuML's quasi-Newton solvers stop: L-BFGS on the mean loss, whatever the problem (scikit-learn's solvers each
#: have a rule of their own as well).
_QN_TOL = "until the gradient is below tol × the mean loss, or ten steps gain next to nothing"
_NO_COLD = Only((False,), "it always starts afresh")
_UNWEIGHTED = {None: None, "balanced": "balanced"}
_WEIGHTS = Renamed("class_weight", _UNWEIGHTED, "weights given by class scale its penalty otherwise")
_UNIT_INTERCEPT = Only((1, 1.0), "its intercept is a feature of ones")
_FREE_OF = "the solver of another name uses it"
_QUIET = "messages only"
_DIRECT = "a direct solver has no use for it"


def _logistic_penalty(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Return cuML's penalty and C: scikit-learn's own switched from `penalty` to `l1_ratio` and C=inf in 1.8."""
    penalty, l1_ratio = params["penalty"], params["l1_ratio"]
    if penalty not in ("deprecated", "l2", None) or l1_ratio:
        raise UnsupportedError(f"cuML: {problem.algorithm}: an L1 penalty is not for lbfgs")
    if penalty is None or math.isinf(params["C"]):
        return {"penalty": None, "C": 1.0}
    return {"penalty": "l2", "C": params["C"]}


def _scalar_alpha(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Refuse one penalty a target."""
    if not isinstance(params["alpha"], (int, float)):
        raise UnsupportedError(f"cuML: {problem.algorithm}(alpha=...): one number for all targets or features only")
    return {"alpha": params["alpha"]}


def _kernel_cache(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Return cuML's own size where the problem leaves it open: scikit-learn's 200 MB would hold it back."""
    return {"cache_size": float(params["cache_size"]) if "cache_size" in problem.params else 1024.0}


def _forest_features(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Return a share that cuML, which multiplies in float32 and truncates, turns into scikit-learn's number."""
    wanted, features = params["max_features"], problem.n_features
    if wanted is None:
        return {"max_features": 1.0}
    if isinstance(wanted, str):
        number = int(math.sqrt(features) if wanted == "sqrt" else math.log2(features))
    else:
        number = int(wanted * features) if isinstance(wanted, float) else wanted
    number = max(1, number)
    return {"max_features": 1.0 if number >= features else (number + 0.5) / features}


def _forest_rows(params: Mapping[str, Any], problem: Problem) -> Mapping[str, Any]:
    """Return the share of rows drawn for a tree."""
    wanted = params["max_samples"]
    if wanted is not None and not isinstance(wanted, float):
        raise UnsupportedError(f"cuML: {problem.algorithm}(max_samples={wanted!r}): a share of the rows only")
    return {"max_samples": 1.0 if wanted is None else wanted}


def _forest(criteria: Mapping[str, str], **more: Renamed) -> Target:
    """Return the target of a forest without its place."""
    return Target(
        "",
        passed="n_estimators max_depth min_samples_split min_samples_leaf bootstrap random_state",
        renamed={"criterion": Renamed("split_criterion", criteria, "it has no such criterion"), **more},
        computed={
            "max_features": Computed(("max_features",), _forest_features, "the same number of features"),
            "max_samples": Computed(("max_samples",), _forest_rows, "None is all rows"),
        },
        only={
            "max_leaf_nodes": Only((None,), "it grows level by level, not best leaf first"),
            "min_impurity_decrease": Only((0.0,), "it does not weigh the decrease by the node's share of rows"),
            "min_weight_fraction_leaf": Only((0.0,), "it knows no weights of leaves"),
            "ccp_alpha": Only((0.0,), "it does not prune"),
            "monotonic_cst": Only((None,), "it has no monotonic constraints"),
            "oob_score": Only((False,), "not timed here"),
            "warm_start": _NO_COLD,
        },
        idle={"n_jobs": "it runs on the device", "verbose": _QUIET},
        note="splits between 128 histogram bins a feature, not between all values",
    )


def _placed(target: Target, estimator: str) -> Target:
    return replace(target, estimator=estimator)


_SVM_IDLE = {"shrinking": "a short cut of libsvm's", "verbose": _QUIET}
_SVM_STEPS = Only((-1,), "it counts rounds of working sets, not libsvm's steps")
_LINEAR_SVM_IDLE = {"verbose": _QUIET, "random_state": "liblinear's order of coordinates"}
_PENALISED = {"penalized_intercept": Fixed(True, "liblinear penalises the intercept as well")}
_LINEAR_DUAL = Only(("auto",), "it solves the primal problem by quasi-Newton")
_METRICS = (
    *("euclidean", "l2", "sqeuclidean", "manhattan", "cityblock", "l1", "chebyshev", "minkowski"),
    *("cosine", "correlation", "canberra"),
)
NEIGHBORS = Target(
    "",
    passed="n_neighbors p",
    renamed={
        "algorithm": Renamed("algorithm", {"auto": "auto", "brute": "brute"}, "it has no trees"),
        "metric": Renamed("metric", {name: name for name in _METRICS}, "it has no such metric"),
    },
    only={"metric_params": Only((None,), "it takes p alone")},
    idle={"leaf_size": "it has no trees", "n_jobs": "it runs on the device"},
    note="distances in float32",
)
_VOTES = {"uniform": "uniform", "distance": "distance", None: "uniform"}


def _voting(estimator: str) -> Target:
    weights = Renamed("weights", _VOTES, "a function would run on the host")
    return replace(NEIGHBORS, estimator=estimator, renamed={**NEIGHBORS.renamed, "weights": weights})


def _descent(estimator: str, passed: str) -> Target:
    return Target(
        estimator,
        passed=f"{passed} fit_intercept max_iter",
        renamed={"tol": Renamed("tol", None, "compared with the largest relative step, not with the duality gap")},
        computed={"alpha": Computed(("alpha",), _scalar_alpha, "the same objective")},
        only={
            "precompute": Only((False,), "it has no Gram matrix"),
            "positive": Only((False,), "it cannot constrain the coefficients"),
            "selection": Only(("cyclic",), "its random order has no seed"),
            "warm_start": _NO_COLD,
        },
        idle={"copy_X": "it undoes its centring", "random_state": "the order is cyclic"},
    )


def _discrete(estimator: str, passed: str) -> Target:
    return Target(
        estimator,
        passed=passed,
        computed={"alpha": Computed(("alpha",), _scalar_alpha, "the same smoothing")},
        only={"force_alpha": Only((True,), "it takes alpha as it is")},
    )


_SUPPORT_VECTORS = "C kernel degree gamma coef0 tol"
_CACHED = {"cache_size": Computed(("cache_size",), _kernel_cache, "1024 MB where the problem leaves it open")}
_SVC = Target(
    "cuml.svm.SVC",
    passed=f"{_SUPPORT_VECTORS} class_weight",
    computed=_CACHED,
    only={
        "max_iter": _SVM_STEPS,
        "probability": Only(("deprecated", False), "it does not calibrate"),
        "break_ties": Only((False,), "not with votes"),
    },
    idle={
        **_SVM_IDLE,
        "random_state": "for probabilities only",
        "decision_function_shape": "the form of another output: the training is one against one",
    },
    fixed={"decision_function_shape": Fixed("ovo", "its ovr would train one against the rest")},
    note="more than two classes: pairs in turn, from the host",
)
_LOGISTIC = Target(
    "cuml.linear_model.LogisticRegression",
    passed="fit_intercept max_iter",
    renamed={
        "solver": Renamed("solver", {"lbfgs": "qn"}, "it has L-BFGS only"),
        "tol": Renamed("tol", None, _QN_TOL),
        "class_weight": _WEIGHTS,
    },
    computed={
        "penalty C l1_ratio": Computed(("penalty", "C"), _logistic_penalty, "mean loss, penalty over n: the same")
    },
    only={
        "dual": Only((False,), "it solves the primal problem"),
        "warm_start": _NO_COLD,
        "multi_class": Only(("deprecated", "auto"), "it is multinomial"),
    },
    idle=dict.fromkeys(("intercept_scaling", "random_state", "n_jobs"), _FREE_OF) | {"verbose": _QUIET},
)

SUPERVISED: Mapping[str, Target] = MappingProxyType(
    {
        "LogisticRegression": _LOGISTIC,
        "GaussianNB": Target("cuml.naive_bayes.GaussianNB", passed="priors var_smoothing"),
        "BernoulliNB": _discrete("cuml.naive_bayes.BernoulliNB", "binarize fit_prior class_prior"),
        "MultinomialNB": _discrete("cuml.naive_bayes.MultinomialNB", "fit_prior class_prior"),
        "SVC": _SVC,
        "LinearSVC": Target(
            "cuml.svm.LinearSVC",
            passed="penalty loss C fit_intercept max_iter",
            renamed={"tol": Renamed("tol", None, _QN_TOL), "class_weight": _WEIGHTS},
            only={
                "dual": _LINEAR_DUAL,
                "intercept_scaling": _UNIT_INTERCEPT,
                "multi_class": Only(("ovr",), "it trains one against the rest"),
            },
            idle=_LINEAR_SVM_IDLE,
            fixed=_PENALISED,
        ),
        "KNeighborsClassifier": _voting("cuml.neighbors.KNeighborsClassifier"),
        "RandomForestClassifier": _placed(
            _forest(
                {"gini": "gini", "entropy": "entropy", "log_loss": "entropy"},
                class_weight=Renamed("class_weight", _UNWEIGHTED, "only over the whole sample"),
            ),
            "cuml.ensemble.RandomForestClassifier",
        ),
        "LinearRegression": Target(
            "cuml.linear_model.LinearRegression",
            passed="fit_intercept copy_X",
            only={"positive": Only((False,), "it cannot constrain the coefficients")},
            idle={"tol": _DIRECT, "n_jobs": "it runs on the device"},
            note="by the normal equations",
        ),
        "Ridge": Target(
            "cuml.linear_model.Ridge",
            passed="fit_intercept copy_X",
            renamed={
                "solver": Renamed("solver", {"auto": "auto", "svd": "svd"}, "it has the eigenvectors of XᵀX or the SVD")
            },
            computed={"alpha": Computed(("alpha",), _scalar_alpha, "the same objective")},
            only={"positive": Only((False,), "it cannot constrain the coefficients")},
            idle=dict.fromkeys(("tol", "max_iter", "random_state"), _DIRECT),
            note="by the normal equations",
        ),
        "Lasso": _descent("cuml.linear_model.Lasso", ""),
        "ElasticNet": _descent("cuml.linear_model.ElasticNet", "l1_ratio"),
        "KernelRidge": Target(
            "cuml.kernel_ridge.KernelRidge",
            passed="gamma degree coef0",
            renamed={
                "kernel": Renamed(
                    "kernel",
                    {name: name for name in ["linear", "poly", "polynomial", "rbf", "laplacian", "sigmoid", "cosine"]},
                    "it has no such kernel",
                )
            },
            computed={"alpha": Computed(("alpha",), _scalar_alpha, "the same objective")},
            only={"kernel_params": Only((None,), "for functions only")},
        ),
        "SVR": Target(
            "cuml.svm.SVR",
            passed=f"{_SUPPORT_VECTORS} epsilon",
            computed=_CACHED,
            only={"max_iter": _SVM_STEPS},
            idle=_SVM_IDLE,
        ),
        "LinearSVR": Target(
            "cuml.svm.LinearSVR",
            passed="epsilon loss C fit_intercept max_iter",
            renamed={"tol": Renamed("tol", None, _QN_TOL)},
            only={"dual": _LINEAR_DUAL, "intercept_scaling": _UNIT_INTERCEPT},
            idle=_LINEAR_SVM_IDLE,
            fixed={"penalty": Fixed("l2", "as liblinear's; cuML's own default is l1"), **_PENALISED},
        ),
        "KNeighborsRegressor": _voting("cuml.neighbors.KNeighborsRegressor"),
        "RandomForestRegressor": _placed(
            _forest({"squared_error": "mse", "poisson": "poisson"}), "cuml.ensemble.RandomForestRegressor"
        ),
    }
)
