"""How well a linear model minimises what it is defined to minimise, from its coefficients and the training data.

Held-out quality hardly notices a solver that stops early; the objective does. The gap to the optimum is had without
asking a solver: exact for squared errors, by the Newton decrement for other smooth losses. Both need one pass through
the rows and nobody's word for the optimum. The objective itself is a metric too, compared with the reference's, for
losses that have a kink. Everything is in float64; formulas are scikit-learn's user guide's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Floats, Metric
from suite.quality.metrics.losses import BeyondEpsilon, Hinge, LogLoss, PoissonDeviance
from suite.quality.metrics.moments import NO_PENALTY, Penalty, moments, optimum
from suite.quality.metrics.newton import Linear
from suite.workloads.entry import Direction, Task


def logistic(evidence: Evidence) -> Linear:
    """Mean log-loss of the training rows plus penalty / (C n): what LogisticRegression minimises, over C n."""
    _of(evidence, "the logistic objective", "LogisticRegression")
    params = evidence.workload.params
    if params.get("class_weight") is not None:
        raise GarbageError("the logistic objective is of rows of equal weight, not for class_weight")
    X, y = evidence.data("X_train"), evidence.data("y_train")
    classes = np.unique(y)
    coefficients, intercepts = _linear(evidence, 1 if len(classes) == 2 else len(classes), X.shape[1])
    free = bool(params.get("fit_intercept", True))
    return Linear(X, y, LogLoss(classes), coefficients, intercepts, _logistic_penalty(evidence), free=free)


def linear_svc(evidence: Evidence) -> Linear:
    """Penalised hinge loss of LinearSVC over C n, summed over one class against the rest; the intercept is penalised.

    Source: Fan et al., LIBLINEAR (2008).
    """
    _of(evidence, "the hinge objective", "LinearSVC")
    classes = np.unique(evidence.data("y_train"))
    positive = classes[1:] if len(classes) == 2 else classes
    squared = evidence.workload.params.get("loss", "squared_hinge") == "squared_hinge"
    return _liblinear(evidence, Hinge(positive, squared), outputs=len(positive))


def linear_svr(evidence: Evidence) -> Linear:
    """Penalised error beyond epsilon of LinearSVR over C n; the intercept is penalised. Source: as LinearSVC's."""
    _of(evidence, "the objective beyond epsilon", "LinearSVR")
    params = evidence.workload.params
    squared = params.get("loss", "epsilon_insensitive") == "squared_epsilon_insensitive"
    return _liblinear(evidence, BeyondEpsilon(float(params.get("epsilon", 0.0)), squared), outputs=1)


def poisson(evidence: Evidence) -> Linear:
    """Half the mean Poisson deviance of the training rows plus alpha / 2 × the squared length of the coefficients."""
    _of(evidence, "the Poisson objective", "PoissonRegressor")
    X, y, params = evidence.data("X_train"), evidence.data("y_train"), evidence.workload.params
    penalty = Penalty(0.0, float(params.get("alpha", 1.0)))
    free = bool(params.get("fit_intercept", True))
    return Linear(X, y, PoissonDeviance(), *_linear(evidence, 1, X.shape[1]), penalty, free=free)


def squared_error_gap(evidence: Evidence) -> float:
    """Distance of the penalised squared error to its optimum, as a share of the optimum.

    For LinearRegression, Ridge, Lasso and ElasticNet. The optimum is computed once a data set from the second moments
    of its rows: that costs about one fit by the normal equations.
    """
    workload = evidence.workload
    penalty = _squared_error_penalty(evidence)
    free = bool(workload.params.get("fit_intercept", True))
    found = moments(evidence, centred=free)
    coefficients, intercept = _linear(evidence, 1, found.n_features)
    best = optimum(found, penalty)
    return (found.objective(coefficients[0], float(intercept[0]), penalty) - best) / best


def _of(evidence: Evidence, metric: str, *algorithms: str) -> None:
    if evidence.workload.algorithm not in algorithms:
        raise GarbageError(f"{metric} is of {' and '.join(algorithms)}, not of {evidence.workload.algorithm}")


