"""Estimators of cuML whose fit first takes from the data what scikit-learn's takes from it, and cuML's does not.

Made by functions, for cuML is imported in workers only. The parameters are as they were after the fit.
"""

from __future__ import annotations

from typing import Any

from backends.protocol import Problem


def exact_class(cls: Any, problem: Problem) -> Any:
    """Return the class that solves this problem: cuML's own, or one derived from it."""
    if problem.algorithm == "KMeans":
        return _k_means(cls)
    if problem.algorithm == "SVC" and problem.n_classes > 2 and problem.params.get("gamma", "scale") == "scale":
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
    """Take gamma="scale" from all rows (`sklearn.svm._base`): cuML's pairs would each take it from their own."""

    def fit(self: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        variance = float(X.var())
        self.gamma = 1.0 / (X.shape[1] * variance) if variance else 1.0
        try:
            return cls.fit(self, X, y, sample_weight)
        finally:
            self.gamma = "scale"

    return type(cls.__name__, (cls,), {"fit": fit, "__module__": cls.__module__})
