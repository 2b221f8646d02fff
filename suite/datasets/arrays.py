"""Arrays as files: a dense one is NAME.npy; a sparse one, in CSR, is its parts, each a .npy that can be mapped too.

The parts of X are X.data (values), X.indices (their columns), X.indptr (where each row ends) and X.shape.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from suite.records.schema import ArrayInfo

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PARTS = ("data", "indices", "indptr", "shape")
BLOCK_BYTES = 8 << 20


def names(paths: Mapping[str, Path]) -> list[str]:
    """Return the names of the arrays in these files, a sparse one once."""
    return list(dict.fromkeys(name.partition(".")[0] for name in paths))


def open_array(paths: Mapping[str, Path], name: str) -> NDArray[Any] | csr_array[Any]:
    """Return the array of this name, mapped read-only; of a sparse one, its parts are.

    Raises
    ------
    KeyError
        If there is no such array.
    """
    if name in paths:
        return map_dense(paths[name])
    data, indices, indptr, shape = (map_dense(paths[f"{name}.{part}"]) for part in PARTS)
    from scipy.sparse import csr_array

    rows, columns = shape.tolist()
    matrix = csr_array((data, indices, indptr), shape=(rows, columns), copy=False)
    matrix.has_canonical_format = True  # what is written is; without this, engines look for themselves
    return matrix


def map_dense(path: Path) -> NDArray[Any]:
    """Map a .npy read-only, as a plain ndarray."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


@dataclass(slots=True)
class _Room:
    """Room for an array in a file: the array, as it lies in memory (C-contiguous), and what is digested of that."""

    array: NDArray[Any]
    memory: NDArray[Any]
    sha256: hashlib._Hash
    bytes: int
    digested: int = 0

    def digest_to(self, rows: int) -> None:
        """Digest the rows of `memory` up to this one."""
        if rows > self.digested:
            self.sha256.update(self.memory[self.digested : rows].data.cast("B"))
            self.digested = rows


class ArrayWriter:
    """Writes arrays to a folder and digests them; `written` is what the folder holds."""

    def __init__(self, folder: Path) -> None:
        self.written: dict[str, ArrayInfo] = {}
        self._folder = folder
        self._rooms: dict[str, _Room] = {}

    def allocate(self, name: str, shape: tuple[int, ...], dtype: str, order: str) -> NDArray[Any]:
        """Make a file of zeros for an array of this name, and map it to be filled.

        The disk's space is taken at once where the file system can: without it, a full disk would end the process.
        """
        room = np.dtype(dtype)
        descr = np.lib.format.dtype_to_descr(room)
        header = _header({"descr": descr, "fortran_order": order == "F" and len(shape) > 1, "shape": shape})
        size = len(header) + int(np.prod(shape, dtype=object)) * room.itemsize
        with self._path(name).open("wb") as file:
            file.write(header)
            file.truncate(size)
            with suppress(AttributeError):  # not on macOS
                _reserve(file.fileno(), size)
        array = np.lib.format.open_memmap(self._path(name), mode="r+")
        self._rooms[name] = _Room(array, array.T if _is_fortran(array) else array, hashlib.sha256(header), size)
        return array

    def filled(self, name: str, rows: int) -> None:
        """Digest the first rows of an array, which change no more, while the others are made."""
        room = self._rooms[name]
        if room.memory is room.array:
            room.digest_to(rows)

    def keep(self, name: str, array: NDArray[Any] | csr_array[Any]) -> None:
        """Write an array, or digest it where it has been filled in the room made for it."""
        room = self._rooms.pop(name, None)
        if not isinstance(array, np.ndarray):
            if not array.has_canonical_format:
                array = array.copy()
                array.sum_duplicates()
            shape = np.array(array.shape, np.int64)
            parts: tuple[NDArray[Any], ...] = (array.data, array.indices, array.indptr, shape)
            for part, values in zip(PARTS, parts, strict=True):
                self.keep(f"{name}.{part}", values)
        elif room is not None and array is room.array:
            room.digest_to(len(room.memory))
            self._note(name, array, room.bytes, room.sha256.hexdigest())
        else:
            self._write(name, array)

    def _write(self, name: str, array: NDArray[Any]) -> None:
        """Write a contiguous array in its own order, and digest it on the way."""
        header = _header(np.lib.format.header_data_from_array_1_0(array))
        rows = array.T if _is_fortran(array) else np.ascontiguousarray(array)
        body = rows.data.cast("B")
        digest = hashlib.sha256()
        with self._path(name).open("wb") as file:
            for block in (
                memoryview(header),
                *(body[at : at + BLOCK_BYTES] for at in range(0, len(body), BLOCK_BYTES)),
            ):
                digest.update(block)
                file.write(block)
        self._note(name, array, len(header) + array.nbytes, digest.hexdigest())

    def _note(self, name: str, array: NDArray[Any], size: int, sha256: str) -> None:
        order = "F" if _is_fortran(array) else "C"
        self.written[name] = ArrayInfo(
            shape=list(array.shape), dtype=array.dtype.name, order=order, bytes=size, sha256=sha256
        )

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"


def _header(description: dict[str, Any]) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, description)
    return header.getvalue()


def _is_fortran(array: NDArray[Any]) -> bool:
    return array.flags.f_contiguous and not array.flags.c_contiguous


def _reserve(file: int, size: int) -> None:
    """Take the space of a file; nothing where the file system cannot, but an error where it is full."""
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        import errno

        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise
