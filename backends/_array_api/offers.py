"""What scikit-learn runs through the array API, what it does not and why, and which parameters that leaves.

Read in the source of scikit-learn 1.9 and checked by tests that run every algorithm on `array_api_strict`, whose arrays
refuse to become NumPy's by themselves: what is offered stays on its device, what is not offered cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from backends._parameters import Only
from backends.protocol import Problem, UnsupportedError

#: The scikit-learn that dispatches all of these.
NEEDED = (1, 9)
#: algorithm -> what the reader should know of it.
DISPATCHED: Mapping[str, str] = MappingProxyType(
    {
        "GaussianMixture": "",
        "GaussianNB": "",
        "LinearDiscriminantAnalysis": "",
        "LogisticRegression": "SciPy's L-BFGS steps on the host, loss and gradient on the device",
        "MaxAbsScaler": "",
        "MinMaxScaler": "",
        "Nystroem": "",
        "PCA": "",
        "PolynomialFeatures": "its fit only counts columns",
        "PoissonRegressor": "SciPy's L-BFGS steps on the host, loss and gradient on the device",
        "Ridge": "by SVD",
        "RidgeClassifier": "by SVD; the labels are one-hot encoded on the host",
        "StandardScaler": "",
    }
)

_REASONS = {
    "its trees are grown by compiled code for NumPy arrays": (
        "AdaBoostClassifier DecisionTreeClassifier DecisionTreeRegressor ExtraTreesClassifier ExtraTreesRegressor "
        "GradientBoostingClassifier GradientBoostingRegressor HistGradientBoostingClassifier "
        "HistGradientBoostingRegressor IsolationForest RandomForestClassifier RandomForestRegressor"
    ),
    "libsvm and liblinear take NumPy arrays only": "LinearSVC LinearSVR NuSVC NuSVR SVC SVR",
    "its neighbour search is compiled code for NumPy arrays": (
        "DBSCAN HDBSCAN Isomap KNeighborsClassifier KNeighborsRegressor KernelDensity LocalOutlierFactor "
        "LocallyLinearEmbedding MeanShift NearestNeighbors OPTICS"
    ),
    "its iterations are compiled code for NumPy arrays": (
        "BisectingKMeans KMeans MiniBatchKMeans NMF Perceptron SGDClassifier SGDRegressor TSNE"
    ),
    "its coordinate descent is compiled code for NumPy arrays": "ElasticNet Lasso",
    "its linear algebra is SciPy's, for NumPy arrays": (
        "BayesianRidge EmpiricalCovariance FactorAnalysis FastICA GaussianProcessClassifier GaussianProcessRegressor "
        "HuberRegressor IncrementalPCA KernelPCA KernelRidge LedoitWolf LinearRegression "
        "QuadraticDiscriminantAnalysis SpectralClustering SpectralEmbedding TruncatedSVD"
    ),
    "its clusters are merged on the host": "AgglomerativeClustering Birch",
    "its random matrix is multiplied by SciPy": "GaussianRandomProjection",
    "its counts are taken with NumPy": "BernoulliNB MultinomialNB",
    "its layers are NumPy arrays": "MLPClassifier MLPRegressor",
    "its constant is NumPy's": "DummyClassifier DummyRegressor",
    "its categories are found and counted by NumPy": "OneHotEncoder TargetEncoder",
}
#: algorithm -> why scikit-learn does not dispatch it.
HOST_ONLY: Mapping[str, str] = MappingProxyType(
    {name: f"scikit-learn: {reason}" for reason, names in _REASONS.items() for name in names.split()}
    | {"UMAP": "umap-learn is compiled by Numba for NumPy arrays"}
)

_SVD = {
    "solver": Only(("svd", "auto"), "only the SVD dispatches"),
    "positive": Only((False,), "signs are kept by L-BFGS alone, for NumPy arrays"),
}
_LBFGS = Only(("lbfgs",), "only L-BFGS dispatches")
_NO_PENALTY = "L-BFGS, the one solver that dispatches, has the L2 penalty only"
_OVERWRITES = Only((True,), "the data would be overwritten, and are used again")
#: algorithm -> parameter -> the values that dispatch.
LIMITS: Mapping[str, Mapping[str, Only]] = MappingProxyType(
    {
        "GaussianMixture": {
            "init_params": Only(("random", "random_from_data"), "k-means does not dispatch"),
            "warm_start": Only((False,), "it does not dispatch"),
        },
        "LinearDiscriminantAnalysis": {
            "solver": Only(("svd",), "only the SVD dispatches"),
            "store_covariance": Only((False,), "the covariance is computed by NumPy"),
        },
        "LogisticRegression": {
            "solver": _LBFGS,
            "l1_ratio": Only((0.0, 0, None), _NO_PENALTY),
            "penalty": Only(("deprecated", "l2", None), _NO_PENALTY),
            "dual": Only((False,), "L-BFGS, the one solver that dispatches, has the primal problem only"),
        },
        "MaxAbsScaler": {"copy": _OVERWRITES},
        "MinMaxScaler": {"copy": _OVERWRITES},
        "PCA": {
            "svd_solver": Only(("auto", "full", "covariance_eigh", "randomized"), "ARPACK takes NumPy arrays only"),
            "copy": _OVERWRITES,
        },
        "PoissonRegressor": {"solver": _LBFGS},
        "Ridge": {**_SVD, "copy_X": _OVERWRITES},
        "RidgeClassifier": {
            **_SVD,
            "class_weight": Only((None,), "the weights are computed by NumPy"),
            "copy_X": _OVERWRITES,
        },
        "StandardScaler": {"copy": _OVERWRITES},
    }
)
#: Parameters that are arrays over classes, components or targets: they must lie where the data lie.
ARRAYS = frozenset({"alpha", "means_init", "precisions_init", "priors", "weights_init"})


def refuse(problem: Problem, params: Mapping[str, Any]) -> None:
    """Raise `UnsupportedError` if one of the estimator's parameters, given or default, would not dispatch."""
    for name, only in LIMITS.get(problem.algorithm, {}).items():
        value = params[name]
        if not any(type(value) is type(one) and value == one for one in only.values):
            raise UnsupportedError(f"{problem.algorithm}({name}={value!r}): {only.reason}")
    if problem.algorithm == "PCA" and _is_randomized(problem, params):
        normalizer = params["power_iteration_normalizer"]
        if normalizer not in ("QR", "none"):
            reason = "the randomised solver would normalise by QR, where it takes LU for NumPy arrays"
            raise UnsupportedError(f"PCA(power_iteration_normalizer={normalizer!r}): {reason}")


