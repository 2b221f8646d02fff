"""The cache of data sets: a folder each, one .npy an array and a manifest, verified whenever it is used.

A data set appears by one rename, so that a reader sees all of it or nothing. A lock on its name keeps two processes
from making it twice; where the file system has no locks the rename alone keeps them from harm.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import csr_array

from suite.datasets.arrays import ArrayWriter, map_dense
from suite.datasets.source import Allocate, Request, Source, Value
from suite.errors import UsageError
from suite.records.schema import ArrayInfo
from suite.units import format_bytes

MANIFEST = "manifest.json"
FORMAT = 2
LABELS_AT_ONCE = 1 << 18
#: Room beyond the arrays themselves: headers, the manifest, the file system's own.
SPARE_BYTES = 1 << 20

#: Writes arrays to a folder, and returns what was written and the number of classes.
Write = Callable[[Path], tuple[dict[str, ArrayInfo], int]]


class Recipe(Struct, frozen=True, kw_only=True):
    """Everything that determines the bytes of a data set; its digest is the key in the cache."""

    source: str
    version: int
    packages: dict[str, str]
    identity: dict[str, Any]
    n_train: int
    n_test: int
    n_features: int
    dtype: str
    order: str
    seed: int
    format: int = FORMAT


class Manifest(Struct, frozen=True, kw_only=True):
    """What a folder of the cache holds. `sha256` is the digest of the rest of the manifest."""

    recipe: Recipe
    origin: str
    n_classes: int
    arrays: dict[str, ArrayInfo]
    sha256: str = ""

    def sealed(self) -> Manifest:
        """Return the manifest with the digest of the rest."""
        return msgspec.structs.replace(self, sha256=_sha256(msgspec.structs.replace(self, sha256="")))


class DamagedError(Exception):
    """A folder of the cache is not what its manifest says; the message says what is wrong."""


def recipe_of(source: Source, request: Request) -> Recipe:
    """Return what determines the bytes of this request."""
    return Recipe(
        source=source.name,
        version=source.version,
        packages={name: metadata.version(name) for name in source.packages},
        identity=dict(source.identity(request.args)),
        n_train=request.n_train,
        n_test=request.n_test,
        n_features=request.n_features,
        dtype=request.dtype,
        order=request.order,
        seed=request.seed,
    )


def obtain(root: Path, source: Source, request: Request, expected_bytes: int) -> tuple[Path, Manifest]:
    """Return the folder of a verified data set and its manifest; made if it is not there or damaged.

    Raises
    ------
    UsageError
        If the cache cannot be written to, the disk is full, or the source cannot make what is asked.
    """
    recipe = recipe_of(source, request)
    origin = partial(source.origin, request.args)  # asked afterwards: of what is fetched it is not known before
    kept = Kept(root, recipe, origin)
    return _obtain(
        root, recipe, origin, expected_bytes, lambda part: _write_arrays(part, source, replace(request, keep=kept))
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """The arrays that data sets of a source are derived from, each kept under a key of its own: see `Keep`."""

    root: Path
    recipe: Recipe
    origin: Callable[[], str]

    def __call__(
        self, identity: Mapping[str, Value], make: Callable[[Allocate], Iterable[tuple[str, NDArray[Any]]]]
    ) -> dict[str, NDArray[Any]]:
        """Return them mapped read-only, made if they are not there."""
        recipe = msgspec.structs.replace(
            self.recipe, identity=dict(identity), n_train=0, n_test=0, n_features=0, dtype="", order="", seed=0
        )

        def write(part: Path) -> tuple[dict[str, ArrayInfo], int]:
            writer = ArrayWriter(part)
            for name, array in make(writer.allocate):
                writer.keep(name, array)
            return writer.written, 0

        folder, manifest = _obtain(self.root, recipe, self.origin, 0, write)
        return {name: map_dense(folder / f"{name}.npy") for name in manifest.arrays}


def _obtain(
    root: Path, recipe: Recipe, origin: Callable[[], str], expected_bytes: int, write: Write
) -> tuple[Path, Manifest]:
    """Return the folder of this recipe and its manifest; written if it is not there or damaged."""
    folder = root / f"{recipe.source}-{_sha256(recipe)[:16]}"
    try:
        with _locked(root, folder.name) as locked:
            try:
                return folder, verify(folder, recipe)
            except DamagedError:
                return folder, _make(root, folder, recipe, origin, expected_bytes, write, clean=locked)
    except OSError as error:
        raise UsageError(_explain(root, error)) from error


def verify(folder: Path, recipe: Recipe) -> Manifest:
    """Return the manifest if every array has the size and the digest it names; every byte is read once.

    Raises
    ------
    DamagedError
        If anything is missing, unreadable, truncated or altered.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        if manifest != manifest.sealed() or manifest.recipe != recipe:
            raise DamagedError("the manifest was altered")
        for name, info in manifest.arrays.items():
            with (folder / f"{name}.npy").open("rb") as file:
                if os.fstat(file.fileno()).st_size != info.bytes:
                    raise DamagedError(f"{name} is truncated")
                if hashlib.file_digest(file, "sha256").hexdigest() != info.sha256:
                    raise DamagedError(f"{name} was altered")
    except (OSError, msgspec.MsgspecError) as error:
        raise DamagedError(str(error)) from error
    return manifest


