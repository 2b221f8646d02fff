"""The data of a user's workload: where they come from, at each size, and what the workload needs of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.datasets import ArgumentError, Source, source_of, sources
from suite.datasets.providers.files import SET_BY_WORKLOAD, expanded, portable_path
from suite.datasets.source import ROWS, rows_asked
from suite.errors import UsageError
from suite.nearest import did_you_mean
from suite.workloads.entry import DataSpec, Size, Task
from suite.workloads.tables import Table

_SUPERVISED = (Task.CLASSIFICATION, Task.REGRESSION)
#: Parameters that count among the training rows, and the estimators for which they do (none: all that have them).
_ROW_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "n_clusters": (),
    "n_neighbors": (),
    "cv": (),
    "n_components": ("GaussianMixture", "PCA", "IncrementalPCA", "KernelPCA"),
    "perplexity": (),
}


def data_of(table: Table, task: Task, *, held_out: bool, path: Path) -> Mapping[Size, DataSpec]:
    """Return the data at each size, checked as far as can be without reading them.

    `held_out` says that predictions are timed, and `path` is the workload file's.
    """
    data, sizes = table.table("data", required=True), table.table("sizes")
    sizes.only([size.value for size in Size], "sizes")
    source, given = _source(data, task, path)
    specs = {}
    for size in [size for size in Size if size.value in sizes] or [Size.S]:
        own = sizes.table(size.value)
        rows = {name: own.whole(name, data.whole(name, 0)) for name in ROWS}
        arguments = {**given, **_plain(own, source, path)}
        spec = DataSpec(source=source.name, args=arguments, **rows)
        try:
            complete = source.resolve(spec)
            source.shape(spec, complete)
        except ArgumentError as error:
            raise (own if error.name in own else data).wrong(error.name, str(error)) from error
        except UsageError as error:
            raise data.wrong("file", str(error)) from error
        if held_out and not spec.n_test and not complete.get("test_share") and "test_file" not in complete:
            key = "n_test" if source.sized else "test_share"
            raise (own if key in own else data).wrong(
                key, f"{key} must be above 0: predictions are timed on held-out rows"
            )
        specs[size] = spec
    return specs


def with_needs(table: Table, data: Mapping[Size, DataSpec], estimator: Any) -> Mapping[Size, DataSpec]:
    """Return the data with what an estimator needs of them: checked at once where the rows are known, else when read.

    Raises
    ------
    WrongKeyError
        If there are fewer training rows than clusters, neighbours, components or folds.
    """
    from sklearn.utils import get_tags

    least, needed_by = _least_rows(estimator)
    tags = get_tags(estimator)
    signs = "features" if tags.input_tags.positive_only else "target" if tags.target_tags.positive_only else ""
    checked = {}
    for size, spec in data.items():
        name = type(estimator).__name__
        if spec.source == "file":
            needs = {"needed_by": needed_by, "least_rows": least, "non_negative": signs}
            checked[size] = DataSpec(
                source=spec.source, n_train=spec.n_train, n_test=spec.n_test, args={**spec.args, **needs}
            )
            continue
        own, args = table.table("data"), source_of(spec.source).resolve(spec)
        if signs == "features" and args.get("standardize"):
            raise own.wrong("standardize", f"{name} needs features of at least 0: set standardize = false")
        rows = _training_rows(spec, args)
        if rows is not None and rows < least:
            sizes = table.table("sizes")
            where = sizes.table(size.value) if size.value in sizes else own
            raise where.wrong("n_train", f"{needed_by} needs {least} training rows, and there are {rows}")
        checked[size] = spec
    return checked


def _training_rows(spec: DataSpec, args: Mapping[str, Any]) -> int | None:
    """Return how many training rows there will be, as far as is known."""
    source = source_of(spec.source)
    if source.sized or spec.n_train:
        return spec.n_train
    return rows_asked(0, spec.n_test, args, source.rows)[0] if source.rows and "test_share" in args else None


def _least_rows(estimator: Any) -> tuple[int, str]:
    """Return how many training rows an estimator needs at least, and what of it needs them."""
    name = type(estimator).__name__
    found = [(2, name)]
    for parameter, only in _ROW_PARAMETERS.items():
        value = getattr(estimator, parameter, None)
        if isinstance(value, int | float) and value >= 1 and (not only or name in only):
            least = int(value) + 1 if parameter == "perplexity" else int(value)  # a row is not its own neighbour
            found.append((least, f"{name} with {parameter} = {value:g}"))
    return max(found, key=lambda need: need[0])


def _source(data: Table, task: Task, path: Path) -> tuple[Source, dict[str, Any]]:
    """Return the source that a `data` table names, and the arguments that it gives."""
    named = [key for key in ("generator", "bundled", "file") if key in data]
    if len(named) != 1:
        raise data.wrong("", "data needs one of generator, bundled and file")
    key = named[0]
    value = data.text(key)
    if key == "file":
        source = source_of("file")
        args = _plain(data, source, path)
        args |= {"path": _data_path(data, "file", path.parent), "task": task.value}
        return source, args
    fitting = [source.name for source in sources() if source.sized == (key == "generator") and source.name != "file"]
    if value not in fitting:
        raise data.wrong(key, f"no {key} {value!r}{did_you_mean(value, fitting)}")
    source = source_of(value)
    if task in _SUPERVISED and source.target is not task:
        raise data.wrong(key, f"{value} has no target for {task}: {_either(task, fitting)}")
    return source, _plain(data, source, path)


def _plain(table: Table, source: Source, path: Path) -> dict[str, Any]:
    """Return the arguments that a table gives; of a file, columns may be named by their numbers."""
    args = {name: given for name, given in table.values.items() if name not in ("generator", "bundled", "file", *ROWS)}
    if source.name != "file":
        return args
    for name in args:
        if name in SET_BY_WORKLOAD:
            raise table.wrong(name, f"{name} cannot be given: it follows from the workload")
    if "test_file" in args:
        args["test_file"] = _data_path(table, "test_file", path.parent)
    for name in ("target", "group", "order", "columns", "drop"):
        if name in args:
            args[name] = _named(args[name])
    return args


def _named(given: Any) -> Any:
    """Return whole numbers as texts, in lists too."""
    if isinstance(given, list):
        return [_named(each) for each in given]
    return str(given) if type(given) is int else given


def _data_path(data: Table, key: str, folder: Path) -> str:
    """Return where a data file is; relative to the workload file's folder unless it begins with / or ~."""
    try:
        return portable_path(folder / expanded(Path(data.text(key))))
    except UsageError as error:
        raise data.wrong(key, str(error)) from error


def _either(task: Task, names: list[str]) -> str:
    fitting = [name for name in names if source_of(name).target is task]
    return f"use {' or '.join(fitting)}" if fitting else "use another source"
