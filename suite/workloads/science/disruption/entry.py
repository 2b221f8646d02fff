"""The entries of disruption warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import generated, seconds

_DATA = generated(
    "disruption", (10_000, 10_000, 8), (160_000, 40_000, 8), (1_600_000, 400_000, 8), (8_000_000, 2_000_000, 8)
)


def _entry(
    variant: str,
    algorithm: str,
    about: str,
    params: Mapping[str, Any],
    quality: tuple[float, str],
    fit_s: Mapping[Size, float],
    *,
    stochastic: bool = False,
) -> Workload:
    return Workload(
        name=f"disruption-{variant}",
        algorithm=algorithm,
        task=Task.CLASSIFICATION,
        about=about,
        params=params,
        data=_DATA,
        output="",
        operation=Operation.WORKFLOW,
        workflow="disruption",
        stochastic=stochastic,
        quality=Quality(metric="disruption_auc", direction=Direction.HIGHER, tolerance=quality[0], origin=quality[1]),
        fit_s=fit_s,
    )


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestClassifier",
        "Whether a tokamak's discharge will disrupt, from windows of its diagnostics; alarms are judged by discharge.",
        {"n_estimators": 30, "max_depth": 10, "max_features": 5, "min_samples_leaf": 10, "bootstrap": True,
         "random_state": "$seed"},
        (0.01, "seeds differ by 0.003 (deviation), exact and histogram splits by 0.002; a tenth of the rows costs 0.1"),
        seconds(1, 15, 200, 1200),
        stochastic=True,
    ),
    _entry(
        "logistic",
        "LogisticRegression",
        "The same alarms from a model that is linear in the windows' features.",
        {"C": 1.0, "max_iter": 1000, "tol": 1e-6},
        (0.002, "one optimum: engines and dtypes agree, a pair of S is 0.0001; a tenth of the rows costs 0.07"),
        seconds(0.2, 3, 30, 150),
    ),
    _entry(
        "knn",
        "KNeighborsClassifier",
        "The same alarms from the 100 most similar windows.",
        {"n_neighbors": 100, "algorithm": "brute"},
        (0.003, "an exact search: engines and dtypes agree, but for ties; a tenth of the rows costs 0.04"),
        seconds(1, 50, 5000, 125000),
    ),
)  # fmt: skip