def _make(
    root: Path,
    folder: Path,
    recipe: Recipe,
    origin: Callable[[], str],
    expected_bytes: int,
    write: Write,
    *,
    clean: bool,
) -> Manifest:
    """Make the data set in a folder of its own and rename that into place; nothing remains if it fails."""
    if clean:
        for left_behind in root.glob(f".{folder.name}.*.part"):
            shutil.rmtree(left_behind, ignore_errors=True)
    free = shutil.disk_usage(root).free
    if free < expected_bytes + SPARE_BYTES:
        needs = format_bytes(expected_bytes)
        raise UsageError(f"the data set needs {needs}, but only {format_bytes(free)} are free in the cache {root}")
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=root))
    try:
        arrays, n_classes = write(part)
        manifest = Manifest(recipe=recipe, origin=origin(), n_classes=n_classes, arrays=arrays).sealed()
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        part.chmod(0o777 & ~_umask())
        return _put_in_place(part, folder, manifest)
    except MemoryError as error:
        raise UsageError(f"not enough memory to make a data set of {format_bytes(expected_bytes)}") from error
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{recipe.source} cannot be made with these arguments: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put_in_place(part: Path, folder: Path, manifest: Manifest) -> Manifest:
    """Rename `part` to `folder`; a damaged folder there is removed, a good one of another process kept."""
    try:
        part.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        with suppress(DamagedError):
            return verify(folder, manifest.recipe)
        aside = part.with_suffix(".damaged.part")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
        part.rename(folder)
    return manifest


def _write_arrays(folder: Path, source: Source, request: Request) -> tuple[dict[str, ArrayInfo], int]:
    """Write what the source makes, array by array; return what was written and the number of classes."""
    writer = ArrayWriter(folder)
    n_classes = 0
    for name, array in source.make(replace(request, allocate=writer.allocate, filled=writer.filled)):
        writer.keep(name, array)
        if name == "X_train" and (n_centers := int(request.args["init_centers"])):
            writer.keep("centers", choose_centers(array, n_centers, request.seed))
        if name == "y_train" and array.dtype.kind in "iu":
            n_classes = _count_distinct(np.asarray(array))
    return writer.written, n_classes


def _count_distinct(labels: NDArray[Any]) -> int:
    """Count the different values without a sorted copy of all."""
    parts = [labels[at : at + LABELS_AT_ONCE] for at in range(0, len(labels), LABELS_AT_ONCE)]
    low, high = int(labels.min()), int(labels.max())
    if high - low >= LABELS_AT_ONCE or labels.dtype != np.int64:
        return len(set().union(*(np.unique(part).tolist() for part in parts)))
    seen = np.zeros(high - low + 1, bool)
    for part in parts:
        seen[part - low] = True
    return int(seen.sum())


def choose_centers(X: NDArray[Any] | csr_array[Any], n: int, seed: int) -> NDArray[Any]:
    """Choose `n` different rows at random, as a dense C-ordered array of X's dtype: the same start for all engines."""
    rows = X.shape[0]
    rng = np.random.default_rng([seed, 3])
    chosen: dict[bytes, NDArray[Any]] = {}
    for few in (True, False):
        for number in rng.choice(rows, min(rows, 64 * n), replace=False) if few else rng.permutation(rows):
            row = np.asarray(X[number] if isinstance(X, np.ndarray) else X[[number]].toarray()[0])
            chosen.setdefault(row.tobytes(), row)
            if len(chosen) == n:
                return np.array(list(chosen.values()), order="C")
    raise UsageError(f"{n} initial centres were asked for, but there are only {len(chosen)} different training rows")


@contextmanager
def _locked(root: Path, name: str) -> Iterator[bool]:
    """Hold the lock on a data set's name; False where there are none to hold (a read-only or networked folder)."""
    with suppress(OSError):
        root.mkdir(parents=True, exist_ok=True)
    try:
        lock = os.open(root / f".{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        yield False
        return
    try:
        locked = False
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
            locked = True
        yield locked
    finally:
        os.close(lock)


def _sha256(value: Struct) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _explain(root: Path, error: OSError) -> str:
    what = error.strerror or str(error)
    return f"cannot write to the cache {root}: {what}; set EVENHAND_CACHE to another folder"
