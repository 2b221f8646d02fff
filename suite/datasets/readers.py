"""Reads a user's file into checked numbers; whatever an algorithm could not use is one clear line."""

from __future__ import annotations

import reprlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.workloads.entry import Task

#: Dtypes whose values float32 holds exactly.
_EXACT_IN_FLOAT32 = {"bool", "int8", "uint8", "int16", "uint16", "float16", "float32"}
#: Bytes of a value in a file that does not say how many values it holds.
_TYPICAL_VALUE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Table:
    """Features of (rows, features) in float32 or float64, and the target of (rows,): classes as 0, 1, ... or floats."""

    X: NDArray[Any]
    y: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class _Raw:
    """What a file holds before it is checked: named columns as one array or as a frame, and the target."""

    columns: pd.DataFrame | NDArray[Any]
    names: Sequence[str]
    target: Any


def read_table(path: Path, features: str, target: str, task: str) -> Table:
    """Read a file and check it.

    Parameters
    ----------
    features
        The array of the features in a .npz file.
    target
        Name of the target's column, or empty.
    task
        A `Task` value: a target of classes is numbered, one of a regression is kept.

    Raises
    ------
    UsageError
        If the file is not what its suffix says, or holds anything but finite numbers.
    """
    if not target and task in (Task.CLASSIFICATION, Task.REGRESSION):
        raise UsageError(f"{path.name}: {task} needs a target: name its column by target = ...")
    raw = READERS[path.suffix.lower()](path, features, target)
    X = _numbers(raw, path.name)
    if raw.target is None:
        return Table(X, None)
    y = _values(raw.target, target, path.name) if task == Task.REGRESSION else _classes(raw.target, target, path.name)
    return Table(X, y)


