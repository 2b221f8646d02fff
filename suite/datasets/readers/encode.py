"""Makes features into numbers: what is estimated (levels, medians) is estimated on the training rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from suite.datasets.readers.options import Categories, FileOptions, Missing
from suite.datasets.readers.raw import check_room
from suite.datasets.readers.values import (
    check_exact,
    is_text,
    is_true_number,
    mixes_numbers_and_texts,
    no_numbers,
    not_finite,
    plain,
)
from suite.datasets.split import Matrix
from suite.errors import UsageError

#: Dtypes whose values float32 holds exactly.
_EXACT_IN_FLOAT32 = {"bool", "int8", "uint8", "int16", "uint16", "float16", "float32"}
#: More columns than this are not made of one: it would be names or free text.
MOST_LEVELS = 1000


@dataclass(frozen=True, slots=True)
class Features:
    """Checked features: numbers (rows, n) with missing ones only if they are to be filled, and columns of texts."""

    numbers: Matrix
    number_names: Sequence[str]
    texts: pd.DataFrame


def checked(features: pd.DataFrame | Matrix, names: Sequence[str], options: FileOptions, what: str) -> Features:
    """Return features as numbers and texts; raises UsageError with the column and the value that cannot be used."""
    if not isinstance(features, pd.DataFrame):
        return Features(_checked_numbers(features, names, options, what), names, pd.DataFrame())
    texts = [name for name in names if _is_category(features[name], options, what)]
    frame = features.drop(columns=texts)
    for name in frame.columns:
        frame[name] = plain(frame[name])
        check_exact(frame[name].to_numpy(), f"column {name!r}", what, _leave_out(name))
    exact = all(str(dtype).lower() in _EXACT_IN_FLOAT32 for dtype in frame.dtypes)
    numbers = frame.to_numpy(dtype=np.float32 if exact else np.float64, na_value=np.nan)
    numbers = _checked_numbers(numbers, list(frame.columns), options, what)
    _check_texts(features[texts], options, what)
    return Features(numbers, list(frame.columns), features[texts])


def parts(
    features: Features, train: NDArray[np.int64], test: NDArray[np.int64], options: FileOptions, what: str
) -> tuple[Matrix, Matrix, Sequence[str]]:
    """Return the features of the training and of the held-out rows, filled and encoded, and their names.

    Numbers come first, in the file's order, then what was made of texts.
    """
    X_train, X_test = features.numbers[train], features.numbers[test]
    if options.missing is Missing.MEDIAN and isinstance(X_train, np.ndarray) and isinstance(X_test, np.ndarray):
        _fill(X_train, X_test, features.number_names, what)
    if features.texts.empty:
        return X_train, X_test, features.number_names
    names = [*features.number_names]
    encoded_train, encoded_test, encoded_names = _encoded(features.texts, train, test, options, what)
    train_parts: list[Any] = [X_train, encoded_train]
    test_parts: list[Any] = [X_test, encoded_test]
    return np.hstack(train_parts), np.hstack(test_parts), names + encoded_names


def _is_category(column: pd.Series[Any], options: FileOptions, what: str) -> bool:
    """Tell whether a column is to be encoded; raises UsageError if it is neither numbers nor that."""
    name = f"column {column.name!r}"
    column = plain(column)
    if is_true_number(column):
        return False
    cure = _leave_out(str(column.name))
    if is_text(column) and options.categories is Categories.ERROR:
        raise no_numbers(column, name, what, f"set categories = 'codes' or 'one-hot', or {cure}")
    if not is_text(column) or mixes_numbers_and_texts(column):
        raise no_numbers(column, name, what, cure)
    return True


def _checked_numbers(numbers: Any, names: Sequence[str], options: FileOptions, what: str) -> Any:
    """Return numbers as floats, checked: exact, finite, and not all constant."""
    for column in range(numbers.shape[1]) if numbers.dtype.kind in "iu" else ():
        check_exact(numbers[:, column], f"column {names[column]!r}", what, _leave_out(names[column]))
    if numbers.dtype.name not in ("float32", "float64"):
        numbers = numbers.astype(np.float32 if numbers.dtype.name in _EXACT_IN_FLOAT32 else np.float64)
    if not isinstance(numbers, np.ndarray):
        _check_sparse(numbers, names, what)
        return numbers
    bad = np.isinf(numbers) if options.missing is Missing.MEDIAN else ~np.isfinite(numbers)
    if bad.any():
        column = int(np.argmax(bad.any(axis=0)))
        cure = "set missing = 'median' or 'drop', or mend the file"
        if np.isinf(numbers[:, column]).any():
            cure = "mend the file, or leave those rows out"
        raise not_finite(numbers[:, column], f"column {names[column]!r}", what, cure)
    return numbers


def _check_sparse(numbers: Any, names: Sequence[str], what: str) -> None:
    bad = ~np.isfinite(numbers.data)
    if bad.any():
        column = numbers.indices[np.argmax(bad)]
        raise UsageError(
            f"{what}: column {names[column]!r} has values that are missing or infinite, and sparse = true fills none; "
            "mend the file"
        )


def _check_texts(texts: pd.DataFrame, options: FileOptions, what: str) -> None:
    """Refuse missing texts that nothing is to be put in place of."""
    for name in texts.columns if options.missing is not Missing.MEDIAN else ():
        missing = texts[name].isna()
        if missing.any():
            as_numbers = np.where(missing.to_numpy(), np.nan, 0.0)
            raise not_finite(as_numbers, f"column {name!r}", what, "set missing = 'median' or 'drop', or mend the file")


def _fill(X_train: NDArray[Any], X_test: NDArray[Any], names: Sequence[str], what: str) -> None:
    """Put the median of the training rows' values in place of each missing one."""
    columns = np.flatnonzero(np.isnan(X_train).any(axis=0) | np.isnan(X_test).any(axis=0))
    for column in columns.tolist():
        known = X_train[~np.isnan(X_train[:, column]), column]
        if not len(known):
            raise UsageError(
                f"{what}: column {names[column]!r} has no value in the training rows; {_leave_out(names[column])}"
            )
        for X in (X_train, X_test):
            X[np.isnan(X[:, column]), column] = np.median(known)


