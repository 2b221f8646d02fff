"""Stock scikit-learn, as its best user would run it: all cores, and the fastest solver of the same problem."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from backends._estimators import ThreadPools, accepts, build, chosen, import_stock, stock_class
from backends._installed import version
from backends._pipelines import COMPOSED, composed, offer_of
from backends.algorithms import ALGORITHMS, ELSEWHERE, FUNCTIONS
from backends.protocol import (
    Backend,
    Diagnosis,
    EngineReport,
    Estimator,
    Fate,
    Observation,
    Offer,
    Problem,
    State,
    Treatment,
)

#: Estimators whose `n_jobs` is deprecated because it has no effect (scikit-learn 1.8 and later).
_N_JOBS_WITHOUT_EFFECT = frozenset({"LogisticRegression"})


class Sklearn(Backend):
    """scikit-learn on the CPU: the reference."""

    name = "sklearn"
    title = "scikit-learn"
    packages = ("scikit-learn", "umap-learn", "numpy", "scipy", "joblib", "threadpoolctl")
    takes_sparse = True
    fork_safe = sys.platform == "linux"

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._pools = ThreadPools()
        self._engine = "scikit-learn"

    def diagnose(self) -> Diagnosis:
        """Say whether scikit-learn is installed, without importing it."""
        if find_spec("sklearn") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named sklearn", cure="pip install scikit-learn")
        return Diagnosis(State.READY, version=version("scikit-learn"), device="CPU")

    def offer(self, algorithm: str) -> Offer:
        """Say where scikit-learn has the algorithm, or the package that has it in its stead."""
        if algorithm in COMPOSED:
            return offer_of(algorithm)
        entry = ALGORITHMS.get(algorithm) or FUNCTIONS.get(algorithm)
        return Offer(f"{entry.module}.{algorithm}") if entry else Offer(reason="scikit-learn has no such class")

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield what is chosen for speed where the problem leaves it open."""
        if algorithm in BEST_SOLVER:
            yield chosen(BEST_SOLVER[algorithm])
        if accepts(stock_class(algorithm), "n_jobs") and algorithm not in _N_JOBS_WITHOUT_EFFECT:
            yield Fate("n_jobs", Treatment.FIXED, "the run's threads")

    def load(self, algorithms: frozenset[str]) -> None:
        """Import scikit-learn's modules of these algorithms."""
        import_stock(algorithms)
        self._pools.find()

    def start(self, threads: int) -> None:
        """Limit OpenMP and BLAS; joblib's threads follow from `n_jobs`."""
        self._pools.limit(threads)

    def estimator(self, problem: Problem) -> Estimator:
        """Return scikit-learn's estimator with all threads and, where the problem leaves it open, its best solver."""
        if problem.algorithm in COMPOSED:
            return composed(self, problem, jobs=problem.threads)
        cls = stock_class(problem.algorithm)
        params = dict(problem.params)
        if problem.algorithm in BEST_SOLVER:
            params = {**BEST_SOLVER[problem.algorithm](problem), **params}
        if accepts(cls, "n_jobs") and problem.algorithm not in _N_JOBS_WITHOUT_EFFECT:
            params.setdefault("n_jobs", problem.threads)
        self._pools.fit_to(problem)
        self._engine = "umap-learn" if problem.algorithm in ELSEWHERE else "scikit-learn"
        return build(cls, params, self.title)

    @contextmanager
    def observe(self, *, strict: bool) -> Iterator[Observation]:  # noqa: ARG002 - stock code has nothing to fall back to
        """Watch nothing: stock scikit-learn is what runs."""
        yield _Stock(self._engine, self._pools)


class _Stock(Observation):
    def __init__(self, engine: str, pools: ThreadPools) -> None:
        self._engine = engine
        self._pools = pools

    def report(self) -> EngineReport:
        evidence = f"stock classes, BLAS on {self._pools.blas_threads} threads"
        return EngineReport(self._engine, accelerated=True, evidence=evidence)


