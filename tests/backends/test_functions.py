"""Functions measured as an estimator's fit: who has one, that it is the engine's own, and the reasons of others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backend_calls import make_data, problem

from backends.algorithms import FUNCTIONS
from backends.discovery import create
from backends.protocol import Backend, UnsupportedError

DATA = make_data()
PARAMS = {"test_size": 0.25, "stratify": DATA.labels, "random_state": 0}


def split(backend: Backend, **params: Any) -> tuple[Any, Any]:
    estimator = backend.estimator(problem("train_test_split", PARAMS | params))
    with backend.observe(strict=True) as observation:
        estimator.fit(DATA.X, DATA.labels)
        return estimator, observation.report()


def test_scikit_learns_split_is_what_its_function_returns(sklearn: Backend) -> None:
    from sklearn.model_selection import train_test_split

    estimator, report = split(sklearn)
    parts = (estimator.X_kept_, estimator.X_held_out_, estimator.y_kept_, estimator.y_held_out_)
    for part, expected in zip(parts, train_test_split(DATA.X, DATA.labels, **PARAMS), strict=True):
        np.testing.assert_array_equal(part, expected)
    assert (report.engine, report.accelerated) == ("scikit-learn", True)
    assert type(estimator).__name__ == "train_test_split"
    assert estimator.get_params()["test_size"] == 0.25


def test_onedal_copies_the_rows_itself(onedal: Backend) -> None:
    estimator, report = split(onedal)
    assert report.accelerated
    assert "daal_train_test_split" in report.evidence
    assert len(estimator.X_held_out_) == len(DATA.X) // 4
    assert type(estimator).__module__.startswith("daal4py.")


def test_an_unknown_parameter_is_refused(sklearn: Backend) -> None:
    with pytest.raises(UnsupportedError, match="has no parameter 'tset_size'; did you mean 'test_size'"):
        split(sklearn, tset_size=0.5)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("onedal:cpu-sycl", "for the host only"),
        ("cuml", "not held against scikit-learn's yet"),
        ("cuml-accel", "leaves it to scikit-learn"),
        ("torch", "no fitted array that shows where it ran"),
        ("xgboost", "boosts trees and does nothing else"),
    ],
)
def test_who_has_none_says_why(name: str, spec: str, reason: str) -> None:
    assert reason in create(spec).offer(name).reason


def test_the_patch_replaces_it() -> None:
    assert create("patched").offer("train_test_split").estimator == "sklearn.model_selection.train_test_split"
