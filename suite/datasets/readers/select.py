"""Chooses among the columns of a file: features, target, group and order; drops rows with missing values if asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from suite.datasets.readers.options import FileOptions
from suite.datasets.readers.raw import Raw, unknown_column
from suite.datasets.split import Matrix
from suite.errors import UsageError
from suite.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class Selected:
    """The features of (rows, features), a frame or numbers, and the columns with a role as far as they are given."""

    features: pd.DataFrame | Matrix
    names: Sequence[str]
    target: pd.Series[Any] | None
    group: pd.Series[Any] | None
    order: pd.Series[Any] | None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.features.shape[0])


def select(raw: Raw, options: FileOptions, what: str) -> Selected:
    """Return the features and what has a role; a column with a role is a feature only if `columns` names it.

    Raises
    ------
    UsageError
        If a column is not there, or no feature or no row is left.
    """
    numbers = _features(raw, options, what)
    n_features = len(raw.names) if numbers is None else len(numbers)
    if not n_features or not raw.rows:
        raise UsageError(f"{what} is empty: it has {raw.rows} rows and {n_features} features")
    features: pd.DataFrame | Matrix = raw.columns
    if numbers is not None:
        features = raw.columns.iloc[:, numbers] if isinstance(raw.columns, pd.DataFrame) else raw.columns[:, numbers]
    return Selected(
        features,
        raw.names if numbers is None else [raw.names[number] for number in numbers],
        *(_role(raw, name, what) for name in (options.target, options.group, options.order)),
    )


def without_missing(selected: Selected, what: str) -> Selected:
    """Return the rows that have no missing value in a feature, the target, the group or the order."""
    keep = ~_missing_rows(selected.features)
    for column in (selected.target, selected.group, selected.order):
        if column is not None:
            keep &= column.notna().to_numpy()
    if keep.all():
        return selected
    if not keep.any():
        raise UsageError(f"{what} has a missing value in every row: missing = 'drop' leaves none; use 'median'")
    rows = np.flatnonzero(keep)
    features = selected.features
    return replace(
        selected,
        features=features.iloc[rows] if isinstance(features, pd.DataFrame) else features[rows],
        target=_rows(selected.target, rows),
        group=_rows(selected.group, rows),
        order=_rows(selected.order, rows),
    )


def joined(first: Selected, second: Selected, what: str) -> Selected:
    """Return the rows of two files one after the other; raises UsageError if their features differ."""
    if isinstance(first.features, pd.DataFrame) and isinstance(second.features, pd.DataFrame):
        if lacking := [name for name in first.names if name not in second.names]:
            raise unknown_column(lacking[0], second.names, what)
        if extra := [name for name in second.names if name not in first.names]:
            raise UsageError(f"{what} has a column {extra[0]!r} that the training file has not; leave it out by drop")
        features: Any = pd.concat([first.features, second.features[[*first.names]]], ignore_index=True)
    else:
        features = _joined_numbers(first.features, second.features, what)
    target = pd.concat([first.target, second.target]) if first.target is not None else None
    longer = max(first.names, second.names, key=len)
    return Selected(features, longer, target, None, None)


def _joined_numbers(first: Any, second: Any, what: str) -> Any:
    """Put numbers below numbers; sparse text files may differ in their last features, which are zero then."""
    if isinstance(first, np.ndarray):
        if first.shape[1] != second.shape[1]:
            raise UsageError(f"{what} has {second.shape[1]} features, but the training file has {first.shape[1]}")
        return np.concatenate([first, second])
    from scipy.sparse import csr_array, vstack

    n_features = max(first.shape[1], second.shape[1])
    for part in (first, second):
        part.resize(part.shape[0], n_features)
    return csr_array(vstack([first, second]))


def _features(raw: Raw, options: FileOptions, what: str) -> list[int] | None:
    """Return the numbers of the columns that are features, in the user's order if there is one; None: all of them."""
    if options.columns:
        chosen = [_number(raw, name, what) for name in options.columns]
        if not raw.beside and options.target and _number(raw, options.target, what) in chosen:
            raise UsageError(f"{what}: {options.target!r} is the target and cannot be among the columns")
        return chosen
    left_out = {_number(raw, name, what) for name in options.drop}
    if not raw.beside:
        left_out |= {_number(raw, name, what) for name in options.roles}
    return [number for number in range(len(raw.names)) if number not in left_out] if left_out else None


def _role(raw: Raw, name: str, what: str) -> pd.Series[Any] | None:
    if not name:
        return None
    if raw.beside:
        if name not in raw.beside:
            raise UsageError(f"{what} has no array {name!r}{did_you_mean(name, raw.beside)}")
        return pd.Series(_native(raw.beside[name]))
    number = _number(raw, name, what)
    if isinstance(raw.columns, pd.DataFrame):
        return raw.columns.iloc[:, number]
    column: Any = raw.columns[:, [number]]
    return pd.Series(np.array(column if isinstance(column, np.ndarray) else column.toarray())[:, 0])


def _number(raw: Raw, name: str, what: str) -> int:
    """Return the position of a column by its name, or by its number where columns are numbered (-1: the last)."""
    if name in raw.names:
        return raw.names.index(name)
    if isinstance(raw.columns, pd.DataFrame):
        raise unknown_column(name, raw.names, what)
    if name == "-1":
        return len(raw.names) - 1
    raise UsageError(f"{what} has no column {name!r}: columns are numbered 0 to {len(raw.names) - 1}")


def _missing_rows(features: pd.DataFrame | Matrix) -> NDArray[np.bool_]:
    if isinstance(features, pd.DataFrame):
        return features.isna().any(axis=1).to_numpy()
    if isinstance(features, np.ndarray):
        if features.dtype.kind != "f":
            return np.zeros(len(features), bool)
        missing: NDArray[np.bool_] = np.asarray(np.isnan(features).any(axis=1))
        return missing
    found = np.zeros(features.shape[0], bool)
    rows = np.repeat(np.arange(features.shape[0]), np.diff(features.indptr))
    found[rows[np.isnan(features.data)]] = True
    return found


def _rows(column: pd.Series[Any] | None, rows: NDArray[np.int64]) -> pd.Series[Any] | None:
    return None if column is None else column.iloc[rows]


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in the machine's byte order, the only one that pandas takes."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