def _linear(evidence: Evidence, rows: int, n_features: int) -> tuple[Floats, Floats]:
    """Return coefficients (rows, n_features) and intercepts (rows,); a single row may come flat."""
    flat = rows == 1 and np.ndim(evidence.products.get("coef_", ())) == 1
    coefficients = evidence.floats("coef_", (n_features,) if flat else (rows, n_features))
    scalar = rows == 1 and np.ndim(evidence.products.get("intercept_", ())) == 0
    intercept = evidence.floats("intercept_", () if scalar else (rows,))
    if intercept.any() and not evidence.workload.params.get("fit_intercept", True):
        raise GarbageError(f"intercept_ is {intercept.max():.3g} where the model has none")
    return coefficients.reshape(rows, n_features), intercept.reshape(rows)


def _liblinear(evidence: Evidence, loss: Hinge | BeyondEpsilon, outputs: int) -> Linear:
    """Return what liblinear minimises, over C n; the intercept is the weight of a feature of `intercept_scaling`."""
    X, y, params = evidence.data("X_train"), evidence.data("y_train"), evidence.workload.params
    strength = 1.0 / float(params.get("C", 1.0)) / len(X)
    feature = float(params.get("intercept_scaling", 1.0))
    sparse = params.get("penalty", "l2") == "l1"
    penalty = Penalty(strength, 0.0) if sparse else Penalty(0.0, strength)
    anchor = Penalty(penalty.l1 / feature, penalty.l2 / feature**2)
    free = bool(params.get("fit_intercept", True))
    return Linear(X, y, loss, *_linear(evidence, outputs, X.shape[1]), penalty, anchor, free)


def _squared_error_penalty(evidence: Evidence) -> Penalty:
    """Return the penalty of ½ the mean squared error."""
    _of(evidence, "squared_error_gap", "LinearRegression", "Ridge", "Lasso", "ElasticNet")
    params = evidence.workload.params
    if params.get("positive", False):
        raise GarbageError("squared_error_gap is for coefficients of either sign, not for positive=True")
    alpha = float(params.get("alpha", 1.0))
    match evidence.workload.algorithm:
        case "LinearRegression":
            return NO_PENALTY
        case "Ridge":
            return Penalty(0.0, alpha / evidence.dataset.n_samples)
        case "Lasso":
            return Penalty(alpha, 0.0)
    share = float(params.get("l1_ratio", 0.5))
    return Penalty(alpha * share, alpha * (1 - share))


def _logistic_penalty(evidence: Evidence) -> Penalty:
    """Return the penalty over C n."""
    params = evidence.workload.params
    share = float(params.get("l1_ratio") or 0.0)
    penalty = params.get("penalty", "deprecated")
    if penalty in ("l1", "l2"):
        share = float(penalty == "l1")
    strength = 0.0 if penalty is None else 1.0 / float(params.get("C", 1.0)) / evidence.dataset.n_samples
    return Penalty(share * strength, (1 - share) * strength)


_LOWER, _CLASSES, _VALUES = Direction.LOWER, (Task.CLASSIFICATION,), (Task.REGRESSION,)
_LINEAR = ("coef_", "intercept_")


def _metrics(name: str, problem: Callable[[Evidence], Linear], loss: str, tasks: tuple[Task, ...]) -> dict[str, Metric]:
    """Return the metric of an objective, and that of its gap."""
    about = f"penalised mean {loss}", f"distance to the least penalised {loss}"
    return {
        name: Metric(about[0], _LOWER, tasks, _LINEAR, lambda evidence: problem(evidence).objective()),
        f"{name}_gap": Metric(about[1], _LOWER, tasks, _LINEAR, lambda evidence: problem(evidence).gap()),
    }


METRICS: Mapping[str, Metric] = {
    **_metrics("logistic_objective", logistic, "log-loss", _CLASSES),
    **_metrics("linear_svc_objective", linear_svc, "hinge loss", _CLASSES),
    **_metrics("linear_svr_objective", linear_svr, "error beyond epsilon", _VALUES),
    **_metrics("poisson_objective", poisson, "Poisson deviance", _VALUES),
    "squared_error_gap": Metric(
        "distance to the least penalised squared error", _LOWER, _VALUES, _LINEAR, squared_error_gap
    ),
}
