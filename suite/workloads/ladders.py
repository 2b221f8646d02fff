"""How iterative algorithms are coarsened, step by step, for time to quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from suite.workloads.choice import Choice, Step
from suite.workloads.entry import Ladder, Operation, Workload
from suite.workloads.products import steps_of

#: Why a workload has no ladder, as what follows its name.
NO_ITERATIONS = "cannot be stopped early"
COARSEST = "is at its coarsest step already"
SEARCHED = "searches over what would be set step by step"
NOT_A_FIT: Mapping[Operation, str] = MappingProxyType(
    {
        Operation.PREDICT: "uses a model that is made once",
        Operation.PREDICT_ONE: "uses a model that is made once",
        Operation.WORKFLOW: "is a workflow, timed whole",
    }
)

#: Steps of about 1.5: the time to quality is known no better than the step.
_ITERATIONS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500)
#: Power iterations of a randomised decomposition: each sharpens the spectrum, none is what it starts from.
_POWER = (0, 1, 2, 3, 4, 5, 7, 10)


def _iterations(*values: int) -> Ladder:
    return Ladder(parameter="max_iter", values=values or _ITERATIONS)


def _tolerance(*values: float) -> Ladder:
    return Ladder(parameter="tol", values=values)


_KERNEL_MACHINE = _tolerance(1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)

#: Algorithm -> its ladder. Values at or beyond a workload's own are left out: its own is the last step. scikit-learn's
#: t-SNE does no less than 250 iterations; its kernel machines take an iteration for two rows, so there it is `tol`.
LADDERS: Mapping[str, Ladder] = MappingProxyType(
    {
        "LogisticRegression": _iterations(),
        "LinearSVC": _iterations(),
        "LinearSVR": _iterations(),
        "Lasso": _iterations(),
        "ElasticNet": _iterations(),
        "PoissonRegressor": _iterations(),
        "HuberRegressor": _iterations(),
        "SGDClassifier": _iterations(),
        "SGDRegressor": _iterations(),
        "Perceptron": _iterations(),
        "MLPClassifier": _iterations(),
        "MLPRegressor": _iterations(),
        "SVC": _KERNEL_MACHINE,
        "NuSVC": _KERNEL_MACHINE,
        "SVR": _KERNEL_MACHINE,
        "NuSVR": _KERNEL_MACHINE,
        "KMeans": _iterations(),
        "MiniBatchKMeans": _iterations(),
        "GaussianMixture": _iterations(),
        "NMF": _iterations(),
        "FastICA": _iterations(),
        "TSNE": _iterations(250, 300, 400, 500, 700),
        "UMAP": Ladder(parameter="n_epochs", values=_ITERATIONS),
        "PCA": Ladder(parameter="iterated_power", values=_POWER),
        "TruncatedSVD": Ladder(parameter="n_iter", values=_POWER),
        "HistGradientBoostingClassifier": _iterations(),
        "HistGradientBoostingRegressor": _iterations(),
        "GradientBoostingClassifier": Ladder(parameter="n_estimators", values=_ITERATIONS),
        "GradientBoostingRegressor": Ladder(parameter="n_estimators", values=_ITERATIONS),
    }
)


def ladder_of(workload: Workload) -> Ladder | None:
    """Return the workload's ladder with its own value as the last step; None if it has none.

    That of a pipeline is its last step's, that of a search the one of what is searched. What the workload leaves to the
    estimator has scikit-learn's default as its own value.
    """
    found = _ladder_or_reason(workload)
    return found if isinstance(found, Ladder) else None


def _ladder_or_reason(workload: Workload) -> Ladder | str:
    if workload.operation is not Operation.FIT:
        return NOT_A_FIT[workload.operation]
    last = steps_of(workload)[-1]
    ladder = workload.ladder or LADDERS.get(last.algorithm)
    if ladder is None:
        return NO_ITERATIONS
    if any(name.rpartition("__")[2] == ladder.parameter for name in workload.params.get("param_grid", ())):
        return SEARCHED
    own = last.params.get(ladder.parameter)
    if own is None:
        own = _default(last.algorithm, ladder.parameter)
    if isinstance(own, bool) or not isinstance(own, int | float):
        return NO_ITERATIONS
    rising = len(ladder.values) < 2 or ladder.values[-1] > ladder.values[0]
    coarser = tuple(value for value in ladder.values if (value < own if rising else value > own))
    return Ladder(parameter=ladder.parameter, values=(*coarser, own)) if coarser else COARSEST


def stepped(chosen: Iterable[Choice]) -> tuple[list[Choice], dict[str, str]]:
    """Return a choice for every step of every ladder, the coarse ones first; and why the others have none, by name.

    A step is the workload with one parameter set, and is named so: `kmeans[max_iter=5]`.
    """
    steps: list[Choice] = []
    without: dict[str, str] = {}
    for choice in chosen:
        ladder = _ladder_or_reason(choice.workload)
        if isinstance(ladder, str):
            without[choice.workload.name] = ladder
        else:
            steps += [_step(choice, ladder, index) for index in range(len(ladder.values))]
    return steps, without


def _step(choice: Choice, ladder: Ladder, index: int) -> Choice:
    workload, value, own = choice.workload, ladder.values[index], ladder.values[-1]
    share = value / own if isinstance(value, int) and own > 0 else 1.0
    fit_s = {size: seconds * max(0.1, share) for size, seconds in workload.fit_s.items()}
    named = f"{workload.name}[{ladder.parameter}={value:g}]"
    params = _with_last(workload.algorithm, workload.params, {ladder.parameter: value})
    step = Step(workload=workload.name, parameter=ladder.parameter, value=value, index=index, of=len(ladder.values))
    return replace(choice, workload=replace(workload, name=named, params=params, fit_s=fit_s), step=step)


def _with_last(algorithm: str, params: Mapping[str, Any], changed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parameters with those of the last estimator within changed, or its own if nothing is within."""

    def within(part: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**part, "params": _with_last(part["algorithm"], part.get("params", {}), changed)}

    match algorithm:
        case "Pipeline":
            *others, last = params["steps"]
            return {**params, "steps": [*others, within(last)]}
        case "GridSearchCV":
            return {**params, "estimator": within(params["estimator"])}
        case _:
            return {**params, **changed}


def _default(algorithm: str, parameter: str) -> object:
    """Return scikit-learn's default of a parameter; None if the class or the parameter is not there."""
    from importlib import import_module
    from inspect import signature

    from backends.algorithms import ALGORITHMS

    entry = ALGORITHMS.get(algorithm)
    cls = getattr(import_module(entry.module), algorithm, None) if entry else None
    found = signature(cls.__init__).parameters.get(parameter) if cls else None
    return found.default if found else None
