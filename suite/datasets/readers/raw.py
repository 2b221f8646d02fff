"""What a file holds before it is checked, and what all readers share."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast, overload

import pandas as pd
from numpy.typing import NDArray

from backends._installed import how_to_install
from suite.datasets.providers.files import suffix_of
from suite.datasets.split import Matrix
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.units import format_bytes

#: How the name of a packed file ends, after the ending of its format.
PACKED = (".gz", ".bz2", ".xz")
#: Bytes of a value in a file that does not say how many values it holds.
TYPICAL_VALUE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Raw:
    """Named columns (rows, columns) as a frame or as numbers, and named arrays (rows,) that lie beside them.

    Where there are arrays beside, target, group and order are among those, else among the columns.
    """

    columns: pd.DataFrame | Matrix
    names: Sequence[str]
    beside: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.columns.shape[0])


class Numbered(Sequence[str]):
    """The names "0", "1", ... of columns that have none; there may be billions."""

    def __init__(self, n: int) -> None:
        self._numbers = range(n)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return [str(number) for number in self._numbers[at]] if isinstance(at, slice) else str(self._numbers[at])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.isdecimal() and name == str(int(name)) and int(name) in self._numbers

    def index(self, name: str, start: int = 0, stop: int | None = None) -> int:
        """Return the number that a name is."""
        del start, stop
        if name not in self:
            raise ValueError(name)
        return int(name)


def opened(path: Path) -> IO[bytes]:
    """Open a file for its bytes, unpacked."""
    match path.suffix.lower():
        case ".gz":
            return cast(IO[bytes], gzip.open(path))
        case ".bz2":
            return bz2.open(path)
        case ".xz":
            return lzma.open(path)
        case _:
            return path.open("rb")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Make one line of whatever a library raises on a file that is empty, damaged or not what its name says."""
    if path.is_file() and not path.stat().st_size:
        raise UsageError(f"{path.name} is empty")
    try:
        yield
    except (UsageError, MemoryError):
        raise
    except Exception as error:  # libraries raise anything, from AttributeError to tokenize.TokenError
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UsageError(f"cannot read {path.name} as {suffix_of(path)[1:]}: {lines[0]}") from error


def check_room(n_bytes: int, what: str, cure: str = "use a part of it") -> None:
    """Refuse what cannot fit in the memory that is free; raises UsageError before anything is allocated."""
    free = free_memory_bytes()
    if n_bytes > free:
        raise UsageError(f"{what} takes {format_bytes(n_bytes)} of memory, and {format_bytes(free)} are free: {cure}")


def free_memory_bytes() -> int:
    """Return the memory that can be had: the system's, or the limit of the control group."""
    import psutil

    from suite.records.cgroup import memory_limit_bytes

    available = int(psutil.virtual_memory().available)
    limit = memory_limit_bytes()
    return available if limit is None else min(available, limit)


def check_names(names: Sequence[str], what: str) -> None:
    """Refuse two columns of one name."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"{what} has two columns named {name!r}; rename one of them")
        seen.add(name)


def unknown_column(name: str, names: Sequence[str], what: str) -> UsageError:
    """Return the error for a column that is not there."""
    return UsageError(f"{what} has no column {name!r}{did_you_mean(name, names)}")


def pyarrow(module: str, kind: str) -> Any:
    """Import a module of pyarrow; raises UsageError if it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"pyarrow.{module}")
    except ImportError as error:
        raise UsageError(f"reading {kind} needs pyarrow: {how_to_install('parquet')}") from error
