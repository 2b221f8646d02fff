"""The entries of finding resonances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import Direction, Operation, Quality, Size, Task, Workload
from suite.workloads.shapes import generated, seconds

_DATA = generated(
    "collider", (10_000, 40_000, 15), (400_000, 100_000, 15), (4_500_000, 500_000, 15), (10_500_000, 500_000, 15)
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


WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestClassifier",
        "Whether four jets come from a pair of resonances, from their momenta and the masses computed of them.",
        {"n_estimators": 20, "max_depth": 12, "max_features": 7, "min_samples_leaf": 5, "bootstrap": True,
         "random_state": "$seed"},
        (0.003, "seeds differ by 0.0007 (deviation), exact and histogram splits by 0.0008; no masses cost 0.2"),
        seconds(1, 50, 700, 1800),
        stochastic=True,
    ),
    _entry(
        "logistic",
        "LogisticRegression",
        "The same from a model that is linear in the logarithms of momenta and masses.",
        {"C": 1.0, "max_iter": 1000, "tol": 1e-6},
        (0.003, "one optimum: engines and dtypes differ by 0.00001; no masses cost 0.2"),
        seconds(0.1, 3, 30, 70),
    ),
    _entry(
        "extra_trees",
        "ExtraTreesClassifier",
        "The same from trees with random splits.",
        {"n_estimators": 30, "max_depth": 16, "max_features": 22, "min_samples_leaf": 3, "bootstrap": False,
         "random_state": "$seed"},
        (0.003, "seeds differ by 0.0004 (deviation), oneDAL's random splits cost 0.0024; no masses cost 0.2"),
        seconds(1, 50, 700, 1800),
        stochastic=True,
    ),
)  # fmt: skip
