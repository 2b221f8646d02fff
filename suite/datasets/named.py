"""The table of data sets that are fetched by name, `named.toml`, and how their files become arrays."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from suite.datasets.download import Remote
from suite.errors import DataUnavailableError, UsageError
from suite.workloads.entry import Task

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

TABLE = Path(__file__).with_name("named.toml")
#: Characters that a value may take in a file of text.
_TEXT_BYTES = 40
_SPARE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One data set of the table; the table's head says what each key means."""

    name: str
    about: str
    rows: int
    features: int
    licence: str
    task: Task | None = None
    openml: int = 0
    urls: tuple[str, ...] = ()
    sha256: tuple[str, ...] = ()
    held_out: int = 0
    format: str = "csv"
    header: bool = False
    separator: str = ","
    target: str = ""
    drop: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    encode: str = "codes"
    above: float | None = None
    standardize: bool = True

    @property
    def host(self) -> str:
        """Where it comes from, short."""
        return f"openml.org/d/{self.openml}" if self.openml else urlsplit(self.urls[0]).netloc

    @property
    def remotes(self) -> tuple[Remote, ...]:
        """The files to fetch, each by the name it has at its origin."""
        digests = self.sha256 or ("",) * len(self.urls)
        return tuple(
            Remote(url=url, name=PurePosixPath(urlsplit(url).path).name, sha256=digest)
            for url, digest in zip(self.urls, digests, strict=True)
        )

    @property
    def most_bytes(self) -> int:
        """What the files of the table may unpack to."""
        return self.rows * (self.features + len(self.drop) + 1) * _TEXT_BYTES + _SPARE_BYTES


@dataclass(frozen=True, slots=True)
class Arrays:
    """(rows, features), dense or CSR, and (rows,) or None; rows that the origin holds out come last."""

    X: Any
    y: NDArray[Any] | None


def entries(table: Path = TABLE) -> tuple[Entry, ...]:
    """Return the table."""
    with table.open("rb") as file:
        sets = tomllib.load(file)["set"]
    return tuple(
        Entry(**{key: _frozen(key, value) for key, value in entry.items()})  # a slip in the table is a TypeError
        for entry in sets
    )


def _frozen(key: str, value: Any) -> Any:
    if key == "task":
        return Task(value)
    return tuple(value) if isinstance(value, list) else value


def read(entry: Entry, paths: Sequence[Path], dtype: str) -> Arrays:
    """Return what the files of an entry hold.

    Raises
    ------
    UsageError
        If they are damaged, or do not hold the rows and features of the table.
    """
    try:
        arrays = _READERS[entry.format](entry, paths, dtype)
    except (ValueError, KeyError, OverflowError) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        names = " and ".join(path.name for path in paths)
        raise UsageError(
            f"{names} is not what {entry.name} should be: {line}; remove it from {paths[0].parent}"
        ) from error
    check(entry.name, arrays.X, arrays.y, entry.rows)
    return arrays


def check(name: str, X: Any, y: NDArray[Any] | None, rows: int) -> None:
    """Check that features and target are finite and, where `rows` is known, that all the rows came."""
    import numpy as np

    if rows and X.shape[0] != rows:
        raise UsageError(f"{name} should have {rows} rows, but what was fetched has {X.shape[0]}")
    for what, values in (("features", getattr(X, "data", X) if not isinstance(X, np.ndarray) else X), ("target", y)):
        if values is not None and not np.isfinite(values).all():
            raise UsageError(f"{name} has missing or infinite values among its {what}: it cannot be used as it is")


def classes(labels: Any) -> NDArray[Any]:
    """Return labels as 0, 1, ... in the order of the sorted labels."""
    import numpy as np

    return np.unique(np.asarray(labels), return_inverse=True)[1].astype(np.int64)


@contextmanager
def _streams(entry: Entry, paths: Sequence[Path]) -> Iterator[list[Any]]:
    from suite.datasets.archives import opened

    with ExitStack() as stack:
        yield [stack.enter_context(opened(path, entry.most_bytes)) for path in paths]


def _read_csv(entry: Entry, paths: Sequence[Path], dtype: str) -> Arrays:
    import pandas as pd

    kinds: defaultdict[Any, str] = defaultdict(lambda: dtype, dict.fromkeys(entry.categories, "category"))
    with _streams(entry, paths) as streams:
        frames = [_frame(entry, stream, kinds) for stream in streams]
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    del frames
    y = frame.pop(entry.target)
    frame = frame.drop(columns=[*entry.drop])
    texts = [name for name in frame.columns if name in entry.categories]
    if entry.encode == "one-hot":
        frame = pd.get_dummies(frame, columns=texts, dtype=dtype)
    else:
        for name in texts:
            frame[name] = codes_of(frame[name]).astype(dtype)
    return Arrays(frame.to_numpy(dtype=dtype), _target(entry, y))


def _frame(entry: Entry, stream: Any, kinds: defaultdict[Any, str]) -> pd.DataFrame:
    """Read one file; columns without a header are named by their numbers."""
    import pandas as pd

    if entry.header:
        return pd.read_csv(stream, sep=entry.separator, dtype=kinds)
    names = [str(number) for number in range(entry.features + len(entry.drop) + 1)]
    return pd.read_csv(stream, sep=entry.separator, header=None, names=names, index_col=False, dtype=kinds)


def _target(entry: Entry, y: Any) -> NDArray[Any]:
    import numpy as np

    if entry.above is not None:
        return np.asarray(y.to_numpy() > entry.above, dtype=np.int64)
    if entry.task is Task.CLASSIFICATION:
        return codes_of(y) if entry.target in entry.categories else classes(y)
    return np.asarray(y, dtype=np.float64)


def codes_of(texts: pd.Series[Any]) -> NDArray[Any]:
    """Return a column of texts as 0, 1, ... in the order of the sorted texts; raises ValueError for a missing one."""
    import numpy as np

    column = texts.astype("category").cat
    codes = np.asarray(column.codes, dtype=np.int64)
    if (codes < 0).any():
        raise ValueError(f"column {texts.name!r} has missing values")
    rank = np.argsort(np.argsort(np.asarray(column.categories, dtype=str)))
    return rank[codes]


def _read_svmlight(entry: Entry, paths: Sequence[Path], dtype: str) -> Arrays:
    import numpy as np
    from scipy import sparse
    from sklearn.datasets import load_svmlight_files

    with _streams(entry, paths) as streams:
        loaded = load_svmlight_files(streams, n_features=entry.features, dtype=np.dtype(dtype), zero_based=False)
    X = sparse.vstack(loaded[0::2]).toarray()
    y = np.concatenate(loaded[1::2])
    return Arrays(X, classes(y) if entry.task is Task.CLASSIFICATION else y.astype(np.float64))


def _read_hdf5(entry: Entry, paths: Sequence[Path], dtype: str) -> Arrays:
    import numpy as np

    try:
        h5py = import_module("h5py")
    except ImportError:
        raise DataUnavailableError(f"{entry.name} is an HDF5 file and needs h5py: pip install h5py") from None
    try:
        with h5py.File(paths[0], "r") as file:
            return Arrays(np.concatenate([file["train"], file["test"]]).astype(dtype, copy=False), None)
    except OSError as error:
        raise ValueError(str(error)) from error


_READERS: Mapping[str, Callable[[Entry, Sequence[Path], str], Arrays]] = {
    "csv": _read_csv,
    "svmlight": _read_svmlight,
    "hdf5": _read_hdf5,
}
