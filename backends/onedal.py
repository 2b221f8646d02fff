"""Intel oneDAL through scikit-learn-intelex, imported directly, so that stock scikit-learn stays as it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, ClassVar

from backends._estimators import ThreadPools, accepts, build, chosen
from backends._functions import estimator_of
from backends._installed import how_to_install, version
from backends._pipelines import COMPOSED, composed, offer_of
from backends.algorithms import ALGORITHMS, ELSEWHERE, FUNCTIONS
from backends.protocol import (
    Backend,
    Diagnosis,
    Estimator,
    Fate,
    Observation,
    Offer,
    Problem,
    State,
    Treatment,
    UnsupportedError,
)

DISTRIBUTION = "scikit-learn-intelex"
ENGINE = "oneDAL"
PREVIEW_ENGINE = "oneDAL preview"
#: What its forests do that stock ones do not, whatever the parameters: the tolerance of the workloads knows it.
HISTOGRAM = "splits between {} histogram bins a feature, not between all values"
#: What scikit-learn-intelex 2026.2 accelerates, of `backends.algorithms`.
STABLE = frozenset(
    {
        "DBSCAN",
        "DummyRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "KMeans",
        "KNeighborsClassifier",
        "KNeighborsRegressor",
        "LinearRegression",
        "LocalOutlierFactor",
        "LogisticRegression",
        "NearestNeighbors",
        "NuSVC",
        "NuSVR",
        "PCA",
        "RandomForestClassifier",
        "RandomForestRegressor",
        "Ridge",
        "SVC",
        "SVR",
        "TSNE",
    }
)
PREVIEW = frozenset({"ElasticNet", "EmpiricalCovariance", "IncrementalPCA", "Lasso", "MaxAbsScaler"})
PREVIEW_VARIABLE = "SKLEARNEX_PREVIEW"
_CURE = how_to_install("onedal")


#: Every one of its estimators has `n_jobs`, also where scikit-learn's has not.
THREADS = Fate("n_jobs", Treatment.FIXED, "the run's threads")


class Intelex(Backend):
    """What every way into scikit-learn-intelex has in common; it has no name, so it is none of the backends."""

    packages: ClassVar[tuple[str, ...]] = (DISTRIBUTION, "daal", "tbb", "scikit-learn", "numpy", "scipy")
    takes_sparse = True
    fork_safe = sys.platform == "linux"

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._called = ENGINE  # in the reason why a parameter is refused
        self._engine = ENGINE
        self._note = ""
        self._cause = ""  # why the estimator made last cannot be oneDAL's
        self._pools = ThreadPools()

    def diagnose(self) -> Diagnosis:
        """Say whether scikit-learn-intelex is installed for this machine, without importing it."""
        machine = os.uname().machine
        if machine not in ("x86_64", "AMD64") or sys.platform == "darwin":
            seen = f"oneDAL has no build for {sys.platform} on {machine}"
            return Diagnosis(State.WRONG_ARCHITECTURE, seen)
        if find_spec("sklearnex") is None:
            return Diagnosis(State.NOT_INSTALLED, "no module named sklearnex", cure=_CURE)
        return Diagnosis(State.READY, version=version(DISTRIBUTION), device="CPU")

    def probe(self) -> Diagnosis:
        """Say the same, after importing the engine in a process of its own."""
        diagnosis = self.diagnose()
        if diagnosis.state is not State.READY:
            return diagnosis
        said, error = answer_of("import daal4py, sklearnex\nfrom backends._onedal.dispatch import simd\nprint(simd())")
        if not error:
            return replace(diagnosis, device=" with ".join(filter(None, ["CPU", said.strip().rpartition("\n")[2]])))
        cure = f"pip install --force-reinstall {DISTRIBUTION}=={diagnosis.version}"
        return Diagnosis(State.LOAD_FAILURE, error, cure, diagnosis.version, diagnosis.device)

    def simd(self) -> str:
        """Say which instructions oneDAL's code for the host uses; that for a SYCL device is compiled for it."""
        from backends._onedal import dispatch  # ctypes: 3 ms that a list of backends need not pay

        return dispatch.simd() if self.device == "cpu" else ""

    def start(self, threads: int) -> None:
        """Limit oneDAL's threads, and OpenMP and BLAS for the parts that stay with NumPy."""
        from daal4py import daalinit

        self._pools.limit(threads)
        daalinit(threads)

    def _build(self, problem: Problem, cls: Any, params: Mapping[str, Any], *, preview: bool) -> Estimator:
        """Return the estimator with all threads, and keep what `observe` has to say of it."""
        self._engine = PREVIEW_ENGINE if preview else ENGINE
        threads = {"n_jobs": problem.threads} if accepts(cls, "n_jobs") else {}
        estimator = build(cls, {**threads, **params}, self._called)
        self._note = HISTOGRAM.format(estimator.max_bins) if accepts(cls, "max_bins") else ""
        return estimator

    def _composed(self, problem: Problem) -> Estimator:
        """Return a pipeline or search, of which `observe` says what it would say of each of its estimators."""
        told: dict[str, dict[str, None]] = {"engine": {}, "note": {}, "cause": {}}

        def keep(_: Estimator) -> None:
            for name, text in (("engine", self._engine), ("note", self._note), ("cause", self._cause)):
                told[name].update({text: None} if text else {})

        estimator = composed(self, problem, made=keep)
        self._engine = PREVIEW_ENGINE if PREVIEW_ENGINE in told["engine"] else ENGINE
        self._note, self._cause = "; ".join(told["note"]), "; ".join(told["cause"])
        return estimator


