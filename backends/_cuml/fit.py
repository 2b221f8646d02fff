"""Estimators of cuML whose fit first takes from the data what scikit-learn's takes from it, and cuML's does not.

Made by functions, for cuML is imported in workers only. The parameters are as they were after the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import isqrt
from typing import Any

from backends._cuml.device import to_host
from backends.protocol import Problem


def exact_class(cls: Any, problem: Problem) -> Any:
    """Return the class that solves this problem: cuML's own, or one derived from it."""
    if problem.algorithm == "KMeans":
        return _k_means(cls)
    if problem.algorithm == "SVC" and problem.n_classes > 2:
        return _multi_class_svc(cls)
    return cls


def _k_means(cls: Any) -> Any:
    """Scale `tol` by the mean variance of the features (`sklearn.cluster._kmeans._tolerance`): cuML's is absolute."""

    def fit(self: Any, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        tol = self.tol
        self.tol = tol * float(X.var(axis=0).mean())
        try:
            return cls.fit(self, X, y, sample_weight)
        finally:
            self.tol = tol

    return type(cls.__name__, (cls,), {"fit": fit, "__module__": cls.__module__})


def _multi_class_svc(cls: Any) -> Any:
    """Take gamma="scale" from all rows (`sklearn.svm._base`): cuML's pairs would each take it from their own.

    The pairs' coefficients are to be had in scikit-learn's layout, for cuML gives those of two classes only.
    """

    def fit(self: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        if self.gamma != "scale":
            return cls.fit(self, X, y, sample_weight)
        variance = float(X.var())
        self.gamma = 1.0 / (X.shape[1] * variance) if variance else 1.0
        try:
            return cls.fit(self, X, y, sample_weight)
        finally:
            self.gamma = "scale"

    def machines(self: Any) -> list[tuple[Any, Any]]:
        wrapper = getattr(self._multiclass, "multiclass_estimator", self._multiclass)
        return [(to_host(one.support_), to_host(one.dual_coef_)) for one in wrapper.estimators_]

    return type(
        cls.__name__,
        (cls,),
        {
            "fit": fit,
            "support_": property(lambda self: one_against_one(machines(self))[0]),
            "dual_coef_": property(lambda self: one_against_one(machines(self))[1]),
            "__module__": cls.__module__,
        },
    )


def one_against_one(machines: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """Return the support vectors' rows and coefficients (classes - 1, support vectors) of the machines of all pairs.

    Of each machine its support vectors' rows and coefficients, which are negative for the first class of its pair.
    A support vector has a row for every other class, in the order of the classes, and is positive for the first of a
    pair: LIBSVM's layout.
    """
    import numpy as np

    found = [(np.asarray(support).ravel(), np.asarray(dual).ravel()) for support, dual in machines]
    classes = (1 + isqrt(1 + 8 * len(found))) // 2
    rows = np.unique(np.concatenate([support for support, _ in found]))
    coefficients = np.zeros((classes - 1, len(rows)))
    for (first, second), (support, dual) in zip(combinations(range(classes), 2), found, strict=True):
        coefficients[np.where(dual < 0, second - 1, first), np.searchsorted(rows, support)] = -dual
    return rows, coefficients