def _encoded(
    texts: pd.DataFrame, train: NDArray[np.int64], test: NDArray[np.int64], options: FileOptions, what: str
) -> tuple[NDArray[Any], NDArray[Any], list[str]]:
    """Return texts as numbers; a missing one is the most frequent level of the training rows first."""
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    seen, unseen = texts.iloc[train].astype(object), texts.iloc[test].astype(object)
    for name in texts.columns:
        most = seen[name].mode()
        if most.empty:
            raise UsageError(f"{what}: column {name!r} has no value in the training rows; {_leave_out(name)}")
        seen[name], unseen[name] = seen[name].fillna(most[0]), unseen[name].fillna(most[0])
    seen, unseen = seen.astype(str), unseen.astype(str)
    if options.categories is Categories.CODES:
        ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        return ordinal.fit_transform(_objects(seen)), ordinal.transform(_objects(unseen)), list(texts.columns)
    for name in texts.columns:
        levels = seen[name].nunique()
        if levels > MOST_LEVELS:
            raise UsageError(
                f"{what}: column {name!r} has {levels} levels, too many for one-hot columns (at most {MOST_LEVELS}); "
                f"{_leave_out(name)}, or set categories = 'codes'"
            )
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(_objects(seen))
    names = list(one_hot.get_feature_names_out([*texts.columns]))
    check_room((len(seen) + len(unseen)) * len(names) * 8, f"{what}, one-hot,", "set categories = 'codes'")
    return one_hot.transform(_objects(seen)), one_hot.transform(_objects(unseen)), names


def _objects(frame: pd.DataFrame) -> NDArray[Any]:
    return frame.to_numpy(dtype=object)


def _leave_out(name: str) -> str:
    return f"leave the column out by drop = [{name!r}]"
