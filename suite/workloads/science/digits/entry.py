"""The entries of reading handwritten digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from suite.workloads.entry import DataSpec, Direction, Quality, Size, Workload
from suite.workloads.science.shorthand import classifier
from suite.workloads.shapes import seconds

_DATA: Mapping[Size, DataSpec] = {
    Size.S: DataSpec(source="zip_digits", n_train=1347, n_test=450, n_features=64),
    **{
        size: DataSpec(source="zip_digits", n_train=rows, n_test=1000, n_features=784, args={"images": "auto"})
        for size, rows in ((Size.M, 4000), (Size.L, 60_000), (Size.XL, 500_000))
    },
}
#: A kernel machine takes time by more than the square of the rows.
_FEWER: Mapping[Size, DataSpec] = {**_DATA, Size.XL: replace(_DATA[Size.XL], n_train=250_000)}


_entry = partial(classifier, name="zip_digits", workflow="digits", metric="zip_digits_accuracy", data=_DATA)

WORKLOADS: tuple[Workload, ...] = (
    _entry(
        "svc",
        "SVC",
        "Handwritten digits, straightened and read by a support vector machine.",
        {"C": 10.0, "kernel": "rbf", "gamma": "scale", "tol": 1e-3},
        (0.005, "one optimum: engines and dtypes agree; an image of S is 0.002, a tenth of the images costs 0.04"),
        seconds(0.1, 5, 300, 5500),
        workflow="digits.support",
        data=_FEWER,
        checks=(
            Quality(
                metric="zip_digits_dual_objective",
                direction=Direction.LOWER,
                tolerance=5e-6,
                relative=True,
                origin="over 4 splits engines and dtypes differ by 0.00000002; half of LIBSVM's steps cost 0.00002",
            ),
        ),
    ),
    _entry(
        "knn",
        "KNeighborsClassifier",
        "The same images, read as the three most similar ones.",
        {"n_neighbors": 3, "algorithm": "brute"},
        (0.005, "an exact search: engines and dtypes agree; an image of S is 0.002, a tenth of the images costs 0.07"),
        seconds(0.1, 0.5, 5, 30),
        workflow="digits.probabilities",
    ),
    _entry(
        "forest",
        "RandomForestClassifier",
        "The same images, read by a forest.",
        {"n_estimators": 100, "max_depth": 16, "max_features": "sqrt", "min_samples_leaf": 1, "bootstrap": True,
         "random_state": "$seed"},
        (0.01, "exact and histogram splits differ by 0.002, seeds by 0.003 (deviation); a tenth costs 0.08"),
        seconds(0.5, 4, 100, 1000),
        workflow="digits.probabilities",
    ),
)  # fmt: skip
