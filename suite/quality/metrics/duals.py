"""How well a support vector machine solves its dual problem, from its dual coefficients and the training data.

The value is the dual objective of Chang and Lin (LIBSVM, 2011, sections 2.1 to 2.5), to be minimised, divided by the
training rows. Coefficients outside the constraints do not count beyond them; those that break an equality are no
solution. The time goes as the square of the number of support vectors, the memory does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from suite.quality import GarbageError
from suite.quality.evidence import Evidence, Floats, Metric, chunks
from suite.workloads.entry import Direction, Task

#: Support vectors whose kernel values with all others are in memory at once.
BLOCK_ROWS = 512
#: How far from zero the coefficients may sum, as a share of the sum of their absolute values: float32 is at 1e-6.
BALANCE = 1e-3


def svc_dual_objective(evidence: Evidence) -> float:
    """Dual objective of SVC or NuSVC of two classes: ½ βᵀKβ - Σ|β| with β = yα, or ½ βᵀKβ at Σ|β| = νn."""
    _of(evidence, "svc_dual_objective", "SVC", "NuSVC")
    if evidence.dataset.n_classes != 2 or evidence.workload.params.get("class_weight") is not None:
        raise GarbageError("svc_dual_objective is for two classes of equal weight")
    beta, rows = _dual(evidence)
    params, y = evidence.workload.params, evidence.data("y_train")
    sign = np.where(y[rows] == y.max(), 1.0, -1.0)
    alpha = sign * beta if float(sign @ beta) >= 0 else -sign * beta
    if evidence.workload.algorithm == "NuSVC":
        alpha = np.maximum(alpha, 0.0)
        alpha *= float(params.get("nu", 0.5)) * len(y) / alpha.sum()  # LIBSVM divides by the margin's width
        linear, bound = 0.0, 1.0
    else:
        linear, bound = 1.0, float(params.get("C", 1.0))
    alpha = np.clip(alpha, 0.0, bound)
    return (_quadratic(evidence, sign * alpha, rows) / 2 - linear * float(alpha.sum())) / len(y)


def svr_dual_objective(evidence: Evidence) -> float:
    """Dual objective of SVR or NuSVR: ½ βᵀKβ - βᵀy + ε Σ|β|, or without ε at Σ|β| ≤ Cνn."""
    _of(evidence, "svr_dual_objective", "SVR", "NuSVR")
    beta, rows = _dual(evidence)
    params, y = evidence.workload.params, evidence.data("y_train")
    bound = float(params.get("C", 1.0))
    beta = np.clip(beta, -bound, bound)
    epsilon = float(params.get("epsilon", 0.1))
    if evidence.workload.algorithm == "NuSVR":
        epsilon = 0.0
        beta *= min(1.0, bound * float(params.get("nu", 0.5)) * len(y) / float(np.abs(beta).sum()))
    fit = float(beta @ y[rows].astype(np.float64)) - epsilon * float(np.abs(beta).sum())
    return (_quadratic(evidence, beta, rows) / 2 - fit) / len(y)


def _of(evidence: Evidence, metric: str, *algorithms: str) -> None:
    if evidence.workload.algorithm not in algorithms:
        raise GarbageError(f"{metric} is of {' and '.join(algorithms)}, not of {evidence.workload.algorithm}")


def _dual(evidence: Evidence) -> tuple[Floats, Any]:
    """Return the dual coefficients, and the training rows that they belong to."""
    n = evidence.dataset.n_samples
    given = np.asarray(evidence.products.get("support_", ()))
    rows = evidence.labels("support_", given.size)
    if not len(rows) or rows.min() < 0 or rows.max() >= n or len(np.unique(rows)) < len(rows):
        raise GarbageError(f"support_ is not a choice of some of the {n} training rows")
    coefficients = np.size(evidence.products.get("dual_coef_", rows))
    if coefficients != len(rows):
        raise GarbageError(f"support_ has {len(rows)} rows, dual_coef_ {coefficients} coefficients")
    beta = evidence.floats("dual_coef_", (1, len(rows)))[0]
    total = float(np.abs(beta).sum())
    if not total or abs(float(beta.sum())) > BALANCE * total:
        raise GarbageError(f"dual_coef_ sums to {beta.sum():.3g} instead of 0, the absolute values to {total:.3g}")
    return beta, rows


def _quadratic(evidence: Evidence, beta: Floats, rows: Any) -> float:
    """Return βᵀKβ, block by block."""
    from sklearn.metrics.pairwise import pairwise_kernels

    params = evidence.workload.params
    kernel = str(params.get("kernel", "rbf"))
    given: dict[str, Any] = {"degree": int(params.get("degree", 3)), "coef0": float(params.get("coef0", 0.0))}
    if kernel != "linear":
        given["gamma"] = _gamma(evidence)
    X = evidence.data("X_train")[rows].astype(np.float64)
    total = 0.0
    for start in range(0, len(X), BLOCK_ROWS):
        part = slice(start, start + BLOCK_ROWS)
        block = pairwise_kernels(X[part], X, metric=kernel, filter_params=True, **given)
        total += float(beta[part] @ block @ beta)
    return total


def _gamma(evidence: Evidence) -> float:
    """Return the kernel's width: a number, or from the features ("auto") and their variance ("scale")."""
    gamma = evidence.workload.params.get("gamma", "scale")
    if not isinstance(gamma, str):
        return float(gamma)
    X = evidence.data("X_train")
    if gamma == "auto":
        return 1.0 / evidence.dataset.n_features
    mean = sum(float(chunk.sum()) for chunk in chunks(X)) / X.size
    variance = sum(float(((chunk - mean) ** 2).sum()) for chunk in chunks(X)) / X.size
    return 1.0 / (evidence.dataset.n_features * variance) if variance else 1.0


_SUPPORT = ("dual_coef_", "support_")

METRICS: Mapping[str, Metric] = {
    "svc_dual_objective": Metric(
        "dual objective a row", Direction.LOWER, (Task.CLASSIFICATION,), _SUPPORT, svc_dual_objective
    ),
    "svr_dual_objective": Metric(
        "dual objective a row", Direction.LOWER, (Task.REGRESSION,), _SUPPORT, svr_dual_objective
    ),
}