def shape_of(path: Path) -> tuple[int, int]:
    """Return (rows, columns) as the file's head says, or as many values as its size makes likely."""
    with _readable(path):
        if path.suffix.lower() == ".npy":
            shape = _load_npy(path).shape
            return (shape[0], shape[1]) if len(shape) == 2 else (int(np.prod(shape)), 1)
        if path.suffix.lower() == ".parquet":
            head = _parquet().ParquetFile(path).metadata
            return int(head.num_rows), int(head.num_columns)
    return path.stat().st_size // _TYPICAL_VALUE_BYTES, 1


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Make one line of whatever a library raises on a file that is damaged or not what its suffix says."""
    try:
        yield
    except (UsageError, MemoryError):
        raise
    except Exception as error:  # libraries raise anything, from AttributeError to tokenize.TokenError
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"cannot read {path.name} as {path.suffix.lower()[1:]}: {lines[0]}") from error


def _load_npy(path: Path) -> NDArray[Any]:
    loaded: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(loaded, np.ndarray):
        raise UsageError(f"{path.name} is not a .npy file but an archive; name it .npz")
    return loaded


def _read_npy(path: Path, features: str, target: str) -> _Raw:
    del features
    with _readable(path):
        array = _load_npy(path)
    _check_matrix(array, path.name)
    names = [str(number) for number in range(array.shape[1])]
    if not target:
        return _Raw(array, names, None)
    column = names[-1] if target == "-1" else target
    if column not in names:
        raise UsageError(f"{path.name} has no column {target!r}: columns are numbered 0 to {len(names) - 1}")
    index = int(column)
    return _Raw(np.delete(array, index, axis=1), names[:index] + names[index + 1 :], np.array(array[:, index]))


def _read_npz(path: Path, features: str, target: str) -> _Raw:
    with _readable(path):
        loaded: Any = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise UsageError(f"{path.name} is not an archive but a .npy file; name it .npy")
        with loaded as archive:
            for name in [features, target] if target else [features]:
                if name not in archive.files:
                    raise UsageError(f"{path.name} has no array {name!r}{did_you_mean(name, archive.files)}")
            array = archive[features]
            labels = archive[target] if target else None
    _check_matrix(array, f"{features} of {path.name}")
    if labels is not None and labels.shape != (len(array),):
        raise UsageError(f"{path.name}: {target} has the shape {labels.shape}, but {features} has {len(array)} rows")
    return _Raw(array, [str(number) for number in range(array.shape[1])], labels)


def _read_csv(path: Path, features: str, target: str) -> _Raw:
    del features
    with _readable(path), warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(path, index_col=False, low_memory=False)
    if len(frame) and all(_is_number(name) for name in frame.columns):
        raise UsageError(f"{path.name} has no header: its first line must name the columns")
    return _from_frame(frame, target, path.name)


def _read_parquet(path: Path, features: str, target: str) -> _Raw:
    del features
    with _readable(path):
        frame = _parquet().read_table(path).to_pandas(ignore_metadata=True)
    return _from_frame(frame, target, path.name)


READERS: Mapping[str, Callable[[Path, str, str], _Raw]] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}


def _from_frame(frame: pd.DataFrame, target: str, what: str) -> _Raw:
    names = [str(name) for name in frame.columns]
    frame.columns = pd.Index(names)
    if not target:
        return _Raw(frame, names, None)
    if target not in names:
        raise UsageError(f"{what} has no column {target!r}{did_you_mean(target, names)}")
    rest = frame.drop(columns=target)
    return _Raw(rest, [name for name in names if name != target], frame[target])


def _numbers(raw: _Raw, what: str) -> NDArray[Any]:
    """Return the features as floats, checked."""
    if not len(raw.columns) or not raw.names:
        raise UsageError(f"{what} is empty: it has {len(raw.columns)} rows and {len(raw.names)} features")
    if isinstance(raw.columns, pd.DataFrame):
        for name in raw.names:
            _check_numeric(raw.columns[name], name, what)
        exact = all(str(dtype).lower() in _EXACT_IN_FLOAT32 for dtype in raw.columns.dtypes)
        X = raw.columns.to_numpy(dtype=np.float32 if exact else np.float64, na_value=np.nan)
    else:
        X = raw.columns
        if X.dtype.name not in ("float32", "float64"):
            X = X.astype(np.float32 if X.dtype.name in _EXACT_IN_FLOAT32 else np.float64)
    finite = np.isfinite(X)
    if not finite.all():
        column = int(np.argmin(finite.all(axis=0)))
        raise _not_finite(X[:, column], f"column {raw.names[column]!r}", what)
    return X


def _values(target: Any, name: str, what: str) -> NDArray[np.float64]:
    """Return the target of a regression."""
    column = pd.Series(target)
    _check_numeric(column, name, what)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        raise _not_finite(values, f"target {name!r}", what)
    if (values == values[0]).all():
        raise UsageError(f"{what}: target {name!r} is {values[0]:g} in every row: there is nothing to learn")
    return values


def _classes(target: Any, name: str, what: str) -> NDArray[np.int64]:
    """Return the target of a classification as class numbers, in the order of the sorted labels."""
    if isinstance(target, np.ndarray) and not target.dtype.isnative:  # pandas takes native byte order only
        target = target.astype(target.dtype.newbyteorder("="))
    column = pd.Series(target)
    missing = int(column.isna().sum())
    if missing:
        raise UsageError(f"{what}: target {name!r} is missing in {missing} rows; fill or drop them")
    if pd.api.types.is_float_dtype(column) and np.isinf(column).any():
        raise UsageError(f"{what}: target {name!r} has infinite values; drop them")
    if pd.api.types.is_float_dtype(column) and not (column == column.round()).all():
        raise UsageError(f"{what}: target {name!r} has fractions and is no class; use an algorithm for regression")
    codes, labels = pd.factorize(column, sort=True)
    if len(labels) < 2:
        raise UsageError(f"{what}: target {name!r} has the single class {labels[0]}: there is nothing to learn")
    return codes.astype(np.int64)


def _check_matrix(array: NDArray[Any], what: str) -> None:
    if array.dtype.kind not in "biuf":
        raise UsageError(f"{what} holds {array.dtype} values, not numbers")
    if array.ndim != 2:
        raise UsageError(f"{what} has the shape {array.shape}; it must have rows and columns")


def _check_numeric(column: pd.Series[Any], name: str, what: str) -> None:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        return
    example = column.dropna().head(1).to_list()
    shown = f" such as {reprlib.repr(example[0])}" if example else ""
    raise UsageError(f"{what}: column {name!r} holds {column.dtype} values{shown}; encode it as numbers or drop it")


def _not_finite(values: NDArray[Any], column: str, what: str) -> UsageError:
    missing, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    found = " and ".join(f"{count} {kind}" for count, kind in ((missing, "missing"), (infinite, "infinite")) if count)
    return UsageError(f"{what}: {column} has {found} values; fill or drop them")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parquet() -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("reading Parquet needs pyarrow: pip install 'evenhand[parquet]'") from error
    return parquet
