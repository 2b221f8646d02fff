"""Plain output: aligned tables, JSON, files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from suite.errors import UsageError


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return a table in columns; with a width, the last column is cut to fit."""
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join(line if width is None or len(line) <= width else f"{line[: width - 1]}…" for line in lines)


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is, None if it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_json(value: Any) -> None:
    """Print plain data, dataclasses and Structs as indented JSON."""
    import msgspec

    encoded = msgspec.json.encode(value)
    print(msgspec.json.format(encoded, indent=2).decode())


def write_file(path: Path, content: bytes) -> None:
    """Write a file that the user named, with its folder.

    Raises
    ------
    UsageError
        If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise cannot_write(path, error) from None


def file_path(text: str) -> Path:
    """Read the path of a file to write; with a slash at its end it is that of a folder, which a Path would not tell.

    Raises
    ------
    UsageError
        If it is that of a folder.
    """
    if text.endswith("/"):
        raise UsageError(f"cannot write {text!r}: it names a folder; name a file in it")
    return Path(text)


def check_file(path: Path) -> None:
    """Find out before work is done for it that a file cannot be written; what is in it stays.

    Raises
    ------
    UsageError
        If it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        if new or path.is_file() or path.is_dir():  # not a pipe or a device, whose reader would take it for the end
            with path.open("ab"):
                pass
        if new:
            path.unlink()
    except OSError as error:
        raise cannot_write(path, error) from None


def give_up(stream: TextIO) -> None:
    """Drop what a stream still holds if it cannot be written, or Python would try again when it leaves."""
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def cannot_write(path: Path, error: OSError) -> UsageError:
    """Word the error for a file that cannot be written."""
    return UsageError(f"cannot write {str(path)!r}: {(error.strerror or str(error)).lower()}")
