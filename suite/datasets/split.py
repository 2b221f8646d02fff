"""Real data made ready: standardised if asked, split into training and held-out rows, in the asked dtype and order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.source import Request, rows_asked
from suite.errors import UsageError


def split(
    request: Request, X: NDArray[Any], y: NDArray[Any] | None, *, stratify: bool, what: str
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield X_train, y_train, X_test, y_test.

    Parameters
    ----------
    X, y
        (rows, features) and (rows,) or None.
    stratify
        Keep the classes' shares in both parts.
    what
        The data set's name in errors.

    Raises
    ------
    UsageError
        If there are too few rows for what is asked, or a value does not fit the dtype.
    """
    train, test = split_rows(request, len(X), y if stratify else None, what)
    shift, scale = _standard(X[train]) if request.args.get("standardize") else (None, None)
    for part, rows in (("train", train), ("test", test)):
        if not len(rows):
            continue
        values = X[rows]
        if shift is not None:
            values = (values - shift) / scale
        yield f"X_{part}", _cast(request, values, what)
        if y is not None:
            labels = y[rows]
            yield f"y_{part}", labels if labels.dtype.kind in "iu" else _cast(request, labels, what)


def split_rows(
    request: Request, rows: int, classes: NDArray[Any] | None, what: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose the training and the held-out rows at random; see `split`."""
    from sklearn.model_selection import train_test_split

    n_train, n_test = rows_asked(request.n_train, request.n_test, request.args, rows)
    if n_train < 1 or n_train + n_test > rows:
        raise UsageError(f"{what} has {rows} rows: not enough for {n_train} training and {n_test} held-out rows")
    everything = np.arange(rows)
    if not n_test and n_train == rows:
        return everything, everything[:0]
    if classes is not None:
        _check_classes(classes, n_train, n_test, what)
    try:
        train, test = train_test_split(
            everything, train_size=n_train, test_size=n_test or None, stratify=classes, random_state=request.seed
        )
    except ValueError as error:  # what is left over is too small for its classes
        raise UsageError(f"{what} cannot be split into {n_train} and {n_test} of {rows} rows: {error}") from error
    return train, test if n_test else everything[:0]


def _check_classes(classes: NDArray[Any], n_train: int, n_test: int, what: str) -> None:
    labels, counts = np.unique(classes, return_counts=True)
    if counts.min() < 2:
        raise UsageError(f"{what}: class {labels[counts.argmin()]} has a single row: a split needs two of each class")
    if min(n_train, n_test or n_train) < len(labels):
        raise UsageError(f"{what} has {len(labels)} classes: {n_train} training and {n_test} held-out rows are too few")


def _standard(X: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and standard deviation of each column; a constant column is only shifted."""
    scale = X.std(axis=0, dtype=np.float64)
    return X.mean(axis=0, dtype=np.float64), np.where(scale > 0, scale, 1.0)


def _cast(request: Request, values: NDArray[Any], what: str) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        cast = values.astype(request.dtype, order="F" if request.order == "F" else "C")
    if not np.isfinite(cast).all():
        raise UsageError(f"{what} has values too large for {request.dtype}; use --dtype float64 or rescale them")
    return cast
