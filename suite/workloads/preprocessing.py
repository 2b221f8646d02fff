"""Workloads that prepare features: fitted on training rows, applied to held-out ones, judged by the exact result.

And one that holds rows out, a function: what is timed is its call, judged by the rows that it gives to each side.
"""

from __future__ import annotations

from suite.workloads.entry import Direction, Quality, Task, Workload
from suite.workloads.shapes import generated, seconds


def _exact(tolerance: float, origin: str) -> Quality:
    return Quality(metric="transform_error", direction=Direction.LOWER, tolerance=tolerance, origin=origin)


_NUMBERS = generated(
    "regression",
    (20_000, 20_000, 50), (500_000, 500_000, 100), (5_000_000, 2_000_000, 100), (20_000_000, 2_000_000, 100),
    n_informative=10, n_factors=5,
)  # fmt: skip
_CODES = generated(
    "categories",
    (10_000, 10_000, 12), (200_000, 200_000, 12), (2_000_000, 2_000_000, 12), (20_000_000, 2_000_000, 12),
    cardinalities="4,16,64", n_informative=5,
)  # fmt: skip

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        name="standard_scaler",
        algorithm="StandardScaler",
        task=Task.PREPROCESSING,
        about="Two passes over the rows: what memory can move.",
        params={},
        data=_NUMBERS,
        output="transform",
        quality=_exact(1e-5, "float32 rounds by 0.0000001"),
        fit_s=seconds(0.01, 2, 14, 50),
    ),
    Workload(
        name="polynomial_features",
        algorithm="PolynomialFeatures",
        task=Task.PREPROCESSING,
        about="All products of two of twenty features: ten times the columns are written.",
        why="The default.",
        params={"degree": 2},
        data=generated(
            "regression",
            (2_000, 10_000, 20), (20_000, 300_000, 20), (200_000, 3_000_000, 20), (1_000_000, 20_000_000, 20),
            n_informative=10, n_factors=5,
        ),
        output="transform",
        quality=_exact(1e-5, "float32 rounds by 0.0000001"),
        fit_s=seconds(0.02, 1, 10, 65),
    ),
    Workload(
        name="one_hot_encoder",
        algorithm="OneHotEncoder",
        task=Task.PREPROCESSING,
        about="Twelve columns of 4, 16 and 64 categories to 336 columns, written out.",
        why="Dense, so that all columns are written.",
        params={"sparse_output": False},
        data=_CODES,
        output="transform",
        quality=_exact(1e-5, "ones and zeros: dtypes agree"),
        fit_s=seconds(0.05, 1.5, 15, 60),
    ),
    Workload(
        name="target_encoder",
        algorithm="TargetEncoder",
        task=Task.PREPROCESSING,
        about="Each category's share of the second class, drawn towards that of all by ten rows.",
        why="A number of rows, which every engine can be given; scikit-learn's default is estimated from the data.",
        params={"smooth": 10.0},
        data=_CODES,
        output="transform",
        quality=_exact(1e-5, "dtypes differ by less than 0.0000001"),
        fit_s=seconds(0.05, 1.5, 15, 60),
    ),
    Workload(
        name="train_test_split",
        algorithm="train_test_split",
        task=Task.PREPROCESSING,
        about="A quarter of the rows held out at random, with a quarter of each class: rows are counted and copied.",
        why="The default share; each class by itself, so that there is more than sizes to get wrong.",
        params={"test_size": 0.25, "stratify": "$y_train", "random_state": "$seed"},
        data=generated(
            "classification",
            (20_000, 0, 50), (500_000, 0, 100), (5_000_000, 0, 100), (20_000_000, 0, 100),
            n_classes=5, n_informative=20, imbalance=2.0,
        ),
        output="",
        stochastic=True,
        quality=Quality(
            metric="split_error", direction=Direction.LOWER, tolerance=1e-3,
            origin="a row more or less of a class is 0.00025 of 4,000; without the classes' shares it is 0.01 or more",
        ),
        fit_s=seconds(0.01, 1.5, 15, 60),
    ),
)  # fmt: skip
