"""Builds estimators of scikit-learn's interface: nothing is dropped, an unknown parameter is a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from backends._functions import estimator_of
from backends._installed import how_to_install, version
from backends.algorithms import ALGORITHMS, ELSEWHERE, FUNCTIONS
from backends.protocol import Estimator, Fate, Problem, Treatment, UnsupportedError


def build(cls: Any, params: Mapping[str, Any], engine: str) -> Estimator:
    """Return `cls(**params)`, its parameters checked by the class itself.

    Raises
    ------
    UnsupportedError
        If the class has no such parameter or does not allow its value.
    """
    known = parameters_of(cls)
    for name in params:
        if name not in known:
            from difflib import get_close_matches  # rarely needed, and it costs 2 ms

            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UnsupportedError(f"{cls.__name__} of {engine} has no parameter {name!r}{hint}")
    estimator = cls(**params)
    if not hasattr(estimator, "_parameter_constraints"):  # not scikit-learn's own: it checks in fit
        return estimator
    try:
        estimator._validate_params()
    except ValueError as error:
        raise UnsupportedError(f"{cls.__name__} of {engine}: {error}") from error
    return estimator


def stock_class(algorithm: str) -> Any:
    """Return the class of scikit-learn (or of the package that has the algorithm in its stead); for a function, of it.

    Raises
    ------
    UnsupportedError
        If there is none, or its package is not installed.
    """
    entry = ALGORITHMS.get(algorithm) or FUNCTIONS.get(algorithm)
    if entry is None:
        raise UnsupportedError(f"scikit-learn has no algorithm {algorithm!r} that this suite knows")
    if algorithm in ELSEWHERE and find_spec(entry.module) is None:
        raise UnsupportedError(f"no module named {entry.module}: {how_to_install(entry.module)}")
    cls = getattr(import_module(entry.module), algorithm, None)
    if cls is None:
        raise UnsupportedError(f"scikit-learn {version('scikit-learn')} has no {algorithm}")
    return estimator_of(cls) if algorithm in FUNCTIONS else cls


def import_stock(algorithms: Iterable[str]) -> None:
    """Import the modules of the stock classes, as far as their packages are installed."""
    known = {**ALGORITHMS, **FUNCTIONS}
    for module in sorted({known[name].module for name in algorithms if name in known}):
        if module not in ELSEWHERE.values() or find_spec(module) is not None:
            import_module(module)


#: Algorithms that multiply thin matrices (features × classes): waking BLAS's threads for each costs more than it
#: brings. Measured on two cores at 4,000 × 40 and 100,000 × 100 with 5 classes: stock is 7.0 and 1.7 times faster with
#: one, oneDAL 1.0 and 1.6 times. The others gain from all, or do not care.
ONE_BLAS_THREAD = frozenset({"LogisticRegression", "PoissonRegressor"})


class ThreadPools:
    """The native thread pools of a process, those of BLAS and OpenMP, found once and before a fork: that takes 10 ms.

    All get all threads, save that BLAS gets the number with which an algorithm is fastest (rule 3).
    """

    def __init__(self) -> None:
        self._pools: Any = None
        self.blas_threads = 0

    def find(self) -> None:
        """Find the pools of the libraries that are loaded by now; starts no thread."""
        from threadpoolctl import ThreadpoolController

        self._pools = ThreadpoolController()

    def limit(self, threads: int) -> None:
        """Give every pool so many threads."""
        self._limit(threads, None)

    def fit_to(self, problem: Problem) -> None:
        """Give BLAS what suits the problem; does nothing if it has that already.

        A pipeline keeps what suits its last step, which is made last. Scaling, PCA and logistic regression of
        100,000 × 100 take 0.83 s with one thread of two and 5.5 s with both, though the PCA alone would gain 0.02 s.
        """
        threads = 1 if problem.algorithm in ONE_BLAS_THREAD else problem.threads
        if threads != self.blas_threads:
            self._limit(threads, "blas")

    def _limit(self, threads: int, user_api: str | None) -> None:
        if self._pools is None:
            self.find()
        self._pools.limit(limits=threads, user_api=user_api)
        self.blas_threads = threads


def chosen(chooser: Callable[[Problem], Mapping[str, Any]]) -> Fate:
    """Say what a backend chooses for speed, in the words of the function that does."""
    about = (chooser.__doc__ or "").partition("\n")[0]
    return Fate("(left open)", Treatment.COMPUTED, about)


def accepts(cls: Any, parameter: str) -> bool:
    """Say whether the class has this parameter."""
    return parameter in parameters_of(cls)


@cache
def parameters_of(cls: Any) -> tuple[str, ...]:
    """Return the names of a class's parameters; the class reads its signature anew each time."""
    return tuple(cls._get_param_names())
