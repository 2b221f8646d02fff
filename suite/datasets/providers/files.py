"""The user's own data: a file, with a target column or without, and perhaps a second one that is held out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suite.datasets.source import Argument, ArgumentError, Request, Source, Value
from suite.errors import UsageError
from suite.nearest import nearest
from suite.workloads.entry import DataSpec, Task

if TYPE_CHECKING:
    from suite.datasets.source import Made

#: How the name of a file that can be read ends; those with PACKED may be followed by one of it.
SUFFIXES = (".npy", ".npz", ".csv", ".parquet", ".arrow", ".feather", ".svm", ".svmlight", ".libsvm")
_SPARSE = (".svm", ".svmlight", ".libsvm")
_PACKED = {".csv": (".gz", ".bz2", ".xz"), **dict.fromkeys(_SPARSE, (".gz", ".bz2"))}
_SHOWN = ", ".join(SUFFIXES)

_SUPERVISED = (Task.CLASSIFICATION, Task.REGRESSION)
#: Arguments that are set from the workload, for the user has said it there.
SET_BY_WORKLOAD = ("path", "task", "needed_by", "least_rows", "non_negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFile(Source):
    """One file or two; what determines the bytes is their content, not where they lie."""

    def make(self, request: Request) -> Iterator[tuple[str, Made]]:
        """Read, check and split; raises UsageError with one line about what is wrong in the file."""
        from suite.datasets.readers import arrays
        from suite.datasets.readers.options import FileOptions

        path, *held_out = _paths(request.args)
        return arrays(request, path, held_out[0] if held_out else None, FileOptions.of(request.args))

    def resolve(self, spec: DataSpec) -> dict[str, Value]:
        """Return all arguments, checked also against each other.

        An svmlight file's target is its label, unless told otherwise.
        """
        args = Source.resolve(self, spec)
        suffix = suffix_of(Path(args["path"]))
        if suffix in _SPARSE and args["task"] in _SUPERVISED:
            args.setdefault("target", "label")
        if args["task"] in _SUPERVISED and "target" not in args:
            raise ArgumentError("target", f"{args['task']} needs a target: name its column by target = ...")
        _check_split(spec, args)
        if args["columns"] and args["drop"]:
            raise ArgumentError("drop", "give columns (what is kept) or drop (what is left out), not both")
        if args["sparse"]:
            _check_sparse(args, suffix)
        return args

    def shape(self, spec: DataSpec, args: Mapping[str, Value]) -> tuple[int, int]:  # noqa: ARG002
        """Return what the file's head says, where it says; else an estimate of 8 bytes a value."""
        from suite.datasets.readers import shape_of

        shapes = [shape_of(path) for path in _paths(args)]
        return sum(rows for rows, _ in shapes), max(columns for _, columns in shapes)

    def origin(self, args: Mapping[str, Value]) -> str:
        """Return the file's name without its folder, and the rules by which it was made ready."""
        path, *held_out = _paths(args)
        rules = [f"the file {path.name}"]
        if held_out:
            rules.append(f"held out: the file {held_out[0].name}")
        elif args["split"] == "grouped":
            rules.append(f"held out: whole groups of {args['group']!r}")
        elif args["split"] == "ordered":
            rules.append(
                f"held out: the last rows by {args['order']!r}" if "order" in args else "held out: the last rows"
            )
        elif args["split"] != "auto":
            rules.append(f"held out: {args['split']}")
        rules += [text for text in (_MISSING[args["missing"]], _CATEGORIES[args["categories"]]) if text]
        return "; ".join(rules)

    def identity(self, args: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return the arguments with the digests of the files' content in place of their paths."""
        found = dict(args)
        for name, path in zip(("path", "test_file"), _paths(args), strict=False):
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            found |= {name: "".join(path.suffixes[-2:]).lower(), f"{name}_content": content}
        return found


_MISSING = {
    "error": "",
    "drop": "rows with missing values dropped",
    "median": "missing values: the training rows' median, of texts their most frequent level",
}
_CATEGORIES = {
    "error": "",
    "codes": "texts: numbered as sorted in the training rows, -1 if not seen there",
    "one-hot": "texts: one column a level of the training rows, all 0 if not seen there",
}


def _check_split(spec: DataSpec, args: Mapping[str, Value]) -> None:
    """Refuse arguments of one kind of split beside another."""
    for name, split in (("group", "grouped"), ("order", "ordered")):
        if name in args and args["split"] != split:
            raise ArgumentError(name, f"{name} is for split = {split!r}, not for {args['split']!r}")
    if args["split"] == "grouped" and "group" not in args:
        raise ArgumentError("split", "split = 'grouped' needs group, the column that tells the groups apart")
    if args["split"] == "stratified" and "target" not in args:
        raise ArgumentError("split", "split = 'stratified' needs a target of classes")
    if args["split"] == "stratified" and args["task"] == Task.REGRESSION:
        raise ArgumentError("split", "split = 'stratified' is for classes; a regression can be 'random'")
    if "test_file" in args:
        for name in ("split", "test_share"):
            if name in spec.args:
                raise ArgumentError(name, f"{name} cannot be given with test_file, whose rows are held out")
        if suffix_of(Path(args["test_file"])) != suffix_of(Path(args["path"])):
            raise ArgumentError("test_file", f"test_file must be of the same format as {Path(args['path']).name}")


def _check_sparse(args: Mapping[str, Value], suffix: str) -> None:
    if suffix not in _SPARSE:
        raise ArgumentError("sparse", f"sparse is for {', '.join(_SPARSE)} files, not for {suffix}")
    if args["standardize"]:
        raise ArgumentError(
            "standardize", "standardize would fill a sparse matrix: leave it out, or set sparse = false"
        )
    if args["missing"] == "median":
        raise ArgumentError("missing", "missing = 'median' is not for sparse data; use 'drop', or set sparse = false")


def suffix_of(path: Path) -> str:
    """Return the ending that names the format, without that of packing: `.csv` of `my.csv.gz`."""
    last = path.suffix.lower()
    before = Path(path.stem).suffix.lower()
    return before if last in _PACKED.get(before, ()) else last


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


def _paths(args: Mapping[str, Value]) -> list[Path]:
    """Return the path of the data file and, if there is one, of the held-out file."""
    return [existing_file(args[name]) for name in ("path", "test_file") if name in args]


def existing_file(name: str) -> Path:
    """Return the path of a data file; raises UsageError if there is no such file that can be read."""
    path = expanded(Path(name))
    try:
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "no regular file"
            raise UsageError(f"{path} is {kind}; give one {_SHOWN} file")
        with path.open("rb"):
            pass
    except ValueError:  # a NUL in the name
        raise UsageError(f"not a path: {str(path)!r}") from None
    except FileNotFoundError as error:
        neighbours = [found.name for found in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UsageError(f"there is no data file {path}{nearest(path.name, neighbours)}") from error
    except OSError as error:
        raise UsageError(f"cannot read the data file {path}: {error.strerror or error}") from error
    if suffix_of(path) not in SUFFIXES:
        what = path.suffix or "a file without suffix"
        raise UsageError(f"{path.name}: cannot read {what}; use {_SHOWN}")
    return path


SOURCES: tuple[Source, ...] = (
    UserFile(
        name="file",
        about="your own CSV, Parquet, Arrow, .npy, .npz or svmlight file",
        version=2,
        packages=("numpy", "pandas", "scikit-learn"),
        arguments={
            "path": Argument(None, "the file", required=True),
            "test_file": Argument(None, "a file of the same columns whose rows are held out"),
            "target": Argument(None, "the target's column (of .npz: array; of .npy: the column's number)"),
            "features": Argument("X", "the array of the features in a .npz file"),
            "columns": Argument((), "the features, by name; without it all columns but the target"),
            "drop": Argument((), "columns that are no features"),
            "categories": Argument("error", "what becomes of texts", choices=("error", "codes", "one-hot")),
            "missing": Argument("error", "what becomes of missing values", choices=("error", "drop", "median")),
            "split": Argument(
                "auto",
                "how rows are held out; auto: stratified for classification, else random",
                choices=("auto", "random", "stratified", "grouped", "ordered"),
            ),
            "group": Argument(None, "the column that tells groups apart, none of which is on both sides"),
            "order": Argument(None, "the column by which the last rows are held out; without it, the file's order"),
            "sparse": Argument(False, "keep an svmlight file as a sparse matrix"),
            "delimiter": Argument(
                "auto", "what separates values in CSV", choices=("auto", "comma", "semicolon", "tab", "bar")
            ),
            "decimal": Argument(".", "the decimal sign in CSV", choices=(".", ",")),
            "task": Argument("", "what the target is for", choices=("", *(task.value for task in Task))),
            "needed_by": Argument("", "what needs least_rows and non_negative, for errors"),
            "least_rows": Argument(2, "how many training rows there must be", low=1),
            "non_negative": Argument("", "what must have no negative value", choices=("", "features", "target")),
            "test_share": Argument(0.25, "share of the rows that is held out", low=0, high=0.9),
            "standardize": Argument(False, "bring each feature to mean 0 and deviation 1, as in the training rows"),
        },
        sized=False,
    ),
)
