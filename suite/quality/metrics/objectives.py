"""How well a linear model minimises what it is defined to minimise, from its coefficients and the training data.

Held-out quality hardly notices a solver that stops early; the objective does. Where the gap to the optimum can be had
without asking a solver, it is the metric: exact for squared errors, by the Newton decrement for logistic loss. Both
need one pass through the rows and nobody's word for the optimum. Elsewhere the objective itself is the metric, compared
with the reference's. Everything is in float64; formulas are scikit-learn's user guide's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import CHUNK_ROWS, Evidence, Floats, Metric, chunks
from suite.quality.metrics.moments import Penalty, moments, optimum
from suite.workloads.entry import Direction, Task

#: Rows from which the curvature is taken where there are more: it only scales the gap.
HESSIAN_ROWS = 20_000


def logistic_objective(evidence: Evidence) -> float:
    """Mean log-loss of the training rows plus penalty / (C n): what LogisticRegression minimises, over C n."""
    return float(_logistic(evidence)[0])


def logistic_objective_gap(evidence: Evidence) -> float:
    """Distance of that objective to its optimum, as a share of the objective, by the Newton decrement g H⁻¹ g / 2.

    Exact to second order (Boyd and Vandenberghe, Convex Optimization, 9.5.1). The gradient is that of all rows, the
    Hessian that of at most 20,000. For the L2 penalty or none.
    """
    value, gradient, probabilities, rows = _logistic(evidence)
    penalty, strength = _logistic_penalty(evidence)
    if penalty.l1:
        raise GarbageError("logistic_objective_gap is for the L2 penalty: judge by logistic_objective")
    hessian = _logistic_hessian(probabilities, rows)
    n_classes, width = gradient.shape
    ridge = np.zeros((n_classes, width))
    ridge[:, :-1] = penalty.l2 * strength
    hessian += np.diag(ridge.ravel())
    if not evidence.workload.params.get("fit_intercept", True):
        kept = np.tile(np.arange(width) < width - 1, n_classes)
        hessian, gradient = hessian[np.ix_(kept, kept)], gradient[:, :-1]
    flat = gradient.ravel()
    step = np.linalg.lstsq(hessian, flat, rcond=1e-12)[0]
    return float(flat @ step) / 2 / value


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
    if not free and intercept[0]:
        raise GarbageError(f"intercept_ is {intercept[0]:.3g} where the model has none")
    best = optimum(found, penalty)
    return (found.objective(coefficients[0], float(intercept[0]), penalty) - best) / best


def linear_svc_objective(evidence: Evidence) -> float:
    """Penalised hinge loss of LinearSVC over C n, summed over one class against the rest; the intercept is penalised.

    Source: Fan et al., LIBLINEAR (2008).
    """
    _of(evidence, "linear_svc_objective", "LinearSVC")
    params = evidence.workload.params
    X, y = evidence.data("X_train"), evidence.data("y_train")
    classes = np.unique(y)
    rows = 1 if len(classes) == 2 else len(classes)
    coefficients, intercept = _linear(evidence, rows, X.shape[1])
    positive = classes[1:] if rows == 1 else classes
    loss = 0.0
    for start, chunk in _numbered(X):
        sign = np.where(y[start : start + len(chunk), None] == positive, 1.0, -1.0)
        margin = np.maximum(0.0, 1.0 - sign * (chunk @ coefficients.T + intercept))
        loss += float((margin * margin if params.get("loss", "squared_hinge") == "squared_hinge" else margin).sum())
    return loss / len(X) + _liblinear_penalty(evidence, coefficients, intercept) / len(X)


def linear_svr_objective(evidence: Evidence) -> float:
    """Penalised error beyond epsilon of LinearSVR over C n; the intercept is penalised. Source: as LinearSVC's."""
    _of(evidence, "linear_svr_objective", "LinearSVR")
    params = evidence.workload.params
    X, y = evidence.data("X_train"), evidence.data("y_train")
    coefficients, intercept = _linear(evidence, 1, X.shape[1])
    loss = 0.0
    for start, chunk in _numbered(X):
        error = np.abs(y[start : start + len(chunk)] - (chunk @ coefficients[0] + intercept[0]))
        beyond = np.maximum(0.0, error - float(params.get("epsilon", 0.0)))
        squared = params.get("loss", "epsilon_insensitive") == "squared_epsilon_insensitive"
        loss += float((beyond * beyond if squared else beyond).sum())
    return loss / len(X) + _liblinear_penalty(evidence, coefficients, intercept) / len(X)


