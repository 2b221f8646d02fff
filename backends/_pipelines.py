"""Pipelines and searches as a user writes them: scikit-learn's Pipeline and GridSearchCV around an engine's estimators.

An estimator within another is written `{"algorithm": "PCA", "params": {"n_components": 20}}`. Each is made by the
backend itself, so that a step which the engine lacks makes the whole unsupported, with that step's reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType
from typing import Any

from backends._estimators import build
from backends.protocol import Algorithm, Backend, Estimator, Offer, Problem, UnsupportedError

#: What is made of other algorithms; not among `backends.algorithms`, for an engine has what it has the parts of.
COMPOSED: Mapping[str, Algorithm] = MappingProxyType(
    {
        "Pipeline": Algorithm("Pipeline", "sklearn.pipeline", "classification"),
        "GridSearchCV": Algorithm("GridSearchCV", "sklearn.model_selection", "classification"),
    }
)


def offer_of(algorithm: str) -> Offer:
    """Return the offer of an engine whose estimators fit into scikit-learn's pipelines."""
    return Offer(f"{COMPOSED[algorithm].module}.{algorithm}", note="of the engine's own estimators")


def parts(algorithm: str, params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the algorithms of which this one is made, itself if of none."""
    if algorithm not in COMPOSED:
        yield algorithm
    for part in (*params.get("steps", ()), *filter(None, [params.get("estimator")])) if algorithm in COMPOSED else ():
        yield from parts(part["algorithm"], part.get("params", {}))


def composed(
    backend: Backend, problem: Problem, *, made: Callable[[Estimator], None] = lambda _: None, jobs: int = 1
) -> Estimator:
    """Return the pipeline or search.

    Parameters
    ----------
    made
        Told of every estimator that the backend makes, in order.
    jobs
        Fits that a search runs at a time, each in a thread: for estimators that use one thread and let others run.

    Raises
    ------
    UnsupportedError
        If the engine cannot honour one of the parts.
    """
    if problem.algorithm == "Pipeline":
        return _pipeline(backend, problem, made)
    from sklearn.model_selection import StratifiedKFold

    params = dict(problem.params)
    folds = params.get("cv", 5)
    within = replace(problem, n_samples=problem.n_samples * (folds - 1) // folds)
    params["estimator"] = _part(backend, within, params["estimator"], made)
    params["cv"] = StratifiedKFold(folds)
    search = build(_search_class(), params, backend.title)
    return search.set_params(n_jobs=jobs)


def _pipeline(backend: Backend, problem: Problem, made: Callable[[Estimator], None]) -> Estimator:
    from sklearn.pipeline import make_pipeline

    unknown = set(problem.params) - {"steps"}
    if unknown:
        raise UnsupportedError(f"Pipeline: {min(unknown)!r} cannot be set")
    steps, step = [], problem
    for part in problem.params["steps"]:
        steps.append(_part(backend, step, part, made))
        width = part.get("params", {}).get("n_components")
        step = replace(step, n_features=width if isinstance(width, int) else step.n_features)
    return make_pipeline(*steps)


def _part(backend: Backend, problem: Problem, part: Mapping[str, Any], made: Callable[[Estimator], None]) -> Estimator:
    """Return the estimator of one part; it is told of unless it is made of parts itself."""
    inner = replace(problem, algorithm=part["algorithm"], params=part.get("params", {}))
    if inner.algorithm in COMPOSED:
        return composed(backend, inner, made=made)
    estimator = backend.estimator(inner)
    made(estimator)
    return estimator


def _search_class() -> Any:
    """Return GridSearchCV with its jobs in threads, which share the data and stay within the worker's account."""
    from sklearn.model_selection import GridSearchCV

    threading = import_module("joblib").parallel_config

    def fit(self: Any, X: Any, y: Any = None, **params: Any) -> Any:
        with threading("threading"):
            return GridSearchCV.fit(self, X, y, **params)

    made: Any = type("GridSearchCV", (GridSearchCV,), {"__module__": GridSearchCV.__module__})
    made.fit = fit  # set now, for scikit-learn wraps the methods that a class statement defines
    return made
