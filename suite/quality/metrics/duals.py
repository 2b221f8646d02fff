"""How well a support vector machine solves its dual problem, from its dual coefficients and the training data.

The value is the dual objective of Chang and Lin (LIBSVM, 2011, sections 2.1 to 2.5), to be minimised, divided by the
training rows; of more than two classes the sum over all pairs, each a problem of its own (section 7). Coefficients
outside the constraints do not count beyond them; those that break an equality are no solution. The time goes as the
square of the number of support vectors, the memory does not.

The gap between the primal and the dual objective needs no other engine's solution, and compares across strengths. It
takes the kernel of all training rows with the support vectors.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Floats, Metric, chunks
from suite.workloads.entry import Direction, Task

#: Rows whose kernel values with all support vectors are in memory at once.
BLOCK_ROWS = 512
#: How far from zero the coefficients may sum, as a share of the sum of their absolute values: float32 is at 1e-6.
BALANCE = 1e-3

Rows = NDArray[np.int64]


def svc_dual_objective(evidence: Evidence) -> float:
    """Dual objective of SVC or NuSVC: ½ βᵀKβ - Σ|β| with β = yα, or ½ βᵀKβ at Σ|β| = νn; of all pairs of classes."""
    _of(evidence, "svc_dual_objective", "SVC", "NuSVC")
    beta, rows = _classifiers(evidence)
    linear = float(np.abs(beta).sum()) if evidence.workload.algorithm == "SVC" else 0.0
    return (_quadratic(evidence, beta, rows) / 2 - linear) / evidence.dataset.n_samples


def svc_duality_gap(evidence: Evidence) -> float:
    """How far SVC's primal objective is above the dual one, as a share of it: the optimum lies between both.

    The primal one is that of the weights that the dual coefficients stand for, with the intercept that suits them best.
    """
    _of(evidence, "svc_duality_gap", "SVC")
    beta, rows = _classifiers(evidence)
    scores = _scores(evidence, beta, rows, np.arange(evidence.dataset.n_samples))
    widths = (beta * scores[rows]).sum(axis=0)
    classes, owner = np.unique(evidence.data("y_train"), return_inverse=True)
    losses = 0.0
    for pair, (first, second) in enumerate(combinations(range(len(classes)), 2)):
        own = (owner == first) | (owner == second)
        losses += _hinge(np.where(owner[own] == second, 1.0, -1.0), scores[own, pair])
    primal = float(widths.sum()) / 2 + float(evidence.workload.params.get("C", 1.0)) * losses
    dual = float(np.abs(beta).sum()) - float(widths.sum()) / 2
    return float((primal - dual) / primal)


def _hinge(sign: Floats, scores: Floats) -> float:
    """Return the sum of the hinge losses with the best intercept b.

    A row adds what b falls short of a border, or exceeds it; each border that b passes adds 1 to the slope, which
    begins at minus the number of positive rows.
    """
    borders = sign - scores
    positive = int((sign > 0).sum())
    best = np.partition(borders, positive - 1)[positive - 1]
    return float(np.maximum(0.0, sign * (borders - best)).sum())


def _classifiers(evidence: Evidence) -> tuple[Floats, Rows]:
    """Return β of every pair of classes (support vectors, pairs), within its bounds, and the support vectors' rows.

    A support vector has a row of coefficients for every other class, in the order of the classes: LIBSVM's layout.
    """
    params, y = evidence.workload.params, evidence.data("y_train")
    if params.get("class_weight") is not None:
        raise GarbageError("the dual objective of SVC is of classes of equal weight, not for class_weight")
    classes, sizes = np.unique(y, return_counts=True)
    coefficients, rows = _dual(evidence, len(classes) - 1)
    owner = np.searchsorted(classes, y[rows])
    found = []
    for first, second in combinations(range(len(classes)), 2):
        sides = [owner == first, owner == second]
        beta = _balanced(np.select(sides, [coefficients[second - 1], coefficients[first]]))
        sign = np.select(sides, [-1.0, 1.0])
        alpha = sign * beta if float(sign @ beta) >= 0 else -sign * beta
        bound = float(params.get("C", 1.0))
        if evidence.workload.algorithm == "NuSVC":
            share, bound = float(params.get("nu", 0.5)) * (sizes[first] + sizes[second]), 1.0
            alpha = np.maximum(alpha, 0.0)
            alpha *= share / alpha.sum()  # LIBSVM divides by the margin's width
        found.append(sign * np.clip(alpha, 0.0, bound))
    return np.column_stack(found), rows


def svr_dual_objective(evidence: Evidence) -> float:
    """Dual objective of SVR or NuSVR: ½ βᵀKβ - βᵀy + ε Σ|β|, or without ε at Σ|β| ≤ Cνn."""
    _of(evidence, "svr_dual_objective", "SVR", "NuSVR")
    coefficients, rows = _dual(evidence, 1)
    beta = _balanced(coefficients[0])
    params, y = evidence.workload.params, evidence.data("y_train")
    bound = float(params.get("C", 1.0))
    beta = np.clip(beta, -bound, bound)
    epsilon = float(params.get("epsilon", 0.1))
    if evidence.workload.algorithm == "NuSVR":
        epsilon = 0.0
        beta *= min(1.0, bound * float(params.get("nu", 0.5)) * len(y) / float(np.abs(beta).sum()))
    fit = float(beta @ y[rows].astype(np.float64)) - epsilon * float(np.abs(beta).sum())
    return (_quadratic(evidence, beta[:, None], rows) / 2 - fit) / len(y)


def _of(evidence: Evidence, metric: str, *algorithms: str) -> None:
    if evidence.workload.algorithm not in algorithms:
        raise GarbageError(f"{metric} is of {' and '.join(algorithms)}, not of {evidence.workload.algorithm}")


def _dual(evidence: Evidence, outputs: int) -> tuple[Floats, Rows]:
    """Return the dual coefficients (outputs, support vectors), and the training rows that they belong to."""
    n = evidence.dataset.n_samples
    given = np.asarray(evidence.products.get("support_", ()))
    rows = evidence.labels("support_", given.size)
    if not len(rows) or rows.min() < 0 or rows.max() >= n or len(np.unique(rows)) < len(rows):
        raise GarbageError(f"support_ is not a choice of some of the {n} training rows")
    size = np.size(evidence.products["dual_coef_"]) if "dual_coef_" in evidence.products else outputs * len(rows)
    if size != outputs * len(rows):
        raise GarbageError(f"support_ has {len(rows)} rows, dual_coef_ {size} coefficients, not {outputs} for each")
    return evidence.floats("dual_coef_", (outputs, len(rows))), rows


def _balanced(beta: Floats) -> Floats:
    """Return the coefficients of one problem, which must sum to zero."""
    total = float(np.abs(beta).sum())
    if not total or abs(float(beta.sum())) > BALANCE * total:
        raise GarbageError(f"dual_coef_ sums to {beta.sum():.3g} instead of 0, the absolute values to {total:.3g}")
    return beta


def _quadratic(evidence: Evidence, beta: Floats, rows: Rows) -> float:
    """Return βᵀKβ, summed over the problems: beta is (support vectors, problems)."""
    return float((beta * _scores(evidence, beta, rows, rows)).sum())


def _scores(evidence: Evidence, beta: Floats, rows: Rows, at: Rows) -> Floats:
    """Return Kβ (rows, problems) at some of the training rows, block by block."""
    from sklearn.metrics.pairwise import pairwise_kernels

    params = evidence.workload.params
    kernel = str(params.get("kernel", "rbf"))
    given: dict[str, Any] = {"degree": int(params.get("degree", 3)), "coef0": float(params.get("coef0", 0.0))}
    if kernel != "linear":
        given["gamma"] = _gamma(evidence)
    X = evidence.data("X_train")
    vectors = X[rows].astype(np.float64)
    found = np.empty((len(at), beta.shape[1]))
    for start in range(0, len(at), BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS)
        some = X[at[part]].astype(np.float64)
        found[part] = pairwise_kernels(some, vectors, metric=kernel, filter_params=True, **given) @ beta
    return found


def _gamma(evidence: Evidence) -> float:
    """Return the kernel's width: a number, or from the features ("auto") and their variance ("scale")."""
    gamma = evidence.workload.params.get("gamma", "scale")
    if not isinstance(gamma, str):
        return float(gamma)
    X = evidence.data("X_train")
    rows, width = map(int, X.shape)
    if gamma == "auto":
        return 1.0 / width
    mean = sum(float(chunk.sum()) for chunk in chunks(X)) / (rows * width)
    variance = sum(float(((chunk - mean) ** 2).sum()) for chunk in chunks(X)) / (rows * width)
    return 1.0 / (width * variance) if variance else 1.0


_SUPPORT = ("dual_coef_", "support_")

METRICS: Mapping[str, Metric] = {
    "svc_dual_objective": Metric(
        "dual objective a row", Direction.LOWER, (Task.CLASSIFICATION,), _SUPPORT, svc_dual_objective
    ),
    "svc_duality_gap": Metric(
        "distance of the primal from the dual objective",
        Direction.LOWER,
        (Task.CLASSIFICATION,),
        _SUPPORT,
        svc_duality_gap,
    ),
    "svr_dual_objective": Metric(
        "dual objective a row", Direction.LOWER, (Task.REGRESSION,), _SUPPORT, svr_dual_objective
    ),
}