class OneDal(Intelex):
    """oneDAL on the host CPU; `OneDalSycl` has the devices that are reached through SYCL."""

    name = "onedal"
    title = "Intel oneDAL"
    devices = ("cpu", "cpu-sycl", "gpu")

    def __new__(cls, device: str = "") -> OneDal:
        """Return the class that knows the device."""
        if cls is OneDal and device in cls.devices[1:]:
            from backends._onedal.sycl import OneDalSycl

            return super().__new__(OneDalSycl)
        return super().__new__(cls)

    def environment(self, threads: int) -> Mapping[str, str]:  # noqa: ARG002
        """Switch the preview estimators on; what they run is marked as preview."""
        return {PREVIEW_VARIABLE: "1"}

    def offer(self, algorithm: str) -> Offer:
        """Say where scikit-learn-intelex has the algorithm (checked against the installed package by a test)."""
        if algorithm in COMPOSED:
            return offer_of(algorithm)
        if algorithm in FUNCTIONS:
            return Offer(f"{FUNCTIONS[algorithm].module.replace('sklearn', 'sklearnex', 1)}.{algorithm}")
        if algorithm not in ALGORITHMS or algorithm not in STABLE | PREVIEW:
            return Offer(reason="scikit-learn-intelex has no such class")
        package = "sklearnex.preview" if algorithm in PREVIEW else "sklearnex"
        module = ALGORITHMS[algorithm].module.replace("sklearn", package, 1)
        return Offer(f"{module}.{algorithm}", note="preview" if algorithm in PREVIEW else "")

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield what is refused, and what is chosen for speed where the problem leaves it open."""
        yield from refused(algorithm)
        yield THREADS
        if algorithm in (solvers := self._best_solvers()):
            yield chosen(solvers[algorithm])

    def load(self, algorithms: frozenset[str]) -> None:
        """Import scikit-learn-intelex with the modules of these algorithms. It starts no threads."""
        import_module("sklearnex")
        for name in sorted(algorithms):
            _offered(name)
        self._pools.find()

    def estimator(self, problem: Problem) -> Estimator:
        """Return scikit-learn-intelex's estimator, unless it would quietly do something else."""
        if problem.algorithm in COMPOSED:
            return self._composed(problem)
        offered = _offered(problem.algorithm)
        if offered is None:
            raise UnsupportedError(f"{DISTRIBUTION} {version(DISTRIBUTION)} does not accelerate {problem.algorithm}")
        if offered.preview and not os.environ.get(PREVIEW_VARIABLE):
            raise UnsupportedError(f"{problem.algorithm} is a preview of oneDAL: it needs {PREVIEW_VARIABLE}=1")
        refuse_substitutes(problem)
        params = dict(problem.params)
        if problem.algorithm in (solvers := self._best_solvers()):
            params = {**solvers[problem.algorithm](problem), **params}
        preview = offered.preview or self._is_preview(params)
        self._pools.fit_to(problem)
        return self._build(problem, offered.cls, params, preview=preview)

    def observe(self, *, strict: bool) -> AbstractContextManager[Observation]:
        """Watch what scikit-learn-intelex really runs; the engine's name is that of the last estimator made."""
        from backends._onedal.watch import watch  # logging and re: 10 ms that a list of backends need not pay

        return watch(self._engine, strict=strict, note=self._note)

    def _best_solvers(self) -> Mapping[str, Callable[[Problem], dict[str, Any]]]:
        return BEST_SOLVER

    def _is_preview(self, params: Mapping[str, Any]) -> bool:
        """Whether these parameters make a stable class a preview: logistic regression's second solver is one."""
        return params.get("solver") == "newton-cg"


