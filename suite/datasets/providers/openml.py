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
from dataclasses import dataclass
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


def load(number: int, task: Task | None, *, missing: str = "error", name: str = "", rows: int = 0) -> Arrays:
    """Fetch and read a data set.

    Parameters
    ----------
    task
        What its target is for; None leaves it out.
    missing
        `error`, or `drop` for rows with missing values.
    name
        What it is called in errors.
    rows
        How many it should have, where that is known.

    Raises
    ------
    UsageError
        If it cannot be fetched, is damaged, holds texts or missing values, or has not so many rows.
    """
    what = name or f"OpenML's data set {number}"
    _obtain(number, what)
    X, y = _parsed(number, what, with_target=task is not None)
    if not hasattr(X, "columns"):
        X = X.toarray() if hasattr(X, "toarray") else X
    else:
        # a named set has no argument for it
        cure = f"take it as openml_{task or Task.CLASSIFICATION} with id = {number} and" if name else "set"
        X, y = _numbers(X, y, missing, what, f"{cure} missing = 'drop'")
    if y is not None and task is not None:
        y = classes(y.astype(str)) if task is Task.CLASSIFICATION else _values(y, what)
    check(what, X, y, rows)
    return Arrays(X, y)


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


def _numbers(X: pd.DataFrame, y: pd.Series[Any] | None, missing: str, what: str, cure: str) -> tuple[NDArray[Any], Any]:
    """Return a frame as floats: categories as their numbers in sorted order."""
    import numpy as np
    import pandas as pd

    if y is not None and getattr(y, "ndim", 1) != 1:
        raise UsageError(f"{what} has no single target; it cannot be used as it is")
    bad = X.isna().any(axis=1)
    if bad.any() and missing == "error":
        first = X.columns[int(X.isna().any().to_numpy().argmax())]
        n = int(X[first].isna().sum())
        raise UsageError(f"{what}: column {first!r} has missing values in {n} {'row' if n == 1 else 'rows'}; {cure}")
    X, y = X[~bad], None if y is None else y[~bad]
    values = np.empty(X.shape, dtype=np.float64)
    for index, name in enumerate(X.columns):
        column = X[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            values[:, index] = codes_of(column)
        elif pd.api.types.is_numeric_dtype(column):
            values[:, index] = column.to_numpy(dtype=np.float64)
        else:
            raise UsageError(f"{what}: column {name!r} holds texts; it cannot be used as it is")
    return values, None if y is None else np.asarray(y)


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
        from suite.datasets.split import split

        number = self._number(request.args)
        arrays = load(number, self.target, missing=str(request.args["missing"]))
        classification = self.target is Task.CLASSIFICATION
        return split(request, arrays.X, arrays.y, stratify=classification, what=f"OpenML's data set {number}")

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
            f"licence: {described.get('licence') or 'not stated'}"
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
            "missing": Argument("error", "what becomes of rows with missing values", choices=("error", "drop")),
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
