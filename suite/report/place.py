"""Where a report goes: a file, all at once or not at all; a device or a pipe, as it is; or standard output."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from uuid import uuid4

from suite.errors import UsageError

#: What stands for standard output in the place of a file.
STDOUT = "-"


def is_stdout(path: Path) -> bool:
    """Whether the path is `-`, or the very thing that standard output is, as `/dev/stdout` is."""
    if str(path) == STDOUT:
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):  # there is no such file, or standard output is none
        return False


def write_whole(content: bytes, path: Path) -> None:
    """Write a file of the report all at once or not at all; its folder is created.

    A link is followed. What is no regular file (a pipe, a device) stays what it is and is written to.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    to_stdout = is_stdout(path)
    try:
        if to_stdout:
            _send(content)
        elif _is_special(path):
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)) if path.is_symlink() else path, content)
    except OSError as error:
        if to_stdout and isinstance(error, BrokenPipeError):  # its reader has seen enough
            raise
        where = "to standard output" if to_stdout else repr(str(path))
        raise UsageError(
            f"cannot write the report {where}: {error.strerror or error}; choose another place with -o"
        ) from None


def _is_special(path: Path) -> bool:
    """Whether something is there that is no regular file."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _send(content: bytes) -> None:
    """Write to standard output without a buffer, in which what cannot be written would stay until the very end."""
    sys.stdout.flush()
    with open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as out:
        left = memoryview(content)
        while left:
            left = left[out.write(left) :]


def _replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another, if there is one."""
    part = path.parent / f".{uuid4().hex}.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
