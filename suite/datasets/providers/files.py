"""The user's own data: one .npy, .npz, .csv or .parquet file, with a target column or without."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.datasets.source import Argument, Request, Source, Value
from suite.errors import UsageError
from suite.nearest import nearest
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUFFIXES = (".npy", ".npz", ".csv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFile(Source):
    """One file; what determines the bytes is its content, not where it lies."""

    def make(self, request: Request) -> Iterator[tuple[str, NDArray[Any]]]:
        """Read, check and split; raises UsageError with one line about what is wrong in the file."""
        from suite.datasets.readers import read_table
        from suite.datasets.split import split

        path = existing_file(request.args)
        task = str(request.args["task"])
        table = read_table(path, str(request.args["features"]), str(request.args.get("target", "")), task)
        return split(request, table.X, table.y, stratify=task == Task.CLASSIFICATION, what=path.name)

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:  # noqa: ARG002
        """Return what the file's head says, where it says; else an estimate of 8 bytes a value."""
        from suite.datasets.readers import shape_of

        return shape_of(existing_file(args))

    def origin(self, args: Mapping[str, Value]) -> str:
        """Return the file's name without its folder."""
        return f"the file {existing_file(args).name}"

    def identity(self, args: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the arguments with the digest of the file's content in place of its path."""
        path = existing_file(args)
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        return {**args, "path": path.suffix.lower(), "content": content}


def portable_path(path: Path) -> str:
    """Return a path as a text that names no user where it lies below the home folder: `~/data/my.csv`."""
    absolute = expanded(path).absolute()
    try:
        return f"~/{absolute.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(absolute)


def expanded(path: Path) -> Path:
    """Return a path with its `~` replaced; raises UsageError if there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise UsageError(f"there is no user whose home folder {path.parts[0]} is, in {str(path)!r}") from None


def existing_file(args: Mapping[str, Value]) -> Path:
    """Return the path of a data file; raises UsageError if there is no such file that can be read."""
    path = expanded(Path(str(args["path"])))
    try:
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "no regular file"
            raise UsageError(f"{path} is {kind}; give one {', '.join(SUFFIXES)} file")
        with path.open("rb"):
            pass
    except ValueError:  # a NUL in the name
        raise UsageError(f"not a path: {str(path)!r}") from None
    except FileNotFoundError as error:
        neighbours = [found.name for found in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(f"there is no data file {path}{nearest(path.name, neighbours)}") from error
    except OSError as error:
        raise UsageError(f"cannot read the data file {path}: {error.strerror or error}") from error
    if path.suffix.lower() not in SUFFIXES:
        what = path.suffix or "a file without suffix"
        raise UsageError(f"{path.name}: cannot read {what}; use {', '.join(SUFFIXES)}")
    return path


SOURCES: tuple[Source, ...] = (
    UserFile(
        name="file",
        about="your own .npy, .npz, .csv or .parquet file",
        packages=("numpy", "pandas", "scikit-learn"),
        arguments={
            "path": Argument(None, "the file", required=True),
            "target": Argument(None, "the target's column (of .npz: array; of .npy: the column's number)"),
            "features": Argument("X", "the array of the features in a .npz file"),
            "task": Argument("", "what the target is for", choices=("", *(task.value for task in Task))),
            "test_share": Argument(0.25, "share of the rows that is held out", low=0, high=0.9),
            "standardize": Argument(False, "bring each feature to mean 0 and deviation 1, as in the training rows"),
        },
        sized=False,
    ),
)
