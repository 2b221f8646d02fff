"""Compressed files and archives, read as streams: nothing is unpacked to disk, no more comes out than is allowed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from suite.errors import UsageError
from suite.units import format_bytes


class BoundedReader(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes, and whose errors are one line."""

    def __init__(self, inner: IO[bytes], limit: int, name: str) -> None:
        self._inner = inner
        self._left = limit
        self._limit = limit
        self._name = name

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; raises UsageError past the limit and where the stream is damaged."""
        try:
            block = self._inner.read(len(buffer))
        except EOFError:
            raise UsageError(f"{self._name} is truncated; remove it, to have it downloaded again") from None
        except (OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, ValueError) as error:
            raise UsageError(f"{self._name} is damaged ({error}); remove it, to have it downloaded again") from error
        self._left -= len(block)
        if self._left < 0:
            raise too_large(self._name, self._limit)
        buffer[: len(block)] = block
        return len(block)


def too_large(name: str, limit: int) -> UsageError:
    """Return the error for what unpacks to more than it may."""
    return UsageError(f"{name} unpacks to more than {format_bytes(limit)}: it is not what it should be")


@contextmanager
def opened(path: Path, limit: int, member: str = "") -> Iterator[io.BufferedReader]:
    """Open a file for reading, unpacked if its suffix says that it is packed.

    Parameters
    ----------
    limit
        Bytes that may come out.
    member
        Of a .zip or .tar archive: the end of the wanted file's name; empty takes the only file there is.

    Raises
    ------
    UsageError
        If the file is damaged or truncated, has no such member, or unpacks to more than the limit.
    """
    with ExitStack() as stack:
        try:
            inner = _inner(path, member, limit, stack)
        except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
            raise UsageError(f"{path.name} is damaged ({error}); remove it, to have it downloaded again") from error
        yield io.BufferedReader(BoundedReader(inner, limit, path.name), 1 << 20)


def _inner(path: Path, member: str, limit: int, stack: ExitStack) -> IO[bytes]:
    name = path.name.lower()
    if name.endswith((".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")):
        return _from_tar(path, member, limit, stack)
    match path.suffix.lower():
        case ".gz":
            return cast(IO[bytes], stack.enter_context(gzip.open(path, "rb")))
        case ".bz2":
            return stack.enter_context(bz2.open(path, "rb"))
        case ".xz":
            return stack.enter_context(lzma.open(path, "rb"))
        case ".zip":
            return _from_zip(path, member, stack)
        case _:
            return stack.enter_context(path.open("rb"))


def _from_zip(path: Path, member: str, stack: ExitStack) -> IO[bytes]:
    archive = stack.enter_context(zipfile.ZipFile(path))
    chosen = _choose(path.name, [info.filename for info in archive.infolist() if not info.is_dir()], member)
    try:
        return stack.enter_context(archive.open(chosen))
    except (RuntimeError, NotImplementedError) as error:  # a password; an unknown method
        raise UsageError(f"{path.name} cannot be unpacked: {error}") from error


def _from_tar(path: Path, member: str, limit: int, stack: ExitStack) -> IO[bytes]:
    archive = stack.enter_context(tarfile.TarFile.open(path))
    files = {}
    for info in archive:
        if info.offset_data + info.size > limit:
            raise too_large(path.name, limit)
        if info.isfile():  # no links, no devices
            files[info.name] = info
    inner = archive.extractfile(files[_choose(path.name, [*files], member)])
    if inner is None:
        raise UsageError(f"{path.name}: {member} cannot be read")
    return stack.enter_context(inner)


def _choose(what: str, names: list[str], member: str) -> str:
    fitting = [name for name in names if name == member or name.endswith(f"/{member}") or not member]
    if len(fitting) != 1:
        wanted = f"one file named {member}" if member else "a single file"
        raise UsageError(f"{what} should hold {wanted}, but holds {len(fitting)} such among {len(names)} files")
    return fitting[0]
