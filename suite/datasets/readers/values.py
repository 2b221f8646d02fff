"""Tells what a column holds, and says in one line why it cannot be used."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from suite.errors import UsageError

#: Above this, float64 does not hold every integer.
LARGEST_EXACT = 1 << 53


def count(n: int, noun: str) -> str:
    """Return `1 row`, `2 rows`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def called(role: str, column: pd.Series[Any]) -> str:
    """Return what a column with a role is called in errors: by its name, where it has one."""
    return f"the {role}" if column.name is None else f"{role} {column.name!r}"


def shown(label: Any) -> str:
    """Return a class's label without a fraction, for it has none."""
    return str(int(label)) if isinstance(label, float) else str(label)


def plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of objects that are all true or false (or missing) as numbers, any other as it is."""
    if column.dtype == object:
        known = column.dropna()
        if len(known) and all(isinstance(value, bool | np.bool_) for value in known):
            return column.astype("boolean").astype("Float64")
    return column


def is_true_number(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds real numbers, or integers that fit no machine type."""
    if pd.api.types.is_numeric_dtype(column):
        return not pd.api.types.is_complex_dtype(column)
    return holds_huge_integers(column)


def holds_huge_integers(column: pd.Series[Any]) -> bool:
    """Tell whether a column's objects are all integers: pandas keeps those so that do not fit 64 bits."""
    return column.dtype == object and all(type(value) is int for value in column.dropna())


def is_text(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds categories: texts, or what was declared as categories."""
    return isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(column)


def check_exact(values: NDArray[Any], name: str, what: str, cure: str) -> None:
    """Refuse integers that float64 cannot hold exactly."""
    if values.dtype.kind == "O":
        huge = [value for value in values if type(value) is int and abs(value) > LARGEST_EXACT]
    elif values.dtype.kind in "iu":
        huge = values[(values > LARGEST_EXACT) | (values < -LARGEST_EXACT)][:1].tolist()
    else:
        return
    if huge:
        raise beyond_exact(huge[0], name, what, cure)


def beyond_exact(value: Any, name: str, what: str, cure: str) -> UsageError:
    """Return the error for an integer that float64 cannot hold exactly."""
    return UsageError(
        f"{what}: {name} has integers beyond 2^53, such as {value}, which a float does not hold exactly; {cure}"
    )


def not_finite(values: NDArray[Any], name: str, what: str, cure: str) -> UsageError:
    """Return the error for missing or infinite values."""
    missing, infinite = np.isnan(values), np.isinf(values)
    found = " and ".join(
        f"{bad.sum()} {kind}" for bad, kind in ((missing, "missing"), (infinite, "infinite")) if bad.any()
    )
    bad = missing | infinite
    noun = "value" if bad.sum() == 1 else "values"
    return UsageError(f"{what}: {name} has {found} {noun} (the first in row {int(np.argmax(bad)) + 1}); {cure}")


def no_numbers(column: pd.Series[Any], name: str, what: str, cure: str) -> UsageError:
    """Return the error for a column of texts or of anything else that is no number, with the first such value."""
    if not is_text(column):
        return UsageError(
            f"{what}: {name} holds {column.dtype} values{_such_as(column)}; make numbers of them, or {cure}"
        )
    known = column.astype(object).dropna()
    odd = known[pd.to_numeric(known, errors="coerce").isna().to_numpy()]
    if len(odd) and (commas := _commas(odd)):
        return UsageError(f"{what}: {name} has numbers with {commas}")
    if 0 < len(odd) <= len(known) / 2:
        n = count(len(odd), "text")
        return UsageError(f"{what}: {name} has {n} among its numbers{_such_as(odd)}; mend the file, or {cure}")
    return UsageError(f"{what}: {name} holds texts{_such_as(odd if len(odd) else known)}; {cure}")


def _commas(odd: pd.Series[Any]) -> str:
    """Say what the commas in a column's texts are, and what to do; empty if the texts are no numbers with commas.

    One comma before three digits may be either.
    """
    texts = odd.astype(str).str.strip()
    if texts.str.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}").all():
        return (
            f"a comma{_such_as(odd)}: if it separates thousands, write them without it; "
            "if it is a decimal comma, set decimal = ','"
        )
    if texts.str.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?").all():
        return f"commas between thousands{_such_as(odd)}; write them without"
    if texts.str.fullmatch(r"[-+]?[\d.]*,\d+").all():
        return f"a decimal comma{_such_as(odd)}; set decimal = ','"
    return ""


def mixes_numbers_and_texts(column: pd.Series[Any]) -> bool:
    """Tell whether most of a column's texts are numbers, but not all: a slip rather than categories."""
    known = column.astype(object).dropna()
    odd = int(pd.to_numeric(known, errors="coerce").isna().sum())
    return 0 < odd <= len(known) / 2


def _such_as(column: pd.Series[Any]) -> str:
    known = column.dropna()
    if not len(known):
        return ""
    row = known.index[0]
    place = f" in row {row + 1}" if isinstance(row, int | np.integer) else ""
    return f" such as {reprlib.repr(known.iloc[0])}{place}"
