"""The entries of disruption warning."""

from __future__ import annotations

from functools import partial

from suite.workloads.entry import Direction, Quality, Workload
from suite.workloads.science.shorthand import classifier
from suite.workloads.shapes import generated, seconds

_DATA = generated(
    "disruption", (10_000, 10_000, 8), (160_000, 40_000, 8), (1_600_000, 400_000, 8), (8_000_000, 2_000_000, 8)
)
#: A search takes time by training rows times held-out ones.
_SEARCHED = generated(
    "disruption", (10_000, 10_000, 8), (160_000, 40_000, 8), (400_000, 100_000, 8), (1_600_000, 400_000, 8)
)


_entry = partial(classifier, name="disruption", workflow="disruption", metric="disruption_auc", data=_DATA)

WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "forest",
        "RandomForestClassifier",
        "Whether a tokamak's discharge will disrupt, from windows of its diagnostics; alarms are judged by discharge.",
        {"n_estimators": 30, "max_depth": 10, "max_features": 5, "min_samples_leaf": 10, "bootstrap": True,
         "random_state": "$seed"},
        (0.01, "seeds differ by 0.003 (deviation), exact and histogram splits by 0.002; a tenth of the rows costs 0.1"),
        seconds(1, 15, 200, 1200),
        checks=(
            Quality(
                metric="disruption_brier",
                direction=Direction.LOWER,
                tolerance=0.004,
                origin="over 5 seeds means of engines differ by 0.0005, seeds by 0.001; three trees cost 0.011",
            ),
        ),
    ),
    _entry(
        "logistic",
        "LogisticRegression",
        "The same alarms from a model that is linear in the windows' features.",
        {"C": 1.0, "max_iter": 1000, "tol": 1e-6},
        (0.002, "one optimum: engines and dtypes agree, a pair of S is 0.0001; a tenth of the rows costs 0.07"),
        seconds(0.2, 3, 30, 150),
        workflow="disruption.linear",
        checks=(
            Quality(
                metric="disruption_logistic_gap",
                direction=Direction.LOWER,
                tolerance=2e-5,
                origin="over 4 seeds engines and dtypes leave up to 0.000002; half the steps 0.006, one 0.1",
            ),
        ),
    ),
    _entry(
        "knn",
        "KNeighborsClassifier",
        "The same alarms from the 100 most similar windows.",
        {"n_neighbors": 100, "algorithm": "brute"},
        (0.003, "an exact search: engines and dtypes agree, but for ties; a tenth of the rows costs 0.04"),
        seconds(1, 50, 300, 5000),
        data=_SEARCHED,
    ),
)  # fmt: skip
