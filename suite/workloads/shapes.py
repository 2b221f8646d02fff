"""Short ways to write the data of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suite.workloads.entry import DataSpec, Size

#: Training rows, held-out rows, features.
Shape = tuple[int, int, int]


def generated(
    source: str, small: Shape, medium: Shape, large: Shape, extra_large: Shape, **args: Any
) -> Mapping[Size, DataSpec]:
    """Return generated data in all four sizes, with the same arguments."""
    return {
        size: DataSpec(source=source, n_train=n_train, n_test=n_test, n_features=n_features, args=args)
        for size, (n_train, n_test, n_features) in zip(Size, (small, medium, large, extra_large), strict=True)
    }


def bundled(source: str, **args: Any) -> Mapping[Size, DataSpec]:
    """Return a data set that scikit-learn ships; it is small."""
    return {Size.S: DataSpec(source=source, args=args)}


def seconds(small: float, medium: float, large: float, extra_large: float) -> Mapping[Size, float]:
    """Return expected seconds of one fit and predict of stock scikit-learn on two cores."""
    return dict(zip(Size, (small, medium, large, extra_large), strict=True))
