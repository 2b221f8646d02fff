"""Data sets of OpenML, by number or by name and version.

The files are fetched by `suite.datasets.download`, which resumes and is polite, and laid where scikit-learn's
`fetch_openml` keeps its own; that then reads them (ARFF, dense or sparse) without asking the network.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from suite.datasets.download import Remote, downloads_dir, fetch
from suite.datasets.named import Arrays, check, classes, codes_of
from suite.datasets.source import Argument, ArgumentError, Request, Source, Value
from suite.errors import UsageError
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Where its API is; EVENHAND_OPENML names another one (a mirror).
SERVER = "https://www.openml.org"
_ABOUT = "api/v1/json/data/{}"
_NAMED = "api/v1/json/data/list/data_name/{}/limit/2/data_version/{}"
_FURTHER = ("api/v1/json/data/features/{}", "api/v1/json/data/qualities/{}")
#: What may become of missing values, and what the origin says of it.
_MISSING = {
    "error": "",
    "drop": "; rows with missing values dropped",
    "median": "; missing values: the training rows' median, of categories the most frequent one",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Features (rows, features), NaN where they are missing, their names and which are codes of categories; target."""

    X: NDArray[Any]
    names: list[str]
    is_category: list[bool]
    y: NDArray[Any] | None


def load(number: int, task: Task | None, *, name: str, rows: int) -> Arrays:
    """Fetch and read a data set that is called `name` here, whose target is for the task (None leaves it out).

    Raises
    ------
    UsageError
        If it cannot be fetched, is damaged, holds texts or missing values, or has not so many rows.
    """
    set_ = f"take it as openml_{task or Task.CLASSIFICATION} with id = {number} and"  # it has no such argument itself
    table = read(number, task, missing="error", what=name, set_=set_)
    check(name, table.X, table.y, rows)
    return Arrays(table.X, table.y)


def read(number: int, task: Task | None, *, missing: str, what: str, set_: str = "set") -> Table:
    """Fetch and read a data set.

    Parameters
    ----------
    missing
        `error`, `drop` for rows with missing values, or `median` to leave those of features to `filled`.
    what, set_
        What it is called in errors, and how the user sets `missing`.
    """
    _obtain(number, what)
    X, y = _parsed(number, what, with_target=task is not None)
    if y is not None and getattr(y, "ndim", 1) != 1:
        raise UsageError(f"{what} has no single target; it cannot be used as it is")
    table = _numbers(X, y, what) if hasattr(X, "columns") else _unnamed(X, y)
    table = _without_missing(table, missing, what, set_)
    if table.y is None or task is None:
        return table
    return replace(table, y=classes(table.y.astype(str)) if task is Task.CLASSIFICATION else _values(table.y, what))


