"""scikit-learn as Intel's `patch_sklearn()` leaves it: what a user's unchanged code gets from one line before it.

The user's code names no solver for oneDAL's sake, so nothing is chosen here: what the problem leaves open keeps
scikit-learn's default. (Stock scikit-learn, beside it, gets its best solver.) Only the run's threads are given, as to
every engine. `onedal` is the same engine as its best user would call it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager

from backends._estimators import accepts, import_stock, stock_class
from backends._pipelines import COMPOSED, offer_of
from backends.algorithms import ALGORITHMS, FUNCTIONS
from backends.onedal import PREVIEW, PREVIEW_VARIABLE, STABLE, THREADS, Intelex, refuse_substitutes, refused
from backends.protocol import Estimator, Fate, Observation, Offer, Problem, UnsupportedError

#: Packages from which classes come that stand in scikit-learn's places after patching.
_REPLACEMENTS = ("sklearnex", "daal4py")


class Patched(Intelex):
    """scikit-learn after `patch_sklearn()`.

    Previews are replaced only where the user's environment says so (SKLEARNEX_PREVIEW), as for any user of the patch.
    A class that is not replaced is scikit-learn's own: it is measured as a fallback, or refused if fallbacks are.
    """

    name = "patched"
    title = "scikit-learn patched by Intel"
    aside = "it is onedal's engine again, as unchanged code finds it"

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        self._called = self.title

    def offer(self, algorithm: str) -> Offer:
        """Say where scikit-learn has it, and whether that is replaced (checked against the package by a test)."""
        if algorithm in COMPOSED:
            return offer_of(algorithm)
        if algorithm in FUNCTIONS:
            return Offer(f"{FUNCTIONS[algorithm].module}.{algorithm}")
        if algorithm not in ALGORITHMS:
            return Offer(reason="scikit-learn has no such class")
        where = f"{ALGORITHMS[algorithm].module}.{algorithm}"
        if algorithm in STABLE:
            return Offer(where)
        preview = algorithm in PREVIEW and _previews()
        return Offer(where, note="preview" if preview else "not replaced")

    def fates(self, algorithm: str) -> Iterator[Fate]:
        """Yield what is refused, and the threads; everything else is passed on or left as it is."""
        replaced = self.offer(algorithm).note != "not replaced"
        if replaced:
            yield from refused(algorithm)
        if replaced or accepts(stock_class(algorithm), "n_jobs"):
            yield THREADS

    def load(self, algorithms: frozenset[str]) -> None:
        """Patch scikit-learn in this process, for good: only a worker may do this."""
        from sklearnex import patch_sklearn

        patch_sklearn(verbose=False)
        import_stock(algorithms)
        self._pools.find()

    def estimator(self, problem: Problem) -> Estimator:
        """Return what stands under scikit-learn's own name, unless it would quietly do something else."""
        if problem.algorithm in COMPOSED:
            return self._composed(problem)
        if reason := self.offer(problem.algorithm).reason:
            raise UnsupportedError(f"{self.title} has no {problem.algorithm}: {reason}")
        cls = stock_class(problem.algorithm)
        if cls.__module__.partition(".")[0] not in _REPLACEMENTS:
            self._cause = f"patch_sklearn() does not replace {problem.algorithm}"
            if problem.algorithm in PREVIEW:
                self._cause += f" without {PREVIEW_VARIABLE}=1"
            return self._build(problem, cls, problem.params, preview=False)
        self._cause = ""
        refuse_substitutes(problem)
        preview = problem.algorithm in PREVIEW or problem.params.get("solver") == "newton-cg"
        return self._build(problem, cls, problem.params, preview=preview)

    def observe(self, *, strict: bool) -> AbstractContextManager[Observation]:
        """Watch what runs; with `strict` a class that is not replaced raises at once."""
        from backends._onedal.watch import watch  # logging and re: 10 ms that a list of backends need not pay

        return watch(self._engine, strict=strict, note=self._note, cause=self._cause)


def _previews() -> bool:
    """Whether previews are patched too: scikit-learn-intelex looks for the variable, whatever its value."""
    return PREVIEW_VARIABLE in os.environ