def _logistic_regression(problem: Problem) -> dict[str, Any]:
    """Newton-Cholesky for few coefficients, L-BFGS for many.

    Newton's handful of Hessians is cheap up to about 50 coefficients: up to 1.8 times faster than L-BFGS on scaled
    data, 4 times on unscaled, where L-BFGS also runs out of iterations. From 100 on L-BFGS is up to 10 times faster.
    """
    params = problem.params
    if params.get("l1_ratio") or params.get("penalty", "l2") not in ("l2", "deprecated") or params.get("dual"):
        return {}
    coefficients = (problem.n_features + 1) * (1 if problem.n_classes <= 2 else problem.n_classes)
    few = coefficients <= 50 and problem.n_samples >= 10 * coefficients
    return {"solver": "newton-cholesky" if few else "lbfgs"}


def _poisson(problem: Problem) -> dict[str, Any]:
    """Newton-Cholesky for tall data: four steps against L-BFGS's forty, 1.4 to 6 times faster at 50 to 100 features."""
    return {"solver": "newton-cholesky" if problem.n_samples >= 100 * problem.n_features else "lbfgs"}


def _discriminant(problem: Problem) -> dict[str, Any]:
    """Least squares on the covariance: 4 times faster than the SVD of 100,000 rows, the same classes."""
    return {} if problem.params.get("store_covariance") else {"solver": "lsqr"}


def _ridge(problem: Problem) -> dict[str, Any]:
    """The normal equations by Cholesky: 6 to 10 times faster than the SVD; the iterative solvers stop short of it."""
    return {} if problem.params.get("positive") else {"solver": "cholesky"}


def _coordinate_descent(problem: Problem) -> dict[str, Any]:
    """Precompute the Gram matrix from 100 rows a feature on: up to 1.7 times faster there, slower below."""
    return {"precompute": problem.n_samples >= 100 * problem.n_features}


def _svm(_: Problem) -> dict[str, Any]:
    """Use a kernel cache of 1000 MB, as scikit-learn advises where there is memory: 10 % faster at 8000 rows."""
    return {"cache_size": 1000.0}


def _neighbors(problem: Problem) -> dict[str, Any]:
    """Index by a k-d tree up to 8 features, else brute force.

    `auto` takes the tree up to 15 features, where it is up to 13 times slower than brute force (50,000 normal rows).
    """
    if problem.params.get("metric", "minkowski") not in ("minkowski", "euclidean") or problem.params.get("p", 2) != 2:
        return {}
    return {"algorithm": "kd_tree" if problem.n_features <= 8 else "brute"}


def _pca(problem: Problem) -> dict[str, Any]:
    """Exact components: eigenvectors of the covariance for tall data, Lanczos for few of a wide matrix, else the SVD.

    The covariance is 4 to 16 times faster than the SVD. The randomised solver, which `auto` takes for larger data, may
    be faster still, but finds less variance (by up to 7 %): it does not solve the same problem.
    """
    wanted = problem.params.get("n_components")
    if problem.n_samples >= problem.n_features:
        return {} if wanted == "mle" else {"svd_solver": "covariance_eigh"}
    few = isinstance(wanted, int) and 0 < wanted <= problem.n_samples // 10
    return {"svd_solver": "arpack" if few else "full"}


#: algorithm -> what scikit-learn's best user would choose for speed, the problem being the same. Measured with version
#: 1.9 on one core. What is not here keeps its default because nothing else was faster throughout: KMeans (elkan wins
#: and loses), DBSCAN (either tree wins and loses), LinearRegression and the forests (nothing to choose).
BEST_SOLVER: Mapping[str, Callable[[Problem], dict[str, Any]]] = MappingProxyType(
    {
        "LogisticRegression": _logistic_regression,
        "LinearDiscriminantAnalysis": _discriminant,
        "PoissonRegressor": _poisson,
        "Ridge": _ridge,
        "Lasso": _coordinate_descent,
        "ElasticNet": _coordinate_descent,
        "SVC": _svm,
        "NuSVC": _svm,
        "SVR": _svm,
        "NuSVR": _svm,
        "KNeighborsClassifier": _neighbors,
        "KNeighborsRegressor": _neighbors,
        "NearestNeighbors": _neighbors,
        "PCA": _pca,
    }
)