def poisson_objective(evidence: Evidence) -> float:
    """Half the mean Poisson deviance of the training rows plus alpha / 2 × the squared length of the coefficients."""
    from scipy.special import xlogy

    _of(evidence, "poisson_objective", "PoissonRegressor")
    X, y = evidence.data("X_train"), evidence.data("y_train")
    coefficients, intercept = _linear(evidence, 1, X.shape[1])
    loss = 0.0
    for start, chunk in _numbered(X):
        target = y[start : start + len(chunk)].astype(np.float64)
        log_mean = chunk @ coefficients[0] + intercept[0]
        loss += float((xlogy(target, target) - target * log_mean - target + np.exp(log_mean)).sum())
    length = float((coefficients * coefficients).sum())
    return loss / len(X) + float(evidence.workload.params.get("alpha", 1.0)) / 2 * length


def _of(evidence: Evidence, metric: str, *algorithms: str) -> None:
    if evidence.workload.algorithm not in algorithms:
        raise GarbageError(f"{metric} is of {' and '.join(algorithms)}, not of {evidence.workload.algorithm}")


def _linear(evidence: Evidence, rows: int, n_features: int) -> tuple[Floats, Floats]:
    """Return coefficients (rows, n_features) and intercepts (rows,); a single row may come flat."""
    flat = rows == 1 and np.ndim(evidence.products.get("coef_", ())) == 1
    coefficients = evidence.floats("coef_", (n_features,) if flat else (rows, n_features))
    scalar = rows == 1 and np.ndim(evidence.products.get("intercept_", ())) == 0
    intercept = evidence.floats("intercept_", () if scalar else (rows,))
    return coefficients.reshape(rows, n_features), intercept.reshape(rows)


def _numbered(X: NDArray[Any]) -> Iterator[tuple[int, Floats]]:
    """Go through the rows by `chunks`, each with the number of its first row."""
    return zip(range(0, len(X), CHUNK_ROWS), chunks(X), strict=True)


def _liblinear_penalty(evidence: Evidence, coefficients: Floats, intercept: Floats) -> float:
    """Return the penalty over C; the intercept is the weight of a feature of `intercept_scaling`."""
    params = evidence.workload.params
    last = intercept / float(params.get("intercept_scaling", 1.0))
    if params.get("penalty", "l2") == "l1":
        size = float(np.abs(coefficients).sum() + np.abs(last).sum())
    else:
        size = float((coefficients * coefficients).sum() + (last * last).sum()) / 2
    return size / float(params.get("C", 1.0))


def _squared_error_penalty(evidence: Evidence) -> Penalty:
    """Return the penalty of ½ the mean squared error."""
    _of(evidence, "squared_error_gap", "LinearRegression", "Ridge", "Lasso", "ElasticNet")
    params = evidence.workload.params
    if params.get("positive", False):
        raise GarbageError("squared_error_gap is for coefficients of either sign, not for positive=True")
    alpha = float(params.get("alpha", 1.0))
    match evidence.workload.algorithm:
        case "LinearRegression":
            return Penalty(0.0, 0.0)
        case "Ridge":
            return Penalty(0.0, alpha / evidence.dataset.n_samples)
        case "Lasso":
            return Penalty(alpha, 0.0)
    share = float(params.get("l1_ratio", 0.5))
    return Penalty(alpha * share, alpha * (1 - share))


def _logistic_penalty(evidence: Evidence) -> tuple[Penalty, float]:
    """Return the shares of both penalties, and what they are multiplied with: 1 / (C n)."""
    params = evidence.workload.params
    share = float(params.get("l1_ratio") or 0.0)
    penalty = params.get("penalty", "deprecated")
    if penalty in ("l1", "l2"):
        share = float(penalty == "l1")
    strength = 0.0 if penalty is None else 1.0 / float(params.get("C", 1.0)) / evidence.dataset.n_samples
    return Penalty(share, 1 - share), strength