def _is_randomized(problem: Problem, params: Mapping[str, Any]) -> bool:
    """Whether scikit-learn would take the randomised solver (`PCA._fit`)."""
    rows, columns, wanted = problem.n_samples, problem.n_features, params["n_components"]
    if params["svd_solver"] != "auto":
        return bool(params["svd_solver"] == "randomized")
    if (columns <= 1000 and rows >= 10 * columns) or max(rows, columns) <= 500 or isinstance(wanted, str):
        return False
    return wanted is not None and 1 <= wanted < 0.8 * min(rows, columns)


def _pca(problem: Problem) -> dict[str, Any]:
    """Exact components: eigenvectors of the covariance for tall data, else the SVD. There is no ARPACK."""
    return {"svd_solver": "covariance_eigh" if problem.n_samples >= problem.n_features else "full"}


def _svd(_: Problem) -> dict[str, Any]:
    """The SVD, the one solver that dispatches."""
    return {"solver": "svd"}


#: algorithm -> the choice where the problem leaves it open (as in `backends.sklearn`), among the solvers that dispatch.
BEST_SOLVER: Mapping[str, Callable[[Problem], dict[str, Any]]] = MappingProxyType(
    {"PCA": _pca, "Ridge": _svd, "RidgeClassifier": _svd}
)
