"""Real data made ready: split into training and held-out rows, standardised if asked, in the asked dtype and order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from suite.datasets.source import Request, rows_asked
from suite.errors import UsageError

Rows = NDArray[np.int64]
Matrix = NDArray[Any] | csr_array[Any]


class How(StrEnum):
    """How rows are held out."""

    RANDOM = "random"
    STRATIFIED = "stratified"
    GROUPED = "grouped"
    ORDERED = "ordered"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a split depends on besides the number of rows.

    Attributes
    ----------
    classes
        (rows,) classes whose shares a stratified split keeps.
    groups
        (rows,) labels; no group of a grouped split has rows on both sides.
    order
        (rows,) what an ordered split sorts by, ties in file order; None for the file's own order.
    n_given
        Of a given split: so many rows are for training, all after them are held out.
    """

    how: How = How.RANDOM
    classes: NDArray[Any] | None = None
    groups: NDArray[Any] | None = None
    order: NDArray[Any] | None = None
    n_given: int = 0


def split(
    request: Request, X: Matrix, y: NDArray[Any] | None, *, stratify: bool, what: str
) -> Iterator[tuple[str, Any]]:
    """Yield X_train, y_train, X_test, y_test, the rows chosen at random.

    Parameters
    ----------
    X, y
        (rows, features), dense or CSR, and (rows,) or None.
    stratify
        Keep the classes' shares in both parts.
    what
        The data set's name in errors.

    Raises
    ------
    UsageError
        If there are too few rows for what is asked, or a value does not fit the dtype.
    """
    keys = Keys(how=How.STRATIFIED, classes=y) if stratify else Keys()
    train, test = choose(request, X.shape[0], keys, what)
    parts = (("train", train), ("test", test))
    return finished(request, ((part, X[rows], None if y is None else y[rows]) for part, rows in parts), what)


def choose(request: Request, rows: int, keys: Keys, what: str) -> tuple[Rows, Rows]:
    """Return the numbers of the training and of the held-out rows.

    Raises
    ------
    UsageError
        If there are too few rows, or too few of a class or of groups, for what is asked.
    """
    if keys.how is How.GIVEN:
        return _given(request, rows, keys.n_given, what)
    n_train, n_test = rows_asked(request.n_train, request.n_test, request.args, rows)
    if n_train < 1 or n_train + n_test > rows:
        count = "1 row" if rows == 1 else f"{rows} rows"
        raise UsageError(f"{what} has {count}: not enough for {max(n_train, 1)} training and {n_test} held-out rows")
    if keys.how is How.ORDERED:
        ranked = np.arange(rows) if keys.order is None else np.argsort(keys.order, kind="stable")
        end = rows - n_test
        return ranked[end - n_train : end], ranked[end:]
    if not n_test and n_train == rows:
        return np.arange(rows), np.arange(0)
    if keys.how is How.GROUPED and keys.groups is not None:
        return _grouped(request, keys.groups, n_test, what)
    return _random(request, rows, (n_train, n_test), keys.classes, what)


def finished(
    request: Request,
    parts: Iterable[tuple[str, Matrix, NDArray[Any] | None]],
    what: str,
    names: Sequence[str] = (),
) -> Iterator[tuple[str, Any]]:
    """Yield X_PART and y_PART of each part that has rows, standardised as the first one is, cast as asked.

    `names` are the features', for errors.
    """
    standard = None
    for part, X, y in parts:
        if not X.shape[0]:
            continue
        if request.args.get("standardize") and isinstance(X, np.ndarray):
            standard = standard or _standard(X)
            X = (X - standard[0]) / standard[1]
        yield f"X_{part}", _cast(request, X, what, names)
        if y is not None:
            yield f"y_{part}", y if y.dtype.kind in "iu" else _cast(request, y, what, ())


def _given(request: Request, rows: int, n_given: int, what: str) -> tuple[Rows, Rows]:
    """Return the rows of a split that the user made; fewer of either side, at random, if fewer are asked for."""
    sides = []
    random = np.random.default_rng([request.seed, 1])
    for name, start, stop, asked in (
        ("training", 0, n_given, request.n_train),
        ("held-out", n_given, rows, request.n_test),
    ):
        if stop - start < max(asked, 1):
            raise UsageError(f"{what} has {stop - start} {name} rows: not enough for {max(asked, 1)}")
        side = np.arange(start, stop)
        sides.append(np.sort(random.choice(side, asked, replace=False)) if asked else side)
    return sides[0], sides[1]


def _grouped(request: Request, groups: NDArray[Any], n_test: int, what: str) -> tuple[Rows, Rows]:
    """Hold out whole groups at random until there are `n_test` rows; fewer rows of either side only if so asked."""
    labels, group_of = np.unique(groups, return_inverse=True)
    random = np.random.default_rng([request.seed, 2])
    chosen = random.permutation(len(labels))
    sizes = np.bincount(group_of)[chosen].cumsum()
    n_groups = int(np.searchsorted(sizes, n_test)) + 1 if n_test else 0
    held_out = np.isin(group_of, chosen[:n_groups])
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    if len(train) < max(request.n_train, 1):
        raise UsageError(
            f"{what} has {len(labels)} groups: with {n_groups} of them held out for {n_test} rows, {len(train)} rows "
            f"are left and {max(request.n_train, 1)} are needed for training"
        )
    if request.n_test:
        test = np.sort(random.choice(test, request.n_test, replace=False))
    if request.n_train:
        train = np.sort(random.choice(train, request.n_train, replace=False))
    return train, test


def _random(
    request: Request, rows: int, asked: tuple[int, int], classes: NDArray[Any] | None, what: str
) -> tuple[Rows, Rows]:
    from sklearn.model_selection import train_test_split

    n_train, n_test = asked
    if classes is not None:
        _check_classes(classes, n_train, n_test, what)
    everything = np.arange(rows)
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


def _cast(request: Request, values: Matrix, what: str, names: Sequence[str]) -> Matrix:
    """Return an array, or a CSR one, in the asked dtype (and order); a value that becomes infinite is an error."""
    cast: Any
    with np.errstate(over="ignore"):
        if isinstance(values, np.ndarray):
            cast = values.astype(request.dtype, order="F" if request.order == "F" else "C")
        else:
            cast = values.astype(request.dtype)
    finite = np.isfinite(cast if isinstance(cast, np.ndarray) else cast.data).all()
    if not finite:
        where = ""
        if names and isinstance(values, np.ndarray):
            row, column = np.argwhere(~np.isfinite(cast))[0]
            where = f" in column {names[column]!r}, such as {values[row, column]:g}"
        raise UsageError(f"{what} has values too large for {request.dtype}{where}; use --dtype float64 or rescale them")
    made: Matrix = cast
    return made