def _logistic(evidence: Evidence) -> tuple[float, Floats, Floats, Floats]:
    """Return the objective, its smooth part's gradient (classes, features + 1), and of a sample of rows p and X.

    Two classes have one row of coefficients. The sample is scaled so that its sums are means over all rows.
    """
    _of(evidence, "the logistic objective", "LogisticRegression")
    if evidence.workload.params.get("class_weight") is not None:
        raise GarbageError("the logistic objective is of rows of equal weight, not for class_weight")
    X, y = evidence.data("X_train"), evidence.data("y_train")
    classes = np.unique(y)
    binary = len(classes) == 2
    coefficients, intercept = _linear(evidence, 1 if binary else len(classes), X.shape[1])
    loss, gradient = 0.0, np.zeros((len(intercept), X.shape[1] + 1))
    for start, chunk in _numbered(X):
        hit = y[start : start + len(chunk), None] == (classes[1:] if binary else classes)
        scores = chunk @ coefficients.T + intercept
        part, probabilities = _log_loss(scores, hit)
        loss += part
        gradient += (probabilities - hit).T @ _with_ones(chunk)
    penalty, strength = _logistic_penalty(evidence)
    size = penalty.of(coefficients)
    gradient /= len(X)
    gradient[:, :-1] += penalty.l2 * strength * coefficients
    rows = np.sort(np.random.default_rng(0).permutation(len(X))[:HESSIAN_ROWS])
    sample = X[rows].astype(np.float64)
    probabilities = _log_loss(sample @ coefficients.T + intercept, np.zeros((len(rows), len(intercept)), bool))[1]
    return loss / len(X) + strength * size, gradient, probabilities, _with_ones(sample) / np.sqrt(len(rows))


def _log_loss(scores: Floats, hit: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return the sum of the log-losses and the probabilities, of one class against another or of several."""
    from scipy.special import expit, log_softmax, softmax

    if scores.shape[1] == 1:
        return float(np.logaddexp(0.0, np.where(hit, -scores, scores)).sum()), expit(scores)
    return -float(log_softmax(scores, axis=1)[hit].sum()), softmax(scores, axis=1)


def _logistic_hessian(probabilities: Floats, rows: Floats) -> Floats:
    """Return the mean loss's second derivative by all coefficients, class after class."""
    n_classes, width = probabilities.shape[1], rows.shape[1]
    hessian = np.empty((n_classes, width, n_classes, width))
    for one in range(n_classes):
        for other in range(one, n_classes):
            weight = probabilities[:, one] * (float(one == other) - probabilities[:, other])
            block = rows.T @ (weight[:, None] * rows)
            hessian[one, :, other] = hessian[other, :, one] = block
    return hessian.reshape(n_classes * width, n_classes * width)


def _with_ones(rows: Floats) -> Floats:
    return np.hstack([rows, np.ones((len(rows), 1))])


_LOWER, _CLASSES, _VALUES = Direction.LOWER, (Task.CLASSIFICATION,), (Task.REGRESSION,)
_LINEAR = ("coef_", "intercept_")

METRICS: Mapping[str, Metric] = {
    "logistic_objective": Metric("penalised mean log-loss", _LOWER, _CLASSES, _LINEAR, logistic_objective),
    "logistic_objective_gap": Metric(
        "distance to the least penalised log-loss", _LOWER, _CLASSES, _LINEAR, logistic_objective_gap
    ),
    "linear_svc_objective": Metric("penalised mean hinge loss", _LOWER, _CLASSES, _LINEAR, linear_svc_objective),
    "squared_error_gap": Metric(
        "distance to the least penalised squared error", _LOWER, _VALUES, _LINEAR, squared_error_gap
    ),
    "linear_svr_objective": Metric(
        "penalised mean error beyond epsilon", _LOWER, _VALUES, _LINEAR, linear_svr_objective
    ),
    "poisson_objective": Metric("penalised mean Poisson deviance", _LOWER, _VALUES, _LINEAR, poisson_objective),
}