def filled(table: Table, train: NDArray[Any], test: NDArray[Any], what: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the features of the training and of the held-out rows without missing values.

    In place of them comes the median of the training rows, of categories their most frequent one (the first of equals).
    """
    import numpy as np

    X_train, X_test = table.X[train], table.X[test]
    for column in np.flatnonzero(np.isnan(table.X).any(axis=0)).tolist():
        known = X_train[~np.isnan(X_train[:, column]), column]
        if not len(known):
            raise UsageError(f"{what}: column {table.names[column]!r} has no value in the training rows")
        value = np.bincount(known.astype(int)).argmax() if table.is_category[column] else np.median(known)
        for X in (X_train, X_test):
            X[np.isnan(X[:, column]), column] = value
    return X_train, X_test


def number_of(name: str, version: int) -> int:
    """Return the number of a named data set."""
    what = f"version {version} of OpenML's {name!r}"
    found = _asked(_NAMED.format(quote(name.lower(), safe=""), version), what)
    try:
        return int(found["data"]["dataset"][0]["did"])
    except (KeyError, IndexError, ValueError, TypeError):
        raise UsageError(f"OpenML has no {name!r} of version {version}; look it up at {SERVER}") from None


def is_there(number: int) -> bool:
    """Whether a data set was fetched."""
    kept = _kept(_ABOUT.format(number))
    return kept.exists() and _kept(_path_of(str(_description(number, "")["url"]))).exists()


def shape_of(number: int) -> tuple[int, int]:
    """Return (rows, features) of a data set that was fetched, zeros for another one."""
    features, qualities = (_kept(path.format(number)) for path in _FURTHER)
    if not (features.exists() and qualities.exists()):
        return 0, 0
    columns = _json(features, "")["data_features"]["feature"]
    said = {entry["name"]: entry["value"] for entry in _json(qualities, "")["data_qualities"]["quality"]}
    return int(float(said.get("NumberOfInstances", 0))), len(columns) - 1


def _obtain(number: int, what: str) -> None:
    """Lay everything that `fetch_openml` asks for where it looks first."""
    description = _description(number, what)
    for path in _FURTHER:
        _asked(path.format(number), what)
    url = str(description["url"])
    kept = _kept(_path_of(url))
    if kept.exists():
        return
    plain = fetch(Remote(url=url, name=kept.stem, pinned=False), kept.parent)
    with plain.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if digest != description.get("md5_checksum", digest):
        plain.unlink()
        raise UsageError(f"{what}: {url} has another MD5 than OpenML says; it was removed, try again later")
    _pack(plain, kept)


def _parsed(number: int, what: str, *, with_target: bool) -> tuple[Any, Any]:
    from sklearn.datasets import fetch_openml

    target = {} if with_target else {"target_column": None}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about withdrawn versions and its own retries
            found = fetch_openml(data_id=number, data_home=downloads_dir(), return_X_y=True, n_retries=1, **target)
    except (ValueError, KeyError, OSError, StopIteration) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UsageError(f"{what} cannot be read: {line}") from error
    X, y = found
    return X, y


def _numbers(X: pd.DataFrame, y: pd.Series[Any] | None, what: str) -> Table:
    """Return a frame as floats: categories as their numbers in sorted order."""
    import numpy as np
    import pandas as pd

    values = np.full(X.shape, np.nan)
    is_category = [isinstance(X[name].dtype, pd.CategoricalDtype) for name in X.columns]
    for index, name in enumerate(X.columns):
        column = X[name]
        known = column.notna().to_numpy()
        if is_category[index]:
            values[known, index] = codes_of(column[known])
        elif pd.api.types.is_numeric_dtype(column):
            values[known, index] = column[known].to_numpy(dtype=np.float64)
        else:
            raise UsageError(f"{what}: column {name!r} holds texts; it cannot be used as it is")
    return Table(values, [*map(str, X.columns)], is_category, None if y is None else np.asarray(y))


def _unnamed(X: Any, y: Any) -> Table:
    """Return numbers, sparse or dense."""
    import numpy as np

    dense = X.toarray() if hasattr(X, "toarray") else X
    names = [str(number) for number in range(dense.shape[1])]
    return Table(dense, names, [False] * len(names), None if y is None else np.asarray(y))


def _without_missing(table: Table, missing: str, what: str, set_: str) -> Table:
    """Return the rows without missing values; those of features may be left to be filled."""
    import numpy as np
    import pandas as pd

    from suite.datasets.readers.values import count

    lacking = np.isnan(table.X)
    unknown = np.zeros(len(table.X), dtype=bool) if table.y is None else np.asarray(pd.isna(table.y))
    if unknown.any() and missing != "drop":
        raise UsageError(
            f"{what}: its target is missing in {count(int(unknown.sum()), 'row')}; {set_} missing = 'drop'"
        )
    if lacking.any() and missing == "error":
        first = int(lacking.any(axis=0).argmax())
        n = int(lacking[:, first].sum())
        raise UsageError(
            f"{what}: column {table.names[first]!r} has missing values in {count(n, 'row')}; "
            f"{set_} missing = 'drop' or 'median'"
        )
    bad = unknown | lacking.any(axis=1)
    if missing != "drop" or not bad.any():
        return table
    if bad.all():
        raise UsageError(f"{what} has a missing value in every row: missing = 'drop' leaves none; use 'median'")
    return replace(table, X=table.X[~bad], y=None if table.y is None else table.y[~bad])


def _values(y: Any, what: str) -> NDArray[Any]:
    try:
        return y.astype("float64")  # type: ignore[no-any-return]
    except (ValueError, TypeError):
        raise UsageError(f"{what} has a target of classes, not of numbers") from None


def _description(number: int, what: str) -> Mapping[str, Any]:
    described: Mapping[str, Any] = _asked(_ABOUT.format(number), what).get("data_set_description", {})
    if not str(described.get("url", "")).startswith("http"):
        raise UsageError(f"{what}: OpenML does not say where its file is")
    return described


def _asked(path: str, what: str) -> Mapping[str, Any]:
    """Return an answer of the API, kept where `fetch_openml` keeps it."""
    kept = _kept(path)
    if not kept.exists():
        server = os.environ.get("EVENHAND_OPENML", "") or SERVER
        try:
            plain = fetch(Remote(url=f"{server.rstrip('/')}/{path}", name=kept.stem, pinned=False), kept.parent)
        except UsageError as error:
            if "the server says 412" in str(error):  # OpenML's own code for whatever it does not have
                raise UsageError(f"OpenML does not have {what}; look it up at {SERVER}") from error
            raise
        _pack(plain, kept)
    return _json(kept, what)


def _json(kept: Path, what: str) -> Mapping[str, Any]:
    try:
        with gzip.open(kept, "rb") as file:
            read: Mapping[str, Any] = json.load(file)
    except (OSError, EOFError, ValueError):
        raise UsageError(f"{what or kept.name}: {kept} is damaged; remove it") from None
    return read


def _pack(plain: Path, kept: Path) -> None:
    part = kept.with_name(f".{kept.name}.part")
    with plain.open("rb") as file, gzip.open(part, "wb", compresslevel=1) as packed:
        shutil.copyfileobj(file, packed, 1 << 20)
    part.replace(kept)
    plain.unlink()


def _path_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _kept(path: str) -> Path:
    """Return where `fetch_openml` keeps what it got from a path; raises UsageError for one that leads out."""
    root = downloads_dir() / "openml" / "openml.org"
    kept = root / f"{path}.gz"
    if ".." in Path(path).parts or kept == root:
        raise UsageError(f"OpenML names the file {path!r}, which leads out of the cache")
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Openml(Source):
    """Any data set of OpenML; its target, the one that OpenML names, is for `target`."""

    def make(self, request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield the split arrays."""
        from suite.datasets.split import How, Keys, choose, finished

        number = self._number(request.args)
        what = f"OpenML's data set {number}"
        table = read(number, self.target, missing=str(request.args["missing"]), what=what)
        keys = Keys(how=How.STRATIFIED, classes=table.y) if self.target is Task.CLASSIFICATION else Keys()
        train, test = choose(request, len(table.X), keys, what)
        X_train, X_test = filled(table, train, test, what)
        for X in (X_train, X_test):
            check(what, X, table.y, 0)
        parts = (("train", X_train, train), ("test", X_test, test))
        return finished(request, ((part, X, None if table.y is None else table.y[at]) for part, X, at in parts), what)

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked: a number, or a name and a version."""
        args = Source.resolve(self, spec)
        if bool(args["id"]) == bool(args["name"] and args["version"]):
            named = "name" if args["name"] or args["version"] else "id"
            raise ArgumentError(named, f"{self.name} needs either id, or name and version, of a data set of OpenML")
        return args

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:
        """Return what was asked for, or what OpenML says once it was fetched; (0, 1) until then."""
        rows, features = shape_of(int(args["id"])) if args["id"] else (0, 0)
        return (spec.n_train + spec.n_test) or rows, features or 1

    def origin(self, args: Mapping[str, Value]) -> str:
        """Name the data set with its licence."""
        number = self._number(args)
        described = _description(number, f"OpenML's data set {number}")
        return (
            f"{described.get('name')} version {described.get('version')} from openml.org/d/{number}, "
            f"licence: {described.get('licence') or 'not stated'}{_MISSING[str(args['missing'])]}"
        )

    def at_hand(self) -> str:
        """Say that it depends on which."""
        return "to download"

    @staticmethod
    def _number(args: Mapping[str, Value]) -> int:
        return int(args["id"]) or number_of(str(args["name"]), int(args["version"]))


def _openml(task: Task, target: str) -> Source:
    return Openml(
        name=f"openml_{task.value}",
        about=f"any data set of OpenML whose target is {target}",
        packages=("numpy", "pandas", "scikit-learn"),
        arguments={
            "id": Argument(0, "its number at OpenML", low=0),
            "name": Argument("", "its name, instead of its number"),
            "version": Argument(0, "the version of that name", low=0),
            "missing": Argument("error", "what becomes of missing values", choices=(*_MISSING,)),
            "test_share": Argument(0.25, "share of the rows that is held out", low=0, high=0.9),
            "standardize": Argument(True, "bring each feature to mean 0 and deviation 1, as in the training rows"),
        },
        sized=False,
        target=task,
        comes_from="openml.org",
        licence="see there",
    )


SOURCES: tuple[Source, ...] = (
    _openml(Task.CLASSIFICATION, "a class"),
    _openml(Task.REGRESSION, "a number"),
)
