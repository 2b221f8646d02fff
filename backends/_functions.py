"""Functions as estimators: `fit` calls one with the rows and their target, and keeps what it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def estimator_of(function: Callable[..., Any]) -> Any:
    """Return a class of scikit-learn's interface for its `train_test_split`, or for an engine's of that name.

    Of each part it keeps the rows and their target: `X_kept_`, `y_kept_`, `X_held_out_` and `y_held_out_`.
    """
    from sklearn.base import BaseEstimator

    class Split(BaseEstimator):  # type: ignore[misc]
        def __init__(
            self,
            *,
            test_size: float | None = None,
            train_size: float | None = None,
            random_state: int | None = None,
            shuffle: bool = True,
            stratify: Any = None,
        ) -> None:
            self.test_size, self.train_size = test_size, train_size
            self.random_state, self.shuffle, self.stratify = random_state, shuffle, stratify

        def fit(self, X: Any, y: Any) -> Split:
            parts = function(X, y, **self.get_params(deep=False))
            self.X_kept_, self.X_held_out_, self.y_kept_, self.y_held_out_ = parts
            return self

    Split.__name__, Split.__module__ = function.__name__, function.__module__
    return Split
