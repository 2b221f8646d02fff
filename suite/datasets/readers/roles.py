"""Makes the target, the groups and the order into checked numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from suite.datasets.readers.values import (
    called,
    check_exact,
    count,
    is_true_number,
    no_numbers,
    not_finite,
    plain,
    shown,
)
from suite.errors import UsageError


def regression_target(column: pd.Series[Any], what: str) -> NDArray[np.float64]:
    """Return the target of a regression: finite, and not the same in every row."""
    name = called("target", column)
    column = plain(column)
    if not is_true_number(column):
        raise no_numbers(column, name, what, "mend them, or use an algorithm for classification")
    check_exact(column.to_numpy(), name, what, "divide it by a power of ten")
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        raise not_finite(values, name, what, "drop those rows (missing = 'drop') or fill them")
    if (values == values[0]).all():
        raise UsageError(f"{what}: {name} is {values[0]:g} in every row: there is nothing to learn; {_another(column)}")
    return values


def classes(column: pd.Series[Any], what: str) -> tuple[NDArray[np.int64], list[Any]]:
    """Return class numbers in the order of the sorted labels, and the labels."""
    name = called("target", column)
    if missing := int(column.isna().sum()):
        raise UsageError(f"{what}: {name} is missing in {count(missing, 'row')}; fill them, or set missing = 'drop'")
    if pd.api.types.is_float_dtype(column):
        if np.isinf(column).any():
            raise UsageError(f"{what}: {name} has infinite values; drop those rows")
        fractions = column[column != column.round()]
        if len(fractions):
            raise UsageError(
                f"{what}: {name} has fractions such as {fractions.iloc[0]:g} and is no class; "
                "use an algorithm for regression"
            )
    codes, labels = pd.factorize(column, sort=True)
    if len(labels) < 2:
        raise UsageError(
            f"{what}: {name} has the single class {shown(labels[0])}: there is nothing to learn; {_another(column)}"
        )
    return codes.astype(np.int64), list(labels)


def _another(column: pd.Series[Any]) -> str:
    return "choose another target" if column.name is None else "name another column"


def groups(column: pd.Series[Any], what: str) -> NDArray[np.int64]:
    """Return group numbers; raises UsageError if a row has none."""
    if missing := int(column.isna().sum()):
        raise UsageError(
            f"{what}: {called('group', column)} is missing in {count(missing, 'row')}; fill them or drop them"
        )
    return pd.factorize(column)[0].astype(np.int64)


def ranks(column: pd.Series[Any], what: str) -> NDArray[Any]:
    """Return what rows can be sorted by: numbers, or times (as texts in ISO 8601, else the order would be a guess)."""
    name = called("order", column)
    if missing := int(column.isna().sum()):
        raise UsageError(f"{what}: {name} is missing in {count(missing, 'row')}; fill them or drop them")
    column = plain(column)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column.to_numpy()
    try:
        return pd.to_datetime(column, format="ISO8601", utc=True).to_numpy()
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"{what}: {name} holds neither numbers nor ISO dates (2024-12-31) but such as {column.iloc[0]!r}; "
            "sort the file and leave order out"
        ) from error
