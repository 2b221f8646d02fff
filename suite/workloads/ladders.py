"""How iterative algorithms are coarsened, step by step, for time to quality."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from suite.workloads.choice import Choice, Step
from suite.workloads.entry import Ladder, Operation, Workload

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
    """Return the workload's ladder with its own value as the last step; None if it is not one of iterations.

    What the workload leaves to the estimator has scikit-learn's default as its own value.
    """
    ladder = workload.ladder or LADDERS.get(workload.algorithm)
    if ladder is None or workload.operation is not Operation.FIT:
        return None
    own = workload.params.get(ladder.parameter)
    if own is None:
        own = _default(workload.algorithm, ladder.parameter)
    if isinstance(own, bool) or not isinstance(own, int | float):
        return None
    rising = len(ladder.values) < 2 or ladder.values[-1] > ladder.values[0]
    coarser = tuple(value for value in ladder.values if (value < own if rising else value > own))
    return Ladder(parameter=ladder.parameter, values=(*coarser, own)) if coarser else None


def stepped(chosen: Iterable[Choice]) -> tuple[list[Choice], list[str]]:
    """Return a choice for every step of every ladder, the coarse ones first, and the workloads that have none.

    A step is the workload with one parameter set, and is named so: `kmeans[max_iter=5]`.
    """
    steps: list[Choice] = []
    without: dict[str, None] = {}
    for choice in chosen:
        ladder = ladder_of(choice.workload)
        if ladder is None:
            without[choice.workload.name] = None
        else:
            steps += [_step(choice, ladder, index) for index in range(len(ladder.values))]
    return steps, list(without)


def _step(choice: Choice, ladder: Ladder, index: int) -> Choice:
    workload, value, own = choice.workload, ladder.values[index], ladder.values[-1]
    share = value / own if isinstance(value, int) and own > 0 else 1.0
    fit_s = {size: seconds * max(0.1, share) for size, seconds in workload.fit_s.items()}
    named = f"{workload.name}[{ladder.parameter}={value:g}]"
    params = {**workload.params, ladder.parameter: value}
    step = Step(workload=workload.name, parameter=ladder.parameter, value=value, index=index, of=len(ladder.values))
    return replace(choice, workload=replace(workload, name=named, params=params, fit_s=fit_s), step=step)


def _default(algorithm: str, parameter: str) -> object:
    """Return scikit-learn's default of a parameter; None if the class or the parameter is not there."""
    from importlib import import_module
    from inspect import signature

    from backends.algorithms import ALGORITHMS

    entry = ALGORITHMS.get(algorithm)
    cls = getattr(import_module(entry.module), algorithm, None) if entry else None
    found = signature(cls.__init__).parameters.get(parameter) if cls else None
    return found.default if found else None
