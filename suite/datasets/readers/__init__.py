"""Reads a user's file into checked, split arrays; whatever an algorithm could not use is one clear line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.providers.files import suffix_of
from suite.datasets.readers import encode, roles
from suite.datasets.readers.arrays import map_npy, read_npy, read_npz
from suite.datasets.readers.frames import arrow_table, read_arrow, read_csv, read_parquet
from suite.datasets.readers.options import FileOptions, Missing
from suite.datasets.readers.raw import TYPICAL_VALUE_BYTES, Raw, pyarrow, readable
from suite.datasets.readers.select import Selected, joined, select, without_missing
from suite.datasets.readers.svmlight import read_svmlight
from suite.datasets.readers.values import count, shown
from suite.datasets.source import Request
from suite.datasets.split import How, Keys, Matrix, choose, finished
from suite.errors import UsageError
from suite.workloads.entry import Task

READERS: Mapping[str, Callable[[Path, FileOptions], Raw]] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".arrow": read_arrow,
    ".feather": read_arrow,
    ".svm": read_svmlight,
    ".svmlight": read_svmlight,
    ".libsvm": read_svmlight,
}


def arrays(request: Request, path: Path, test_path: Path | None, options: FileOptions) -> Iterator[tuple[str, Matrix]]:
    """Yield X_train, y_train, X_test, y_test of a file, or of two of which the second one is held out.

    Classes are numbered 0, 1, ... in the order of the sorted labels; a regression's target is kept.

    Raises
    ------
    UsageError
        If the file is not what its name says, or holds anything that cannot be used: with the column and the value.
    """
    what = path.name
    selected, n_given = _selected(path, test_path, options)
    _check_several(selected.rows, options, what)
    y, labels = _target(selected, options, what)
    features = encode.checked(selected.features, selected.names, options, what)
    train, test = choose(request, selected.rows, _keys(selected, y, n_given, options, what), what)
    if len(train) < options.least_rows:
        who = options.needed_by or "a workload"
        raise UsageError(f"{what} leaves {count(len(train), 'training row')}, but {who} needs {options.least_rows}")
    if y is not None and labels:
        _check_classes(y, train, labels, what)
    X_train, X_test, names = encode.parts(features, train, test, options, what)
    _check_signs(X_train, X_test, y, names, options, what)
    _check_varies(X_train, what)
    parts = (("train", X_train, train), ("test", X_test, test))
    return finished(request, ((part, X, None if y is None else y[rows]) for part, X, rows in parts), what, names)


def shape_of(path: Path) -> tuple[int, int]:
    """Return (rows, columns) as the file's head says, or as many values as its size makes likely, one at least.

    Raises
    ------
    UsageError
        If the file cannot be read, or its head says that there is no row.
    """
    with readable(path):
        shape = _shape_in_head(path)
    if shape is None:
        return max(1, path.stat().st_size // TYPICAL_VALUE_BYTES), 1
    if not shape[0]:
        raise UsageError(f"{path.name} is empty: it has 0 rows and {count(shape[1], 'column')}")
    return shape


def _shape_in_head(path: Path) -> tuple[int, int] | None:
    match suffix_of(path):
        case ".npy":
            shape = map_npy(path).shape
            return (shape[0], shape[1]) if len(shape) == 2 else (int(np.prod(shape)), 1)
        case ".parquet":
            head = pyarrow("parquet", "Parquet").ParquetFile(path).metadata
            return int(head.num_rows), int(head.num_columns)
        case ".arrow" | ".feather":
            table = arrow_table(path)
            return int(table.num_rows), int(table.num_columns)
    return None


def _selected(path: Path, test_path: Path | None, options: FileOptions) -> tuple[Selected, int]:
    """Read one file or two; return all rows, and how many of them are of the first."""
    first = _read(path, options)
    if test_path is None:
        return first, first.rows
    return joined(first, _read(test_path, options), test_path.name), first.rows


def _read(path: Path, options: FileOptions) -> Selected:
    raw = READERS[suffix_of(path)](path, options)
    selected = select(raw, options, path.name)
    return without_missing(selected, path.name) if options.missing is Missing.DROP else selected


def _target(selected: Selected, options: FileOptions, what: str) -> tuple[NDArray[Any] | None, list[Any]]:
    """Return the target and, if it is of classes, their labels."""
    if selected.target is None:
        return None, []
    if options.task == Task.REGRESSION:
        return roles.regression_target(selected.target, what), []
    return roles.classes(selected.target, what)


def _keys(selected: Selected, y: NDArray[Any] | None, n_given: int, options: FileOptions, what: str) -> Keys:
    """Return what the split depends on; `auto` is stratified where there are classes to predict, else random."""
    how = options.split
    if n_given < selected.rows:
        return Keys(how=How.GIVEN, n_given=n_given)
    if how == "auto":
        how = How.STRATIFIED if options.task == Task.CLASSIFICATION else How.RANDOM
    if how == How.GROUPED and selected.group is not None:
        return Keys(how=How.GROUPED, groups=roles.groups(selected.group, what))
    if how == How.ORDERED:
        return Keys(how=How.ORDERED, order=None if selected.order is None else roles.ranks(selected.order, what))
    return Keys(how=How(how), classes=y if how == How.STRATIFIED else None)


def _check_several(rows: int, options: FileOptions, what: str) -> None:
    """Refuse a single row before its target is looked at: that of one row is always the same."""
    if rows == 1:
        which = " without missing values" if options.missing is Missing.DROP else ""
        who, needed = options.needed_by or "a workload", max(options.least_rows, 2)
        raise UsageError(f"{what} has 1 row{which}: not enough, for {who} needs {needed} training rows")


def _check_classes(y: NDArray[Any], train: NDArray[np.int64], labels: list[Any], what: str) -> None:
    """Refuse a class that cannot be learnt: a model that never saw it cannot be judged by it."""
    unseen = np.setdiff1d(y, y[train])
    if len(unseen):
        raise UsageError(
            f"{what}: class {shown(labels[unseen[0]])} has no training row; use split = 'stratified', more training "
            "rows, or leave its rows out"
        )


def _check_signs(
    X_train: Matrix, X_test: Matrix, y: NDArray[Any] | None, names: Any, options: FileOptions, what: str
) -> None:
    """Refuse negative values where the algorithm is only for others (counts, say)."""
    if options.non_negative == "target" and y is not None and y.min() < 0:
        bad = y.min()
        raise UsageError(
            f"{what}: target {options.target!r} has {bad:g}, but {options.needed_by} needs values from 0 on"
        )
    if options.non_negative != "features":
        return
    for X in (X_train, X_test):
        if X.shape[0] and X.min() < 0:
            row, column = np.unravel_index(int(X.argmin()), X.shape)
            raise UsageError(
                f"{what}: column {names[column]!r} has {X[row, column]:g}, but {options.needed_by} needs values "
                f"from 0 on; shift it, or leave it out by drop = [{names[column]!r}]"
            )


def _check_varies(X: Matrix, what: str) -> None:
    """Refuse features that are all constant; some may be."""
    if isinstance(X, np.ndarray) and bool((X[:1] == X).all()):
        raise UsageError(f"{what}: every feature is the same in all training rows: there is nothing to learn")
