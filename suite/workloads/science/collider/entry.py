"""The entries of finding resonances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import generated, seconds

_DATA = generated(
    "collider", (20_000, 30_000, 15), (400_000, 100_000, 15), (4_500_000, 500_000, 15), (10_500_000, 500_000, 15)
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
        name=f"collider-{variant}",
        algorithm=algorithm,
        task=Task.CLASSIFICATION,
        about=about,
        params=params,
        data=_DATA,
        output="",
        operation=Operation.WORKFLOW,
        workflow="collider",
        stochastic=stochastic,
        quality=Quality(metric="collider_auc", direction=Direction.HIGHER, tolerance=quality[0], origin=quality[1]),
        fit_s=fit_s,
    )


_TREES: Mapping[str, Any] = {
    "n_estimators": 30, "max_depth": 12, "max_features": 5, "min_samples_leaf": 5, "random_state": "$seed",
}  # fmt: skip

WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestClassifier",
        "Whether four jets come from a pair of resonances, from their momenta and the masses computed of them.",
        {**_TREES, "bootstrap": True},
        (0.003, ""),
        seconds(1, 15, 200, 1200),
        stochastic=True,
    ),
    _entry(
        "logistic",
        "LogisticRegression",
        "The same from a model that is linear in the logarithms of momenta and masses.",
        {"C": 1.0, "max_iter": 1000, "tol": 1e-6},
        (0.003, ""),
        seconds(0.2, 3, 30, 150),
    ),
    _entry(
        "extra_trees",
        "ExtraTreesClassifier",
        "The same from trees with random splits.",
        {**_TREES, "bootstrap": False},
        (0.003, ""),
        seconds(1, 15, 200, 1200),
        stochastic=True,
    ),
)
