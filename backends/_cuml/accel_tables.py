"""What cuml.accel quietly does otherwise than scikit-learn, read in the `_params_from_cpu` of cuML 26.10."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from backends._installed import version
from backends.protocol import Problem, UnsupportedError

#: Algorithms that cuML has, but cuml.accel 26.10 leaves to scikit-learn (checked against the wheel by a test).
NOT_PROXIED = frozenset(
    {"AgglomerativeClustering", "BernoulliNB", "GaussianNB", "GaussianRandomProjection", "MultinomialNB"}
)


@dataclass(frozen=True, slots=True)
class Substitute:
    """A value, and whether the problem names it, for which cuml.accel quietly solves something else."""

    applies: Callable[[Any, bool], bool]
    reason: str


def _named_other_than(*values: Any) -> Callable[[Any, bool], bool]:
    return lambda value, named: named and value not in values


def _other_than(value: Any) -> Callable[[Any, bool], bool]:
    return lambda given, _: given is not value and given != value


def _is_mapping(value: Any, _: bool) -> bool:
    return isinstance(value, Mapping)


def _is_k_means_plus_plus(value: Any, _: bool) -> bool:
    return isinstance(value, str) and value == "k-means++"


def _is_auto(value: Any, _: bool) -> bool:
    return isinstance(value, str) and value == "auto"


_TREES = Substitute(_named_other_than("auto", "brute"), "it searches by brute force instead")
_STEPS = Substitute(_other_than(-1), "it counts rounds of working sets, not libsvm's steps")
_WHITEN = Substitute(_other_than(False), "it scales by the number of rows at hand, not of those fitted")
_WEIGHTS = Substitute(_is_mapping, "weights given by class scale its penalty otherwise")
_ORDER = Substitute(_other_than("cyclic"), "its random order has no seed")
_EIGEN = Substitute(_named_other_than(None), "it runs Lanczos instead")
_FOREST = {
    "max_leaf_nodes": Substitute(_other_than(None), "it grows level by level, not best leaf first"),
    "min_impurity_decrease": Substitute(_other_than(0.0), "it does not weigh the decrease by the node's share of rows"),
}

#: algorithm -> parameter -> what cuml.accel 26.10 does with it without a word (read in its `_params_from_cpu`).
SUBSTITUTES: Mapping[str, Mapping[str, Substitute]] = MappingProxyType(
    {
        "LogisticRegression": {
            "solver": Substitute(_named_other_than("lbfgs"), "it runs L-BFGS instead"),
            "class_weight": _WEIGHTS,
        },
        "SVC": {"max_iter": _STEPS, "break_ties": Substitute(_other_than(False), "it ignores break_ties")},
        "SVR": {"max_iter": _STEPS},
        "LinearSVC": {
            "fit_intercept": Substitute(_other_than(False), "it leaves out the penalty of the intercept"),
            "class_weight": _WEIGHTS,
        },
        "KNeighborsClassifier": {"algorithm": _TREES},
        "KNeighborsRegressor": {"algorithm": _TREES},
        "NearestNeighbors": {"algorithm": _TREES},
        "RandomForestClassifier": _FOREST,
        "RandomForestRegressor": _FOREST,
        "Ridge": {
            "solver": Substitute(_named_other_than("auto", "svd"), "it takes the eigenvectors of XᵀX, or LSMR, instead")
        },
        "Lasso": {"selection": _ORDER},
        "ElasticNet": {"selection": _ORDER},
        "KMeans": {
            "algorithm": Substitute(_other_than("lloyd"), "it runs lloyd instead"),
            "init": Substitute(_is_k_means_plus_plus, "it starts by k-means|| instead"),
        },
        "HDBSCAN": {"algorithm": _TREES},
        "SpectralClustering": {"eigen_solver": _EIGEN},
        "SpectralEmbedding": {"eigen_solver": _EIGEN},
        "PCA": {
            "svd_solver": Substitute(
                _named_other_than("auto", "covariance_eigh"), "it takes the eigenvectors of the covariance instead"
            ),
            "whiten": _WHITEN,
        },
        "IncrementalPCA": {"whiten": _WHITEN},
        "TargetEncoder": {"smooth": Substitute(_is_auto, "it smooths by one row instead")},
        "TruncatedSVD": {"algorithm": Substitute(_named_other_than(), "it takes the eigenvectors of XᵀX instead")},
        "TSNE": {
            "method": Substitute(_named_other_than("exact"), "it interpolates by FFT instead"),
            "learning_rate": Substitute(_other_than("auto"), "it doubles a given rate after the exaggeration"),
            "early_exaggeration": Substitute(_other_than(12.0), "its adaptive schedule sets it"),
        },
    }
)

#: algorithm -> parameter -> by what other rule it stops.
RULES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Lasso": {"tol": "ten times tol, compared with the largest relative step"},
        "ElasticNet": {"tol": "ten times tol, compared with the largest relative step"},
        "KMeans": {"tol": "absolute, not times the mean variance of the features"},
    }
)

#: Algorithms whose every fit would solve another problem.
WRONG: Mapping[str, str] = MappingProxyType(
    {"LinearSVR": "cuml.accel penalises by L1 and leaves out the intercept, where scikit-learn does by L2"}
)


def refuse_substitutes(problem: Problem, params: Mapping[str, Any]) -> None:
    """Raise UnsupportedError if cuml.accel would quietly solve another problem; `params` are all, with defaults."""
    for parameter, substitute in SUBSTITUTES.get(problem.algorithm, {}).items():
        value = params[parameter]
        if substitute.applies(value, parameter in problem.params):
            where = (
                f"cuml.accel {version('cuml-cu13') or version('cuml-cu12')}: {problem.algorithm}({parameter}={value!r})"
            )
            raise UnsupportedError(f"{where}: {substitute.reason}")
