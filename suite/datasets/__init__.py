"""Where the bytes come from, and the cache that keeps them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as remember
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from suite.datasets.source import ArgumentError, Source, unheard
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.workloads.entry import DataSpec

if TYPE_CHECKING:
    from suite.records.schema import ArrayInfo

ITEM_BYTES = {"float32": 4, "float64": 8}
#: Of a column's number in a sparse matrix, and of a row's end.
INDEX_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A data set in the cache, verified.

    Arrays are `X_train`, `y_train`, `X_test`, `y_test` as far as the source has them, `truth` (the generator's cluster
    of each training row, -1 for background or an outlier; `truth_test` of each held-out row, where it has that) and
    `centers` (training rows to start k-means from). `paths` are .npy files that can be mapped, a sparse matrix in
    parts: see `suite.datasets.arrays`. `n_samples` are training rows; `n_classes` is zero unless labels are classes.
    """

    paths: dict[str, Path]
    arrays: dict[str, ArrayInfo]
    bytes: int
    origin: str
    n_samples: int
    n_features: int
    n_classes: int


@remember
def sources() -> tuple[Source, ...]:
    """Return every source of data, from all modules of `suite.datasets.providers`."""
    providers = import_module("suite.datasets.providers")
    modules = (import_module(f"{providers.__name__}.{found.name}") for found in iter_modules(providers.__path__))
    return tuple(source for module in modules for source in module.SOURCES)


def source_of(name: str) -> Source:
    """Return the source of this name; raises UsageError with the nearest right name."""
    for source in sources():
        if source.name == name:
            return source
    raise UsageError(f"no data source {name!r}{did_you_mean(name, [source.name for source in sources()])}")


def cache_dir() -> Path:
    """Return the folder of the cache: EVENHAND_CACHE, else `evenhand` in XDG_CACHE_HOME, else in ~/.cache."""
    if chosen := os.environ.get("EVENHAND_CACHE"):
        from suite.datasets.providers.files import expanded

        return expanded(Path(chosen)).absolute()
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():
        return base / "evenhand"
    try:
        return Path.home() / ".cache" / "evenhand"
    except RuntimeError as error:
        raise UsageError("there is no home folder to cache data in; set EVENHAND_CACHE to a folder") from error


def expected_bytes(spec: DataSpec, dtype: str) -> int:
    """Return about how many bytes the data set takes in memory and in the cache, without making it."""
    source = source_of(spec.source)
    args = source.resolve(spec)
    rows, features = source.shape(spec, args)
    if (entries := source.entries_a_row(spec, args)) is not None:
        return round(rows * (entries * (ITEM_BYTES[dtype] + INDEX_BYTES) + INDEX_BYTES + 8))
    return rows * (features * ITEM_BYTES[dtype] + 8)


def prepare(
    spec: DataSpec, *, dtype: str, order: str, seed: int, cache: Path, progress: Callable[[float], None] = unheard
) -> DataSet:
    """Make a data set or find it in the cache; either way it is verified.

    Parameters
    ----------
    dtype, order
        `float32` or `float64`, `C` or `F`: of the feature matrices.
    seed
        Of the generator, the split and the initial centres.
    cache
        The folder that keeps data sets, see `cache_dir`.
    progress
        Told the share that is done, by sources that take long (simulations).

    Raises
    ------
    UsageError
        If the data set cannot be made or kept: one line that says what to do.
    """
    from suite.datasets.arrays import open_array
    from suite.datasets.cache import obtain
    from suite.datasets.source import Request

    source = source_of(spec.source)
    request = Request(
        n_train=spec.n_train,
        n_test=spec.n_test,
        n_features=spec.n_features,
        args=source.resolve(spec),
        dtype=dtype,
        order=order,
        seed=seed,
        progress=progress,
    )
    folder, manifest = obtain(cache, source, request, expected_bytes(spec, dtype))
    paths = {name: folder / f"{name}.npy" for name in manifest.arrays}
    n_samples, n_features = open_array(paths, "X_train").shape
    return DataSet(
        paths=paths,
        arrays=manifest.arrays,
        bytes=sum(info.bytes for info in manifest.arrays.values()),
        origin=manifest.origin,
        n_samples=n_samples,
        n_features=n_features,
        n_classes=manifest.n_classes,
    )


__all__ = ["ArgumentError", "DataSet", "Source", "cache_dir", "expected_bytes", "prepare", "source_of", "sources"]
