"""The entries of finding resonances."""

from __future__ import annotations

from functools import partial

from suite.workloads.entry import Direction, Quality, Workload
from suite.workloads.science.shorthand import classifier
from suite.workloads.shapes import generated, seconds

_DATA = generated(
    "collider", (10_000, 40_000, 15), (400_000, 100_000, 15), (4_500_000, 500_000, 15), (10_500_000, 500_000, 15)
)


_entry = partial(classifier, name="collider", workflow="collider", metric="collider_auc", data=_DATA)

WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestClassifier",
        "Whether four jets come from a pair of resonances, from their momenta and the masses computed of them.",
        {"n_estimators": 20, "max_depth": 12, "max_features": 7, "min_samples_leaf": 5, "bootstrap": True,
         "random_state": "$seed"},
        (0.003, "seeds differ by 0.0007 (deviation), exact and histogram splits by 0.0008; no masses cost 0.2"),
        seconds(1, 50, 700, 1800),
    ),
    _entry(
        "logistic",
        "LogisticRegression",
        "The same from a model that is linear in the logarithms of momenta and masses.",
        {"C": 1.0, "max_iter": 1000, "tol": 1e-6},
        (0.003, "one optimum: engines and dtypes differ by 0.00001; no masses cost 0.2"),
        seconds(0.1, 3, 30, 70),
        workflow="collider.linear",
        checks=(
            Quality(
                metric="collider_logistic_gap",
                direction=Direction.LOWER,
                tolerance=2e-5,
                origin="over 4 seeds engines and dtypes leave up to 0.00000002; half the steps 0.0004, one 0.01",
            ),
        ),
    ),
    _entry(
        "extra_trees",
        "ExtraTreesClassifier",
        "The same from trees with random splits.",
        {"n_estimators": 30, "max_depth": 16, "max_features": 22, "min_samples_leaf": 3, "bootstrap": False,
         "random_state": "$seed"},
        (0.003, "seeds differ by 0.0004 (deviation), oneDAL's random splits cost 0.0024; no masses cost 0.2"),
        seconds(1, 50, 700, 1800),
    ),
)  # fmt: skip