def answer_of(code: str, variables: Mapping[str, str] = MappingProxyType({})) -> tuple[str, str]:
    """Run Python code in a process of its own, for a closer look: return what it prints, and why it failed or ""."""
    import subprocess  # 10 ms, for the closer look only

    try:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    if done.returncode == 0:
        return done.stdout, ""
    return "", done.stderr.strip().rpartition("\n")[2] or f"the process ended with code {done.returncode}"


@dataclass(frozen=True, slots=True)
class _Offer:
    cls: Any
    preview: bool


def _offered(algorithm: str) -> _Offer | None:
    """Return the class that scikit-learn-intelex has for this algorithm (or function), stable or preview."""
    entry = ALGORITHMS.get(algorithm) or FUNCTIONS.get(algorithm)
    if entry is None or algorithm in ELSEWHERE:
        return None
    for package, preview in (("sklearnex", False), ("sklearnex.preview", True)):
        module_name = entry.module.replace("sklearn", package, 1)
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name != module_name:
                raise
            continue
        cls = getattr(module, algorithm, None)
        if cls is not None:
            return _Offer(estimator_of(cls) if algorithm in FUNCTIONS else cls, preview)
    return None


def _pca(problem: Problem) -> dict[str, Any]:
    """Exact components: the covariance's for tall data, else the SVD. oneDAL has no randomised solver."""
    return {"svd_solver": "covariance_eigh" if problem.n_samples >= problem.n_features else "full"}


def _svm(_: Problem) -> dict[str, Any]:
    """Use a kernel cache of 1000 MB, as for scikit-learn."""
    return {"cache_size": 1000.0}


def _neighbors(problem: Problem) -> dict[str, Any]:
    """Index by a k-d tree up to 10 features, else brute force, where oneDAL's two cross."""
    if problem.params.get("metric", "minkowski") not in ("minkowski", "euclidean") or problem.params.get("p", 2) != 2:
        return {}
    return {"algorithm": "kd_tree" if problem.n_features <= 10 else "brute"}


#: algorithm -> oneDAL's fastest choice where the problem leaves it open (as in `backends.sklearn`). Its logistic
#: regression has L-BFGS, its ridge the normal equations: their defaults.
BEST_SOLVER: Mapping[str, Callable[[Problem], dict[str, Any]]] = MappingProxyType(
    {
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


@dataclass(frozen=True, slots=True)
class _Substitute:
    """A parameter that scikit-learn-intelex accepts and then quietly drops or replaces."""

    applies: Callable[[Any], bool]
    reason: str


def _given(_: Any) -> bool:
    return True


_LEAF_SIZE = _Substitute(_given, "oneDAL ignores leaf_size")
_BALL_TREE = _Substitute(
    lambda value: value == "ball_tree", "oneDAL has no ball tree and runs a k-d tree or brute force"
)
_SVM_STEPS = _Substitute(lambda value: value != -1, "oneDAL counts rounds of working sets, not libsvm's steps")
_PRECOMPUTE = _Substitute(lambda value: value is not False, "oneDAL ignores precompute")
_NEIGHBORS = {"leaf_size": _LEAF_SIZE, "algorithm": _BALL_TREE}

#: algorithm -> parameter -> what scikit-learn-intelex 2026.2 does with it without a word (read in its source).
SUBSTITUTES: Mapping[str, Mapping[str, _Substitute]] = MappingProxyType(
    {
        "KMeans": {"algorithm": _Substitute(lambda value: value == "elkan", "oneDAL runs lloyd instead of elkan")},
        "KNeighborsClassifier": _NEIGHBORS,
        "KNeighborsRegressor": _NEIGHBORS,
        "NearestNeighbors": _NEIGHBORS,
        "LocalOutlierFactor": _NEIGHBORS,
        "DBSCAN": {"leaf_size": _LEAF_SIZE},
        "SVC": {"max_iter": _SVM_STEPS},
        "NuSVC": {"max_iter": _SVM_STEPS},
        "SVR": {"max_iter": _SVM_STEPS},
        "NuSVR": {"max_iter": _SVM_STEPS},
        "Lasso": {"precompute": _PRECOMPUTE},
        "ElasticNet": {"precompute": _PRECOMPUTE},
    }
)


def refused(algorithm: str) -> Iterator[Fate]:
    """Yield the parameters of which some values are refused."""
    for parameter, substitute in SUBSTITUTES.get(algorithm, {}).items():
        yield Fate(parameter, Treatment.ONLY, substitute.reason)


def refuse_substitutes(problem: Problem) -> None:
    """Raise UnsupportedError for a value that scikit-learn-intelex would drop or replace."""
    for parameter, substitute in SUBSTITUTES.get(problem.algorithm, {}).items():
        if parameter in problem.params and substitute.applies(problem.params[parameter]):
            value = problem.params[parameter]
            raise UnsupportedError(f"{problem.algorithm}({parameter}={value!r}): {substitute.reason}")
