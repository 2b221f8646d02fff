"""Reads .npy and .npz: a matrix of numbers whose columns are numbered, and in .npz named arrays beside it."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suite.datasets.readers.options import FileOptions
from suite.datasets.readers.raw import Numbered, Raw, check_room, readable
from suite.errors import UsageError
from suite.nearest import did_you_mean


def map_npy(path: Path) -> NDArray[Any]:
    """Map a .npy file, whatever its shape."""
    loaded: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(loaded, np.ndarray):
        raise UsageError(f"{path.name} is not a .npy file but an archive; name it .npz")
    return loaded


def read_npy(path: Path, options: FileOptions) -> Raw:
    """Read a matrix."""
    del options
    with readable(path):
        array = map_npy(path)
    return _numbered(array, path.name, {})


def read_npz(path: Path, options: FileOptions) -> Raw:
    """Read a matrix and the arrays beside it; what they claim to hold is checked before it is allocated."""
    with readable(path):
        loaded: Any = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise UsageError(f"{path.name} is not an archive but a .npy file; name it .npy")
        arrays = {}
        with loaded as archive:
            if not archive.files:
                raise UsageError(f"{path.name} is empty: it has no array")
            for name in (options.features, *options.roles):
                if name not in archive.files:
                    raise UsageError(f"{path.name} has no array {name!r}{did_you_mean(name, archive.files)}")
                _check_claim(archive.zip, name, path.name)
                arrays[name] = archive[name]
    matrix = arrays.pop(options.features)
    for name, array in arrays.items():
        if array.shape != matrix.shape[:1]:
            rows = f"{options.features} has {len(matrix)} rows"
            raise UsageError(f"{path.name}: {name} has the shape {array.shape}, but {rows}")
    return _numbered(matrix, f"{options.features} of {path.name}", arrays)


def _check_claim(archive: zipfile.ZipFile, name: str, what: str) -> None:
    """Refuse a member that unpacks to more than fits in memory, or whose head claims more than the member holds."""
    info = archive.getinfo(f"{name}.npy" if f"{name}.npy" in archive.namelist() else name)
    check_room(info.file_size, f"{name} of {what}")
    with archive.open(info) as member:
        head = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        version = np.lib.format.read_magic(member)
        if version not in head:
            return
        shape, _, dtype = head[version](member)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > info.file_size:
        raise UsageError(f"{name} of {what} claims the shape {shape}, which is more than the file holds: it is damaged")


def _numbered(array: NDArray[Any], what: str, beside: dict[str, NDArray[Any]]) -> Raw:
    if array.dtype.kind not in "biuf":
        raise UsageError(f"{what} holds {array.dtype} values, not numbers; convert it before")
    if array.ndim != 2:
        raise UsageError(f"{what} has the shape {array.shape}; it must have rows and columns")
    if not array.dtype.isnative:  # pandas takes native byte order only
        array = array.astype(array.dtype.newbyteorder("="))
    return Raw(array, Numbered(array.shape[1]), beside)
